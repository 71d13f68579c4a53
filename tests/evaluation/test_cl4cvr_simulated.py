"""The simulated parts of `reproduce cl4cvr` on a few thousand rows, from the log to the report."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from adlab.errors import ConfigError
from adlab.evaluation import cl4cvr_simulated, cl4cvr_sparsity, cl4cvr_world
from adlab.evaluation.cl4cvr import command_of, reproduce_cl4cvr
from adlab.evaluation.cl4cvr_settings import SIMULATED, SPARSITY, THROUGHPUT, CL4CVRReproduction, FunnelStudy
from adlab.evaluation.cl4cvr_simulated import Prepared, best_rival, reproduce_simulated, trained_part
from adlab.evaluation.cl4cvr_sparsity import reproduce_sparsity
from adlab.evaluation.cl4cvr_tables import expected_areas, identical_pairs, table_of, true_scores
from adlab.evaluation.cl4cvr_training import TimedParts, loop_of, train_variant
from adlab.evaluation.cl4cvr_variants import (
    ESMM,
    FULL,
    IDS_ONLY,
    MAIN,
    MASKING_RIVALS,
    PUBLIC_CODE,
    PUBLIC_ESMM,
    SIDE,
    TUNED,
)
from adlab.evaluation.cl4cvr_world import DEV, NEW, TEST, TRAIN, world_of
from adlab.evaluation.kept import KeptParts
from adlab.training.funnel_config import FunnelTraining
from adlab.training.funnel_creatives import CreativeVectors

STUDY = FunnelStudy(
    ads=60, impressions=6000, side_rows=2000, seeds=2, side_seeds=1, creatives=False, throughput_rows=3000
)
TINY = CL4CVRReproduction(study=STUDY)
BRIEF = replace(STUDY, impressions=3000, side_rows=1000)  # where a part runs from end to end
SOME = (*MAIN, *MASKING_RIVALS, next(v for v in SIDE if v.name == "public-code"))


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return world_of(STUDY, 0, KeptParts(tmp_path_factory.mktemp("kept")))


@pytest.fixture
def few(monkeypatch, tmp_path):
    """Enough variants to meet every kind; a cache of its own."""
    monkeypatch.setattr(cl4cvr_simulated, "SIDE", SOME)
    monkeypatch.setattr(cl4cvr_simulated, "TUNED", TUNED[1:12:9])
    monkeypatch.setenv("ADLAB_CACHE", str(tmp_path / "cache"))


def test_further_ads_are_in_no_training_row_and_their_name_is_not_in_the_schema(world):
    ads = {name: set(rows.ad.tolist()) for name, rows in world.parts.items()}
    assert not ads[NEW] & (ads[TRAIN] | ads[DEV] | ads[TEST])
    assert ads[TEST] <= ads[TRAIN]
    place = world.schema.names.index("ad_id")
    assert len(set(world.parts[NEW].batch.sparse[:, place].tolist())) == 1
    assert len(set(world.parts[TEST].batch.sparse[:, place].tolist())) == len(ads[TEST])
    assert "user_id" not in world.schema.names


def test_the_public_code_s_row_is_trained_as_the_public_code(world):
    public, without = (next(v for v in SIDE if v.name == name) for name in (PUBLIC_CODE, PUBLIC_ESMM))
    loop = loop_of(public, world, world.train(500), (0.1, 0.5), 0)
    assert loop.config == FunnelTraining.public_code()
    assert loop.all_steps == 2 * 8
    assert loop.task.network.config.detach_ctr
    assert without.trained_as(0.1, 0.5) == replace(FunnelTraining.public_code(), contrast=None)
    others = [v for v in (*SIDE, *IDS_ONLY, *TUNED) if v not in (public, without)]
    assert {replace(v.trained_as(0.1, 0.5), contrast=None) for v in others} == {FunnelTraining()}


def test_names_that_trainings_are_kept_under_stay_those_of_earlier_runs(world):
    asked = []

    class Names:
        def get(self, name, rows, compute):
            asked.append((name, rows))

    prepared = Prepared(world, Names(), (2.0, 0.001), [])
    for variant in SIDE:
        trained_part(prepared, variant, 500, 1)
    assert dict(asked) == {
        "esmm-500-none-1": 500, "em-500-2-0.001-1": 500, "em-fne-500-2-0.001-1": 500, "em-spi-500-2-0.001-1": 500,
        "full-500-2-0.001-1": 500, "feature-500-2-0.001-1": 500, "dropout-500-2-0.001-1": 500,
        "em-complementary-500-2-0.001-1": 500, "full-complementary-500-2-0.001-1": 500,
        "full-keep-0.9-500-2-0.001-1": 500, "full-cosine-500-2-0.001-1": 500, "full-0.1-0.01-500-0.1-0.01-1": 500,
        "full-12-0.01-500-12-0.01-1": 500, "public-code-500-12-0.01-1": 500, "esmm-detached-500-none-1": 500,
        "public-code-training-500-12-0.01-1": 1000, "esmm-public-training-500-none-1": 1000,
    }  # fmt: skip


def test_a_task_is_set_against_the_same_network_and_training_without_it(world):
    rng, runs = np.random.default_rng(0), {}
    for name in (ESMM, PUBLIC_CODE, PUBLIC_ESMM):
        runs[name] = {
            seed: {part: rng.normal(size=(3, world.parts[part].batch.rows)) for part in (TEST, NEW)} for seed in (0, 1)
        }
    found = table_of(TINY, world, runs)[TEST]
    assert list(found["above_same_without"]) == [PUBLIC_CODE]
    own, without = (found["areas"][name]["cvr"]["value"] for name in (PUBLIC_CODE, PUBLIC_ESMM))
    assert found["above_same_without"][PUBLIC_CODE]["cvr"]["value"] == pytest.approx(own - without)
    del runs[PUBLIC_ESMM]
    assert table_of(TINY, world, runs)[TEST]["above_same_without"] == {}


def test_parts_share_no_row_and_have_their_shares(world):
    sizes = {name: rows.batch.rows for name, rows in world.parts.items()}
    known = sizes[TRAIN] + sizes[DEV] + sizes[TEST]
    assert known + sizes[NEW] < STUDY.impressions  # some ads are in no part
    assert sizes[DEV] / known == pytest.approx(0.05, abs=0.015)
    assert sizes[TEST] / known == pytest.approx(0.1, abs=0.02)


def test_the_truth_of_a_row_is_that_of_its_own_ad_and_context(world):
    for rows in world.parts.values():
        expected = rows.ctr.sum()
        assert rows.batch.click.sum() == pytest.approx(expected, abs=5 * np.sqrt(expected) + 1)
    rows = world.parts[TRAIN]
    ceiling = expected_areas(rows, true_scores(rows))
    shuffled = expected_areas(rows, true_scores(rows)[:, np.random.default_rng(0).permutation(rows.batch.rows)])
    assert ceiling["ctr"] > 0.65
    assert ceiling["ctcvr"] > ceiling["ctr"]
    assert abs(shuffled["ctr"] - 0.5) < 0.05
    clicked = rows.batch.click > 0
    assert rows.ctr[clicked].mean() > 1.2 * rows.ctr[~clicked].mean()


def test_training_rows_of_a_side_table_are_the_first_of_a_random_order(world):
    side = world.train(500)
    assert side.rows == 500
    assert np.array_equal(side.sparse, world.train().sparse[:500])
    month = world.schema.names.index("month")
    assert len(set(side.sparse[:, month].tolist())) == 12  # the log is in order of time


def test_variants_of_one_seed_begin_alike_and_repeat_to_the_bit(world, few):
    esmm, full = MAIN[0], MAIN[-1]
    runs = [train_variant(v, world, world.train(1500), (0.1, 0.01), s) for v, s in ((esmm, 0), (esmm, 0), (esmm, 1))]
    assert np.array_equal(runs[0][TEST], runs[1][TEST])
    assert not np.array_equal(runs[0][TEST], runs[2][TEST])
    faint = train_variant(full, world, world.train(1500), (12.0, 1e-9), 0)
    assert faint[TEST] == pytest.approx(runs[0][TEST], abs=1e-3)
    assert float(faint["contrast_loss"]) > 0
    assert float(runs[0]["contrast_loss"]) == 0


@pytest.mark.slow
def test_every_number_is_there_and_a_second_call_trains_nothing(few, monkeypatch):
    seen = []
    how = replace(TINY, study=BRIEF)
    found = reproduce_simulated(how, lambda done, total: seen.append((done, total)))
    assert found["missing"] == []
    assert len(found["tuning"]) == 2
    assert found["tuned"]["temperature"] in (0.1, 12.0)
    assert found["best_rival"] in ("feature", "dropout")
    assert set(found["main"][TEST]["areas"]) == {v.name for v in MAIN} | {found["best_rival"]}
    assert set(found["side"][NEW]["areas"]) == {v.name for v in SOME}
    assert {len(area["cvr"]["by_seed"]) for area in found["main"][TEST]["areas"].values()} == {2}
    assert set(found["main"][TEST]["above_esmm"]) == set(found["main"][TEST]["areas"]) - {ESMM}
    assert set(found["main"][TEST]["full_above"]) == set(found["main"][TEST]["areas"]) - {FULL}
    assert found["ceilings"][TEST]["ctcvr"] > found["main"][TEST]["areas"][FULL]["ctcvr"]["value"]
    assert all(0 < size < 1e6 for run in found["gradients"]["runs"] for size in run["size"])
    assert all(done <= total for done, total in seen)
    assert seen[-1][0] == seen[-1][1]
    json.dumps(found)

    def refuse(*_):
        raise AssertionError("trained again")

    monkeypatch.setattr(cl4cvr_simulated, "train_variant", refuse)
    assert reproduce_simulated(how)["main"] == found["main"]
    more = replace(TINY, study=replace(BRIEF, seeds=1))
    assert reproduce_simulated(more)["main"][TEST]["areas"][FULL]["cvr"]["by_seed"] == [
        found["main"][TEST]["areas"][FULL]["cvr"]["by_seed"][0]
    ]


def test_a_budget_leaves_trainings_out_by_name_and_the_report_says_so(few, tmp_path):
    how = replace(TINY, out=tmp_path, budget_minutes=1e-9)
    report = reproduce_cl4cvr(how, [SIMULATED, SPARSITY])
    stored = json.loads((tmp_path / "cl4cvr" / "simulated.json").read_text())["results"]
    assert any(name.startswith("full-") for name in stored["missing"])
    assert stored["main"][TEST]["areas"] == {}
    assert "Not measured, the time was up" in report.read_text()


def test_time_is_judged_by_the_slowest_row_so_far(tmp_path, monkeypatch):
    clock = [0.0]
    monkeypatch.setattr("adlab.evaluation.cl4cvr_training.time.monotonic", lambda: clock[0])
    parts = TimedParts(KeptParts(tmp_path), budget_minutes=1)

    def lasts(seconds):
        def compute():
            clock[0] += seconds
            return {"seconds": np.array(float(seconds))}

        return compute

    assert parts.get("first", 100, lasts(10)) is not None
    assert parts.get("too long", 600, lasts(0)) is None
    assert parts.get("short", 400, lasts(1)) is not None
    clock[0] = 1e6
    assert parts.get("first", 100, lasts(0)) is not None  # kept from before
    assert parts.missing == ["too long"]


def test_the_best_rival_is_chosen_on_validation_rows(world):
    good = {DEV: true_scores(world.parts[DEV])}
    bad = {DEV: -good[DEV], TEST: true_scores(world.parts[TEST])}
    assert best_rival(world, {"feature": {0: bad}, "dropout": {0: good}}).name == "dropout"
    assert best_rival(world, {"feature": {0: good}, "dropout": {0: bad}}).name == "feature"
    assert best_rival(world, {}) is None


@pytest.mark.slow
def test_creative_vectors_reach_the_networks_that_may_see_them(few, monkeypatch):
    def vectors(settings, progress):
        matrix = np.random.default_rng(0).normal(size=(settings.ads, 4)).astype(np.float32)
        return CreativeVectors(tuple(f"sim-{settings.seed}-{i:06d}" for i in range(settings.ads)), matrix, None)

    monkeypatch.setattr(cl4cvr_world, "simulated_vectors", vectors)
    monkeypatch.setattr(cl4cvr_simulated, "SIDE", (MAIN[0], MAIN[-1]))
    how = replace(TINY, study=replace(BRIEF, creatives=True, seeds=1))
    found = reproduce_simulated(how)
    assert found["settings"]["creative_dim"] == 4
    side = found["side"][TEST]["areas"]
    assert {v.name for v in IDS_ONLY} <= set(side)
    blind = reproduce_simulated(replace(TINY, study=replace(BRIEF, seeds=1)))["side"][TEST]["areas"]
    assert side["esmm-ids"]["cvr"]["by_seed"] == blind[ESMM]["cvr"]["by_seed"]
    assert side[ESMM]["cvr"]["by_seed"] != blind[ESMM]["cvr"]["by_seed"]


def test_thinned_rows_lose_conversions_and_both_variants_are_compared_at_every_share(few, monkeypatch):
    monkeypatch.setattr(cl4cvr_sparsity, "SHARES", {"conversions": (1.0, 0.25), "clicks": (0.25,)})
    found = reproduce_sparsity(TINY)
    whole, some, clicks = found["points"]
    assert whole["conversions"] == found["settings"]["side_conversions"]
    assert some["conversions"] < whole["conversions"]
    assert clicks["conversions"] < whole["conversions"]
    assert set(whole["areas"]) == {ESMM, FULL}
    assert whole["above_esmm"]["cvr"]["value"] == pytest.approx(
        whole["areas"][FULL]["cvr"]["value"] - whole["areas"][ESMM]["cvr"]["value"]
    )
    followed = found["gradients"]["runs"]
    assert [(run["thinned"], run["share"]) for run in followed] == [
        ("conversions", 1.0),
        ("conversions", 0.25),
        ("clicks", 0.25),
    ]
    assert followed[0]["size"] != followed[1]["size"]


def test_pairs_of_identical_rows_are_counted_within_batches(world):
    rows = world.train(4)
    twice = rows.take(np.array([0, 0, 0, 1, 2, 2]))
    assert identical_pairs(twice, 6) == 3 + 1
    assert identical_pairs(twice, 2) == pytest.approx((1 + 0 + 1) / 3)


def test_the_command_names_what_decides_a_number_and_no_path(tmp_path):
    how = replace(TINY, out=tmp_path, data=tmp_path, budget_minutes=4, seed=3)
    assert command_of(how, SIMULATED) == (
        "python -m adlab reproduce cl4cvr --part simulated --seed 3 --ads 60 --impressions 6000 --side-rows 2000 "
        "--seeds 2 --side-seeds 1 --no-creatives --throughput-rows 3000"
    )
    assert command_of(CL4CVRReproduction(repeats=1), "hillstrom") == (
        "python -m adlab reproduce cl4cvr --part hillstrom --repeats 1"
    )
    assert command_of(CL4CVRReproduction(), THROUGHPUT) == "python -m adlab reproduce cl4cvr --part throughput"


def test_impossible_settings_are_refused():
    with pytest.raises(ConfigError, match="ads is 3"):
        FunnelStudy(ads=3)
    with pytest.raises(ConfigError, match="budget_minutes is 0"):
        CL4CVRReproduction(budget_minutes=0)
    with pytest.raises(ConfigError, match="repeats 0"):
        CL4CVRReproduction(repeats=0)


def test_a_training_does_not_depend_on_what_was_drawn_before(world):
    torch.manual_seed(5)
    a = train_variant(MAIN[0], world, world.train(300), (0.1, 0.01), 0)
    torch.manual_seed(6)
    b = train_variant(MAIN[0], world, world.train(300), (0.1, 0.01), 0)
    assert np.array_equal(a[TEST], b[TEST])
