"""Query relevance on the Score page: what to type, the grade, and that another query scores nothing else again."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
from helpers.fake_assessor import FakeCtr

from adlab.app import caching, history, queries, state
from adlab.app.examples import examples
from adlab.app.state import Ad
from adlab.encoders.text import load_minilm
from adlab.features.ad_vocabulary import extend
from adlab.features.query_ad_tokens import QueryAdTokenizer, TokenLimits

FIRST = next(iter(examples().values()))


def body(app) -> str:
    return "".join(html.proto.body for html in app.get("html"))


def ask(app, query):
    app.text_input(key=queries.FIELD).set_value(query)
    return app.button(key="score.query-submit").click().run()


@pytest.fixture
def page(fake, launch):
    """The Score page with the head, and every call to it."""
    fake.heads, asked, assess = ("agreement", "relevance"), [], fake.assess

    def counted(self, creative, heads=None, context=None):
        asked.append((heads, creative.query))
        return assess(self, creative, heads, context)

    fake.assess = counted
    return launch(), asked


def test_the_card_shows_grade_interval_distribution_and_both_models(page):
    app, _ = page
    html = body(app)
    assert not app.exception
    assert "Query relevance" in html
    assert f"For “{FIRST.query}”, read from picture and copy" in html
    assert "Good" in html
    assert "90 % interval 1.7 – 2.4" in html
    assert "Probability of each grade: Bad 5 %, Fair 15 %, Good 45 %, Excellent 35 %" in html
    assert 'aria-label="This model: 95 %"' in html
    assert 'aria-label="Its fast student: 91 %"' in html
    assert app.text_input(key=queries.FIELD).value == FIRST.query


def test_copy_that_is_cut_is_said_in_the_card_and_only_then(page, monkeypatch):
    app, _ = page
    assert 'class="ad-notice"' not in body(app)
    limits = TokenLimits(total=64, description=32)
    tokenizer = QueryAdTokenizer(extend(load_minilm().wordpieces()), limits)
    head = SimpleNamespace(tokenizer=tokenizer, network=SimpleNamespace(config=SimpleNamespace(whole_dim=384)))
    monkeypatch.setattr(caching.assessor(), "relevance", head)
    app.text_area(key="score.description").set_value("fast " * 40)
    app.text_input(key="score.title").set_value("Shoe")
    html = body(app.button(key="score.submit").click().run())
    assert "it reads the first 32 of 40 words of the description. What comes later does not count." in html
    app.text_input(key="score.title").set_value("")
    html = body(app.button(key="score.submit").click().run())
    assert "except where the description is compared as a whole." in html
    app.text_area(key="score.description").set_value("fast " * 32)
    assert 'class="ad-notice"' not in body(app.button(key="score.submit").click().run())


def test_another_query_asks_for_its_grade_alone(page):
    app, asked = page
    before = list(asked)
    ask(app, "  green   tea ")
    assert asked[len(before) :] == [(("relevance",), "green tea")]
    assert "For “green tea”, read from picture and copy" in body(app)
    assert app.text_input(key="score.query").value == "green tea"
    ask(app, FIRST.query)
    assert len(asked) == len(before) + 1
    assert app.session_state[state.AD].example == FIRST.example


def test_without_a_query_the_card_says_what_to_type(page):
    app, _ = page
    ask(app, "")
    html = body(app)
    assert "Type below what somebody would search for" in html
    assert "Probability of each grade" not in html
    assert not any("Query relevance" in info.value for info in app.info)
    assert "Image–copy agreement" in html


def test_a_query_typed_in_the_form_is_not_overwritten(page):
    app, _ = page
    app.text_input(key="score.query").set_value("my own next ad").run()
    ask(app, "green tea")
    assert app.text_input(key="score.query").value == "my own next ad"


def test_what_is_downloaded_is_the_ad_with_its_query(page, monkeypatch):
    app, _ = page
    kept = []
    monkeypatch.setattr(history, "keep", lambda ad, assessment, again: kept.append((ad, assessment)) or "")
    ask(app, "green tea")
    ad, assessment = kept[-1]
    assert ad.query == "green tea"
    assert assessment.content_hash == caching.creative_of(ad).content_hash
    assert [result.head for result in assessment.heads] == ["agreement", "relevance"]
    assert json.loads(assessment.to_json())["heads"][1]["details"]["relevance_good"] == 0.45


def test_without_the_head_there_is_no_field(launch):
    app = launch()
    assert "Query relevance" not in body(app)
    assert not [each for each in app.text_input if each.key == queries.FIELD]


def test_an_ad_that_is_nothing_but_a_query_keeps_it():
    only = Ad(query="green tea")
    assert caching.without_query(only) is only
    assert caching.without_query(replace(only, title="Tea")).query == ""


def test_the_click_rate_of_another_query_comes_from_memory(fake, launch):
    fake.heads, fake.ctr = ("agreement", "ctr", "relevance"), FakeCtr()
    app = launch()
    assert not app.exception
    calls, sweeps = fake.calls, len(fake.ctr.swept)
    ask(app, "green tea")
    assert "For “green tea”" in body(app)
    assert (fake.calls, len(fake.ctr.swept)) == (calls + 1, sweeps)


def test_the_query_stands_in_its_field_on_the_next_page_too(page):
    app, _ = page
    ask(app, "green tea")
    app.switch_page("pages/modalities.py").run()
    assert app.text_input(key=queries.FIELD).value == "green tea"
    app.switch_page("pages/score.py").run()
    assert app.text_input(key=queries.FIELD).value == "green tea"
