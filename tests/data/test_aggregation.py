from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from adlab.data.aggregation import (
    AggregationRules,
    aggregate,
    ctr_groups,
    level_merges,
    merge_levels,
    sorted_levels,
    split_by_image,
)
from adlab.data.creative import AGE_BANDS
from adlab.errors import ConfigError, TableError


def log_of(**columns) -> pd.DataFrame:
    return pd.DataFrame(columns)


def sized(name: str, sizes: dict[str, int]) -> pd.DataFrame:
    return log_of(ad_id=["a"] * len(sizes), **{name: list(sizes)}, impressions=list(sizes.values()), clicks=0)


def test_click_rate_is_clicks_by_impressions_of_the_whole_group():
    rows = log_of(ad_id=["a", "a", "b"], hour=[3, 3, 3], impressions=[100, 300, 50], clicks=[10, 10, 5])
    groups = aggregate(rows, ["hour"])
    assert groups.to_dict("list") == {
        "ad_id": ["a", "b"],
        "hour": ["3", "3"],
        "impressions": [400, 50],
        "clicks": [20, 5],
        "ctr": [0.05, 0.1],
    }


def test_aggregation_is_what_a_slow_loop_gives():
    rng = np.random.default_rng(0)
    size = 3000
    rows = log_of(
        ad_id=rng.choice(list("abcde"), size),
        gender=rng.choice(["female", "male", ""], size),
        hour=pd.array(np.where(rng.random(size) < 0.1, None, rng.integers(0, 24, size)), dtype="Int64"),
        impressions=rng.integers(0, 9, size),
    ).assign(clicks=lambda rows: rng.binomial(rows["impressions"], 0.3))
    expected: dict[tuple[str, str, str], list[int]] = {}
    for row in rows.to_dict("records"):
        key = (row["ad_id"], row["gender"], "" if pd.isna(row["hour"]) else str(row["hour"]))
        counts = expected.setdefault(key, [0, 0])
        counts[0] += row["impressions"]
        counts[1] += row["clicks"]
    found = aggregate(rows, ["gender", "hour"])
    got = {(r.ad_id, r.gender, r.hour): [r.impressions, r.clicks] for r in found.itertuples()}
    assert got == {key: counts for key, counts in expected.items() if counts[0]}


def test_rows_without_counts_are_left_out_and_not_taken_for_zero():
    rows = log_of(
        ad_id=["a", "a", "a"],
        impressions=pd.array([10, None, 10], dtype="Int64"),
        clicks=pd.array([1, 1, None], dtype="Int64"),
    )
    assert aggregate(rows, [])[["impressions", "clicks"]].to_numpy().tolist() == [[10, 1]]


def test_all_missing_columns_are_named_at_once():
    with pytest.raises(TableError) as caught:
        aggregate(log_of(ad_id=["a"], clicks=[1]), ["hour"])
    assert len(caught.value.problems) == 2
    assert "'hour'" in caught.value.problems[0]
    assert "'impressions'" in caught.value.problems[1]


def test_groups_of_few_impressions_are_left_out_and_counted():
    rows = log_of(ad_id=list("abc"), hour=["1", "1", "1"], impressions=[99, 100, 500], clicks=[1, 1, 1])
    found = ctr_groups(rows, AggregationRules(attributes=("hour",), min_level_impressions=0))
    assert found.table["ad_id"].tolist() == ["b", "c"]
    assert (found.too_few, found.too_few_impressions) == (1, 99)


def test_merging_comes_before_leaving_out():
    rows = log_of(ad_id=["a", "a", "b"], age_band=["45-49", "50+", "0-14"], impressions=[60, 60, 900], clicks=[1, 1, 1])
    found = ctr_groups(rows, AggregationRules(attributes=("age_band",), min_level_impressions=100))
    assert found.table["age_band"].tolist() == ["45-49 to 50+", "0-14"]
    assert found.too_few == 0


def test_a_rare_age_joins_its_neighbour_of_fewer_impressions():
    sizes = dict.fromkeys(AGE_BANDS, 1000) | {"15-19": 5, "20-24": 500}
    assert level_merges(sized("age_band", sizes), ["age_band"], least=100) == {
        "age_band": {"15-19": "15-19 to 20-24", "20-24": "15-19 to 20-24"}
    }


def test_the_ends_of_an_age_scale_do_not_meet_but_those_of_a_day_do():
    ages = dict.fromkeys(AGE_BANDS, 1000) | {"0-14": 5, "50+": 600}
    hours = {str(hour): 1000 for hour in range(24)} | {"0": 5, "23": 600}
    assert level_merges(sized("age_band", ages), ["age_band"], least=100)["age_band"]["0-14"] == "0-14 to 15-19"
    assert level_merges(sized("hour", hours), ["hour"], least=100)["hour"] == {"23": "23 to 0", "0": "23 to 0"}


