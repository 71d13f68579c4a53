"""One ad by each part: a table of heads and modes, the distributions behind it, and what "alone" means."""

from __future__ import annotations

from html import escape

import streamlit as st

from adlab.app import head_words, modalities_words
from adlab.app.components.bars import position
from adlab.app.components.score_card import badge
from adlab.app.modalities_words import NAMES
from adlab.data.assessment import HeadResult
from adlab.data.modalities import BASES, AdModes, Mode
from adlab.data.score_text import number

GRADES = ("Bad", "Fair", "Good", "Excellent")
DEEP, LEGIBLE = 0.55, 0.06  # colours from here on are dark; shares from here on leave room for a number
GRADE_DETAILS = tuple(f"relevance_{grade.lower()}" for grade in GRADES)


def show(modes: AdModes) -> None:
    """Draw the table, the distributions and, folded, how each answer was made."""
    st.html(table(modes))
    if shares := distributions(modes):
        st.html(shares)
    with st.expander("What “alone” means for each model", icon=":material/help:"):
        st.html(bases(modes))


def table(modes: AdModes) -> str:
    """HTML: a row a head, a column a mode, and what the picture adds; FOCAL's shared part has a row of its own."""
    heads = "".join(f"<th>{name}</th>" for name in ("", *NAMES.values(), "What the picture adds"))
    rows = "".join(_row(modes, head) + _shared_row(modes, head) for head in _asked(modes))
    return (
        '<section class="ad ad-card ad-modes"><div class="ad-head"><h2>Each model, by each part</h2>'
        '<span class="ad-quiet">value and 90 % interval</span></div>'
        f'<table class="ad-table"><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>'
        f'<p class="ad-quiet">{escape(modalities_words.ONE_AD)}</p></section>'
    )


def distributions(modes: AdModes) -> str:
    """HTML: shares of the grades, or of the steps of the rating scale, by mode; nothing without one."""
    parts = []
    for head in ("relevance", "appeal"):
        rows = []
        for mode in Mode:
            result = modes.result(head, mode)
            if result is not None:
                rows.append(_stack(NAMES[mode], shares_of(result)))
        if rows:
            names = GRADES if head == "relevance" else tuple(str(step) for step in range(1, 8))
            parts.append(
                f'<div class="ad-section"><h3>{escape(head_words.words_for(head).title)}</h3>{"".join(rows)}'
                f"{_legend(names)}</div>"
            )
    if not parts:
        return ""
    title = "The whole answer, not only its mean"
    return f'<section class="ad ad-card ad-modes"><h2>{title}</h2>{"".join(parts)}</section>'


def shares_of(result: HeadResult) -> list[tuple[str, float]]:
    """Name and share of every grade or rating step, lowest first."""
    if result.head == "relevance":
        return [(name, result.details[key]) for name, key in zip(GRADES, GRADE_DETAILS, strict=True)]
    return [(str(step), share) for step, share in enumerate(head_words.rating_shares(result), start=1)]


def bases(modes: AdModes) -> str:
    """HTML: how each head's answers by one part, and by FOCAL's shared part, are made."""
    sections = []
    for head in _asked(modes):
        lines = modalities_words.basis_lines(head) or list(dict.fromkeys(modes.missing.get(head, {}).values()))
        body = "".join(f"<p>{escape(line)}</p>" for line in lines)
        sections.append(f'<div class="ad-section"><h3>{escape(head_words.words_for(head).title)}</h3>{body}</div>')
    return f'<div class="ad ad-bases">{"".join(sections)}</div>'


def _asked(modes: AdModes) -> list[str]:
    return [head for head in BASES if head in modes.results or head in modes.missing]


def _row(modes: AdModes, head: str) -> str:
    found = [modes.result(head, mode) for mode in Mode]
    scale, known = _scale(modes, head), [result for result in found if result is not None]
    kind = badge(known[0].provenance) if known else ""
    cells = "".join(
        f'<td data-name="{NAMES[mode]}"><div>{_cell(modes, head, mode, result, scale)}</div></td>'
        for mode, result in zip(Mode, found, strict=True)
    )
    gain = _gain(*modalities_words.gain_words(modes, head))
    title = escape(head_words.words_for(head).title)
    return f'<tr><td><b>{title}</b>{kind}</td>{cells}<td data-name="Picture adds"><div>{gain}</div></td></tr>'


