"""A user's own log: read by the table contract, parted by ad, refused with a remedy where it holds too little."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from helpers.ad_logs import own_log, own_table
from helpers.pictures import picture
from helpers.tiny_models import CONVERSION

from adlab.checkpoints.funnel import MODES, NO_COPY, WHOLE
from adlab.data.ad_rows import KNOWN_OF_A_NEW_AD
from adlab.data.assessment import DataKind
from adlab.data.splits import split_of
from adlab.errors import TableError
from adlab.training import funnel_own
from adlab.training.funnel_ads import LACKING, MODE_SHARES, without
from adlab.training.funnel_own import own_ad_log

ADS = 16  # with pictures


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    return own_log(tmp_path_factory.mktemp("log"))


def test_no_ad_is_in_two_parts_and_none_is_lost(log):
    assert sorted(np.concatenate(log.parts)) == list(range(120))
    for one, other in itertools.combinations(log.parts, 2):
        assert not np.intersect1d(log.ad[log.rows_of(one)], log.ad[log.rows_of(other)]).size
    assert len(log.parts.train) > 60


def test_a_part_follows_from_the_ad_alone(log, tmp_path):
    more = own_log(tmp_path, own_table(150))
    shared = {name: number for number, name in enumerate(more.ads)}
    for own, larger in zip(log.parts, more.parts, strict=True):
        assert {shared[log.ads[number]] for number in own} <= set(larger)


def test_another_log_has_another_digest(log, tmp_path):
    assert own_log(tmp_path).digest == log.digest
    table = own_table()
    table.loc[0, "gender"] = "male"
    assert own_log(tmp_path, table).digest != log.digest
    assert own_log(tmp_path, own_table(seed=1)).digest != log.digest


def test_the_column_split_is_obeyed(tmp_path):
    table = own_table()
    table["split"] = np.where(table["ad_id"].isin([f"ad-{i}" for i in range(40)]), "dev", "train")
    table.loc[table["ad_id"].isin([f"ad-{i}" for i in range(40, 60)]), "split"] = "test"
    log = own_log(tmp_path, table)
    assert [log.ads[i] for i in log.parts.test] == [f"ad-{i}" for i in range(40, 60)]
    assert sorted(np.concatenate([log.parts.stop, log.parts.calibrate])) == list(range(40))


def test_dev_ads_that_a_hash_of_ours_chose_are_halved_all_the_same(tmp_path):
    table = own_table()
    table["split"] = [split_of(name, shares=(("train", 0.6), ("dev", 0.25), ("test", 0.15))) for name in table["ad_id"]]
    log = own_log(tmp_path, table)
    assert min(len(log.parts.stop), len(log.parts.calibrate)) >= 10


def test_ids_are_no_features_and_the_card_says_whose_data_they_are(log, tmp_path):
    assert [field.name for field in log.fields] == ["gender", "hour"]
    table = own_table().assign(campaign="spring", user_id="u", position="1")
    assert [field.name for field in own_log(tmp_path, table).fields] == ["gender", "hour", "position"]
    assert not {"ad_id", "campaign", "user_id"} & set(KNOWN_OF_A_NEW_AD)
    assert log.words.kind is DataKind.USER_LOG
    assert "your own log" in log.words.trained_on


def test_counts_are_those_of_the_table(log):
    table = own_table()
    for given, name in zip(log.counts, ("impressions", "clicks", "conversions"), strict=True):
        np.testing.assert_array_equal(given, table[name])
    batch = log.training(log.schema())
    rows = log.rows_of(log.parts.train)
    assert batch.weight.sum() == table["impressions"].to_numpy()[rows].sum()
    assert (batch.weight * batch.conversion).sum() == table["conversions"].to_numpy()[rows].sum()


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (own_table(30), r"train: \d+ ads|too few to learn"),
        (own_table(120, convert=-7.0), r"too few to learn from.*count an earlier step(.|\n)*train: \d+ conversions"),
        (own_table().drop(columns="ad_id"), "fill the column 'ad_id'"),
        (own_table().drop(columns=["gender", "hour"]), "no column that is known of a new ad"),
        (own_table().drop(columns="clicks"), "says not what came of its rows"),
        (own_table(2).assign(clicks=10**6), "is more than impressions"),
    ],
)
def test_a_log_that_cannot_be_learned_from_is_refused_with_a_remedy(tmp_path, table, message):
    with pytest.raises(TableError, match=message):
        own_log(tmp_path, table)


def test_one_row_an_impression_is_read_as_well(tmp_path):
    table = own_table()
    shown = table.loc[table.index.repeat(12)].reset_index(drop=True)
    rng = np.random.default_rng(0)
    shown["click"] = (rng.random(len(shown)) < 0.4).astype(int)
    shown["conversion"] = shown["click"] * (rng.random(len(shown)) < 0.4)
    log = own_log(tmp_path, shown.drop(columns=["impressions", "clicks", "conversions"]))
    assert log.counts.impressions.sum() == len(shown)
    assert log.counts.conversions.sum() == shown["conversion"].sum()


@pytest.fixture(scope="module")
def seen(tiny_models, tmp_path_factory):
    """Ads with pictures and titles; one without a picture, one without a title, none with an id."""
    folder = tmp_path_factory.mktemp("seen")
    table = own_table(ADS).assign(image="", title="")
    for number in range(ADS):
        rows = table["ad_id"] == f"ad-{number}"
        if number != 7:
            picture(number, 40, 40).save(folder / f"{number}.png")
            table.loc[rows, "image"] = f"{number}.png"
        table.loc[rows, "title"] = "" if number == 8 else f"Offer {number}"
    path = folder / "log.parquet"
    table.drop(columns="ad_id").to_parquet(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(funnel_own, "LEAST_ADS", dict.fromkeys(funnel_own.LEAST_ADS, 0))
        patch.setattr(funnel_own, "LEAST_CONVERSIONS", dict.fromkeys(funnel_own.LEAST_CONVERSIONS, 0))
        patch.setenv("ADLAB_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield own_ad_log(path, images=folder, checkpoint=CONVERSION, root=tiny_models)


def test_ads_without_an_id_are_told_apart_by_what_they_show(seen):
    assert len(seen.ads) == ADS
    assert seen.vectors.shape[0] == ADS
    assert np.std(seen.vectors, axis=0).max() > 0.5


def test_what_an_ad_lacks_stands_at_zero_as_in_training_without_it(seen):
    no_copy = without(seen.vectors, seen.encoder, LACKING[NO_COPY])
    np.testing.assert_array_equal(no_copy[8], seen.vectors[8])  # it has none
    assert not np.array_equal(no_copy[9], seen.vectors[9])
    widths = list(seen.encoder.widths.values())
    assert (seen.vectors[7, : widths[0] + widths[1]] == 0).all()


def test_rows_of_training_meet_ads_that_lack_something(seen):
    batch = seen.training(seen.schema(), seed=1)
    modes, own = np.divmod(batch.ad, ADS)
    assert set(own) == set(seen.parts.train)
    np.testing.assert_allclose(np.bincount(modes) / batch.rows, MODE_SHARES, atol=0.12)
    assert seen.creatives.shape == (len(MODES) * ADS, seen.vectors.shape[1])
    np.testing.assert_array_equal(seen.creatives[:ADS], without(seen.vectors, seen.encoder, LACKING[WHOLE]))
    assert (seen.training(seen.schema(), creative=False).ad == -1).all()


def test_pictures_that_cannot_be_read_are_named_all_at_once(tmp_path, monkeypatch):
    for least in ("LEAST_ADS", "LEAST_CONVERSIONS"):
        monkeypatch.setattr(funnel_own, least, dict.fromkeys(getattr(funnel_own, least), 0))
    table = own_table(6).assign(image="gone.png", title="Offer")
    table.to_csv(tmp_path / "log.csv", index=False)
    with pytest.raises(TableError, match=r"6 ads of the log cannot be read(.|\n)*gone\.png"):
        own_ad_log(tmp_path / "log.csv", images=tmp_path)
