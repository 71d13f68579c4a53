from __future__ import annotations

import itertools

import pytest
import torch

from adlab.errors import ConfigError
from adlab.training.warm_up import adam_with_warm_up, linear_factor


def test_the_rate_rises_over_a_tenth_of_the_steps_and_falls_to_nothing():
    factors = [linear_factor(step, 20, 0.1) for step in range(21)]
    assert factors[:3] == [0.5, 1.0, 1.0]
    assert factors[11] == pytest.approx(0.5)
    assert factors[20] == 0.0
    assert all(a >= b for a, b in itertools.pairwise(factors[1:]))


def test_no_step_is_wasted_without_a_warm_up():
    assert linear_factor(0, 10, 0.0) == 1.0
    assert linear_factor(9, 10, 0.0) == pytest.approx(0.1)


def test_frozen_parameters_are_left_out():
    free, frozen = torch.nn.Parameter(torch.ones(1)), torch.nn.Parameter(torch.ones(1), requires_grad=False)
    found = adam_with_warm_up([free, frozen], 0.1, 10, 0.1)
    assert [p for group in found["optimizer"].param_groups for p in group["params"]] == [free]


@pytest.mark.parametrize("given", [(0.0, 10, 0.1), (0.1, 0, 0.1), (0.1, 10, 1.0)])
def test_unusable_numbers_are_refused(given):
    with pytest.raises(ConfigError, match="warm_up"):
        adam_with_warm_up([], *given)
