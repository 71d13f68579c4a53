"""Training on several kinds of pairs: what a batch holds, where the network starts, and what it learns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from adlab.errors import ConfigError
from adlab.losses.focal import FocalLossConfig
from adlab.models.focal import Focal, FocalConfig, agreement
from adlab.training.agreement_data import PairSource
from adlab.training.agreement_start import start_in_joint_space
from adlab.training.agreement_task import MONITOR, AgreementTask, AgreementTraining, KindBatches, misranked
from adlab.training.focal import FocalTraining, PairFeatures
from adlab.training.run import Fit, fit, quiet

COUNT, WIDTH, OTHER = 60, 6, 5
JOINT = slice(OTHER, None)
FOCAL = FocalTraining(
    loss=FocalLossConfig(kind="full", weight_private=0.0, temperature=0.1),
    hidden_dim=300,
    epochs=6,
    batch_size=12,
    learning_rate=3e-3,
)
TRAINING = AgreementTraining(
    focal=FOCAL, steps=40, shares={"a": 0.5, "b": 0.5}, topics={"b": 2}, hard=1.0, keep={"a": 20.0}
)


def source(name: str, seed: int, *, swapped: bool = False) -> PairSource:
    """Pictures whose joint space is near the text's own; `swapped` negates it, so that the start is wrong there."""
    generator = torch.Generator().manual_seed(seed)
    meaning = torch.randn(COUNT, WIDTH, generator=generator)
    other = torch.randn(COUNT, OTHER, generator=generator) + (3.0 if swapped else -3.0)  # the kind can be seen
    noise = 0.3 * torch.randn(COUNT, WIDTH, generator=generator)
    image = torch.cat([other, (-meaning if swapped else meaning) + noise], dim=1)
    own = np.arange(COUNT)[:, None]
    return PairSource(
        name=name,
        features=PairFeatures(image, meaning[:, None]),
        rows={"train": np.arange(40), "dev": np.arange(40, 50), "test": np.arange(50, 60)},
        shown=own,
        said=own[:, None],
        topic=np.arange(COUNT) // 10 if name == "b" else None,
    )


def sources() -> tuple[PairSource, PairSource]:
    return source("a", 0), source("b", 1, swapped=True)


def identity() -> nn.Linear:
    text_map = nn.Linear(WIDTH, WIDTH)
    nn.init.eye_(text_map.weight)
    nn.init.zeros_(text_map.bias)
    return text_map.requires_grad_(False)


def task(training: AgreementTraining = TRAINING, seed: int = 0) -> AgreementTask:
    kinds = sources()
    rows = {kind.name: kind.rows["train"] for kind in kinds}
    return AgreementTask(training, kinds, rows, identity(), JOINT, seed)


def cosine(net: Focal, kind: PairSource, rows: np.ndarray) -> torch.Tensor:
    with torch.inference_mode():
        return agreement(net.eval()(kind.features.image[rows], kind.features.text[rows, 0]))


# What a batch holds.


def test_a_batch_is_of_one_kind_and_kinds_come_in_their_shares():
    kinds = sources()
    rows = {kind.name: kind.rows["train"] for kind in kinds}
    training = replace(TRAINING, steps=400, shares={"a": 0.8, "b": 0.2})
    batches = list(KindBatches(kinds, rows, training, seed=3))
    for batch in batches:
        kind = kinds[batch["kind"] == "b"]
        torch.testing.assert_close(batch["image"], kind.features.image[batch["group"]])
        assert set(batch["group"].tolist()) <= set(rows[kind.name])
    assert np.mean([batch["kind"] == "a" for batch in batches]) == pytest.approx(0.8, abs=0.06)


