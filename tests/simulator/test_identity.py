"""The identity of what draws: it changes with every file that has a part in it, and with nothing else."""

from __future__ import annotations

from adlab.simulator.identity import digest_of, drawing_digest


def test_every_line_every_name_and_every_version_counts(tmp_path):
    (tmp_path / "drawing").mkdir()
    file = tmp_path / "drawing" / "food.py"
    file.write_text("red = 1")
    (tmp_path / "notes.md").write_text("one")
    first = digest_of({tmp_path: "*.py"}, "1.0")
    assert digest_of({tmp_path: "*.py"}, "1.1") != first
    (tmp_path / "notes.md").write_text("two")
    assert digest_of({tmp_path: "*.py"}, "1.0") == first
    file.write_text("red = 2")
    changed = digest_of({tmp_path: "*.py"}, "1.0")
    file.rename(tmp_path / "food.py")
    assert len({first, changed, digest_of({tmp_path: "*.py"}, "1.0")}) == 3


def test_the_digest_is_of_this_package_and_its_fonts(monkeypatch):
    seen = {}
    drawing_digest.cache_clear()
    monkeypatch.setattr("adlab.simulator.identity.digest_of", lambda folders, _: seen.update(folders) or "0" * 16)
    drawing_digest()
    drawing_digest.cache_clear()
    assert all(list(folder.rglob(pattern)) for folder, pattern in seen.items())
    assert {pattern for pattern in seen.values()} == {"*.py", "*.ttf"}
