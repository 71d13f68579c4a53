from __future__ import annotations

import re

import pytest
from helpers.fake_assessor import provenance

from adlab.app.click_tables import age_table, csv_of, week_table
from adlab.app.clicks import Rate
from adlab.app.components import age_strip
from adlab.data.assessment import DataKind
from adlab.data.creative import AGE_BANDS, Context

# 2 % is the average; each lift is known to a twentieth.
RATES = tuple(
    Rate(0.02 + 0.001 * i, 0.018 + 0.001 * i, 0.023 + 0.001 * i, 1 + 0.05 * i, 0.95 + 0.05 * i, 1.05 + 0.05 * i)
    for i in range(9)
)


@pytest.mark.parametrize(
    ("low", "high"), [(0.0161, 0.0339), (0.02, 0.02), (0.0, 0.5), (0.00013, 0.00019), (0.02, 0.04)]
)
def test_the_axis_has_round_even_marks_around_the_numbers(low, high):
    marks = age_strip.ticks(low, high)
    assert marks[0] <= low + 1e-12
    assert marks[-1] >= high - 1e-12
    assert 2 <= len(marks) <= 7
    step = marks[1] - marks[0]
    assert marks == pytest.approx([marks[0] + i * step for i in range(len(marks))])
    assert marks[0] >= 0


def test_every_band_has_a_whisker_over_its_interval_a_dot_at_its_value_and_the_average_as_a_line():
    html = age_strip.draw({None: RATES})
    assert html.count('class="band"') == 9
    assert "ad-ages-key" not in html
    marks = age_strip.ticks(0.95, 1.45)
    found = re.search(r"<i class=.*?top:([\d.]+)%;height:([\d.]+)%[^>]*><b style=\"top:([\d.]+)%", html)
    top, height, dot = (float(x) for x in found.groups())
    span = marks[-1] - marks[0]
    assert top == pytest.approx(100 * (marks[-1] - 1.05) / span, abs=0.01)
    assert height == pytest.approx(100 * 0.1 / span, abs=0.01)
    assert dot == pytest.approx(50)
    average = float(re.search(r'class="line average" style="top:([\d.]+)%', html)[1])
    assert average == pytest.approx(100 * (marks[-1] - 1) / span, abs=0.01)
    assert "Viewers under 15: 2.0" in html
    assert "Viewers 50 and over: 2.8" in html


def test_two_genders_stand_apart_and_differ_in_shape_and_the_legend_says_which():
    html = age_strip.draw({"female": RATES, "male": RATES}, "25-29", "male")
    assert html.count('class="other') == 9 + 1
    assert {float(x) for x in re.findall(r'style="left:([\d.]+)%', html)} == {32, 68}
    assert '<i class="other" aria-hidden="true"></i>Female' in html
    assert '<i class="" aria-hidden="true"></i>Male' in html
    assert '<span class="own">25–29</span>' in html


def test_words_for_those_who_do_not_see_it_are_escaped():
    assert "<b>x" not in age_strip.draw({None: RATES}, alt="<b>x")


def test_the_table_of_ages_has_a_row_for_each_dot():
    table = age_table({"female": RATES, "male": RATES})
    assert list(table.age_band) == [*AGE_BANDS, *AGE_BANDS]
    assert list(table.ctr) == [rate.value for rate in RATES] * 2
    assert age_table({None: RATES}).gender.unique().tolist() == [""]


def test_the_table_of_the_week_counts_days_from_monday():
    week = [Rate(place / 1000, 0, 1, 1, 1, 1) for place in range(168)]
    table = week_table(week)
    row = table[(table.weekday == 7) & (table.hour == 23)]
    assert row.day.item() == "Sunday"
    assert row.ctr.item() == 0.167


def test_a_download_says_in_each_row_for_whom_and_from_where():
    table, source = age_table({None: RATES}), provenance(DataKind.SIMULATION)
    head, first, *_ = csv_of(table, Context(month=8, age_band="50+"), source).splitlines()
    cells = dict(zip(head.split(","), first.split(","), strict=True))
    assert (cells["month"], cells["age_band"], cells["data_kind"]) == ("8", "0-14", "planted simulation")
    assert cells["sha256"] == source.sha256
