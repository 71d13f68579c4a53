"""What a number says of its aim: bounds, aims that can be missed on either side, and abbreviations."""

from __future__ import annotations

import pytest

from adlab.app.aims import RULE, Verdict, count_words, meets, terms_words, verdict_of, verdict_words
from adlab.checkpoints.manifest import Measure


def measure(value, aim="0.90", low=None, high=None, n=2000, name="interval coverage"):
    return Measure(name=name, value=value, low=low, high=high, n=n, data="ads", aim=aim)


@pytest.mark.parametrize(
    ("value", "aim", "met"),
    [
        (0.95, "≥ 0.95", True),
        (0.949, "≥ 0.95", False),
        (0.1, "≤ 0.2", True),
        (0.3, "<= 0.2", False),
        (3, "> 3", False),
        (2.9, "< 3", True),
        (-0.01, "≥ −0.02", True),
        (-0.03, "≥ −0.02", False),
        (0.91, "≥ 90 %", True),
        (0.5, "0.50 ± 0.03", True),
        (0.47, "0.50 ± 0.03", True),
        (0.531, "0.50 ± 0.03", False),
        (0.5, "", None),
        (0.5, "0.90", None),
        (0.5, "as high as it goes", None),
    ],
)
def test_an_aim_is_met_or_missed_or_no_comparison(value, aim, met):
    assert meets(value, aim) is met


@pytest.mark.parametrize(
    ("value", "low", "high", "n", "expected"),
    [
        (0.911, 0.9, 0.92, 2000, Verdict.MET),
        (0.911, 0.904, 0.917, 2000, Verdict.NEAR),
        (0.886, 0.876, 0.894, 2000, Verdict.NEAR),
        (0.958, 0.949, 0.965, 2000, Verdict.MISSED),
        (0.84, 0.83, 0.85, 2000, Verdict.MISSED),
        (0.88, None, None, 375, Verdict.MET),  # half its interval is 0.028 by the number of cases
        (0.88, None, None, 37500, Verdict.NEAR),
    ],
)
def test_an_aim_without_a_sign_is_judged_from_both_sides_by_the_interval(value, low, high, n, expected):
    assert verdict_of(measure(value, low=low, high=high, n=n)) is expected


def test_the_words_say_on_which_side_an_aim_was_left():
    assert verdict_words(measure(0.911, low=0.9, high=0.92)) == "✓ met"
    assert verdict_words(measure(0.93, low=0.92, high=0.94)) == "≈ near, above"
    assert verdict_words(measure(0.84, low=0.83, high=0.85)) == "✗ missed, below"
    assert verdict_words(measure(0.5, aim="≥ 0.9")) == "✗ missed"
    assert verdict_words(measure(0.5, aim="")) == ""


def test_aims_that_are_near_are_counted_apart():
    near, met = measure(0.93, low=0.92, high=0.94), measure(0.97, aim="≥ 0.95")
    assert count_words([met, near, measure(0.5, aim="")]) == "1 of 2 aims met, 1 near"
    assert count_words([met]) == "1 of 1 aims met"
    assert count_words([measure(0.5, aim="")]) == ""


def test_abbreviations_are_explained_where_they_stand_as_a_word():
    found = dict(terms_words([measure(0.5, name="SPRC of mean", aim=""), measure(0.5, name="CTCVR AUC", aim="≥ 1")]))
    assert set(found) == {"SPRC", "CTCVR", "AUC"}
    assert dict(terms_words([measure(0.5, name="LCC"), measure(0.5, name="R@10 text→image")]))["Aims"] == RULE
    assert "R@1" not in dict(terms_words([measure(0.5, name="R@10 text→image")]))
