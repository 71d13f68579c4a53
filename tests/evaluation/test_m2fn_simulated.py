"""The simulated half of `reproduce m2fn` on a handful of ads: every arm, its measures, its budget, its report."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers.tiny_models import save_vision

from adlab.errors import ConfigError, UnknownNameError
from adlab.evaluation import m2fn_simulated, m2fn_simulated_measures
from adlab.evaluation.m2fn import command_of
from adlab.evaluation.m2fn_settings import SIMULATED, M2FNReproduction
from adlab.evaluation.m2fn_simulated import reproduce_simulated, train_network
from adlab.evaluation.m2fn_simulated_arms import (
    ALL,
    FULL,
    FULL_PRESSED,
    KEPT,
    LATE,
    LATE_PRESSED,
    LOSSES,
    NIMA,
    PLAIN,
    TABLES,
    arms_of,
    shape_of,
    without,
)
from adlab.evaluation.m2fn_simulated_measures import MEASURES, ORACLES, MeasuredRows, ceilings
from adlab.evaluation.m2fn_simulated_plain import plain_predictions
from adlab.evaluation.m2fn_simulated_report import simulated_section
from adlab.evaluation.m2fn_simulated_study import SimulatedStudy, World, world_of
from adlab.evaluation.writing import rounded
from adlab.metrics.correlation import sprc
from adlab.simulator.ceiling import expected_auc
from adlab.training.ctr_data import CONTEXT_FIELDS
from adlab.training.ctr_task import ClickTask, predicted_ctr, reads_pixels

pytestmark = pytest.mark.slow
TINY = M2FNReproduction(simulated=SimulatedStudy(ads=30, rows=120, image_size=64, epochs=1, seeds=2), device="cpu")
SOME = (LATE, NIMA, "image", "linear", "user", "late-eq-1", FULL, "cbn-3", FULL_PRESSED, LATE_PRESSED)


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """A cache, and a models folder with a tiny image encoder."""
    root = tmp_path_factory.mktemp("simulated")
    save_vision(root / "models")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ADLAB_MODELS", str(root / "models"))
        patch.setenv("ADLAB_CACHE", str(root / "cache"))
        patch.setattr(m2fn_simulated, "arms_of", some_arms)
        patch.setattr(m2fn_simulated_measures, "RESAMPLES", 20)
        yield root


def some_arms(full):
    """Enough of them to meet every kind of arm."""
    return {name: arm for name, arm in arms_of(full).items() if name in SOME}


@pytest.fixture
def kept(places, monkeypatch):
    """The cache that the module's results are kept in; each test has another one by default."""
    monkeypatch.setenv("ADLAB_CACHE", str(places / "cache"))


@pytest.fixture(scope="module")
def world(places) -> World:
    return world_of(TINY.simulated, TINY.seed, "cpu")


@pytest.fixture(scope="module")
def results(places):
    return reproduce_simulated(TINY)


def test_arms_are_measured_with_intervals_and_the_repeated_ones_with_every_seed(results):
    assert results["missing"] == []
    assert set(results["arms"]) == set(SOME)
    for found in results["arms"].values():
        assert set(MEASURES) <= set(found)
        assert found["sprc_100"]["low"] <= found["sprc_100"]["value"] <= found["sprc_100"]["high"]
    assert {name for name, found in results["arms"].items() if found["seeds"] == 2} == {FULL, LATE, NIMA}
    assert results["settings"]["test_ads"] <= 6
    assert {(d["of"], d["and"]) for d in results["differences"]} >= {(FULL, NIMA), (FULL, LATE)}


def test_a_second_call_trains_nothing_and_gives_the_same(kept, results, monkeypatch):
    monkeypatch.setattr(m2fn_simulated, "train_arm", lambda *_: pytest.fail("an arm was trained again"))
    assert reproduce_simulated(TINY) == results


