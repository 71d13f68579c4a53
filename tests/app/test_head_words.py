from __future__ import annotations

from dataclasses import replace

import pytest
from helpers.fake_assessor import SHAPES, result

from adlab.app import head_words
from adlab.cli.heads import HEADS as CONTRACT
from adlab.data.assessment import Interval, Percentile
from adlab.errors import UnknownNameError


def interval(low: float, high: float) -> Interval:
    return Interval(low=low, high=high, level=0.9, kind="spread")


def percentile(value: float) -> Percentile:
    return Percentile(value=value, reference="r", n=1000, description="photos with their own caption")


def test_every_head_of_the_contract_has_words():
    assert set(CONTRACT) <= set(head_words.HEADS)


def test_an_unknown_head_is_refused_with_the_nearest_name():
    with pytest.raises(UnknownNameError, match="agreement"):
        head_words.words_for("agrement")


@pytest.mark.parametrize("head", SHAPES)
def test_each_head_says_what_it_means_and_what_it_is_not(head):
    words = head_words.words_for(head)
    sentence = words.meaning(result(head))
    assert sentence.endswith(".")
    assert words.not_this
    assert all(line.startswith(("Not ", "Learned ")) for line in words.not_this)


@pytest.mark.parametrize("head", sorted(SHAPES.keys() - {"relevance"}))  # a grade stands for itself
def test_every_sentence_about_a_percentile_names_the_reference_and_its_size(head):
    assert "1,000 photos with their own caption" in head_words.words_for(head).meaning(result(head))


def test_agreement_says_once_that_the_reference_is_photos():
    group = replace(percentile(12.0), description="photos with their own caption (photos, not ads)")
    for percentiles in (result().percentiles, (group, group)):
        assert head_words.words_for("agreement").meaning(result(percentiles=percentiles)).count("photos, not ads") == 1


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (60, 90, "Close agreement"),
        (40, 90, "Fair to close agreement"),
        (0, 1, "Little agreement"),
        (5, 19.9, "Loose agreement"),
        (50, 50, "Close agreement"),
    ],
)
def test_a_verdict_spans_the_whole_interval(low, high, words):
    assert head_words.verdict(result(value=(low + high) / 2, interval=interval(low, high))) == words


def test_a_probability_gets_no_verdict():
    assert head_words.verdict(result("ctr")) == ""


def test_a_click_rate_for_an_audience_is_ranked_by_its_average_as_other_ads_are():
    sentence = head_words.words_for("ctr").meaning(result("ctr", details={"ctr_average": 0.0032}))
    assert sentence.startswith(
        "The expected share of impressions that are clicked is 0.41 %. Averaged over all contexts it is 0.32 %, 71st"
    )
    same = head_words.words_for("ctr").meaning(result("ctr", details={"ctr_average": 0.0041}))
    assert same.startswith("The expected share of impressions that are clicked is 0.41 %, 71st percentile")
