from __future__ import annotations

from adlab.data.relevance_split import split_by_unit
from adlab.simulator.plan import plan_ad
from adlab.training.simulated_relevance import simulated_relevance

PLANS = [plan_ad(7, index) for index in range(300)]


def test_a_pair_has_the_ads_own_copy_query_and_grade():
    data = simulated_relevance(PLANS)
    assert len(data) == 300
    for plan, pair in zip(PLANS, data.pairs, strict=True):
        assert (pair.query, pair.title, pair.seller, pair.brand) == (plan.query, plan.title, plan.seller, plan.brand)
        assert (pair.description, pair.grade) == (plan.description, plan.relevance.grade)
        assert pair.only_in_image == plan.relevance.only_in_image


def test_labels_are_rule_made_all_grades_occur_and_pictures_are_named_not_filed():
    data = simulated_relevance(PLANS)
    assert data.labels == {"rule"}
    assert set(data.grades.tolist()) == {0, 1, 2, 3}
    assert data.pairs[3].image == "simulated:sim-7-000003"
    assert data.files == {}
    assert len(set(data.units("image"))) == 300


def test_ads_are_divided_and_no_query_is_in_two_parts():
    data = simulated_relevance(PLANS)
    parts = split_by_unit(data, "product")
    found = {}
    for query, part in zip(data.units("query"), parts, strict=True):
        if part:
            found.setdefault(query, set()).add(part)
    assert all(len(names) == 1 for names in found.values())
