"""What the Explain page asks for about query relevance: words and regions behind a grade, and on request their test."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from adlab.app import caching, jobs, scoring
from adlab.app.caching import RELEVANCE
from adlab.app.jobs import Job
from adlab.app.state import Ad
from adlab.data.assessment import HeadResult
from adlab.errors import AdlabError

if TYPE_CHECKING:
    from adlab.data.image_intake import AdImage
    from adlab.explain.pair_explanation import PairExplanation
    from adlab.explain.perturbation import Perturbation
    from adlab.inference.relevance import RelevanceHead

MAX_KEPT = 64  # ads and grades; about 200 KB each
JOB, ONCE = "explain.pair-job", "score.relevance-tested"
NO_HEAD = (
    "No checkpoint that grades query relevance is installed, so there is nothing to explain. Restore the folder "
    "models/relevance-adscvlr and start the app again."
)


class Explained(NamedTuple):
    """A grade of one ad and what it rests on.

    Attributes:
        ad: The ad.
        picture: Its picture, or None.
        result: The score as the Score page gives it.
        explanation: Of one grade.
        likeliest: The likeliest grade, 0–3.
        head: What is explained.
    """

    ad: Ad
    picture: AdImage | None
    result: HeadResult
    explanation: PairExplanation
    likeliest: int
    head: RelevanceHead

    @property
    def key(self) -> tuple[str, int, str]:
        """What the explanation is of: ad, grade, weights."""
        return self.ad.key, self.explanation.grade, self.head.manifest.weights_sha256


class Outcome(NamedTuple):
    """The explanation, or why there is none.

    Attributes:
        explained: The explanation, None if there is none.
        missing: What the ad or the installation lacks, for the user.
        problem: What failed, for the user.
        asks: Whether a query would mend it.
    """

    explained: Explained | None = None
    missing: str = ""
    problem: str = ""
    asks: bool = False


def explain(ad: Ad, grade: int | None) -> Outcome:
    """Wait for the models, then explain a grade, the likeliest one if None; known ones come from memory."""
    try:
        loaded = scoring.wait_for_models()
        if loaded is None:
            return Outcome(problem="The models are still loading; reload the page in a minute.")
        head = loaded.result().relevance
        if head is None:
            return Outcome(missing=NO_HEAD)
        assessment = caching.assess(ad, (RELEVANCE,))
        result = assessment.head(RELEVANCE)
        if result is None:
            return Outcome(missing=assessment.not_scored.get(RELEVANCE, ""), asks=not ad.query.strip())
        sha256 = head.manifest.weights_sha256
        first = _explanation(ad.key, None, sha256, ad, head)
        shown = first if grade in (None, first.grade) else _explanation(ad.key, grade, sha256, ad, head)
        return Outcome(Explained(ad, caching.creative_of(ad).image, result, shown, first.grade, head))
    except AdlabError as error:
        return Outcome(problem=str(error))


@st.cache_resource(max_entries=MAX_KEPT, show_spinner=False)  # read only, so that visitors may share it
def _explanation(key: str, grade: int | None, sha256: str, _ad: Ad, _head: RelevanceHead) -> PairExplanation:
    from adlab.explain.pair_explanation import explain_pair

    return explain_pair(_head, caching.creative_of(_ad), grade=grade)


def gather(explained: Explained, job: Job) -> tuple[Perturbation, ...]:
    """Take words and regions away in the explanation's order and in others, in a job; all copies in one batch."""
    job.step("Asking about copies with words or regions taken away")
    return _tested(*explained.key, explained)


@st.cache_resource(max_entries=MAX_KEPT, show_spinner=False)
def _tested(key: str, grade: int, sha256: str, _explained: Explained) -> tuple[Perturbation, ...]:
    from adlab.explain.perturbation import perturb

    found, head = _explained.explanation, _explained.head
    return perturb(head.network, found, head.settings.temperatures[found.mode.value])


def ask_evidence(explained: Explained) -> None:
    """Begin to test this explanation; another one's test under way is left off."""
    forget_evidence()
    st.session_state[JOB] = (explained.key, jobs.jobs().start(lambda job: gather(explained, job)))


def ask_evidence_once(explained: Explained) -> None:
    """Begin to test this explanation unless the visitor's last test began so: one that was cancelled stays so."""
    if st.session_state.get(ONCE) != explained.key:
        st.session_state[ONCE] = explained.key
        if evidence(explained) is None:
            ask_evidence(explained)


def evidence(explained: Explained) -> Job | None:
    """The test of this very explanation, under way or done; None where it was not asked for."""
    key, job = st.session_state.get(JOB, (None, ""))
    return jobs.jobs().get(job) if key == explained.key else None


def forget_evidence() -> None:
    """Cancel the visitor's test and drop its result."""
    jobs.jobs().forget(st.session_state.pop(JOB, (None, ""))[1])
