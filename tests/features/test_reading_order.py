from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adlab.features.reading_order import reading_order


def line(left, top, width=100, height=20):
    return (left, top, left + width, top + height)


def read(layout):
    """The names of a layout {name: box}, in the order of reading, whatever order the detector gave."""
    names = sorted(layout, reverse=True)
    return " ".join(names[place] for place in reading_order([layout[name] for name in names]))


def test_lines_are_read_from_top_to_bottom():
    assert read({"a": line(0, 0), "b": line(40, 30), "c": line(0, 60)}) == "a b c"


def test_boxes_of_one_line_are_read_from_left_to_right_though_they_are_not_quite_level():
    assert read({"a": line(0, 4, 90), "b": line(95, 0, 90), "c": line(190, 6, 90), "d": line(0, 30, 280)}) == "a b c d"


def test_boxes_drawn_into_each_other_are_still_lines():
    assert read({"a": line(0, 0, 200, 24), "b": line(0, 20, 190, 24), "c": line(3, 40, 195, 24)}) == "a b c"


def test_lines_drawn_into_each_other_and_not_quite_level_are_read_across():
    layout = {"a": line(0, 3, 100, 24), "b": line(130, 0, 100, 24), "c": line(0, 23, 180, 24)}
    assert read(layout | {"d": line(200, 20, 30, 24)}) == "a b c d"


def test_two_columns_are_read_one_after_the_other():
    left = {name: line(0, 25 * i) for i, name in enumerate("abc")}
    right = {name: line(160, 25 * i + 3) for i, name in enumerate("def")}
    assert read(left | right) == "a b c d e f"


def test_a_headline_and_a_footer_across_two_columns_stay_first_and_last():
    layout = {"a": line(0, 0, 260, 30), "z": line(0, 120, 260)}
    layout |= {name: line(0, 45 + 25 * i) for i, name in enumerate("bcd")}
    layout |= {name: line(160, 45 + 25 * i) for i, name in enumerate("efg")}
    assert read(layout) == "a b c d e f g z"


def test_a_brand_and_a_button_on_one_line_below_the_copy_are_read_across():
    layout = {"a": line(0, 0, 300), "b": line(0, 30, 280), "c": line(0, 60, 80), "d": line(220, 62, 80)}
    assert read(layout) == "a b c d"


def test_nothing_has_no_order():
    assert reading_order([]) == []


@given(
    st.lists(st.tuples(*[st.floats(0, 500)] * 4), max_size=12).map(
        lambda rows: [(x, y, x + w, y + h) for x, y, w, h in rows]
    )
)
def test_every_box_is_read_once(boxes):
    assert sorted(reading_order(boxes)) == list(range(len(boxes)))


@pytest.mark.parametrize("scale", [0.1, 7.0])
def test_the_order_does_not_depend_on_the_scale(scale):
    boxes = [line(0, 0), line(160, 3), line(0, 25), line(160, 28), line(0, 60, 250)]
    scaled = [tuple(edge * scale for edge in box) for box in boxes]
    assert reading_order(scaled) == reading_order(boxes) == [0, 2, 1, 3, 4]