def _shared_row(modes: AdModes, head: str) -> str:
    """The row below a head's: its answer by what picture and copy share; nothing for a head without such a part."""
    part = modes.shared.get(head)
    if part is None:
        return ""
    none = "".join(
        f'<td data-name="{NAMES[mode]}"><div><span class="ad-quiet">{modalities_words.NEEDS_BOTH}</span></div></td>'
        for mode in (Mode.IMAGE_ONLY, Mode.TEXT_ONLY)
    )
    gain = _gain(*modalities_words.private_words(modes, head), modalities_words.PRIVATE_NOTE)
    title = f"{head_words.words_for(head).title}, {modalities_words.SHARED_NAME.lower()}"
    return (
        f'<tr><td><b>{escape(title)}</b><span class="ad-quiet">{modalities_words.SHARED_NOTE}</span></td>{none}'
        f'<td data-name="{NAMES[Mode.BOTH]}"><div>{_answer(part, _scale(modes, head), guess=True)}</div></td>'
        f'<td data-name="Private parts"><div>{gain}</div></td></tr>'
    )


def _scale(modes: AdModes, head: str) -> tuple[float, float]:
    """One scale for all answers of a head."""
    found = [modes.shared.get(head), *(modes.result(head, mode) for mode in Mode)]
    known = [result.scale for result in found if result is not None]
    return (min(low for low, _ in known), max(high for _, high in known)) if known else (0.0, 1.0)


def _gain(change: str, sure: str, of_what: str = "") -> str:
    """HTML of what a part adds to an answer."""
    bold = f"<b>{escape(change)}</b>" if change else ""
    named = f'<span class="ad-quiet">{escape(of_what)}</span>' if of_what and change else ""
    return f'{bold}{named}<span class="ad-quiet">{escape(sure)}</span>'


def _cell(modes: AdModes, head: str, mode: Mode, result: HeadResult | None, scale: tuple[float, float]) -> str:
    if result is None:
        one_part = mode is Mode.BOTH and bool(modes.results.get(head))
        return f'<span class="ad-quiet">{modalities_words.ONE_PART if one_part else "no answer"}</span>'
    one_of_two = mode is not Mode.BOTH and modes.result(head, Mode.BOTH) is not None
    return _answer(result, scale, guess=one_of_two and not BASES[head].trained)


def _answer(result: HeadResult, scale: tuple[float, float], *, guess: bool) -> str:
    """HTML of a value with its interval; one that is a guess is said to be extrapolated."""
    ends = f"{number(result.interval.low, result.unit)} – {number(result.interval.high, result.unit)}"
    start, end = position(result.interval.low, scale), position(result.interval.high, scale)
    bar = (
        f'<div class="ad-bar{" guess" if guess else ""}" aria-hidden="true"><div class="track"></div>'
        f'<div class="band" style="left:{start:.2f}%;width:{end - start:.2f}%"></div>'
        f'<div class="mark" style="left:{position(result.value, scale):.2f}%"></div></div>'
    )
    note = f'<span class="ad-quiet">{modalities_words.EXTRAPOLATES.lower()}</span>' if guess else ""
    return f'<b class="value">{number(result.value, result.unit)}</b>{bar}<span class="ad-quiet">{ends}</span>{note}'


def _stack(name: str, shares: list[tuple[str, float]]) -> str:
    alt = f"{name}: " + ", ".join(f"{100 * share:.0f} % {step}" for step, share in shares)
    steps = [index / (len(shares) - 1) for index in range(len(shares))]
    parts = "".join(
        f'<i{" class=deep" if step > DEEP else ""} style="width:{100 * share:.2f}%;--step:{step:.3f}">'
        f"{f'{100 * share:.0f}' if share >= LEGIBLE else ''}</i>"
        for step, (_, share) in zip(steps, shares, strict=True)
    )
    return f'<div class="ad-stack"><span>{name}</span><div role="img" aria-label="{escape(alt)}">{parts}</div></div>'


def _legend(names: tuple[str, ...]) -> str:
    items = "".join(
        f'<li><i style="--step:{index / (len(names) - 1):.3f}"></i>{name}</li>' for index, name in enumerate(names)
    )
    return f'<ul class="ad-legend ad-stack-key">{items}<li class="ad-quiet">shares in percent</li></ul>'
