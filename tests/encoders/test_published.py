from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.pictures import picture
from torchvision.models import get_model, resnet18

from adlab.encoders import image as image_module
from adlab.encoders.image import PUBLISHED, PublishedNetwork, load_published
from adlab.errors import UnknownNameError, WeightsUnavailableError


@pytest.fixture(scope="module")
def network() -> torch.nn.Module:
    torch.manual_seed(0)
    return resnet18(weights=None).eval()


@pytest.fixture
def state_file(network, tmp_path, monkeypatch) -> Path:
    """A state file that is named as torchvision names its own; the published URL is made to end like it."""
    draft = tmp_path / "draft.pth"
    torch.save(network.state_dict(), draft)
    digest = hashlib.sha256(draft.read_bytes()).hexdigest()
    file = draft.rename(tmp_path / f"resnet18-{digest[:8]}.pth")
    publish(monkeypatch, file.name)
    return file


def publish(monkeypatch, file_name: str) -> None:
    published = image_module._published_state
    url = f"https://download.invalid/models/{file_name}"
    monkeypatch.setattr(image_module, "_published_state", lambda name, _, folder: published(name, url, folder))


@pytest.fixture(autouse=True)
def _offline(tmp_path, monkeypatch):
    """torch's cache is empty, and nothing can be fetched."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))

    def refuse(*_: object, **__: object) -> None:
        raise OSError("no network in tests")

    monkeypatch.setattr(torch.hub, "download_url_to_file", refuse)


def test_weights_that_are_nowhere_name_themselves_the_places_and_two_remedies(tmp_path, monkeypatch):
    monkeypatch.setenv("ADLAB_WEIGHTS", str(tmp_path / "weights"))
    with pytest.raises(WeightsUnavailableError) as caught:
        load_published("vgg19", folder=tmp_path / "given")
    message = str(caught.value)
    assert "'vgg19'" in message
    assert "vgg19-dcbb9e9d.pth" in message
    assert [line.split(": ")[1] for line in message.splitlines() if "looked at" in line] == [
        str(tmp_path / "given"),
        str(tmp_path / "weights"),
        str(tmp_path / "torch" / "hub" / "checkpoints"),
    ]
    assert message.count("remedy:") == 2
    assert "ADLAB_WEIGHTS" in message


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(UnknownNameError, match="Did you mean 'resnet18'"):
        load_published("resnet-18")


@pytest.mark.parametrize("through", ["argument", "environment", "cache"])
def test_the_encoder_gives_torchvisions_own_values(network, state_file, tmp_path, monkeypatch, through):
    if through == "environment":
        monkeypatch.setenv("ADLAB_WEIGHTS", str(tmp_path))
    if through == "cache":
        cache = tmp_path / "torch" / "hub" / "checkpoints"
        cache.mkdir(parents=True)
        state_file.rename(cache / state_file.name)
    encoder = load_published("resnet18", folder=tmp_path if through == "argument" else None)
    images = [picture(0, 300, 240), picture(1, 200, 420)]
    with torch.inference_mode():
        encoding = encoder.forward(encoder.prepare(images))
        pixels = torch.stack(
            [image_module.torchvision.models.ResNet18_Weights.IMAGENET1K_V1.transforms()(i) for i in images]
        )
        logits = network(pixels)
        body = torch.nn.Sequential(*list(network.children())[:-1])
        pooled = body(pixels).flatten(1)
    assert encoder.output_dim == 512
    assert encoding.aligned is None
    assert pooled.std() > 0.01
    torch.testing.assert_close(encoding.pooled, pooled, atol=0.02 * pooled.abs().max().item(), rtol=0)
    torch.testing.assert_close(encoding.class_logits, logits, atol=0.02 * logits.abs().max().item(), rtol=0)
    np.testing.assert_allclose(encoder.encode(images, 1), encoding.pooled.numpy(), atol=1e-5)


def test_a_file_that_is_not_what_its_name_promises_is_refused(state_file, tmp_path):
    data = bytearray(state_file.read_bytes())
    data[-1] ^= 1
    state_file.write_bytes(data)
    with pytest.raises(WeightsUnavailableError, match=r"its sha256 is [0-9a-f]{16}…, not") as caught:
        load_published("resnet18", folder=tmp_path)
    assert str(state_file) in str(caught.value)


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_published_network_splits_into_a_map_and_its_own_classes(name):
    """Class logits read off the map are those of the whole network."""
    torch.manual_seed(0)
    classifier = get_model(name, weights=None).eval()
    squares = torch.from_numpy(np.asarray(picture(3, 64, 64)).copy())[None]
    network = PublishedNetwork(classifier).eval()
    with torch.inference_mode():
        encoding = network(squares)
        expected = classifier((squares.permute(0, 3, 1, 2).float() / 255 - network.mean) / network.std)
    assert encoding.feature_map.shape[2:] == (2, 2)
    torch.testing.assert_close(encoding.class_logits, expected)
    torch.testing.assert_close(encoding.pooled, encoding.feature_map.mean((2, 3)))
