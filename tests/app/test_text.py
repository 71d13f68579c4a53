"""Words of users inside sentences of ours."""

from __future__ import annotations

import pytest

from adlab.app.components.text import isolated, plain, shortened


@pytest.mark.parametrize("text", ["حذاء رياضي", "נעליים", "sale حذاء"])
def test_text_that_runs_from_right_to_left_keeps_its_direction_to_itself(text):
    assert isolated(text) == f"\u2068{text}\u2069"


@pytest.mark.parametrize("text", ["", "Black shoes", "50 % 🔥", "кроссовки", "黒い靴"])
def test_other_text_stays_as_it_is(text):
    assert isolated(text) == text


def test_nothing_in_a_text_becomes_formatting():
    assert plain("**x** $y$ :smile: [a](b)") == r"\*\*x\*\* \$y\$ \:smile\: \[a\](b)"


def test_a_long_file_name_keeps_its_beginning_and_its_ending_in_one_line():
    assert shortened("own picture.png") == "own picture.png"
    short = shortened("a" * 60 + "\n" + "b" * 60 + ".png")
    assert len(short) <= 40
    assert "\n" not in short
    assert short.startswith("aaa")
    assert short.endswith(".png")
