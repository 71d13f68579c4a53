"""Plans of simulated ads: equal for equal arguments, moved no further than asked, and drawn as documented."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import fields, replace

import numpy as np
import pytest

from adlab.errors import ConfigError, UnknownNameError
from adlab.simulator.brands import BRANDS, MARKS, SELLERS, STYLES
from adlab.simulator.catalogue import CATEGORY_OF
from adlab.simulator.distribution import AGREEMENT_SHARES
from adlab.simulator.grammar.names import NOUNS
from adlab.simulator.plan import draw_factors, plan_ad, replan

COUNT = 4000
PLANS = [plan_ad(7, i) for i in range(COUNT)]
IMAGE_PRIVATE = {
    "contrast": 0.93,
    "clutter": 0.88,
    "cta": 0.77,
    "background": "pink",
    "text_position": "left",
    "participation": True,
}
TEXT_PRIVATE = {"urgency": 0.75, "length": 31, "specificity": 1.0}
COPY = ("title", "description")
PICTURE = ("headline", "subline", "price", "badge", "button")
IDENTITY = ("seed", "index", "brand", "seller", "query")


def read(plan, names):
    return [getattr(plan, name) for name in names]


def test_a_plan_depends_on_seed_and_index_alone():
    late = plan_ad(7, 11)
    assert late == PLANS[11]
    assert plan_ad(8, 11) != late
    assert late.factors == draw_factors(7, 11)


def test_negative_numbers_are_refused():
    with pytest.raises(ConfigError, match="-1"):
        plan_ad(0, -1)


def test_replanning_without_a_change_changes_nothing():
    assert all(replan(plan) == plan for plan in PLANS[:200])


@pytest.mark.parametrize("name", IMAGE_PRIVATE)
def test_moving_an_image_private_cause_leaves_the_copy(name):
    for plan in PLANS[:200]:
        moved = replan(plan, **{name: IMAGE_PRIVATE[name]})
        assert moved.factors == replace(plan.factors, **{name: IMAGE_PRIVATE[name]})
        assert read(moved, (*COPY, *IDENTITY)) == read(plan, (*COPY, *IDENTITY))


@pytest.mark.parametrize("name", TEXT_PRIVATE)
def test_moving_a_text_private_cause_leaves_the_picture(name):
    changed = 0
    for plan in PLANS[:200]:
        moved = replan(plan, **{name: TEXT_PRIVATE[name]})
        assert read(moved, (*PICTURE, *IDENTITY)) == read(plan, (*PICTURE, *IDENTITY))
        changed += read(moved, COPY) != read(plan, COPY)
    assert changed > 100


@pytest.mark.parametrize("change", [{"kind": "lamp"}, {"colour": "pink"}, {"copy_kind": "lamp"}, {"copy_colour": ""}])
def test_the_query_stays_and_is_judged_anew_when_product_or_colour_moves(change):
    regraded = 0
    for plan in PLANS[:200]:
        moved = replan(plan, **change)
        assert moved.query == plan.query
        regraded += moved.relevance != plan.relevance
    assert regraded > 10


def test_moving_urgency_leaves_most_of_the_words():
    kept = []
    for plan in PLANS[:300]:
        moved = replan(plan, urgency=0.5 if plan.factors.urgency == 0 else 0.0)
        before, after = (Counter(f"{p.title} {p.description}".split()) for p in (plan, moved))
        kept.append(sum((before & after).values()) / sum(before.values()))
    assert np.mean(kept) > 0.6


def test_an_unknown_cause_is_named():
    with pytest.raises(UnknownNameError, match="contrast"):
        replan(PLANS[0], contrats=0.5)


def test_agreement_has_the_shares_that_are_stated():
    seen = Counter(plan.factors.agreement for plan in PLANS)
    for level, share in AGREEMENT_SHARES.items():
        assert seen[level] / COUNT == pytest.approx(share, abs=0.025)


def test_the_colour_that_the_copy_names_does_not_tell_whether_the_product_agrees():
    """Silent copies are as frequent where the copy speaks of another product."""
    silent = {
        other: np.mean([not p.factors.copy_colour for p in PLANS if (p.factors.agreement == 0) == other])
        for other in (True, False)
    }
    assert silent[True] == pytest.approx(silent[False], abs=0.05)


def test_causes_are_drawn_independently():
    names = ("appeal", "contrast", "clutter", "cta", "urgency", "length", "specificity", "participation", "agreement")
    values = np.array([[float(p.factors.as_row()[name]) for name in names] for p in PLANS])
    correlation = np.corrcoef(values.T) - np.eye(len(names))
    assert np.abs(correlation).max() < 0.06


def test_every_kind_colour_background_and_position_occurs():
    for field in ("kind", "colour", "background", "text_position", "copy_kind"):
        seen = Counter(getattr(p.factors, field) for p in PLANS)
        expected = COUNT / len(seen)
        assert min(seen.values()) > 0.5 * expected
        assert max(seen.values()) < 1.6 * expected
    assert {p.factors.kind for p in PLANS} == set(CATEGORY_OF)


def test_brands_are_many_distinct_and_complete():
    assert len({b.name for b in BRANDS}) == len(BRANDS) >= 24
    assert {b.mark for b in BRANDS} == set(MARKS)
    assert {b.style for b in BRANDS} == set(STYLES)
    assert not {b.name for b in BRANDS} & set(SELLERS)


def test_every_kind_has_a_name_of_one_word():
    assert set(NOUNS) == set(CATEGORY_OF)
    assert all(any(" " not in noun for noun in nouns) for nouns in NOUNS.values())


def test_a_button_has_words_if_and_only_if_there_is_a_button():
    assert all(bool(p.button) == (p.factors.cta > 0) for p in PLANS)
    assert replan(PLANS[0], cta=0.0).button == ""


def test_a_plan_takes_a_third_of_a_millisecond():
    start = time.process_time()
    for i in range(1500):
        plan_ad(3, i)
    assert (time.process_time() - start) / 1500 < 0.3e-3


def test_no_field_of_a_plan_is_left_unset():
    assert all(getattr(PLANS[0], f.name) is not None for f in fields(PLANS[0]))
