"""The exposure part of `reproduce cl4cvr` on a few hundred rows, from the log to the report."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from adlab.errors import ConfigError
from adlab.evaluation import cl4cvr_exposure
from adlab.evaluation.cl4cvr import command_of
from adlab.evaluation.cl4cvr_exposure import VARIANTS, reproduce_exposure
from adlab.evaluation.cl4cvr_report_exposure import exposure_section
from adlab.evaluation.cl4cvr_settings import EXPOSURE, CL4CVRReproduction, FunnelStudy
from adlab.evaluation.cl4cvr_taste import TasteSettings, taste_log
from adlab.evaluation.cl4cvr_variants import ESMM, FULL

TINY = TasteSettings(focus=2.0, users=40, ads=20, train=250, dev=150, test=200, candidates=4, cvr=0.3)


@pytest.fixture
def small(monkeypatch, tmp_path):
    """Two tiny worlds, and a cache of its own."""
    monkeypatch.setattr(cl4cvr_exposure, "WORLDS", (TINY, replace(TINY, focus=0.0)))
    monkeypatch.setattr(cl4cvr_exposure, "EPOCHS", 2)
    monkeypatch.setenv("ADLAB_CACHE", str(tmp_path / "cache"))
    return CL4CVRReproduction(study=FunnelStudy(seeds=2))


def test_rates_are_those_asked_for_and_outcomes_follow_their_chances():
    size = 20_000
    log = taste_log(replace(TINY, train=10, dev=10, test=size), 0)
    rows = log.test
    assert rows.ctr.mean() == pytest.approx(0.1, abs=0.003)
    assert (rows.ctr * rows.cvr).sum() / rows.ctr.sum() == pytest.approx(0.3, abs=0.005)
    assert rows.batch.click.mean() == pytest.approx(rows.ctr.mean(), abs=4 * np.sqrt(0.09 / size))
    assert not rows.batch.conversion[rows.batch.click == 0].any()
    likely = rows.ctr > np.median(rows.ctr)
    assert rows.batch.click[likely].mean() > 2 * rows.batch.click[~likely].mean()


def test_parts_have_their_sizes_and_a_seed_repeats():
    log, again, other = taste_log(TINY, 3), taste_log(TINY, 3), taste_log(TINY, 4)
    assert [log.train.rows, log.dev.batch.rows, log.test.batch.rows] == [250, 150, 200]
    assert np.array_equal(log.test.batch.sparse, again.test.batch.sparse)
    assert not np.array_equal(log.test.batch.sparse, other.test.batch.sparse)
    assert all(log.train.sparse.max(axis=0) < TINY.fields)


def test_focused_exposure_repeats_a_users_ads_more_than_chance_does():
    focused, chance = (taste_log(replace(TINY, focus=focus, train=5000), 0).train.sparse for focus in (4.0, 0.0))

    def pairs(codes):
        return len({(user, ad) for user, ad in codes[:, :2].tolist()})

    assert pairs(focused) < 0.8 * pairs(chance)


def test_impossible_logs_are_refused():
    with pytest.raises(ConfigError, match="focus is -1"):
        TasteSettings(focus=-1)
    with pytest.raises(ConfigError, match="users is 0"):
        TasteSettings(focus=1, users=0)


def test_every_variant_is_compared_with_esmm_by_seed_and_epoch_and_a_second_call_trains_nothing(small, monkeypatch):
    found = reproduce_exposure(small)
    assert found["missing"] == []
    assert [world["focus"] for world in found["worlds"]] == [2.0, 0.0]
    for world in found["worlds"]:
        assert set(world["at_best"]) == set(VARIANTS)
        assert set(world["above_esmm"]) == set(VARIANTS) - {ESMM}
        gains = world["above_esmm"][FULL]["ctr"]
        assert len(gains["at_best"]["by_seed"]) == 2
        assert gains["at_best"]["value"] == pytest.approx(world["at_best"][FULL]["ctr"] - world["at_best"][ESMM]["ctr"])
        assert [own["value"] for own in gains["by_epoch"]] == pytest.approx(
            [a[0] - b[0] for a, b in zip(world["by_epoch"][FULL], world["by_epoch"][ESMM], strict=True)]
        )
        assert world["ceiling"]["ctr"] > world["at_best"][ESMM]["ctr"]
    json.dumps(found)
    text = "\n\n".join(exposure_section(found))
    assert "### Exposure follows taste" in text
    assert "### Exposure by chance" in text
    assert text.count("| CL4CVR − ESMM | best epoch of each |") == 2
    monkeypatch.setattr(cl4cvr_exposure, "_curve", lambda *_: pytest.fail("trained again"))
    assert reproduce_exposure(small)["worlds"] == found["worlds"]


def test_the_epoch_is_chosen_on_validation_rows(small, monkeypatch):
    def curve(settings, name, seed):
        dev, test = np.zeros((3, 3)), np.zeros((3, 3))  # of three epochs
        dev[1, 2], test[1], test[2] = 1.0, 0.25, 0.75
        return {"dev": dev, "test": test, "ceiling": np.ones(3)} | dict.fromkeys(
            ("clicks", "conversions", "seconds"), np.array(1.0)
        )

    monkeypatch.setattr(cl4cvr_exposure, "_curve", curve)
    world = reproduce_exposure(small)["worlds"][0]
    assert world["at_best"][ESMM] == {"ctr": 0.25, "cvr": 0.25, "ctcvr": 0.25}
    assert world["best_epochs"][FULL] == [2, 2]


def test_the_command_of_this_part_names_its_seeds_alone():
    how = CL4CVRReproduction(study=FunnelStudy(seeds=3, ads=50))
    assert command_of(how, EXPOSURE) == "python -m adlab reproduce cl4cvr --part exposure --seeds 3"
