"""How far the stream is trusted: as far as unseen pairs rank best, folded into the weights."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from helpers import tiny_relevance as tiny

from adlab.errors import InputError
from adlab.models.adscvlr import AdsCVLR
from adlab.training.adscvlr_balance import SHARES, balance
from adlab.training.adscvlr_calibration import natural
from adlab.training.adscvlr_likeness import start_from_likeness
from adlab.training.adscvlr_readings import scores_by_source


def started(loudness: float) -> AdsCVLR:
    """A network whose likeness knows the grades and whose untrained stream speaks as loud as is asked."""
    net = tiny.network()
    start_from_likeness(net, tiny.graded_with_wholes(), shares=tiny.SHARES)
    with torch.no_grad():
        net.grade.weight[:, : net.config.width] *= loudness
    return net.eval()


def score(net: AdsCVLR, data) -> float:
    read = natural(net, data, np.arange(len(data)))
    return float(np.mean([each["correlation"] for each in scores_by_source(data, read.rows, read.logits).values()]))


def say(net: AdsCVLR, data, times: float) -> AdsCVLR:
    """Let the stream say what the likeness says, as far as it can, so many times."""
    read, width = natural(net, data, np.arange(len(data))), net.config.width
    cls = read.evidence[:, :width].astype(np.float64)
    fitted = np.linalg.lstsq(cls - cls.mean(axis=0), read.logits - read.logits.mean(axis=0), rcond=1e-6)[0]
    with torch.no_grad():
        net.grade.weight[:, :width] = times * torch.from_numpy(fitted.T).float()
        net.grade.bias -= times * torch.from_numpy(cls.mean(axis=0) @ fitted).float()
    return net


def test_a_stream_that_says_the_opposite_is_trusted_least_and_the_pairs_rank_better():
    data = tiny.graded_with_wholes(seed=1)
    net = say(started(0.0), data, -3.0)
    plain, before, first = copy.deepcopy(net), score(net, data), net.grade.weight.detach().clone()
    share, width = balance(net, data), net.config.width
    assert share == min(SHARES)
    assert score(net, data) > before + 0.02
    said = natural(net, data, np.arange(len(data))).logits
    np.testing.assert_allclose(
        said.mean(axis=0), natural(plain, data, np.arange(len(data))).logits.mean(axis=0), atol=0.3
    )
    torch.testing.assert_close(net.grade.weight[:, :width], share * first[:, :width])
    assert torch.equal(net.grade.weight[:, width:], first[:, width:])


def test_a_stream_that_is_right_where_the_likeness_is_wrong_keeps_its_weight():
    data = tiny.graded_with_wholes(seed=1)
    net = say(started(0.0), data, 3.0)
    with torch.no_grad():
        net.grade.weight[:, net.config.width :] *= -0.1
    assert balance(net, data) == 1.0


def test_the_share_chosen_is_the_best_of_those_tried():
    data, scores = tiny.graded_with_wholes(seed=2), {}
    for share in SHARES:
        net = started(2.0)
        read = natural(net, data, np.arange(len(data)))
        cls = torch.from_numpy(read.evidence[:, : net.config.width])
        with torch.no_grad():
            net.grade.bias += (1 - share) * net.grade.weight[:, : net.config.width] @ cls.mean(dim=0)
            net.grade.weight[:, : net.config.width] *= share
        scores[share] = score(net, data)
    assert scores[balance(started(2.0), data)] == pytest.approx(max(scores.values()), abs=1e-3)


def test_without_likeness_there_is_nothing_to_weigh():
    with pytest.raises(InputError, match="no likeness"):
        balance(tiny.network(), tiny.graded_with_wholes())
