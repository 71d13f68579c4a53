from __future__ import annotations

from adlab.cli.heads import HEADS, choose_heads


def test_all_that_ship_are_chosen_in_the_order_of_the_contract_from_anything_that_can_be_walked_through():
    names = ["conversion", "agreement", "not of the contract"]
    assert choose_heads(None, names) == choose_heads(None, (name for name in names)) == ("agreement", "conversion")
    assert choose_heads(None, reversed(HEADS)) == tuple(HEADS)
    assert choose_heads(["conversion"], iter(names)) == ("conversion",)
