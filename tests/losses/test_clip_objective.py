"""The objective of the CLIP baselines: by hand, written out, and which rows each part reads."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional as F

from adlab.errors import InputError
from adlab.losses.clip_objective import ClipObjectiveLoss
from adlab.losses.contrastive import ContrastiveLoss

QUERIES = torch.tensor([7, 7, 4, 9, 4])
RELEVANT = torch.tensor([True, False, True, True, True])
HAS_IMAGE = torch.tensor([True, True, True, True, False])
HAS_COPY = torch.tensor([True, True, False, True, True])


def batch() -> list[torch.Tensor]:
    return list(torch.randn(3, 5, 4, generator=torch.Generator().manual_seed(0)))


def test_total_by_hand():
    z, all_ = torch.eye(2), torch.ones(2, dtype=torch.bool)
    out = ClipObjectiveLoss(1.0)(
        z, z, torch.tensor([0, 1]), all_, all_, copy=z.flip(0), has_copy=all_, match_logits=torch.zeros(2)
    )
    near, far = math.log(1 + 1 / math.e), math.log(1 + math.e)
    assert [part.item() for part in out[1:]] == pytest.approx([near, far, math.log(2)], abs=1e-6)
    assert out.total.item() == pytest.approx(near + far + math.log(2), abs=1e-6)


def test_parts_are_their_losses_on_their_rows():
    query, image, copy = batch()
    logits = torch.linspace(-2, 2, 5)
    out = ClipObjectiveLoss()(
        query, image, QUERIES, RELEVANT, HAS_IMAGE, copy=copy, has_copy=HAS_COPY, match_logits=logits
    )
    contrast = ContrastiveLoss(0.07)
    torch.testing.assert_close(out.query_image, contrast(query[[0, 2, 3]], image[[0, 2, 3]], QUERIES[[0, 2, 3]]))
    torch.testing.assert_close(out.copy_image, contrast(copy[[0, 3]], image[[0, 3]], QUERIES[[0, 3]]))
    torch.testing.assert_close(out.matching, F.binary_cross_entropy(logits.sigmoid(), RELEVANT.float()))
    torch.testing.assert_close(out.total, out.query_image + out.copy_image + out.matching)


def test_absent_parts_add_nothing_and_a_batch_without_pictures_can_be_differentiated():
    query, image, _ = (part.requires_grad_() for part in batch())
    out = ClipObjectiveLoss()(query, image, QUERIES, RELEVANT, HAS_IMAGE)
    assert (out.copy_image.item(), out.matching.item()) == (0, 0)
    assert out.total.item() == out.query_image.item() > 0
    none = ClipObjectiveLoss()(query, image, QUERIES, RELEVANT, torch.zeros(5, dtype=torch.bool))
    none.total.backward()
    assert none.total.item() == 0


def test_what_does_not_fit_is_refused():
    query, image, copy = batch()
    with pytest.raises(InputError, match="without has_copy"):
        ClipObjectiveLoss()(query, image, QUERIES, RELEVANT, HAS_IMAGE, copy=copy)
    with pytest.raises(InputError, match=r"queries has shape \(4,\)"):
        ClipObjectiveLoss()(query, image, QUERIES[:4], RELEVANT, HAS_IMAGE)
