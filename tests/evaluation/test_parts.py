from __future__ import annotations

import json

from adlab.evaluation.parts import keep_part, kept_parts, made_by, not_measured, sections_of, write_parts

SECTIONS = {"late": lambda results: f"late {results['auc']}", "early": lambda results: f"early {results['auc']}"}


def test_what_is_kept_comes_back_rounded_with_its_command_in_the_order_of_the_report(tmp_path):
    keep_part(tmp_path, "net", "early", "run early", {"auc": 0.123456789, "größe": [1, 2]})
    keep_part(tmp_path, "net", "late", "run late", {"auc": 0.5})
    found = kept_parts(tmp_path, "net", SECTIONS)
    assert list(found) == ["late", "early"]
    assert found["early"] == {"command": "run early", "results": {"auc": 0.123457, "größe": [1, 2]}}
    assert "größe" in (tmp_path / "net" / "early.json").read_text(encoding="utf-8")


def test_a_part_measured_again_replaces_its_own_and_no_other(tmp_path):
    keep_part(tmp_path, "net", "early", "a", {"auc": 1})
    keep_part(tmp_path, "net", "late", "b", {"auc": 2})
    keep_part(tmp_path, "net", "early", "c", {"auc": 3})
    assert json.loads((tmp_path / "net" / "early.json").read_text())["command"] == "c"
    assert kept_parts(tmp_path, "net", SECTIONS)["late"]["command"] == "b"


def test_a_section_says_how_it_was_made_or_how_it_would_be(tmp_path):
    keep_part(tmp_path, "net", "early", "run early", {"auc": 0.5})
    parts = sections_of(kept_parts(tmp_path, "net", SECTIONS), SECTIONS, "net")
    assert parts == [not_measured("net", "late"), "early 0.5", made_by("run early", "net", "early")]
    assert "`python -m adlab reproduce net --part late`" in parts[0]
    report = write_parts(tmp_path, "net", "\n\n".join(parts))
    linked = parts[2].split("](")[1].rstrip(").")
    assert (report.parent / linked).is_file()  # the report's link leads to the numbers
