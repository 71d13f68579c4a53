from __future__ import annotations

import io
import json
import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from helpers.click_logs import clustered_log
from streamlit.testing.v1 import AppTest

from adlab.app import insights
from adlab.app.components import insights_charts, insights_tables
from adlab.app.insights_words import (
    SIMULATED_BADGE,
    leaders_words,
    level_name,
    near_words,
    p_words,
    tied_words,
    verdict,
)
from adlab.app.simulator_words import percent
from adlab.data.table import read_table, validate
from adlab.insights.counter_examples import CounterExample, CounterExamples
from adlab.insights.study import added_up, rates_table, study_log

SECONDS = 60


@pytest.fixture
def small(monkeypatch):
    """The simulated log, small enough for tests."""
    for name, value in {"ADS": 80, "IMPRESSIONS": 800_000, "CONTEXTS_PER_AD": 60}.items():
        monkeypatch.setattr(insights, name, value)


@pytest.fixture
def page(launch, small):
    app = launch("insights")
    assert not app.exception
    return app


def body(app: AppTest) -> str:
    return "".join(html.proto.body for html in app.get("html"))


def charts(app: AppTest) -> list[dict]:
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def own_log(app: AppTest, name: str, data: bytes) -> AppTest:
    """Give a log and wait until it was read and studied, or refused."""
    app.segmented_control(key="insights.log").set_value("Your log").run()
    app.file_uploader(key="insights.upload").set_value((name, data, "text/csv")).run()
    deadline = time.monotonic() + SECONDS
    while not (charts(app) or app.error) and time.monotonic() < deadline:
        time.sleep(0.1)
        app.run()
    return app


def csv_of(rows: pd.DataFrame) -> bytes:
    return rows.to_csv(index=False).encode()


def test_the_simulated_log_answers_the_question_and_is_labelled(page):
    study = insights.simulated_study(insights.DEFAULT_THRESHOLD)
    html = body(page)
    assert html.count(SIMULATED_BADGE) >= 2
    assert "800,000 impressions" in html
    assert "80 ads" in html
    age = next(one for one in study.attributes if one.name == "age_band")
    assert age.kept
    assert percent(age.best.ctr) in html


def test_bars_come_in_the_order_of_the_paper_with_intervals_and_twins(page):
    study = insights.simulated_study(insights.DEFAULT_THRESHOLD)
    found = charts(page)
    assert len(found) == len(page.dataframe) == 8
    first = found[0]["data"][0]
    age = next(one for one in study.attributes if one.name == "age_band")
    assert np.allclose(heights(first["y"]), [100 * rate.ctr for rate in age.rates])
    assert found[3]["data"][0]["x"][6] == "Jul"
    table = page.dataframe[0].value
    assert table["CTR"].tolist() == [percent(rate.ctr) for rate in age.rates]
    assert table["Impressions"].sum() == 800_000


def heights(values) -> np.ndarray:
    """The numbers of a chart, which plotly may have packed."""
    import base64

    if isinstance(values, dict):
        return np.frombuffer(base64.b64decode(values["bdata"]), dtype=values["dtype"])
    return np.array(values)


def test_another_threshold_merges_other_levels(page):
    before = len(heights(charts(page)[1]["data"][0]["y"]))
    page.selectbox(key="insights.least").set_value(50_000).run()
    after = charts(page)[1]["data"][0]["x"]
    assert before > len(after)
    assert any("–" in label for label in after)


def test_the_users_log_is_studied_and_named(page):
    log = clustered_log(np.random.default_rng(0), ads=40)
    own_log(page, "mine.csv", csv_of(log))
    assert not page.error
    html = body(page)
    assert "mine.csv" in html
    assert SIMULATED_BADGE not in html
    assert f"{log['impressions'].sum():,} impressions" in html
    assert len(charts(page)) == 3


def test_every_problem_of_a_table_is_shown_at_once_and_the_file_stays(page):
    log = clustered_log(np.random.default_rng(0), ads=5).astype({"hour": str})
    log.loc[0, "hour"], log.loc[1, "clicks"] = "noon", 10**6
    own_log(page, "bad.csv", csv_of(log))
    assert len(page.error) == 1
    assert page.error[0].value.startswith("**bad.csv**: ")
    assert "noon" in page.error[0].value
    assert "row 2" in page.error[0].value
    assert page.file_uploader(key="insights.upload").value.name == "bad.csv"
    assert not charts(page)


def test_a_log_without_what_is_needed_is_refused_with_all_that_is_missing(page):
    own_log(page, "bare.csv", b"title,clicks\nSale,1\n")
    assert "ad\\_id" in page.error[0].value
    assert "impressions" in page.error[0].value


def test_a_log_can_be_removed_and_is_not_read_again(page):
    own_log(page, "mine.csv", csv_of(clustered_log(np.random.default_rng(0), ads=20)))
    page.button(key="insights.remove").click().run()
    assert not charts(page)
    assert not page.error


def test_the_users_log_survives_a_visit_to_another_page(page):
    own_log(page, "mine.csv", csv_of(clustered_log(np.random.default_rng(0), ads=20)))
    page.switch_page("pages/models.py").run()
    page.switch_page("pages/insights.py").run()
    assert len(charts(page)) == 3
    assert "mine.csv" in body(page)


def test_the_example_passes_the_contract(small, tmp_path):
    path = tmp_path / "example.csv"
    path.write_text(insights.example_csv())
    log = added_up(validate(read_table(path), needs_creative=False))
    assert {"age_band", "hour", "weekday", "month"} <= set(log.attributes)


