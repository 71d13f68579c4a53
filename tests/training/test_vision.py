from __future__ import annotations

import math

import pytest

from adlab.errors import ConfigError
from adlab.training.vision import VisionTraining, warm_up_cosine


def test_the_rate_rises_in_a_line_and_falls_in_half_a_cosine_by_hand():
    """100 steps, 5 of them warm-up: fifths, then ½(1 + cos(π·progress)) over the other 95."""
    assert [warm_up_cosine(step, 100) for step in range(5)] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert warm_up_cosine(5, 100) == 1
    assert warm_up_cosine(5 + 95 // 5, 100) == pytest.approx(0.5 * (1 + math.cos(math.pi / 5)))
    assert warm_up_cosine(100, 100) == pytest.approx(0, abs=1e-12)
    assert warm_up_cosine(52, 100) > 0.5 > warm_up_cosine(53, 100)


@pytest.mark.parametrize("total", [1, 2, 7, 1000])
def test_the_rate_stays_between_0_and_1_and_ends_at_0(total):
    factors = [warm_up_cosine(step, total) for step in range(total + 3)]
    assert all(0 <= factor <= 1 for factor in factors)
    assert max(factors) == 1
    assert factors[-1] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("epochs", 0),
        ("batch_size", 0),
        ("views", 0),
        ("stem_stages", 19),
        ("backbone_rate", 0.0),
        ("head_rate", -1.0),
        ("text_mixture", 0.0),
    ],
)
def test_a_setting_outside_its_range_is_refused_by_name(field, value):
    with pytest.raises(ConfigError, match=f"{field} is {value}"):
        VisionTraining(**{field: value})
