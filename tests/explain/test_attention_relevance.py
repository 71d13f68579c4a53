"""Attention × gradient: each rule by hand on two layers, in loops, and on the network."""

from __future__ import annotations

import pytest
import torch
from helpers.tiny_adscvlr import learned_adscvlr, pairs

from adlab.errors import InputError
from adlab.explain.attention_relevance import (
    averaged_heads,
    chosen_target,
    pair_relevance,
    relevance_of_maps,
    rolled,
)
from adlab.models.pair_inputs import InputMode

# Two heads over two positions.
ATTENTION = torch.tensor([[[[0.5, 0.5], [0.25, 0.75]], [[1.0, 0.0], [0.5, 0.5]]]])
GRADIENT = torch.tensor([[[[2.0, -4.0], [0.0, 8.0]], [[-1.0, 3.0], [4.0, -2.0]]]])


def test_eq_5_by_hand():
    # products: head 1 [[1, −2], [0, 6]], head 2 [[−1, 0], [2, −1]]
    assert averaged_heads(ATTENTION, GRADIENT).tolist() == [[[0.5, 0], [1, 3]]]
    assert averaged_heads(ATTENTION, GRADIENT, against=True).tolist() == [[[0.5, 1], [0, 0.5]]]


def test_eq_6_by_hand():
    relevance = torch.tensor([[[1.0, 2.0], [0.0, 1.0]]])
    averaged = torch.tensor([[[0.5, 0.0], [1.0, 3.0]]])
    # [[0.5, 0], [1, 3]] · [[1, 2], [0, 1]] = [[0.5, 1], [1, 5]]
    assert rolled(relevance, averaged).tolist() == [[[1.5, 3], [1, 6]]]


def test_two_layers_by_hand():
    first = torch.tensor([[[[0.5, 0.5], [1.0, 0.0]]]], requires_grad=True)
    second = torch.tensor([[[[0.25, 0.75], [0.5, 0.5]]]], requires_grad=True)
    # gradients: of the first map [[4, −2], [3, 0]], of the second [[8, 0], [−2, 4]]
    target = (first * torch.tensor([[4.0, -2.0], [3.0, 0.0]])).sum() + (
        second * torch.tensor([[8.0, 0.0], [-2.0, 4.0]])
    ).sum()
    out = relevance_of_maps(target[None], [first, second])
    # for: Ā1 = [[2, 0], [3, 0]], R = [[3, 0], [3, 1]]; Ā2 = [[2, 0], [0, 2]], R = [[9, 0], [9, 3]], less I
    assert out.supports.tolist() == [[[8, 0], [9, 2]]]
    # against: Ā1 = [[0, 1], [0, 0]], R = [[1, 1], [0, 1]]; Ā2 = [[0, 0], [1, 0]], R = [[1, 1], [1, 2]], less I
    assert out.opposes.tolist() == [[[0, 1], [1, 1]]]
    assert out.signed.tolist() == [[[8, -1], [8, 1]]]


def slow(maps: list[torch.Tensor], gradients: list[torch.Tensor], sign: float) -> list[list[float]]:
    """Chefer et al. 2021, Eq. 5 and 6, for one row, in loops."""
    length = maps[0].shape[-1]
    relevance = [[float(i == j) for j in range(length)] for i in range(length)]
    for attention, gradient in zip(maps, gradients, strict=True):
        averaged = [[0.0] * length for _ in range(length)]
        for a, g in zip(attention.tolist(), gradient.tolist(), strict=True):
            for i in range(length):
                for j in range(length):
                    averaged[i][j] += max(sign * a[i][j] * g[i][j], 0) / len(attention)
        relevance = [
            [relevance[i][j] + sum(averaged[i][k] * relevance[k][j] for k in range(length)) for j in range(length)]
            for i in range(length)
        ]
    return [[relevance[i][j] - (i == j) for j in range(length)] for i in range(length)]


@pytest.mark.parametrize("norm", ["post", "pre"])
def test_relevance_of_the_network_equals_the_paper_s_rules_in_loops(norm):
    model, inputs = learned_adscvlr(norm=norm), pairs()
    out = pair_relevance(model, inputs, target=2)
    again = model(inputs, maps=True)
    gradients = torch.autograd.grad(again.grade_logits[:, 2].sum(), again.attention)
    for row in range(3):
        maps = [a[row].detach() for a in again.attention]
        grads = [g[row] for g in gradients]
        for sign, got in ((1.0, out.relevance.supports), (-1.0, out.relevance.opposes)):
            torch.testing.assert_close(got[row], torch.tensor(slow(maps, grads, sign)), atol=1e-5, rtol=1e-4)


