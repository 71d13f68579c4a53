from __future__ import annotations

import pytest

from adlab.data.table import read_table, validate
from adlab.evaluation import simulator
from adlab.simulator import simulation
from adlab.simulator.settings import SimulationSettings
from adlab.simulator.simulation import read_manifest


@pytest.fixture
def out(tmp_path):
    return tmp_path / "sim"


@pytest.fixture
def calls(monkeypatch):
    seen = []

    def stopped(how, out, *, progress, budget_minutes):
        seen.append((how, out, budget_minutes))
        return simulation.Simulation(folder=out, finished=False, already=False, done=2, steps=9, manifest={})

    monkeypatch.setattr(simulation, "simulate", stopped)
    return seen


def test_simulate_writes_a_collection_and_says_what_lies_there(run, out):
    code, printed, err = run("simulate", "--ads", 20, "--impressions", 5000, "--out", out)
    assert (code, err) == (0, "")
    counts = read_manifest(out)["counts"]
    assert f"{out}: finished." in printed
    assert f"20 ads, 5,000 rows, 5,000 impressions, {counts['clicks']:,} clicks (CTR {counts['ctr']:.2%})" in printed
    assert "Best possible AUC: CTR 0." in printed
    assert len(validate(read_table(out / "ads.parquet"))) == 20


def test_a_finished_folder_is_said_to_be_finished(run, out):
    run("simulate", "--ads", 20, "--impressions", 500, "--out", out)
    code, printed, _ = run("simulate", "--ads", 20, "--impressions", 500, "--out", out)
    assert code == 0
    assert "was finished already, nothing was done" in printed


def test_other_settings_in_the_same_folder_are_one_clear_error(run, out):
    run("simulate", "--ads", 20, "--impressions", 500, "--out", out)
    code, printed, err = run("simulate", "--ads", 20, "--impressions", 500, "--out", out, "--seed", 5)
    assert (code, printed) == (2, "")
    assert "holds a simulation whose seed is 0, not 5" in err


def test_simulate_hands_over_every_option(run, out, calls):
    code, printed, _ = run(
        *("simulate", "--ads", 30, "--impressions", 400, "--out", out, "--seed", 7, "--aggregate", "--images"),
        *("--contexts-per-ad", 9, "--size", "320x180", "--image-format", "png", "--ctr", 0.02, "--cvr", 0.1),
        *("--set", "click.appeal=1.5", "--set", "convert.hour.12=-1", "--drift", "click.base=-0.5"),
        *("--unseen-share", 0.25, "--budget-minutes", 3),
    )
    assert code == 0
    assert f"{out}: 2 of 9 steps done; give the same command to go on." in printed
    how = SimulationSettings(
        ads=30,
        impressions=400,
        seed=7,
        aggregate=True,
        contexts_per_ad=9,
        ctr=0.02,
        cvr=0.1,
        coefficients={"click.appeal": 1.5, "convert.hour.12": -1.0},
        drift={"click.base": -0.5},
        unseen_share=0.25,
        images=True,
        size=(320, 180),
        image_format="png",
    )
    assert calls == [(how, out, 3.0)]


def test_defaults_of_the_command_are_those_of_the_work(run, out, calls):
    run("simulate", "--ads", 3, "--impressions", 4, "--out", out)
    assert calls == [(SimulationSettings(ads=3, impressions=4), out, None)]


@pytest.mark.parametrize(("name", "size"), [("300x250", (300, 250)), ("9:16", (216, 384)), ("640×360", (640, 360))])
def test_a_size_is_a_named_format_or_two_numbers(run, out, calls, name, size):
    run("simulate", "--ads", 3, "--impressions", 4, "--out", out, "--size", name)
    assert calls[0][0].size == size


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--ads", "0"], "--ads"),
        (["--set", "click.appeal"], "--set is 'click.appeal'; give name=value"),
        (["--set", "click.appeal=much"], "value 'much'; give a number"),
        (["--set", "click.cta=1", "--set", "click.cta=2"], "--set names 'click.cta' twice"),
        (["--set", "click.apeal=1"], "Did you mean 'click.appeal'"),
        (["--set", "click.appeal=nan"], "give a finite number"),
        (["--drift", "click.bas=1"], "There is no coefficient 'click.bas'"),
        (["--size", "big"], "--size is 'big'; give one of 1:1"),
        (["--size", "9x9"], "width is 9"),
        (["--ctr", "1.5"], "ctr is 1.5"),
        (["--unseen-share", "0.9"], "unseen_share is 0.9"),
        (["--budget-minutes", "0"], "--budget-minutes is 0"),
    ],
)
def test_unusable_options_are_refused_before_anything_is_written(run, out, options, words):
    code, printed, err = run("simulate", "--ads", 3, "--impressions", 4, "--out", out, *options)
    assert (code, printed) == (2, "")
    assert words in err
    assert not out.exists()


def test_ctrl_c_keeps_what_was_written(run, out, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(simulation, "simulate", interrupted)
    code, _, err = run("simulate", "--ads", 3, "--impressions", 4, "--out", out)
    assert code == 130
    assert "goes on where it was" in err


def test_reproduce_simulator_hands_over_every_option_and_prints_the_report(run, tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(simulator, "prove_simulator", lambda *given: seen.append(given) or tmp_path / "simulator.md")
    code, printed, err = run("reproduce", "simulator", "--out", tmp_path, "--ads", 60, "--rows", 20_000, "--seed", 4)
    assert (code, printed, err) == (0, f"Report: {tmp_path / 'simulator.md'}\n", "")
    proof, _, command = seen[0]
    assert proof == simulator.SimulatorProof(out=tmp_path, ads=60, rows=20_000, seed=4)
    assert command.startswith("python -m adlab reproduce simulator --out")
    run("reproduce", "simulator")
    assert seen[1][0] == simulator.SimulatorProof()


def test_a_proof_on_too_few_ads_is_refused(run):
    code, _, err = run("reproduce", "simulator", "--ads", 10)
    assert code == 2
    assert "--ads" in err
