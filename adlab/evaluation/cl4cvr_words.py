"""Cells and judgements that the sections of `cl4cvr.md` share; every judgement follows from its interval."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

HEADINGS = {"ctr": "CTR AUC", "cvr": "CVR AUC", "ctcvr": "CTCVR AUC"}
MISSING = "–"
ONE_SEED = " One seed each: the chance of a training is in no interval."


def cell(found: Mapping[str, Any]) -> str:
    """A value with its interval."""
    return f"{found['value']:.4f} [{found['low']:.4f}, {found['high']:.4f}]"


def signed(found: Mapping[str, Any]) -> str:
    """A difference with its interval."""
    return f"{found['value']:+.4f} [{found['low']:+.4f}, {found['high']:+.4f}]"


def plain(value: float | None) -> str:
    """A number, where there is one."""
    return MISSING if value is None else f"{value:.4f}"


def over_seeds(found: Mapping[str, Any]) -> str:
    """Student's interval over seeds, and in how many the difference is above 0."""
    seeds = len(found["by_seed"])
    if found["seeds_low"] is None:
        return f"one seed, {'above' if found['wins'] else 'not above'} 0"
    return f"[{found['seeds_low']:+.4f}, {found['seeds_high']:+.4f}], above 0 in {found['wins']} of {seeds}"


def reversed_difference(found: Mapping[str, Any]) -> dict[str, Any]:
    """B − A from A − B, its intervals with it."""
    turned: dict[str, Any] = {"value": -found["value"], "by_seed": [-own for own in found["by_seed"]]}
    for low, high in (("low", "high"), ("seeds_low", "seeds_high")):
        turned[low], turned[high] = (None if found[end] is None else -found[end] for end in (high, low))
    return turned | {"wins": sum(own > 0 for own in turned["by_seed"])}


def verdict(found: Mapping[str, Any]) -> int:
    """1 where a difference is above 0, −1 where it is below: by every interval it has; else, and without any, 0."""
    lows, highs = (
        [found[key] for key in keys if found.get(key) is not None]
        for keys in (("low", "seeds_low"), ("high", "seeds_high"))
    )
    return int(min(lows, default=0) > 0) - int(max(highs, default=0) < 0)


def judged(found: Mapping[str, Any], measure: str, *, of: str, over: str) -> str:
    """A sentence on one difference."""
    told = verdict(found)
    place = {0: "not told apart from", 1: "above", -1: "below"}[told]
    alone = "" if found["seeds_low"] is not None else ", in one training alone"
    undecided = not told and not found["low"] <= 0 <= found["high"]  # then it is the trainings that differ
    trainings = f"; over trainings {over_seeds(found)}" if undecided else ""
    return f"{of} is {place} {over} in {HEADINGS[measure]} ({signed(found)}{trainings}){alone}."
