"""The objective of fine-tuning: α1 L_MLC + α2 L_CL by hand, written out, and what must hold."""

from __future__ import annotations

import math

import pytest
import torch

from adlab.errors import ConfigError, InputError
from adlab.losses.adscvlr_finetuning import AdsCVLRFinetuningLoss, ModeProjections
from adlab.losses.relevance_grade import RelevanceGradeLoss
from adlab.losses.three_mode_contrastive import ThreeModeContrastiveLoss

GRADES = torch.tensor([3, 0, 1, 2, 1])
QUERIES = torch.tensor([7, 7, 4, 9, 4])
ROWS = torch.tensor([3, 0, 1, 2])


def batch() -> tuple[torch.Tensor, torch.Tensor, ModeProjections]:
    generator = torch.Generator().manual_seed(0)
    logits, confidence = torch.randn(5, 4, generator=generator), torch.rand(5, generator=generator)
    return logits, confidence, ModeProjections(*torch.randn(3, 4, 6, generator=generator), ROWS)


def test_total_by_hand_with_the_paper_s_weights():
    z = torch.eye(2)
    modes = ModeProjections(z, z, z, torch.tensor([0, 1]))
    out = AdsCVLRFinetuningLoss(temperature=1.0)(
        torch.zeros(2, 4), torch.tensor([1, 2]), torch.tensor([0, 1]), modes=modes
    )
    assert out.grade.item() == pytest.approx(math.log(4), abs=1e-6)
    assert out.contrast.item() == pytest.approx(math.log(1 + 1 / math.e), abs=1e-6)
    assert out.total.item() == pytest.approx(math.log(4) + 0.4 * math.log(1 + 1 / math.e), abs=1e-6)


def test_parts_are_the_two_losses_on_their_rows():
    logits, confidence, modes = batch()
    out = AdsCVLRFinetuningLoss()(logits, GRADES, QUERIES, confidence, modes)
    torch.testing.assert_close(out.grade, RelevanceGradeLoss()(logits, GRADES, confidence))
    relevant = torch.tensor([True, True, False, True])  # row 1 of the batch is Bad
    expected = ThreeModeContrastiveLoss()(*modes[:3], QUERIES[ROWS], relevant, confidence[ROWS])
    torch.testing.assert_close(out.contrast, expected)
    torch.testing.assert_close(out.total, out.grade + 0.4 * out.contrast)


def test_without_modes_there_is_no_contrast_and_its_weight_can_switch_it_off():
    logits, confidence, modes = batch()
    none = ModeProjections(*(part[:0] for part in modes))
    for given in (None, none):
        out = AdsCVLRFinetuningLoss()(logits, GRADES, QUERIES, confidence, given)
        assert out.contrast.item() == 0
        assert torch.equal(out.total, out.grade)
    off = AdsCVLRFinetuningLoss(contrast_weight=0.0)(logits, GRADES, QUERIES, confidence, modes)
    assert torch.equal(off.total, off.grade)
    assert off.contrast.item() > 0


def test_the_learned_temperature_is_its_only_parameter():
    loss, (logits, confidence, modes) = AdsCVLRFinetuningLoss(), batch()
    assert [name for name, _ in loss.named_parameters()] == ["contrast.log_scale"]
    loss(logits, GRADES, QUERIES, confidence, modes).total.backward()
    assert loss.contrast.log_scale.grad.abs() > 0


@pytest.mark.parametrize("rows", [[0, 1, 2, 5], [0, 1, 1, 2], [-1, 0, 1, 2]])
def test_rows_outside_the_batch_or_given_twice_are_refused(rows):
    logits, confidence, modes = batch()
    with pytest.raises(InputError, match="rows of 5 pairs, each once"):
        AdsCVLRFinetuningLoss()(logits, GRADES, QUERIES, confidence, modes._replace(rows=torch.tensor(rows)))


def test_what_does_not_fit_is_refused():
    logits, confidence, modes = batch()
    with pytest.raises(InputError, match=r"queries has shape \(4,\)"):
        AdsCVLRFinetuningLoss()(logits, GRADES, QUERIES[:4], confidence, modes)
    with pytest.raises(ConfigError, match="contrast_weight is -1"):
        AdsCVLRFinetuningLoss(contrast_weight=-1)
