"""What the Score page asks for: the ad on screen, and its assessment once the models are there."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent import futures
from concurrent.futures import Future
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from adlab.app import caching, history, picture_words, preload, state
from adlab.app.examples import examples
from adlab.app.state import Ad, Picture
from adlab.data.assessment import Assessment
from adlab.errors import AdlabError, ImageError

if TYPE_CHECKING:
    from adlab.inference.assessor import Assessor

POLL_SECONDS = 0.1
AT_ONCE_SECONDS = 0.2  # words that are known come sooner: nothing need be shown meanwhile
SKELETON_HEIGHT = 480


class Outcome(NamedTuple):
    """An assessment, or why there is none.

    Attributes:
        assessment: The assessment, None if it failed.
        problem: Words for the user, empty if all went well.
        history_note: Why it is not in the history, empty if it is.
    """

    assessment: Assessment | None
    problem: str = ""
    history_note: str = ""


def ad_on_screen() -> Ad:
    """The ad on screen; on a first visit an example is chosen and fills the form."""
    ad = state.shown_ad()
    if ad is None:
        ad = next(iter(examples().values()))
        choose_example(ad.example, keep=False)
    return ad


def choose_example(name: str, *, keep: bool = True) -> None:
    """Show an example and put it into the form."""
    ad = examples()[name]
    state.fill_form(ad)
    state.show(ad, keep=keep)


def take_upload(file_id: str, data: bytes, name: str) -> str:
    """Check an uploaded file and put it into the form; what the fields still hold of an example is cleared then.

    Args:
        file_id: Identity of this upload; the same upload is taken once.
        data: Content of the file.
        name: Its name.

    Returns:
        Why the file is refused, for the user; empty if it is taken. A refused file changes nothing else.
    """
    picture = Picture(data, name)
    if not state.is_new_upload(file_id):
        return state.last_refusal()
    state.refuse("")
    try:
        caching.preview(picture)
    except ImageError as error:
        return state.refuse(str(error))
    state.put_picture(picture)
    state.forget_example()
    return ""


def picture_removed(key: str) -> None:
    """The upload field changed; if it was emptied, the form holds no picture any more."""
    if st.session_state.get(key) is None and not state.last_refusal():
        state.put_picture(None)


def just_asked() -> bool:
    """Whether this run answers a click, so that the page should show its top."""
    return state.take_scroll()


def score_form(key: str) -> None:
    """Show the ad as the form holds it; nothing happens while a refused file is in the field.

    A click may come before the page has met the file that was just given, so it is checked here, too.

    Args:
        key: Of the upload field.
    """
    upload = st.session_state.get(key)
    if upload is None or not take_upload(upload.file_id, upload.getvalue(), upload.name):
        state.show(state.draft(), keep=True)


def score_with_words() -> None:
    """Show the ad on screen with the words in its picture as the field holds them."""
    ad = ad_on_screen()
    words = state.words_given(ad.picture)
    state.show(replace(ad, ocr_text=words, example=ad.example if words is None else ""), keep=True)


def wait_for_models(seconds: float = 300.0) -> Future[Assessor] | None:
    """Wait until loading has ended, well or badly, and say so; None if it has not after `seconds`."""
    future = preload.start()
    if future.done():
        return future
    started, note, blank = time.monotonic(), st.empty(), st.skeleton(height=SKELETON_HEIGHT)
    while not future.done() and time.monotonic() - started < seconds:
        seconds_so_far = time.monotonic() - started
        # Writing to the page also lets a click elsewhere interrupt the wait.
        note.caption(f":material/hourglass_top: Loading the models, once per server start … {seconds_so_far:.0f} s")
        time.sleep(POLL_SECONDS)
    note.empty()
    blank.empty()
    return future if future.done() else None


def wait_for_words(ad: Ad, meanwhile: Callable[[Assessment], None] | None = None) -> None:
    """Wait until the words in the ad's picture are read, if a head asks for them.

    Args:
        ad: The ad.
        meanwhile: Draws what the other heads say; these are not asked if it is not given.

    Raises:
        AdlabError: The ad cannot be read.
    """
    future = picture_words.reading(ad) if ad.ocr_text is None else None
    if future is None or futures.wait([future], AT_ONCE_SECONDS).done:
        return
    place = st.empty()
    with place.container():
        loaded, readers = preload.start().result(), picture_words.heads_that_read()
        others = tuple(head for head in loaded.heads if head not in readers)
        if others and meanwhile is not None:
            meanwhile(caching.assess(ad, others, state.audience()))
        started, note = time.monotonic(), st.empty()
        while not future.done():
            seconds = time.monotonic() - started
            note.caption(f":material/hourglass_top: Reading the words in the picture, once … {seconds:.0f} s")
            time.sleep(POLL_SECONDS)
    place.empty()


def assess(ad: Ad, meanwhile: Callable[[Assessment], None] = lambda assessment: None) -> Outcome:
    """Assess an ad and keep the assessment in the history.

    Args:
        ad: The ad.
        meanwhile: Draws what is known already while the words in the picture are read.
    """
    try:
        loaded = wait_for_models()
        if loaded is None:
            return Outcome(None, "The models are still loading; reload the page in a minute.")
        loaded.result()
        wait_for_words(ad, meanwhile)
        with st.spinner("Scoring the ad"):
            return _kept(ad)
    except AdlabError as error:
        return Outcome(None, str(error))


def assess_for_audience(ad: Ad, known: Outcome) -> Outcome:
    """The outcome for the audience chosen now; the one known where it was made for the same."""
    if known.assessment is not None and known.assessment.context == state.audience().known:
        return known
    try:
        return _kept(ad)
    except AdlabError as error:
        return Outcome(None, str(error))


def _kept(ad: Ad) -> Outcome:
    assessment = caching.assess(ad, context=state.audience())
    return Outcome(assessment, history_note=history.keep(ad, assessment, again=state.take_keep()))
