"""`reproduce cl4cvr`: its manual page, what it hands over, and what it refuses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from adlab.evaluation import cl4cvr
from adlab.evaluation.cl4cvr_settings import CL4CVRReproduction, FunnelStudy

ALL = ("simulated", "sparsity", "exposure", "hillstrom", "throughput")


@pytest.fixture
def asked(monkeypatch):
    """What is handed over, instead of measuring."""
    seen = []
    monkeypatch.setattr(
        cl4cvr, "reproduce_cl4cvr", lambda how, parts, _: seen.append((how, parts)) or Path("there/cl4cvr.md")
    )
    return seen


@pytest.fixture
def data(tmp_path, monkeypatch):
    (tmp_path / "data" / "hillstrom").mkdir(parents=True)
    monkeypatch.setenv("ADLAB_DATA", str(tmp_path / "data"))
    return tmp_path / "data" / "hillstrom"


def test_help_is_a_manual_page(run):
    code, out, err = run("reproduce", "cl4cvr", "--help")
    assert (code, err) == (0, "")
    for section in ("Output", "Exit codes:", "Examples:"):
        assert section in out
    assert out.count("python -m adlab reproduce cl4cvr") >= 3
    assert max(map(len, out.splitlines())) <= 80


def test_defaults_of_the_command_are_those_of_the_work(run, asked, data):
    assert run("reproduce", "cl4cvr") == (0, "Report: there/cl4cvr.md\n", "")
    assert asked == [(CL4CVRReproduction(data=data), ALL)]


def test_every_option_is_handed_over(run, asked, data, tmp_path):
    code, _, _ = run(
        *("reproduce", "cl4cvr", "--out", tmp_path, "--seed", 3, "--ads", 50, "--impressions", 3000),
        *("--side-rows", 900, "--seeds", 2, "--side-seeds", 1, "--no-creatives", "--throughput-rows", 5000),
        *("--repeats", 1, "--budget-minutes", 4),
    )
    assert code == 0
    study = FunnelStudy(
        ads=50, impressions=3000, side_rows=900, seeds=2, side_seeds=1, creatives=False, throughput_rows=5000
    )
    assert asked[0][0] == CL4CVRReproduction(
        data=data, out=tmp_path, seed=3, budget_minutes=4.0, study=study, repeats=1
    )


def test_data_are_needed_for_real_rows_only_and_may_be_a_file(run, asked, data, tmp_path, monkeypatch):
    monkeypatch.setenv("ADLAB_DATA", str(tmp_path / "nowhere"))
    assert run("reproduce", "cl4cvr", "--part", "simulated")[0] == 0
    code, _, err = run("reproduce", "cl4cvr", "--part", "hillstrom")
    assert code == 2
    assert re.search("--data", err)
    file = tmp_path / "mine.csv"
    file.write_text("recency\n")
    assert run("reproduce", "cl4cvr", "--part", "hillstrom", "--data", file)[0] == 0
    assert [(how.data, parts) for how, parts in asked] == [(None, ("simulated",)), (file, ("hillstrom",))]


@pytest.mark.parametrize("option", [("--ads", 3), ("--seeds", 0), ("--budget-minutes", 0), ("--part", "middle")])
def test_an_impossible_option_is_refused(run, asked, data, option):
    assert run("reproduce", "cl4cvr", *option)[0] == 2
    assert asked == []
