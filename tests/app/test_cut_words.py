"""What the Score page says of copy that query relevance does not read to its end."""

from __future__ import annotations

from adlab.app.cut_words import words
from adlab.features.copy_cut import CutField


def test_nothing_is_said_where_nothing_is_cut():
    assert words((), ("query", "title")) == ""


def test_the_words_read_are_counted_field_by_field():
    cut = (CutField("seller", 2, 9), CutField("brand", 0, 1), CutField("description", 0, 1200))
    assert words(cut, ("query", "title")) == (
        "Longer than this model can read: it reads the first 2 of 9 words of the seller, no word of the brand and "
        "no word of the description. What comes later does not count."
    )


def test_a_field_that_is_also_compared_as_a_whole_is_not_said_to_be_lost():
    cut = (CutField("title", 59, 70), CutField("description", 0, 3))
    assert words(cut, ("query", "title")).endswith("does not count, except where the title is compared as a whole.")
    assert words(cut, ()).endswith("does not count.")
