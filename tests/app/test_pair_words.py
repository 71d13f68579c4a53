"""What is said of words, regions and their test: every clause follows from the numbers."""

from __future__ import annotations

import numpy as np
import pytest

from adlab.app import pair_words
from adlab.app.components.bars import grade_columns, share_row, share_words
from adlab.app.components.word_weights import draw, table
from adlab.explain.grade_parts import GradeParts
from adlab.explain.pair_explanation import PairExplanation, Word
from adlab.explain.perturbation import Perturbation
from adlab.models.pair_inputs import InputMode

WORDS = (
    Word(field="query", text="blue", places=(1,), weight=0.6),
    Word(field="query", text="<b>mug", places=(2,), weight=-0.2),
    Word(field="title", text="Cup", places=(), weight=0.0),
)


def explanation(**changes) -> PairExplanation:
    fields = {"words": WORDS, "cells": np.array([[0.1, -0.1], [0.0, 0.0]]), "looks": None, "marks": 0.2, "grade": 2}
    fields["parts"] = None
    return PairExplanation(mode=InputMode.IMAGE_TEXT, shares=np.full(4, 0.25), inputs=None, **(fields | changes))


def perturbation(most, least, random, parts=6) -> Perturbation:
    shares = np.array([0.0, 0.5, 1.0])
    curves = (np.array([0.8, middle, 0.4]) for middle in (most, least))
    others = np.array([[0.8, middle, 0.4] for middle in random])
    return Perturbation(kind="words", parts=parts, shares=shares, most=next(curves), least=next(curves), random=others)


def test_the_strongest_words_are_named_with_their_field_and_side():
    assert (
        pair_words.strongest_line(explanation())
        == "“blue” (query) raises Good most; “<b>mug” (query) lowers Good most."
    )
    assert pair_words.strongest_line(explanation(words=WORDS[2:])) == "No word raises or lowers Good."


def test_what_the_logit_adds_up_from_is_said_and_nothing_where_there_is_one_part():
    assert pair_words.parts_line(explanation()) == ""
    line = pair_words.parts_line(explanation(parts=GradeParts(stream=0.5, copy=1.26, picture=-0.31)))
    assert line.startswith("The logit of Good stands +1.4 from the mean of the four grades: words and regions read")
    assert "read together +0.5; " in line
    assert "whole copy +1.3; " in line
    assert "whole picture −0.3." in line
    assert "picture −" not in pair_words.parts_line(explanation(parts=GradeParts(0.5, 1.26, 0.0)))
    coloured = pair_words.parts_line(explanation(parts=GradeParts(0.5, 1.26, -0.31, 0.8)))
    assert "stands +2.2 from" in coloured
    assert "match of the query and the picture's colours +0.8." in coloured


def test_the_shares_of_weight_add_up():
    line = pair_words.mass_line(explanation())
    assert line.startswith("64\u00a0% of all weight lies on words, 16\u00a0% on the picture, 20\u00a0% on the marks")
    alone = pair_words.mass_line(explanation(cells=None))
    assert alone.startswith("80\u00a0% of all weight lies on words, 20\u00a0% on")


@pytest.mark.parametrize(
    ("most", "least", "words"),
    [
        (0.1, 0.8, ("faster than chance, by 20 points", "it holds better than chance, by 15 points")),
        (0.299, 0.701, ("faster than chance, by 10 points", "it holds better than chance, by 10 points")),
        (0.5, 0.5, ("no faster than chance", "it holds no better than chance")),
    ],
)
def test_the_test_claims_no_more_than_its_ranks(most, least, words):
    line = pair_words.evidence_line(perturbation(most, least, np.linspace(0.3, 0.7, 19)), 2)
    assert f": {words[0]}." in line
    assert f", {words[1]}:" in line
    assert "in 19 random orders" in line


def test_a_change_that_hardly_moves_the_grade_is_called_so():
    line = pair_words.evidence_line(perturbation(0.569, 0.577, np.full(19, 0.575)), 2)
    assert ": faster than chance, by less than a point." in line


def test_how_easily_one_of_the_tests_is_passed_by_luck_goes_by_their_number():
    one, few = (perturbation(0.1, 0.7, np.linspace(0.3, 0.7, 19), parts=parts) for parts in (6, 3))
    assert pair_words.several_line([one]).startswith("2 tests, each by itself at 5 %")
    assert "up to one ad in 10" in pair_words.several_line([one, few])
    assert "up to one ad in 5" in pair_words.several_line([one, one])
    assert pair_words.several_line([one]).endswith("p cannot be below 0.05.")
    assert pair_words.several_line([few]) == ""


def test_a_picture_that_hardly_counts_is_said_to():
    faint = np.array([[0.01, -0.01], [0.0, 0.0]])
    assert pair_words.picture_line(explanation()) == ""
    assert "the whole picture holds 2\u00a0%:" in pair_words.picture_line(explanation(cells=faint))
    assert "less than 1 %" in pair_words.picture_line(explanation(cells=faint / 100))
    assert pair_words.picture_line(explanation(cells=None)) == ""


def test_words_that_were_not_read_are_counted_and_a_wall_of_them_is_not_drawn():
    cut = tuple(Word(field="description", text=f"w{i}", places=(), weight=0.0) for i in range(300))
    long = explanation(words=(*WORDS[:2], *cut))
    assert pair_words.cut_line(long).startswith("300 of 302 words were cut off")
    assert pair_words.cut_line(explanation(words=WORDS[:2])) == ""
    html = draw(long)
    assert html.count("cut off: not read") == 12
    assert "… and 288 more words, not read" in html
    assert len(table(long)) == 302


def test_few_parts_are_not_tested_against_chance():
    line = pair_words.evidence_line(perturbation(0.1, 0.7, np.linspace(0.3, 0.7, 19), parts=3), 3)
    assert line.startswith("Too few to tell from chance: 3 parts")
    assert "rank p" not in line


@pytest.mark.parametrize(
    ("most", "parts", "expected"),
    [(0.1, 6, True), (0.6, 6, False), (0.1, 3, False)],  # below all orders; in their midst; too few parts to tell
)
def test_weights_hold_only_where_the_grade_falls_faster_than_chance(most, parts, expected):
    found = perturbation(most, 0.7, np.linspace(0.3, 0.7, 19), parts)
    assert pair_words.holds(found) is expected


def test_words_are_drawn_with_sign_number_and_nothing_of_theirs_becomes_markup():
    html = draw(explanation())
    assert 'title="raises Good by 0.6">blue<sup>▲</sup>' in html
    assert 'title="lowers Good by 0.2">&lt;b&gt;mug<sup>▼</sup>' in html
    assert '<span class="cut" title="cut off: not read">Cup</span>' in html
    assert "62%" in html
    assert "21%" in html  # a third of the strongest
    assert table(explanation())["weight"].tolist()[:2] == [0.6, -0.2]


def test_a_probability_never_claims_the_very_ends():
    assert [share_words(share) for share in (0.0, 0.009, 0.01, 0.5, 0.99, 0.991, 1.0)] == [
        "< 1 %", "< 1 %", "1 %", "50 %", "99 %", "> 99 %", "> 99 %",
    ]  # fmt: skip
    assert "&gt; 99 %" in share_row("This model", "", 0.999)
    assert "Bad &lt; 1 %, Good 100 %" not in grade_columns([0.001, 0.999], ["Bad", "Good"])
    assert "Bad &lt; 1 %, Good &gt; 99 %" in grade_columns([0.001, 0.999], ["Bad", "Good"])