def test_when_time_is_up_the_missing_parts_are_named_and_the_report_says_so(kept, results, monkeypatch):
    monkeypatch.setattr(m2fn_simulated, "train_arm", lambda *_: pytest.fail("an arm was trained after the time"))
    cut = reproduce_simulated(replace(TINY, simulated=replace(TINY.simulated, seeds=3), budget_minutes=1e-6))
    assert cut["missing"] == ["m2fn-2", "late-2", "nima-2"]
    assert cut["arms"] == results["arms"]
    cut["arms"].pop(NIMA)
    text = simulated_section(rounded(cut))
    assert "**Not measured, the time was up**: m2fn-2, late-2, nima-2." in text
    assert "| NIMA regr. | 0.501 | 0.451 | 0.325 | 0.343 | not measured |" in text


def test_an_early_network_goes_on_from_the_late_one(kept, world):
    arms = arms_of(world.shape)
    untouched = replace(TINY, simulated=replace(TINY.simulated, pixel_epochs=0))
    late, early = (
        train_network(arms[name], arms[name].shape, world, how, 0, "cpu").net.state_dict()
        for name, how in ((LATE, untouched), (FULL, TINY))
    )
    name = "fusion.image.weight"
    fresh = train_network(arms[FULL], arms[FULL].shape, world, untouched, 0, "cpu").net.state_dict()
    near, far = (float((early[name] - other[name]).norm()) for other in (late, fresh))
    assert 0 < near < far
    assert not torch.equal(early["cbn.1.beta"], fresh["cbn.1.beta"])


def test_every_network_of_the_tables_can_be_built_and_gives_a_rate(world):
    for arm in arms_of(world.shape).values():
        if arm.shape is not None:
            data = replace(world.data, attributes=world.data.attributes.keep(arm.keep))
            shape = replace(arm.shape, aux_dim=data.attributes.schema.width if arm.shape.aux else 0)
            backbone = world.backbone if shape.image else None
            task = ClickTask(TINY.simulated.training(), shape, backbone, data, world.log.rows["train"])
            assert predicted_ctr(task, world.log.rows["test"]) == pytest.approx(task.base_rate, rel=1e-3), arm.name


def test_the_report_sets_the_papers_numbers_beside_ours(results):
    text = simulated_section(json.loads(json.dumps(rounded(results))))
    own = results["arms"][FULL]["sprc_500"]
    assert f"| M2FN regr. | 0.561 | 0.530 | 0.384 | 0.381 | {own['value']:.3f} [{own['low']:.3f}" in text
    first = results["arms"][FULL]["first"]["sprc_500"]
    assert f"| M2FN {{1,0,0,0,0}} | 0.630 | 0.640 | {first['value']:.3f} [{first['low']:.3f}" in text
    assert first["value"] == results["arms"][FULL]["sprc_500"]["by_seed"][0]
    assert "- Low-level fusion adds " in text
    assert [line for line in text.splitlines() if line.startswith("### ")] == [
        "### Ceilings",
        "### Table 4: M2FN against NIMA",
        "### Table 5: where conditional batch norm stands",
        "### Table 7: ablation of modules",
        "### Table 8: ablation of attributes",
        "### Early or late fusion",
        "### Losses",
    ]
    assert text.startswith("## Simulated log\n\n**Every click here is simulated.**")


def test_arms_differ_as_their_tables_say():
    full = shape_of("compact", 128)
    arms = arms_of(full)
    assert {row.arm for table in TABLES.values() for row in table} | {*LOSSES, FULL_PRESSED, LATE_PRESSED} == set(arms)
    assert arms[FULL].shape == full
    assert not arms[NIMA].shape.aux
    assert arms["cbn-5"].shape.cbn_blocks == (4,)
    assert arms["cbn-12345"].shape.cbn_blocks == (1, 2, 3, 4)
    assert arms_of(replace(full, depth=5))["cbn-345"].shape.cbn_blocks == (3, 4, 5)
    late = [arm for arm in arms.values() if arm.shape is not None and not reads_pixels(arm.shape)]
    assert {arm.name for arm in late} >= {LATE, NIMA, "cat", "high", *KEPT}
    shapes = [
        (arm.shape, arm.keep, arm.loss, arm.capped, arm.pressed) for arm in arms.values() if arm.shape is not None
    ]
    assert len(set(shapes)) == len(shapes)
    assert all(arms[name].shape is None for name in PLAIN)


