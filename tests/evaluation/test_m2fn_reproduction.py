"""The frame of `reproduce m2fn`: halves are measured one at a time, the report holds whatever is there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from adlab.errors import ConfigError, UnknownNameError
from adlab.evaluation import m2fn
from adlab.evaluation.m2fn import command_of, reproduce_m2fn
from adlab.evaluation.m2fn_report import SECTIONS, write_report
from adlab.evaluation.m2fn_settings import M2FNReproduction
from adlab.evaluation.writing import markdown_table, rounded


@pytest.fixture
def halves(monkeypatch):
    """Two made-up halves."""
    asked = []

    def half(name):
        def measure(how, progress):
            asked.append(name)
            progress(1, 1)
            return {"value": how.seed + 1 / 3}

        return measure

    for name in ("left", "right"):
        monkeypatch.setitem(m2fn.HALVES, name, half(name))
        monkeypatch.setitem(SECTIONS, name, lambda results, name=name: f"## {name}\n\nIt is {results['value']:.2f}.")
    return asked


def test_a_half_measured_alone_stands_beside_the_other_one_that_was_stored_before(halves, tmp_path):
    how = M2FNReproduction(out=tmp_path, seed=4)
    report = reproduce_m2fn(how, ["left"])
    text = report.read_text()
    assert "It is 4.33." in text
    assert "## right" not in text
    assert "--part right" in text
    reproduce_m2fn(M2FNReproduction(out=tmp_path, seed=5), ["right"])
    both = report.read_text()
    assert both.index("It is 4.33.") < both.index("It is 5.33.")
    assert halves == ["left", "right"]
    stored = json.loads((tmp_path / "m2fn" / "right.json").read_text())
    assert stored == {"command": "python -m adlab reproduce m2fn --part right --seed 5", "results": {"value": 5.33333}}
    assert write_report(tmp_path).read_text() == both


def test_the_command_names_what_decides_a_number_and_no_path():
    how = M2FNReproduction(data=Path("/somewhere/else"), out=Path("/there"), budget_minutes=3, device="cpu")
    assert command_of(how, "real") == "python -m adlab reproduce m2fn --part real"


def test_an_unknown_half_and_impossible_settings_are_refused(halves, tmp_path):
    with pytest.raises(UnknownNameError, match="middle"):
        reproduce_m2fn(M2FNReproduction(out=tmp_path), ["middle"])
    assert halves == []
    with pytest.raises(ConfigError, match="budget_minutes is 0"):
        M2FNReproduction(budget_minutes=0)
    with pytest.raises(ConfigError, match="seed is -1"):
        M2FNReproduction(seed=-1)


def test_tables_and_rounding_are_plain():
    assert markdown_table(["a", "b"], [["1", "2"]]) == "| a | b |\n| --- | --- |\n| 1 | 2 |"
    assert rounded({"x": (1.23456789, [True, "y", 3, None])}) == {"x": [1.23457, [True, "y", 3, None]]}
