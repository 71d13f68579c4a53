from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.pictures import picture
from helpers.tiny_models import FOCAL, REFERENCE, VISION, save_vision

from adlab.checkpoints.manifest import Manifest
from adlab.checkpoints.networks import build_network, check_encoders, load_image_encoder, load_of_kind
from adlab.checkpoints.reference_set import LEVELS, load_reference_set, quantiles_of
from adlab.checkpoints.store import Checkpoint, load_checkpoint
from adlab.errors import CheckpointError, UnknownNameError
from adlab.models.focal import FocalEnsemble


@pytest.fixture(scope="module")
def focal(tiny_models) -> Checkpoint:
    return load_checkpoint(FOCAL, tiny_models)


def altered(checkpoint: Checkpoint, **network: object) -> Checkpoint:
    manifest = replace(checkpoint.manifest, network=checkpoint.manifest.network | network)
    return replace(checkpoint, manifest=manifest)


def test_a_built_network_is_in_eval_mode_float32_and_frozen(focal):
    network = build_network(focal)
    assert isinstance(network, FocalEnsemble)
    assert not network.training
    assert all(p.dtype == torch.float32 and not p.requires_grad for p in network.parameters())


def test_an_unknown_kind_is_refused_by_name(focal):
    with pytest.raises(UnknownNameError, match=r"Unknown network kind 'focale'\. Did you mean 'focal'"):
        build_network(replace(focal, manifest=replace(focal.manifest, kind="focale")))


@pytest.mark.parametrize(
    "network",
    [{"hidden_dim": 17}, {"members": 4}, {"members": 0}, {"depths": 2}, {"activation": "tanh"}, {"image_dim": -1}],
    ids=str,
)
def test_a_config_that_does_not_fit_the_tensors_is_refused(focal, network):
    with pytest.raises(CheckpointError, match=r"focal-tiny does not fit its network.*Restore the folder") as caught:
        build_network(altered(focal, **network))
    assert len(str(caught.value)) < 500, "nobody reads the list of every tensor"


def test_an_extra_or_missing_tensor_is_refused(focal):
    name = next(iter(focal.state))
    with pytest.raises(CheckpointError, match="Unexpected key"):
        build_network(replace(focal, state=focal.state | {"more": torch.ones(1)}))
    with pytest.raises(CheckpointError, match=f"Missing key.*{name}"):
        build_network(replace(focal, state={k: v for k, v in focal.state.items() if k != name}))


def test_the_encoder_declares_width_identity_and_terms(tiny_models):
    encoder = load_image_encoder(root=tiny_models)
    manifest: Manifest = load_checkpoint(VISION, tiny_models).manifest
    assert encoder.output_dim == 1280 + 384
    assert encoder.spec.weights_sha256 == manifest.weights_sha256
    assert encoder.spec.data_terms == manifest.terms
    assert encoder.spec.encoder_id.startswith(f"{VISION}-")


def test_the_representation_is_pooled_features_then_the_joint_space(tiny_models):
    encoder = load_image_encoder(root=tiny_models)
    images = [picture(1, 60, 20), picture(2, 32, 32), picture(3, 20, 60)]
    with torch.inference_mode():
        encoding = encoder.forward(encoder.prepare(images))
    rows = encoder.encode(images, batch_size=2)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(rows[:, :1280], encoding.pooled.numpy(), atol=1e-5)
    np.testing.assert_allclose(rows[:, 1280:], encoding.aligned.numpy(), atol=1e-5)
    assert encoder.encode([]).shape == (0, 1664)


def test_other_weights_give_another_encoder_id(tiny_models, tmp_path):
    assert save_vision(tmp_path, seed=1).spec.encoder_id != load_image_encoder(root=tiny_models).spec.encoder_id


def test_a_checkpoint_that_is_no_encoder_is_not_loaded_as_one(tiny_models):
    with pytest.raises(UnknownNameError, match="image encoder 'focal-tiny'"):
        load_image_encoder(FOCAL, root=tiny_models)


def test_an_unknown_encoder_is_answered_with_shipped_and_published_ones(tiny_models):
    with pytest.raises(UnknownNameError, match="Did you mean 'vision-mobilenetv2'") as caught:
        load_image_encoder("vision-mobilenet", root=tiny_models)
    assert "resnet18" in str(caught.value)
    assert str(tiny_models) in str(caught.value)


def test_encoders_must_be_those_of_the_training(focal):
    right = dict(focal.manifest.encoders)
    check_encoders(focal.manifest, right)
    check_encoders(focal.manifest, right | {"audio": "any"})
    with pytest.raises(CheckpointError, match=r"trained on the image encoder vision-.*, the one loaded is resnet18-00"):
        check_encoders(focal.manifest, right | {"image": "resnet18-00"})
    with pytest.raises(CheckpointError, match=r"text encoder minilm-.*, the one loaded is none"):
        check_encoders(focal.manifest, {"image": right["image"]})


def test_a_checkpoint_of_another_kind_or_of_other_encoders_is_not_loaded(tiny_models):
    found = load_checkpoint(FOCAL, tiny_models)
    encoders = found.manifest.encoders
    assert load_of_kind(FOCAL, "focal", encoders, root=tiny_models).manifest == found.manifest
    with pytest.raises(CheckpointError, match=f"{FOCAL} is a 'focal' checkpoint; 'm2fn' is needed"):
        load_of_kind(FOCAL, "m2fn", encoders, root=tiny_models)
    with pytest.raises(CheckpointError, match="trained on the image encoder"):
        load_of_kind(FOCAL, "focal", encoders | {"image": "resnet18-00"}, root=tiny_models)


def test_a_reference_set_gives_groups_embeddings_and_float64_quantiles(tiny_models):
    reference = load_reference_set(REFERENCE, tiny_models)
    assert reference.group("true") == (48, "random pictures with their own caption")
    assert reference.quantiles["true/cosine"].shape == (LEVELS,)
    assert reference.quantiles["true/member_cosine"].shape == (5, LEVELS)
    assert reference.quantiles["true/cosine"].dtype == np.float64
    assert set(reference.embeddings) == {"shared_image", "shared_text", "private_image", "private_text"}
    with pytest.raises(UnknownNameError, match="Did you mean 'mismatched'"):
        reference.group("mismatch")


def test_another_checkpoint_is_no_reference_set(tiny_models):
    with pytest.raises(CheckpointError, match="'focal' checkpoint, not a reference set"):
        load_reference_set(FOCAL, tiny_models)


def test_quantiles_are_those_of_a_known_distribution():
    scores = np.random.default_rng(0).permutation(np.linspace(-1, 1, 5001))
    quantiles = quantiles_of(np.stack([scores, 2 * scores]))
    assert quantiles.shape == (2, LEVELS)
    np.testing.assert_allclose(quantiles[0], np.linspace(-1, 1, LEVELS), atol=1e-6)
    np.testing.assert_allclose(quantiles[1], 2 * quantiles[0], atol=1e-6)


def test_damage_to_one_checkpoint_is_noticed_when_another_is_asked_for(tiny_models, tmp_path):
    root: Path = shutil.copytree(tiny_models, tmp_path / "models")
    config = root / FOCAL / "config.json"
    config.write_text(config.read_text().replace('"interval_scale": 1.0', '"interval_scale": 9.0'))
    with pytest.raises(CheckpointError, match="was altered"):
        load_image_encoder(root=root)
