"""The answer in short, the tests of all attributes, and the counter-examples."""

from __future__ import annotations

from html import escape

from adlab.app.insights_words import (
    SIMULATED_BADGE,
    attribute_name,
    counter_words,
    few_words,
    leaders_words,
    level_name,
    near_words,
    p_words,
    size_words,
    times_words,
)
from adlab.app.simulator_words import percent
from adlab.insights.counter_examples import CounterExample
from adlab.insights.study import AttributeStudy, Study

MOST_SHOWN = 8


def answer(study: Study, source: str) -> str:
    """HTML: the best level of each attribute that matters, with those that cannot be told from it.

    Args:
        study: The study.
        source: Name of the user's file, or empty for the simulated log.
    """
    badge = f'<span class="ad-badge">{escape(source)}</span>' if source else _simulated()
    kept = [one for one in study.attributes if one.kept]
    body = "".join(_best(one) for one in kept)
    if not kept:
        body = "<p>No attribute of this log makes a difference that both tests confirm.</p>"
    size = " ".join(filter(None, (f"{size_words(study)}.", few_words(study))))
    return (
        f'<section class="ad ad-card"><div class="ad-head"><h2>Clicked most</h2>{badge}</div>'
        f'<p class="ad-quiet">{escape(size)}</p><div class="ad-answers">{body}</div></section>'
    )


def tests(study: Study) -> str:
    """HTML: every attribute with both tests."""
    rows = "".join(_test_row(one) for one in study.attributes)
    heads = ("Attribute", "Highest", "Lowest", "ANOVA", "Variation", "Logistic", "Design effect", "Verdict")
    head = "".join(f"<th>{name}</th>" for name in heads)
    return (
        '<section class="ad ad-card"><div class="ad-head"><h2>Which differences hold</h2>'
        '<span class="ad-quiet">M2FN, 6.3.1: kept if p &lt; 0.05 in both</span></div>'
        f'<div class="ad-scroll"><table class="ad-table"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
        '</div><p class="ad-quiet">ANOVA compares each ad with itself where it can, ads as blocks; what belongs to an '
        "ad is compared between ads. Variation is partial η². Logistic regression takes all attributes at once; its "
        "likelihood-ratio statistic is divided by the design effect, by which the likeness of one ad's impressions "
        "makes it larger (Rao and Scott).</p></section>"
    )


def counter_examples(study: Study, source: str) -> str:
    """HTML: segments and ads in which the order is the other way round."""
    found = study.counter_examples
    badge = "" if source else _simulated()
    intro = (
        "Where the level that is clicked least overall is clicked more than the one that is clicked most. "
        f"Looked for in {found.segments_tried:,} segments and {found.ads_tried:,} times in a single ad; "
        "p-values are adjusted for that many looks."
    )
    parts = _section("In a segment", found.segments) + _section("In a single ad", found.ads)
    if not parts:
        parts = '<p class="ad-section">None that chance does not explain.</p>'
    return (
        f'<section class="ad ad-card"><div class="ad-head"><h2>Where it is the other way round</h2>{badge}</div>'
        f'<p class="ad-quiet">{intro}</p>{parts}</section>'
    )


def _simulated() -> str:
    return f'<span class="ad-badge sim">{SIMULATED_BADGE}</span>'


def _best(one: AttributeStudy) -> str:
    near = f" · {said}" if (said := near_words(one)) else ""
    words = f"{escape(times_words(one))}{near}".replace(" %", "&nbsp;%")
    best, leaders = level_name(one.name, one.best.level), leaders_words(one)
    highest = "" if leaders == best else f"highest {escape(best)} "
    return (
        f'<div><p class="ad-eyebrow">{escape(attribute_name(one.name))}</p>'
        f'<p class="ad-level">{escape(leaders)}</p>'
        f'<p class="ad-quiet">{highest}<strong>{percent(one.best.ctr)}</strong>, {words}</p></div>'
    )


def _amount(effect: float) -> str:
    return f"{effect:,.0f}" if effect >= 100 else f"{effect:.1f}"


def _test_row(one: AttributeStudy) -> str:
    anova, logistic = one.anova, one.logistic
    share = f"{100 * anova.eta_squared:.1f} %, {anova.comparison}" if anova else "–"
    words = [
        ("Highest", f"{escape(level_name(one.name, one.best.level))} {percent(one.best.ctr)}"),
        ("Lowest", f"{escape(level_name(one.name, one.worst.level))} {percent(one.worst.ctr)}"),
        ("ANOVA", escape(p_words(anova.p_value)) if anova else "–"),
        ("Variation", share),
        ("Logistic", escape(p_words(logistic.p_value)) if logistic else "–"),
        ("Design effect", _amount(logistic.design_effect) if logistic else "–"),
        ("Verdict", "✓ kept" if one.kept else "– left out"),
    ]
    cells = "".join(f'<td data-name="{name}">{cell}</td>' for name, cell in words)
    return f"<tr><td>{escape(attribute_name(one.name))}</td>{cells}</tr>"


def _section(title: str, found: tuple[CounterExample, ...]) -> str:
    if not found:
        return ""
    rows = "".join(_counter_row(one) for one in found[:MOST_SHOWN])
    more = len(found) - MOST_SHOWN
    rest = f'<p class="ad-quiet">And {more:,} more in the download.</p>' if more > 0 else ""
    heads = ("Where", "What", "There", "Impressions", "Adjusted p")
    head = "".join(f"<th>{name}</th>" for name in heads)
    return (
        f'<div class="ad-section"><h3>{title}</h3><div class="ad-scroll"><table class="ad-table">'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>{rest}</div>"
    )


def _counter_row(found: CounterExample) -> str:
    where, what = counter_words(found)
    seen = f"{found.worst_impressions:,} and {found.best_impressions:,}"
    return (
        f'<tr><td>{escape(where)}</td><td data-name="What">{escape(attribute_name(found.attribute))}</td>'
        f'<td data-name="There">{escape(what)}</td><td data-name="Impressions">{seen}</td>'
        f'<td data-name="Adjusted p">{escape(p_words(found.p_value))}</td></tr>'
    )
