"""The chain from impression to conversion on the Score page."""

from __future__ import annotations

import pytest
from helpers.fake_assessor import FakeCtr, FakeFunnel

SHOW = "score.audience-submit"


@pytest.fixture
def funnel(fake) -> FakeFunnel:
    """The fake has a head `funnel`, too."""
    fake.heads, fake.funnel = ("agreement", "funnel"), FakeFunnel()
    return fake.funnel


def body(app) -> str:
    return "".join(html.proto.body for html in app.get("html")).replace("\u00a0", " ").replace("\u2060", "")


def test_the_chain_is_drawn_with_an_audience_to_choose_even_without_a_click_rate(launch, funnel):
    app = launch()
    assert not app.exception
    assert "From impression to conversion" in body(app)
    assert "≈ 400" in body(app)
    assert [box.label for box in app.selectbox] == ["Gender"]
    assert "ad-week" not in body(app).split("</style>")[-1]


def test_impressions_and_price_are_the_user_s(launch, funnel, fake):
    app = launch()
    calls = fake.calls
    app.number_input(key="score.funnel-impressions").set_value(100_000)
    app.number_input(key="score.funnel-price").set_value(8.0).run()
    assert not app.exception
    assert "≈ 4,000" in body(app)
    assert "each 0.20 (0.13 – 0.32)" in body(app)
    assert fake.calls == calls  # nothing is asked again


def test_another_audience_moves_the_chain_and_no_other_score_is_asked_for_again(launch, funnel, fake):
    app = launch()
    assert fake.calls == 2
    app.selectbox(key="score.audience-gender").set_value("female")
    app.button(key=SHOW).click().run()
    assert not app.exception
    assert "For female viewers" in body(app)
    assert "≈ 500" in body(app)
    assert fake.calls == 3


def test_both_heads_are_asked_at_once_and_share_the_audience(launch, funnel, fake):
    fake.heads, fake.ctr = ("agreement", "ctr", "funnel"), FakeCtr()
    app = launch()
    assert not app.exception
    assert fake.calls == 2
    assert len(app.selectbox) == 6
    assert "Other cards on this page speak of clicks" in body(app)
