from __future__ import annotations

import numpy as np
import pytest
import torch

from adlab.errors import ConfigError, InputError
from adlab.losses.focal import FocalLossConfig
from adlab.training.focal import (
    PRESETS,
    FocalTask,
    FocalTraining,
    PairBatches,
    PairFeatures,
    bootstrap_rows,
    embed,
)
from adlab.training.run import Fit, fit, quiet

PICTURES, TEXTS = 40, 3
TRAIN, VALIDATION = np.arange(30), np.arange(30, 40)


def features(views: bool = False) -> PairFeatures:
    """Pictures and texts that share six hidden causes."""
    generator = torch.Generator().manual_seed(0)
    causes = torch.randn(PICTURES, 6, generator=generator)
    image = causes @ torch.randn(6, 12, generator=generator)
    text = (causes @ torch.randn(6, 10, generator=generator))[:, None].repeat(1, TEXTS, 1)
    text = text + 0.3 * torch.randn(text.shape, generator=generator)
    return PairFeatures(image, text, image + 0.1, text + 0.1) if views else PairFeatures(image, text)


def training(**fields: object) -> FocalTraining:
    loss = FocalLossConfig(kind="full", weight_private=0.0)
    values = {"loss": loss, "hidden_dim": 16, "dropout": 0.3, "batch_size": 16, "learning_rate": 1e-2}
    return FocalTraining(**(values | fields))


def task(seed: int = 0, **fields: object) -> FocalTask:
    return FocalTask(training(**fields), features(), TRAIN, VALIDATION, seed)


def run(one: FocalTask, epochs: int, **fields: object):
    quiet()
    return fit(one, Fit(epochs=epochs, monitor="val_loss", progress=False, accelerator="cpu", **fields))


def pairs_of(batches: PairBatches) -> list[tuple[int, tuple[float, ...]]]:
    return [
        (int(group), tuple(text.tolist()))
        for batch in batches
        for group, text in zip(batch["group"], batch["text"], strict=True)
    ]


# What an epoch reads.


@pytest.mark.parametrize("seed", [None, 3])
def test_every_pair_is_seen_once_an_epoch(seed):
    data = features()
    pairs = pairs_of(PairBatches(data, TRAIN, 9, seed))
    expected = [(row, tuple(data.text[row, k].tolist())) for row in TRAIN for k in range(TEXTS)]
    assert len(pairs) == 90 == len(set(pairs))
    assert sorted(pairs) == sorted(expected)
    assert (pairs == expected) is (seed is None)


def test_a_picture_comes_with_its_own_features_and_views():
    data = features(views=True)
    for batch in PairBatches(data, TRAIN, 16, seed=0):
        torch.testing.assert_close(batch["image"], data.image[batch["group"]])
        torch.testing.assert_close(batch["image_view"], batch["image"] + 0.1)
        torch.testing.assert_close(batch["text_view"], batch["text"] + 0.1)


def test_the_last_smaller_batch_is_left_out_in_training_and_kept_in_validation():
    ordered, shuffled = PairBatches(features(), TRAIN, 16, None), PairBatches(features(), TRAIN, 16, 0)
    assert [len(batch["group"]) for batch in ordered] == [16, 16, 16, 16, 16, 10]
    assert [len(batch["group"]) for batch in shuffled] == [16] * 5
    assert (len(ordered), len(shuffled)) == (6, 5)


