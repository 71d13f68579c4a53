"""Contexts that stand for all: few of them, and averages over them close to averages over all."""

from __future__ import annotations

import numpy as np
import pytest

from adlab.errors import InputError
from adlab.training.standing_contexts import averaging_error, standing_contexts


def rates(cases: int = 40, candidates: int = 60, seed: int = 0) -> np.ndarray:
    """Rates that follow from three traits of a context, each case with slopes of its own."""
    rng = np.random.default_rng(seed)
    traits = rng.choice([-1.0, 0.0, 1.0], (3, candidates))
    return 0.04 * np.exp(rng.normal(0, 0.3, (cases, 3)) @ traits)


def test_eight_contexts_average_better_than_eight_at_random():
    own, others = rates(), rates(cases=60)[40:]
    chosen = standing_contexts(own, 8)
    assert len(chosen.places) <= 8
    assert len(set(chosen.places.tolist())) == len(chosen.places)
    assert chosen.weights.sum() == pytest.approx(1)
    assert chosen.weights.min() > 0
    random = [
        np.abs(others[:, np.random.default_rng(seed).choice(60, 8)].mean(axis=1) / others.mean(axis=1) - 1).mean()
        for seed in range(20)
    ]
    assert averaging_error(others, chosen) < 0.3 * np.median(random)


def test_a_context_that_is_the_average_is_enough_alone():
    own = rates()
    own = np.column_stack([own, own.mean(axis=1)])
    chosen = standing_contexts(own, 1)
    assert chosen.places.tolist() == [60]
    assert averaging_error(own, chosen) == pytest.approx(0, abs=1e-12)


def test_more_contexts_never_fit_worse():
    own = rates()
    errors = [averaging_error(own, standing_contexts(own, most)) for most in (1, 2, 4, 8)]
    assert errors == sorted(errors, reverse=True)


@pytest.mark.parametrize(("given", "most"), [(np.ones((0, 3)), 8), (np.ones((2, 3)), 0), (np.zeros((2, 3)), 8)])
def test_nothing_to_choose_from_is_refused(given, most):
    with pytest.raises(InputError, match="give cases × candidates"):
        standing_contexts(given, most)
