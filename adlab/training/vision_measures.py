"""What the card of the image encoder reports, measured on the 1,000 Flickr8k test images."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import torch
from PIL import Image
from torch.nn import functional as F

from adlab.checkpoints.manifest import Measure
from adlab.data.image_intake import read_image
from adlab.encoders.mobilenet import VisionNet, VisionOutput, scale_pixels
from adlab.encoders.preprocessing import Letterbox
from adlab.metrics.bootstrap import bootstrap_interval
from adlab.metrics.ranking import retrieval_ranks
from adlab.training.teacher import Teacher, self_agreement_after_shift
from adlab.training.vision import VisionSource
from adlab.training.vision_data import Pictures

ON = "Flickr8k test images"
CONFIDENT = 0.5


def measure_vision(
    net: VisionNet, teacher: Teacher, source: VisionSource, test: np.ndarray, pictures: Pictures
) -> tuple[Measure, ...]:
    """Agreement with the teacher, retrieval with all five captions, the linear baseline, and speed."""
    squares = _squares(net, [read_image(pictures.paths[row]).pixels for row in test])
    student, seconds = _student(net, squares)
    answers: dict[str, list[torch.Tensor]] = {"pooled": [], "logits": [], "shift": []}
    with torch.inference_mode():
        for start in range(0, len(squares), 50):
            pixels = scale_pixels(squares[start : start + 50])
            answer = teacher(pixels)
            answers["pooled"].append(answer.pooled)
            answers["logits"].append(answer.class_logits)
            answers["shift"].append(self_agreement_after_shift(teacher, pixels))
    pooled, logits, shift = (torch.cat(answers[key]) for key in ("pooled", "logits", "shift"))
    cosine = F.cosine_similarity(student.pooled, pooled, dim=1).double().numpy()
    same = (student.class_logits.argmax(1) == logits.argmax(1)).double().numpy()
    confident = (logits.softmax(1).max(1).values >= CONFIDENT).numpy()
    stable = shift.double().numpy()
    rows = [
        _mean("pooled cosine to the teacher", cosine, "≥ 0.95"),
        _mean("arg-max agreement with the teacher", same, "≥ 0.70"),
        _mean("arg-max agreement where the teacher is sure", same[confident], "≥ 0.85", "top probability ≥ 0.5"),
        _mean("teacher against itself after a one-pixel shift", stable, note="the ceiling for the agreement"),
        _mean("the same where the teacher is sure", stable[confident]),
        *_retrieval(net, student.aligned, source, test),
        *linear_baseline(source, test),
        Measure(
            name="seconds per image, alone",
            value=seconds,
            n=50,
            data=f"{ON}, {torch.get_num_threads()} CPU threads",
            note="one picture a pass, preprocessing left out; the median",
        ),
    ]
    return tuple(rows)


def _squares(net: VisionNet, images: list[Image.Image]) -> torch.Tensor:
    letterbox = Letterbox(size=net.config.image_size)
    return torch.from_numpy(np.stack([letterbox(image) for image in images]))


def _student(net: VisionNet, squares: torch.Tensor) -> tuple[VisionOutput, float]:
    outputs, times = [], []
    with torch.inference_mode():
        for start in range(0, len(squares), 50):
            outputs.append(net(scale_pixels(squares[start : start + 50])))
        for row in range(50):
            began = time.perf_counter()
            net(scale_pixels(squares[row : row + 1]))
            times.append(time.perf_counter() - began)
    return VisionOutput(*(torch.cat(column) for column in zip(*outputs, strict=True))), float(np.median(times))


def _mean_of(values: np.ndarray) -> Callable[[np.ndarray], float]:
    return lambda rows: float(values[rows].mean())


def _mean(name: str, values: np.ndarray, aim: str = "", note: str = "", data: str = ON) -> Measure:
    interval = bootstrap_interval(_mean_of(values), np.arange(len(values)))
    return Measure.of(name, interval, n=len(values), data=data, aim=aim, note=note)


def _retrieval(net: VisionNet, aligned: torch.Tensor, source: VisionSource, test: np.ndarray) -> list[Measure]:
    with torch.inference_mode():
        texts = net.text_head.project_text(torch.from_numpy(np.concatenate([source.texts[row] for row in test])))
    aims = {("image→text", 10): "≥ 0.66", ("text→image", 10): "≥ 0.62"}
    return recall_measures("", aligned, texts, [len(source.texts[row]) for row in test], aims)


def recall_measures(
    prefix: str,
    image: torch.Tensor,
    text: torch.Tensor,
    counts: list[int],
    aims: dict[tuple[str, int], str] | None = None,
) -> list[Measure]:
    """Recall at 1, 5 and 10 in both directions with intervals over images; any own caption counts.

    Args:
        prefix: Put before the names.
        image: (N, D).
        text: (Σ counts, D), in the order of the images.
        counts: Texts of each image.
        aims: Aims by direction and k.
    """
    owner = np.repeat(np.arange(len(counts)), counts)
    similarity = (F.normalize(image, dim=1) @ F.normalize(text, dim=1).T).double().numpy()
    ranks = retrieval_ranks(similarity, owner)
    measures = []
    for direction, values, groups in (
        ("image→text", ranks.image_to_text, np.arange(len(counts))),
        ("text→image", ranks.text_to_image, owner),
    ):
        for k in (1, 5, 10):
            hit = (np.asarray(values) <= k).astype(float)
            interval = bootstrap_interval(_mean_of(hit), groups, n_resamples=500)
            measures.append(
                Measure.of(
                    f"{prefix}R@{k} {direction}",
                    interval,
                    n=len(hit),
                    data=f"{ON}, all five captions",
                    aim=(aims or {}).get((direction, k), ""),
                )
            )
    return measures


def linear_baseline(source: VisionSource, test: np.ndarray, epochs: int = 10) -> list[Measure]:
    """The baseline row: a linear projection of the teacher's frozen pooled features, trained with the same contrast."""
    torch.manual_seed(0)
    pooled = torch.from_numpy(np.asarray(source.cache.arrays["pooled"][:, :2])).float()
    train = torch.as_tensor(source.train)
    mean, std = pooled[train, 0].mean(0), pooled[train, 0].std(0).clamp_min(1e-6)
    pooled = (pooled - mean) / std
    texts = torch.from_numpy(np.stack(source.texts))
    head = torch.nn.Linear(pooled.shape[-1], texts.shape[-1])
    optimiser = torch.optim.AdamW(head.parameters(), lr=1e-3, weight_decay=0.05)
    size = min(256, len(train) // 2)
    steps = epochs * (len(train) // size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 1e-3, total_steps=steps, pct_start=0.1)
    partner = torch.arange(size)
    for _ in range(epochs):
        order = train[torch.randperm(len(train))]
        for start in range(0, len(order) - size + 1, size):
            rows = order[start : start + size]
            image = F.normalize(head(pooled[rows, torch.randint(2, (size,))]), dim=1)
            logits = 22.0 * image @ texts[rows, torch.randint(texts.shape[1], (size,))].T
            loss = (F.cross_entropy(logits, partner) + F.cross_entropy(logits.T, partner)) / 2
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    with torch.inference_mode():
        image = head(pooled[test, 0])
    rows_measured = recall_measures("linear baseline: ", image, texts[test].flatten(0, 1), [texts.shape[1]] * len(test))
    return [m for m in rows_measured if "R@10" in m.name]
