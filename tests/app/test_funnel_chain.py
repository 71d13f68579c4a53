"""The chain from impression to conversion: what it comes to, what it costs, and how it is drawn and put into words."""

from __future__ import annotations

import re

import pytest
from helpers.fake_assessor import funnel_result
from scipy import special

from adlab.app import funnel_counts, funnel_words
from adlab.app.components import funnel_chain
from adlab.app.funnel_counts import Range
from adlab.app.head_words import words_for
from adlab.data.assessment import DataKind
from adlab.metrics.count_forecast import count_forecast


def text_of(html: str) -> str:
    return re.sub(r"<[^>]+>", " ", html).replace("\u00a0", " ").replace("\u2060", "")


def test_counts_have_the_doubt_about_the_rate_and_chance_in_them():
    result = funnel_result()
    half = special.logit(result.details["pctr_high"]) - special.logit(result.details["pctr"])
    forecast = count_forecast(0.04, half, 5000)
    assert funnel_counts.count(result, "pctr", 5000) == pytest.approx((200, forecast.low, forecast.high))
    few, many = (funnel_counts.count(result, "pctcvr", n) for n in (1000, 1_000_000))
    assert few.low / few.value < many.low / many.value  # chance matters less among many
    assert many.low / many.value == pytest.approx(result.details["pctcvr_low"] / result.details["pctcvr"], rel=0.02)


def test_a_dear_click_is_a_rare_one():
    found = funnel_counts.cost(funnel_result(), "pctr", 8.0)
    assert found == pytest.approx((8 / 1000 / 0.04, 8 / 1000 / 0.06, 8 / 1000 / 0.025))
    assert found.low < found.value < found.high
    assert funnel_counts.cost(funnel_result(), "pctcvr", 8.0).value == pytest.approx(8 / 1000 / 0.002)


def test_bars_stand_on_a_logarithmic_scale_and_within_it():
    assert funnel_counts.place(100, 10_000) == pytest.approx(50)
    assert funnel_counts.place(0, 10_000) == 0
    assert funnel_counts.place(10**9, 10_000) == 100


def test_the_picture_says_counts_rates_and_ranges():
    said = text_of(funnel_chain.picture(funnel_result(), 10_000))
    assert "10,000" in said
    assert "≈ 400" in said
    assert "4.0 % (2.5 % – 6.0 %)" in said
    assert "pCVR: of these convert" in said
    assert "pCTCVR 0.20 % (0.10 % – 0.40 %)" in said
    assert "each" not in said  # no price was given
    assert funnel_words.INCLUDED in said


def test_a_price_gives_what_a_click_and_a_conversion_cost():
    said = text_of(funnel_chain.picture(funnel_result(), 10_000, 8.0))
    assert "together 80.00" in said
    assert "each 0.20 (0.13 – 0.32)" in said
    assert "each 4.00 (2.00 – 8.00)" in said
    assert funnel_words.COST in said


def test_without_a_price_nothing_is_said_of_costs():
    assert funnel_words.COST not in text_of(funnel_chain.picture(funnel_result(), 10_000))


def test_those_who_do_not_see_the_picture_hear_a_sentence():
    html = funnel_chain.picture(funnel_result(), 10_000)
    (label,) = re.findall(r'role="img" aria-label="([^"]+)"', html)
    assert label.startswith("Of 10,000 impressions about 400 are expected to be clicked")
    assert "about 20 to end in a conversion" in label


def test_own_data_are_not_called_a_simulation():
    simulated, own = (funnel_result(kind) for kind in (DataKind.SIMULATION, DataKind.USER_LOG))
    assert "no real people took part" in text_of(funnel_chain.foot(simulated))
    assert "no real people took part" not in text_of(funnel_chain.foot(own))
    assert "came to in your log" in text_of(funnel_chain.foot(own))
    assert "Learned from your own log" in text_of(funnel_chain.head(own, "For all viewers"))


def test_an_audience_is_ranked_by_the_average_of_the_ad():
    words = words_for("funnel").meaning(funnel_result())
    assert words.startswith("The expected share of impressions that are clicked and convert is 0.20 %.")
    assert "Averaged over all contexts it is 0.15 %, 62nd percentile" in words


def test_an_audience_is_escaped():
    assert "<b>x" not in funnel_chain.head(funnel_result(), "For <b>x</b>")


@pytest.mark.parametrize(("value", "words"), [(0.034, "0.034"), (2.46, "2.5"), (12.4, "12"), (12345.6, "12,346")])
def test_counts_are_read_with_as_many_digits_as_they_have(value, words):
    assert funnel_words.count_words(value) == words


def test_a_range_does_not_break():
    assert " " not in funnel_words.range_words(Range(5, 1, 9))
    value, ends = funnel_words.rate_words(Range(0.05, 0.01, 0.09)).split(" ")
    assert (value, ends) == ("5.0\u00a0%", "(1.0\u00a0%\u00a0–\u2060\u00a09.0\u00a0%)")
