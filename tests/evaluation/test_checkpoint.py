"""A card's numbers, measured again on a small Flickr8k made here."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from helpers.pictures import caption, picture
from helpers.tiny_models import FOCAL, VISION, tiny_vision
from safetensors.torch import save_file
from torchvision.models import mobilenet_v2

from adlab.encoders.mobilenet import scale_pixels
from adlab.errors import CheckpointError, DataUnavailableError, UnknownNameError
from adlab.evaluation import checkpoint
from adlab.evaluation.checkpoint import evaluate_checkpoint

N = 12


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Twelve test images, one training image, and teacher weights beside the data folder."""
    root = tmp_path_factory.mktemp("root")
    folder = root / "data" / "flickr8k"
    (folder / "Images").mkdir(parents=True)
    names = [f"{row}.jpg" for row in range(N + 1)]
    for row, name in enumerate(names):
        picture(row).save(folder / "Images" / name)
    lines = [f"{name}#{k}\t{caption(5 * row + k)}" for row, name in enumerate(names) for k in range(5)]
    (folder / "Flickr8k.token.txt").write_text("\n".join(lines))
    for split, members in (("train", names[N:]), ("dev", []), ("test", names[:N])):
        (folder / f"Flickr_8k.{split}Images.txt").write_text("\n".join(members))
    return root / "data"


@pytest.fixture
def shipped(tiny_models, monkeypatch):
    monkeypatch.setenv("ADLAB_MODELS", str(tiny_models))


def test_an_encoder_is_measured_without_its_teacher(shipped, data):
    measures = {measure.name: measure for measure in evaluate_checkpoint(VISION, lambda: data, "cpu")}
    assert set(measures) == {
        *(f"R@{k} {way}" for k in (1, 5, 10) for way in ("image→text", "text→image")),
        "seconds per image, alone",
    }
    assert measures["R@10 text→image"].n == 5 * N
    assert measures["R@1 image→text"].n == N
    assert measures["R@10 text→image"].value >= measures["R@1 text→image"].value
    assert measures["seconds per image, alone"].value > 0


def test_recall_is_that_of_the_written_out_ranking(shipped, data):
    measures = {measure.name: measure.value for measure in evaluate_checkpoint(VISION, lambda: data, "cpu")}
    test = checkpoint._test_set(data / "flickr8k")
    net = tiny_vision()
    from adlab.data.image_intake import read_image
    from adlab.encoders.preprocessing import Letterbox
    from adlab.encoders.text import load_minilm

    squares = np.stack([Letterbox(size=32)(read_image(path).pixels) for path in test.paths])
    with torch.inference_mode():
        image = torch.nn.functional.normalize(net(scale_pixels(torch.from_numpy(squares))).aligned, dim=1)
        flat = [text for five in test.captions for text in five]
        text = torch.nn.functional.normalize(
            net.text_head.project_text(torch.from_numpy(load_minilm().encode(flat))), dim=1
        )
    hits = 0
    for caption_row in range(5 * N):
        own = caption_row // 5
        scores = [float(image[i] @ text[caption_row]) for i in range(N)]
        hits += sum(score >= scores[own] for i, score in enumerate(scores) if i != own) < 5
    assert measures["R@5 text→image"] == pytest.approx(hits / (5 * N))


def test_a_teacher_beside_the_data_adds_its_rows(shipped, data, monkeypatch):
    weights = data.parent / "weights" / checkpoint.TEACHER
    weights.parent.mkdir()
    torch.manual_seed(0)
    save_file({k: v.clone() for k, v in mobilenet_v2(num_classes=1001).state_dict().items()}, weights)
    try:
        measures = {measure.name: measure for measure in evaluate_checkpoint(VISION, lambda: data, "cpu")}
    finally:
        weights.unlink()
        weights.parent.rmdir()
    assert -1 <= measures["pooled cosine to the teacher"].value <= 1
    assert measures["arg-max agreement with the teacher"].n == N
    assert 0 <= measures["arg-max agreement with the teacher"].value <= 1


def test_a_focal_checkpoint_is_measured_on_features_of_its_own_encoders(shipped, data):
    measures = {measure.name: measure for measure in evaluate_checkpoint(FOCAL, lambda: data, "cpu")}
    assert 0 <= measures["AUC of true against mismatched pairs"].value <= 1
    again = {measure.name: measure for measure in evaluate_checkpoint(FOCAL, lambda: data, "cpu")}
    assert again == measures


def test_foreign_encoders_are_refused(shipped, data, monkeypatch):
    from helpers.tiny_models import save_focal, save_vision

    root = data.parent / "other"
    from adlab.encoders.text import load_minilm

    save_focal(root, save_vision(root, seed=0), load_minilm())
    save_vision(root, seed=1)
    monkeypatch.setenv("ADLAB_MODELS", str(root))
    with pytest.raises(CheckpointError, match="was trained on the image encoder"):
        evaluate_checkpoint(FOCAL, lambda: data, "cpu")


def test_what_cannot_be_measured_is_named(shipped, data, tmp_path):
    with pytest.raises(UnknownNameError, match="Valid: adscvlr, focal, m2fn, two-tower, vision"):
        evaluate_checkpoint("reference-tiny", lambda: data)
    with pytest.raises(UnknownNameError, match="Did you mean 'focal-tiny'"):
        evaluate_checkpoint("focal-tny", lambda: data)
    with pytest.raises(DataUnavailableError, match="Flickr8k is not at"):
        evaluate_checkpoint(VISION, lambda: tmp_path)
