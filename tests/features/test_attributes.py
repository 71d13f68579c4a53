from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from adlab.data.creative import Context
from adlab.errors import ConfigError, InputError, UnknownNameError
from adlab.features.attributes import AttributeSchema, text_vectors
from adlab.features.dominant_colour import COLOUR_NAMES
from adlab.simulator.contexts import POSITIONS

SMALL = AttributeSchema(
    levels={"gender": ("female", "male"), "weekday": ("1", "2", "3")},
    numbers={"aspect": (1.5, 0.5)},
    texts=("title", "ocr"),
    text_dim=2,
)


def test_table_1_has_81_one_hot_numbers_and_2385_with_bert():
    schema = AttributeSchema.table_1(text_dim=768)
    assert [len(levels) for levels in schema.levels.values()] == [2, 9, 12, 7, 24, 4, 4, 9, 10]
    assert schema.width - 3 * 768 == 81
    assert schema.width == 2385
    assert AttributeSchema.table_1(text_dim=384).width == 81 + 3 * 384


def test_every_attribute_has_a_place_of_its_own_and_no_number_is_left_over():
    schema = AttributeSchema.table_1(text_dim=5)
    taken = np.zeros(schema.width, dtype=int)
    for place in schema.slices.values():
        taken[place] += 1
    assert (taken == 1).all()
    assert list(schema.slices) == [*schema.levels, "title", "description", "ocr"]


def test_the_data_give_the_levels_of_positions_and_categories():
    schema = AttributeSchema.table_1(text_dim=3, positions=("top", "side"), low_categories=("shoes",))
    assert schema.levels["position"] == ("top", "side")
    assert schema.levels["low_category"] == ("shoes",)
    assert schema.width == 81 - 2 - 8 + 9


def test_a_context_and_a_colour_are_encoded_where_table_1_has_them():
    schema = AttributeSchema.table_1(text_dim=1, positions=POSITIONS)
    context = Context(gender="male", age_band="50+", month=12, weekday=1, hour=0, position="4")
    (vector,) = schema.encode([context.known | {"colour": "pink"}], {})
    hot = {name: np.flatnonzero(vector[place]).tolist() for name, place in schema.slices.items()}
    assert hot == {
        "gender": [1],
        "age_band": [8],
        "month": [11],
        "weekday": [0],
        "hour": [0],
        "position": [3],
        "mid_category": [],
        "low_category": [],
        "colour": [COLOUR_NAMES.index("pink")],
        "title": [],
        "description": [],
        "ocr": [],
    }


def test_the_vector_by_hand():
    rows = [{"gender": "male", "weekday": 2, "aspect": 2.0}, {"gender": "female", "aspect": 1}]
    texts = {"ocr": np.array([[5.0, 6.0], [7.0, 8.0]])}
    encoded = SMALL.encode(rows, texts)
    assert encoded.dtype == np.float32
    assert encoded.tolist() == [[0, 1, 0, 1, 0, 1, 0, 0, 5, 6], [1, 0, 0, 0, 0, -1, 0, 0, 7, 8]]


@pytest.mark.parametrize("nothing", [None, "", "  ", float("nan")])
def test_unknown_is_all_zeros(nothing):
    rows = [{"gender": nothing, "weekday": nothing, "aspect": nothing}, {}]
    assert not SMALL.encode(rows).any()


@pytest.mark.parametrize("value", [3, 3.0, "3", np.int64(3), np.float32(3)])
def test_a_whole_number_stands_for_the_level_of_its_digits(value):
    assert SMALL.encode([{"weekday": value}])[0, SMALL.slices["weekday"]].tolist() == [0, 0, 1]


def test_an_unseen_level_counts_as_unknown():
    rows = [{"gender": "other", "weekday": 9}, {"gender": "female", "weekday": 2.5}, {"gender": "other"}]
    assert not SMALL.encode(rows)[[0, 2]].any()
    assert SMALL.encode(rows)[1].sum() == 1


