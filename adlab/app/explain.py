"""What the Explain page asks for: maps of the appeal of the ad on screen, and on request the evidence for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from adlab.app import caching, jobs, picture_words, scoring
from adlab.app.jobs import Job
from adlab.app.state import Ad
from adlab.data.assessment import HeadResult
from adlab.data.creative import Creative
from adlab.errors import AdlabError

if TYPE_CHECKING:
    from adlab.data.image_intake import AdImage
    from adlab.explain.deletion import Deletion
    from adlab.explain.fusion_maps import FusionMap, Shifts
    from adlab.inference.appeal import AppealHead

MAX_MAPS = 32  # ads; about 4 MB each
JOB = "explain.job"
NO_PICTURE = "This ad has no picture, and the maps are laid over one. Choose or upload one on the Score page."
NO_HEAD = (
    "No checkpoint that rates appeal is installed, so there is nothing to explain. Restore the folder "
    "models/appeal-m2fn and start the app again."
)


class Explained(NamedTuple):
    """The maps of one ad.

    Attributes:
        picture: The ad.
        words: The words in it that the model read; None where they could not be read.
        note: Why they could not, empty if they could.
        result: Mean rating with its interval, as the Score page gives it.
        maps: One a fusion step.
        head: What is explained.
    """

    picture: AdImage
    words: str | None
    note: str
    result: HeadResult
    maps: tuple[FusionMap, ...]
    head: AppealHead


class Outcome(NamedTuple):
    """The maps, or why there are none.

    Attributes:
        explained: The maps, None if there are none.
        missing: What the ad or the installation lacks, for the user.
        problem: What failed, for the user.
    """

    explained: Explained | None = None
    missing: str = ""
    problem: str = ""


def explain(ad: Ad) -> Outcome:
    """Wait for the models and the words in the picture, then make the maps; known ones come from memory."""
    if ad.picture is None:
        return Outcome(missing=NO_PICTURE)
    try:
        loaded = scoring.wait_for_models()
        if loaded is None:
            return Outcome(problem="The models are still loading; reload the page in a minute.")
        head = loaded.result().appeal
        if head is None:
            return Outcome(missing=NO_HEAD)
        scoring.wait_for_words(ad)
        image = caching.creative_of(ad).image
        assert image is not None  # the ad has a picture
        words, note = picture_words.known(ad)
        with st.spinner("Drawing the maps"):
            sha256 = head.manifest.weights_sha256
            result, maps = _maps(image.content_hash, words, sha256, image, head)
    except AdlabError as error:
        return Outcome(problem=str(error))
    return Outcome(Explained(image, words, note, result, maps, head))


@st.cache_resource(show_spinner=False, max_entries=4)
def _shifts(sha256: str, _head: AppealHead) -> Shifts:
    """Where the network's cells look; a second, once a process and checkpoint."""
    from adlab.explain.fusion_maps import measure_shifts

    return measure_shifts(_head.network)


@st.cache_data(max_entries=MAX_MAPS, show_spinner=False)
def _maps(
    content_hash: str, words: str | None, sha256: str, _image: AdImage, _head: AppealHead
) -> tuple[HeadResult, tuple[FusionMap, ...]]:
    from adlab.explain.appeal_maps import appeal_maps

    maps = appeal_maps(_head, _image, words, _shifts(sha256, _head))
    (result,) = _head.results([Creative(image=_image)], [words])
    return result, maps


def gather(explained: Explained, job: Job) -> dict[str, Deletion]:
    """Test each map by deletion, in a job.

    Args:
        explained: The maps.
        job: Told how many copies are rated; ends at its next report when cancelled.

    Returns:
        By step.
    """
    from adlab.explain.appeal_maps import deletions

    report = job.step("Rating copies with masked parts")
    return deletions(explained.head, explained.picture, explained.words, explained.maps, report)


def ask_evidence(explained: Explained) -> None:
    """Begin to test the maps of this ad; another ad's test under way is left off."""
    forget_evidence()
    key = jobs.jobs().start(lambda job: gather(explained, job))
    st.session_state[JOB] = (_identity(explained), key)


def evidence(explained: Explained) -> Job | None:
    """The test of these very maps, under way or done; None where it was not asked for."""
    identity, key = st.session_state.get(JOB, (None, ""))
    return jobs.jobs().get(key) if identity == _identity(explained) else None


def forget_evidence() -> None:
    """Cancel the visitor's test and drop its result."""
    jobs.jobs().forget(st.session_state.pop(JOB, (None, ""))[1])


def _identity(explained: Explained) -> tuple[str, str | None, str]:
    return explained.picture.content_hash, explained.words, explained.head.manifest.weights_sha256
