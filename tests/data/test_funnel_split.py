"""Splits of a log: nothing in two parts, whole days, and the same parts wherever the rows stand."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from helpers.funnel_logs import funnel_log

from adlab.data.funnel_split import ByColumn, ByKey, ByTime, parts_of, rows_of
from adlab.data.splits import split_of
from adlab.errors import ConfigError, TableError, UnknownNameError

PARTS = ("train", "dev", "test")


def test_a_key_is_in_the_part_that_its_name_says_wherever_it_stands():
    log = funnel_log(500)
    parts = parts_of(ByKey(column="ad_id", seed=4), log)
    wanted = [PARTS.index(split_of(ad, seed=4)) for ad in log["ad_id"].to_pylist()]
    assert parts.tolist() == wanted
    assert parts_of(ByKey(column="ad_id", seed=4), log.slice(100, 50)).tolist() == wanted[100:150]


def test_numbers_and_texts_of_a_key_are_one():
    users = pa.table({"user_id": [17, 203, 4]})
    texts = pa.table({"user_id": ["17", "203", "4"]})
    rule = ByKey(column="user_id")
    assert parts_of(rule, users).tolist() == parts_of(rule, texts).tolist()


def test_time_cuts_whole_days_in_order():
    log = pa.table({"date": ["2026-01-01", "2026-01-02", "2026-01-03T23:59", "2026-01-04", None]})
    rule = ByTime(dev_from="2026-01-03", test_from="2026-01-04")
    assert parts_of(rule, log).tolist() == [0, 0, 1, 2, -1]


def test_cuts_by_share_leave_about_so_many_impressions_and_no_day_in_two_parts():
    log = funnel_log(5000)
    rule = ByTime.at_shares([log.slice(3000), log.slice(0, 3000)], dev=0.2, test=0.1)
    sizes = [rows_of(rule, log, [part]).num_rows / 5000 for part in PARTS]
    assert sizes == pytest.approx([0.7, 0.2, 0.1], abs=1 / 28)
    days = [set(rows_of(rule, log, [part])["date"].to_pylist()) for part in PARTS]
    assert max(days[0]) < min(days[1])
    assert max(days[1]) < min(days[2])


def test_cuts_weigh_impressions_and_not_rows():
    days = [f"2026-01-{day:02d}" for day in range(1, 11)]
    counts = pa.table(
        {"date": days, "impressions": [910] + [10] * 9, "clicks": np.zeros(10, int), "conversions": np.zeros(10, int)}
    )
    assert ByTime.at_shares([counts], dev=0.03, test=0.03) == ByTime(dev_from="2026-01-05", test_from="2026-01-08")


def test_three_days_are_one_part_each_however_large():
    log = pa.table(
        {"date": ["2026-01-01"] + ["2026-01-02"] * 99 + ["2026-01-03"], "click": [0] * 101, "conversion": [0] * 101}
    )
    assert ByTime.at_shares([log]) == ByTime(dev_from="2026-01-02", test_from="2026-01-03")
    with pytest.raises(TableError, match="1 day"):
        ByTime.at_shares([log.slice(100)])


def test_a_column_says_its_part():
    log = pa.table({"split": ["test", "Train", "", "dev"]})
    assert parts_of(ByColumn(), log).tolist() == [2, 0, -1, 1]
    assert rows_of(ByColumn(), log, ["train", "dev"])["split"].to_pylist() == ["Train", "dev"]
    with pytest.raises(UnknownNameError, match="'valid'"):
        parts_of(ByColumn(), pa.table({"split": ["valid"]}))


def test_what_cannot_be_split_is_refused():
    log = funnel_log(10)
    with pytest.raises(UnknownNameError, match="'when'"):
        parts_of(ByKey(column="when"), log)
    with pytest.raises(UnknownNameError, match="part of the data 'validation'"):
        rows_of(ByKey(column="ad_id"), log, ["validation"])
    with pytest.raises(UnknownNameError, match="'val'"):
        ByKey(column="ad_id", shares=(("train", 0.5), ("val", 0.5)))
    with pytest.raises(ConfigError, match="shares"):
        ByKey(column="ad_id", shares=(("train", 0.5), ("test", 0.4)))
    with pytest.raises(ConfigError, match="after test_from"):
        ByTime(dev_from="2026-02-01", test_from="2026-01-01")
    with pytest.raises(ConfigError, match="'31-08-2023'"):
        parts_of(ByTime(dev_from="2026-01-01", test_from="2026-02-01"), pa.table({"date": ["31-08-2023"]}))
    with pytest.raises(ConfigError, match="below 1"):
        ByTime.at_shares([log], dev=0.5, test=0.5)
