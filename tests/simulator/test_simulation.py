"""Whole simulations on disk."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from PIL import Image

from adlab.cli.heads import HEADS
from adlab.data.table import creative_of, outcomes_of, read_table, validate
from adlab.errors import ConfigError, InputError
from adlab.simulator import collection, log, simulation
from adlab.simulator.population import factor_table
from adlab.simulator.settings import SimulationSettings
from adlab.simulator.simulation import read_manifest, simulate
from adlab.simulator.truth import explain_truth, standard_response

SETTINGS = SimulationSettings(ads=25, impressions=9000, seed=3, unseen_share=0.2)


@pytest.fixture(autouse=True)
def small_steps(monkeypatch):
    monkeypatch.setattr(log, "ROWS", 2500)
    monkeypatch.setattr(collection, "PIECE", 10)
    monkeypatch.setattr(collection.pieces, "__defaults__", (10,))


@pytest.fixture
def out(tmp_path):
    return tmp_path / "sim"


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_simulation_writes_the_table_contract(out):
    done = simulate(SETTINGS, out)
    assert (done.finished, done.already, done.done, done.steps) == (True, False, 7, 7)
    assert sorted(contents(out)) == ["ads.parquet", *(f"log/part-0000{i}.parquet" for i in range(4)), "manifest.json"]
    ads = validate(read_table(out / "ads.parquet"))
    assert ads["ad_id"].tolist() == [f"sim-3-{i:06d}" for i in range(25)]
    assert creative_of(ads.iloc[0]).copy
    assert set(ads["relevance_grade"]) <= {0, 1, 2, 3}
    rows = pd.concat([validate(read_table(path), needs_creative=False) for path in sorted((out / "log").iterdir())])
    assert len(rows) == 9000
    for name in ("impressions", "clicks", "conversions"):
        by_ad = rows.groupby("ad_id")[name].sum().reindex(ads["ad_id"], fill_value=0)
        assert ads[name].tolist() == by_ad.tolist(), name
    assert outcomes_of(ads.iloc[0]).impressions == ads["impressions"].iloc[0]
    assert rows.groupby("ad_id")["split"].first().to_dict().items() <= ads.set_index("ad_id")["split"].to_dict().items()


def test_ads_carry_their_causes_and_their_truth(out):
    simulate(SETTINGS, out)
    ads, model = pd.read_parquet(out / "ads.parquet"), standard_response()
    rates = model.average(factor_table(ads))
    np.testing.assert_allclose(ads["true_ctr"], rates.ctr)
    np.testing.assert_allclose(ads["true_ctcvr"], ads["true_ctr"] * ads["true_cvr"])
    for index in (0, 24):
        truth = explain_truth(collection.plan_ad(3, index))
        for outcome in ("click", "convert"):
            groups = getattr(truth, outcome).groups
            for group in ("shared", "image", "text"):
                assert ads[f"true_{outcome}_{group}"][index] == pytest.approx(groups[group])


def test_no_column_of_the_ads_is_one_that_score_writes(out):
    simulate(SETTINGS, out)
    ads = read_table(out / "ads.parquet")
    assert {column for head in HEADS.values() for column in head.columns}.isdisjoint(ads.columns)
    with pytest.raises(InputError, match="no column 'cause_agreement'"):
        factor_table(ads.drop(columns="cause_agreement"))


def test_the_manifest_says_what_was_done_and_what_can_be_reached(out):
    done = simulate(SETTINGS, out)
    manifest = read_manifest(out)
    assert manifest == json.loads(json.dumps(done.manifest))
    assert manifest["finished"] is True
    assert manifest["settings"]["seed"] == 3
    assert manifest["counts"]["rows"] == manifest["counts"]["impressions"] == 9000
    assert 0.5 < manifest["ceilings"]["ctr_auc_ad"] < manifest["ceilings"]["ctr_auc"] < 1
    assert manifest["coefficients"]["click"]["appeal"] == 1.1
    assert sum(manifest["variance_shares"]["convert"].values()) == pytest.approx(1)
    assert "no number in it was observed" in manifest["what"]


def test_a_finished_folder_is_left_as_it_is(out):
    simulate(SETTINGS, out)
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    again = simulate(SETTINGS, out)
    assert again.already
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == before


@pytest.mark.parametrize("steps", [1, 3, 5, 6])
def test_a_killed_simulation_goes_on_to_the_same_result(out, tmp_path, steps):
    class Killed(BaseException):
        pass

    def kill(done, total):
        if done == steps:
            raise Killed

    with pytest.raises(Killed):
        simulate(SETTINGS, out, progress=kill)
    assert read_manifest(out)["finished"] is False
    (out / "log" / ".part-00003.parquet.part").write_bytes(b"half a file")
    kept = {path: path.stat().st_mtime_ns for path in out.rglob("*.parquet")}
    assert len(kept) == steps
    resumed = simulate(SETTINGS, out)
    assert resumed.finished
    assert all(path.stat().st_mtime_ns == then for path, then in kept.items() if path.parent.name == "log")
    simulate(SETTINGS, tmp_path / "unbroken")
    assert contents(out) == contents(tmp_path / "unbroken")


def test_a_budget_stops_between_steps_and_the_same_call_goes_on(out):
    first = simulate(SETTINGS, out, budget_minutes=1e-9)
    assert (first.finished, first.done, first.steps) == (False, 1, 7)
    assert simulate(SETTINGS, out).finished


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"seed": 4}, "whose seed is 3, not 4"),
        ({"coefficients": {"click.appeal": 2.0}}, "whose coefficients is {}"),
        ({"seed": 4, "ads": 26}, "ads is 25, not 26 and 1 more settings differ"),
    ],
)
def test_other_settings_in_the_same_folder_are_refused(out, change, words):
    simulate(SETTINGS, out, budget_minutes=1e-9)
    before = contents(out)
    given = {name: getattr(SETTINGS, name) for name in ("ads", "impressions", "seed", "unseen_share")}
    with pytest.raises(ConfigError, match=words):
        simulate(SimulationSettings(**{**given, **change}), out)
    assert contents(out) == before


def test_a_folder_of_other_files_is_not_touched(out, tmp_path):
    out.mkdir()
    (out / "thesis.txt").write_text("x")
    with pytest.raises(InputError, match="holds other files"):
        simulate(SETTINGS, out)
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match="cannot be made"):
        simulate(SETTINGS, tmp_path / "file")
    with pytest.raises(InputError, match=r"no manifest\.json"):
        read_manifest(tmp_path)


def test_a_full_disk_is_one_clear_error(out, monkeypatch):
    def full(table, path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(simulation, "write_whole", full)
    with pytest.raises(InputError, match="No space left on device"):
        simulate(SETTINGS, out)


def test_pictures_are_written_by_name_and_resumed(out, monkeypatch):
    drawn = []

    def render(seed, index, spec):
        drawn.append(index)
        image = Image.new("RGB", spec.size, (index, seed, 0))
        return type("Ad", (), {"image": image})

    monkeypatch.setattr("adlab.simulator.render.render", render)
    settings = SimulationSettings(ads=12, impressions=100, images=True, size=(90, 70), image_format="png")
    simulate(settings, out, workers=1, budget_minutes=1e-9)
    (out / "images" / "0000").mkdir(parents=True)
    Image.new("RGB", (90, 70)).save(out / "images" / "0000" / "sim-0-000004.png")
    assert simulate(settings, out, workers=1).finished
    assert sorted(drawn) == [i for i in range(12) if i != 4]
    ads = validate(read_table(out / "ads.parquet"))
    picture = creative_of(ads.iloc[11], out / "images").image
    assert picture.pixels.getpixel((0, 0)) == (11, 0, 0)
    assert (picture.width, picture.height) == (90, 70)
    assert all((out / "images" / name).is_file() for name in ads["image"])


def test_plans_and_factors_agree_on_every_ad(out):
    simulate(SETTINGS, out)
    table = factor_table(pd.read_parquet(out / "ads.parquet"))
    for written, drawn in zip(table, collection.collection_factors(SETTINGS), strict=True):
        np.testing.assert_array_equal(written, drawn)


def test_every_row_group_of_the_ads_is_streamed(out):
    simulate(SETTINGS, out)
    assert pq.ParquetFile(out / "ads.parquet").num_row_groups == 3


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"ads": 0}, "ads is 0"),
        ({"impressions": 0}, "impressions is 0"),
        ({"seed": -1}, "seed is -1"),
        ({"unseen_share": 0.7}, "unseen_share is 0.7"),
        ({"ctr": 1.0}, "ctr is 1"),
        ({"size": (10, 10)}, "width is 10"),
        ({"image_format": "gif"}, "image_format is 'gif'"),
        ({"drift": {"click.appeall": 1.0}}, "click.appeal"),
        ({"coefficients": {"click.base": 1.0}}, "There is no coefficient 'click.base'"),
    ],
)
def test_settings_outside_their_range_are_refused(change, words):
    with pytest.raises(ConfigError, match=words):
        SimulationSettings(**{"ads": 1, "impressions": 1, **change})
