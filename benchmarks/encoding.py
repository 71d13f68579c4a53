"""How fast the shipped encoders are: pictures and texts a second by batch size, and what the cache saves.

    python -m benchmarks.encoding [--count 32] [--repeats 3] [--threads N]

Every ratio compares two measurements of one run on one machine.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch
from PIL import Image

from adlab.checkpoints.networks import DEFAULT_IMAGE_ENCODER, load_image_encoder
from adlab.checkpoints.store import list_checkpoints
from adlab.data.image_intake import AdImage
from adlab.encoders.image import ImageEncoder, ShippedNetwork
from adlab.encoders.mobilenet import MAP_CHANNELS, VisionConfig, VisionNet
from adlab.encoders.preprocessing import Letterbox
from adlab.encoders.spec import EncoderSpec
from adlab.encoders.text import load_minilm
from adlab.features.vectors import Vectors

BATCH_SIZES = (1, 8, 32)
COPY = "new summer shoes for the whole family now half price in every colour while stocks last only this week"


def image_encoder() -> ImageEncoder:
    """The shipped encoder; before one ships, random weights of its shape, which are as fast."""
    if DEFAULT_IMAGE_ENCODER in list_checkpoints():
        return load_image_encoder()
    print("No image encoder ships yet: random weights of its shape.")
    config, letterbox = VisionConfig(), Letterbox()
    spec = EncoderSpec(
        name="random",
        modality="image",
        output_dim=MAP_CHANNELS + config.text_dim,
        weights_sha256="",
        preprocessing=letterbox.description,
        licence="",
        data_terms="",
    )
    return ImageEncoder(ShippedNetwork(VisionNet(config)), letterbox, spec)


def pictures(count: int) -> list[AdImage]:
    """Noise of the size of a photo."""
    rng = np.random.default_rng(0)
    noise = (rng.integers(0, 256, (375, 500, 3), dtype=np.uint8) for _ in range(count))
    return [AdImage.from_pixels(Image.fromarray(pixels)) for pixels in noise]


def texts(count: int) -> list[str]:
    """Sentences of 4 to 20 words."""
    rng, words = np.random.default_rng(0), COPY.split()
    return [f"{number} " + " ".join(rng.choice(words, rng.integers(4, 21))) for number in range(count)]


def seconds(work: Callable[[], object], repeats: int) -> float:
    """Median wall-clock time of `work`, after one run to warm up."""
    work()
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def by_batch_size(kind: str, count: int, repeats: int, encode: Callable[[int], object]) -> None:
    """Print items a second for each batch size, beside batch 1."""
    base = 0.0
    for size in BATCH_SIZES:
        rate = count / seconds(lambda size=size: encode(size), repeats)  # type: ignore[misc]
        base = base or rate
        print(f"  {kind} at batch {size:2d}: {rate:7.1f} a second, {rate / base:4.2f} × batch 1")


def cached(
    kind: str, count: int, repeats: int, encode: Callable[[Vectors], object], fresh: Callable[[], Vectors]
) -> None:
    """Print the time with an empty cache and with a filled one."""
    uncached = seconds(lambda: encode(fresh()), repeats)
    filled = fresh()
    again = seconds(lambda: encode(filled), repeats)
    each, kept = 1e3 * uncached / count, 1e3 * again / count
    print(f"  {kind}: {each:.2f} ms uncached, {kept:.3f} ms cached, {uncached / again:.0f} ×")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=32, help="pictures and texts a measurement")
    parser.add_argument("--repeats", type=int, default=3, help="measurements, of which the median counts")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="CPU threads")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    images, text = image_encoder(), load_minilm()
    photos, copy = pictures(options.count), texts(options.count)
    pixels = [photo.pixels for photo in photos]
    print(f"{options.threads} CPU threads, {options.count} items, median of {options.repeats}")
    print("Encoders alone")
    by_batch_size("pictures", options.count, options.repeats, lambda size: images.encode(pixels, size))
    by_batch_size("texts   ", options.count, options.repeats, lambda size: text.encode(copy, size))
    print("Through the cache, one item a pass, as scoring on a CPU does")
    size = options.count, options.repeats
    cached("pictures", *size, lambda both: both.images(photos), lambda: Vectors(images, text))
    cached("texts   ", *size, lambda both: both.texts(copy), lambda: Vectors(images, text))


if __name__ == "__main__":
    main()
