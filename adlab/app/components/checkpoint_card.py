"""A checkpoint on the Models page: measured numbers against aims, terms, limits, how it was trained."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

import streamlit as st

from adlab.app.aims import count_words, terms_words, verdict_words
from adlab.app.head_words import words_for
from adlab.app.shelf import Checkpoint
from adlab.checkpoints.manifest import Manifest, Measure

REFERENCE = "reference"  # kind of a checkpoint that holds what scores are compared with
STUDENT_OF = "relevance"
STUDENT = "two-tower"  # kind of the fast student, which serves no score of its own
OPEN = 4  # least number of measures shown at once; the rest of a long table is folded away
RANKING = re.compile(r"\bAUC\b|\bSPRC\b|\bSpearman\b|\bcorrelation\b|\bR@\d")  # in the name of how well a model orders
RANKINGS = 7  # shown at once where no aim is about one


def show(checkpoint: Checkpoint) -> None:
    """Draw one checkpoint and its downloads."""
    manifest = checkpoint.manifest
    with st.container(key=f"models.card-{manifest.name}", border=True):
        first, folded = foremost(manifest.measures)
        st.html(summary(manifest) + measures_table(manifest, first))
        if folded:
            with st.expander(f"All {len(manifest.measures)} measures", icon=":material/table_rows:"):
                st.html(measures_table(manifest, manifest.measures))
        st.html(facts(checkpoint))
        st.code(manifest.training.command, language="bash", wrap_lines=True)
        with st.expander("The whole card", icon=":material/description:"):
            st.markdown(checkpoint.card or "The card file is missing; restore the folder.")
        with st.container(horizontal=True):
            for name, mime, text in (
                ("card.md", "text/markdown", checkpoint.card),
                ("config.json", "application/json", manifest.to_json()),
            ):
                st.download_button(
                    name,
                    text,
                    file_name=f"{manifest.name}-{name}",
                    mime=mime,
                    key=f"models.download-{manifest.name}-{name}",
                    icon=":material/download:",
                    on_click="ignore",
                )


def summary(manifest: Manifest) -> str:
    """HTML: name, what it serves, one sentence, how many aims were met."""
    aims = f'<span class="ad-quiet">{counted}</span>' if (counted := count_words(manifest.measures)) else ""
    title = f'<h2 class="ad-name" id="{anchor(manifest)}">{escape(manifest.name)}</h2>'
    return (
        f'<div class="ad"><div class="ad-head">{title}{aims}</div>'
        f'<p class="ad-eyebrow">{escape(serves(manifest))}</p><p>{escape(manifest.summary)}</p></div>'
    )


def serves(manifest: Manifest) -> str:
    """What it is there for, in words."""
    if manifest.heads:
        return "Serves " + ", ".join(words_for(head).title for head in manifest.heads)
    if manifest.kind == STUDENT:
        return "Fast student beside the score of " + words_for(STUDENT_OF).title
    return "Reference set behind the percentiles" if manifest.kind == REFERENCE else "Encoder behind the scores"


def foremost(measures: tuple[Measure, ...]) -> tuple[tuple[Measure, ...], bool]:
    """The measures shown at once, and whether others are folded: those with an aim, and the first up to `OPEN`.

    Aims about intervals and calibration alone would leave out how well the model orders: then that is shown, too.
    """
    aimed = [measure for measure in measures if measure.aim]
    others = [place for place, measure in enumerate(measures) if not measure.aim]
    further = others[: max(0, OPEN - len(aimed))]
    if not any(RANKING.search(measure.name) for measure in aimed):
        further += [place for place in others if RANKING.search(measures[place].name)][:RANKINGS]
    first = tuple(measure for place, measure in enumerate(measures) if measure.aim or place in further)
    return first, len(first) < len(measures)


def facts(checkpoint: Checkpoint) -> str:
    """HTML: limits, then where it comes from."""
    manifest, training = checkpoint.manifest, checkpoint.manifest.training
    limits = "".join(f"<li>{escape(limit)}</li>" for limit in manifest.limits)
    pairs = [
        ("Learned from", f"{manifest.data_kind}: {manifest.trained_on}"),
        ("Data terms", manifest.terms),
        ("Licence of the weights", manifest.licence),
        ("Training", f"{training.minutes:.0f} minutes on {_threads(training.machine)}, seed {training.seed}"),
        ("Weights", f"{size(checkpoint.megabytes)}, sha256 {manifest.weights_sha256[:16]}…"),
    ]
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in pairs)
    return (
        '<div class="ad">'
        + (f'<div class="ad-section"><h3>Limits</h3><ul class="ad-not">{limits}</ul></div>' if limits else "")
        + f'<div class="ad-section"><h3>Where it comes from</h3><dl class="ad-facts">{rows}</dl></div></div>'
    )


def size(megabytes: float) -> str:
    """Size of a file, with the digits it deserves."""
    return f"{megabytes:.1f} MB" if megabytes >= 0.1 else f"{1000 * megabytes:.1f} kB"


def measures_table(manifest: Manifest, measures: tuple[Measure, ...]) -> str:
    """HTML table of what was measured; whether an aim was met is said by a sign and a word, not by colour.

    Args:
        manifest: Of the checkpoint.
        measures: Those of it that are shown.
    """
    if not manifest.measures:
        if manifest.kind == REFERENCE:
            return ""
        return '<div class="ad ad-section"><p class="ad-quiet">Nothing was measured on this checkpoint.</p></div>'
    rows = "".join(_row(measure) for measure in measures)
    return (
        '<div class="ad ad-section"><h3>Measured</h3><div class="ad-scroll"><table class="ad-table"><thead><tr>'
        '<th>Measure</th><th class="num">Value</th><th class="num">90 % interval</th><th class="num">n</th>'
        f"<th>Measured on</th><th>Aim</th></tr></thead><tbody>{rows}</tbody></table></div>{_terms(measures)}</div>"
    )


def contents(checkpoints: Sequence[Checkpoint]) -> str:
    """HTML: a link to every checkpoint with what it serves and how many aims were met."""
    items = []
    for manifest in (checkpoint.manifest for checkpoint in checkpoints):
        told = " · ".join(filter(None, (serves(manifest), count_words(manifest.measures))))
        items.append(
            f'<li><a href="#{anchor(manifest)}" target="_self">{escape(manifest.name)}</a> '
            f'<span class="ad-quiet">{escape(told)}</span></li>'
        )
    return f'<nav class="ad ad-contents" aria-label="Checkpoints"><ul>{"".join(items)}</ul></nav>'


def anchor(manifest: Manifest) -> str:
    """Where on the page a checkpoint stands."""
    return "model-" + re.sub(r"[^A-Za-z0-9_-]", "-", manifest.name)


def _row(measure: Measure) -> str:
    interval = (
        "–" if measure.low is None or measure.high is None else f"{_digits(measure.low)} – {_digits(measure.high)}"
    )
    verdict = f" {words}" if (words := verdict_words(measure)) else ""
    note = f'<br><span class="ad-quiet">{escape(measure.note)}</span>' if measure.note else ""
    return (
        f"<tr><td>{escape(measure.name)}{note}</td>"
        f'<td class="num" data-name="Value"><b>{_digits(measure.value)}</b></td>'
        f'<td class="num" data-name="90 % interval">{interval}</td><td class="num" data-name="n">{measure.n:,}</td>'
        f'<td data-name="Measured on">{escape(_threads(measure.data))}</td>'
        f'<td data-name="Aim"><span>{escape(measure.aim) or "–"}<b>{verdict}</b></span></td></tr>'
    )


def _terms(measures: Sequence[Measure]) -> str:
    """HTML of what the abbreviations of a table stand for; nothing where it has none."""
    rows = "".join(f"<dt>{escape(term)}</dt><dd>{escape(words)}</dd>" for term, words in terms_words(measures))
    return f'<dl class="ad-facts ad-terms">{rows}</dl>' if rows else ""


def _digits(value: float) -> str:
    return f"{value:.4g}".replace("-", "−")


def _threads(words: str) -> str:
    """One thread is no plural; cards are written by a count."""
    return re.sub(r"\b1 CPU threads\b", "1 CPU thread", words)
