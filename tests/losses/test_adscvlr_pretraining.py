"""The objective of pre-training: Eq. 5 by hand, with its indicator and weights."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional as F

from adlab.errors import ConfigError, InputError
from adlab.losses.adscvlr_pretraining import AdsCVLRPretrainingLoss, Predictions, PretrainingWeights

MATCHED = torch.tensor([1, 0, 1])


def sure(probability: float, k: int = 2) -> torch.Tensor:
    """Logits that give class 0 this probability."""
    return torch.log(torch.tensor([probability, *[(1 - probability) / (k - 1)] * (k - 1)]))


def zeros(n: int) -> torch.Tensor:
    return torch.zeros(n, dtype=torch.long)


def parts() -> dict:
    generator = torch.Generator().manual_seed(0)

    def draw(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=generator)

    return {
        "words": Predictions(draw(5, 6), torch.tensor([0, 5, 2, 1, 1]), torch.tensor([0, 0, 1, 1, 2])),
        "text_words": Predictions(draw(4, 6), torch.tensor([3, 3, 0, 4])),
        "objects": Predictions(draw(3, 7), draw(3, 7).softmax(1), torch.tensor([1, 2, 2])),
        "caption": Predictions(draw(4, 6), torch.tensor([1, 0, 5, 0])),
        "category": Predictions(draw(3, 4), torch.tensor([3, -1, 0])),
        "match_logits": draw(3),
    }


def test_total_by_hand_with_the_paper_s_weights():
    loss = AdsCVLRPretrainingLoss()
    out = loss(
        torch.tensor([1, 0]),
        words=Predictions(torch.stack([sure(1 / 2), sure(1 / 64)]), zeros(2), torch.tensor([0, 1])),
        text_words=Predictions(sure(1 / 4)[None], zeros(1)),
        objects=Predictions(torch.stack([sure(1 / 8), sure(1 / 64)]), zeros(2), torch.tensor([0, 1])),
        caption=Predictions(sure(1 / 16)[None], zeros(1)),
        category=Predictions(sure(1 / 32)[None].repeat(2, 1), zeros(2)),
        match_logits=torch.zeros(2),
    )
    bits = math.log(2)
    # words and objects of the mismatched pair, log 64 each, are left out
    expected = [bits, 2 * bits, 3 * bits, 4 * bits, 5 * bits, bits]
    assert [part.item() for part in out[1:]] == pytest.approx(expected, rel=1e-5)
    assert out.total.item() == pytest.approx((2 * (1 + 2) + 1 * 3 + 0.4 * 4 + 0.7 * 5 + 1.5 * 1) * bits, rel=1e-5)


def test_total_is_the_weighted_sum_of_losses_written_out():
    given, weights = parts(), PretrainingWeights()
    out = AdsCVLRPretrainingLoss()(MATCHED, **given)
    keep_words, keep_objects = torch.tensor([0, 1, 4]), torch.tensor([1, 2])
    expected = [
        F.cross_entropy(given["words"].logits[keep_words], given["words"].targets[keep_words]),
        F.cross_entropy(given["text_words"].logits, given["text_words"].targets),
        -(given["objects"].targets * given["objects"].logits.log_softmax(1)).sum(1)[keep_objects].mean(),
        F.cross_entropy(given["caption"].logits, given["caption"].targets),
        F.cross_entropy(given["category"].logits[[0, 2]], torch.tensor([3, 0])),
        F.binary_cross_entropy(given["match_logits"].sigmoid(), MATCHED.float()),
    ]
    for got, wanted in zip(out[1:], expected, strict=True):
        torch.testing.assert_close(got, wanted)
    lambdas = [2.0, 2.0, 1.0, 0.4, 0.7, 1.5]
    assert out.total.item() == pytest.approx(
        sum(w * float(x) for w, x in zip(lambdas, expected, strict=True)), rel=1e-5
    )
    assert (weights.masked_language, weights.matching) == (2.0, 1.5)


def test_mismatched_pairs_teach_neither_words_nor_objects_but_matching():
    given = parts()
    for name in ("words", "objects"):
        given[name] = given[name]._replace(logits=given[name].logits.requires_grad_())
    given["match_logits"].requires_grad_()
    AdsCVLRPretrainingLoss()(MATCHED, **given).total.backward()
    assert given["words"].logits.grad.abs().sum(1).gt(0).tolist() == [True, True, False, False, True]
    assert given["objects"].logits.grad.abs().sum(1).gt(0).tolist() == [False, True, True]
    assert given["match_logits"].grad.abs().min() > 0


@pytest.mark.parametrize("absent", ["words", "text_words", "objects", "caption", "category", "match_logits"])
def test_an_absent_task_adds_nothing_and_the_others_stay(absent):
    given = parts()
    whole = AdsCVLRPretrainingLoss()(MATCHED, **given)
    given.pop(absent)
    rest = AdsCVLRPretrainingLoss()(MATCHED, **given)
    changed = [a.item() != b.item() for a, b in zip(whole[1:], rest[1:], strict=True)]
    assert sum(changed) == 1
    assert rest[1:][changed.index(True)].item() == 0
    assert rest.total.item() < whole.total.item()


def test_a_batch_of_mismatched_pairs_alone_has_a_finite_objective():
    out = AdsCVLRPretrainingLoss()(torch.zeros(3), **parts())
    assert (out.masked_language.item(), out.masked_object.item()) == (0, 0)
    assert math.isfinite(out.total.item())


def test_a_weight_of_zero_switches_a_task_off():
    out = AdsCVLRPretrainingLoss(PretrainingWeights(caption=0.0))(MATCHED, **parts())
    whole = AdsCVLRPretrainingLoss()(MATCHED, **parts())
    assert out.total.item() == pytest.approx(whole.total.item() - 0.4 * whole.caption.item(), rel=1e-5)


def test_what_does_not_fit_is_refused():
    given = parts()
    with pytest.raises(InputError, match="objects have no rows"):
        AdsCVLRPretrainingLoss()(MATCHED, objects=given["objects"]._replace(rows=None))
    with pytest.raises(InputError, match=r"rows of words has shape \(4,\)"):
        AdsCVLRPretrainingLoss()(MATCHED, words=given["words"]._replace(rows=given["words"].rows[:4]))
    with pytest.raises(InputError, match="matched go from 0 to 3"):
        AdsCVLRPretrainingLoss()(torch.tensor([0, 3]))
    with pytest.raises(ConfigError, match="caption is -1"):
        PretrainingWeights(caption=-1)
