"""Whether a measured number meets its aim, and what the abbreviations in a table of measures stand for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from math import sqrt

from adlab.checkpoints.manifest import Measure

BOUND = re.compile(r"^\s*(≥|>=|>|≤|<=|<)\s*([-+−]?\d+(?:\.\d+)?)\s*(%?)\s*$")
BAND = re.compile(r"^\s*(\d*\.?\d+)\s*±\s*(\d*\.?\d+)\s*$")
TARGET = re.compile(r"^\s*(0?\.\d+)\s*$")
NEAR = 0.05  # how far a share may lie from the one aimed at and still be called near
ROUNDING = 1e-9
Z = 1.6449  # of a 90 % interval
RULE = (
    "An aim without a sign, such as 0.90 for the coverage of intervals, can be missed on either side: it is met where "
    "the measured 90 % interval holds it, near where the value lies within 0.05 of it, and missed beyond. Coverage "
    "above the aim means that intervals are wider than they need be, below it that they are too narrow."
)
TERMS = {
    "SPRC": "Spearman’s rank correlation: is the order right? 1 at best, 0 by chance",
    "LCC": "Pearson’s linear correlation: do the values lie on a line? 1 at best, 0 by chance",
    "AUC": "how often a good case is ranked above a bad one: 1 at best, 0.5 by chance",
    "CTR": "clicks per impression",
    "CVR": "conversions per click",
    "CTCVR": "conversions per impression, by way of a click",
    "R@1": "recall at 1: how often the true one is found first",
    "R@10": "recall at 10: how often the true one is among the first ten",
    "coverage": "how often an interval held the true value",
}


class Verdict(StrEnum):
    """What a number says of its aim."""

    MET = "met"
    NEAR = "near"
    MISSED = "missed"


def verdict_of(measure: Measure) -> Verdict | None:
    """What a measure says of its aim; None where there is no aim that could be judged."""
    if (met := meets(measure.value, measure.aim)) is not None:
        return Verdict.MET if met else Verdict.MISSED
    match = TARGET.match(measure.aim)
    if not match:
        return None
    aim, (low, high) = float(match[1]), _interval(measure)
    if low <= aim <= high:
        return Verdict.MET
    return Verdict.NEAR if abs(measure.value - aim) <= NEAR else Verdict.MISSED


def meets(value: float, aim: str) -> bool | None:
    """Whether a value meets an aim such as ``"≥ 0.95"`` or ``"0.50 ± 0.03"``; None where it is no comparison."""
    if band := BAND.match(aim):
        return abs(value - float(band[1])) <= float(band[2]) + ROUNDING
    match = BOUND.match(aim)
    if not match:
        return None
    sign, bound, percent = match[1], float(match[2].replace("−", "-")), match[3]
    bound = bound / 100 if percent and abs(value) <= 1 else bound
    if sign in ("≥", ">="):
        return value >= bound
    if sign in ("≤", "<="):
        return value <= bound
    return value > bound if sign == ">" else value < bound


def verdict_words(measure: Measure) -> str:
    """The verdict with its sign, such as "✓ met"; empty where there is none."""
    found = verdict_of(measure)
    if found is None:
        return ""
    if found is Verdict.MET:
        return "✓ met"
    side = ""
    if match := TARGET.match(measure.aim):
        side = ", above" if measure.value > float(match[1]) else ", below"
    return f"≈ near{side}" if found is Verdict.NEAR else f"✗ missed{side}"


def count_words(measures: Iterable[Measure]) -> str:
    """How many aims were met; empty without any."""
    found = [verdict for measure in measures if (verdict := verdict_of(measure)) is not None]
    if not found:
        return ""
    near = found.count(Verdict.NEAR)
    return f"{found.count(Verdict.MET)} of {len(found)} aims met{f', {near} near' if near else ''}"


def terms_words(measures: Iterable[Measure]) -> tuple[tuple[str, str], ...]:
    """The abbreviations in the names of measures with what they stand for, and the rule of two-sided aims, if any."""
    measures = tuple(measures)
    words = {word for measure in measures for word in re.split(r"[^\w@]+", measure.name)}
    found = [(term, meaning) for term, meaning in TERMS.items() if term in words]
    return tuple([*found, ("Aims", RULE)] if any(TARGET.match(measure.aim) for measure in measures) else found)


def _interval(measure: Measure) -> tuple[float, float]:
    """The 90 % interval of a share; from the number of cases where none was measured."""
    if measure.low is not None and measure.high is not None:
        return measure.low, measure.high
    half = Z * sqrt(measure.value * (1 - measure.value) / measure.n) if measure.n and 0 <= measure.value <= 1 else 0.0
    return measure.value - half, measure.value + half
