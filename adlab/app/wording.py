"""Numbers about scores as people read them: values, intervals, ranks, sources, readings, whatever the head."""

from __future__ import annotations

from adlab.data.assessment import DataKind, HeadResult, Interval, Percentile, Provenance, Reading
from adlab.data.score_text import number


def unit_words(result: HeadResult) -> str:
    """Unit and scale beside the large number."""
    low, high = result.scale
    if result.unit == "percentile":
        return f"percentile, scale {low:g}–{high:g}"
    if result.unit == "probability":
        return "probability"
    return f"{result.unit}, scale {low:g}–{high:g}"


def unbroken(text: str) -> str:
    """The text as one piece: no line may break in it, not after a dash either."""
    return text.replace(" ", "\u00a0").replace("–", "–\u2060")


def interval_words(interval: Interval, unit: str) -> str:
    """The interval's number twin."""
    return f"{100 * interval.level:g} % interval {number(interval.low, unit)} – {number(interval.high, unit)}"


def coverage_words(interval: Interval) -> str:
    """What spreads, and how often the interval was right where the truth was known."""
    if interval.measured_coverage is None:
        return f"{interval.kind}; how often it holds the truth was not measured"
    cases = f" of {interval.coverage_n:,} held-out cases" if interval.coverage_n else " of held-out cases"
    return f"{interval.kind}; it held {100 * interval.measured_coverage:.0f} %{cases}"


def rank_words(percentile: Percentile) -> str:
    """A percentile as a sentence part that names its reference set and n."""
    return f"{_ordinal(percentile.value)} percentile among {percentile.n:,} {percentile.description}"


def among(percentile: Percentile) -> str:
    """The reference group with its size, short: for cards that say elsewhere that photos are not ads."""
    return f"{percentile.n:,} {percentile.description.removesuffix(PHOTOS)}"


def source_words(provenance: Provenance) -> str:
    """The badge: kind of data behind a score, in one breath."""
    if provenance.data_kind is DataKind.SIMULATION:
        return "Simulated responses, not real people"
    if provenance.data_kind is DataKind.MATCHED_PAIRS:
        return "Learned from captioned photos, not ads"
    if provenance.data_kind is DataKind.PAIRS_OF_KINDS:
        return "Learned from photos, products and simulated ads"
    return f"Learned from {provenance.data_kind.value}"


def reading_words(reading: Reading) -> str:
    """The word of the end that a reading lies towards, or that it lies in the middle."""
    low, high = MIDDLE
    if low <= reading.percentile <= high:
        return "in the middle"
    return reading.low_word if reading.percentile < low else reading.high_word


def rank_number(value: float) -> str:
    """A percentile as a bare number that never claims the very ends."""
    if value < 1:
        return "< 1"
    return "> 99" if value > 99 else f"{value:.0f}"


def trust_words(reading: Reading) -> str:
    """How far to trust a reading, from the held-out fit of its probe."""
    strength = next(word for bound, word in TRUST if reading.probe_r2 >= bound)
    return f"{strength} reading, R² {reading.probe_r2:.2f}"


def _ordinal(value: float) -> str:
    whole = round(value)
    if value > 99 and whole == 100:
        return "above the 99th"
    if value < 1:
        return "below the 1st"
    suffix = "th" if whole % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(whole % 10, "th")
    return f"{whole}{suffix}"


PHOTOS = " (photos, not ads)"
MIDDLE = (35, 65)  # percentiles between which a reading is called neither low nor high
TRUST = ((0.5, "good"), (0.25, "fair"), (float("-inf"), "rough"))
COPY_NAMES = {
    "title": "Title",
    "description": "Description",
    "query": "Search query",
    "brand": "Brand",
    "seller": "Seller",
    "category": "Category",
}
SPACE_NAMES = {
    "private image": "What only the picture says",
    "private text": "What only the copy says",
    "shared image": "What the picture says of the common subject",
    "shared text": "What the copy says of the common subject",
}
