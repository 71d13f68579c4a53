"""The match of query and colours learned from contrasts, and the loss it is learned by."""

from __future__ import annotations

from itertools import product as combinations
from math import exp, log

import numpy as np
import pytest
import torch
from helpers import tiny_relevance as tiny

from adlab.data.fashion_contrasts import ColourContrast
from adlab.errors import InputError
from adlab.training import adscvlr_colours
from adlab.training.adscvlr_colours import contrast_loss, learn_match
from adlab.training.adscvlr_likeness import start_from_likeness

HELD_OUT = "bag"


def contrasts(things=("shoe", "lamp", "drill")):
    return [
        ColourContrast(f"{colour} {thing}", f"{colour} {thing}", tuple(f"{other} {thing}" for other in others))
        for thing in things
        for colour in tiny.COLOURS
        for others in [[other for other in tiny.COLOURS if other != colour]]
    ]


@pytest.fixture
def bank():
    return tiny.graded_with_wholes(600).bank.wholes


def test_the_loss_by_hand():
    found = contrast_loss(torch.tensor([[1.0, -2.0, 0.5]]))
    apart = log(1 + exp(-1)) + (log(1 + exp(-2)) + log(1 + exp(0.5))) / 2
    ranked = -log(exp(1) / (exp(1) + exp(-2) + exp(0.5)))
    assert found.item() == pytest.approx(apart + ranked, abs=1e-6)


def test_scores_without_a_difference_cost_three_logarithms():
    assert contrast_loss(torch.zeros(4, 2)).item() == pytest.approx(3 * log(2))


def test_colours_of_things_in_no_contrast_are_told_apart(bank, monkeypatch):
    monkeypatch.setattr(adscvlr_colours, "EPOCHS", 400)  # of one step each
    match = learn_match(contrasts(), bank, rank=8)
    for asked, thing in combinations(tiny.COLOURS, ("shoe", HELD_OUT)):
        query = torch.from_numpy(tiny.whole_vector(f"{asked} {thing}"))
        scores = {}
        for shown in tiny.COLOURS:
            place = bank.picture_places[f"{shown} {thing}"]
            look = torch.from_numpy(np.concatenate([bank.pictures[place], bank.colours[place]]))
            scores[shown] = match.score(query, look).item()
        assert max(scores, key=scores.__getitem__) == asked
        if thing != HELD_OUT:
            assert scores[asked] > 0 > max(score for shown, score in scores.items() if shown != asked)
    assert not any(parameter.requires_grad for parameter in match.parameters())


def test_the_same_seed_gives_the_same_match_and_another_another(bank, monkeypatch):
    monkeypatch.setattr(adscvlr_colours, "EPOCHS", 2)
    first, same, other = (learn_match(contrasts(), bank, rank=3, seed=seed).query.weight for seed in (0, 0, 1))
    assert torch.equal(first, same)
    assert not torch.equal(first, other)


def test_contrasts_whose_pictures_are_not_there_are_left_out(bank, monkeypatch):
    monkeypatch.setattr(adscvlr_colours, "EPOCHS", 1)
    strange = ColourContrast("red shoe", "red boat", ("blue boat",) * 3)
    known = contrasts()
    first, second = (learn_match(given, bank, rank=3).query.weight for given in (known, [*known, strange]))
    assert torch.equal(first, second)
    with pytest.raises(InputError, match="None of 1 contrasts"):
        learn_match([strange], bank)
    with pytest.raises(InputError, match="'crimson hat' has no vector"):
        learn_match([known[0]._replace(query="crimson hat")], bank)


def test_grades_start_from_the_match_where_there_are_contrasts(monkeypatch):
    monkeypatch.setattr(adscvlr_colours, "EPOCHS", 400)
    plain, matched = tiny.network(), tiny.network()
    start_from_likeness(plain, tiny.graded_with_wholes(600), shares=tiny.SHARES)
    start_from_likeness(matched, tiny.graded_with_wholes(600), contrasts(), shares=tiny.SHARES)
    assert plain.match is None
    assert matched.config.match_rank == adscvlr_colours.RANK
    by_match = matched.grade.weight[:, -1]
    assert by_match[3] > by_match[2] + 0.1  # an ad in the right colour is Excellent, in another one Good
