"""Which points a space has, and what they are worth."""

from __future__ import annotations

import numpy as np
import pytest

from adlab.errors import InputError, UnknownNameError
from adlab.projection.points import Embeddings, independent_groups, points_of, values_of_points


def four_ads() -> Embeddings:
    """Ads 0 and 1 share picture 0, ads 1 and 2 share text 1; ad 3 has no text."""
    vectors = np.arange(12, dtype=np.float32).reshape(3, 4)
    return Embeddings(
        shared_image=vectors,
        private_image=vectors + 100,
        shared_text=vectors[:2] + 200,
        private_text=vectors[:2] + 300,
        image_of=np.array([0, 0, 1, 2]),
        text_of=np.array([0, 1, 1, -1]),
    )


def test_the_shared_space_has_one_point_an_ad_with_both_side_by_side():
    points = points_of(four_ads(), "shared")
    assert points.rows.tolist() == [0, 1, 2]
    assert points.vectors.shape == (3, 8)
    assert points.vectors[1].tolist() == [0, 1, 2, 3, 204, 205, 206, 207]
    assert set(points.modality) == {"pair"}


def test_a_picture_that_ads_share_is_one_point_and_belongs_to_the_first():
    points = points_of(four_ads(), "private-image")
    assert points.rows.tolist() == [0, 2, 3]
    assert points.vectors[:, 0].tolist() == [100, 104, 108]


def test_a_missing_text_is_no_point():
    assert points_of(four_ads(), "private-text").rows.tolist() == [0, 1]


def test_both_private_spaces_on_one_map_are_pictures_above_texts():
    points = points_of(four_ads(), "private")
    assert points.modality.tolist() == ["image"] * 3 + ["text"] * 2
    assert points.vectors[:, 0].tolist() == [100, 104, 108, 300, 304]


def test_ads_that_share_anything_are_one_group():
    groups = independent_groups(four_ads())
    assert len(set(groups[:3])) == 1
    assert groups[3] != groups[0]


def test_a_point_whose_ads_differ_has_no_value():
    ads = four_ads()
    values = values_of_points(ads, points_of(ads, "private-image"), np.array([5.0, 6.0, 7.0, np.nan]))
    np.testing.assert_array_equal(values, [np.nan, 7.0, np.nan])
    values = values_of_points(ads, points_of(ads, "private-text"), np.array([5.0, 6.0, 6.0, 8.0]))
    np.testing.assert_array_equal(values, [5.0, 6.0])


def test_what_does_not_fit_is_refused():
    with pytest.raises(UnknownNameError, match="private-image"):
        points_of(four_ads(), "private-picture")
    with pytest.raises(InputError, match="image_of runs from 0 to 3"):
        Embeddings(**{**vars(four_ads()), "image_of": np.array([0, 0, 1, 3])})
    with pytest.raises(InputError, match="shapes"):
        Embeddings(**{**vars(four_ads()), "text_of": np.array([0, 0, 1])})
