from __future__ import annotations

import pickle
from dataclasses import replace

import streamlit as st

from adlab.app import state
from adlab.app.caching import creative_of
from adlab.app.examples import examples
from adlab.app.state import COPY_FIELDS, Ad, Picture
from adlab.data.creative import COPY_FIELDS as CREATIVE_FIELDS
from adlab.data.creative import Context

AD = Ad(picture=Picture(b"pixels", "dog.jpg"), title="A dog", description="It runs.")


def test_the_form_holds_every_text_of_a_creative():
    assert set(COPY_FIELDS) == set(CREATIVE_FIELDS)


def test_equal_ads_have_equal_keys_and_any_change_another():
    assert replace(AD).key == AD.key
    others = [replace(AD, **{name: "changed"}) for name in COPY_FIELDS]
    others += [replace(AD, picture=None), replace(AD, picture=Picture(b"other", "dog.jpg"))]
    others += [replace(AD, title="A dogI", description="t runs.")]
    assert len({ad.key for ad in [AD, *others]}) == len(others) + 1


def test_a_file_name_is_no_content():
    assert replace(AD, picture=Picture(b"pixels", "cat.jpg")).key == AD.key


def test_a_session_with_an_ad_can_be_serialised():
    assert pickle.loads(pickle.dumps(AD)) == AD


def test_an_ad_is_called_by_its_title_else_its_text_else_its_file():
    assert [AD.label, replace(AD, title="").label, Ad(picture=AD.picture).label, Ad().label] == [
        "A dog",
        "It runs.",
        "dog.jpg",
        "Untitled ad",
    ]
    assert len(replace(AD, title="long " * 100).label) <= 120


def test_a_creative_has_the_picture_and_all_texts():
    ad = examples()["sneaker"]
    creative = creative_of(ad)
    assert {name: getattr(creative, name) for name in COPY_FIELDS} == ad.copy_fields
    assert (creative.image.width, creative.image.height) == (640, 640)


def test_words_given_for_the_picture_change_the_key_and_reach_the_creative():
    given = [replace(AD, ocr_text=words) for words in (None, "", "SALE")]
    assert len({ad.key for ad in given}) == 3
    assert given[0].key == AD.key
    assert [ad.given_words for ad in given] == [{}, {"ocr_text": ""}, {"ocr_text": "SALE"}]
    assert creative_of(replace(examples()["sneaker"], ocr_text="SALE")).ocr_text == "SALE"
    assert creative_of(examples()["sneaker"]).ocr_text is None


def test_an_audience_is_unknown_until_chosen_and_midnight_is_an_hour(monkeypatch):
    session: dict[str, object] = {}
    monkeypatch.setattr(st, "session_state", session)
    assert state.audience() == Context()
    session |= {state.audience_key("hour"): 0, state.audience_key("gender"): state.UNKNOWN}
    assert state.audience() == Context(hour=0)
    state.forget_audience()
    assert state.audience() == Context()
