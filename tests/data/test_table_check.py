"""The table contract: which cells become values, and how the others are named."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from adlab.data.creative import AGE_BANDS
from adlab.data.table import COLUMNS, validate
from adlab.errors import TableError

GOOD = {
    "ad_id": ("007", "007"),
    "gender": (" Female ", "female"),
    "age_band": ("15-19", "15-19"),
    "month": ("12", 12),
    "weekday": ("7.0", 7),
    "hour": ("0", 0),
    "impressions": ("1e3", 1000),
    "clicks": ("10", 10),
    "conversions": ("0", 0),
    "relevance_grade": ("3", 3),
    "relevance_confidence": ("0.25", 0.25),
    "date": ("2026-02-28T23:59:59-05:00", "2026-02-28"),
    "cost": ("0.1", 0.1),
    "revenue": ("1e-3", 0.001),
    "split": ("Train", "train"),
    "rating_1": ("4", 4),
    "rating_2": ("0", 0),
}


def problems_of(frame: pd.DataFrame, **options) -> tuple[str, ...]:
    with pytest.raises(TableError) as caught:
        validate(frame, **options)
    return caught.value.problems


def ads(**columns) -> pd.DataFrame:
    size = max(len(values) for values in columns.values())
    return pd.DataFrame({"title": ["shoes"] * size, **columns})


def test_good_cells_become_values_and_empty_ones_stay_unknown():
    frame = ads(**{name: [cell, ""] for name, (cell, _) in GOOD.items()})
    checked = validate(frame)
    for name, (_, value) in GOOD.items():
        assert checked[name][0] == value, name
        assert pd.isna(checked[name][1]) or checked[name][1] == "", name
    assert checked["month"].dtype == "Int64"
    assert checked["cost"].dtype == "float64"
    assert frame["month"].tolist() == ["12", ""], "the input was changed"


@pytest.mark.parametrize(
    ("column", "cell", "remedy"),
    [
        ("gender", "man", "female, male"),
        ("age_band", "121", "50+"),
        ("age_band", "young", "years from 0 to 120"),
        ("month", "0", "from 1 to 12"),
        ("month", "13", "from 1 to 12"),
        ("month", "May", "from 1 to 12"),
        ("weekday", "0", "from 1 to 7"),
        ("weekday", "8", "from 1 to 7"),
        ("hour", "24", "from 0 to 23"),
        ("hour", "12.5", "a whole number"),
        ("impressions", "-1", "0 or more"),
        ("impressions", "1,000", "a whole number"),
        ("impressions", "1e400", "a whole number"),
        ("clicks", "nan", "a whole number"),
        ("clicks", "True", "a whole number"),
        ("conversions", "1_000", "a whole number"),
        ("relevance_grade", "4", "from 0 to 3"),
        ("relevance_confidence", "1.01", "from 0 to 1"),
        ("cost", "-0.01", "0 or more"),
        ("cost", "$5", "a number"),
        ("revenue", "inf", "a number"),
        ("date", "31.01.2026", "2026-01-31"),
        ("date", "2026-02-30", "2026-01-31"),
        ("date", "2026", "2026-01-31"),
        ("split", "validation", "train, dev, test"),
        ("rating_1", "-2", "0 or more"),
    ],
)
def test_a_bad_cell_is_named_with_row_column_value_and_remedy(column, cell, remedy):
    (problem,) = problems_of(ads(**{column: ["", cell]}))
    assert problem.startswith(f"row 2, column '{column}': {cell!r} cannot be used; give ")
    assert remedy in problem


@pytest.mark.parametrize("years", [0, 14.5, 15, 27, 49.9, 50, 120])
def test_an_age_in_years_is_binned(years):
    band = validate(ads(age_band=[str(years)]))["age_band"][0]
    assert validate(ads(age_band=[years]))["age_band"][0] == band
    low, high = (0, 14) if band == "0-14" else (50, 120) if band == "50+" else map(int, band.split("-"))
    assert low <= int(years) <= high


def test_every_age_band_stands_for_itself():
    assert validate(ads(age_band=list(AGE_BANDS)))["age_band"].tolist() == list(AGE_BANDS)


def test_all_problems_come_at_once_in_row_order():
    frame = ads(month=["13", "1", "14"], gender=["x", "male", ""], clicks=["1", "5", "1"], impressions=["1", "2", "1"])
    assert [problem.split(":")[0] for problem in problems_of(frame)] == [
        "row 1, column 'month'",
        "row 1, column 'gender'",
        "row 2, column 'clicks'",
        "row 3, column 'month'",
    ]


def test_rows_are_counted_by_position_whatever_the_index():
    frame = ads(month=["1", "13"]).set_index(pd.Index([70, 70]))
    assert problems_of(frame)[0].startswith("row 2, ")


def test_the_same_problem_in_many_rows_is_one_line_with_its_rows():
    (problem,) = problems_of(ads(weekday=["0", "1", "0", *["0"] * 30]))
    assert problem.startswith("rows 1, 3, 4, 5, ")
    assert "and 12 more, column 'weekday': '0'" in problem


def test_a_hopeless_column_does_not_flood_the_message():
    problems = problems_of(ads(month=[str(n) for n in range(13, 3_013)]))
    assert len(problems) == 1001
    assert problems[-1] == "and 2,000 more."


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"impressions": ["5"], "clicks": ["6"]}, "row 1, column 'clicks': 6 is more than impressions (5)"),
        ({"clicks": ["1"], "conversions": ["2"]}, "row 1, column 'conversions': 2 is more than clicks (1)"),
        (
            {"impressions": ["1"], "clicks": [""], "conversions": ["2"]},
            "row 1, column 'conversions': 2 is more than impressions (1)",
        ),
        (
            {"impressions": ["1"], "clicks": ["1"], "conversions": ["2"]},
            "row 1, column 'conversions': 2 is more than clicks (1)",
        ),
        (
            {"rating_1": ["1"], "rating_2": [""]},
            "row 1, columns 'rating_1' to 'rating_2': some steps are empty",
        ),
        ({"rating_1": ["1"], "rating_3": ["2"]}, "column 'rating_2' is missing before 'rating_3'"),
    ],
)
def test_contradictions_within_a_row_are_named(columns, words):
    (problem,) = problems_of(ads(**columns))
    assert problem.startswith(words)


def test_an_equal_funnel_and_an_empty_rating_histogram_are_fine():
    validate(ads(impressions=["2"], clicks=["2"], conversions=["2"], rating_1=[""], rating_2=[""]))


def test_a_column_given_twice_and_a_table_without_rows_are_problems():
    twice = pd.DataFrame([["a", "b"]], columns=["title", "title"])
    assert problems_of(twice) == ("column 'title' appears 2 times; keep one.",)
    assert problems_of(pd.DataFrame({"title": []})) == ("there is no row below the header; give at least one ad.",)


@pytest.mark.parametrize(
    ("given", "meant"), [("Titel", "title"), ("headline", "title"), ("IMG", "image"), ("qurey", "query")]
)
def test_a_near_miss_is_pointed_out_where_no_column_is_usable(given, meant):
    (problem,) = problems_of(pd.DataFrame({given: ["x"], "clicks": ["1"]}))
    assert problem.startswith("no column holds an image or copy")
    assert f"Did you mean {meant!r} by {given!r}?" in problem


def test_a_near_miss_beside_a_usable_column_is_a_further_column():
    checked = validate(pd.DataFrame({"title": ["a"], "headline": ["b"]}))
    assert checked["headline"].tolist() == ["b"]


def test_a_log_without_creatives_is_fine_where_none_is_needed():
    assert validate(pd.DataFrame({"clicks": ["1"]}), needs_creative=False)["clicks"].tolist() == [1]


def test_further_columns_keep_their_content_and_order():
    frame = pd.DataFrame({"zeta": ["1.50"], "title": ["a"], "alpha": [("any", "thing")]})
    checked = validate(frame)
    assert checked.columns.tolist() == ["zeta", "title", "alpha"]
    assert (checked["zeta"][0], checked["alpha"][0]) == ("1.50", ("any", "thing"))


def test_roles_give_further_columns_their_types():
    checked = validate(ads(age_days=["-1.5", ""], slot=[3, 4]), roles={"age_days": "dense", "slot": "sparse"})
    np.testing.assert_array_equal(checked["age_days"], [-1.5, np.nan])
    assert checked["slot"].tolist() == ["3", "4"]


def test_wrong_roles_are_problems():
    frame = ads(price=["cheap"])
    roles = {"price": "dense", "prise": "sparse", "title": "thick"}
    problems = problems_of(frame, roles=roles)
    assert problems[0] == "column 'prise' is given a role but is not in the table. Did you mean 'price'?"
    assert problems[1] == "column 'title' is given the role 'thick'; the roles are sparse and dense."
    assert problems[2] == "row 1, column 'price': 'cheap' cannot be used; give a number, or leave it empty."


def test_typed_columns_of_parquet_are_checked_like_text():
    frame = pd.DataFrame(
        {
            "title": pd.Series(["a", None, "c"], dtype="object"),
            "ad_id": [7.0, np.nan, 8.0],
            "month": [1, 12, 13],
            "hour": pd.Series([0, None, 23], dtype="Int64"),
            "gender": pd.Categorical(["male", None, "female"]),
            "date": pd.to_datetime(["2026-01-31 00:00", None, "2026-02-01 13:00"]),
            "clicks": [True, False, True],
        }
    )
    assert [p.split(";")[0] for p in problems_of(frame)] == [
        "rows 1, 3, column 'clicks': 'True' cannot be used",
        "row 2, column 'clicks': 'False' cannot be used",
        "row 3, column 'month': '13' cannot be used",
    ]
    checked = validate(frame.drop(columns=["month", "clicks"]))
    assert checked["ad_id"].tolist() == ["7", "", "8"]
    assert checked["title"].tolist() == ["a", "", "c"]
    assert checked["date"].tolist() == ["2026-01-31", "", "2026-02-01"]
    assert checked["gender"].tolist() == ["male", "", "female"]


def test_a_structure_is_not_text():
    (problem,) = problems_of(pd.DataFrame({"title": ["a", b"bytes"], "brand": ["x", "y"]}))
    assert problem.startswith("row 2, column 'title': ")


def test_validating_twice_changes_nothing():
    once = validate(ads(**{name: [cell, ""] for name, (cell, _) in GOOD.items()}))
    pd.testing.assert_frame_equal(validate(once), once)


def test_every_contract_column_has_a_meaning_and_words_for_its_values():
    assert len({column.name for column in COLUMNS}) == len(COLUMNS)
    for column in COLUMNS:
        assert column.meaning
        assert column.expected
