"""How fast `score` is: rows a second alone and in batches, with and without what the Assessor remembers.

    python -m benchmarks.scoring [--rows 256] [--width 1200] [--height 628] [--models DIR]

All numbers come from one run on one machine and one set of generated pictures, so that the ratios mean something
where the absolute numbers do not. "Cold" scores ads that the Assessor has not seen; "cached" scores the same ads
again, so pictures are decoded but not encoded; "shared" gives all rows the same eight pictures with copy of their
own, as variants of an ad have.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image, ImageFilter

from adlab.cli.scoring import read_ads, score_rows
from adlab.data.table import validate
from adlab.inference.assessor import Assessor

SHARED = 8


def main() -> None:
    """Print a table of rows a second."""
    arguments = parse()
    if arguments.models:
        os.environ["ADLAB_MODELS"] = str(arguments.models)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        ads = draw(folder, arguments.rows, (arguments.width, arguments.height))
        print(f"{arguments.rows} ads, JPEG {arguments.width} × {arguments.height}, {os.cpu_count()} cores\n")
        print(f"{'':24}{'rows/s':>10}{'ms/row':>10}{'ratio':>10}")
        first = None
        for words, rate in measure(ads, folder, arguments.rows):
            first = first or rate
            print(f"{words:24}{rate:10.1f}{1000 / rate:10.1f}{rate / first:10.2f}")


def measure(ads: pd.DataFrame, folder: Path, rows: int) -> Iterator[tuple[str, float]]:
    """Name and rows a second of each way to score."""
    for batch_size in (1, 32):
        assessor = Assessor(batch_size=batch_size)
        warm_up(assessor, folder)
        for words in ("cold", "cached"):
            started = time.perf_counter()
            score_rows(ads, assessor, heads=assessor.heads, images=folder, batch_size=batch_size)
            yield f"{words}, batch of {batch_size}", rows / (time.perf_counter() - started)
    assessor = Assessor(batch_size=32)
    warm_up(assessor, folder)
    shared = ads.assign(image=[f"{row % SHARED}.jpg" for row in range(rows)])
    started = time.perf_counter()
    score_rows(shared, assessor, heads=assessor.heads, images=folder)
    yield f"cold, {SHARED} shared pictures", rows / (time.perf_counter() - started)
    started = time.perf_counter()
    for _ in read_ads(ads, folder):
        pass
    yield "reading alone", rows / (time.perf_counter() - started)


def warm_up(assessor: Assessor, folder: Path) -> None:
    """The first pass pays for memory and kernels; it is made on a picture that is not measured."""
    Image.new("RGB", (64, 64), "teal").save(folder / "warm-up.png")
    ads = validate(pd.DataFrame({"image": ["warm-up.png"], "title": ["Warming up"]}))
    score_rows(ads, assessor, heads=assessor.heads, images=folder)


def draw(folder: Path, rows: int, size: tuple[int, int]) -> pd.DataFrame:
    """Blurred noise as JPEG, about as heavy to decode as a photo, each with copy of its own."""
    rng = np.random.default_rng(0)
    for row in range(rows):
        coarse = Image.fromarray(rng.integers(0, 256, (size[1] // 8, size[0] // 8, 3), dtype=np.uint8))
        coarse.resize(size, Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(1)).save(
            folder / f"{row}.jpg", quality=88
        )
    table = pd.DataFrame(
        {
            "image": [f"{row}.jpg" for row in range(rows)],
            "title": [f"Offer {row}: two shoes for the price of one" for row in range(rows)],
            "description": ["Light running shoes in many colours, delivered tomorrow."] * rows,
        }
    )
    return validate(table)


def parse() -> argparse.Namespace:
    """The arguments."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=256)
    parser.add_argument("--width", type=int, default=1200)
    parser.add_argument("--height", type=int, default=628)
    parser.add_argument("--models", type=Path, help="folder of the checkpoints (default: models/)")
    return parser.parse_args()


if __name__ == "__main__":
    main()
