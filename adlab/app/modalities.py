"""What the Modalities page asks for of one ad: each head's answer by picture, by words and by both."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from adlab.app import caching, preload, scoring, state
from adlab.app.state import Ad
from adlab.data.creative import Context
from adlab.data.modalities import BASES, AdModes
from adlab.errors import AdlabError

if TYPE_CHECKING:
    from adlab.inference.modalities import Modalities

MAX_ADS = 128


class Outcome(NamedTuple):
    """The answers, or why there are none.

    Attributes:
        modes: The answers, None if they failed.
        absent: Heads of this page whose checkpoints are not installed.
        problem: What failed, for the user.
    """

    modes: AdModes | None = None
    absent: tuple[str, ...] = ()
    problem: str = ""


def read(ad: Ad) -> Outcome:
    """Wait for the models and the words in the picture, then read the ad; one read before comes from memory."""
    try:
        loaded = scoring.wait_for_models()
        if loaded is None:
            return Outcome(problem="The models are still loading; reload the page in a minute.")
        assessor = loaded.result()
        scoring.wait_for_words(ad)
        with st.spinner("Reading the ad by each part"):
            modes = _read(ad.key, assessor.fingerprint, state.audience(), ad)
    except AdlabError as error:
        return Outcome(problem=str(error))
    return Outcome(modes, tuple(head for head in BASES if head not in reader().heads))


def reader() -> Modalities:
    """The reader of the loaded models; waits for them."""
    return _reader(preload.start().result().fingerprint)


@st.cache_resource(show_spinner=False, max_entries=2)
def _reader(fingerprint: str) -> Modalities:
    from adlab.inference.modalities import Modalities

    return Modalities(caching.assessor())


@st.cache_data(max_entries=MAX_ADS, show_spinner=False)
def _read(key: str, fingerprint: str, context: Context, _ad: Ad) -> AdModes:
    return reader().read(caching.creative_of(_ad), context=context)
