"""From a row of a table to the types that models read."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from adlab.data.creative import Context, Outcomes
from adlab.data.table import context_of, creative_of, outcomes_of, validate
from adlab.errors import ImageError, InputError


@pytest.fixture
def images(tmp_path):
    folder = tmp_path / "images"
    (folder / "sub").mkdir(parents=True)
    for name in ("a.png", "sub/b.png", "../secret.png"):
        Image.new("RGB", (10, 10), "red").save(folder / name)
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    (folder / "broken.png").write_bytes(b"\x89PNG")
    return folder


def row(**cells):
    return validate(pd.DataFrame([{"title": "t", **cells}])).iloc[0]


def test_a_row_becomes_a_creative(images):
    creative = creative_of(row(image="a.png", query="q", description="d", seller="s", brand="b", category="c"), images)
    assert creative.image.pixels.getpixel((0, 0)) == (255, 0, 0)
    texts = [getattr(creative, n) for n in ("query", "title", "description", "seller", "brand", "category")]
    assert texts == ["q", "t", "d", "s", "b", "c"]


def test_words_in_the_picture_come_from_their_column_and_an_empty_cell_is_not_read_yet():
    assert creative_of(row(ocr_text=" Big sale ")).ocr_text == "Big sale"
    assert [creative_of(row(ocr_text=cell)).ocr_text for cell in ("", "  ", None)] == [None, None, None]
    assert creative_of(row()).ocr_text is None


@pytest.mark.parametrize("name", ["sub/b.png", "sub\\b.png", "./a.png", "sub/../a.png"])
def test_paths_within_the_images_folder_are_followed(images, name):
    assert creative_of({"image": name}, images).image is not None


def test_a_relative_images_folder_works(images, monkeypatch):
    monkeypatch.chdir(images.parent)
    assert creative_of({"image": "a.png"}, images.relative_to(images.parent)).image is not None


@pytest.mark.parametrize(
    "name",
    [
        "../secret.png",
        "sub/../../secret.png",
        "..\\secret.png",
        "/etc/passwd",
        "C:\\ad.png",
        "link.png",
        "a\0.png",
    ],
)
def test_a_path_that_leaves_the_images_folder_is_refused(images, name):
    with pytest.raises(InputError, match="leads out of the images folder; give a path relative to it") as caught:
        creative_of({"image": name, "title": "t"}, images)
    assert not isinstance(caught.value, ImageError)


def test_an_absolute_path_is_refused_even_within_the_folder(images):
    with pytest.raises(InputError, match="leads out"):
        creative_of({"image": str(images / "a.png")}, images)


@pytest.mark.parametrize(
    ("name", "words"), [("none.png", "none.png does not exist"), ("broken.png", "damaged"), ("sub", "folder")]
)
def test_a_missing_or_broken_picture_is_an_image_error_that_names_it(images, name, words):
    with pytest.raises(ImageError, match=words):
        creative_of(row(image=name), images)


def test_a_web_address_and_a_missing_images_folder_say_what_to_do(images):
    with pytest.raises(InputError, match="download it"):
        creative_of({"image": "https://example.org/a.png"}, images)
    with pytest.raises(InputError, match="--images"):
        creative_of({"image": "a.png"}, None)


def test_a_row_without_image_needs_no_folder_and_an_empty_one_is_refused():
    assert creative_of(row(), None).title == "t"
    with pytest.raises(InputError, match="neither an image nor text"):
        creative_of({"image": "", "title": None, "brand": float("nan"), "ocr_text": "SALE"})


def test_context_is_read_and_the_unknown_stays_unknown():
    assert context_of(row()) == Context()
    full = row(
        gender="male",
        age_band="27",
        month="1",
        weekday="7",
        hour="0",
        position="3",
        mid_category="m",
        low_category="",
    )
    assert context_of(full) == Context(
        gender="male", age_band="25-29", month=1, weekday=7, hour=0, position="3", mid_category="m"
    )
    assert type(context_of(full).month) is int


def test_outcomes_are_read_and_the_unobserved_stays_none():
    assert outcomes_of(row()) == Outcomes()
    cells = {
        "impressions": "9",
        "clicks": "2",
        "conversions": "0",
        "relevance_grade": "3",
        "relevance_confidence": "0.5",
    }
    full = row(**cells, **{f"rating_{k}": str(k) for k in (1, 10, 2, 3, 4, 5, 6, 7, 8, 9)})
    assert outcomes_of(full) == Outcomes(
        impressions=9,
        clicks=2,
        conversions=0,
        ratings=(1, 2, 3, 4, 5, 6, 7, 8, 9, 10),
        relevance_grade=3,
        relevance_confidence=0.5,
    )
    assert outcomes_of(row(rating_1="", rating_2="")).ratings is None


@pytest.mark.parametrize("missing", [None, "", float("nan"), np.nan, pd.NA, pd.NaT])
def test_every_kind_of_gap_means_unknown(missing):
    gaps = dict.fromkeys(("gender", "month", "position", "clicks", "rating_1", "relevance_confidence"), missing)
    assert context_of(gaps) == Context()
    assert outcomes_of(gaps) == Outcomes()


def test_an_unchecked_row_still_gives_a_clear_error():
    with pytest.raises(InputError, match="month is 'May'"):
        context_of({"month": "May"})
    with pytest.raises(InputError, match=r"clicks is 1\.5"):
        outcomes_of({"clicks": 1.5})
    with pytest.raises(InputError, match="hour is 24"):
        context_of({"hour": 24})