def test_a_pair_alone_is_explained_as_in_a_batch():
    model, inputs = learned_adscvlr(), pairs()
    whole = pair_relevance(model, inputs)
    for row in range(3):
        alone = pair_relevance(model, inputs.rows(torch.tensor([row])))
        torch.testing.assert_close(alone.of_tokens()[0], whole.of_tokens()[row], atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(alone.of_regions()[0], whole.of_regions()[row], atol=1e-5, rtol=1e-4)


def test_tokens_and_regions_read_their_own_part_of_the_relevance():
    out = pair_relevance(learned_adscvlr(), pairs())
    signed = out.relevance.signed
    assert out.of_tokens().shape == (3, 11)
    assert out.of_regions().shape == (3, 4)
    assert torch.equal(out.of_tokens(), signed[:, 0, :11])
    assert torch.equal(out.of_regions(), signed[:, 0, 11:])


def test_padding_has_no_relevance_and_everything_else_has():
    inputs = pairs()
    out = pair_relevance(learned_adscvlr(), inputs)
    both = (out.relevance.supports + out.relevance.opposes)[:, 0]
    mask = torch.cat([inputs.token_mask, inputs.region_mask], dim=1)
    assert both[~mask].abs().max() == 0
    assert both[mask].min() > 0


def test_the_target_is_the_likeliest_grade_unless_another_is_chosen():
    model, inputs = learned_adscvlr(), pairs()
    logits = model(inputs).grade_logits.detach()
    likeliest = logits.argmax(1)
    out = pair_relevance(model, inputs)
    torch.testing.assert_close(out.target, logits.amax(1), atol=1e-5, rtol=0)
    torch.testing.assert_close(out.grade_logits, logits, atol=1e-5, rtol=0)
    torch.testing.assert_close(pair_relevance(model, inputs, likeliest).of_tokens(), out.of_tokens())
    other = pair_relevance(model, inputs, (likeliest + 1) % 4)
    assert (other.of_tokens() - out.of_tokens()).abs().max() > 1e-3
    relevant = pair_relevance(model, inputs, lambda found: found.softmax(dim=1)[:, 1:].sum(dim=1))
    torch.testing.assert_close(relevant.target, logits.softmax(dim=1)[:, 1:].sum(dim=1), atol=1e-5, rtol=0)


def test_what_supports_a_number_opposes_its_negative():
    model, inputs = learned_adscvlr(), pairs()
    plus = pair_relevance(model, inputs, lambda logits: logits[:, 3])
    minus = pair_relevance(model, inputs, lambda logits: -logits[:, 3])
    torch.testing.assert_close(plus.relevance.supports, minus.relevance.opposes)
    torch.testing.assert_close(plus.of_regions(), -minus.of_regions())


def test_a_text_alone_is_explained_without_regions():
    out = pair_relevance(learned_adscvlr(), pairs().in_mode(InputMode.TEXT_ONLY))
    assert out.of_regions().shape == (3, 0)
    assert out.of_tokens().abs().max() > 0


def test_the_model_is_left_as_it_was_frozen_or_not_and_inference_mode_is_no_obstacle():
    model, inputs = learned_adscvlr(), pairs()
    expected = pair_relevance(model, inputs).of_tokens()
    assert all(p.grad is None for p in model.parameters())
    assert not any(module._forward_hooks or module._backward_hooks for module in model.modules())
    assert not model.training
    model.requires_grad_(False)
    with torch.inference_mode():
        inside = pairs()
        out = pair_relevance(model, inside)
    torch.testing.assert_close(out.of_tokens(), expected)
    assert not any(p.requires_grad for p in model.parameters())
    assert not out.of_tokens().requires_grad


def test_a_model_in_train_mode_is_refused_and_left_clean():
    model = learned_adscvlr().train()
    with pytest.raises(InputError, match="train mode"):
        pair_relevance(model, pairs())
    assert model.training


@pytest.mark.parametrize("target", [4, -1, torch.tensor([0, 1]), torch.tensor([0.0, 1.0, 2.0])])
def test_a_target_that_is_no_grade_is_refused(target):
    with pytest.raises(InputError, match=r"target (has shape|goes from)"):
        chosen_target(torch.zeros(3, 4), target)


def test_maps_that_cannot_be_explained_are_refused():
    model, inputs = learned_adscvlr(), pairs()
    part = model(inputs, maps=True, states=False)
    with pytest.raises(InputError, match=r"Map 2 has shape \(3, 4, 1, 15\)"):
        relevance_of_maps(part.grade_logits[:, 0], part.attention)
    whole, other = model(inputs, maps=True), model(inputs, maps=True)
    with pytest.raises(InputError, match="Map 0 is not on the way"):
        relevance_of_maps(whole.grade_logits[:, 0], other.attention)
    with pytest.raises(InputError, match="Map 0 has no gradient"):
        relevance_of_maps(whole.grade_logits[:, 0], [a.detach() for a in whole.attention])
    with pytest.raises(InputError, match="There are no maps"):
        relevance_of_maps(whole.grade_logits[:, 0], [])
    with pytest.raises(InputError, match=r"target has shape \(3, 4\)"):
        relevance_of_maps(whole.grade_logits, whole.attention)