def test_names_without_a_place_are_not_read_but_reported():
    rows = [{"gender": "male", "age": 30, "hour": None}]
    assert SMALL.encode(rows)[0].sum() == 1
    assert SMALL.unread(rows) == ("age",)


def test_no_rows_give_no_vectors():
    assert SMALL.encode([]).shape == (0, 10)


def test_plain_json_gives_the_same_schema_in_the_same_order_even_from_a_sorting_writer():
    schema = replace(SMALL, levels={"zebra": ("b", "a"), "ant": ("y", "x")}, numbers={"z": (0.1, 2.0), "a": (1.0, 1.0)})
    again = AttributeSchema.from_plain(json.loads(json.dumps(schema.to_plain(), sort_keys=True)))
    assert again == schema
    assert list(again.slices) == list(schema.slices)


def test_training_rows_imply_levels_and_standardised_numbers():
    rows = [{"site": "b", "size": 1}, {"site": "a", "size": 3}, {"site": None, "size": None}]
    schema = AttributeSchema.of_rows(rows, one_hot=("site", "weekday"), numbers=("size",))
    assert schema.levels["site"] == ("a", "b")
    assert len(schema.levels["weekday"]) == 7
    assert schema.numbers == {"size": (2.0, 1.0)}
    assert schema.encode(rows)[:, schema.slices["size"]].ravel().tolist() == [-1, 1, 0]


@pytest.mark.parametrize("rows", [[{}], [{"size": 2}, {"size": 2}]])
def test_a_number_that_does_not_vary_is_refused(rows):
    with pytest.raises(ConfigError, match=r"size.*give a mean and a deviation above 0"):
        AttributeSchema.of_rows(rows, numbers=("size",))


@pytest.mark.parametrize("value", ["wide", float("inf")])
def test_a_number_that_is_none_is_named_with_its_value(value):
    with pytest.raises(InputError, match=f"aspect is {value!r}; give a finite number"):
        SMALL.encode([{"aspect": value}])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"levels": {"ocr": ("a",)}}, "'ocr' stands twice"),
        ({"levels": {"a": ()}}, "levels of a are"),
        ({"levels": {"a": ("x", "x")}}, "each once"),
        ({"levels": {"a": ("",)}}, "none empty"),
        ({"numbers": {"n": (0, 0)}}, "deviation above 0"),
        ({"text_dim": 0}, "give both or neither"),
        ({"texts": ()}, "give both or neither"),
        ({"text_dim": 2.5}, "whole number"),
    ],
)
def test_an_unusable_schema_is_refused(change, words):
    with pytest.raises(ConfigError, match=words):
        replace(SMALL, **change)


@pytest.mark.parametrize("plain", [{}, {"levels": [["a"]], "numbers": [], "texts": [], "text_dim": 0}])
def test_a_damaged_plain_schema_is_refused(plain):
    with pytest.raises(ConfigError, match=r"unreadable.*restore the checkpoint"):
        AttributeSchema.from_plain(plain)


def test_text_vectors_of_another_shape_or_slot_or_without_a_value_are_refused():
    with pytest.raises(InputError, match=r"texts\['ocr'\] has shape \(1, 3\); give \(1, 2\)"):
        SMALL.encode([{}], {"ocr": np.zeros((1, 3))})
    with pytest.raises(InputError, match="not finite"):
        SMALL.encode([{}], {"ocr": np.array([[np.nan, 0]])})
    with pytest.raises(UnknownNameError, match="Did you mean 'ocr'"):
        SMALL.encode([{}], {"ocrs": np.zeros((1, 2))})


def test_an_empty_text_is_zeros_and_never_encoded():
    asked = []

    def encode(texts):
        asked.extend(texts)
        return np.array([[len(text), 1.0] for text in texts])

    assert text_vectors(encode, ["abc", "", "  ", "x"], 2).tolist() == [[3, 1], [0, 0], [0, 0], [1, 1]]
    assert asked == ["abc", "x"]
    assert text_vectors(encode, [""], 2).tolist() == [[0, 0]]
