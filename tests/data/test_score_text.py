"""A score as people read it."""

from __future__ import annotations

import pytest

from adlab.data.score_text import number


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (71.4, "percentile", "71"),
        (0.034, "probability", "3.4 %"),
        (0.00081, "probability", "0.081 %"),
        (0.002, "probability", "0.20 %"),
        (0.000004, "probability", "below 0.001 %"),
        (0.0, "probability", "0 %"),
        (4.56, "rating", "4.6"),
        (2.04, "grade", "2.0"),
    ],
)
def test_numbers_are_written_with_their_unit(value, unit, text):
    assert number(value, unit) == text
