"""The Explain page on tiny checkpoints: maps, evidence, and what it says where there is nothing to explain."""

from __future__ import annotations

import shutil
import threading
from dataclasses import replace
from pathlib import Path

import pytest
import streamlit as st
from helpers.tiny_models import APPEAL
from streamlit.testing.v1 import AppTest

from adlab.app import caching, explain, jobs, picture_words, state
from adlab.app.examples import examples
from adlab.app.explain_words import UNTESTED
from adlab.data.creative import Creative
from adlab.explain import appeal_maps, fusion_maps
from adlab.features.words_in_picture import Words
from adlab.inference.assessor import Assessor

ROOT = Path(__file__).resolve().parents[2]
FIRST = next(iter(examples().values()))


@pytest.fixture(scope="module")
def loaded(tiny_models) -> Assessor:
    return Assessor(models=tiny_models, device="cpu")


@pytest.fixture
def words(monkeypatch) -> list[str]:
    """What OCR finds."""
    found = ["SALE NOW"]
    monkeypatch.setattr(picture_words, "_read", lambda picture: Words(found[0]))
    return found


@pytest.fixture
def start(loaded, words, monkeypatch):
    """Open the page on the tiny checkpoints, with another ad on screen if one is given."""
    st.cache_resource.clear()
    st.cache_data.clear()
    monkeypatch.setattr(caching, "assessor", lambda: loaded)

    def launch(ad=FIRST):
        app = AppTest.from_file(str(ROOT / "pages" / "explain.py"), default_timeout=120)
        app.session_state[state.AD] = ad
        return app.run()

    return launch


def body(app) -> str:
    return "".join(html.proto.body for html in app.get("html"))


def said(app) -> str:
    return " ".join(each.value for each in [*app.markdown, *app.caption])


def finished(app):
    """The page after its test has ended."""
    job = jobs.jobs().get(app.session_state[explain.JOB][1])
    job.future.exception(60)
    return app.run()


def test_four_maps_stand_side_by_side_and_carry_no_evidence_yet(start):
    app = start()
    assert not app.exception
    html = body(app)
    assert html.count("<figure>") == 4
    assert html.count(UNTESTED) == 4
    assert "the first convolution; shape and words do not reach it" in html
    assert APPEAL in said(app)
    assert "2 words in the picture" in said(app)


def test_the_rating_is_that_of_the_score_page(start, loaded):
    app, words = start(), "SALE NOW"
    image = caching.creative_of(FIRST).image
    (result,) = loaded.appeal.results([Creative(image=image)], [words])
    low, high = result.interval.low, result.interval.high
    assert f"mean rating **{result.value:.1f}** of 7 (90 % interval {low:.1f} – {high:.1f})" in said(app)


def test_words_that_the_user_put_right_are_explained(start, monkeypatch):
    monkeypatch.setattr(picture_words, "_read", lambda picture: pytest.fail("read although the words are given"))
    assert "3 words in the picture" in said(start(replace(FIRST, ocr_text="one two three")))


def test_maps_and_shifts_are_made_once(start, monkeypatch):
    made = []
    for module, name in ((appeal_maps, "fusion_maps"), (fusion_maps, "measure_shifts")):
        real = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *a, real=real, name=name: made.append(name) or real(*a))
    app = start()
    app.slider[0].set_value(20).run()
    start_again = AppTest.from_file(str(ROOT / "pages" / "explain.py"), default_timeout=120)
    start_again.session_state[state.AD] = replace(FIRST, ocr_text="other words")
    start_again.run()
    assert sorted(made) == ["fusion_maps", "fusion_maps", "measure_shifts"]


def test_the_test_of_the_maps_gives_a_verdict_for_each_and_only_for_this_ad(start):
    app = start()
    app.button(key="explain.test").click().run()
    app = finished(app)
    assert not app.exception
    assert UNTESTED not in body(app)
    assert body(app).count("chance on this ad (p = ") == 4
    table = app.dataframe[1].value
    assert len(table) == 4
    assert table["rating, nothing masked"].nunique() == 1
    app.session_state[state.AD] = replace(FIRST, ocr_text="other words")
    assert body(app.run()).count(UNTESTED) == 4


def test_nothing_masked_is_exactly_the_ad_as_it_is_scored(start, loaded):
    start()
    image = caching.creative_of(FIRST).image
    result, maps = explain._maps(image.content_hash, "SALE NOW", "x", image, loaded.appeal)
    steps = []

    class Watched(jobs.Job):
        def step(self, words):
            return lambda done, total: steps.append((done, total))

    found = explain.gather(explain.Explained(image, "SALE NOW", "", result, maps, loaded.appeal), Watched())
    assert [each.curve.targets[0] for each in found.values()] == pytest.approx([result.value] * 4, abs=1e-5)
    assert steps[0][0] == 0
    assert steps[-1][1] - 32 <= steps[-1][0] < steps[-1][1]  # the last batch is at most 32 copies


def test_a_test_under_way_shows_progress_and_can_be_cancelled(start, loaded, monkeypatch):
    gate, rate = threading.Event(), loaded.appeal.mean_ratings
    app = start()
    monkeypatch.setattr(loaded.appeal, "mean_ratings", lambda *a: gate.wait(30) and rate(*a))
    app.button(key="explain.test").click().run()
    job = jobs.jobs().get(app.session_state[explain.JOB][1])
    app.button(key="explain.test-cancel").click().run()
    gate.set()
    assert isinstance(job.future.exception(60), jobs.Stopped)
    app.run()
    assert app.button(key="explain.test")
    assert body(app).count(UNTESTED) == 4


def test_words_that_cannot_be_read_are_said(start, monkeypatch):
    monkeypatch.setattr(picture_words, "_read", lambda picture: Words(None, "The words cannot be read here."))
    app = start()
    assert app.warning[0].value == "The words cannot be read here."
    assert "were not read" in said(app)


def test_an_ad_without_a_picture_leads_to_the_score_page(launch):
    app = launch("explain")
    app.session_state[state.AD] = replace(FIRST, picture=None)
    app.run()
    assert "no picture" in app.info[0].value
    assert not app.exception


def test_without_an_appeal_checkpoint_the_page_says_what_is_missing(start, loaded, tiny_models, tmp_path, monkeypatch):
    shutil.copytree(tiny_models, tmp_path / "models", ignore=shutil.ignore_patterns(APPEAL))
    without = Assessor(models=tmp_path / "models", device="cpu")
    monkeypatch.setattr(caching, "assessor", lambda: without)
    app = start()
    assert not app.exception
    assert "No checkpoint that rates appeal" in app.info[0].value
