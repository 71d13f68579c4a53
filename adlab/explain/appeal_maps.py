"""What the mean rating of a picture rests on, at each fusion step of the head `appeal`, and whether that holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PIL import Image

from adlab.data.image_intake import AdImage
from adlab.explain.deletion import Deletion, DeletionConfig, deletion
from adlab.explain.fusion_maps import Framing, FusionMap, Shifts, fusion_maps, mean_rating, measure_shifts
from adlab.models.m2fn_ensemble import bucket_values

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from adlab.inference.appeal import AppealHead

Report = Callable[[int, int], None]


def appeal_maps(
    head: AppealHead, image: AdImage, words: str | None, shifts: Shifts | None = None
) -> tuple[FusionMap, ...]:
    """Grad-CAM of the mean rating, one map a fusion step; a forward and a backward pass.

    Args:
        head: That rates the picture.
        image: The picture.
        words: In it; None where they were not read.
        shifts: Where the network's cells look, `measure_shifts`; measured if not given, which takes a second.
    """
    read = head.inputs(image, words)
    target = mean_rating(bucket_values(head.network.config.outputs), head.settings.temperature)
    framing = Framing(picture=(image.width, image.height), box=read.box, size=read.size)
    (maps,) = fusion_maps(
        head.network, read.pixels, read.aux, target, [framing], shifts or measure_shifts(head.network)
    )
    return maps


def deletions(
    head: AppealHead,
    image: AdImage,
    words: str | None,
    maps: Sequence[FusionMap],
    report: Report = lambda done, total: None,
) -> dict[str, Deletion]:
    """Mask what each map says raises the rating, and see whether it falls faster than with other orders.

    Copies are masked at the size that the picture has in the network's square: the network sees no finer, and the
    copy without a mask is then exactly what it rates.

    Args:
        head: That rates the picture.
        image: The picture.
        words: In it; None where they were not read.
        maps: Of it.
        report: Called with (copies rated, all copies).

    Returns:
        By step.
    """
    config, read = DeletionConfig(), head.inputs(image, words)
    small = image.pixels.resize(read.box[2:], Image.Resampling.BICUBIC)
    # Each map, the centre and the random maps hide parts step by step; nothing and everything masked are common.
    total = len(maps) * (2 + (config.steps - 1) * (2 + config.random_maps))
    done = 0

    def score(copies: Sequence[Image.Image]) -> NDArray[np.floating]:
        nonlocal done
        report(done, total)
        done += len(copies)
        return head.mean_ratings(copies, read.aux)

    return {each.step: deletion(small, each.values, score, config) for each in maps}