def test_one_seed_is_one_order():
    first, again, other = (pairs_of(PairBatches(features(), TRAIN, 16, seed)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_a_bootstrap_repeats_some_pictures_with_all_their_texts():
    rows = bootstrap_rows(TRAIN, seed=0)
    assert rows.tolist() == bootstrap_rows(TRAIN, seed=0).tolist() != bootstrap_rows(TRAIN, seed=1).tolist()
    assert len(rows) == 30
    assert 10 < len(set(rows)) < 30  # about 63 %
    assert set(rows) <= set(TRAIN)
    groups = [group for group, _ in pairs_of(PairBatches(features(), rows, 9, 0))]
    assert all(groups.count(row) == TEXTS * rows.tolist().count(row) for row in range(30))


def test_fewer_pairs_than_a_batch_are_refused():
    with pytest.raises(InputError, match=r"There are 6 pairs, fewer than batch_size \(16\)"):
        PairBatches(features(), np.arange(2), 16, seed=0)


def test_rows_of_features_keep_texts_and_views():
    part = features(views=True).rows(np.array([4, 2]))
    torch.testing.assert_close(part.image, features().image[[4, 2]])
    torch.testing.assert_close(part.text_view, features().text[[4, 2]] + 0.1)
    assert features().rows(np.array([1])).image_view is None


# The task.


def test_the_network_standardises_by_the_training_pictures_each_counted_once():
    repeated = FocalTask(training(), features(), np.array([0, 0, 0, 1, 2]), VALIDATION, 0)
    once = FocalTask(training(), features(), np.array([0, 1, 2]), VALIDATION, 0)
    torch.testing.assert_close(repeated.net.image_mean, once.net.image_mean)
    torch.testing.assert_close(once.net.image_mean, features().image[:3].mean(0))


def test_an_objective_with_views_needs_features_with_views():
    needs = {"loss": FocalLossConfig(kind="full", weight_private=1.0)}
    with pytest.raises(InputError, match="hold no augmented views"):
        task(**needs)
    FocalTask(training(**needs), features(views=True), TRAIN, VALIDATION, 0)


def test_the_loss_falls_and_a_true_pair_beats_a_mismatched_one():
    one = task()
    before = float(one._loss(next(iter(one.val_dataloader()))).total)
    run(one, 15)
    after = float(one._loss(next(iter(one.val_dataloader()))).total)
    assert after < 0.6 * before
    output = embed(one.net, features())
    image = torch.nn.functional.normalize(output.shared_image, dim=-1)
    text = torch.nn.functional.normalize(output.shared_text, dim=-1)
    cosine = torch.einsum("nd,mkd->nmk", image, text)[VALIDATION][:, VALIDATION].mean(-1)
    assert (cosine.argmax(1) == torch.arange(10)).float().mean() >= 0.8


def test_one_batch_can_be_over_fitted():
    one = task(dropout=0.0, batch_size=30)
    batch = next(iter(PairBatches(features(), np.arange(10), 30, 0)))
    optimiser = one.configure_optimizers()
    for _ in range(150):
        optimiser.zero_grad()
        loss = one._loss(batch).total
        loss.backward()
        optimiser.step()
    floor = float(one.config.loss.weight_orthogonality * one._loss(batch).orthogonality)
    assert float(loss) - floor < 0.05


def test_one_seed_gives_one_result_and_another_seed_another():
    nets = [task(seed) for seed in (0, 0, 1)]
    for net in nets:
        run(net, 2)
    first, again, other = (net.net.image_encoder.shared_head.weight for net in nets)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_embeddings_of_all_pairs_are_those_of_single_pairs():
    one = task()
    one.eval()
    output = embed(one.net, features())
    assert output.shared_text.shape == (PICTURES, TEXTS, one.net.config.latent_dim)
    single = one.net(features().image[7:8], features().text[7, 2:3])
    torch.testing.assert_close(output.shared_image[7:8], single.shared_image, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(output.private_text[7, 2:3], single.private_text, atol=1e-5, rtol=1e-5)


def test_the_paper_preset_is_that_of_the_paper():
    paper = PRESETS["paper"]
    assert (paper.loss.kind, paper.loss.weight_orthogonality) == ("paper", 0.05)
    assert (paper.epochs, paper.batch_size, paper.learning_rate, paper.weight_decay) == (30, 128, 1e-4, 0)
    assert paper.patience is None


@pytest.mark.parametrize(
    ("field", "value"),
    [("batch_size", 1), ("epochs", 0), ("learning_rate", 0.0), ("weight_decay", -1.0), ("patience", 0)],
)
def test_a_setting_outside_its_range_is_refused_by_name(field, value):
    with pytest.raises(ConfigError, match=f"{field} (is )?{value}"):
        FocalTraining(**{field: value})
