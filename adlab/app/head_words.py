"""All words about the heads, one entry each: what it is called, what it means, what it is not.

No number may sound stronger than it is: a verdict is taken from the whole interval, never from the point alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from adlab.app.wording import among, rank_words
from adlab.data.assessment import DataKind, HeadResult
from adlab.data.score_text import number
from adlab.errors import UnknownNameError

NOT_A_FORECAST = "Not a forecast of clicks or sales."
SIMULATED = "Learned from simulated responses: no real people took part."


@dataclass(frozen=True, kw_only=True)
class HeadWords:
    """How one head is put into words.

    Attributes:
        title: Heading of its card.
        question: The question it answers.
        meaning: One sentence about a result.
        not_this: What the score must not be taken for, one sentence each.
        bands: Lower bounds on the head's scale with their word, ascending; empty where a word would claim too much.
        noun: What the words of the bands describe; empty if they stand alone.
    """

    title: str
    question: str
    meaning: Callable[[HeadResult], str]
    not_this: tuple[str, ...]
    bands: tuple[tuple[float, str], ...] = ()
    noun: str = ""


def words_for(head: str) -> HeadWords:
    """The words of a head.

    Raises:
        UnknownNameError: There is no such head.
    """
    if head not in HEADS:
        raise UnknownNameError("head", head, HEADS)
    return HEADS[head]


def verdict(result: HeadResult) -> str:
    """The band in words; two bands where the interval reaches into another, nothing where there are none."""
    words = words_for(result.head)
    if not words.bands:
        return ""
    low, high = (_band(words.bands, end) for end in (result.interval.low, result.interval.high))
    return f"{low if low == high else f'{low} to {high.lower()}'} {words.noun}".rstrip()


def rating_shares(result: HeadResult) -> list[float]:
    """Stated share of viewers at each step of a rating scale, lowest first; empty for a head without one."""
    shares: list[float] = []
    while (share := result.details.get(f"{result.head}_share_{len(shares) + 1}")) is not None:
        shares.append(share)
    return shares


def grade_shares(result: HeadResult) -> list[float]:
    """Probability of each grade, Bad first; empty for a head without them."""
    shares = [result.details.get(f"{result.head}_{grade.lower()}") for grade in GRADES]
    return [share for share in shares if share is not None] if None not in shares else []


def _band(bands: tuple[tuple[float, str], ...], value: float) -> str:
    return [word for bound, word in bands if value >= bound or bound == bands[0][0]][-1]


def _share(percentile: float) -> str:
    """A percentile as a share of pairs, without promising more digits than there are."""
    if percentile < 1:
        return "hardly any"
    return "nearly all" if percentile > 99 else f"{percentile:.0f} %"


def _agreement(result: HeadResult) -> str:
    true, *others = result.percentiles
    sentence = f"Picture and copy fit better than in {_share(true.value)} of {among(true)}"
    for other in others[:1]:
        sentence += f", and better than in {_share(other.value)} of {among(other)}"
    if result.provenance.data_kind is DataKind.MATCHED_PAIRS:
        return f"{sentence}. Those are photos, not ads."
    return f"{sentence}."


def _rank_sentence(what: str) -> Callable[[HeadResult], str]:
    def meaning(result: HeadResult) -> str:
        value = number(result.value, result.unit)
        rank = f", {rank_words(result.percentiles[0])}" if result.percentiles else ""
        return f"{what} {value}{rank}."

    return meaning


def _appeal(result: HeadResult) -> str:
    sentence = _rank_sentence("The mean rating expected from viewers is")(result)
    shares = rating_shares(result)
    if len(shares) < 3:
        return sentence
    middle = len(shares) // 2
    low, high = sum(shares[:middle]), sum(shares[middle + 1 :])
    return f"{sentence} {100 * high:.0f} % would rate it {middle + 2} or better, {100 * low:.0f} % {middle} or worse."


def _clicks(result: HeadResult) -> str:
    what = "The expected share of impressions that are clicked is"
    return _beside_average(what, result, "ctr_average")


def _chain(result: HeadResult) -> str:
    return _beside_average(
        "The expected share of impressions that are clicked and convert is", result, "pctcvr_average"
    )


def _beside_average(what: str, result: HeadResult, detail: str) -> str:
    """A rate for an audience with its rank: other ads are ranked by their average over all contexts."""
    value, average = result.value, result.details.get(detail, result.value)
    if abs(value / average - 1) <= 1e-6:
        return _rank_sentence(what)(result)
    # Other ads are ranked by their average, so this one is, too.
    overall = replace(result, value=average)
    return f"{what} {number(value, result.unit)}. {_rank_sentence('Averaged over all contexts it is')(overall)}"


def _relevance(result: HeadResult) -> str:
    grade = _band(RELEVANCE_BANDS, result.value)
    return f"For the query as typed, the expected grade is {result.value:.1f} of 3, nearest to {grade}."


GRADES = ("Bad", "Fair", "Good", "Excellent")
TEACHER = ("This model", "reads query, copy and picture together")
STUDENT = ("Its fast student", "compares vectors made beforehand")
ONE_SCORE = (
    "The student gives this one probability and no grades: it learned to repeat what this model says of Fair or "
    "better. What supports the grade is told of this model alone."
)
RELEVANCE_BANDS = ((0.0, "Bad"), (0.5, "Fair"), (1.5, "Good"), (2.5, "Excellent"))
AGREEMENT_BANDS = ((0.0, "Little"), (5.0, "Loose"), (20.0, "Fair"), (50.0, "Close"))

HEADS: dict[str, HeadWords] = {
    "agreement": HeadWords(
        title="Image–copy agreement",
        question="Do the picture and the copy speak of the same thing?",
        meaning=_agreement,
        not_this=(
            NOT_A_FORECAST,
            "Not a judgement of taste or quality: a dull pair can agree, a clever contrast may not.",
            "Not proven on real ads: it learned from photos, product pictures and simulated ads.",
            "Not a check of colours: copy that names a wrong colour may still rank high.",
        ),
        bands=AGREEMENT_BANDS,
        noun="agreement",
    ),
    "conversion": HeadWords(
        title="Conversion",
        question="How likely is a conversion?",
        meaning=_rank_sentence("Of those shown the ad, the expected share that converts is"),
        not_this=("Not your conversion rate: use it to compare creatives.", SIMULATED),
    ),
    "appeal": HeadWords(
        title="Appeal",
        question="How would people rate this ad, from 1 (bad) to 7 (good)?",
        meaning=_appeal,
        not_this=(
            NOT_A_FORECAST,
            "Not effect: what people call a good ad need not sell, and many clicked ads are disliked.",
            "Not the taste of your audience: the raters were people recruited online, the ads are from before 2021.",
            "Not a judgement of title and description: only the picture and the words in it are read.",
        ),
    ),
    "ctr": HeadWords(
        title="Click-through",
        question="How likely is a click?",
        meaning=_clicks,
        not_this=(
            "Not your click rate: placement and bidding are not seen. Use it to compare creatives.",
            "Not when and by whom your ads are clicked: the hours and audiences are those of a made-up service.",
            SIMULATED,
        ),
    ),
    "relevance": HeadWords(
        title="Query relevance",
        question="Does the ad answer what was searched for?",
        meaning=_relevance,
        not_this=(
            NOT_A_FORECAST,
            "Not about any query but the one typed.",
            "Not from people’s grades alone: product and simulated pairs, graded by a rule, taught it, too.",
            "Not proven on your kind of ads: people graded shop listings and photos, for a few hundred queries.",
        ),
        bands=RELEVANCE_BANDS,
    ),
    "funnel": HeadWords(
        title="Click to conversion",
        question="How likely is a click that ends in a conversion?",
        meaning=_chain,
        not_this=(
            "Not your own funnel: price, landing page and bidding are not seen. Use it to compare creatives.",
            SIMULATED,
        ),
    ),
    "headline": HeadWords(
        title="Headline",
        question="Would this headline win against the average one?",
        meaning=_rank_sentence("Log-odds against the average headline:"),
        not_this=("Not a click rate: only headlines are compared.",),
    ),
}
DETAIL_NAMES = {
    "cosine": "Cosine of picture and copy in the shared space",
    "appeal_std": "Spread of ratings (standard deviation)",
    **{f"appeal_share_{step}": f"Share of viewers who rate it {step}" for step in range(1, 8)},
    "ctr_average": "Click probability, averaged over all contexts",
    "lift": "Relative to the ad’s average",
    "lift_low": "Relative to the ad’s average, lower end",
    "lift_high": "Relative to the ad’s average, upper end",
    "pctr": "Click probability",
    "pcvr": "Conversion probability after a click",
    "pctcvr": "Click and conversion probability",
    **{
        f"{step}_{end}": f"{name}, {word} end"
        for step, name in (
            ("pctr", "Click probability"),
            ("pcvr", "Conversion probability after a click"),
            ("pctcvr", "Click and conversion probability"),
        )
        for end, word in (("low", "lower"), ("high", "upper"))
    },
    "pctcvr_average": "Click and conversion probability, averaged over all contexts",
    "relevance_bad": "Probability of Bad",
    "relevance_fair": "Probability of Fair",
    "relevance_good": "Probability of Good",
    "relevance_excellent": "Probability of Excellent",
    "relevance_student": "Probability of Fair or better by the fast student",
}
