"""Fine-tuning on a handful of pairs: sources in shares, three modes of a pair, epochs chosen by rank correlation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers import tiny_relevance as tiny

from adlab.errors import ConfigError, InputError
from adlab.metrics.grades import shares_of
from adlab.models.pair_inputs import AD_TEXT, InputMode, PairInputs
from adlab.training.adscvlr_finetune_data import MODES, GradedBatches, GradedSet, drawn_rows
from adlab.training.adscvlr_finetune_task import SCORE, AdsCVLRFinetuneTask, FinetuneTraining
from adlab.training.adscvlr_readings import read_in_mode, readable, scores_by_source
from adlab.training.adscvlr_regions import standardise_regions
from adlab.training.run import Fit, fit, quiet

THIRDS = {"shop": 1.0, "photos": 1.0, "web": 1.0}
SHORT = FinetuneTraining(epochs=3, pairs=120, shares=THIRDS, batch_size=16, learning_rate=5e-3)
HOW = Fit(epochs=3, monitor=SCORE, mode="max", accelerator="cpu", progress=False)


@pytest.fixture(scope="module")
def train() -> GradedSet:
    return tiny.graded_set(240, seed=0)


@pytest.fixture(scope="module")
def dev() -> GradedSet:
    return tiny.graded_set(90, seed=1)


def task_of(train, dev, training=SHORT, seed: int = 0) -> AdsCVLRFinetuneTask:
    net = tiny.network(seed)
    standardise_regions(net, train.bank)
    return AdsCVLRFinetuneTask(training, net, train, dev, seed=seed)


def _has_copy(inputs: PairInputs) -> torch.Tensor:
    return (inputs.token_mask & (inputs.segment_ids == AD_TEXT)).any(dim=1)


def test_a_batch_holds_each_pair_with_all_that_it_has(train):
    rows = [0, 1, 2, 3, 4, 5]
    batch = train.batch(rows, np.ones(len(train), dtype=bool))
    both, image, text = batch.parts
    assert [len(part.token_ids) for part in batch.parts] == [2, 2, 2]
    assert both.has_image().all()
    assert _has_copy(both).all()
    assert image.has_image().all()
    assert not _has_copy(image).any()
    assert text.regions is None
    assert batch.numbers.tolist() == [0, 3, 1, 4, 2, 5]
    assert batch.grades.tolist() == train.grades[[0, 3, 1, 4, 2, 5]].tolist()
    assert batch.thrice.tolist() == [0, 1]


def test_each_source_has_its_share_and_none_of_its_pairs_comes_again_too_early():
    sources = np.array(["a"] * 100 + ["b"] * 4)
    rows = drawn_rows(sources, {"a": 3.0, "b": 1.0, "absent": 9.0}, 40, np.random.default_rng(0))
    counts = np.bincount(rows, minlength=104)
    assert (counts[:100].sum(), counts[100:].sum()) == (30, 10)
    assert counts[:100].max() == 1
    assert sorted(counts[100:].tolist()) in ([2, 2, 3, 3],)


def test_a_source_without_a_share_is_named():
    with pytest.raises(ConfigError, match="'b'"):
        drawn_rows(np.array(["a", "b"]), {"a": 1.0}, 4, np.random.default_rng(0))


def test_most_batches_are_of_one_kind_and_depend_on_seed_and_epoch_only(train):
    def batches(**fields):
        return list(GradedBatches(train, np.arange(len(train)), 16, **({"seed": 1, "three_modes": 0.5} | fields)))

    found = batches()
    assert sum(sum(part is not None for part in batch.parts) == 1 for batch in found) >= len(found) - 4
    again, other = batches(), batches(epoch=1)
    assert [b.numbers.tolist() for b in found] == [b.numbers.tolist() for b in again]
    assert [b.thrice.tolist() for b in found] == [b.thrice.tolist() for b in again]
    assert [b.numbers.tolist() for b in found] != [b.numbers.tolist() for b in other]


def test_the_objective_counts_a_pair_read_thrice_three_times_and_by_its_confidence(train, dev):
    """Against a slow transcription: each pair alone, in each of its modes."""
    task = task_of(train, dev, replace(SHORT, contrast_weight=0.0))
    torch.nn.init.normal_(task.net.grade.weight, std=3.0)  # fresh logits are all but equal, for any pair and mode
    shop = np.flatnonzero(train.sources == "shop")
    unequal = [int(shop[train.grades[shop] == grade][0]) for grade in (0, 3)]
    thrice = np.zeros(len(train), dtype=bool)
    thrice[unequal] = True
    rows = sorted({*range(6), *unequal})
    losses = []
    for row in rows:
        modes = MODES if thrice[row] else (MODES[train.modes[row]],)
        for mode in modes:
            logits = task.net(train.inputs([row]).in_mode(mode)).grade_logits[0]
            losses.append(-float(train.confidences[row]) * logits.log_softmax(0)[train.grades[row]])
    found = task.objective(train.batch(rows, thrice))
    torch.testing.assert_close(found.grade, torch.stack(losses).mean(), rtol=1e-4, atol=1e-5)
    assert found.contrast == 0
    assert found.total == found.grade


def test_the_contrast_is_that_of_relevant_pairs_read_thrice(train, dev):
    task = task_of(train, dev)
    shop = np.flatnonzero(train.sources == "shop")
    relevant = [row for row in shop if train.grades[row] > 0][:6]
    bad = [row for row in shop if train.grades[row] == 0][:3]
    mark = np.ones(len(train), dtype=bool)
    alone = task.objective(train.batch(relevant, mark)).contrast
    assert alone > 0
    torch.testing.assert_close(task.objective(train.batch([*relevant, *bad], mark)).contrast, alone)
    assert task.objective(train.batch(relevant)).contrast == 0


def test_every_parameter_learns(train, dev):
    task = task_of(train, dev)
    for kind in ("shop", "photos", "web"):
        rows = np.flatnonzero(train.sources == kind)[:24].tolist()
        task.objective(train.batch(rows, np.ones(len(train), dtype=bool))).total.backward()
    idle = [name for name, p in task.named_parameters() if p.requires_grad and (p.grad is None or not p.grad.any())]
    assert idle == []


def test_a_few_pairs_can_be_learned_by_heart_and_the_best_epoch_is_kept(train, tmp_path):
    quiet()
    few = GradedSet(train.data.rows(np.arange(24)), train.bank, tiny.tokenizer())
    task = task_of(few, few, replace(SHORT, epochs=25, pairs=24, batch_size=8, learning_rate=1e-2))
    before = read_all(task, few)
    result = fit(task, replace(HOW, epochs=25, folder=tmp_path))
    after = read_all(task, few)
    assert after > max(before, 0.6)
    assert result.best == pytest.approx(after, abs=1e-3)


def read_all(task, dev) -> float:
    parts = [read_in_mode(task.net, dev, mode, np.flatnonzero(dev.modes == n)) for n, mode in enumerate(MODES)]
    rows, logits = np.concatenate([p.rows for p in parts]), np.concatenate([p.logits for p in parts])
    return float(np.mean([found["correlation"] for found in scores_by_source(dev, rows, logits).values()]))


def test_a_resumed_run_equals_an_unbroken_one(train, dev, tmp_path):
    quiet()
    whole = task_of(train, dev)
    fit(whole, replace(HOW, folder=tmp_path / "a"))
    fit(task_of(train, dev), replace(HOW, folder=tmp_path / "b", epochs=1))
    resumed = task_of(train, dev)
    fit(resumed, replace(HOW, folder=tmp_path / "b"))
    for (name, a), b in zip(whole.state_dict().items(), resumed.state_dict().values(), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=0, msg=name)


def test_bfloat16_trains_too(train, dev):
    quiet()
    task = task_of(train, dev)
    fit(task, replace(HOW, epochs=1, precision="bf16-mixed"))
    assert all(parameter.dtype == torch.float32 and parameter.isfinite().all() for parameter in task.parameters())


def test_reading_does_not_depend_on_company(train, dev):
    task = task_of(train, dev)
    found = read_in_mode(task.net, dev, InputMode.TEXT_ONLY)
    assert found.rows.tolist() == [n for n in range(len(dev)) if dev.data.pairs[n].title]
    alone = read_in_mode(task.net, dev, InputMode.TEXT_ONLY, found.rows[[7]])
    np.testing.assert_allclose(alone.logits[0], found.logits[7], atol=1e-5)
    np.testing.assert_allclose(alone.evidence[0], found.evidence[7], atol=1e-5)


def test_a_mode_is_readable_where_a_pair_has_what_it_reads(dev):
    counts = [len(readable(dev, mode)) for mode in MODES]
    assert counts == [30, 60, 60]


def test_a_pair_without_a_picture_cannot_be_read_by_its_picture(train, dev):
    with pytest.raises(InputError, match="image-only"):
        read_in_mode(task_of(train, dev).net, dev, InputMode.IMAGE_ONLY, np.array([2]))


def test_a_measure_that_a_source_does_not_allow_is_left_out():
    data = tiny.graded_set(9)
    logits = np.random.default_rng(0).normal(size=(9, 4))
    data.grades[data.sources == "web"] = 2  # none is Bad
    found = scores_by_source(data, np.arange(9), logits)
    assert "auc" not in found["web"]
    assert -1 <= found["web"]["correlation"] <= 1
    assert "correlation" not in scores_by_source(data, np.arange(9), np.zeros((9, 4)))["web"]
    np.testing.assert_allclose(shares_of(logits).sum(axis=1), 1)


def test_unusable_settings_and_dev_pairs_are_named(train):
    with pytest.raises(ConfigError, match="three_modes"):
        FinetuneTraining(three_modes=1.5)
    with pytest.raises(ConfigError, match="epochs is 0"):
        FinetuneTraining(epochs=0)
    one = GradedSet(tiny.graded_pairs(1), train.bank, tiny.tokenizer())
    with pytest.raises(InputError, match="one grade"):
        task_of(train, one)
