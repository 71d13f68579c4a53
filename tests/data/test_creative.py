from __future__ import annotations

from dataclasses import FrozenInstanceError, fields, replace

import pytest
from PIL import Image

from adlab.data.creative import (
    AGE_BANDS,
    COPY_FIELDS,
    MAX_TEXT_CHARACTERS,
    Context,
    Creative,
    Outcomes,
    age_band_of,
)
from adlab.data.image_intake import AdImage
from adlab.errors import InputError

RED = AdImage.from_pixels(Image.new("RGB", (8, 8), "red"))
BLUE = AdImage.from_pixels(Image.new("RGB", (8, 8), "blue"))
FULL = Creative(image=RED, **{name: f"the {name}" for name in COPY_FIELDS})


def test_the_copy_fields_are_all_fields_but_the_image_and_the_words_in_it():
    assert {field.name for field in fields(Creative)} == {"image", "ocr_text", *COPY_FIELDS}


@pytest.mark.parametrize("name", COPY_FIELDS)
def test_the_content_hash_depends_on_each_text(name):
    assert replace(FULL, **{name: "another"}).content_hash != FULL.content_hash
    assert replace(FULL, **{name: ""}).content_hash != FULL.content_hash


def test_the_content_hash_depends_on_the_pixels():
    hashes = {replace(FULL, image=image).content_hash for image in (RED, BLUE, None)}
    assert len(hashes) == 3


def test_a_text_moved_to_another_field_changes_the_hash():
    assert len({Creative(**{name: "x"}).content_hash for name in COPY_FIELDS}) == len(COPY_FIELDS)
    assert Creative(title="ab", description="c").content_hash != Creative(title="a", description="bc").content_hash
    assert Creative(title="a\x00b").content_hash != Creative(title="a", description="b").content_hash


def test_equal_content_has_equal_hashes_however_it_was_spaced():
    assert Creative(title=" Red\n shoes\t").content_hash == Creative(title="Red shoes").content_hash
    copy = AdImage.from_pixels(Image.new("RGB", (8, 8), "red"), source_format="PNG", notes=("x",))
    assert replace(FULL, image=copy).content_hash == FULL.content_hash
    assert replace(FULL, image=copy) == FULL


def test_this_hash_never_changes():
    # Caches and histories are keyed by it.
    assert FULL.content_hash == "bf8d66695ad49956ead647ac39f227636935db52a8639c5e28d0b3a18a505315"


def test_words_in_the_picture_count_for_the_hash_only_if_they_are_given():
    hashes = [replace(FULL, ocr_text=words).content_hash for words in (None, "", "Sale", "sale")]
    assert hashes[0] == FULL.content_hash
    assert len(set(hashes)) == 4
    assert replace(FULL, category="c", ocr_text="d").content_hash != replace(FULL, category="cd").content_hash
    assert (
        replace(FULL, category="c d", ocr_text="").content_hash
        != replace(FULL, category="c", ocr_text="d").content_hash
    )


def test_words_in_the_picture_are_tidied_and_limited_and_may_be_unknown():
    assert Creative(title="t").ocr_text is None
    assert Creative(title="t", ocr_text=" \n").ocr_text == ""
    assert Creative(title="t", ocr_text=" Big\n sale\x00now").ocr_text == "Big sale now"
    with pytest.raises(InputError, match="ocr_text has 20,001 characters"):
        Creative(title="t", ocr_text="x" * (MAX_TEXT_CHARACTERS + 1))
    with pytest.raises(InputError, match="ocr_text is 3; give text"):
        Creative(title="t", ocr_text=3)


def test_words_in_the_picture_are_no_copy_and_no_ad():
    assert Creative(title="Shoes", ocr_text="SALE").copy == "Shoes"
    with pytest.raises(InputError, match="neither an image nor text"):
        Creative(ocr_text="SALE")


def test_texts_are_tidied_and_words_stay_apart():
    creative = Creative(title="  Two\r\nlines\x00here ", brand="A\u00a0B\ud800")
    assert (creative.title, creative.brand) == ("Two lines here", "A B")
    assert Creative(title="👩‍👧 семья 靴").title == "👩‍👧 семья 靴"


@pytest.mark.parametrize(
    ("title", "description", "copy"),
    [
        ("Red shoes", "Run fast.", "Red shoes. Run fast"),
        ("Red shoes.", "", "Red shoes"),
        ("", "Run fast", "Run fast"),
        ("...", "Run", "Run"),
        ("", "", ""),
    ],
)
def test_the_copy_is_title_and_description_without_the_query(title, description, copy):
    assert Creative(query="running shoes", title=title, description=description).copy == copy


