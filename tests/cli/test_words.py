from __future__ import annotations

import pytest
from helpers.fake_assessor import assessment, funnel_result, result
from rich.console import Console

from adlab.cli.words import describe, ordinal, reading_words
from adlab.data.assessment import Assessment, Reading


@pytest.mark.parametrize(
    ("percentile", "words"),
    [
        (0, "below the 1st"),
        (0.99, "below the 1st"),
        (1, "1st"),
        (1.6, "2nd"),
        (3.4, "3rd"),
        (4, "4th"),
        (11, "11th"),
        (12, "12th"),
        (13, "13th"),
        (21, "21st"),
        (92, "92nd"),
        (99, "99th"),
        (99.01, "above the 99th"),
        (100, "above the 99th"),
    ],
)
def test_a_rank_never_claims_the_very_ends(percentile, words):
    assert ordinal(percentile) == words


@pytest.mark.parametrize(
    ("percentile", "words"),
    [
        (0, "very dark"),
        (9.9, "very dark"),
        (10, "rather dark"),
        (35, "between dark and bright"),
        (64.9, "between dark and bright"),
        (65, "rather bright"),
        (90, "very bright"),
        (100, "very bright"),
    ],
)
def test_a_reading_is_one_of_five_words(percentile, words):
    reading = Reading(
        space="private image", name="x", percentile=percentile, low_word="dark", high_word="bright", probe_r2=0.5
    )
    assert reading_words(reading) == words


def printed(shown: Assessment) -> str:
    console = Console(width=100)
    with console.capture() as capture:
        console.print(describe(shown, {}))
    return capture.get()


def test_the_grades_are_printed_as_a_distribution_and_the_student_beside_the_teacher():
    shares = {"relevance_bad": 0.1, "relevance_fair": 0.2, "relevance_good": 0.4, "relevance_excellent": 0.3}
    text = printed(Assessment(content_hash="0", heads=(result("relevance", details=shares),)))
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "Query relevance" in lines
    assert f"Good {'━' * 12} 40 %" in lines
    assert f"Bad {'━' * 3} 10 %" in lines
    assert "student" not in text
    both = result("relevance", details=shares | {"relevance_student": 0.84})
    assert "Fair or better: 90 %, by the fast student 84 %" in printed(Assessment(content_hash="0", heads=(both,)))
    assert "How likely each grade is" not in printed(assessment())


def test_a_chain_is_told_step_by_step_and_other_heads_have_none():
    said = printed(Assessment(content_hash="0", heads=(funnel_result(),)))
    assert "pCTR, of impressions clicked         4.0 %   2.5 % – 6.0 %" in said
    assert "pCVR, of clicks that convert         5.0 %   3.0 % – 8.0 %" in said
    assert "pCTCVR, of impressions that convert  0.20 %  0.10 % – 0.40 %" in said
    assert "From impression to conversion" not in printed(assessment())
