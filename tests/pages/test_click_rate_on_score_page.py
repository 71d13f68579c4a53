"""The click rate on the Score page: its audience, its two charts, and what is remembered of them."""

from __future__ import annotations

import re

import pytest
from helpers.fake_assessor import FakeCtr

from adlab.app.examples import examples
from adlab.data.creative import AGE_BANDS
from adlab.errors import ImageError

FIRST = next(iter(examples().values()))
SHOW, RESET = "score.audience-submit", "score.audience-reset"


@pytest.fixture
def ctr(fake) -> FakeCtr:
    """The fake has a head `ctr`, too."""
    fake.heads, fake.ctr = ("agreement", "ctr"), FakeCtr()
    return fake.ctr


def body(app) -> str:
    return "".join(html.proto.body for html in app.get("html")).replace("\u00a0", " ").replace("\u2060", "")


def choose(app, **fields):
    for name, level in fields.items():
        app.selectbox(key=f"score.audience-{name}").set_value(level)
    return app.button(key=SHOW).click().run()


def chosen(app) -> dict:
    return {box.label: box.value for box in app.selectbox}


def test_an_unknown_audience_is_averaged_over_and_said_so(launch, ctr):
    app = launch()
    assert not app.exception
    assert "For all viewers, at any time" in body(app)
    assert "averaged over 2 stored contexts, not guessed" in body(app)
    assert set(chosen(app).values()) == {""}


def test_without_a_head_for_clicks_there_is_no_audience_to_choose(launch):
    app = launch()
    assert not app.selectbox
    assert "ad-week" not in body(app).split("</style>")[-1]


def test_another_audience_moves_the_click_rate_and_no_other_score_is_asked_for_again(launch, ctr, fake):
    app = launch()
    assert fake.calls == 2
    choose(app, gender="female", hour=20)
    assert not app.exception
    assert "For female viewers, 20:00" in body(app)
    assert "4.5 % (3.7 % – 5.3 %)" in body(app)
    assert "Averaged over all contexts it is 3.0 %" in body(app)
    assert "Unknown: age, month, weekday and position" in body(app)
    assert fake.calls == 3


def test_the_charts_are_asked_for_once_a_kind_and_known_ones_come_from_memory(launch, ctr):
    app = launch()
    assert [len(contexts) for contexts in ctr.swept] == [7 * 24, 9]
    choose(app, weekday=5, hour=18, age_band="50+")
    assert len(ctr.swept) == 4  # hour and weekday change the ages, an age changes the week
    app.button(key=RESET).click().run()
    app.run()
    assert len(ctr.swept) == 4


def test_an_hour_alone_leaves_the_week_as_it_is_known(launch, ctr):
    choose(launch(), hour=18)
    assert [len(contexts) for contexts in ctr.swept] == [168, 9, 9]


def test_the_chosen_hour_and_age_are_marked(launch, ctr):
    html = body(choose(launch(), weekday=5, hour=18, age_band="25-29"))
    assert html.count('<i class="own late late-day"') == 1
    assert '<span class="own">25–29</span>' in html
    assert "the hour chosen" in html


def test_with_a_gender_both_are_drawn_and_the_words_are_of_the_chosen_one(launch, ctr):
    app = choose(launch(), gender="male")
    assert [c.gender for c in ctr.swept[-1]] == ["female"] * 9 + ["male"] * 9
    assert "By age, male viewers" in body(app)
    assert "Highest: 25–29, 2.7 %" in body(app)
    choose(app, gender="female")
    assert "Highest: 25–29, 3.3 %" in body(app)
    assert len(ctr.swept) == 2 + 2 + 1  # the ages of both are known


def test_best_and_worst_hour_stand_in_words_for_everyone(launch, ctr):
    html = body(launch())
    assert re.search(
        r"Highest: Sunday 20:00, 4\.\d % \(.*?\), 1\.\d\d × the average \(.*?\)\. Lowest: Monday 8:00, 1\.", html
    )
    assert 'aria-label="Click rate by weekday and hour. Highest: Sunday 20:00' in html


def test_overlapping_intervals_are_too_close_to_call(launch, ctr):
    ctr.lift_half = 0.5
    assert body(launch()).count("<strong>Too close to call") == 2


def test_the_audience_survives_a_visit_to_another_page_and_a_reset_forgets_it(launch, ctr):
    app = choose(launch(), gender="female", hour=0)
    app.switch_page("pages/models.py").run()
    app.switch_page("pages/score.py").run()
    assert "For female viewers, 0:00" in body(app)
    assert chosen(app)["Hour"] == 0
    app.button(key=RESET).click().run()
    assert "For all viewers, at any time" in body(app)
    assert set(chosen(app).values()) == {""}


def test_the_audience_stays_for_the_next_ad(launch, ctr):
    app = choose(launch(), gender="male")
    app.button(key="score.pick-ice-cream").click().run()
    assert "For male viewers" in body(app)


def test_the_history_tells_audiences_apart_and_keeps_each_once(launch, ctr):
    app = choose(launch(), weekday=5, hour=18)
    app.button(key=RESET).click().run()
    choose(app, weekday=5, hour=18)
    app.switch_page("pages/history.py").run()
    labels = [each.label for each in app.expander if each.label.startswith(f"**{FIRST.title} ·")]
    assert len(labels) == 2
    assert "; from simulated responses: **" in labels[0]
    assert labels[0].index("from simulated") < labels[0].index("click-through")
    assert r"· for Friday 18\:00 ·" in labels[0]
    assert " · for " not in labels[1]
    assert "For Friday 18:00" in body(app)


def test_the_numbers_stand_in_two_tables_with_downloads(launch, ctr):
    app = launch()
    week, ages = (each.value for each in app.dataframe)
    assert (len(week), len(ages)) == (168, 9)
    assert list(ages.age_band) == list(AGE_BANDS)
    assert week.ctr.max() == pytest.approx(0.0455)
    assert [button.label for button in app.get("download_button")].count("CSV") == 3


def test_an_ad_without_a_picture_has_no_click_rate_and_says_why(launch, ctr, png):
    app = launch()
    app.file_uploader[0].set_value(("own.png", png, "image/png"))
    app.run()
    app.file_uploader[0].set_value(None)
    app.run()
    app.text_input(key="score.title").set_value("Words alone")
    app.button(key="score.submit").click().run()
    assert not app.exception
    assert any("**Click-through** is not scored: it needs an image" in info.value for info in app.info)
    assert not app.selectbox


def test_fields_that_the_head_does_not_read_are_not_offered(launch, ctr):
    ctr.levels = {"gender": ("female", "male"), "hour": tuple(map(str, range(24)))}
    app = launch()
    assert [box.label for box in app.selectbox] == ["Gender", "Hour"]
    assert ctr.swept == []
    assert not app.dataframe


def test_charts_that_fail_are_said_and_the_score_stands(launch, ctr, monkeypatch):
    def fail(*_args):
        raise ImageError("The picture is *gone*. Choose it again.")

    monkeypatch.setattr(ctr, "sweep", fail)
    app = launch()
    assert not app.exception
    assert app.error[0].value == r"The picture is \*gone\*. Choose it again."
    assert "For all viewers, at any time" in body(app)
    assert {button.label for button in app.get("download_button")} == {"JSON", "CSV"}
