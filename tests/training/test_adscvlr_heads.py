"""Further grade heads: whole queries are resampled, heads stay near the network's own, the interval covers others."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from adlab.errors import InputError
from adlab.metrics.grades import centred, grade_interval, grade_log_odds, shares_of
from adlab.training.adscvlr_heads import (
    STRENGTH,
    LabelledEvidence,
    fit_heads,
    fit_stretch,
    inside,
    resample_counts,
)


def states_of(count: int = 300, seed: int = 0) -> LabelledEvidence:
    rng = np.random.default_rng(seed)
    cls = rng.normal(size=(count, 6)).astype(np.float32)
    grades = np.clip(np.round(1.5 + cls[:, 0] + 0.5 * rng.normal(size=count)), 0, 3).astype(np.int64)
    return LabelledEvidence(cls, grades, rng.uniform(0.2, 1, count).astype(np.float32), rng.integers(0, 30, count))


def head_of(seed: int = 0) -> torch.nn.Linear:
    torch.manual_seed(seed)
    return torch.nn.Linear(6, 4)


def test_rows_of_a_query_come_together_and_as_many_queries_as_there_are():
    units = np.array(["b", "a", "b", "c", "a"])
    counts = resample_counts(units, 4, seed=1)
    assert counts.shape == (4, 5)
    assert (counts[:, 0] == counts[:, 2]).all()
    assert (counts[:, 1] == counts[:, 4]).all()
    assert (counts[:, [0, 1, 3]].sum(axis=1) == 3).all()
    assert (resample_counts(units, 2, seed=1) == counts[:2]).all()


def test_a_head_is_the_best_one_on_its_resample():
    """The gradient of the stated objective is zero there."""
    states, head = states_of(), head_of()
    heads = fit_heads(head, states, 2, seed=3)
    counts = resample_counts(states.units, 2, seed=3) * states.confidences
    for member in range(2):
        weight = heads.weight[member].clone().requires_grad_(True)
        bias = heads.bias[member].clone().requires_grad_(True)
        losses = F.cross_entropy(
            torch.from_numpy(states.evidence) @ weight.T + bias, torch.from_numpy(states.grades), reduction="none"
        )
        own = torch.from_numpy(counts[member]).float()
        loss = (own * losses).sum() / own.sum() + STRENGTH / 2 * (weight - head.weight.detach()).square().sum()
        gradients = torch.autograd.grad(loss, [weight, bias])
        assert max(float(g.abs().max()) for g in gradients) < 1e-4


def test_heads_differ_and_rank_as_the_labels_do():
    states = states_of()
    heads = fit_heads(head_of(), states, 3)
    with torch.no_grad():
        means = grade_log_odds(heads(torch.from_numpy(states.evidence)).double().numpy())
    assert np.corrcoef(means.mean(axis=0), states.grades)[0, 1] > 0.7
    assert means.std(axis=0).min() > 0
    assert not any(parameter.requires_grad for parameter in heads.parameters())


def test_log_odds_are_those_of_the_expected_grade():
    logits = np.random.default_rng(0).normal(size=(2, 5, 4))
    wanted = shares_of(logits / 2) @ np.arange(4.0) / 3
    np.testing.assert_allclose(1 / (1 + np.exp(-grade_log_odds(logits, 2.0))), wanted)
    each = grade_log_odds(logits, np.array([1.0, 1, 2, 1, 1]))
    np.testing.assert_allclose(each[:, 2], grade_log_odds(logits, 2.0)[:, 2])


def test_members_spread_about_what_the_own_head_says():
    members, own = np.array([[1.0, 5.0], [3.0, 5.0]]), np.array([-1.0, 2.0])
    np.testing.assert_allclose(centred(members, own), [[-2.0, 2.0], [0.0, 2.0]])
    low, high = grade_interval(centred(members, own), 1.0)
    value = 3 / (1 + np.exp(-own))
    assert low[0] < value[0] < high[0]
    np.testing.assert_allclose([low[1], high[1]], value[1])


def test_the_stretch_covers_held_out_heads_as_often_as_the_level_says():
    rng = np.random.default_rng(0)
    shipped, held_out = rng.normal(size=(5, 2000)), 2 * rng.normal(size=(2, 2000))
    stretch = fit_stretch(shipped, held_out)
    assert stretch > 1.5
    assert inside(shipped, held_out, stretch).mean() == pytest.approx(0.9, abs=0.005)
    low, high = grade_interval(shipped, stretch)
    assert ((low >= 0) & (high <= 3) & (low < high)).all()


def test_too_few_queries_and_labels_without_weight_are_named():
    states = states_of(4)
    with pytest.raises(InputError, match="two or more"):
        fit_heads(head_of(), states._replace(units=np.zeros(4)), 2)
    with pytest.raises(InputError, match="no label"):
        fit_heads(head_of(), states._replace(confidences=np.zeros(4, dtype=np.float32), units=np.arange(4)), 2)
