"""What it costs to read the looks of simulated ads again: drawn each time, and with the digests of their pixels kept.

    python -m benchmarks.drawn_ads [--ads 400]

Processor time of one run on one machine; vectors and histograms of colours are kept in both cases.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time

from adlab.checkpoints.networks import DEFAULT_IMAGE_ENCODER, load_image_encoder
from adlab.simulator.plan import plan_ad
from adlab.simulator.render import draw
from adlab.training.picture_vectors import Pictures, picture_key, picture_looks

SEED = 11


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ads", type=int, default=400)
    count = parser.parse_args().ads
    encoder, plans = load_image_encoder(DEFAULT_IMAGE_ENCODER), [plan_ad(SEED, index) for index in range(count)]
    pictures = Pictures({}, {picture_key(plan): plan for plan in plans})
    with tempfile.TemporaryDirectory() as folder:
        os.environ["ADLAB_CACHE"] = folder
        picture_looks(list(pictures.plans), pictures, encoder)
        began = time.process_time()
        picture_looks(list(pictures.plans), pictures, encoder)
        kept = time.process_time() - began
        began = time.process_time()
        for plan in plans:
            draw(plan).image.tobytes()
        drawn = time.process_time() - began
    each, before = 1e3 * kept / count, 1e3 * (kept + drawn) / count
    print(f"{count} ads read again: {each:.2f} ms an ad; drawn as well: {before:.2f}")
    print(f"ratio: {(kept + drawn) / kept:.0f}")


if __name__ == "__main__":
    main()