def test_a_hard_batch_is_drawn_from_few_topics_and_others_from_all():
    kinds = sources()
    rows = {kind.name: kind.rows["train"] for kind in kinds}

    def topics(hard: float) -> list[int]:
        batches = KindBatches(kinds, rows, replace(TRAINING, hard=hard), seed=1)
        return [len(set((batch["group"] // 10).tolist())) for batch in batches if batch["kind"] == "b"]

    assert set(topics(1.0)) == {2}
    assert min(topics(0.0)) > 2


def test_one_seed_is_one_order_and_validation_gives_every_picture_once():
    kinds = sources()
    rows = {kind.name: kind.rows["dev"] for kind in kinds}
    first, again, other = (
        [batch["group"].tolist() for batch in KindBatches(kinds, rows, TRAINING, seed)] for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other
    seen = [
        (batch["kind"], row) for batch in KindBatches(kinds, rows, TRAINING, None) for row in batch["group"].tolist()
    ]
    assert seen == [(kind.name, row) for kind in kinds for row in kind.rows["dev"]]


# Where it starts.


def test_the_network_starts_with_the_cosine_of_the_joint_space():
    kind = source("a", 0)
    net = Focal(FocalConfig(image_dim=OTHER + WIDTH, text_dim=WIDTH, hidden_dim=40, latent_dim=WIDTH))
    net.fit_standardisation(kind.features.image, kind.features.text[:, 0])
    text_map = nn.Linear(WIDTH, WIDTH).requires_grad_(False)
    start_in_joint_space(net, [kind.features], text_map, JOINT)
    expected = F.cosine_similarity(kind.features.image[:, JOINT], text_map(kind.features.text[:, 0]))
    torch.testing.assert_close(cosine(net, kind, np.arange(COUNT)), expected, atol=1e-4, rtol=0)


def test_fewer_latent_directions_keep_the_main_ones():
    kind = source("a", 0)
    image = kind.features.image.clone()
    image[:, -1] *= 0.01
    text = kind.features.text.clone()
    text[..., -1] *= 0.01
    features = PairFeatures(image, text)
    net = Focal(FocalConfig(image_dim=OTHER + WIDTH, text_dim=WIDTH, hidden_dim=40, latent_dim=WIDTH - 1))
    net.fit_standardisation(image, text[:, 0])
    start_in_joint_space(net, [features], identity(), JOINT)
    with torch.inference_mode():
        found = agreement(net.eval()(image, text[:, 0]))
    torch.testing.assert_close(found, F.cosine_similarity(image[:, JOINT], text[:, 0]), atol=0.01, rtol=0)


@pytest.mark.parametrize("fields", [{"hidden_dim": 11}, {"depth": 2}, {"activation": "gelu"}])
def test_a_network_that_cannot_carry_the_start_is_refused(fields):
    values = {"image_dim": OTHER + WIDTH, "text_dim": WIDTH, "hidden_dim": 40, "latent_dim": WIDTH}
    with pytest.raises(ConfigError, match="12 hidden units"):
        start_in_joint_space(Focal(FocalConfig(**(values | fields))), [source("a", 0).features], identity(), JOINT)


# What it learns.


def test_it_learns_the_kind_whose_start_is_wrong_and_stays_where_it_is_held():
    quiet()
    one, (held, wrong) = task(), sources()
    before = cosine(one.net, wrong, wrong.rows["test"]).mean(), cosine(one.net, held, held.rows["test"]).mean()
    assert before[0] < -0.8
    fit(one, Fit(epochs=6, monitor=MONITOR, progress=False, accelerator="cpu"))
    assert cosine(one.net, wrong, wrong.rows["test"]).mean() > before[0] + 0.8
    assert cosine(one.net, held, held.rows["test"]).mean() > before[1] - 0.2


def test_without_the_hold_the_first_kind_moves_further_from_its_start():
    quiet()
    brief = replace(TRAINING, steps=20)

    def moved(training: AgreementTraining) -> float:
        one, (held, _) = task(training), sources()
        fit(one, Fit(epochs=4, monitor=MONITOR, progress=False, accelerator="cpu"))
        rows = held.rows["test"]
        with torch.inference_mode():
            now, start = (net.encode_image(held.features.image[rows]).shared for net in (one.net.eval(), one.start))
        return float(1 - F.cosine_similarity(now, start).mean())

    assert moved(brief) < 0.5 * moved(replace(brief, keep={}))


def test_texts_that_fit_as_well_are_no_negatives():
    batch = next(iter(KindBatches(sources(), {"a": np.arange(40), "b": np.arange(40)}, TRAINING, 0)))
    one = task()
    apart = one.training_step(batch, 0)
    everything = torch.ones_like(batch["fitting"])
    together = one.training_step(batch | {"fitting": everything}, 0)
    assert together.item() < apart.item() - 0.1


@pytest.mark.parametrize(
    "fields",
    [{"steps": 0}, {"topics": {"b": 0}}, {"shares": {}}, {"shares": {"a": 0.0}}, {"hard": 1.5}, {"keep": {"a": -1}}],
)
def test_a_training_that_cannot_be_is_refused(fields):
    with pytest.raises(ConfigError):
        replace(TRAINING, **fields)


def test_misranked_pairs_are_counted_in_both_directions_by_hand():
    cosines = torch.tensor([[0.5, 0.9, 0.1], [0.2, 0.6, 0.1], [0.65, 0.3, 0.7]])
    none = torch.eye(3, dtype=torch.bool)
    # picture 0 prefers text 1; text 1 prefers picture 0, text 0 prefers picture 2: 3 of 12
    assert misranked(cosines, none).item() == pytest.approx(3 / 12)
    fits = none.clone()
    fits[0, 1] = True  # left out in both directions: 1 of 10
    assert misranked(cosines, fits).item() == pytest.approx(1 / 10)
    assert misranked(cosines, torch.ones(3, 3, dtype=torch.bool)).item() == 0
