"""Deletion: curves by hand, planted causes, and what chance looks like."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from helpers.pictures import picture
from PIL import Image

from adlab.errors import ConfigError, InputError, UnknownNameError
from adlab.explain.deletion import (
    Deletion,
    DeletionConfig,
    DeletionCurve,
    centre_prior,
    deletion,
    first_masked,
    masked,
    masked_content,
    part_grid,
    part_means,
    random_maps,
)

SIZE = 64


def ad() -> Image.Image:
    """Black, with a white square in the upper left eighth of each side."""
    pixels = np.zeros((SIZE, SIZE, 3), np.uint8)
    pixels[:16, :16] = 255
    return Image.fromarray(pixels)


def white(images: Sequence[Image.Image]) -> np.ndarray:
    """Share of white in the upper left corner: what the square causes."""
    return np.array([np.asarray(image)[:16, :16].mean() / 255 for image in images])


def on_the_cause() -> np.ndarray:
    values = np.zeros((SIZE, SIZE))
    values[:16, :16] = 1
    return values


MEAN = DeletionConfig(baseline="mean")


def curve(*targets: float) -> DeletionCurve:
    return DeletionCurve(shares=tuple(np.linspace(0, 1, len(targets))), targets=targets)


def test_the_area_is_the_trapezoids_by_hand():
    assert DeletionCurve(shares=(0, 0.25, 1), targets=(4, 2, 0)).auc == 0.25 * 3 + 0.75 * 1


def test_gains_and_rank_by_hand():
    found = Deletion(
        curve=curve(1, 0),
        centre=curve(1, 1),
        random=(curve(3, 1), curve(1, 0), curve(1, 1)),
        baseline="mean",
        parts=(1, 2),
    )
    assert found.gain_over_random == pytest.approx((2 + 0.5 + 1) / 3 - 0.5)
    assert found.gain_over_centre == 0.5
    assert found.p_value == 2 / 4  # one of three is as low
    assert not found.better_than_random


def test_a_map_on_the_planted_cause_is_better_than_random_and_than_the_centre():
    found = deletion(ad(), on_the_cause(), white, MEAN)
    assert found.curve.targets[0] == 1
    assert found.curve.targets[1] == pytest.approx(16 / 255, abs=1e-6)  # four of 64 parts hold it, and eight are masked
    assert found.better_than_random
    assert found.p_value == 1 / 20
    assert found.gain_over_random > 0.2
    assert found.gain_over_centre > 0.2


def test_a_map_that_points_away_from_the_cause_is_no_better_than_chance():
    found = deletion(ad(), -on_the_cause(), white, MEAN)
    assert not found.better_than_random
    assert found.p_value == 1
    assert found.gain_over_random < 0


def test_an_even_map_is_no_better_than_chance():
    found = deletion(ad(), np.ones((7, 7)), white, MEAN)
    assert found.p_value == 1
    assert found.gain_over_random == pytest.approx(0)


def test_all_curves_share_both_ends_and_the_shares_that_are_masked():
    found = deletion(picture(3, 96, 64), np.random.default_rng(0).normal(size=(7, 7)), white, DeletionConfig(steps=5))
    curves = [found.curve, found.centre, *found.random]
    assert len(curves) == 21
    assert len({c.shares for c in curves}) == 1
    assert found.curve.shares[0] == 0
    assert found.curve.shares[-1] == 1
    assert len({(c.targets[0], c.targets[-1]) for c in curves}) == 1
    rows, columns = found.parts
    np.testing.assert_allclose(np.array(found.curve.shares) * rows * columns % 1, 0, atol=1e-9)


def test_no_more_than_a_batch_is_scored_at_once_and_the_batch_does_not_matter():
    sizes: list[int] = []

    def counting(images: Sequence[Image.Image]) -> np.ndarray:
        sizes.append(len(images))
        return white(images)

    found = deletion(ad(), on_the_cause(), counting, MEAN)
    assert max(sizes) == 32
    assert sum(sizes) == 2 + 7 * 21
    assert deletion(ad(), on_the_cause(), white, DeletionConfig(baseline="mean", batch_size=5)) == found


def test_the_whole_evidence_can_fit_into_one_batch():
    sizes: list[int] = []

    def counting(images: Sequence[Image.Image]) -> np.ndarray:
        sizes.append(len(images))
        return white(images)

    deletion(ad(), on_the_cause(), counting, DeletionConfig(steps=6, random_maps=4))
    assert sizes == [32]


def test_the_most_important_parts_go_first():
    importance = np.array([[0.1, 0.9], [-0.5, 0.3]])
    assert first_masked(importance, 4, np.arange(4)).tolist() == [
        [[False, True], [False, False]],
        [[False, True], [False, True]],
        [[True, True], [False, True]],
    ]


def test_equally_important_parts_go_in_the_order_that_is_given():
    importance = np.array([[0.0, 1.0, 0.0, 0.0]])
    assert first_masked(importance, 2, np.array([3, 1, 0, 2])).tolist() == [[[False, True, False, True]]]


@pytest.mark.parametrize(("size", "parts"), [((100, 100), (8, 8)), ((728, 90), (3, 21)), ((1080, 1920), (11, 6))])
def test_parts_are_about_as_wide_as_high(size, parts):
    assert part_grid(*size) == parts


@pytest.mark.parametrize("size", [(8, 200), (200, 8), (8, 8), (2000, 100)])
def test_every_shape_that_is_taken_in_has_parts(size):
    rows, columns = part_grid(*size)
    assert 1 <= rows <= size[1]
    assert 1 <= columns <= size[0]
    assert 30 <= rows * columns <= 80


def test_means_over_parts_by_hand():
    values = np.arange(12.0).reshape(2, 6)
    assert part_means(values, (1, 3)).tolist() == [[3.5, 5.5, 7.5]]
    assert part_means(np.array([[1.0, 2.0]]), (2, 2)).tolist() == [[1, 2], [1, 2]]


def test_random_maps_are_the_same_values_in_other_places_and_the_same_every_time():
    importance = np.arange(12.0).reshape(3, 4)
    found = random_maps(importance, 9, seed=1)
    assert all(sorted(m.ravel()) == list(range(12)) for m in found)
    assert not any(np.array_equal(m, importance) for m in found)
    assert len({m.tobytes() for m in found}) == 9
    assert all(np.array_equal(a, b) for a, b in zip(found, random_maps(importance, 9, seed=1), strict=True))
    assert [m.tobytes() for m in found] != [m.tobytes() for m in random_maps(importance, 9, seed=2)]


def test_the_centre_prior_is_highest_in_the_middle_and_the_same_mirrored():
    prior = centre_prior((5, 3))
    assert np.unravel_index(prior.argmax(), prior.shape) == (2, 1)
    np.testing.assert_allclose(prior, prior[::-1, ::-1])


def test_masked_parts_show_the_baseline_and_the_others_the_picture():
    image = picture(1, 40, 40)
    hidden = masked_content(image, "mean")
    copy = np.asarray(masked(image, hidden, np.array([[True, False], [False, False]])))
    assert (copy[:20, :20] == np.asarray(image).reshape(-1, 3).mean(0).round().astype(np.uint8)).all()
    assert (copy[20:] == np.asarray(image)[20:]).all()
    assert (copy[:, 20:] == np.asarray(image)[:, 20:]).all()


def test_the_blur_leaves_no_detail_and_keeps_the_mean():
    image = picture(1, 80, 80)
    blurred, sharp = np.asarray(masked_content(image, "blur"), float), np.asarray(image, float)
    assert np.abs(np.diff(blurred, axis=1)).mean() < 0.1 * np.abs(np.diff(sharp, axis=1)).mean()
    assert abs(blurred.mean() - sharp.mean()) < 8


def test_what_cannot_be_tested_is_said():
    for values in (np.zeros(3), np.zeros((0, 2)), np.array([[np.nan]])):
        with pytest.raises(InputError, match="The map has shape"):
            deletion(ad(), values, white, MEAN)
    with pytest.raises(InputError, match="score that is not finite"):
        deletion(ad(), on_the_cause(), lambda images: np.full(len(images), np.nan), MEAN)
    for fields in ({"steps": 1}, {"random_maps": 0}, {"batch_size": 33}):
        with pytest.raises(ConfigError, match=next(iter(fields))):
            DeletionConfig(**fields)
    with pytest.raises(UnknownNameError, match="blur"):
        DeletionConfig(baseline="blurr")
