"""Modes judged by outcomes: differences by hand, a head that ignores the picture, disagreement order, outcomes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from adlab.data.modalities import Mode
from adlab.data.table import validate
from adlab.insights import modes as module
from adlab.insights.modes import AUC, PRIVATE, RANKS, compare, gaps, groups_of, most_apart, outcomes_of
from adlab.metrics.bootstrap import BootstrapInterval

IMAGE, TEXT, BOTH = Mode.IMAGE_ONLY, Mode.TEXT_ONLY, Mode.BOTH


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch):
    monkeypatch.setattr(module, "RESAMPLES", 200)


def graded(*grades: object) -> pd.DataFrame:
    return validate(pd.DataFrame({"title": "x", "relevance_grade": [str(g) for g in grades]}))


def test_grades_are_judged_by_the_auc_of_relevant_against_bad():
    (outcome,) = outcomes_of(graded(0, 0, 1, 3, ""))
    assert outcome.measure == AUC
    rows = np.arange(4)
    assert outcome.score(np.array([1.0, 2.0, 3.0, 4.0, 9.0]), rows) == 1.0
    assert outcome.score(np.array([1.0, 3.0, 2.0, 4.0, 9.0]), rows) == 0.75


def test_grades_without_a_bad_one_are_judged_by_ranks():
    (outcome,) = outcomes_of(graded(1, 2, 3))
    assert outcome.measure == RANKS
    assert outcome.score(np.array([0.1, 0.2, 0.3]), np.arange(3)) == pytest.approx(1)


def test_clicks_count_as_often_as_they_happened():
    table = validate(pd.DataFrame({"title": ["a", "b"], "impressions": ["10", "10"], "clicks": ["1", "3"]}))
    (outcome,) = outcomes_of(table)
    # 4 clicks and 16 impressions without: of 64 pairs, 3·9 are won, 1·9 and 3·7 tied, 1·7 lost.
    assert outcome.score(np.array([0.1, 0.2]), np.arange(2)) == pytest.approx((27 + (9 + 21) / 2) / 64)


def test_conversions_are_counted_among_impressions_else_among_clicks():
    cells = {"title": ["a", "b"], "clicks": ["4", "4"], "conversions": ["1", "2"]}
    assert outcomes_of(validate(pd.DataFrame(cells)))[0].negatives.tolist() == [3, 2]
    shown = outcomes_of(validate(pd.DataFrame({**cells, "impressions": ["9", "9"]})))
    assert [one.name for one in shown] == ["clicks", "conversions"]
    assert shown[1].negatives.tolist() == [8, 7]


def test_ratings_are_judged_by_the_rank_of_their_mean():
    cells = {"title": ["a", "b", "c"], "rating_1": ["1", "0", ""], "rating_2": ["1", "2", ""]}
    (outcome,) = outcomes_of(validate(pd.DataFrame(cells)))
    assert outcome.values[:2].tolist() == [1.5, 2]
    assert np.isnan(outcome.values[2])


def test_a_table_without_outcomes_has_none():
    assert outcomes_of(validate(pd.DataFrame({"title": ["a"], "impressions": ["5"]}))) == ()


def test_whole_queries_are_resampled_where_there_are_queries():
    table = validate(pd.DataFrame({"query": ["Red Shoe", "red shoe", ""], "ad_id": ["1", "2", "3"], "title": "x"}))
    groups, unit = groups_of(table)
    assert unit == "queries"
    assert groups.tolist() == ["red shoe", "red shoe", "row 2"]
    assert groups_of(table.drop(columns="query"))[1] == "ads"
    assert groups_of(table[["title"]])[1] == "rows"


def test_what_the_picture_adds_is_both_less_text_on_the_same_rows():
    (outcome,) = outcomes_of(graded(*[0, 1] * 20, 3))
    labels = np.array([0.0, 1.0] * 20 + [1.0])
    perfect, wrong = labels + np.arange(41) / 1e3, -labels
    answers = {BOTH: perfect, TEXT: wrong, IMAGE: np.append(labels[:-1], np.nan)}  # the last row is not judged
    found = compare("relevance", answers, outcome, np.arange(41), "rows")
    assert found.rows == 40
    assert found.modes[BOTH].value == 1
    assert found.modes[TEXT].value == 0
    added = found.differences["image_adds"]
    assert (added.value, added.low, added.high) == (1, 1, 1)
    assert found.differences["text_adds"].value == 0
    assert found.differences["image_over_text"].value == 1


def test_a_head_that_ignores_the_picture_has_a_difference_of_exactly_zero():
    rng = np.random.default_rng(0)
    (outcome,) = outcomes_of(graded(*rng.integers(0, 4, 60)))
    same = rng.normal(size=60)
    found = compare("relevance", {BOTH: same, TEXT: same, IMAGE: rng.normal(size=60)}, outcome, np.arange(60), "rows")
    added = found.differences["image_adds"]
    assert (added.value, added.low, added.high) == (0, 0, 0)
    assert found.differences["text_adds"].value == found.differences["image_over_text"].value * -1


def test_a_paired_difference_is_surer_than_two_intervals():
    rng = np.random.default_rng(1)
    grades = rng.integers(0, 2, 120)
    (outcome,) = outcomes_of(graded(*grades))
    text = grades + rng.normal(scale=1.2, size=120)
    answers = {TEXT: text, BOTH: text + 0.25 * grades, IMAGE: rng.normal(size=120)}
    found = compare("relevance", answers, outcome, np.arange(120), "rows")
    by_hand = outcome.score(answers[BOTH], np.arange(120)) - outcome.score(text, np.arange(120))
    added = found.differences["image_adds"]
    assert added.value == pytest.approx(by_hand)
    assert added.low > 0
    assert found.modes[BOTH].low < found.modes[TEXT].high


def test_resampling_whole_queries_widens_the_interval():
    rng = np.random.default_rng(2)
    queries = np.repeat(np.arange(12), 10)
    grades = rng.integers(0, 2, 120)
    (outcome,) = outcomes_of(graded(*grades))
    helps = rng.normal(size=12)[queries]  # the picture helps for some queries and hurts for others
    answers = {TEXT: rng.normal(size=120), IMAGE: rng.normal(size=120), BOTH: helps * (2 * grades - 1)}
    width = []
    for groups, unit in ((queries, "queries"), (np.arange(120), "rows")):
        added = compare("relevance", answers, outcome, groups, unit).differences["image_adds"]
        width.append(added.high - added.low)
    assert width[0] > 1.3 * width[1]


def test_what_cannot_be_judged_says_why():
    (outcome,) = outcomes_of(graded(0, 1))
    none = np.full(2, np.nan)
    found = compare("relevance", {IMAGE: none, TEXT: none, BOTH: none}, outcome, np.arange(2), "rows")
    assert found.reason == "No row has this outcome and an answer in all three modes."
    one = compare("relevance", dict.fromkeys(Mode, np.ones(2)), outcome, np.zeros(2), "queries")
    assert "1 group" in one.reason
    assert not one.modes


def test_disagreement_is_measured_in_log_odds_for_probabilities_and_sorted_by_size():
    more, less = np.array([0.5, 0.02, 0.3, np.nan]), np.array([0.4, 0.01, 0.3, 0.2])
    gap = gaps(more, less, "probability")
    assert gap[:3] == pytest.approx([np.log(1.5), np.log((0.02 / 0.98) / (0.01 / 0.99)), 0])
    assert most_apart(gap, 5).tolist() == [1, 0]  # no gap and no answer are no disagreement
    assert gaps(more, less, "grade")[0] == pytest.approx(0.1)
    assert most_apart(np.array([1.0, -2.0, 2.0, 1.0]), 3).tolist() == [1, 2, 0]


def test_intervals_are_reproducible():
    rng = np.random.default_rng(3)
    (outcome,) = outcomes_of(graded(*rng.integers(0, 4, 30)))
    answers = {mode: rng.normal(size=30) for mode in Mode}
    first, second = (compare("relevance", answers, outcome, np.arange(30), "rows") for _ in range(2))
    assert first == second
    assert isinstance(first.differences["image_adds"], BootstrapInterval)


def test_what_the_private_parts_add_is_everything_less_the_shared_part_on_the_same_rows():
    rng = np.random.default_rng(4)
    grades = rng.integers(0, 2, 60)
    (outcome,) = outcomes_of(graded(*grades))
    shared = grades + rng.normal(size=60)
    answers = {IMAGE: rng.normal(size=60), TEXT: rng.normal(size=60), BOTH: shared + 0.5 * grades}
    found = compare("conversion", answers, outcome, np.arange(60), "rows", shared=shared)
    rows = np.arange(60)
    assert found.shared.value == pytest.approx(outcome.score(shared, rows))
    assert found.differences[PRIVATE].value == pytest.approx(
        outcome.score(answers[BOTH], rows) - outcome.score(shared, rows)
    )
    assert found.differences[PRIVATE].low > 0  # each resample's, so never below zero
    without = compare("conversion", answers, outcome, np.arange(60), "rows")
    assert without.shared is None
    assert PRIVATE not in without.differences
    assert without.differences == {name: one for name, one in found.differences.items() if name != PRIVATE}


def test_a_row_without_the_shared_part_is_judged_by_no_reading():
    (outcome,) = outcomes_of(graded(*[0, 1] * 20))
    answers = {mode: np.arange(40.0) for mode in Mode}
    found = compare("conversion", answers, outcome, np.arange(40), "rows", shared=np.append(np.nan, np.arange(39.0)))
    assert found.rows == 39
