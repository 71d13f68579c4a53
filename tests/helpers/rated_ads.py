"""A tiny folder of rated web ads, in the layout of the public one; their raters like bright pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from adlab.data.bad_ads import OPINIONS
from helpers.pictures import picture

RATINGS, LEVELS = 10, 8  # ratings of an ad; levels of brightness


def rater_of(index: int, rating: int) -> int:
    """The same people rate every ad."""
    return rating


def save_rated_ads(
    data: Path,
    ads: int,
    *,
    contents: Mapping[str, Callable[[int], float]],
    first: int = 0,
    rater: Callable[[int, int], int] = rater_of,
    people: Sequence[str] = (),
) -> None:
    """Write the folder.

    Args:
        data: The folder, which is not there yet.
        ads: How many.
        contents: By kind of content, whether an ad has it, from its brightness, 0–7.
        first: Number of the first ad.
        rater: Who gives a rating, from the index of the ad and the number of the rating.
        people: Lines on the raters: number, attitude to ads, ad blocker, politics.
    """
    (data / "screenshots").mkdir(parents=True)
    rng = np.random.default_rng(0)
    ratings, opinions, contained = [], [], []
    for index in range(ads):
        ad, light = first + index, index % LEVELS
        image = picture(index, 40 + 3 * index, 64).point(lambda value, light=light: value // 3 + 20 * light)
        image.save(data / "screenshots" / f"{ad}.webp", lossless=True)
        for rating in range(RATINGS):
            stars = int(np.clip(light + rng.integers(-1, 2), 1, 7))
            ratings.append(f"{rater(index, rating)},{ad},{stars},")
        opinions.append(f"{ad},{','.join(['0.1'] * len(OPINIONS))},screenshots/x.png")
        contained.append(",".join([str(ad), *(str(has(light)) for has in contents.values())]))
    for name, head, lines in (
        ("overall_ad_ratings", "pid,ad_id,overall_rating,free_response", ratings),
        ("opinion_label_dist_norm", f"ad_id,{','.join(OPINIONS)},screenshot", opinions),
        ("content_labels", ",".join(["ad_id", *contents]), contained),
        ("participant_context", "pid,ad_attitude,adblocker,political_affiliation", people),
    ):
        (data / f"{name}.csv").write_text("\n".join([head, *lines]) + "\n")
