from __future__ import annotations

import re

from adlab.app.components import week_grid

RATES = [[0.02 + 0.001 * hour + 0.0001 * day for hour in range(24)] for day in range(7)]
WORDS = [[f"{day}/{hour}" for hour in range(24)] for day in range(7)]


def strengths(html: str) -> list[int]:
    return [int(found) for found in re.findall(r"--strength:(\d+)%", html)]


def test_every_hour_has_a_cell_that_tells_its_words_and_grows_fuller_with_the_rate():
    html = week_grid.draw(RATES, WORDS)
    assert re.findall(r'data-tip="([^"]*)"', html) == [words for row in WORDS for words in row]
    found = strengths(html)
    assert (found[0], found[-1]) == (week_grid.PALEST, 100)
    assert found[:24] == sorted(found[:24])


def test_a_week_without_differences_is_drawn_in_one_strength():
    assert set(strengths(week_grid.draw([[0.03] * 24] * 7, WORDS))) == {54}


def test_the_chosen_hour_is_marked_with_both_its_labels():
    html = week_grid.draw(RATES, WORDS, (2, 5))
    assert re.findall(r'<i class="own" [^>]*data-tip="([^"]*)"', html) == ["1/5"]
    assert re.findall(r'<span class="own">(\w+)</span>', html) == ["5", "Tue"]


def test_an_hour_alone_marks_its_label_and_no_cell():
    html = week_grid.draw(RATES, WORDS, (None, 18))
    assert '<i class="own' not in html
    assert re.findall(r'<span class="own">(\w+)</span>', html) == ["18"]


def test_words_and_the_description_cannot_become_markup():
    html = week_grid.draw(RATES, [['"><b>'] * 24] * 7, alt='"><b>') + week_grid.key("<b>", "<b>")
    assert "<b>" not in html
