"""`python -m adlab evaluate`: the measures of a card, taken again on the data at hand."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from adlab.checkpoints.conversion import HEAD as CONVERSION
from adlab.checkpoints.ctr import HEAD as CTR
from adlab.checkpoints.m2fn import KIND as M2FN
from adlab.checkpoints.manifest import Manifest, Measure
from adlab.checkpoints.networks import build_network, check_encoders, load_image_encoder
from adlab.checkpoints.relevance import KIND as ADSCVLR
from adlab.checkpoints.relevance_student import KIND as TWO_TOWER
from adlab.checkpoints.store import load_checkpoint
from adlab.data.flickr8k import CAPTIONS_PER_IMAGE, read_flickr8k
from adlab.data.image_intake import read_image
from adlab.encoders.mobilenet import VisionNet, scale_pixels
from adlab.encoders.preprocessing import Letterbox
from adlab.encoders.text import load_bert, load_minilm
from adlab.errors import CheckpointError, ConfigError, UnknownNameError
from adlab.evaluation.clicks import measure_clicks
from adlab.evaluation.rated import measure_rated
from adlab.evaluation.relevance import measure_pupil, measure_teacher
from adlab.evaluation.simulated import measure_simulated
from adlab.features.stored import stored_images, stored_texts
from adlab.metrics.bootstrap import bootstrap_interval
from adlab.models.focal import FocalEnsemble
from adlab.training.adscvlr_sources import Sources
from adlab.training.focal import PairFeatures
from adlab.training.focal_data import FlickrPairs
from adlab.training.relevance_data import OwnPairs
from adlab.training.teacher import Teacher
from adlab.training.vision_measures import CONFIDENT, ON, recall_measures

MEASURED = ("vision", "focal", "m2fn", ADSCVLR, TWO_TOWER)
TEACHER = "mobilenet_v2_imagenet_tf_same.safetensors"
BATCH, TIMED = 50, 50


class TestSet(NamedTuple):
    """Flickr8k's test images with five captions each, image by image."""

    paths: tuple[Path, ...]
    captions: tuple[tuple[str, ...], ...]


def evaluate_checkpoint(
    name: str, data: Callable[[], Path], device: str = "auto", own: OwnPairs | None = None
) -> list[Measure]:
    """Measure a checkpoint on its test images, pairs or simulated ads, or by its cross-validation again.

    Rows of an image encoder's card that need its teacher are left out where the teacher's weights are not in
    `weights/` beside `data`; those that need its training data always are.

    Args:
        name: A checkpoint of a kind in `MEASURED`.
        data: Gives the folder that holds the public data sets; called only where it is needed.
        device: ``"auto"``, ``"cpu"`` or ``"cuda"``; where encoders compute.
        own: A table of one's own to measure relevance on instead of the public data sets.

    Returns:
        Measures under the names of the card.

    Raises:
        UnknownNameError: There is no such checkpoint, or nothing is measured on its kind.
        CheckpointError: It is not intact, or its encoders are not those at hand.
        ConfigError: A table is given and the checkpoint does not grade relevance.
        DataUnavailableError: The data are missing.
    """
    checkpoint = load_checkpoint(name)
    if checkpoint.manifest.kind not in MEASURED:
        raise UnknownNameError("measurable kind", checkpoint.manifest.kind, MEASURED, note=f"{name} has no measures.")
    device = "cuda" if device != "cpu" and torch.cuda.is_available() else "cpu"
    if own is not None:
        measures = {ADSCVLR: measure_teacher, TWO_TOWER: measure_pupil}.get(checkpoint.manifest.kind)
        if measures is None:
            raise ConfigError(f"{name} does not grade relevance; a table of graded pairs says nothing of it.")
        return measures(checkpoint.manifest, Path(), device, sources=Sources(folder=Path(), names=(), own=own))
    if CONVERSION in checkpoint.manifest.heads:
        return measure_simulated(checkpoint.manifest, device)
    if CTR in checkpoint.manifest.heads:
        return measure_clicks(checkpoint.manifest)
    if checkpoint.manifest.kind == M2FN:
        return measure_rated(checkpoint.manifest, data() / "bad-ads")
    if checkpoint.manifest.kind == ADSCVLR:
        return measure_teacher(checkpoint.manifest, data(), device)
    if checkpoint.manifest.kind == TWO_TOWER:
        return measure_pupil(checkpoint.manifest, data(), device)
    network, folder = build_network(checkpoint), data()
    test = _test_set(folder / "flickr8k")
    if isinstance(network, VisionNet):
        weights = folder.resolve().parent / "weights" / TEACHER
        encoder = network.to(device).to(memory_format=torch.channels_last)  # as the encoder is served
        return measure_encoder(encoder, test, Teacher(weights) if weights.is_file() else None)
    if not isinstance(network, FocalEnsemble):
        raise CheckpointError(f"{name} says it is of kind 'focal', but builds a {type(network).__name__}.")
    return _measure_focal(checkpoint.manifest, network, test, device)


