"""What measures refuse, and how they say it."""

from __future__ import annotations

import numpy as np
import pytest

from adlab.errors import InputError
from adlab.metrics.arrays import binary, check_length, check_level, matrix, vector


def test_lists_and_half_precision_become_float64():
    assert vector("x", [1, 2]).dtype == np.float64
    assert matrix("x", np.ones((2, 3), dtype=np.float16)).dtype == np.float64
    assert binary("x", [True, False], 2).tolist() == [1, 0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: vector("x", [[1.0]]), r"x has shape \(1, 1\)"),
        (lambda: vector("x", []), r"x has shape \(0,\)"),
        (lambda: vector("x", [1.0], at_least=2), "2 or more"),
        (lambda: vector("x", [1.0, np.nan]), "x holds nan at position 1"),
        (lambda: matrix("x", [[1.0, np.inf]]), "x holds inf at position 0, 1"),
        (lambda: matrix("x", np.zeros((3, 0))), r"x has shape \(3, 0\)"),
        (lambda: binary("x", [0, 2], 2), "x holds 2; give 0 or 1 only"),
        (lambda: binary("x", [0, 1], 3), "x has 2 rows where 3 are needed"),
        (lambda: check_length("x", np.zeros(4), 3), "x has 4 rows"),
        (lambda: check_level(90), "level is 90"),
    ],
)
def test_the_message_names_what_was_wrong_and_where(call, message):
    with pytest.raises(InputError, match=message):
        call()
