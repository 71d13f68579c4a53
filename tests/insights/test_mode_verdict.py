"""The sentence on what the picture adds: what it may say follows from the interval alone."""

from __future__ import annotations

import pytest

from adlab.data.modalities import Mode
from adlab.insights.mode_verdict import (
    EXTRAPOLATED,
    LEFT_OUT,
    Verdict,
    comparison_dict,
    private_words,
    verdict_of,
    verdict_words,
)
from adlab.insights.modes import PRIVATE, ModeComparison
from adlab.metrics.bootstrap import BootstrapInterval


def interval(value: float, low: float, high: float, groups: int = 200) -> BootstrapInterval:
    return BootstrapInterval(value, low, high, 0.9, groups, 1000, 0.0)


def comparison(added: BootstrapInterval, head: str = "relevance", both: tuple[float, ...] = (0.8, 0.7, 0.9), **fields):
    return ModeComparison(
        **{
            "head": head,
            "outcome": "relevance_grade",
            "what": "tells relevant from irrelevant ads",
            "measure": "AUC",
            "rows": 400,
            "unit": "queries",
            "modes": {mode: interval(*both) for mode in Mode},
            "differences": {"image_adds": added},
        }
        | fields
    )


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.02, 0.06, Verdict.BETTER),
        (-0.06, -0.02, Verdict.WORSE),
        (-0.01, 0.06, Verdict.OPEN),
        (0.0, 0.06, Verdict.OPEN),
        (-0.004, 0.006, Verdict.SAME),
        (0.002, 0.008, Verdict.SAME),
        (0.0, 0.0, Verdict.SAME),
    ],
)
def test_the_verdict_follows_from_the_interval(low, high, expected):
    assert verdict_of(interval((low + high) / 2, low, high)) is expected


def test_an_interval_that_holds_zero_is_never_called_a_gain():
    words = verdict_words(comparison(interval(0.03, -0.01, 0.07)))
    assert "not shown either way" in words
    assert "holds zero" in words
    assert "better (" not in words
    assert "earns" not in words


def test_a_gain_is_stated_with_its_interval():
    words = verdict_words(comparison(interval(0.04, 0.02, 0.06)), "Query relevance")
    assert words == (
        "Query relevance: the picture earns its place. With it the model tells relevant from irrelevant ads better "
        "(+0.040 AUC, 90 % interval +0.020 to +0.060)."
    )


@pytest.mark.parametrize("ends", [(0.02, 0.06), (0.0, 0.0), (-0.06, -0.02)])
def test_few_queries_are_said_to_be_few_and_nothing_else_is_said_of_them(ends):
    difference = interval(sum(ends) / 2, *ends, groups=29)
    assert verdict_of(difference) is Verdict.FEW
    words = verdict_words(comparison(difference), "Query relevance")
    assert words.startswith("Query relevance: too few to tell. 29 queries are few: ")
    assert "the true interval is wider" in words
    for claim in ("earns its place", "does harm", "next to nothing"):
        assert claim not in words


def test_a_loss_has_a_minus_not_a_hyphen():
    words = verdict_words(comparison(interval(-0.04, -0.06, -0.02)))
    assert "(−0.040 AUC, 90 % interval −0.060 to −0.020)" in words


def test_a_ranking_no_better_than_chance_is_said_to_be_so():
    assert "better than chance" in verdict_words(comparison(interval(0.04, 0.02, 0.06), both=(0.55, 0.48, 0.6)))


def test_a_head_that_never_saw_copy_alone_says_so():
    assert EXTRAPOLATED in verdict_words(comparison(interval(0.04, 0.02, 0.06), head="ctr"))
    assert EXTRAPOLATED not in verdict_words(comparison(interval(0.04, 0.02, 0.06)))


def test_what_was_not_judged_says_why():
    assert verdict_words(comparison(interval(0, 0, 0), reason="Because.")) == "relevance: not judged. Because."


@pytest.mark.parametrize(
    ("ends", "groups", "said"),
    [
        ((0.02, 0.06), 200, "earns its place beside it (+0.040 AUC, 90 % interval +0.020 to +0.060)."),
        ((-0.06, -0.02), 200, "does harm beside it (−0.040 AUC"),
        ((-0.004, 0.006), 200, "changes next to nothing"),
        ((-0.02, 0.06), 200, "adds to it is not shown either way"),
        ((0.02, 0.06), 29, "Too few to tell whether"),
    ],
)
def test_what_the_private_parts_add_follows_from_its_interval(ends, groups, said):
    added = {"image_adds": interval(0, 0, 0), PRIVATE: interval(sum(ends) / 2, *ends, groups=groups)}
    found = comparison(interval(0, 0, 0), "conversion", differences=added, shared=interval(0.61, 0.58, 0.64))
    words = private_words(found, "Conversion")
    assert words.startswith("Conversion, shared part alone: AUC 0.610, 90 % interval 0.580 to 0.640. ")
    assert said in words
    assert words.endswith(LEFT_OUT)
    assert comparison_dict(found)["shared_verdict"] == private_words(found)
    assert comparison_dict(found)["shared"]["value"] == 0.61


def test_a_head_without_a_shared_part_says_nothing_of_one():
    found = comparison(interval(0.04, 0.02, 0.06))
    assert private_words(found) == ""
    assert comparison_dict(found)["shared"] is None
