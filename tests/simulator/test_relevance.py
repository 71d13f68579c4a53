"""Grades of relevance: the stated rule on cases done by hand, and the mix that the distribution gives."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from adlab.simulator.factors import Factors
from adlab.simulator.plan import plan_ad
from adlab.simulator.relevance import Ask, judge

FACTORS = Factors(
    kind="sneaker",
    colour="red",
    copy_kind="sneaker",
    copy_colour="red",
    appeal=0.5,
    contrast=0.5,
    clutter=0.5,
    cta=0.5,
    background="blue",
    text_position="top",
    participation=False,
    urgency=0.0,
    length=12,
    specificity=0.0,
)


def graded(ask: dict, **changes):
    asked = Ask(**{"kind": "sneaker", "colour": "", "brand": "", "attribute": "", "text": ""} | ask)
    return judge(asked, replace(FACTORS, **changes), "Velmora", "waterproof")


@pytest.mark.parametrize(
    ("ask", "changes", "grade"),
    [
        ({}, {}, 3),
        ({"colour": "red", "brand": "Velmora", "attribute": "waterproof"}, {}, 3),
        ({"colour": "blue"}, {}, 2),
        ({"colour": "blue", "brand": "Tarnby"}, {}, 1),
        ({"colour": "blue", "brand": "Tarnby", "attribute": "vegan"}, {}, 1),
        ({"kind": "boot"}, {}, 1),
        ({"kind": "boot", "colour": "blue"}, {}, 0),
        ({"kind": "lamp"}, {}, 0),
        ({}, {"copy_kind": "lamp"}, 1),
        ({"kind": "lamp"}, {"copy_kind": "lamp"}, 1),
        ({"kind": "pizza"}, {"copy_kind": "lamp"}, 0),
        ({"colour": "red"}, {"copy_colour": "blue"}, 2),
        ({"colour": "blue"}, {"copy_colour": "blue"}, 2),
        ({"colour": "red"}, {"copy_colour": ""}, 3),
    ],
)
def test_the_grade_follows_the_rule(ask, changes, grade):
    assert graded(ask, **changes).grade == grade


def test_only_the_picture_tells_a_colour_that_the_copy_leaves_out():
    silent = graded({"colour": "red"}, copy_colour="")
    assert (silent.only_in_image, silent.colour, silent.grade) == ("colour", True, 3)
    assert "only in the picture" in silent.reason
    other = graded({"colour": "blue"}, copy_colour="")
    assert (other.only_in_image, other.colour, other.grade) == ("colour", False, 2)
    assert graded({"colour": "red"}).only_in_image == ""
    assert graded({}, copy_colour="").only_in_image == ""


def test_every_grade_and_the_case_of_the_picture_alone_are_frequent():
    judged = [plan_ad(2, i).relevance for i in range(3000)]
    grades = Counter(relevance.grade for relevance in judged)
    assert min(grades[g] for g in range(4)) > 0.1 * len(judged)
    assert 0.03 < sum(bool(relevance.only_in_image) for relevance in judged) / len(judged) < 0.3


def test_the_query_names_what_the_verdict_is_about():
    for i in range(500):
        plan = plan_ad(2, i)
        if plan.relevance.brand is not None:
            assert (plan.brand.lower() in plan.query) == plan.relevance.brand
        if plan.relevance.attribute:
            assert plan.attribute.lower() in plan.query
            assert plan.attribute.lower() in plan.title.lower()
