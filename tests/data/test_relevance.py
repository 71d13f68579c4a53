from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from adlab.data.relevance import (
    RelevancePair,
    RelevanceSet,
    agreement_confidence,
    join_sets,
    spread_of,
)
from adlab.errors import InputError, UnknownNameError


def pair(query="red shoe", **fields):
    given = {"title": "Shoe", "grade": 2, "labels": "human", "source": "s"} | fields
    return RelevancePair(query=query, **given)


def test_texts_are_tidied_and_units_name_query_image_and_product():
    one = pair("  Red\tshoe ", image="k", product="7")
    assert one.query == "Red shoe"
    assert [one.unit(unit) for unit in ("query", "image", "product")] == ["red shoe", "k", "s:7"]
    assert [pair().unit(unit) for unit in ("image", "product")] == ["", ""]


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"grade": 4}, "grade is 4"),
        ({"grade": -1}, "grade is -1"),
        ({"confidence": 1.2}, "confidence is 1.2"),
        ({"mean_grade": 3.5}, "mean_grade is 3.5"),
        ({"query": " "}, "query is empty"),
        ({"title": ""}, "neither text nor a picture"),
    ],
)
def test_a_value_outside_its_range_is_refused_by_name(fields, named):
    with pytest.raises(InputError, match=named):
        pair(**fields)


def test_an_unknown_kind_of_labels_is_refused_with_the_known_ones():
    with pytest.raises(UnknownNameError, match="human, rule"):
        pair(labels="clicks")


def test_a_set_tells_grades_confidences_and_kinds_of_labels():
    data = RelevanceSet((pair(grade=0, confidence=0.5), pair(grade=3, mean_grade=2.5, labels="rule")))
    assert data.grades.tolist() == [0, 3]
    assert data.mean_grades.tolist() == [0.0, 2.5]
    assert data.confidences.tolist() == [0.5, 1.0]
    assert data.labels == {"human", "rule"}
    assert data.grade_shares() == {"Bad": 0.5, "Fair": 0.0, "Good": 0.0, "Excellent": 0.5}


def test_human_and_rule_made_labels_can_be_told_apart():
    data = RelevanceSet((pair("a"), pair("b", labels="rule", source="t"), pair("c")))
    assert [p.query for p in data.labelled_by("human").pairs] == ["a", "c"]
    assert [p.query for p in data.labelled_by("rule").pairs] == ["b"]
    assert [p.query for p in data.of_source("t").pairs] == ["b"]


def test_rows_are_chosen_by_number_or_by_mask():
    data = RelevanceSet(tuple(pair(q) for q in "abc"), {"k": Path("k.jpg")})
    assert data.rows([2, 0]).units("query") == ("c", "a")
    assert data.rows(np.array([False, True, True])).units("query") == ("b", "c")
    assert data.rows([0]).files == data.files


def test_joined_sets_keep_pairs_files_and_problems_and_refuse_one_key_for_two_files():
    first = RelevanceSet((pair("a"),), {"k": Path("1.jpg")}, ("flaw",))
    second = RelevanceSet((pair("b"),), {"l": Path("2.jpg")}, ("flaw", "other"))
    both = join_sets([first, second])
    assert both.units("query") == ("a", "b")
    assert both.problems == ("flaw", "other")
    assert set(both.files) == {"k", "l"}
    with pytest.raises(InputError, match="'k'"):
        join_sets([first, RelevanceSet((), {"k": Path("2.jpg")})])


def test_confidence_is_one_in_agreement_and_zero_at_the_widest_spread():
    assert agreement_confidence(spread_of([3, 3, 3]), 1, 4) == 1
    assert agreement_confidence(spread_of([1, 4]), 1, 4) == 0
    assert agreement_confidence(spread_of([4, 4, 3]), 1, 4) == pytest.approx(1 - 0.4714 / 1.5, abs=1e-4)
    with pytest.raises(InputError, match="spread"):
        agreement_confidence(1.6, 1, 4)
