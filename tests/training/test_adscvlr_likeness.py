"""Vectors of wholes by pair, and the regression on their likeness that fine-tuning begins with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers import tiny_relevance as tiny
from torch.nn import functional as F

from adlab.data.relevance import RelevancePair
from adlab.errors import InputError
from adlab.metrics.correlation import sprc
from adlab.metrics.grades import shares_of
from adlab.metrics.relevance import expected_grade
from adlab.models.pair_inputs import InputMode
from adlab.training.adscvlr_likeness import start_from_likeness
from adlab.training.adscvlr_readings import read_in_mode, readable

SHARES = tiny.SHARES
graded, vector, WORDS = tiny.graded_with_wholes, tiny.whole_vector, tiny.WORDS


def test_wholes_of_pairs_are_their_vectors_and_zeros_for_what_is_missing():
    data = graded()
    pairs = [next(pair for pair in data.data.pairs if pair.source == source) for source in SHARES]
    found = data.bank.wholes_of(pairs)
    assert found.shape == (3, 4, len(WORDS))
    shop, photo, web = found.numpy()
    colour = pairs[0].image.split()[0]
    expected = [vector(text) for text in (pairs[0].query, pairs[0].title, pairs[0].image, colour)]
    np.testing.assert_array_equal(shop, expected)
    assert not photo[1].any()
    assert not web[2:].any()
    with pytest.raises(InputError, match="'pink hat' has no vector"):
        data.bank.wholes_of([RelevancePair(query="pink hat", title="hat", grade=0, labels="rule", source="shop")])
    assert replace(data.bank, wholes=None).wholes_of(pairs) is None


@pytest.mark.parametrize("mode", list(InputMode))
def test_likeness_alone_ranks_unseen_pairs_in_every_mode(mode):
    net, test = tiny.network(), graded(240, seed=1)
    start_from_likeness(net, graded(), shares=SHARES)
    with torch.no_grad():
        net.grade.weight[:, : net.config.width] = 0  # the untrained stream
    rows = readable(test, mode)
    found = read_in_mode(net, test, mode, rows)
    grades = expected_grade(shares_of(found.logits))
    assert sprc(grades, test.data.mean_grades[rows]) > 0.6


def test_the_start_leaves_the_stream_as_it_is_and_is_the_same_again():
    first, second, plain = tiny.network(), tiny.network(), tiny.network()
    for net in (first, second):
        start_from_likeness(net, graded(), shares=SHARES)
    assert torch.equal(first.grade.weight, second.grade.weight)
    width = plain.config.width
    assert torch.equal(first.grade.weight[:, :width], plain.grade.weight)
    assert first.grade.weight[:, width:].any()
    for name, part in plain.state_dict().items():
        if not name.startswith("grade."):
            assert torch.equal(first.state_dict()[name], part)


def test_a_pair_s_weight_is_its_confidence():
    """With no confidence in the photos, what they say is not learned."""
    data = graded()
    photos = data.sources == "photos"
    data.confidences = np.where(photos, 0, data.confidences).astype(np.float32)
    flipped = graded()
    flipped.confidences = data.confidences
    flipped.grades = np.where(photos, 3 - data.grades, data.grades)
    nets = tiny.network(), tiny.network()
    for net, own in zip(nets, (data, flipped), strict=True):
        start_from_likeness(net, own, shares=SHARES)
    torch.testing.assert_close(nets[0].grade.weight, nets[1].grade.weight)
    flipped.confidences = np.ones_like(data.confidences)
    other = tiny.network()
    start_from_likeness(other, flipped, shares=SHARES)
    assert F.mse_loss(other.grade.weight, nets[0].grade.weight) > 1e-4


def test_without_wholes_there_is_nothing_to_start_from():
    data = graded()
    data.bank = replace(data.bank, wholes=None)
    with pytest.raises(InputError, match="unknown"):
        start_from_likeness(tiny.network(), data, shares=SHARES)