@pytest.mark.parametrize(("name", "count"), [("hour", 24), ("month", 12), ("weekday", 7)])
@pytest.mark.parametrize("seed", range(6))
def test_merged_levels_are_large_enough_and_are_runs_of_neighbours(name, count, seed):
    first = 0 if name == "hour" else 1
    rng = np.random.default_rng(seed)
    sizes = {str(first + i): int(size) for i, size in enumerate(rng.lognormal(4, 2, count))}
    least = int(np.quantile(list(sizes.values()), 0.6))
    groups = sized(name, sizes)
    merges = level_merges(groups, [name], least=least)
    merged = merge_levels(groups, merges)
    assert merged["impressions"].sum() == sum(sizes.values())
    assert (merged["impressions"] >= least).all()
    for new in set(merges[name].values()):
        run = [int(old) - first for old, to in merges[name].items() if to == new]
        starts = [place for place in run if (place - 1) % count not in run]
        assert len(starts) <= 1
        assert new.split(" to ")[0] == str((starts or [run[0]])[0] + first)


def test_rare_levels_without_an_order_become_other():
    sizes = {"red": 9, "blue": 8, "green": 900, "white": 800}
    merges = level_merges(sized("colour", sizes), ["colour"], least=10)
    assert merges == {"colour": {"blue": "other", "red": "other"}}


def test_a_single_rare_level_takes_the_smallest_of_the_rest_with_it():
    merges = level_merges(sized("colour", {"red": 9, "green": 900, "white": 800}), ["colour"], least=10)
    assert merges == {"colour": {"red": "other", "white": "other"}}


def test_merging_looks_at_impressions_only_and_never_at_clicks():
    groups = sized("hour", {str(hour): 10 + hour for hour in range(24)})
    clicked = groups.assign(clicks=np.arange(24) % 7)
    assert level_merges(groups, ["hour"], least=60) == level_merges(clicked, ["hour"], least=60)


def test_an_unknown_value_stays_unknown():
    groups = sized("gender", {"": 3, "female": 900, "male": 900})
    assert level_merges(groups, ["gender"], least=100) == {}


def test_merges_of_training_data_are_applied_to_other_data():
    rules = AggregationRules(attributes=("hour",), min_impressions=0, min_level_impressions=100)
    train = ctr_groups(sized("hour", {"1": 5, "2": 200, "3": 900}), rules)
    test = ctr_groups(sized("hour", {"1": 900, "2": 900, "3": 900}), rules, train.merges)
    assert test.table["hour"].tolist() == train.table["hour"].tolist() == ["1 to 2", "3"]


def test_levels_come_in_reading_order():
    assert sorted_levels("hour", ["10", "2", "23 to 1"]) == ("2", "10", "23 to 1")
    assert sorted_levels("age_band", ["50+", "0-14", "15-19 to 20-24"]) == ("0-14", "15-19 to 20-24", "50+")
    assert sorted_levels("colour", ["other", "red", "blue"]) == ("blue", "red", "other")


def test_ads_with_one_image_fall_into_one_part():
    ads = [f"ad-{i}" for i in range(400)]
    images = {ad: f"hash-{i // 4}" for i, ad in enumerate(ads)}
    groups = log_of(ad_id=[ad for ad in ads for _ in range(3)])
    parts = split_by_image(groups, images)
    by_image = {}
    for ad, part in zip(groups["ad_id"], parts, strict=True):
        by_image.setdefault(images[ad], set()).add(part)
    assert all(len(found) == 1 for found in by_image.values())
    assert set(parts) == {"train", "dev", "test"}


def test_an_ad_without_an_image_is_a_unit_of_its_own():
    groups = log_of(ad_id=[f"ad-{i // 5}" for i in range(2000)])
    parts = split_by_image(groups, shares=(("train", 0.67), ("test", 0.33)))
    pairs = set(zip(groups["ad_id"], parts, strict=True))
    assert len(pairs) == 400
    assert 0.25 < (parts == "test").mean() < 0.41


def test_rules_refuse_what_makes_no_sense():
    for wrong in ({"min_impressions": -1}, {"min_level_impressions": -1}, {"attributes": ("hour", "hour")}):
        with pytest.raises(ConfigError):
            AggregationRules(**({"attributes": ("hour",)} | wrong))


def test_every_merge_leads_from_a_level_of_the_data():
    sizes = {str(hour): size for hour, size in zip(range(24), itertools.cycle([3, 200]), strict=False)}
    merges = level_merges(sized("hour", sizes), ["hour"], least=50)
    assert merges["hour"].keys() <= sizes.keys()
