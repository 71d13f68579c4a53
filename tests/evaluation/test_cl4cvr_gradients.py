"""What the contrastive task adds to the gradient of the embeddings."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from adlab.data.funnel_batch import FunnelBatch
from adlab.evaluation.cl4cvr_gradients import PLACES, followed_gradients, gradient_shares
from adlab.evaluation.cl4cvr_training import TimedParts
from adlab.evaluation.cl4cvr_variants import STARTS
from adlab.evaluation.kept import KeptParts
from adlab.models.esmm_config import ESMMConfig
from adlab.models.funnel import funnel_inputs
from adlab.models.funnel_networks import build_funnel
from adlab.training.funnel_config import Contrast, FunnelTraining
from adlab.training.funnel_loop import FunnelLoop
from adlab.training.funnel_task import Labels
from adlab.training.row_groups import row_groups

FIELDS, ROWS = (12, 5), 64


@pytest.fixture
def rows():
    """Two fields, every tenth row converted."""
    rng = np.random.default_rng(0)
    codes = np.stack([rng.integers(size, size=ROWS) for size in FIELDS], axis=1)
    click = (np.arange(ROWS) % 5 == 0).astype(np.float32)
    conversion = (np.arange(ROWS) % 10 == 0).astype(np.float32)
    nothing = np.zeros((ROWS, 0), dtype=np.float32)
    return FunnelBatch(codes, nothing, {}, np.full(ROWS, -1), click, conversion, np.ones(ROWS, dtype=np.float32))


def loop_at(rows, weight, batch=32):
    torch.manual_seed(0)
    network = build_funnel(ESMMConfig(fields=FIELDS, embedding_dim=4, tower_dims=(8,)))
    how = FunnelTraining(batch_size=batch, contrast=Contrast(weight=weight), precision="float32")
    return FunnelLoop(network, how, rows)


def test_size_grows_with_the_weight_and_the_direction_stays(rows):
    faint, twice, strong = (gradient_shares(loop_at(rows, weight), rows) for weight in (1e-4, 2e-4, 1e4))
    assert twice["size"] == pytest.approx(2 * faint["size"], rel=1e-3)
    assert twice["cosine"] == pytest.approx(faint["cosine"], abs=1e-2)
    assert faint["turned"] < 0.05
    assert strong["turned"] > 0.25  # the sign is the contrastive task's alone
    assert -1 <= strong["cosine"] <= 1


def test_shares_are_those_of_gradients_taken_by_backward_passes(rows):
    found = gradient_shares(loop_at(rows, 0.5, batch=ROWS), rows)
    gradients = {}
    for weight in (0.5, 1.0):
        loop = loop_at(rows, weight, batch=ROWS)
        table = loop.task.network.embedding.table
        before = table.detach().clone()
        gradient_shares(loop, rows)
        assert table.grad is None
        assert torch.equal(table.detach(), before)
        gradients[weight] = _backward(loop, rows)
    ours = (gradients[1.0] - gradients[0.5]).double()  # half the task's gradient at weight 1: that at 0.5
    labels = (gradients[0.5] - ours).double()
    read = labels.norm(dim=1) > 0
    sizes = (ours.norm(dim=1) / labels.norm(dim=1))[read]
    assert found["size"] == pytest.approx(float(sizes.median()), rel=1e-2)
    assert found["cosine"] == pytest.approx(float((ours * labels).sum() / (ours.norm() * labels.norm())), abs=1e-3)
    turned = ((ours + labels).sign() != labels.sign())[read].double().mean()
    assert found["turned"] == pytest.approx(float(turned), abs=0.02)


def _backward(loop, rows):
    """Dense gradient of the whole loss on the table."""
    known = (rows.click, rows.conversion, rows.weight, row_groups(rows))
    labels = Labels(*(torch.from_numpy(part) for part in known))
    loop.task(funnel_inputs(rows), labels, torch.Generator().manual_seed(loop.seed)).total.backward()
    return loop.task.network.embedding.table.grad.to_dense()


def test_gradients_are_followed_at_tuned_and_at_both_starts_each_once(rows, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "adlab.evaluation.cl4cvr_gradients.loop_of", lambda variant, world, train, tuned, seed: loop_at(train, tuned[1])
    )
    monkeypatch.setattr("adlab.evaluation.cl4cvr_gradients.ROWS", ROWS)

    class World:
        def train(self, most):
            return rows.slice(0, most)

    parts = TimedParts(KeptParts(tmp_path), None)
    found = followed_gradients(World(), parts, (0.5, 0.1), ROWS)
    assert [(run["temperature"], run["weight"]) for run in found["runs"]] == [(0.5, 0.1), *STARTS]
    assert {len(run["size"]) for run in found["runs"]} == {len(PLACES)}
    assert len(followed_gradients(World(), parts, STARTS[0], ROWS)["runs"]) == len(STARTS)
    late = TimedParts(KeptParts(tmp_path / "other"), 1e-9)
    assert followed_gradients(World(), late, STARTS[0], ROWS)["runs"] == []
    assert len(late.missing) == len(STARTS)
