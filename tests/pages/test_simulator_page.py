from __future__ import annotations

import pytest

from adlab.app import simulator
from adlab.app.simulator_state import FIRST_INDEX, FIRST_SEED
from adlab.app.simulator_words import BADGE, percent
from adlab.data.creative import Context
from adlab.simulator.plan import plan_ad, replan

DRAWN = plan_ad(FIRST_SEED, FIRST_INDEX)


def body(app) -> str:
    return "".join(html.proto.body for html in app.get("html"))


def ctr(plan, context=None) -> str:
    return percent(simulator.rates(plan.factors, context or Context()).ctr)


@pytest.fixture
def page(launch):
    app = launch("simulator")
    assert not app.exception
    return app


def test_the_first_ad_is_shown_as_drawn_with_its_truth(page):
    html = body(page)
    assert DRAWN.title in html
    assert DRAWN.query in html
    assert ctr(DRAWN) in html
    assert html.count("as first drawn</p>") == 3
    assert html.count(BADGE) >= 4


def test_a_moved_cause_moves_the_true_response(page):
    page.slider(key="simulator.contrast").set_value(0.05).run()
    html = body(page)
    assert ctr(replan(DRAWN, contrast=0.05)) in html
    assert "▼" in html


def test_going_back_to_the_drawn_value_is_the_ad_as_drawn(page):
    page.slider(key="simulator.clutter").set_value(0.0).run()
    page.slider(key="simulator.clutter").set_value(round(DRAWN.factors.clutter, 2)).run()
    assert body(page).count("as first drawn</p>") == 3


def test_the_copy_follows_the_product_unless_it_is_told_another(page):
    page.selectbox(key="simulator.kind").set_value("mug").run()
    assert "<strong>1</strong> of 1" in body(page)
    page.selectbox(key="simulator.copy_colour").set_value("not named").run()
    assert "<strong>0.8</strong> of 1" in body(page)
    page.selectbox(key="simulator.copy_kind").set_value("tent").run()
    assert "<strong>0</strong> of 1" in body(page)
    assert ctr(replan(DRAWN, kind="mug", copy_kind="tent", copy_colour="")) in body(page)


def test_the_context_moves_the_response_and_can_be_forgotten(page):
    page.selectbox(key="simulator.age_band").set_value("50+")
    page.selectbox(key="simulator.hour").set_value(12).run()
    assert ctr(DRAWN, Context(age_band="50+", hour=12)) in body(page)
    assert "12:00" in body(page)
    page.button(key="simulator.forget").click().run()
    assert body(page).count("as first drawn</p>") == 3


def test_another_ad_comes_with_its_own_causes(page):
    page.slider(key="simulator.contrast").set_value(0.05).run()
    page.button(key="simulator.next").click().run()
    following = plan_ad(FIRST_SEED, FIRST_INDEX + 1)
    assert following.title in body(page)
    assert page.slider(key="simulator.contrast").value == round(following.factors.contrast, 2)
    assert body(page).count("as first drawn</p>") == 3


def test_everything_moved_can_be_put_back(page):
    page.slider(key="simulator.appeal").set_value(1.0)
    page.selectbox(key="simulator.month").set_value(8).run()
    page.button(key="simulator.reset").click().run()
    assert body(page).count("as first drawn</p>") == 3


def test_facts_follow_the_number_of_sentences(page):
    page.slider(key="simulator.length").set_value(60).run()
    page.select_slider(key="simulator.specificity").set_value(0.5)
    page.slider(key="simulator.length").set_value(6).run()
    assert not page.exception
    assert page.select_slider(key="simulator.specificity").value in (0.0, 1.0)


def test_what_was_moved_survives_a_visit_to_another_page(page):
    page.slider(key="simulator.clutter").set_value(0.11)
    page.selectbox(key="simulator.month").set_value(8).run()
    before = body(page)
    page.switch_page("pages/models.py").run()
    page.switch_page("pages/simulator.py").run()
    assert page.slider(key="simulator.clutter").value == 0.11
    assert page.selectbox(key="simulator.month").value == 8
    assert before == body(page)


def test_conversions_are_explained_on_request(page):
    page.segmented_control(key="simulator.outcome").set_value("convert").run()
    assert "Why: conversion, given a click" in body(page)
    assert "True probability of a conversion" in body(page)


@pytest.mark.parametrize(("layer", "mark"), [("Boxes", 'class="frames"'), ("Masks", 'class="layer"')])
def test_elements_can_be_laid_over_the_ad(page, layer, mark):
    assert mark not in body(page)
    page.segmented_control(key="simulator.layer").set_value(layer).run()
    assert mark in body(page)
    assert "headline" in body(page)


@pytest.mark.parametrize("index", [0, 999_999])
def test_the_ends_of_the_collection_can_be_shown(page, index):
    page.number_input(key="simulator.index").set_value(index).run()
    assert not page.exception
    assert plan_ad(FIRST_SEED, index).title in body(page)


def test_every_format_is_drawn(page):
    for name in simulator.SCALES:
        page.segmented_control(key="simulator.format").set_value(name).run()
        assert not page.exception


def test_everything_can_be_downloaded(page):
    labels = [button.label for button in page.get("download_button")]
    assert labels.count("CSV") == 2
    assert {"Ad, PNG", "Truth, JSON"} <= set(labels)
