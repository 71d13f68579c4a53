"""Detectors: whose weights are taken, that they give torchvision's own numbers, and what is said where they lack."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import torch
from helpers.tiny_detector import CLASSES, NAME, save_detector, tiny_detector
from safetensors.torch import save_file
from torchvision.models.detection import fasterrcnn_mobilenet_v3_large_320_fpn

from adlab.encoders import detector as module
from adlab.encoders.detector import DETECTORS, architecture_of, load_detector, untrained_detector
from adlab.errors import UnknownNameError, WeightsUnavailableError


@pytest.fixture(autouse=True)
def _offline(tmp_path, monkeypatch):
    """torch's cache is empty, nothing can be fetched, and no file is named."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.delenv("ADLAB_DETECTOR", raising=False)
    monkeypatch.delenv("ADLAB_WEIGHTS", raising=False)

    def refuse(*_: object, **__: object) -> None:
        raise OSError("no network in tests")

    monkeypatch.setattr(torch.hub, "download_url_to_file", refuse)


@pytest.fixture
def file(tmp_path) -> Path:
    return save_detector(tmp_path)


def sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_a_file_says_which_detector_it_is_and_how_many_classes_it_knows(file, tmp_path):
    found = load_detector(file)
    assert (found.spec.name, found.classes, found.spec.output_dim) == (NAME, CLASSES, 1024)
    assert found.spec.weights_sha256 == sha256(file)
    assert not found.network.training
    assert not any(parameter.requires_grad for parameter in found.network.parameters())
    other = load_detector(save_detector(tmp_path, seed=1, name="b-320.pth"))
    assert other.spec.encoder_id != found.spec.encoder_id


def test_the_loaded_detector_finds_what_torchvisions_own_finds(file):
    own = fasterrcnn_mobilenet_v3_large_320_fpn(weights=None, weights_backbone=None, num_classes=CLASSES + 1).eval()
    state = tiny_detector().state_dict()
    own.load_state_dict(state, strict=False)  # but for counters of batches
    pixels = [torch.rand(3, 60, 90, generator=torch.Generator().manual_seed(1))]
    with torch.inference_mode():
        (expected,), (found,) = own(pixels), load_detector(file).network(pixels)
    assert len(expected["boxes"]) > 3
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


def test_safetensors_hold_the_same_detector(file, tmp_path):
    save_file(tiny_detector().state_dict(), tmp_path / "own-320.safetensors")
    one, other = load_detector(file), load_detector(tmp_path / "own-320.safetensors")
    for name, tensor in one.network.state_dict().items():
        assert torch.equal(tensor, other.network.state_dict()[name])


def test_the_environment_names_a_file_and_a_file_given_goes_before_it(file, tmp_path, monkeypatch):
    monkeypatch.setenv("ADLAB_DETECTOR", str(file))
    assert load_detector().spec.weights_sha256 == sha256(file)
    other = save_detector(tmp_path, seed=1, name="b-320.pth")
    assert load_detector(other).spec.weights_sha256 == sha256(other)


@pytest.mark.parametrize("through", ["ADLAB_WEIGHTS", "torch's cache"])
def test_published_weights_are_found_by_their_name_and_digest(file, tmp_path, monkeypatch, through):
    folder = tmp_path / "torch" / "hub" / "checkpoints" if through == "torch's cache" else tmp_path / "own"
    folder.mkdir(parents=True)
    if through == "ADLAB_WEIGHTS":
        monkeypatch.setenv("ADLAB_WEIGHTS", str(folder))
    digest = sha256(file)
    published = file.rename(folder / f"tiny-{digest[:8]}.pth")
    weights = {"COCO_V1": type("Weights", (), {"url": f"https://download.invalid/{published.name}"})}
    monkeypatch.setattr(module.torchvision.models, "get_model_weights", lambda _: weights)
    assert load_detector(name=NAME).spec.weights_sha256 == digest
    assert load_detector(name=NAME, sha256=digest).spec.name == NAME
    monkeypatch.setenv("ADLAB_DETECTOR", str(save_detector(tmp_path, seed=1, name="b-320.pth")))
    assert load_detector(name=NAME, sha256=digest).spec.weights_sha256 == digest  # the one that a checkpoint wants


def test_without_weights_the_message_says_where_they_were_looked_for_and_what_to_do():
    with pytest.raises(WeightsUnavailableError) as caught:
        load_detector()
    message = str(caught.value)
    assert "fasterrcnn_resnet50_fpn_coco-258fb6c6.pth" in message
    assert message.count("remedy:") == 3
    assert "ADLAB_WEIGHTS" in message
    assert "--detector-weights FILE" in message


def test_a_checkpoint_s_own_weights_are_asked_for_by_their_digest(file, monkeypatch):
    with pytest.raises(WeightsUnavailableError, match="whose sha256 is 123abc"):
        load_detector(name=NAME, sha256="123abc")
    monkeypatch.setenv("ADLAB_DETECTOR", str(file))
    with pytest.raises(WeightsUnavailableError, match=f"others, sha256 {sha256(file)[:16]}"):
        load_detector(name=NAME, sha256="123abc")


def test_a_file_that_is_missing_or_none_of_a_detector_is_refused(tmp_path, monkeypatch):
    with pytest.raises(WeightsUnavailableError, match="no such file"):
        load_detector(tmp_path / "none.pth")
    monkeypatch.setenv("ADLAB_DETECTOR", str(tmp_path / "gone.pth"))
    with pytest.raises(WeightsUnavailableError, match=r"gone\.pth \(no such file\)"):
        load_detector()
    (tmp_path / "junk.pth").write_bytes(b"junk")
    (tmp_path / "junk.safetensors").write_bytes(b"junk")
    torch.save(tiny_detector(), tmp_path / "whole.pth")  # a network with its code, which is not run
    for name in ("junk.pth", "junk.safetensors", "whole.pth"):
        with pytest.raises(WeightsUnavailableError, match="while reading it as tensors by name"):
            load_detector(tmp_path / name)
    torch.save({"weight": torch.zeros(1)}, tmp_path / "other.pth")
    with pytest.raises(WeightsUnavailableError, match="it lacks roi_heads"):
        load_detector(tmp_path / "other.pth")
    state = tiny_detector().state_dict()
    del state["rpn.head.bbox_pred.weight"]
    torch.save(state, tmp_path / "partial.pth")
    with pytest.raises(WeightsUnavailableError, match="do not fit fasterrcnn_mobilenet"):
        load_detector(tmp_path / "partial.pth")


def test_an_unknown_detector_is_answered_with_the_known_ones():
    with pytest.raises(UnknownNameError, match="fasterrcnn_resnet50_fpn_v2"):
        load_detector(name="yolo")


@pytest.mark.slow
@pytest.mark.parametrize("name", DETECTORS)
def test_each_detector_is_told_by_its_tensors(name):
    with torch.device("meta"):
        state = untrained_detector(name, 3).state_dict()
    file = Path("a-320.pth" if "320" in name else "a.pth")
    assert architecture_of(state, file) == name
