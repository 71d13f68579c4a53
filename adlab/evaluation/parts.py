"""A reproduction in parts: each is kept beside the report with its command, and the report is made of those kept."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from adlab.evaluation.writing import rounded

Section = Callable[[dict[str, Any]], str]
Kept = dict[str, dict[str, Any]]


def keep_part(out: Path, name: str, part: str, command: str, results: dict[str, Any]) -> None:
    """Store what was measured, with six significant digits.

    Args:
        out: Folder of the report.
        name: Of the reproduction, for example ``"m2fn"``; its parts lie in the folder of that name.
        part: What was measured.
        command: The command that measures it again.
        results: Plain JSON.
    """
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(rounded({"command": command, "results": results}), indent=1, ensure_ascii=False)
    (folder / f"{part}.json").write_text(text + "\n", encoding="utf-8")


def kept_parts(out: Path, name: str, parts: Iterable[str]) -> Kept:
    """Command and results of every part that is kept, in the order given."""
    files = {part: out / name / f"{part}.json" for part in parts}
    return {part: json.loads(file.read_text(encoding="utf-8")) for part, file in files.items() if file.is_file()}


def write_parts(out: Path, name: str, text: str) -> Path:
    """Write the report beside its parts; gives its path."""
    report = out / f"{name}.md"
    report.write_text(text, encoding="utf-8")
    return report


def sections_of(stored: Mapping[str, Mapping[str, Any]], sections: Mapping[str, Section], name: str) -> list[str]:
    """A section a part: what it shows and how it was made, or how it would be measured."""
    found = []
    for part, section in sections.items():
        if part in stored:
            found += [section(stored[part]["results"]), made_by(stored[part]["command"], name, part)]
        else:
            found.append(not_measured(name, part))
    return found


def made_by(command: str, name: str, part: str) -> str:
    """Where the numbers of a part come from."""
    return f"Made by `{command}`; numbers in [{name}/{part}.json]({name}/{part}.json)."


def not_measured(name: str, part: str) -> str:
    """How a part that is not there would be measured."""
    return f"Not measured here: `python -m adlab reproduce {name} --part {part}`."
