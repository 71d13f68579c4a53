"""The likeness of wholes: its numbers by hand, what hiding a part does, and grades that read it."""

from __future__ import annotations

import pytest
import torch
from helpers.tiny_adscvlr import learned_adscvlr, pairs

from adlab.errors import ConfigError, InputError
from adlab.models.likeness import by_part, likeness, likeness_width
from adlab.models.pair_inputs import InputMode, wholes_in_mode

Q, C, V, H = [0.6, 0.8], [1.0, 0.0], [0.0, -1.0], [0.28, 0.96]


def wholes(*pairs):
    return torch.tensor([list(pair) for pair in pairs])


def unit(seed, count, width=5):
    found = torch.randn(count, 4, width, generator=torch.Generator().manual_seed(seed))
    return found / found.norm(dim=2, keepdim=True)


def test_the_numbers_of_a_pair_by_hand():
    found = likeness(wholes((Q, C, V, H)))[0]
    root = 2**0.5
    expected = [0.6, -0.8, 1, 1, 0.6, -0.8, root * 0.6, 0, 0, -root * 0.8]
    torch.testing.assert_close(found, torch.tensor(expected))
    assert len(found) == likeness_width(2)
    assert likeness_width(0) == 0


def test_what_is_not_there_adds_nothing_and_its_absence_is_told():
    nothing = [0.0, 0.0]
    torch.testing.assert_close(
        likeness(wholes((Q, C, nothing, nothing)))[0], torch.tensor([0.6, 0, 1, 0, 0, 0, 2**0.5 * 0.6, 0, 0, 0])
    )
    assert not likeness(wholes((Q, nothing, nothing, nothing))).any()


def test_parts_add_up_to_the_whole_sum():
    weighted = likeness(unit(1, 4)) * torch.arange(1.0, likeness_width(5) + 1)
    parts = by_part(weighted)
    assert parts.shape == (4, 2)
    torch.testing.assert_close(parts.sum(dim=1), weighted.sum(dim=1))
    alone = likeness(wholes_in_mode(unit(1, 4), InputMode.TEXT_ONLY)) * torch.arange(1.0, likeness_width(5) + 1)
    assert not by_part(alone)[:, 1].any()
    assert by_part(alone)[:, 0].all()


def test_other_shapes_are_refused():
    with pytest.raises(InputError, match=r"\(2, 2, 5\)"):
        likeness(torch.zeros(2, 2, 5))


@torch.no_grad()
def test_grades_stay_as_they_are_until_weights_are_learned_and_then_follow_the_likeness():
    model, inputs = learned_adscvlr(), pairs()
    before = model(inputs).grade_logits
    model.read_likeness(5)
    given = inputs._replace(wholes=unit(2, len(inputs.token_ids)))
    torch.testing.assert_close(model(given).grade_logits, before)
    model.grade.weight[3, model.config.width] = 10.0  # Excellent by the cosine with the copy
    after = model(given)
    cosines = (given.wholes[:, 0] * given.wholes[:, 1]).sum(dim=1)
    torch.testing.assert_close(after.grade_logits[:, 3], before[:, 3] + 10 * cosines)
    assert after.evidence.shape == (len(cosines), model.config.evidence)
    assert torch.equal(after.evidence[:, : model.config.width], after.cls)
    torch.testing.assert_close(after.projected, model(inputs._replace(wholes=unit(3, len(cosines)))).projected)


@torch.no_grad()
@pytest.mark.parametrize("mode", list(InputMode))
def test_a_mode_hides_the_whole_of_what_it_hides(mode):
    model, inputs = learned_adscvlr(), pairs()
    model.read_likeness(5)
    model.grade.weight.normal_()
    given = inputs._replace(wholes=unit(2, len(inputs.token_ids)))
    other = unit(9, len(inputs.token_ids))
    for part, read_in in ((1, InputMode.IMAGE_ONLY), (2, InputMode.TEXT_ONLY)):
        changed = given.wholes.clone()
        changed[:, part] = other[:, part]
        same = torch.equal(
            model(given.in_mode(mode)).grade_logits, model(given._replace(wholes=changed).in_mode(mode)).grade_logits
        )
        assert same == (mode is read_in)


def test_a_network_says_what_wholes_it_needs():
    model, inputs = learned_adscvlr(), pairs()
    with pytest.raises(ConfigError, match="0 is asked for"):
        model.read_likeness(0)
    model.read_likeness(5)
    with pytest.raises(ConfigError, match="whole_dim is 5"):
        model.read_likeness(5)
    with pytest.raises(InputError, match="wholes are unknown"):
        model(inputs)
    with pytest.raises(InputError, match="4 wide"):
        model(inputs._replace(wholes=unit(1, len(inputs.token_ids), 4)))
    with pytest.raises(InputError, match="wholes have shape"):
        model(inputs._replace(wholes=unit(1, len(inputs.token_ids) + 1)))
