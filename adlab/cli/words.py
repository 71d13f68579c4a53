"""An assessment as people read it on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from adlab.data.assessment import Assessment, HeadResult, Reading
from adlab.data.score_text import number

TITLES = {
    "agreement": "Image–copy agreement",
    "conversion": "Conversion",
    "appeal": "Appeal",
    "ctr": "Click rate",
    "relevance": "Query relevance",
    "funnel": "Click to conversion",
}
CHAIN = {
    "pctr": "pCTR, of impressions clicked",
    "pcvr": "pCVR, of clicks that convert",
    "pctcvr": "pCTCVR, of impressions that convert",
}
GRADES = ("Bad", "Fair", "Good", "Excellent")
SPACES = {
    "private image": "only the picture",
    "private text": "only the copy",
    "shared image": "the picture, of the common subject",
    "shared text": "the copy, of the common subject",
}
NOT_A_FORECAST = "Not a forecast of clicks or sales."
BAR_CELLS, GRADE_CELLS = 50, 30
STEPS = ((10, "very {low}"), (35, "rather {low}"), (65, "between {low} and {high}"), (90, "rather {high}"))


def describe(
    assessment: Assessment, limits: Mapping[str, Sequence[str]], image_notes: Sequence[str] = ()
) -> RenderableType:
    """Everything about one ad.

    Args:
        assessment: What was found.
        limits: By checkpoint, what its card says it is not for.
        image_notes: What the intake did to the picture.
    """
    parts: list[RenderableType] = []
    for result in assessment.heads:
        parts += [*_score(result), *_grades(result), *_chain(result), *_readings(result.readings), *_source(result)]
        parts += _section("What this score is not", [NOT_A_FORECAST, *limits.get(result.provenance.checkpoint, ())])
    if assessment.not_scored:
        lines = [f"{TITLES.get(head, head)}: {reason}" for head, reason in assessment.not_scored.items()]
        parts += _section("Not scored", lines)
    warnings = [*assessment.warnings, *(f"The picture: {note}." for note in image_notes)]
    if warnings:
        parts += _section("Please note", warnings)
    return Group(*parts)


def reading_words(reading: Reading) -> str:
    """A reading as one of five words between its two ends."""
    words = next((words for bound, words in STEPS if reading.percentile < bound), "very {high}")
    return words.format(low=reading.low_word, high=reading.high_word)


def ordinal(percentile: float) -> str:
    """A percentile as a rank that does not claim the very ends."""
    if percentile < 1:
        return "below the 1st"
    if percentile > 99:
        return "above the 99th"
    whole = round(percentile)
    return f"{whole}{'th' if whole in (11, 12, 13) else {1: 'st', 2: 'nd', 3: 'rd'}.get(whole % 10, 'th')}"


def _score(result: HeadResult) -> Iterator[RenderableType]:
    interval, unit = result.interval, result.unit
    yield Text(TITLES.get(result.head, result.head), style="bold")
    line = Text.assemble("  ", (number(result.value, unit), "bold cyan"), f"  {_unit(result)}; ")
    line.append(f"{100 * interval.level:g} % interval {number(interval.low, unit)} – {number(interval.high, unit)}")
    yield line
    yield Text(f"  {_bar(result)}", style="cyan")
    ranks = Table.grid(padding=(0, 1))
    for percentile in result.percentiles:
        words = f"percentile among {percentile.n:,} {percentile.description} ({percentile.reference})"
        ranks.add_row(Text(ordinal(percentile.value), justify="right"), Text(words))
    yield Padding(ranks, (0, 0, 0, 2))


def _grades(result: HeadResult) -> list[RenderableType]:
    """The distribution over grades, and beside it what the fast student says; nothing for a head without grades."""
    shares = {grade: result.details.get(f"{result.head}_{grade.lower()}") for grade in GRADES}
    grid = Table.grid(padding=(0, 1))
    for grade, share in shares.items():
        if share is None:
            return []
        grid.add_row(Text(grade), Text("━" * round(share * GRADE_CELLS), style="cyan"), Text(f"{100 * share:.0f} %"))
    lines: list[RenderableType] = [Text("\nHow likely each grade is", style="bold"), Padding(grid, (0, 0, 0, 2))]
    student = result.details.get(f"{result.head}_student")
    if student is not None:
        teacher = 1 - (shares["Bad"] or 0.0)
        lines.append(Text(f"  Fair or better: {100 * teacher:.0f} %, by the fast student {100 * student:.0f} %"))
    return lines


def _chain(result: HeadResult) -> list[RenderableType]:
    """The steps from impression to conversion; nothing for a head without them."""
    if not result.details.keys() >= CHAIN.keys():
        return []
    grid = Table.grid(padding=(0, 2))
    for step, words in CHAIN.items():
        value, low, high = (number(result.details[f"{step}{end}"], "probability") for end in ("", "_low", "_high"))
        grid.add_row(Text(words), Text(value, style="cyan"), Text(f"{low} – {high}", style="dim"))
    return [Text("\nFrom impression to conversion", style="bold"), Padding(grid, (0, 0, 0, 2))]


def _unit(result: HeadResult) -> str:
    low, high = result.scale
    return "probability" if result.unit == "probability" else f"{result.unit}, on a scale of {low:g} to {high:g}"


def _bar(result: HeadResult) -> str:
    low, high = result.scale

    def cell(value: float) -> int:
        return round((min(max(value, low), high) - low) / (high - low) * (BAR_CELLS - 1))

    first, last = cell(result.interval.low), cell(result.interval.high)
    cells = ["━" if first <= i <= last else "·" for i in range(BAR_CELLS)]
    cells[cell(result.value)] = "●"
    return f"{low:g} {''.join(cells)} {high:g}"


def _readings(readings: Sequence[Reading]) -> list[RenderableType]:
    if not readings:
        return []
    grid = Table.grid(padding=(0, 2))
    for reading in readings:
        said_by = Text(f"{SPACES.get(reading.space, reading.space)}: {reading.name}")
        rank = f"{ordinal(reading.percentile)} percentile (explains {100 * reading.probe_r2:.0f} %)"
        grid.add_row(said_by, Text(reading_words(reading)), Text(rank, style="dim"))
    return [Text("\nWhat the model reads", style="bold"), Padding(grid, (0, 0, 0, 2))]


def _source(result: HeadResult) -> list[RenderableType]:
    source, interval = result.provenance, result.interval
    held = ""
    if interval.measured_coverage is not None:
        held = f"; it held {100 * interval.measured_coverage:.0f} % of {interval.coverage_n or 0:,} held-out cases"
    details = ", ".join(f"{name} {value:.4g}" for name, value in result.details.items())
    return _section(
        "Where it comes from",
        [
            f"Learned from {source.data_kind.value}: {source.trained_on}.",
            f"Checkpoint {source.checkpoint}, sha256 {source.sha256[:12]}…, on {source.device} in {source.precision}, "
            f"adlab {source.adlab_version}.",
            f"Data terms: {source.terms}.",
            f"Interval: {interval.kind}{held}.",
            *([f"Behind the score: {details}."] if details else []),
        ],
    )


def _section(heading: str, lines: Sequence[str]) -> list[RenderableType]:
    grid = Table.grid(padding=(0, 1))
    for line in lines:
        grid.add_row("-", Text(line))
    return [Text(f"\n{heading}", style="bold"), Padding(grid, (0, 0, 0, 2))]
