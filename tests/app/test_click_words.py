from __future__ import annotations

import pytest

from adlab.app.click_words import averaged_words, finding, rate_words, whom
from adlab.app.clicks import Rate
from adlab.data.creative import Context

NAMES = ["one", "two", "three"]


def rates(*values: float, half: float = 0.002) -> list[Rate]:
    return [Rate(value, value - half, value + half) for value in values]


def plain(words: str) -> str:
    return words.replace("\u00a0", " ")


def test_a_rate_stands_with_its_interval_on_one_line():
    assert rate_words(Rate(0.034, 0.026, 0.041)) == "3.4\u00a0% (2.6\u00a0%\u00a0–\u00a04.1\u00a0%)"


def test_ends_whose_intervals_overlap_are_too_close_to_call():
    said = finding(NAMES, rates(0.030, 0.033, 0.0301), "hours")
    assert plain(said.ends).startswith("Highest: two, 3.3 % (3.1 % – 3.5 %). Lowest: one, 3.0 % (2.8 % – 3.2 %)")
    assert said.verdict == "Their intervals overlap: too close to call."


def test_intervals_that_touch_still_overlap():
    assert "too close to call" in finding(NAMES[:2], [Rate(0.03, 0.02, 0.04), Rate(0.05, 0.04, 0.06)], "hours").verdict


def test_what_is_near_the_highest_is_counted():
    said = finding(NAMES, rates(0.050, 0.049, 0.030), "hours")
    assert said.verdict == "The two can be told apart, but 1 of the other 2 hours are too close to the highest to call."


def test_a_highest_that_stands_clear_is_said():
    said = finding(NAMES, rates(0.050, 0.030, 0.030), "age bands")
    assert said.verdict == "The highest stands clear of all other age bands."


def test_no_difference_is_no_ranking():
    said = finding(NAMES, rates(0.03001, 0.03, 0.03), "hours")
    assert plain(said.ends) == "The same for all hours: 3.0 % (2.8 % – 3.2 %)."
    assert said.verdict == "The model sees no difference."


def test_whom_a_rate_is_for():
    assert whom({}) == "all viewers, at any time"
    assert whom({"gender": "male"}) == "male viewers"


@pytest.mark.parametrize(
    ("context", "stored", "words"),
    [
        (Context(), 8, "Who sees it and when is unknown; averaged over 8 stored contexts, not guessed."),
        (Context(gender="male"), 8, "Unknown: hour; averaged over 8 stored contexts, not guessed."),
        (Context(hour=0), 1, "Unknown: gender; taken from one stored context."),
        (Context(gender="male", hour=0), 8, ""),
    ],
)
def test_what_is_averaged_over_is_said_with_the_number_of_contexts(context, stored, words):
    assert averaged_words(context, ("gender", "hour"), stored) == words
