"""The match of query and colours: by hand, without a picture, and among what grades are read from."""

from __future__ import annotations

import pytest
import torch
from helpers.tiny_adscvlr import learned_adscvlr, pairs

from adlab.errors import ConfigError, InputError
from adlab.models.colour_match import ColourMatch
from adlab.models.pair_inputs import COLOURS, IMAGE, WHOLES, InputMode, wholes_in_mode


def unit(count, width=5, seed=1):
    found = torch.randn(count, WHOLES, width, generator=torch.Generator().manual_seed(seed))
    return found / found.norm(dim=2, keepdim=True)


@torch.no_grad()
def test_the_match_by_hand():
    match = ColourMatch(2, 1)
    match.query.weight.copy_(torch.tensor([[2.0, 1.0]]))
    match.picture.weight.copy_(torch.tensor([[1.0, 0.0, 0.0, 3.0]]))
    query, copy, picture, colours = [0.6, 0.8], [9.0, 9.0], [1.0, 5.0], [7.0, 0.5]
    found = match(torch.tensor([[query, copy, picture, colours]]))
    assert found.item() == pytest.approx(2**0.5 * (1.2 + 0.8) * (1.0 + 1.5))
    torch.testing.assert_close(match.score(torch.tensor(query), torch.tensor([*picture, *colours])), found[0, 0])


@torch.no_grad()
def test_without_a_picture_there_is_no_match_and_copy_has_no_part_in_it():
    match, wholes = ColourMatch(5, 3), unit(4)
    assert not match(wholes_in_mode(wholes, InputMode.TEXT_ONLY)).any()
    torch.testing.assert_close(match(wholes_in_mode(wholes, InputMode.IMAGE_ONLY)), match(wholes))
    for part in (0, IMAGE, COLOURS):
        other = wholes.clone()
        other[:, part] = unit(4, seed=2)[:, part]
        assert (match(other) != match(wholes)).all()


@torch.no_grad()
def test_scores_of_one_query_with_many_pictures_are_those_of_each():
    match, wholes = ColourMatch(5, 3), unit(6)
    looks = wholes[:, [IMAGE, COLOURS]].flatten(1).view(2, 3, 10)
    scores = match.score(wholes[:2, None, 0], looks)
    for row in range(2):
        for place in range(3):
            torch.testing.assert_close(scores[row, place], match.score(wholes[row, 0], looks[row, place]))


@torch.no_grad()
def test_grades_follow_the_match_once_its_weight_is_learned_and_a_checkpoint_keeps_it():
    model, inputs = learned_adscvlr(), pairs()
    before, match = model(inputs).grade_logits, ColourMatch(5, 3)
    model.read_likeness(5, match)
    assert model.config.match_rank == 3
    given = inputs._replace(wholes=unit(len(inputs.token_ids)))
    torch.testing.assert_close(model(given).grade_logits, before)
    model.grade.weight[3, -1] = 2.0
    after = model(given)
    torch.testing.assert_close(after.grade_logits[:, 3], before[:, 3] + 2 * match(given.wholes)[:, 0])
    torch.testing.assert_close(after.evidence[:, -1:], match(given.wholes))
    again = learned_adscvlr(seed=5, whole_dim=5, match_rank=3)
    again.load_trainable_state(model.trainable_state())
    assert torch.equal(again(given).grade_logits, after.grade_logits)


def test_shapes_that_make_no_sense_are_refused():
    with pytest.raises(ConfigError, match="rank 0"):
        ColourMatch(5, 0)
    with pytest.raises(ConfigError, match="match_rank is 3 without whole_dim"):
        learned_adscvlr(match_rank=3)
    model = learned_adscvlr(whole_dim=5, match_rank=3)
    with pytest.raises(InputError, match=r"give \(3, 4, width\)"):
        model(pairs()._replace(wholes=unit(3)[:, :3]))
