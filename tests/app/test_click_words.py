from __future__ import annotations

import pytest

from adlab.app.click_words import averaged_words, finding, lift_words, rate_words, tip, whom
from adlab.app.clicks import Rate
from adlab.data.creative import Context

NAMES = ["one", "two", "three"]


def rates(*values: float, half: float = 0.05) -> list[Rate]:
    """Of an ad with an average of 3 %; the rates are unsure, what they are relative to the average less so."""
    return [Rate(v, v / 2, 2 * v, v / 0.03, v / 0.03 - half, v / 0.03 + half) for v in values]


def plain(words: str) -> str:
    return words.replace("\u00a0", " ").replace("\u2060", "")


def test_a_rate_stands_with_its_interval_on_one_line():
    assert plain(rate_words(0.034, 0.026, 0.041)) == "3.4 % (2.6 % – 4.1 %)"
    assert " " not in rate_words(0.034, 0.026, 0.041)
    assert "–\u2060" in rate_words(0.034, 0.026, 0.041)  # a line may break after a dash otherwise


def test_a_lift_stands_with_its_interval():
    (rate,) = rates(0.036)
    assert plain(lift_words(rate)) == "1.20 × the average (1.15 – 1.25)"
    assert plain(tip("Friday 8:00", rate)) == "Friday 8:00: 3.6 % (1.8 % – 7.2 %), 1.20 × the average (1.15 – 1.25)"


def test_ends_whose_lifts_overlap_are_too_close_to_call():
    said = finding(NAMES, rates(0.030, 0.032, 0.0301), "hours")
    assert plain(said.ends).startswith(
        "Highest: two, 3.2 % (1.6 % – 6.4 %), 1.07 × the average (1.02 – 1.12). Lowest: one"
    )
    assert said.verdict.startswith("Too close to call")


def test_lifts_that_touch_still_overlap():
    both = [Rate(0.03, 0.01, 0.1, 1.0, 0.75, 1.25), Rate(0.05, 0.01, 0.1, 1.5, 1.25, 1.75)]
    assert finding(NAMES[:2], both, "hours").verdict.startswith("Too close to call")


def test_ends_are_told_apart_by_their_lifts_though_the_rates_themselves_are_unsure():
    said = finding(NAMES, rates(0.050, 0.049, 0.030), "hours")
    assert said.verdict == "The two can be told apart, but 1 of the other 2 hours is too close to the highest to call."
    more = finding([*NAMES, "four"], rates(0.050, 0.049, 0.049, 0.030), "hours")
    assert "2 of the other 3 hours are too close" in more.verdict


def test_a_highest_that_stands_clear_is_said():
    said = finding(NAMES, rates(0.050, 0.030, 0.030), "age bands")
    assert said.verdict == "The highest stands clear of all other age bands."


def test_no_difference_is_no_ranking():
    said = finding(NAMES, rates(0.03001, 0.03, 0.03), "hours")
    assert plain(said.ends) == "The same for all hours: 3.0 % (1.5 % – 6.0 %)."
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
