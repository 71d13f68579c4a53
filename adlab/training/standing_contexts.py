"""A few contexts that stand for all: what is unknown of an ad's context is averaged over them.

An average over all audiences and hours would take 145,152 passes of the head, one over draws of them would differ from
one call to the next. The few are chosen such that averages over them are closest to averages over the distribution, for
training ads in contexts of which some fields are known: a quadrature, found greedily with non-negative least squares.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import nnls

from adlab.errors import InputError

SUM_WEIGHT = 100.0  # of "weights add up to 1" beside the relative errors


class Standing(NamedTuple):
    """The contexts chosen.

    Attributes:
        places: Which of the candidates, (K,).
        weights: Above 0, adding up to 1, (K,).
    """

    places: np.ndarray
    weights: np.ndarray


def standing_contexts(rates: np.ndarray, most: int) -> Standing:
    """Choose among candidates.

    Args:
        rates: Probability of a click, (cases, candidates); a case is an ad with some fields known, a candidate fills
            in the others. The candidates are draws from the distribution of contexts, so that the mean of a row is what
            its average should be. Above 0.
        most: How many to choose at most.

    Raises:
        InputError: There are no cases, or `most` is below 1.
    """
    if rates.ndim != 2 or not rates.size or most < 1 or not (rates > 0).all():
        raise InputError(
            f"rates has shape {rates.shape}, most is {most}; give cases × candidates above 0, and 1 or more."
        )
    relative = rates / rates.mean(axis=1, keepdims=True)
    matrix = np.concatenate([relative, np.full((1, rates.shape[1]), SUM_WEIGHT)])
    target = np.append(np.ones(len(rates)), SUM_WEIGHT)
    chosen: list[int] = []
    for _ in range(min(most, rates.shape[1])):
        left = [place for place in range(rates.shape[1]) if place not in chosen]
        chosen.append(min(left, key=lambda place: nnls(matrix[:, [*chosen, place]], target)[1]))
    weights = nnls(matrix[:, chosen], target)[0]
    kept = weights > 1e-3
    return Standing(np.array(chosen)[kept], weights[kept] / weights[kept].sum())


def averaging_error(rates: np.ndarray, standing: Standing) -> float:
    """Mean relative error of averages over the chosen contexts, of `rates` as in `standing_contexts`."""
    truth = rates.mean(axis=1)
    return float(np.abs(rates[:, standing.places] @ standing.weights / truth - 1).mean())
