"""A table of ads by each part: the verdict by what came of them, where the parts disagree, and downloads."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from functools import partial
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from adlab.app import head_words, modalities_exports, modalities_table, modalities_words
from adlab.app.components import modalities_upload
from adlab.app.components.score_card import badge
from adlab.app.components.text import plain
from adlab.app.modalities_table import ReadTable
from adlab.app.modalities_words import NAMES
from adlab.data.modalities import BASES, AdModes, Mode
from adlab.data.score_text import number

if TYPE_CHECKING:
    from adlab.insights.modes import ModeComparison
    from adlab.metrics.bootstrap import BootstrapInterval

MOST = 12  # ads shown where two modes disagree
PAIRS = {
    "Picture against words": (Mode.IMAGE_ONLY, Mode.TEXT_ONLY),
    "Both against words": (Mode.BOTH, Mode.TEXT_ONLY),
    "Both against picture": (Mode.BOTH, Mode.IMAGE_ONLY),
}
OUTCOME_NAMES = {
    "relevance_grade": "Relevance grade",
    "clicks": "Clicks",
    "conversions": "Conversions",
    "rating": "Mean rating",
}
NO_OUTCOMES = (
    "The table has no outcomes, so nothing says which reading is right. Give relevance_grade, impressions with clicks "
    "or conversions, or ratings, and each reading is judged by them."
)


def show() -> None:
    """Draw the form, or what was read."""
    job = modalities_table.current()
    if job is None or not job.done or job.future.exception() is not None:
        modalities_upload.form(job)
        return
    read: ReadTable = job.future.result()
    with st.container(horizontal=True, vertical_alignment="center"):
        done = sum(modes is not None for modes in read.ads)
        st.markdown(f"**{plain(read.name)}**: {done:,} ads read by picture, by words and by both")
        st.button("Remove them", key="modalities.remove", icon=":material/delete:", on_click=modalities_table.drop)
    for note in read.notes:
        st.caption(f":material/info: {plain(note)}")
    _verdicts(read)
    _disagreements(read)
    _downloads(read)


def _verdicts(read: ReadTable) -> None:
    outcomes = list(dict.fromkeys(one.outcome for one in read.comparisons))
    if not outcomes:
        st.info(NO_OUTCOMES, icon=":material/rule:")
        return
    chosen = outcomes[0]
    if len(outcomes) > 1:
        chosen = st.segmented_control(
            "Judged by",
            outcomes,
            default=outcomes[0],
            required=True,
            format_func=_outcome,
            key="modalities.outcome",
        )
    judged = [one for one in read.comparisons if one.outcome == chosen]
    st.html(verdicts(judged, OUTCOME_NAMES[chosen], {one.head: _source(read, one.head) for one in judged}))


def verdicts(found: list[ModeComparison], outcome: str, sources: Mapping[str, str]) -> str:
    """HTML: a sentence a head, and the numbers behind it.

    Args:
        found: Each head's comparison by one outcome.
        outcome: Its name.
        sources: HTML by head that says what it was learned from.
    """
    from adlab.insights.mode_verdict import FEW, private_words, verdict_words

    judged = [one for one in found if not one.reason]
    said = [
        words for one in found for words in (verdict_words(one, _title(one.head)), private_words(one, _title(one.head)))
    ]
    sentences = "".join(f"<li>{escape(words)}</li>" for words in filter(None, said))
    rows = "".join(_comparison(one, sources[one.head]) + _shared(one) for one in judged)
    names = ("", *NAMES.values(), "What the picture adds", "What the words add", "n")
    table = f"<thead><tr>{''.join(f'<th>{name}</th>' for name in names)}</tr></thead><tbody>{rows}</tbody>"
    one = judged[0] if judged else found[0]
    note = (
        f"{one.measure} with 90 % intervals. Differences are paired: both readings judge the same ads, and the same "
        f"resample of whole {one.unit} each time. Several models are judged at once, so one interval in ten misses by "
        "chance."
    )
    if any(each.differences["image_adds"].n_groups < FEW for each in judged):
        note += f" With fewer than {FEW} {one.unit} all intervals are too narrow; one without width says nothing."
    body = f'<table class="ad-table">{table}</table>' if judged else ""
    return (
        f'<section class="ad ad-card ad-modes"><h2>Judged by {escape(outcome.lower())}</h2><ul class="ad-sentences">'
        f'{sentences}</ul>{body}<p class="ad-quiet">{escape(note)}</p></section>'
    )


def _outcome(name: str) -> str:
    return OUTCOME_NAMES[name]


def _title(head: str) -> str:
    return head_words.words_for(head).title


def _source(read: ReadTable, head: str) -> str:
    """HTML of the badge that names the kind of data behind a head; nothing where it answered nowhere."""
    found = (result for modes in read.ads if modes for result in modes.results.get(head, {}).values())
    return next((badge(result.provenance) for result in found), "")


def _comparison(one: ModeComparison, source: str) -> str:
    cells = "".join(f'<td data-name="{NAMES[mode]}"><div>{_measure(one.modes[mode])}</div></td>' for mode in Mode)
    for key, name in (("image_adds", "Picture adds"), ("text_adds", "Words add")):
        cells += f'<td data-name="{name}"><div>{_difference(one.differences[key])}</div></td>'
    units = one.modes[Mode.BOTH].n_groups
    count = f"{one.rows:,} rows" if one.unit == "rows" else f"{one.rows:,} rows, {units:,} {one.unit}"
    title = escape(_title(one.head))
    return f'<tr><td><b>{title}</b>{source}</td>{cells}<td data-name="n">{count}</td></tr>'


def _shared(one: ModeComparison) -> str:
    """HTML of the row below a head's: FOCAL's shared part against everything; nothing for a head without that part."""
    from adlab.insights.modes import PRIVATE

    if one.shared is None:
        return ""
    none = "".join(
        f'<td data-name="{NAMES[mode]}"><div><span class="ad-quiet">{modalities_words.NEEDS_BOTH}</span></div></td>'
        for mode in (Mode.IMAGE_ONLY, Mode.TEXT_ONLY)
    )
    title = f"{_title(one.head)}, {modalities_words.SHARED_NAME.lower()}"
    return (
        f'<tr><td><b>{escape(title)}</b><span class="ad-quiet">{modalities_words.SHARED_NOTE}</span></td>{none}'
        f'<td data-name="{NAMES[Mode.BOTH]}"><div>{_measure(one.shared)}</div></td>'
        f'<td colspan="2" data-name="Private parts"><div>{_difference(one.differences[PRIVATE])}'
        f'<span class="ad-quiet">{modalities_words.PRIVATE_NOTE}</span></div></td><td></td></tr>'
    )


def _measure(found: BootstrapInterval) -> str:
    return f'<b>{found.value:.3f}</b> <span class="ad-quiet">{found.low:.3f} – {found.high:.3f}</span>'


def _difference(found: BootstrapInterval) -> str:
    from adlab.insights.mode_verdict import signed

    return f'<b>{signed(found.value)}</b> <span class="ad-quiet">{signed(found.low)} to {signed(found.high)}</span>'


def _disagreements(read: ReadTable) -> None:
    from adlab.insights.modes import answers_of, gaps, most_apart

    heads = [
        head
        for head in read.heads
        if any(modes and len(modes.results.get(head, ())) == len(Mode) for modes in read.ads)
    ]
    st.subheader("Where the readings disagree most", anchor=False)
    if not heads:
        st.info("No ad was read by picture, by words and by both, so there is nothing to compare.")
        return
    left, right = st.columns([2, 3], gap="medium", vertical_alignment="bottom")
    head = left.selectbox("Model", heads, format_func=_title, key="modalities.head")
    pair = right.segmented_control(
        "Readings", list(PAIRS), default=next(iter(PAIRS)), required=True, key="modalities.pair"
    )
    more, less = PAIRS[str(pair)]
    answers = answers_of(read.ads, head)
    unit = next(result.unit for modes in read.ads if modes and (result := modes.result(head, Mode.BOTH)))
    rows = most_apart(gaps(answers[more], answers[less], unit), MOST)
    if not len(rows):
        st.caption("These readings agree on every ad: this model gives the same answer by both.")
        return
    st.html(f'<p class="ad ad-quiet">{_source(read, head)} {escape(values_words(head, unit))}</p>')
    st.html(cases(read, head, [int(row) for row in rows]))


def values_words(head: str, unit: str) -> str:
    """What the numbers below the pictures are, plain text."""
    guess = "" if BASES[head].trained else " By picture or words alone they are extrapolated."
    return f"{_title(head)}, {unit}.{guess} Their intervals are in the downloads."


def cases(read: ReadTable, head: str, rows: list[int]) -> str:
    """HTML: thumbnails with the answer by each part."""
    figures = []
    for row in rows:
        modes = read.ads[row]
        assert modes is not None  # it has answers
        figures.append(
            f"<figure>{_picture(read, row)}<figcaption>{_caption(read, head, row, modes)}</figcaption></figure>"
        )
    return f'<div class="ad ad-cases">{"".join(figures)}</div>'


def _picture(read: ReadTable, row: int) -> str:
    jpeg = read.thumbnails.get(row)
    if jpeg is None:
        return '<div class="ad-none">No picture</div>'
    data = base64.b64encode(jpeg).decode("ascii")
    return f'<img alt="{escape(read.names[row])}" src="data:image/jpeg;base64,{data}" loading="lazy">'


def _caption(read: ReadTable, head: str, row: int, modes: AdModes) -> str:
    answers = "".join(
        f"<dt>{NAMES[mode]}</dt><dd>{number(result.value, result.unit)}</dd>"
        for mode in Mode
        if (result := modes.result(head, mode)) is not None
    )
    query = read.table.iloc[row].get("query", "")
    asked = f'<span class="ad-quiet">“{escape(query)}”</span>' if isinstance(query, str) and query else ""
    return f"<b>{escape(read.names[row])}</b>{asked}<dl>{answers}</dl>"


def _downloads(read: ReadTable) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="modalities.downloads"):
        st.caption("Download what I see", width="content")
        for label, mime, file, make in (
            ("All answers, CSV", "text/csv", "answers.csv", modalities_exports.table_csv),
            ("Comparison, CSV", "text/csv", "comparison.csv", modalities_exports.comparisons_csv),
            ("Everything, JSON", "application/json", "all.json", modalities_exports.table_json),
        ):
            if file == "comparison.csv" and not read.comparisons:
                continue
            st.download_button(
                label,
                partial(make, read),
                file_name=f"adlab-modalities-{file}",
                mime=mime,
                key=f"modalities.download-{file}",
                icon=":material/download:",
                on_click="ignore",
            )