def test_downloads_hold_every_level(small):
    study = insights.simulated_study(0)
    table = pd.read_csv(io.StringIO(insights.csv_of(rates_table(study))))
    assert len(table) == sum(len(one.rates) for one in study.attributes)


def test_a_log_of_few_ads_says_that_small_differences_stay_unconfirmed():
    few, enough = (study_log(added_up(clustered_log(np.random.default_rng(0), ads=ads))) for ads in (20, 40))
    assert "So few ads" in insights_tables.answer(few, "log.csv")
    assert "So few ads" not in insights_tables.answer(enough, "log.csv")


def test_names_in_a_log_are_escaped():
    log = clustered_log(np.random.default_rng(0), ads=20).assign(x=lambda rows: "<b>" + rows["x"])
    study = study_log(added_up(log))
    found = CounterExample("x", "<b>1", "<b>2", "ad", "<i>", 0.1, 0.2, 500, 500, 0.01)
    object.__setattr__(study, "counter_examples", CounterExamples((found,), 1, (found,), 1))
    html = insights_tables.answer(study, "<u>.csv") + insights_tables.tests(study)
    html += insights_tables.counter_examples(study, "x")
    assert not any(tag in html for tag in ("<b>", "<u>", "<i>"))
    x = next(one for one in study.attributes if one.name == "x")
    assert "<b>" not in json.dumps(insights_charts.figure(study, x, "light").to_plotly_json()["data"][0]["customdata"])


def test_levels_and_p_values_are_said_as_people_read_them():
    assert level_name("age_band", "0-14") == "0–14"
    assert level_name("age_band", "0-14 to 15-19") == "0–14 – 15–19"
    assert level_name("month", "12 to 2") == "December – February"
    assert level_name("hour", "23 to 1") == "23:00 – 1:00"
    assert level_name("brand", "made to last") == "made to last"
    assert [p_words(p) for p in (0.0004, 0.0312, 0.4)] == ["p < 0.001", "p = 0.031", "p = 0.40"]


def test_a_best_level_that_cannot_be_told_from_the_lowest_is_not_said_to_win():
    study = study_log(added_up(clustered_log(np.random.default_rng(0), ads=20)))
    test = SimpleNamespace(p_value=0.01, comparison="between ads", eta_squared=0.1)
    x = next(one for one in study.attributes if one.name == "x")
    rates = tuple(rate._replace(tied=True) for rate in x.rates)
    tied = replace(x, rates=rates, anova=test, logistic=test)
    assert tied_words(tied) == "Too close to call with any other level."
    assert near_words(tied) == "too close to call with any other level"
    assert leaders_words(tied) == "No clear first"
    assert verdict(tied).endswith("but which level is best does not show.")
    told = replace(tied, rates=tuple(rate._replace(tied=rate.level == x.best.level) for rate in x.rates))
    assert (tied_words(told), near_words(told)) == ("", "")
    assert leaders_words(told) == level_name(x.name, x.best.level)
    assert verdict(told).startswith("The difference holds in both tests")


def test_an_attribute_without_effect_is_said_to_have_none():
    study = study_log(added_up(clustered_log(np.random.default_rng(3), ads=60)))
    x = next(one for one in study.attributes if one.name == "x")
    assert not x.kept
    assert verdict(x).startswith("No difference that both tests confirm")
    assert tied_words(x).startswith("Too close to call with")


def test_levels_that_are_too_close_to_the_best_are_counted():
    study = study_log(added_up(clustered_log(np.random.default_rng(0), ads=20)))
    x = next(one for one in study.attributes if one.name == "x")
    first, second, third = x.rates[0], x.rates[0]._replace(level="b", ctr=0.0), x.rates[0]._replace(level="c", ctr=0.0)
    some = replace(x, rates=(first, second._replace(tied=True), third._replace(tied=False)))
    assert near_words(some) == "one too close to call"
    assert tied_words(some) == "Too close to call with b."


def test_a_level_that_others_tie_with_does_not_head_the_answer_alone():
    study = study_log(added_up(clustered_log(np.random.default_rng(0), ads=20)))
    x = next(one for one in study.attributes if one.name == "x")
    test = SimpleNamespace(p_value=0.01, comparison="between ads", eta_squared=0.1)
    first, last = x.rates[0]._replace(level="a", ctr=0.5), x.rates[0]._replace(level="z", ctr=0.1, tied=False)

    def tied_with(*names):
        others = [first._replace(level=name, ctr=0.4 - place / 100, tied=True) for place, name in enumerate(names)]
        return replace(x, rates=(*others, first, last), anova=test, logistic=test)

    assert leaders_words(tied_with("b")) == "a or b"
    assert leaders_words(tied_with("b", "c")) == "a, b or c"
    assert leaders_words(tied_with("b", "c", "d")) == "a or one of 3 others"
    html = insights_tables.answer(replace(study, attributes=(tied_with("b"),)), "log.csv")
    assert '<p class="ad-level">a or b</p>' in html
    assert "highest a <strong>50" in html
    assert "highest" not in insights_tables.answer(replace(study, attributes=(tied_with(),)), "log.csv")


def test_labels_of_an_axis_turn_where_they_would_run_together():
    study = study_log(added_up(clustered_log(np.random.default_rng(0), ads=20)))
    axis = insights_charts.figure(study, study.attributes[0], "light").layout.xaxis
    assert axis.tickangle is None
    assert axis.autotickangles == (0, 45, 90)
