from __future__ import annotations

import pytest

from adlab.app import audience
from adlab.app.context_words import age_words, known_words, listed, unknown_names
from adlab.data.creative import AGE_BANDS, Context

LEVELS = {"hour": tuple("012"), "position": ("top", "side"), "gender": ("female", "male")}


def test_the_week_has_every_hour_once_and_keeps_the_rest():
    contexts = audience.week_contexts(Context(gender="male", hour=3, position="2"))
    assert [(c.weekday, c.hour) for c in contexts] == [(day, hour) for day in range(1, 8) for hour in range(24)]
    assert {(c.gender, c.position, c.month) for c in contexts} == {("male", "2", None)}


def test_the_ages_are_those_of_viewers_of_unknown_gender():
    contexts = audience.age_contexts(Context(month=5, age_band="50+"))
    assert [c.age_band for c in contexts] == list(AGE_BANDS)
    assert {(c.gender, c.month) for c in contexts} == {(None, 5)}


def test_with_a_gender_the_ages_are_those_of_both_one_after_the_other():
    contexts = audience.age_contexts(Context(gender="male", hour=9))
    assert [c.gender for c in contexts] == ["female"] * 9 + ["male"] * 9
    assert {c.hour for c in contexts} == {9}


def test_what_a_head_does_not_read_cannot_be_chosen_and_slots_are_its_own():
    found = audience.choices(LEVELS)
    assert list(found) == ["gender", "hour", "position"]
    assert found["hour"] == tuple(range(24))
    assert found["position"] == ("top", "side")


@pytest.mark.parametrize("name", audience.FIELDS[:-1])
def test_every_choice_is_a_level_of_a_context(name):
    for level in audience.choices({name: ()})[name]:
        assert getattr(Context(**{name: level}), name) == level


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"gender": "female", "age_band": "25-29"}, "female viewers aged 25–29"),
        ({"gender": "male", "age_band": "0-14"}, "male viewers under 15"),
        ({"age_band": "50+", "hour": 0}, "viewers aged 50 and over, 0:00"),
        ({"weekday": 5, "hour": 18, "month": 8, "position": "2"}, "Friday 18:00, August, slot 2"),
        ({"weekday": 5, "month": 8}, "Friday, August"),
        ({}, ""),
    ],
)
def test_a_context_is_put_as_people_say_it(fields, words):
    assert known_words(Context(**fields).known) == words


def test_what_is_unknown_is_named():
    assert unknown_names(Context(gender="male"), ("gender", "age_band", "hour")) == ["age", "hour"]
    assert [listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])] == ["a", "a and b", "a, b and c"]


def test_every_band_has_words():
    assert [age_words(band) for band in AGE_BANDS] == [
        *("under 15", "15–19", "20–24", "25–29", "30–34", "35–39", "40–44", "45–49", "50 and over")
    ]
