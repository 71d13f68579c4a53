"""Words about the chain from impression to click to conversion."""

from __future__ import annotations

from adlab.app.funnel_counts import Range
from adlab.app.head_words import words_for
from adlab.data.assessment import DataKind
from adlab.data.score_text import number

TITLE = "From impression to conversion"
INCLUDED = (
    "The range of a count has two doubts in it: how far the model is off about an ad that it has never seen, and what "
    "chance makes of so many impressions. It does not have in it what the model never saw: bidding, trends, rivals."
)
COST = "Costs follow from the rates alone: their ranges leave chance out."
OTHER_CARDS = (
    "Other cards on this page speak of clicks and of conversions, too, and may say something else: each is a model of "
    "its own, trained on other simulated ads, and reads the ad in its own way. Where their ranges overlap they do not "
    "contradict each other. This one alone takes clicks and conversions together, so that its numbers fit each other."
)
OWN_LOG = (
    "Not a promise: it is what ads like this one came to in your log, among those whom they were shown to.",
    "Not beyond your log: other placements, prices and weeks may differ.",
)
_SMALL = 10


def count_words(value: float) -> str:
    """A count as people read it: two digits below ten, else whole numbers."""
    if value >= _SMALL:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 1 else f"{value:.2g}"


def range_words(found: Range) -> str:
    """The interval of a count, of which no line may break."""
    return f"{found.low:,.0f}\u00a0–\u2060\u00a0{found.high:,.0f}"


def rate_words(found: Range) -> str:
    """A chance with its interval, such as "3.4 % (2.6 % – 4.1 %)"."""
    value, low, high = (number(each, "probability").replace(" ", "\u00a0") for each in found)
    return f"{value} ({low}\u00a0–\u2060\u00a0{high})"


def price_words(found: Range) -> str:
    """A price with its interval, in the currency that was given."""
    value, low, high = (_price(each) for each in found)
    return f"{value} ({low}\u00a0–\u2060\u00a0{high})"


def sentence(impressions: int, clicks: Range, conversions: Range) -> str:
    """The picture in one sentence, for those who do not see it."""
    return (
        f"Of {impressions:,} impressions about {count_words(clicks.value)} are expected to be clicked "
        f"({range_words(clicks)}), and about {count_words(conversions.value)} to end in a conversion "
        f"({range_words(conversions)})."
    )


def not_this(kind: DataKind) -> tuple[str, ...]:
    """What the chain must not be taken for, by the kind of data that it was learned from."""
    return OWN_LOG if kind is DataKind.USER_LOG else words_for("funnel").not_this


def _price(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:,.2f}" if value >= 0.1 else f"{value:.2g}"
