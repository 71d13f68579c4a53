from __future__ import annotations

import sqlite3
from dataclasses import replace

import pytest
import streamlit as st
from helpers.fake_assessor import assessment, provenance

from adlab.app import history, state
from adlab.app.state import Ad, Picture
from adlab.data.assessment import Assessment
from adlab.errors import InputError
from adlab.paths import cache_dir

AD = Ad(picture=Picture(b"pixels", "dog.jpg"), title="A dog")


@pytest.fixture(autouse=True)
def browser(monkeypatch):
    """One browser at a time; `browser("b")` changes seats."""
    st.cache_resource.clear()

    def sit(name: str) -> None:
        monkeypatch.setattr(state, "browser_id", lambda: name)

    sit("a")
    return sit


def table() -> list[tuple]:
    with sqlite3.connect(cache_dir() / "history.sqlite") as connection:
        return connection.execute("select * from adlab_history").fetchall()


def labels() -> list[str]:
    return [entry.label for entry in history.entries()]


def test_an_assessment_comes_back_as_it_was():
    assert history.keep(AD, assessment(), again=True) == ""
    (entry,) = history.entries()
    assert entry.assessment == assessment()
    assert entry.label == "A dog"
    assert entry.created.utcoffset().total_seconds() == 0


def test_the_newest_comes_first():
    for number in range(3):
        history.keep(replace(AD, title=f"ad {number}"), assessment(f"hash {number}"), again=True)
    assert labels() == ["ad 2", "ad 1", "ad 0"]


def test_another_browser_sees_none_of_it(browser):
    history.keep(AD, assessment(), again=True)
    browser("b")
    assert history.entries() == []
    history.keep(replace(AD, title="mine"), assessment(), again=True)
    assert labels() == ["mine"]
    browser("a")
    assert labels() == ["A dog"]


def test_the_same_assessment_is_added_again_only_when_asked_for():
    for again in (False, False, True):
        history.keep(AD, assessment(), again=again)
    assert len(history.entries()) == 2


def test_the_same_ad_judged_by_other_weights_is_a_new_assessment():
    history.keep(AD, assessment(), again=False)
    history.keep(AD, assessment(provenance=replace(provenance(), sha256="cd" * 32)), again=False)
    assert len(history.entries()) == 2


def test_rows_are_only_ever_added():
    history.keep(AD, assessment(), again=True)
    before = table()
    history.keep(AD, assessment(), again=True)
    history.entries()
    assert table()[:1] == before


def test_the_picture_is_not_stored():
    history.keep(AD, assessment(), again=True)
    assert b"pixels" not in (cache_dir() / "history.sqlite").read_bytes()


def test_an_ad_without_a_score_is_not_kept():
    history.keep(AD, Assessment(content_hash="x", not_scored={"agreement": "no image"}), again=True)
    assert history.entries() == []


@pytest.mark.parametrize("value", ["off", "OFF", "0", "false"])
def test_nothing_is_kept_when_switched_off(monkeypatch, value):
    monkeypatch.setenv("ADLAB_HISTORY", value)
    assert history.keep(AD, assessment(), again=True) == ""
    assert history.entries() == []
    assert not (cache_dir() / "history.sqlite").exists()


def test_a_database_that_cannot_be_written_costs_a_note_not_the_score(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ADLAB_CACHE", str(tmp_path / "file" / "folder"))
    assert "not in the history" in history.keep(AD, assessment(), again=True)


def test_a_database_that_cannot_be_read_is_one_clear_error():
    (cache_dir()).mkdir(parents=True, exist_ok=True)
    (cache_dir() / "history.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(InputError, match="cannot be read"):
        history.entries()


def test_the_query_stands_in_the_label_and_long_texts_still_fit():
    assert history.label_of(replace(AD, query=" black \n shoes ")) == "A dog · searched “black shoes”"
    assert history.label_of(AD) == "A dog"
    long = history.label_of(replace(AD, title="word " * 80, query="query " * 60))
    assert len(long) <= history.MAX_LABEL
    assert "…” " not in long
    assert long.startswith("word word")
    assert long.endswith("…”")


def test_hostile_titles_are_data():
    title = "'); drop table adlab_history; --"
    history.keep(replace(AD, title=title), assessment(), again=True)
    assert labels() == [title]


def test_the_same_ad_for_another_audience_is_a_new_assessment_and_each_is_kept_once():
    evening = replace(assessment(), context={"hour": 20})
    for one in (assessment(), evening, assessment(), evening):
        history.keep(AD, one, again=False)
    assert [entry.assessment.context for entry in history.entries()] == [{"hour": 20}, {}]
