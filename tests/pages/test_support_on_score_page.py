"""What supports the grade, on the Score page: made when the visitor looks, for this query, and tested at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from adlab.app import caching, history, jobs, pair_explain, picture_words, queries, state
from adlab.app.components.pair_support import TEST
from adlab.app.examples import examples
from adlab.app.head_words import GRADES, ONE_SCORE
from adlab.explain import pair_explanation, perturbation
from adlab.features.words_in_picture import Words
from adlab.inference.assessor import Assessor

ROOT = Path(__file__).resolve().parents[2]
FIRST = next(iter(examples().values()))
OPEN = "score.relevance-support"


@pytest.fixture(scope="module")
def loaded(tiny_models) -> Assessor:
    return Assessor(models=tiny_models, device="cpu")


@pytest.fixture
def explained(monkeypatch) -> list[str]:
    """The query of every explanation that was computed."""
    queries_of, explain = [], pair_explanation.explain_pair
    monkeypatch.setattr(
        pair_explanation,
        "explain_pair",
        lambda head, creative, **rest: queries_of.append(creative.query) or explain(head, creative, **rest),
    )
    return queries_of


@pytest.fixture
def start(loaded, explained, monkeypatch):
    """Open the page on the tiny checkpoints, with an ad on screen."""
    st.cache_resource.clear()
    st.cache_data.clear()
    monkeypatch.setattr(caching, "assessor", lambda: loaded)
    monkeypatch.setattr(picture_words, "_read", lambda picture: Words("SALE NOW"))
    monkeypatch.setattr(history, "keep", lambda ad, assessment, again: "")

    def launch(ad=FIRST, opened=True):
        app = AppTest.from_file(str(ROOT / "pages" / "score.py"), default_timeout=120)
        app.session_state[state.AD] = ad
        app.run()
        return look(app) if opened else app

    return launch


def look(app):
    app.session_state[OPEN] = True
    return app.run()


def after_test(app):
    """The page once the test under way has ended."""
    jobs.jobs().get(app.session_state[pair_explain.JOB][1]).future.exception(60)
    return app.run()


def body(app) -> str:
    return "".join(html.proto.body for html in app.get("html"))


def said(app) -> str:
    return " ".join(each.value for each in [*app.markdown, *app.caption])


def test_nothing_is_explained_before_the_visitor_looks(start, explained):
    app = start(opened=False)
    assert not app.exception
    assert ONE_SCORE in body(app)
    assert explained == []
    assert '<dl class="ad ad-words">' not in body(app)
    html = body(look(app))
    assert not app.exception
    assert '<dl class="ad ad-words">' in html
    assert html.count('<div class="ad ad-regions">') == 1


def test_the_support_is_that_of_the_explain_page_and_made_once_an_ad(start, explained, loaded):
    app = start()
    found = pair_explanation.explain_pair(loaded.relevance, caching.creative_of(FIRST))
    name = GRADES[found.grade]
    assert f"What raises and lowers {name}" in body(app)
    for word in found.words:
        if word.weight:
            verb = "raises" if word.weight > 0 else "lowers"
            assert f'title="{verb} {name} by {abs(word.weight):.2g}">{word.text}' in body(app)
    assert f"For and against **{name}**, the likeliest grade" in said(app)
    explained.clear()
    app.run()
    start()  # another visitor
    assert explained == []


def test_another_query_has_a_support_of_its_own_while_the_fold_stays_open(start, explained):
    app = start()
    first = body(app)
    app.text_input(key=queries.FIELD).set_value("green tea")
    app.button(key="score.query-submit").click().run()
    assert not app.exception
    assert explained == [FIRST.query, "green tea"]
    assert ">green" in body(app)
    assert ">green" not in first


def test_the_weights_are_tested_at_once_and_the_result_kept(start, monkeypatch):
    asked, perturb = [], perturbation.perturb
    monkeypatch.setattr(perturbation, "perturb", lambda *given: asked.append(given) or perturb(*given))
    app = after_test(start())
    assert not app.exception
    text = said(app)
    assert "**Words** — " in text
    assert "**Regions of the picture** — " in text
    assert text.count("in 19 random orders (rank p = ") == 2
    assert "4 tests, each by itself at 5 %" in text
    assert not [button for button in app.button if button.key == TEST]
    assert "random orders (rank p" in said(after_test(start()))  # another visitor
    assert len(asked) == 1


def test_a_test_that_was_cancelled_begins_again_only_when_asked(start):
    app = start()
    jobs.jobs().forget(app.session_state[pair_explain.JOB][1])
    app.run()
    app.button(key=TEST).click().run()
    assert "random orders (rank p" in said(after_test(app))


def test_without_a_picture_the_words_alone_are_shown(start):
    app = start(replace(FIRST, picture=None, example=""))
    assert not app.exception
    assert '<dl class="ad ad-words">' in body(app)
    assert '<div class="ad ad-regions">' not in body(app)


def test_without_a_query_there_is_nothing_to_support(start):
    app = start(replace(FIRST, query="", example=""))
    assert not app.exception
    assert not [each for each in app.expander if each.label == "What in the ad supports it"]
