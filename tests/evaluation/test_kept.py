"""Finished parts survive a stop; damaged ones are computed anew."""

from __future__ import annotations

import numpy as np
import pytest

from adlab.evaluation.kept import KeptParts


def test_a_part_is_computed_once_and_read_back_equal(tmp_path):
    kept, calls = KeptParts(tmp_path / "deep" / "folder"), []

    def compute():
        calls.append(1)
        return {"a/b": np.arange(3), "flag/0.5": np.array([True, False]), "scalar": np.array(0.25)}

    first = kept.get("part", compute)
    again = KeptParts(tmp_path / "deep" / "folder").get("part", compute)
    assert calls == [1]
    assert first.keys() == again.keys()
    for name, value in first.items():
        assert np.array_equal(again[name], value)
        assert again[name].dtype == value.dtype
    assert kept.has("part")
    assert not kept.has("other")


@pytest.mark.parametrize("content", [b"", b"nonsense", None])
def test_a_damaged_file_is_computed_anew(tmp_path, content):
    kept = KeptParts(tmp_path)
    kept.get("part", lambda: {"x": np.arange(1000)})
    file = tmp_path / "part.npz"
    file.write_bytes(file.read_bytes()[:-40] if content is None else content)
    assert kept.get("part", lambda: {"x": np.array([7])})["x"].tolist() == [7]
    assert kept.get("part", lambda: {"x": np.array([8])})["x"].tolist() == [7]


def test_objects_are_never_pickled(tmp_path):
    with pytest.raises(ValueError, match="allow_pickle"):
        KeptParts(tmp_path).get("part", lambda: {"x": np.array([{"a": 1}], dtype=object)})
    assert not KeptParts(tmp_path).has("part")


def test_a_part_whose_computation_stops_leaves_nothing(tmp_path):
    def stop():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        KeptParts(tmp_path / "x").get("part", stop)
    assert not KeptParts(tmp_path / "x").has("part")
