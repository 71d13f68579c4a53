"""Explanations as plain JSON: dictionaries, lists, numbers and strings, with what a test said of them or None."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from adlab.explain.deletion import Deletion
from adlab.explain.fusion_maps import FusionMap
from adlab.explain.heat import peak_of
from adlab.explain.pair_explanation import PairExplanation
from adlab.explain.perturbation import Perturbation


def plain_maps(maps: Sequence[FusionMap], found: Mapping[str, Deletion]) -> list[dict[str, Any]]:
    """One entry a map: its strongest places as shares of width and height, its padding, and its test.

    Args:
        maps: Of one picture.
        found: By step, empty where nothing was tested.
    """
    return [
        {
            "step": each.step,
            "raises": _peak(each, 1),
            "lowers": _peak(each, -1),
            "padding_share": each.padding_share,
            "evidence": _deletion(found[each.step]) if each.step in found else None,
        }
        for each in maps
    ]


def plain_pair(explanation: PairExplanation, found: Sequence[Perturbation]) -> dict[str, Any]:
    """Words with their weights, regions, parts of the logit, and the tests.

    `regions` are rows of squares over the letterboxed picture, or, with `boxes`, one weight a box of a detector: left,
    top, right and bottom as shares of the picture.

    Args:
        explanation: Of one grade.
        found: One a kind of part, empty where nothing was tested.
    """
    return {
        "mode": explanation.mode.value,
        "grade": explanation.grade,
        "grade_shares": explanation.shares.tolist(),
        "words": [
            {"field": word.field, "text": word.text, "weight": word.weight, "read": word.read}
            for word in explanation.words
        ],
        **_regions(explanation),
        "share_on_marks": explanation.marks,
        "logit_parts": None if explanation.parts is None else explanation.parts._asdict(),
        "evidence": {each.kind: _perturbation(each) for each in found} or None,
    }


def _regions(explanation: PairExplanation) -> dict[str, Any]:
    cells, boxes, mask = explanation.cells, explanation.inputs.region_boxes, explanation.inputs.region_mask
    if cells is None or boxes is None or mask is None:
        return {"regions": None}
    if cells.ndim == 2:
        return {"regions": cells.tolist()}
    there = mask[0]
    return {"regions": cells[there.numpy()].tolist(), "boxes": boxes[0, there, :4].tolist()}


def _peak(one: FusionMap, sign: int) -> dict[str, float] | None:
    peak = peak_of(sign * one.values)
    return None if peak is None else {"x": peak[0], "y": peak[1], "by": float((sign * one.values).max())}


def _deletion(found: Deletion) -> dict[str, Any]:
    return {
        "test": "deletion",
        "p_value": found.p_value,
        "better_than_random": found.better_than_random,
        "gain_over_random": found.gain_over_random,
        "gain_over_centre": found.gain_over_centre,
        "random_maps": len(found.random),
    }


def _perturbation(found: Perturbation) -> dict[str, Any]:
    most, least, random = found.areas
    return {
        "test": "perturbation",
        "parts": found.parts,
        "area_most_first": most,
        "area_least_first": least,
        "area_random": float(random.mean()),
        "p_value": found.p_value,
        "p_value_least": found.p_value_least,
        "better_than_random": found.better_than_random,
        "random_orders": len(random),
    }
