"""The one card that shows any head: value, interval, rank, source, meaning, what it is not, and where it comes from."""

from __future__ import annotations

from html import escape
from itertools import groupby

import streamlit as st

from adlab.app import head_words, wording
from adlab.app.components.bars import grade_columns, interval_bar, percentile_row, rating_columns, share_row
from adlab.data.assessment import DataKind, HeadResult, Percentile, Provenance
from adlab.data.score_text import number


def show(result: HeadResult, audience: str = "", notice: str = "") -> None:
    """Draw the card of one head and, folded, everything behind it.

    Args:
        result: What the head says.
        audience: For whom, or for what, it holds.
        notice: What of the ad did not go into it.
    """
    st.html(card(result, audience, notice))
    with st.expander("Where this number comes from", icon=":material/fingerprint:"):
        st.html(evidence(result))
    if result.readings:
        with st.expander("What else the model reads", icon=":material/visibility:"):
            st.html(readings(result))


def card(result: HeadResult, audience: str = "", notice: str = "") -> str:
    """HTML of the card; arguments as in `show`."""
    words = head_words.words_for(result.head)
    verdict = head_words.verdict(result)
    whom = f'<p class="ad-whom">{escape(audience)}</p>' if audience else ""
    whom += f'<p class="ad-notice">{escape(notice)}</p>' if notice else ""
    return (
        '<section class="ad ad-card">'
        f'<div class="ad-head"><h2>{words.title}</h2>{badge(result.provenance)}</div>'
        f'<p class="ad-quiet">{words.question}</p>{whom}'
        f'<div class="ad-figure"><span class="ad-number">{number(result.value, result.unit)}</span>'
        f'<span><span class="ad-verdict">{verdict}</span>'
        f'<span class="ad-quiet" style="display:block">{escape(wording.unit_words(result))}</span></span></div>'
        f"{interval_bar(result)}"
        f"{rating_columns(head_words.rating_shares(result))}"
        f"{grade_columns(head_words.grade_shares(result), head_words.GRADES)}"
        f'<p class="ad-meaning">{escape(words.meaning(result))}</p>'
        f"{_students(result)}"
        f"{ranks(result.percentiles)}"
        f'<div class="ad-section"><h3>What this score is not</h3><ul class="ad-not">'
        f"{''.join(f'<li>{line}</li>' for line in words.not_this)}</ul></div></section>"
    )


def badge(provenance: Provenance) -> str:
    """HTML of the badge that names the kind of data; simulation has another outline, not only other words."""
    kind = " sim" if provenance.data_kind is DataKind.SIMULATION else ""
    return f'<span class="ad-badge{kind}">{escape(wording.source_words(provenance))}</span>'


def evidence(result: HeadResult) -> str:
    """HTML of the folded detail: interval, reference sets, further numbers, provenance."""
    source, interval = result.provenance, result.interval
    facts = [
        ("Value", f"{result.value:.4g} ({wording.unit_words(result)})"),
        ("Interval", f"{wording.interval_words(interval, result.unit)}: {wording.coverage_words(interval)}"),
        *((p.reference, f"{wording.rank_words(p)} ({p.value:.1f})") for p in result.percentiles),
        *((head_words.DETAIL_NAMES.get(name, name), f"{value:.4f}") for name, value in result.details.items()),
        ("Checkpoint", f"{source.checkpoint}, weights sha256 {source.sha256}"),
        ("Kind of data", source.data_kind.value),
        ("Trained on", source.trained_on),
        ("Data terms", source.terms),
        ("Computed on", f"{source.device}, {source.precision}, adlab {source.adlab_version}"),
    ]
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts)
    return f'<dl class="ad ad-facts">{rows}</dl>'


def _students(result: HeadResult) -> str:
    """The teacher beside its student, where one ships, by what the student says: Fair or better."""
    shares, student = head_words.grade_shares(result), result.details.get(f"{result.head}_student")
    if not shares or student is None:
        return ""
    rows = share_row(*head_words.TEACHER, 1 - shares[0]) + share_row(*head_words.STUDENT, student)
    note = '<span class="ad-quiet">probability by two models</span>'
    one = f'<p class="ad-quiet">{escape(head_words.ONE_SCORE)}</p>'
    return f'<div class="ad-section"><h3>Fair or better {note}</h3>{rows}{one}</div>'


def ranks(percentiles: tuple[Percentile, ...]) -> str:
    """HTML of where an ad stands among others; nothing where it was not ranked."""
    if not percentiles:
        return ""
    rows = "".join(
        percentile_row(f"Among {wording.among(p)}", "", p.value, wording.rank_number(p.value)) for p in percentiles
    )
    names = ", ".join(dict.fromkeys(p.reference for p in percentiles))
    note = f'<span class="ad-quiet">percentile in {escape(names)}</span>'
    return f'<div class="ad-section"><h3>Where this ad stands {note}</h3>{rows}</div>'


def readings(result: HeadResult) -> str:
    """HTML of what the embedding spaces hold, in words."""
    sections = []
    for space, group in groupby(sorted(result.readings, key=lambda reading: reading.space), lambda r: r.space):
        rows = "".join(
            percentile_row(
                f"{reading.name.capitalize()}: {wording.reading_words(reading)}",
                wording.trust_words(reading),
                reading.percentile,
                wording.rank_number(reading.percentile),
            )
            for reading in group
        )
        sections.append(f'<div class="ad-section"><h3>{wording.SPACE_NAMES.get(space, escape(space))}</h3>{rows}</div>')
    return (
        '<div class="ad"><p class="ad-quiet">Percentiles among the reference photos. They describe the ad, the score '
        f"does not use them.</p>{''.join(sections)}</div>"
    )
