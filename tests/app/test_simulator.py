from __future__ import annotations

import json
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from adlab.app import simulator, simulator_curves, simulator_exports
from adlab.app.components import simulator_ad, simulator_shares
from adlab.app.components import simulator_curves as charts
from adlab.app.simulator import PART_COLOURS, SCALES
from adlab.app.simulator_curves import CONTEXT_LEVELS
from adlab.app.simulator_words import fact_words, percent, signed
from adlab.data.creative import Context
from adlab.simulator.factors import BACKGROUND_COLOURS
from adlab.simulator.formats import ELEMENTS, FORMATS
from adlab.simulator.plan import plan_ad, replan
from adlab.simulator.render import draw
from adlab.simulator.truth import explain_truth

PLAN = plan_ad(7, 112)
SEEN_BY = Context(gender="female", age_band="50+", month=8, weekday=1, hour=12, position="1")


def test_every_format_and_every_element_can_be_shown():
    assert SCALES.keys() == FORMATS.keys()
    assert PART_COLOURS.keys() == set(ELEMENTS)


@pytest.mark.parametrize("name", list(SCALES))
def test_the_page_draws_each_format_in_its_shape(name):
    width, height = simulator.drawn(PLAN, name).size
    assert width / height == pytest.approx(FORMATS[name][0] / FORMATS[name][1], rel=0.01)
    assert max(width, height) >= 600


def test_the_layer_of_masks_shows_each_element_where_it_is_seen():
    picture = simulator.drawn(PLAN, "1:1")
    layer = np.asarray(Image.open(BytesIO(picture.layers)).convert("RGBA"))
    ad = draw(PLAN, simulator.spec_for("1:1"))
    button = next(part for part in ad.elements if part.name == "button")
    assert (layer[button.mask][:, :3] == PART_COLOURS["button"]).all()
    assert (layer[~np.any([part.mask for part in ad.elements], axis=0)][:, 3] == 0).all()
    assert next(p.share for p in picture.parts if p.name == "button") == pytest.approx(button.mask.mean())


def test_a_curve_passes_through_the_ad_as_it_is():
    rates = simulator.rates(PLAN.factors, SEEN_BY)
    for curve in simulator_curves.curves(PLAN.factors, SEEN_BY):
        assert curve.now is not None
        assert curve.rates[curve.now] == pytest.approx(rates, rel=1e-9), curve.name


def test_a_curve_of_an_unknown_field_has_no_mark_and_averages_to_the_rate():
    curves = {curve.name: curve for curve in simulator_curves.curves(PLAN.factors, Context())}
    assert all(curves[name].now is None for name in CONTEXT_LEVELS)
    mean = sum(rate.ctr for rate in curves["month"].rates) / 12
    assert mean == pytest.approx(simulator.rates(PLAN.factors, Context()).ctr, rel=0.01)


def test_curves_go_where_the_planted_coefficients_point():
    curves = {
        curve.name: [rate.ctr for rate in curve.rates] for curve in simulator_curves.curves(PLAN.factors, Context())
    }
    for name in ("agreement", "appeal", "contrast", "cta", "urgency", "specificity"):
        assert curves[name] == sorted(curves[name]), name
    assert curves["clutter"] == sorted(curves["clutter"], reverse=True)
    assert len(curves["background"]) == len(BACKGROUND_COLOURS)
    words = next(curve for curve in simulator_curves.curves(PLAN.factors, Context()) if curve.name == "length")
    assert words.values[int(np.argmax(curves["length"]))] in range(17, 24)


def test_the_week_holds_the_response_of_each_hour():
    week = simulator_curves.hours_by_weekday(PLAN.factors, SEEN_BY)
    assert [len(row) for row in week] == [24] * 7
    assert week[0][12] == pytest.approx(simulator.rates(PLAN.factors, SEEN_BY))
    table = simulator_exports.week_table(week)
    assert table.shape == (168, 5)
    assert table[(table.weekday == "Sunday") & (table.hour == 23)].CTR.item() == week[6][23].ctr


