"""What the page says the picture adds to one answer: the change by its unit, and how sure it is."""

from __future__ import annotations

import pytest
from helpers.fake_assessor import result

from adlab.app.modalities_words import absent_words, basis_lines, change_words, gain_words, private_words
from adlab.data.assessment import Interval
from adlab.data.modalities import BASES, AdModes, Mode, column_name, readings_of


def answer(head: str, value: float, half: float = 0.1):
    return result(head, value=value, interval=Interval(low=value - half, high=value + half, level=0.9, kind="spread"))


SHARED_ONE = answer("conversion", 0.3)


def modes(head: str, both: float, words: float, half: float = 0.1) -> AdModes:
    found = {Mode.BOTH: answer(head, both, half), Mode.TEXT_ONLY: answer(head, words, half)}
    return AdModes(content_hash="c0ffee", results={head: found})


@pytest.mark.parametrize(
    ("head", "both", "words", "expected"),
    [
        ("relevance", 2.5, 1.1, "1.4 grades higher"),
        ("appeal", 3.9, 4.1, "0.2 steps lower"),
        ("conversion", 0.006, 0.002, "3.0 times as high"),
        ("conversion", 0.0012, 0.001, "20 % higher"),
        ("ctr", 0.03, 0.04, "25 % lower"),
        ("relevance", 2.04, 2.01, ""),
    ],
)
def test_a_change_is_told_in_the_heads_unit(head, both, words, expected):
    assert change_words(answer(head, both), answer(head, words)) == expected


def test_overlapping_intervals_are_never_called_certain():
    assert gain_words(modes("relevance", 2.5, 2.0, half=0.5), "relevance")[1].endswith("overlap: not certain.")
    assert gain_words(modes("relevance", 2.5, 1.0, half=0.5), "relevance")[1].endswith("lie apart.")


def test_an_answer_that_does_not_move_says_nothing_was_added():
    assert gain_words(modes("appeal", 4.0, 4.0), "appeal") == ("Nothing", "The answer is the same without it.")


def test_a_missing_answer_gives_its_reason_once():
    lacking = AdModes(content_hash="x", results={}, missing={"ctr": dict.fromkeys(Mode, "This ad has no picture.")})
    assert gain_words(lacking, "ctr") == ("", "This ad has no picture.")


def test_everything_is_told_beside_focals_shared_part():
    whole = modes("conversion", 0.004, 0.002)
    told = AdModes(content_hash="x", results=whole.results, shared={"conversion": answer("conversion", 0.002)})
    assert private_words(told, "conversion") == (
        "2.0 times as high",
        "The intervals with and without them overlap: not certain.",
    )
    sure = AdModes(
        content_hash="x", results=whole.results, shared={"conversion": answer("conversion", 0.3, half=0.001)}
    )
    assert private_words(sure, "conversion")[1].endswith("lie apart.")
    assert private_words(whole, "conversion") == ("", "")


def test_a_reading_by_the_shared_part_belongs_to_heads_that_have_one():
    told = AdModes(content_hash="x", results=modes("conversion", 0.4, 0.2).results, shared={"conversion": SHARED_ONE})
    assert readings_of("conversion") == (*Mode, "shared")
    assert readings_of("relevance") == tuple(Mode)
    assert told.reading("conversion", "shared") is SHARED_ONE
    assert told.reading("conversion", Mode.BOTH).value == 0.4
    assert told.reading("relevance", "shared") is None
    assert column_name("conversion", "shared") == "conversion_shared"


@pytest.mark.parametrize("head", [head for head, basis in BASES.items() if basis.image_only])
def test_every_head_says_whether_it_was_trained_without_a_part(head):
    *_, last = basis_lines(head)
    assert ("extrapolation" in last) is not BASES[head].trained


def test_heads_that_are_not_installed_are_named():
    assert absent_words(()) == ""
    assert absent_words(("relevance",)).startswith("Not installed, so left out: Query relevance.")
    assert "Appeal, Conversion and Click-through" in absent_words(("appeal", "conversion", "ctr"))