def test_an_ad_without_image_and_text_is_refused():
    for empty in ({}, {"title": " \n\x00 "}):
        with pytest.raises(InputError, match="neither an image nor text; give at least one"):
            Creative(**empty)
    assert Creative(image=RED).copy == ""


def test_a_text_may_be_long_but_not_endless():
    assert len(Creative(description="x" * MAX_TEXT_CHARACTERS).description) == MAX_TEXT_CHARACTERS
    with pytest.raises(InputError, match="description has 20,001 characters; shorten it to 20,000"):
        Creative(description="x" * (MAX_TEXT_CHARACTERS + 1))


@pytest.mark.parametrize("value", [None, 5, b"bytes"])
def test_a_text_that_is_none_is_refused(value):
    with pytest.raises(InputError, match=r"title is .*; give text"):
        Creative(title=value)


def test_a_creative_is_frozen_and_can_be_a_cache_key():
    with pytest.raises(FrozenInstanceError):
        FULL.title = "x"
    assert len({FULL, replace(FULL), replace(FULL, title="y")}) == 2


# Context

RANGES = {"month": (1, 12), "weekday": (1, 7), "hour": (0, 23)}


@pytest.mark.parametrize("name", RANGES)
def test_the_whole_range_of_a_context_field_is_taken_and_nothing_beyond(name):
    low, high = RANGES[name]
    for value in range(low, high + 1):
        assert Context(**{name: value}).known == {name: value}
    for value in (low - 1, high + 1, 1.0, True, "1"):
        with pytest.raises(InputError, match=f"{name} is .*; give a whole number from {low} to {high}"):
            Context(**{name: value})


@pytest.mark.parametrize(
    ("name", "value"), [("gender", "Female"), ("gender", ""), ("age_band", "27"), ("age_band", "15-20")]
)
def test_an_unknown_level_is_refused_with_the_valid_ones(name, value):
    with pytest.raises(InputError, match=rf"{name} is '{value}'; give one of (female, male|0-14, .*50\+)"):
        Context(**{name: value})


def test_unknown_fields_are_not_among_the_known():
    assert Context().known == {}
    assert Context(hour=0, gender="male").known == {"gender": "male", "hour": 0}


# Age bands


@pytest.mark.parametrize("years", range(121))
def test_every_age_falls_into_the_band_that_names_it(years):
    band = age_band_of(years)
    low, high = (int(part) for part in band.replace("+", "-120").split("-"))
    assert low <= years <= high
    assert age_band_of(years + 0.9 if years < 120 else years) == band


def test_the_nine_bands_of_the_paper_cover_all_ages_in_order():
    assert list(dict.fromkeys(map(age_band_of, range(121)))) == list(AGE_BANDS)
    assert len(AGE_BANDS) == 9


@pytest.mark.parametrize("years", [-1, 120.5, float("nan"), float("inf")])
def test_an_impossible_age_is_refused(years):
    with pytest.raises(InputError, match=r"age is .*; give a number of years from 0 to 120"):
        age_band_of(years)


# Outcomes


@pytest.mark.parametrize(
    "counts", [(5, 5, 5), (5, 0, 0), (0, 0, 0), (None, 3, 2), (5, None, 5), (None, None, 9), (None,) * 3]
)
def test_a_funnel_that_narrows_is_taken(counts):
    outcomes = Outcomes(**dict(zip(("impressions", "clicks", "conversions"), counts, strict=True)))
    assert (outcomes.impressions, outcomes.clicks, outcomes.conversions) == counts


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ((5, 6, None), r"clicks is 6, more than impressions \(5\); check"),
        ((5, 2, 3), r"conversions is 3, more than clicks \(2\)"),
        ((5, None, 6), r"conversions is 6, more than impressions \(5\)"),
        ((-1, None, None), "impressions is -1; give a count of 0 or more"),
        ((5, -1, None), "clicks is -1"),
        ((5, 2, -1), "conversions is -1"),
    ],
)
def test_a_funnel_that_widens_or_goes_below_zero_is_refused(counts, words):
    with pytest.raises(InputError, match=words):
        Outcomes(**dict(zip(("impressions", "clicks", "conversions"), counts, strict=True)))


@pytest.mark.parametrize(
    ("field", "good", "bad"),
    [
        ("relevance_grade", [0, 1, 2, 3], [-1, 4, 1.5]),
        ("relevance_confidence", [0, 0.5, 1], [-0.01, 1.01, float("nan")]),
        ("ratings", [(), (0, 3)], [(1, -1)]),
    ],
)
def test_judgements_have_their_ranges(field, good, bad):
    for value in good:
        assert getattr(Outcomes(**{field: value}), field) == value
    for value in bad:
        with pytest.raises(InputError, match="give"):
            Outcomes(**{field: value})
