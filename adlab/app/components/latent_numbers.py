"""The numbers beside the maps: two expectations with their verdict, then every probe, cosine and neighbourhood."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from adlab.app.latent_words import SPACE_TITLES, Verdict, percent, verdicts
from adlab.projection.findings import LABEL, Answer, Findings

NUMBERS = frozenset(
    {"Accuracy", "90 % interval", "Chance", "Untrained", "Gain", "Like neighbours", "n", "Mean", "Mean size"}
)


def show(findings: Findings) -> None:
    """Draw the verdicts and, folded, all numbers."""
    st.html(verdict_cards(findings))
    with st.expander("All numbers behind this", icon=":material/table_chart:"):
        st.html(probe_rows(findings.answers, findings.label) + cosine_table(findings))


def verdict_cards(findings: Findings) -> str:
    """HTML: what FOCAL Ad expects, and what was found."""
    how = (
        "By a cross-validated linear probe with its 90 % interval against chance and against an untrained network, not "
        "by the look of a map."
    )
    return judged("What the paper expects, judged", "FOCAL Ad, §7.2", how, verdicts(findings))


def judged(title: str, paper: str, how: str, found: Sequence[Verdict]) -> str:
    """HTML: a card of verdicts under a title; the paper they are about, and how they were found."""
    cards = "".join(
        f'<div class="ad-verdict-card"><div class="ad-head"><h3>{escape(one.expectation)}</h3>'
        f'<span class="ad-badge">{escape(one.word)}</span></div><p>{escape(one.reason)}</p></div>'
        for one in found
    )
    return (
        f'<section class="ad ad-card"><div class="ad-head"><h2>{escape(title)}</h2><span class="ad-quiet">'
        f'{escape(paper)}</span></div><p class="ad-quiet">{escape(how)}</p><div class="ad-verdicts">{cards}</div>'
        "</section>"
    )


def probe_rows(answers: Sequence[Answer], label: str) -> str:
    """HTML: what a straight line reads, one row an answer."""
    rows = "".join(_row(answer, label) for answer in answers)
    return _table(
        "What a straight line reads from each space",
        ("Space", "What", "Accuracy", "90 % interval", "Chance", "Untrained", "Gain", "Like neighbours", "n"),
        rows,
        "Accuracy is balanced over the classes; five folds of ads that share no picture and no text. Like neighbours: "
        "share of a point's ten nearest, in the space and not on the map, that are of its class.",
    )


def cosine_table(findings: Findings) -> str:
    """HTML: how far apart the spaces lie."""
    rows = "".join(
        f'<tr><td>{escape(name.capitalize())}</td><td class="num" data-name="Mean">{mean:+.3f}</td>'
        f'<td class="num" data-name="Mean size">{size:.3f}</td></tr>'
        for name, (mean, size) in findings.cosines.items()
    )
    if findings.separation is not None:
        name = f"AUC of the shared cosine for the label “{findings.label}”"
        auc = f'<td class="num" data-name="AUC">{findings.separation:.3f}</td>'
        rows += f"<tr><td>{escape(name)}</td>{auc}<td></td></tr>"
    note = "Of the embeddings of one ad; 0 between spaces means that neither repeats the other."
    return _table("Cosines between spaces", ("Between", "Mean", "Mean size"), rows, note)


def _row(answer: Answer, label: str) -> str:
    what = f"label “{label}”" if answer.target == LABEL else "modality"
    head = f'<td>{escape(SPACE_TITLES[answer.space])}</td><td data-name="What">{escape(what)}</td>'
    if answer.probe is None:
        return f'<tr>{head}<td colspan="7" class="ad-quiet" data-name="Not judged">{escape(answer.reason)}</td></tr>'
    p = answer.probe
    untrained = "–" if p.untrained is None else percent(p.untrained)
    gain = "–"
    if p.gain is not None and p.gain_low is not None and p.gain_high is not None:
        gain = f"{100 * p.gain:+.1f} ({100 * p.gain_low:+.1f} to {100 * p.gain_high:+.1f})"
    alike = "–" if answer.alike is None or answer.chance is None else percent(answer.alike)
    by_chance = "" if answer.chance is None else f" (chance {percent(answer.chance)})"
    cells = (
        ("Accuracy", f"<b>{percent(p.accuracy)}</b>"),
        ("90 % interval", f"{percent(p.low)} – {percent(p.high)}"),
        ("Chance", percent(p.chance)),
        ("Untrained", untrained),
        ("Gain", gain),
        ("Like neighbours", f"{alike}{by_chance}"),
        ("n", f"{p.n:,}"),
    )
    numbers = "".join(f'<td class="num" data-name="{name}">{cell}</td>' for name, cell in cells)
    return f"<tr>{head}{numbers}</tr>"


def _table(title: str, columns: tuple[str, ...], rows: str, note: str) -> str:
    heads = "".join(f"<th{' class=num' if name in NUMBERS else ''}>{name}</th>" for name in columns)
    return (
        f'<div class="ad ad-numbers"><h3>{title}</h3><div class="ad-scroll"><table class="ad-table"><thead><tr>{heads}'
        f'</tr></thead><tbody>{rows}</tbody></table></div><p class="ad-quiet">{note}</p></div>'
    )
