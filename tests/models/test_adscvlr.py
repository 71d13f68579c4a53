"""AdsCVLR: modes and masks, two paths with one answer, what is stored, and that all of it learns."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from helpers.tiny_adscvlr import CONFIG, REGIONS, learned_adscvlr, pairs, token_vectors
from torch.nn import functional as F

from adlab.errors import CheckpointError, ConfigError, InputError
from adlab.models.adscvlr import AdsCVLR
from adlab.models.pair_inputs import QUERY, InputMode

NORMS = pytest.mark.parametrize("norm", ["post", "pre"])


def close(first, second):
    """Within 1e-5, all of the outputs that do not depend on how many positions there are."""
    for name in ("grade_logits", "cls", "projected"):
        torch.testing.assert_close(getattr(first, name), getattr(second, name), atol=1e-5, rtol=0)


@torch.no_grad()
@NORMS
def test_outputs_have_the_documented_shapes(norm):
    out = learned_adscvlr(norm=norm)(pairs(), maps=True)
    assert out.grade_logits.shape == (3, 4)
    assert out.cls.shape == (3, 24)
    assert out.projected.shape == (3, 8)
    assert out.token_states.shape == (3, 11, 24)
    assert out.region_states.shape == (3, REGIONS, 24)
    assert [a.shape for a in out.attention] == [(3, 4, 15, 15)] * 3
    torch.testing.assert_close(out.projected.norm(dim=1), torch.ones(3))
    assert torch.equal(out.cls, out.token_states[:, 0])


@torch.no_grad()
def test_an_input_vector_is_what_the_docstring_says():
    model, inputs = learned_adscvlr(), pairs()
    embedded = model.embed(inputs)
    token, place = int(inputs.token_ids[1, 6]), 6
    vector = model.tokens.base[token] if token < 40 else model.tokens.added[token - 40]
    word = vector + model.segments.weight[inputs.segment_ids[1, place]] + model.positions.weight[place]
    expected = F.layer_norm(word, (24,), model.token_norm.weight, model.token_norm.bias, 1e-12)
    torch.testing.assert_close(embedded.vectors[1, place], expected)
    region = (inputs.regions[2, 1] - 0.3) / 0.5 @ model.region_projection.weight.T + model.region_projection.bias
    region = region + inputs.region_boxes[2, 1] @ model.geometry.weight.T + model.geometry.bias
    region = region + model.segments.weight[2]
    expected = F.layer_norm(region, (24,), model.region_norm.weight, model.region_norm.bias, 1e-12)
    torch.testing.assert_close(embedded.vectors[2, 11 + 1], expected, atol=1e-5, rtol=1e-5)


@torch.no_grad()
@NORMS
def test_fused_and_explicit_passes_agree(norm):
    model, inputs = learned_adscvlr(norm=norm), pairs()
    fused, explicit = model(inputs), model(inputs, maps=True)
    assert fused.attention == ()
    close(fused, explicit)
    kept = inputs.token_mask
    torch.testing.assert_close(fused.token_states[kept], explicit.token_states[kept], atol=1e-5, rtol=0)


@torch.no_grad()
@NORMS
@pytest.mark.parametrize("maps", [True, False])
def test_leaving_out_the_last_states_does_not_change_the_grade(norm, maps):
    model, inputs = learned_adscvlr(norm=norm), pairs()
    part = model(inputs, states=False, maps=maps)
    close(part, model(inputs))
    assert part.token_states.shape == (3, 1, 24)
    assert part.region_states.shape == (3, 0, 24)
    assert [a.shape[2] for a in part.attention] == ([15, 15, 1] if maps else [])


@torch.no_grad()
@NORMS
@pytest.mark.parametrize("mode", list(InputMode))
def test_a_pair_alone_is_graded_as_in_a_batch(norm, mode):
    model, inputs = learned_adscvlr(norm=norm), pairs().in_mode(mode)
    whole = model(inputs)
    for row in range(3):
        alone = model(inputs.rows(torch.tensor([row])))
        torch.testing.assert_close(alone.grade_logits[0], whole.grade_logits[row], atol=1e-5, rtol=0)


@torch.no_grad()
def test_padding_of_any_length_and_content_does_not_matter():
    model, inputs = learned_adscvlr(), pairs()
    noisy = inputs._replace(
        token_ids=torch.where(inputs.token_mask, inputs.token_ids, 7),
        regions=torch.where(inputs.region_mask[..., None], inputs.regions, 50.0),
    )
    close(model(noisy), model(inputs))
    longer = inputs._replace(
        token_ids=F.pad(inputs.token_ids, (0, 5)),
        segment_ids=F.pad(inputs.segment_ids, (0, 5)),
        token_mask=F.pad(inputs.token_mask, (0, 5)),
    )
    close(model(longer), model(inputs))


@torch.no_grad()
@pytest.mark.parametrize("mode", [InputMode.IMAGE_ONLY, InputMode.TEXT_ONLY])
def test_a_mode_gives_what_its_masks_alone_give(mode):
    model, inputs = learned_adscvlr(), pairs()
    if mode is InputMode.TEXT_ONLY:
        masked = inputs._replace(region_mask=torch.zeros_like(inputs.region_mask))
    else:
        masked = inputs._replace(token_mask=inputs.token_mask & (inputs.segment_ids == QUERY))
    close(model(inputs.in_mode(mode)), model(masked))


@torch.no_grad()
def test_each_mode_sees_its_own_parts_only():
    model, inputs = learned_adscvlr(), pairs()
    other_picture = inputs._replace(regions=inputs.regions.flip(2))
    other_copy = inputs._replace(
        token_ids=torch.where(inputs.segment_ids == QUERY, inputs.token_ids, (inputs.token_ids + 11) % 43)
    )
    other_query = inputs._replace(token_ids=(inputs.token_ids + (inputs.segment_ids == QUERY) * 3) % 43)

    def moved(changed, mode):
        before, after = model(inputs.in_mode(mode)), model(changed.in_mode(mode))
        return float((before.grade_logits - after.grade_logits).abs().max()) > 1e-3

    seen = {mode: [moved(c, mode) for c in (other_picture, other_copy, other_query)] for mode in InputMode}
    assert seen == {
        InputMode.IMAGE_TEXT: [True, True, True],
        InputMode.IMAGE_ONLY: [True, False, True],
        InputMode.TEXT_ONLY: [False, True, True],
    }


@torch.no_grad()
def test_the_order_of_regions_does_not_matter_but_their_place_does():
    model, inputs, order = learned_adscvlr(), pairs(), torch.tensor([2, 0, 3, 1])
    shuffled = inputs._replace(
        regions=inputs.regions[:, order],
        region_boxes=inputs.region_boxes[:, order],
        region_mask=inputs.region_mask[:, order],
    )
    close(model(shuffled), model(inputs))
    moved = inputs._replace(region_boxes=inputs.region_boxes[:, order])
    assert (model(moved).grade_logits - model(inputs).grade_logits).abs().max() > 1e-3


def test_gradients_can_be_taken_at_every_map_on_the_way_to_a_grade():
    model = learned_adscvlr()
    out = model(pairs(), maps=True)
    gradients = torch.autograd.grad(out.grade_logits[:, 2].sum(), out.attention)
    assert all(g.abs().max() > 0 for g in gradients)
    assert all(p.grad is None for p in model.parameters())


@NORMS
@pytest.mark.parametrize("frozen_tokens", [True, False])
def test_every_trainable_parameter_gets_a_gradient(norm, frozen_tokens):
    model, inputs = learned_adscvlr(norm=norm, frozen_tokens=frozen_tokens), pairs(8, padded=False)
    out = model(inputs)
    loss = sum((part * torch.linspace(-1, 1, part.numel()).view_as(part)).sum() for part in out[:5])
    loss.backward()
    assert [name for name, p in model.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0] == []
    assert ("tokens.base" in dict(model.named_parameters())) is not frozen_tokens


def test_one_batch_can_be_learned_by_heart():
    torch.manual_seed(0)
    model, inputs, grades = AdsCVLR(CONFIG, token_vectors()), pairs(8), torch.arange(8) % 4
    optimiser = torch.optim.Adam(model.parameters(), 3e-3)
    for _ in range(80):
        optimiser.zero_grad()
        loss = F.cross_entropy(model(inputs, states=False).grade_logits, grades)
        loss.backward()
        optimiser.step()
    assert loss.item() < 0.05


@torch.no_grad()
def test_a_checkpoint_leaves_out_frozen_token_vectors_and_gives_the_same_answers():
    model, inputs = learned_adscvlr(), pairs()
    state = model.trainable_state()
    assert not [name for name in state if name.startswith("tokens.base")]
    other = AdsCVLR(CONFIG, token_vectors()).eval()
    assert (other(inputs).grade_logits - model(inputs).grade_logits).abs().max() > 1e-2
    other.load_trainable_state({name: tensor.clone() for name, tensor in state.items()})
    assert torch.equal(other(inputs).grade_logits, model(inputs).grade_logits)


def test_a_state_that_does_not_fit_is_refused_by_name():
    model = learned_adscvlr()
    state = model.trainable_state()
    state.pop("grade.bias")
    state["extra"] = torch.zeros(1)
    state["grade.weight"] = torch.zeros(5, 24)
    with pytest.raises(CheckpointError, match=r"3 tensors .*extra has no place; grade\.bias is missing; grade\.weight"):
        model.load_trainable_state(state)


def test_inputs_that_do_not_fit_are_refused():
    model, inputs = learned_adscvlr(), pairs()
    with pytest.raises(InputError, match="Regions have 3 features, this network takes 10"):
        model(inputs._replace(regions=inputs.regions[..., :3]))
    with pytest.raises(InputError, match="21 tokens; this network takes up to 20"):
        model(pairs(2, 21))
    with pytest.raises(InputError, match="region_boxes is missing"):
        model(inputs._replace(region_boxes=None))


def test_missing_or_misshapen_token_vectors_are_refused():
    with pytest.raises(ConfigError, match="no token vectors"):
        AdsCVLR(CONFIG)
    with pytest.raises(ConfigError, match=r"\(40, 5\), the config says \(40, 24\)"):
        AdsCVLR(CONFIG, torch.zeros(40, 5))
    assert AdsCVLR(replace(CONFIG, frozen_tokens=False)).tokens.base.std().item() == pytest.approx(0.02, rel=0.1)