def measure_encoder(net: VisionNet, test: TestSet, teacher: Teacher | None) -> list[Measure]:
    """Measures of an image encoder: agreement with its teacher if there is one, retrieval, and speed."""
    device = next(net.parameters()).device
    letterbox = Letterbox(size=net.config.image_size)
    aligned: list[Tensor] = []
    compared: list[NDArray[np.float64]] = []
    with torch.inference_mode():
        for start in range(0, len(test.paths), BATCH):
            pictures = [read_image(path).pixels for path in test.paths[start : start + BATCH]]
            pixels = scale_pixels(torch.from_numpy(np.stack([letterbox(picture) for picture in pictures])))
            output = net(pixels.to(device))
            aligned.append(output.aligned.float().cpu())
            if teacher is not None:
                compared.append(_against_teacher(teacher, pixels, output.pooled.cpu(), output.class_logits.cpu()))
            if start == 0:
                seconds = _seconds_alone(net, pixels[:TIMED].to(device))
        flat = [caption for captions in test.captions for caption in captions]
        texts = net.text_head.project_text(torch.from_numpy(stored_texts(load_minilm(), flat)).to(device)).cpu()
    counts = [len(captions) for captions in test.captions]
    return [
        *(_distillation(np.concatenate(compared)) if compared else []),
        *recall_measures("", torch.cat(aligned), texts, counts),
        seconds,
    ]


def _against_teacher(teacher: Teacher, pixels: Tensor, pooled: Tensor, logits: Tensor) -> NDArray[np.float64]:
    """Cosine of the pooled features, whether the arg-max class agrees, and whether the teacher is sure, (B, 3)."""
    answer = teacher(pixels)
    columns = [
        F.cosine_similarity(pooled, answer.pooled, dim=1),
        logits.argmax(1) == answer.class_logits.argmax(1),
        answer.class_logits.softmax(1).max(1).values >= CONFIDENT,
    ]
    return torch.stack([column.double() for column in columns], dim=1).numpy()


def _distillation(rows: NDArray[np.float64]) -> list[Measure]:
    cosine, same, sure = rows.T
    found = [_mean("pooled cosine to the teacher", cosine), _mean("arg-max agreement with the teacher", same)]
    if sure.sum() > 1:
        found.append(_mean("arg-max agreement where the teacher is sure", same[sure == 1]))
    return found


def _mean(name: str, values: NDArray[np.float64]) -> Measure:
    interval = bootstrap_interval(lambda rows: float(values[rows].mean()), np.arange(len(values)))
    return Measure.of(name, interval, n=len(values), data=ON)


def _seconds_alone(net: VisionNet, pixels: Tensor) -> Measure:
    times = []
    for row in range(len(pixels)):
        began = time.perf_counter()
        net(pixels[row : row + 1]).aligned.cpu()
        times.append(time.perf_counter() - began)
    where = f"{torch.get_num_threads()} CPU threads" if pixels.device.type == "cpu" else pixels.device.type
    return Measure(
        name="seconds per image, alone",
        value=float(np.median(times)),
        n=len(times),
        data=f"{ON}, {where}",
        note="one picture a pass, preprocessing left out; the median",
    )


def _measure_focal(manifest: Manifest, network: FocalEnsemble, test: TestSet, device: str) -> list[Measure]:
    from adlab.training.focal_measures import measure_focal

    image_name, text_name = (manifest.encoders[modality].rsplit("-", 1)[0] for modality in ("image", "text"))
    image_encoder = load_image_encoder(image_name, device=device)
    text_encoder = (load_minilm if text_name == "minilm" else load_bert)(device=device)
    check_encoders(manifest, {"image": image_encoder.spec.encoder_id, "text": text_encoder.spec.encoder_id})
    flat = [caption for captions in test.captions for caption in captions]
    texts = stored_texts(text_encoder, flat).reshape(len(test.paths), CAPTIONS_PER_IMAGE, -1)
    features = PairFeatures(torch.from_numpy(stored_images(image_encoder, test.paths)), torch.from_numpy(texts))
    rows = np.arange(len(test.paths))
    pairs = FlickrPairs(features, test.paths, test.captions, {"test": rows})
    return list(measure_focal(network, pairs, rows))


def _test_set(folder: Path) -> TestSet:
    data = read_flickr8k(folder)
    names = [name for name in data.names_of("test") if len(data.captions[name]) == CAPTIONS_PER_IMAGE]
    return TestSet(tuple(data.path(name) for name in names), tuple(data.captions[name] for name in names))
