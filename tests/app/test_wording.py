from __future__ import annotations

import pytest
from helpers.fake_assessor import provenance

from adlab.app import wording
from adlab.data.assessment import DataKind, Interval, Percentile, Reading


def interval(low: float, high: float) -> Interval:
    return Interval(low=low, high=high, level=0.9, kind="spread")


def percentile(value: float) -> Percentile:
    return Percentile(value=value, reference="r", n=1000, description="photos with their own caption")


def reading(value: float, r2: float = 0.5) -> Reading:
    return Reading(
        space="private image", name="brightness", percentile=value, low_word="dark", high_word="bright", probe_r2=r2
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1, "1st"),
        (2, "2nd"),
        (3, "3rd"),
        (11, "11th"),
        (52.4, "52nd"),
        (99.7, "above the 99th"),
        (0.2, "below the 1st"),
        (0, "below the 1st"),
        (100, "above the 99th"),
    ],
)
def test_ranks_are_ordinals_that_never_claim_the_very_ends(value, text):
    assert wording.rank_words(percentile(value)).startswith(text + " percentile among 1,000 ")


@pytest.mark.parametrize(("value", "text"), [(0.4, "< 1"), (99.4, "> 99"), (50.2, "50")])
def test_bare_percentiles_never_claim_the_very_ends(value, text):
    assert wording.rank_number(value) == text


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0, "dark"),
        (34, "dark"),
        (35, "in the middle"),
        (65, "in the middle"),
        (66, "bright"),
    ],
)
def test_a_reading_becomes_words(value, words):
    assert wording.reading_words(reading(value)) == words


@pytest.mark.parametrize(("r2", "word"), [(0.7, "good"), (0.3, "fair"), (0.1, "rough"), (-0.2, "rough")])
def test_a_reading_says_how_far_to_trust_it(r2, word):
    assert wording.trust_words(reading(50, r2)).startswith(word)


def test_a_simulated_score_is_named_so():
    assert "not real people" in wording.source_words(provenance(DataKind.SIMULATION))


@pytest.mark.parametrize("kind", DataKind)
def test_every_kind_of_data_has_a_badge(kind):
    assert wording.source_words(provenance(kind))


def test_an_unmeasured_coverage_is_said():
    assert "not measured" in wording.coverage_words(interval(1, 2))
    measured = Interval(low=1, high=2, level=0.9, kind="spread", measured_coverage=0.874, coverage_n=1234)
    assert wording.coverage_words(measured) == "spread; it held 87 % of 1,234 held-out cases"
