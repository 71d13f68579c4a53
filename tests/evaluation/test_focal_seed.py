"""What is measured on one seed, on embeddings whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.planted_pairs import CAPTIONS, DEV, TEST, TRAIN, planted_pairs

from adlab.evaluation import focal_seed
from adlab.evaluation.focal_seed import derangement
from adlab.evaluation.focal_study import SPACES, SeedStudy, draw_labels, train_and_embed
from adlab.evaluation.synthetic_label import synthetic_label
from adlab.losses.focal import FocalLossConfig
from adlab.training.focal import FocalTraining

N, D = TRAIN + DEV + TEST, 6


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    pairs = planted_pairs(tmp_path_factory.mktemp("pictures"))
    paper = FocalTraining(loss=FocalLossConfig(kind="paper"), hidden_dim=8, epochs=1, batch_size=30)
    properties = np.random.default_rng(1).normal(size=(N, CAPTIONS, 9))
    properties[:, :, 0] = properties[:, :1, 0]  # one of the image, the same for its captions
    return SeedStudy(
        features=pairs.features,
        rows=pairs.rows,
        properties=properties,
        paper=paper,
        contrastive=paper,
        noise=(0.0, 1.0),
        default_noise=1.0,
    )


def spaces(seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {s: rng.normal(size=(N, D) if s.endswith("image") else (N, CAPTIONS, D)) for s in SPACES}


def test_labels_are_those_of_the_written_out_pairs(study):
    labels = draw_labels(study, seed=3)
    image = np.repeat(study.features.image.numpy(), CAPTIONS, axis=0)
    text = study.features.text.numpy().reshape(N * CAPTIONS, -1)
    train = np.repeat(np.arange(N) < TRAIN, CAPTIONS)
    for noise in (0.0, 1.0):
        expected = synthetic_label(image, text, train, noise_std=noise, seed=3)
        assert np.array_equal(labels[noise].labels.ravel(), expected.labels)
    assert labels[0.0].bayes == 1.0 > labels[1.0].bayes


def test_a_source_is_classified_by_its_own_spaces_only(study):
    labels = draw_labels(study, seed=0)
    planted = spaces()
    planted["private_text"][..., 0] = 4 * labels[1.0].labels - 2.0
    hits = focal_seed.downstream(study, "paper", planted, labels)
    assert hits["hits/full/1"].all()
    assert hits["hits/text/1"].all()
    assert hits["hits/full/1"].shape == (TEST, CAPTIONS)
    for source in ("shared", "image"):
        assert hits[f"hits/{source}/1"].mean() < 0.8
    assert {key: int(value) for key, value in hits.items() if key.startswith("width")} == {
        "width/full": 4 * D,
        "width/shared": 2 * D,
        "width/image": 2 * D,
        "width/text": 2 * D,
    }
    assert set(focal_seed.downstream(study, "contrastive", planted, labels)) == {
        *(f"{kind}/{source}" for kind in ("width",) for source in ("full", "shared")),
        "hits/full/1",
        "hits/shared/1",
    }


def test_cosines_are_taken_with_the_partners_captions(study):
    planted = spaces()
    partners = derangement(TEST, seed=1)
    found = focal_seed.agreement_cosines(study, planted, partners)
    first = TRAIN + DEV
    for i in (0, 5):
        for k in range(CAPTIONS):
            a, b = planted["shared_image"][first + i], planted["shared_text"][first + partners[i], k]
            assert found[i, k] == pytest.approx(a @ b / np.linalg.norm(a) / np.linalg.norm(b))


@pytest.mark.parametrize("n", [2, 3, 10, 101])
def test_everyone_gets_another_partner_once(n):
    partners = derangement(n, seed=0)
    assert sorted(partners) == list(range(n))
    assert (partners != np.arange(n)).all()


def test_collapse_is_seen(study):
    planted = spaces()
    planted["shared_text"] = planted["shared_text"] * 0.01 + 5
    found = focal_seed.collapse(study, planted)
    assert found["collapse/shared_text/cosine"] > 0.99
    assert found["collapse/shared_text/rank"] < 1.2
    assert found["collapse/shared_text/centred_rank"] > 4
    assert abs(found["collapse/private_text/cosine"]) < 0.2


def test_a_property_is_read_from_the_space_that_holds_it(study):
    planted = spaces()
    planted["private_text"][..., 2] = study.properties[..., 7]
    planted["shared_image"][:, 1] = study.properties[:, 0, 0]
    found = focal_seed.read_properties(study, planted)
    assert found["probe/private_text"][7] > 0.99
    assert found["probe/shared_text"][7] < 0.3
    assert found["probe/shared_image"][0] > 0.99
    assert found["probe/private_image"][0] < 0.3
    assert found["probe/shared_image"].shape == (9,)


def test_modalities_are_told_apart_where_they_differ(study):
    planted = spaces()
    planted["private_text"] += 9
    probe, near = focal_seed.modality(study, planted), focal_seed.neighbourhoods(study, planted, np.arange(TEST) % 2)
    assert probe["modality/private"] == 1.0
    assert probe["modality/shared"] < 0.75
    assert near["purity/modality_private"] == 1.0
    assert near["purity/modality_shared"] < 0.7
    assert near["chance/modality_private"] == pytest.approx((TEST - 1) / (2 * TEST - 1))


def test_label_purity_is_that_of_the_first_captions(study):
    planted = spaces()
    labels = np.arange(TEST) % 2
    first = TRAIN + DEV
    planted["shared_text"] *= 0.01
    planted["shared_image"] *= 0.01
    planted["shared_text"][first:, 0, 0] += 50 * labels  # the first caption only
    planted["shared_image"][first:, 0] += 50 * labels
    few = focal_seed.neighbourhoods(study, planted, labels)
    assert few["purity/label"] > few["chance/label"] + 0.15


def test_the_untrained_network_starts_where_training_starts_and_training_moves_it(study, tmp_path):
    untrained = train_and_embed(study, "untrained", 0, tmp_path)
    again = train_and_embed(study, "untrained", 0, tmp_path)
    trained = train_and_embed(study, "paper", 0, tmp_path)
    other = train_and_embed(study, "untrained", 1, tmp_path)
    assert np.array_equal(untrained.shared_image, again.shared_image)
    change = np.abs(trained.shared_image - untrained.shared_image).max()
    assert 0 < change < np.abs(other.shared_image - untrained.shared_image).max()
    assert untrained.shared_text.shape == (N, CAPTIONS, 128)
