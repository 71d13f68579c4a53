"""Whether an explanation of a grade is faithful: parts are taken away in its order, and the grade is asked again.

Parts are the words of query and copy, or the regions of the picture; taken away means that nothing attends to them.
Most relevant first, the grade explained should fall fast; least relevant first, it should hold or rise (Chefer et al.
2021, positive and negative perturbation). Both are compared with random orders of the same parts: what merely
removing anything does is in all three. The likeness of the wholes, where the network reads it, stays: what is tested
is the explanation of words and regions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from adlab.errors import ConfigError, InputError
from adlab.explain.pair_explanation import PairExplanation
from adlab.metrics.arrays import FloatArray
from adlab.metrics.grades import shares_of
from adlab.models.adscvlr import AdsCVLR
from adlab.models.pair_inputs import PairInputs

AT_ONCE = 64  # copies a pass
WORDS, REGIONS = "words", "regions"


@dataclass(frozen=True, kw_only=True)
class PerturbationConfig:
    """How parts are taken away.

    Attributes:
        steps: Steps from none to all; fewer where there are fewer parts.
        random_orders: Orders to compare with; with 19, better than all of them is p = 0.05.
        seed: Of these.

    Raises:
        ConfigError: A number is too small.
    """

    steps: int = 8
    random_orders: int = 19
    seed: int = 0

    def __post_init__(self) -> None:
        for name, least in (("steps", 2), ("random_orders", 1), ("seed", 0)):
            if getattr(self, name) < least:
                raise ConfigError(f"{name} is {getattr(self, name)}; give {least} or more.")


@dataclass(frozen=True, kw_only=True)
class Perturbation:
    """Probability of the explained grade while parts of one kind are taken away.

    Attributes:
        kind: `WORDS` or `REGIONS`.
        parts: How many there are.
        shares: Share of the parts taken away at each step, from 0 to 1, (S + 1,).
        most: Probability of the grade, most relevant parts first, (S + 1,).
        least: Least relevant parts first.
        random: In random orders, (R, S + 1).
    """

    kind: str
    parts: int
    shares: FloatArray
    most: FloatArray
    least: FloatArray
    random: FloatArray

    @property
    def areas(self) -> tuple[float, float, FloatArray]:
        """Area under the curve: most relevant first, least relevant first, each random order (R,)."""
        most, least, *random = (np.trapezoid([self.most, self.least, *self.random], self.shares, axis=1)).tolist()
        return most, least, np.array(random)

    @property
    def p_value(self) -> float:
        """Chance that a random order lies below the most relevant first as often as seen, rank test with ties."""
        most, _, random = self.areas
        return float((1 + (random <= most).sum()) / (1 + len(random)))

    @property
    def p_value_least(self) -> float:
        """Likewise of random orders above the least relevant first."""
        _, least, random = self.areas
        return float((1 + (random >= least).sum()) / (1 + len(random)))

    @property
    def better_than_random(self) -> bool:
        """Whether taking away the most relevant parts lowers the grade faster than all but one order in twenty."""
        return self.p_value <= 0.05


def perturb(
    model: AdsCVLR,
    explanation: PairExplanation,
    temperature: float,
    config: PerturbationConfig | None = None,
) -> tuple[Perturbation, ...]:
    """Take away words, and apart from them regions, in the explanation's order; all copies of a kind in one batch.

    Args:
        model: That was explained, in eval mode.
        explanation: Of one ad.
        temperature: Of its mode.
        config: How.

    Returns:
        Of words and of regions; a kind with fewer than two parts is left out.
    """
    config, found = config or PerturbationConfig(), []
    for kind, weights, places in _kinds(explanation):
        if len(weights) < 2:
            continue
        shares, away = removals(weights, config)
        copies = _copies(explanation.inputs, away.reshape(-1, len(weights)) @ places)
        curves = probabilities(model, copies, explanation.grade, temperature).reshape(away.shape[:2])
        found.append(
            Perturbation(
                kind=kind, parts=len(weights), shares=shares, most=curves[0], least=curves[1], random=curves[2:]
            )
        )
    return tuple(found)


def removals(weights: NDArray[np.floating], config: PerturbationConfig) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Which parts are away at each step of each order.

    Args:
        weights: Of the parts, (U,), two or more.
        config: How.

    Returns:
        Shares away, (S + 1,); and True where a part is away, (2 + R, S + 1, U): most relevant first, least relevant
        first, random orders.

    Raises:
        InputError: There are fewer than two parts, or a weight is not finite.
    """
    count = len(weights)
    if count < 2 or not np.isfinite(weights).all():
        raise InputError(f"There are {count} parts, or a weight is not finite; give two or more with finite weights.")
    rng = np.random.default_rng(config.seed)
    ties = rng.permutation(count)  # equal parts in the order of reading would favour the beginning
    falling = ties[np.argsort(-weights[ties], kind="stable")]
    orders = [falling, falling[::-1], *(rng.permutation(count) for _ in range(config.random_orders))]
    away = np.unique(np.round(np.linspace(0, count, config.steps + 1)).astype(int))
    ranks = np.argsort(np.stack(orders), axis=1)  # the place of each part in each order
    return away / count, ranks[:, None, :] < away[None, :, None]


def probabilities(model: AdsCVLR, copies: PairInputs, grade: int, temperature: float) -> FloatArray:
    """Probability of a grade of each copy, (K,)."""
    logits = []
    with torch.inference_mode():
        for start in range(0, len(copies.token_ids), AT_ONCE):
            rows = torch.arange(start, min(start + AT_ONCE, len(copies.token_ids)))
            logits.append(model(copies.rows(rows), states=False).grade_logits.double().numpy())
    found: FloatArray = shares_of(np.concatenate(logits) / temperature)[:, grade]
    return found


def _kinds(explanation: PairExplanation) -> Iterator[tuple[str, FloatArray, NDArray[np.bool_]]]:
    """Name, weights of the parts (U,), and which places of the row each part has, (U, T + R)."""
    inputs = explanation.inputs
    tokens, regions = inputs.token_ids.shape[1], 0 if inputs.regions is None else inputs.regions.shape[1]
    read = [word for word in explanation.words if word.read]
    places = np.zeros((len(read), tokens + regions), dtype=bool)
    for number, word in enumerate(read):
        places[number, list(word.places)] = True
    yield WORDS, np.array([word.weight for word in read]), places
    if explanation.cells is not None:
        assert inputs.region_mask is not None
        there = inputs.region_mask[0].numpy()  # a detector may have found fewer
        yield REGIONS, explanation.cells.ravel()[there], np.eye(regions, tokens + regions, tokens, dtype=bool)[there]


def _copies(inputs: PairInputs, hidden: NDArray[np.bool_]) -> PairInputs:
    """The pair as often as there are rows in `hidden`, (K, T + R), with these tokens and regions out of sight."""
    away, tokens = torch.from_numpy(hidden), inputs.token_ids.shape[1]
    copies = inputs.rows(torch.zeros(len(away), dtype=torch.long))
    copies = copies._replace(token_mask=copies.token_mask & ~away[:, :tokens])
    if copies.region_mask is None:
        return copies
    return copies._replace(region_mask=copies.region_mask & ~away[:, tokens:])
