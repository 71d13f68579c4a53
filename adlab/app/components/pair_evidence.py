"""Whether the words and regions behind a grade hold: the test, how far it is, and what it found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from adlab.app import pair_explain, pair_words
from adlab.app.components import job_progress
from adlab.app.components.text import plain
from adlab.app.pair_explain import Explained

if TYPE_CHECKING:
    from adlab.explain.perturbation import Perturbation

WHAT = (
    "Words, and apart from them regions, are taken away step by step: most relevant first, least relevant first, and "
    "in random orders. If the weights say what the grade rests on, it falls fastest in the first order and holds "
    "longest in the second."
)


def show(explained: Explained, key: str, draw: Callable[[Sequence[Perturbation], int], None]) -> None:
    """Draw what the test found, or offer it.

    Args:
        explained: What is tested.
        key: Of the button.
        draw: Draws what was found; takes also the grade explained.
    """
    job = pair_explain.evidence(explained)
    found: tuple[Perturbation, ...] = ()
    if job is not None and job.done and job.future.exception() is None:
        found = job.future.result()
    if found:
        draw(found, explained.explanation.grade)
        return
    st.markdown(WHAT)
    if job is None or job.done:
        st.button(
            "Test the weights on this ad",
            key=key,
            icon=":material/experiment:",
            on_click=pair_explain.ask_evidence,
            args=(explained,),
        )
    if job is not None:
        job_progress.show(job, key, pair_explain.forget_evidence)


def lines(found: Sequence[Perturbation], grade: int) -> None:
    """Say what the test found: a sentence a kind of part, marked where the weights are better than chance."""
    for each in found:
        sign = ":material/check_circle:" if pair_words.holds(each) else ":material/do_not_disturb_on:"
        st.markdown(f"{sign} **{pair_words.KINDS[each.kind]}** — {plain(pair_words.evidence_line(each, grade))}")
    if several := pair_words.several_line(found):
        st.caption(plain(several))
