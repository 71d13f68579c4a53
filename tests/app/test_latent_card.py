from __future__ import annotations

import base64
import json

import numpy as np
import pytest
import streamlit as st
from starlette.applications import Starlette
from starlette.testclient import TestClient

from adlab.app import jobs, latent_card, latent_state, server
from adlab.app.latent_own import Own
from adlab.app.latent_shown import Shown, of_own
from adlab.projection.columns import levels_column
from adlab.projection.latent import LatentSet
from adlab.projection.points import Embeddings

JPEG = b"\xff\xd8 a picture"


@pytest.fixture(autouse=True)
def _nothing_remembered():
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


@pytest.fixture
def client() -> TestClient:
    return TestClient(Starlette(routes=server.routes()), follow_redirects=False)


def own(copy: tuple[str, ...] = ("<b>One</b>", "Two", "Two")) -> Own:
    """Three ads: the first two share a picture, the last two a text."""
    vectors = np.eye(2, 4, dtype=np.float32)
    embeddings = Embeddings(
        shared_image=vectors,
        private_image=vectors,
        shared_text=vectors,
        private_text=vectors,
        image_of=np.array([0, 0, 1]),
        text_of=np.array([0, 1, 1]),
    )
    columns = (levels_column("label", ["yes", "no", "no"]), levels_column("season", ["summer", "summer", "winter"]))
    ads = LatentSet(
        name="Your ads",
        checkpoint="focal",
        sha256="",
        embeddings=embeddings,
        columns=columns,
        label="label",
        display="own",
    )
    return Own(ads, {0: JPEG}, copy, ("a", "b", "c"), ())


def done(result: object) -> str:
    key = jobs.jobs().start(lambda job: result)
    jobs.jobs().get(key).future.result(10)
    return key


def test_an_ad_tells_its_name_copy_label_colour_agreement_and_picture():
    found = latent_card.card(of_own(own()), "pair", 0, "season")
    assert (found["name"], found["copy"]) == ("a", "<b>One</b>")
    assert found["facts"] == [("label", "yes"), ("season", "summer"), ("cosine", "+1.000")]
    assert base64.b64decode(found["picture"].split(",")[1]) == JPEG


def test_a_picture_of_several_ads_tells_only_what_they_have_in_common():
    found = latent_card.card(of_own(own()), "image", 1, "season")
    assert found["name"] == "A picture of 2 ads"
    assert found["facts"] == [("season", "summer")]
    assert found["copy"] == ""
    assert found["picture"]


def test_a_text_of_several_ads_shows_the_text_and_no_picture():
    found = latent_card.card(of_own(own()), "text", 1)
    assert (found["name"], found["copy"], found["picture"]) == ("A text of 2 ads", "Two", "")
    assert found["facts"] == [("label", "no")]


def test_where_pictures_may_not_be_shown_it_says_why():
    shown = of_own(own())
    kept = Shown(ads=shown.ads, names=shown.names, copy=[""] * 3, thumbnail=lambda row: None, why="Lent for research.")
    assert latent_card.card(kept, "pair", 2)["why"] == "Lent for research."


def test_ones_own_ads_are_answered_by_the_key_of_their_job(client):
    answer = client.get(f"/ad-on-map/own/{done(own())}/pair/0?colour=season")
    assert answer.status_code == 200
    assert answer.json()["copy"] == "<b>One</b>"
    assert "private" in answer.headers["cache-control"]


@pytest.mark.parametrize(
    "path", ["own/unknown/pair/0", "own/{key}/pair/3", "own/{key}/word/0", "reference/none/pair/0"]
)
def test_what_is_not_there_is_not_found(client, path):
    assert client.get(f"/ad-on-map/{path.format(key=done(own()))}").status_code == 404


def test_the_result_of_another_kind_of_job_is_never_given_out(client):
    assert client.get(f"/ad-on-map/own/{done('the map of somebody')}/pair/0").status_code == 404


def test_a_shipped_set_is_answered_by_the_name_of_its_checkpoint(client, tiny_models, monkeypatch):
    monkeypatch.setenv("ADLAB_MODELS", str(tiny_models))
    found = client.get("/ad-on-map/reference/focal-tiny/pair/0").json()
    assert found["picture"] == ""
    assert found["why"]


def test_a_map_asks_for_its_own_set(monkeypatch):
    monkeypatch.setattr(latent_state, "own_job", lambda: "secret")
    assert latent_card.address(of_own(own()), "secret") == "ad-on-map/own/secret"


def test_the_answer_is_small(client):
    assert len(json.dumps(client.get(f"/ad-on-map/own/{done(own())}/pair/0").json())) < 1000


def test_the_name_of_the_first_page_leads_to_the_root(client):
    answer = client.get("/score")
    assert answer.status_code == 307
    assert answer.headers["location"] == "./"
