from __future__ import annotations

import math

import pytest
from helpers.fake_assessor import result

from adlab.cli.heads import HEADS, choose_heads, values_of


def test_all_that_ship_are_chosen_in_the_order_of_the_contract_from_anything_that_can_be_walked_through():
    names = ["conversion", "agreement", "not of the contract"]
    assert choose_heads(None, names) == choose_heads(None, (name for name in names)) == ("agreement", "conversion")
    assert choose_heads(None, reversed(HEADS)) == tuple(HEADS)
    assert choose_heads(["conversion"], iter(names)) == ("conversion",)


def test_the_student_may_be_missing_and_nothing_else():
    shares = {"relevance_bad": 0.1, "relevance_fair": 0.2, "relevance_good": 0.3, "relevance_excellent": 0.4}
    values = values_of(result("relevance", details=shares))
    assert tuple(values) == HEADS["relevance"].columns
    assert math.isnan(values["relevance_student"])
    assert values["relevance_good"] == 0.3
    assert values_of(result("relevance", details=shares | {"relevance_student": 0.8}))["relevance_student"] == 0.8
    with pytest.raises(KeyError, match="relevance_bad"):
        values_of(result("relevance", details={}))
