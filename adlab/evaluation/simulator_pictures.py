"""Plain measures of simulated pictures and words: what a model without understanding could go by."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from adlab.processes import ProcessPool
from adlab.simulator.collection import JPEG_QUALITY
from adlab.simulator.drawing.sheet import contact_sheet
from adlab.simulator.render import RenderSpec, render
from adlab.simulator.response import ResponseModel
from adlab.simulator.settings import SimulationSettings
from adlab.simulator.truth import explain_truth

SIDE, BINS, THUMBNAIL = 224, 4, 16
STATISTICS = (
    "JPEG file size",
    "top left pixel",
    "middle pixel",
    "mean brightness",
    "spread of brightness",
    "mean red",
    "mean green",
    "mean blue",
    "mean saturation",
    "edges",
)
_BATCH = 25
_SHEET_COLUMNS = 8


class PictureMeasures(NamedTuple):
    """Measures of many pictures.

    Attributes:
        statistics: `STATISTICS`, (N, 10).
        histogram: Share of pixels in each of 4 × 4 × 4 cells of colour, (N, 64).
        thumbnail: The picture at 16 × 16, (N, 768), 0–1.
    """

    statistics: NDArray[np.float64]
    histogram: NDArray[np.float64]
    thumbnail: NDArray[np.float64]


def measure_pictures(
    settings: SimulationSettings,
    workers: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> PictureMeasures:
    """Draw and measure the pictures of a collection, at 224 × 224.

    Args:
        settings: The collection.
        workers: Processes; as many as processors if not given. With 1, this process draws.
        progress: Called with (pictures done, all).
    """
    batches = [range(s, min(s + _BATCH, settings.ads)) for s in range(0, settings.ads, _BATCH)]
    work = partial(_measure_batch, settings.seed)
    found: list[PictureMeasures] = []

    def collect(results: object) -> None:
        for result in results:  # type: ignore[attr-defined]
            found.append(result)
            progress(min(len(found) * _BATCH, settings.ads), settings.ads)

    if workers == 1:
        collect(map(work, batches))
    else:
        with ProcessPool(workers) as pool:
            collect(pool.map(work, batches))
    return PictureMeasures(*(np.concatenate(parts) for parts in zip(*found, strict=True)))


def measure_picture(picture: Image.Image) -> tuple[list[float], NDArray[np.float64], NDArray[np.float64]]:
    """Statistics, histogram and thumbnail of one picture."""
    pixels = np.asarray(picture.convert("RGB"))
    grey = np.asarray(picture.convert("L"), dtype=np.float64)
    file = io.BytesIO()
    picture.save(file, format="jpeg", quality=JPEG_QUALITY)
    cells = (pixels // (256 // BINS)).astype(int) @ (BINS**2, BINS, 1)
    edges = (np.abs(np.diff(grey, axis=0)).mean() + np.abs(np.diff(grey, axis=1)).mean()) / 2
    statistics = [
        float(file.tell()),
        float(grey[0, 0]),
        float(grey[grey.shape[0] // 2, grey.shape[1] // 2]),
        float(grey.mean()),
        float(grey.std()),
        *(float(pixels[..., channel].mean()) for channel in range(3)),
        float(np.asarray(picture.convert("HSV"))[..., 1].mean()),
        float(edges),
    ]
    thumbnail = np.asarray(picture.convert("RGB").resize((THUMBNAIL, THUMBNAIL), Image.Resampling.BOX)) / 255
    return statistics, np.bincount(cells.ravel(), minlength=BINS**3) / cells.size, thumbnail.ravel()


def sheet_of(seed: int, count: int, model: ResponseModel) -> Image.Image:
    """A contact sheet of the first ads of a collection, each with its true CTR in an average context below.

    Args:
        seed: The collection.
        count: Number of ads.
        model: The response.
    """
    pictures, labels = [], []
    for index in range(count):
        ad = render(seed, index, RenderSpec(width=SIDE, height=SIDE))
        truth = explain_truth(ad.plan, model=model)
        pictures.append(ad.image)
        labels.append(f"{ad.plan.ad_id}  CTR {truth.click.probability:.1%}")
    return contact_sheet(pictures, _SHEET_COLUMNS, labels=labels)


def _measure_batch(seed: int, indices: range) -> PictureMeasures:
    spec = RenderSpec(width=SIDE, height=SIDE)
    rows = [measure_picture(render(seed, index, spec).image) for index in indices]
    return PictureMeasures(*(np.array(column) for column in zip(*rows, strict=True)))
