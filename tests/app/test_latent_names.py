"""What items of a map are called: photos with captions are no ads, and what differs between pairs is said to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from adlab.app import latent_card
from adlab.app.components.latent_chart import groups_of
from adlab.app.latent_names import names_of, part_name, unit_of, unlike_words
from adlab.app.latent_shown import of_reference, twin_table
from adlab.projection.columns import Column, levels_column
from adlab.projection.latent import LatentSet
from adlab.projection.points import PRIVATE_IMAGE, SHARED, Embeddings, known_of_points


@pytest.fixture
def pairs() -> LatentSet:
    """Two photos, each with its own caption and with the other's; the first photo's brightness is unknown."""
    vectors = np.eye(2, 4, dtype=np.float32)
    embeddings = Embeddings(
        shared_image=vectors,
        private_image=vectors,
        shared_text=vectors,
        private_text=vectors,
        image_of=np.array([0, 1, 0, 1]),
        text_of=np.array([0, 1, 1, 0]),
    )
    label = levels_column("pair", ["true pair", "true pair", "mismatched pair", "mismatched pair"])
    bright = Column(name="bright", values=np.array([np.nan, 0.5, np.nan, 0.5], dtype=np.float32))
    columns = (label, bright, levels_column("mood", ["", "calm", "", "wild"]))
    return LatentSet(
        name="reference", checkpoint="focal", sha256="", embeddings=embeddings, columns=columns, label="pair"
    )


def test_a_pair_is_called_by_its_photo_and_the_photo_its_caption_is_of(pairs):
    assert names_of(pairs) == [
        "photo 1 with its caption",
        "photo 2 with its caption",
        "photo 1 with the caption of photo 2",
        "photo 2 with the caption of photo 1",
    ]
    assert unit_of(pairs) == "pair"
    assert twin_table(of_reference(pairs), "pca", {}).columns[0] == "pair"


def test_the_card_calls_a_photo_a_photo(pairs):
    assert latent_card.card(of_reference(pairs), "image", 2)["name"] == "photo 1, in 2 pairs"
    assert latent_card.card(of_reference(pairs), "text", 2)["name"] == "the caption of photo 2, in 2 pairs"
    assert latent_card.card(of_reference(pairs), "pair", 2)["name"] == "photo 1 with the caption of photo 2"


def test_an_ad_far_from_photos_is_not_warned_of_its_scores(pairs):
    assert "photos with captions, as most ads are" in unlike_words(pairs)
    assert "scores" not in unlike_words(pairs)
    assert "its scores, with care" in unlike_words(replace(pairs, label="mood"))


def test_ads_are_called_ads(pairs):
    ads = replace(pairs, label="mood")
    assert names_of(ads) == ["ad 1", "ad 2", "ad 3", "ad 4"]
    assert unit_of(ads) == "ad"
    assert part_name(ads, "image", 0, 2) == "A picture of 2 ads"


def test_points_without_a_colour_say_whether_pairs_differ_or_nothing_is_known(pairs):
    on_photos = pairs.points(PRIVATE_IMAGE)
    assert [group.name for group in groups_of(pairs, on_photos, "pair")] == ["in pairs that differ in it (2)"]
    assert [group.name for group in groups_of(pairs, on_photos, "mood")] == [
        "in pairs that differ in it (1)",
        "unknown (1)",
    ]
    assert [group.name for group in groups_of(pairs, pairs.points(SHARED), "mood")] == [
        "calm (1)",
        "wild (1)",
        "unknown (2)",
    ]


def test_a_point_has_a_value_where_any_of_its_ads_has_one(pairs):
    values = np.array([np.nan, 0.5, 1.0, np.nan])
    assert known_of_points(pairs.embeddings, pairs.points(SHARED), values).tolist() == [False, True, True, False]
    assert known_of_points(pairs.embeddings, pairs.points(PRIVATE_IMAGE), values).tolist() == [True, True]
    none = np.full(4, np.nan)
    assert not known_of_points(pairs.embeddings, pairs.points(PRIVATE_IMAGE), none).any()