def test_the_paper_preset_is_table_3s_and_reads_pixels_wherever_it_sees_the_picture():
    arms = arms_of(shape_of("paper", 224))
    assert arms[FULL].shape.backbone == "vgg19"
    assert arms[FULL].shape.head_dims == (4096, 4096)
    assert all(reads_pixels(arm.shape) for arm in arms.values() if arm.shape is not None and arm.shape.image)


def test_attributes_left_out_are_the_ones_named():
    assert without("weekday") == tuple(name for name in ALL if name != "weekday")
    assert KEPT["no-user-text"] == ("month", "weekday", "hour", "position", "colour")
    assert KEPT["user"] == ("gender", "age_band")
    assert set(ALL) == {*CONTEXT_FIELDS, "colour", "title", "description", "ocr"}


def test_measures_are_the_plain_ones_on_the_rows_of_enough_impressions(world):
    measured = MeasuredRows(world.log, 0)
    predicted = np.random.default_rng(0).random(len(measured.rows))
    found = measured.measures([predicted, -predicted])
    enough = measured.impressions >= 500
    assert found["sprc_500"]["by_seed"][0] == pytest.approx(sprc(predicted[enough], measured.observed[enough]))
    assert found["sprc_500"]["value"] == pytest.approx(0, abs=1e-12)
    assert found["auc"]["by_seed"][0] == pytest.approx(expected_auc(predicted, measured.true, measured.impressions))
    assert found["sprc_true"]["by_seed"][0] == pytest.approx(sprc(predicted, measured.true))
    same = measured.difference([predicted], [predicted])["sprc_100"]
    assert (same["value"], same["low"], same["high"]) == (0, 0, 0)


def test_knowing_more_causes_never_ranks_worse_than_knowing_them_all(world):
    found = ceilings(world.log, 0)
    assert list(found) == list(ORACLES)
    assert found["everything"]["sprc_true"] == pytest.approx(1)
    assert all(found["everything"]["auc"] >= known["auc"] for known in found.values())
    assert found["everything"]["sprc_100"] < 1


def test_plain_regressions_predict_rates_near_the_mean(world):
    for name in PLAIN:
        predicted = plain_predictions(name, world.data, world.log.rows, 0)
        assert len(predicted) == len(world.log.rows["test"])
        assert 0.01 < predicted.mean() < 0.12
        assert np.ptp(predicted) > 0
    with pytest.raises(UnknownNameError, match="svm-rbf"):
        plain_predictions("svm-rfb", world.data, world.log.rows, 0)


def test_early_fusion_costs_more_a_context_than_late(results):
    cost = results["cost"]
    assert cost["early_context"] > 2 * cost["late_context"] > 0


def test_the_command_names_what_is_not_the_default():
    how = M2FNReproduction(simulated=SimulatedStudy(ads=50, preset="paper", image_size=224))
    assert command_of(how, SIMULATED) == (
        "python -m adlab reproduce m2fn --part simulated --ads 50 --image-size 224 --preset paper"
    )
    assert command_of(how, "real") == "python -m adlab reproduce m2fn --part real"


def test_settings_out_of_range_say_so():
    with pytest.raises(ConfigError, match="rows is 10"):
        SimulatedStudy(ads=30, rows=10)
    with pytest.raises(ConfigError, match="multiple of 32"):
        SimulatedStudy(image_size=100)
    with pytest.raises(UnknownNameError, match="compact"):
        SimulatedStudy(preset="compakt")