def test_the_table_of_shares_adds_up():
    table = simulator_exports.share_table(PLAN, SEEN_BY).set_index("factor")
    for column in ("click, log-odds", "conversion, log-odds"):
        assert table[column].iloc[:-1].sum() == pytest.approx(table[column].iloc[-1])
    assert table.loc["Clutter", "click, log-odds"] == explain_truth(PLAN, SEEN_BY).click.shares["clutter"]


def test_the_chart_leaves_out_what_is_unknown_and_says_so():
    truth = explain_truth(PLAN, Context(month=8)).click
    html = simulator_shares.chart(truth, "click", 0.04, PLAN, Context(month=8))
    assert "August" in html
    assert "Weekday" not in html
    assert "Text position × age" not in html
    assert "every share of it is exactly 0" in simulator_shares.chart(truth, "click", 0.04, PLAN, Context())


def test_bars_point_to_the_side_of_their_sign():
    truth = explain_truth(PLAN, Context()).click
    html = simulator_shares.chart(truth, "click", 0.04, PLAN, Context())
    ups = sum(share >= 0 for name, share in truth.shares.items() if name not in CONTEXT_LEVELS)
    assert html.count('<i class="up"') == ups - 2  # the interactions need the context
    clutter = html[html.index("Clutter") : html.index("Button visibility")]
    assert 'class="down"' in clutter
    assert signed(truth.shares["clutter"]) in clutter


def test_the_truth_is_downloaded_whole():
    content = json.loads(simulator_exports.truth_json(PLAN, SEEN_BY, "4:5"))
    assert "no real people" in content["note"]
    assert content["size"] == [576, 720]
    assert content["context"] == SEEN_BY.known
    assert content["causes"]["agreement"] == PLAN.factors.agreement
    click = content["log_odds"]["click"]
    assert click["intercept"] + sum(click["shares"].values()) == pytest.approx(click["sum"])
    assert {part["name"] for part in content["elements"]} >= {"product", "headline", "button", "brand"}
    assert content["relevance"]["reason"] == PLAN.relevance.reason


def test_the_picture_is_downloaded_as_drawn():
    image = Image.open(BytesIO(simulator_exports.png(PLAN, "728x90")))
    assert image.format == "PNG"
    assert image.size == (1092, 135)


def test_a_change_is_said_in_both_directions_and_not_where_there_is_none():
    assert simulator_ad.change(0.05, 0.05) == "as first drawn"
    assert simulator_ad.change(0.06, 0.05).startswith("▲ × 1.20")
    assert "−1.00 points" in simulator_ad.change(0.04, 0.05)


def test_copy_on_the_card_is_escaped():
    from dataclasses import replace

    html = simulator_ad.copy_card(replace(PLAN, title="<b>x</b>", query="<script>"))
    assert "&lt;b&gt;" in html
    assert "<script>" not in html


def test_the_grid_marks_the_hour_of_the_context():
    week = [[0.04 + hour / 1000 for hour in range(24)] for _ in range(7)]
    assert charts.grid(week, Context(weekday=2, hour=5)).count('<i class="own"') == 1
    assert '<i class="own"' not in charts.grid(week, Context(weekday=2))


def test_small_charts_share_one_scale():
    curves = list(simulator_curves.curves(replan(PLAN, contrast=0.0).factors, Context()))[:3]
    html = charts.multiples(curves, "click")
    rates = [rate.ctr for curve in curves for rate in curve.rates]
    assert f"from {percent(min(rates))} at the bottom to {percent(max(rates))}" in html
    assert html.count("top:0.00%") + html.count("calc(0.00%") >= 1


def test_numbers_are_put_as_people_read_them():
    assert [percent(rate) for rate in (0.1234, 0.0312, 0.00198)] == ["12.3 %", "3.12 %", "0.198 %"]
    assert [signed(value) for value in (0.5, -0.5, -0.001)] == ["+0.50", "−0.50", "0.00"]
    assert fact_words(0.5, 4) == "2 of 4 sentences"
    assert fact_words(1.0, 1) == "1 of 1 sentence"
