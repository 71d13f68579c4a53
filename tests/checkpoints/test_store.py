from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from helpers.tiny_models import manifest
from hypothesis import given
from hypothesis import strategies as st

from adlab.checkpoints import store
from adlab.checkpoints.manifest import Manifest, Measure, read_manifest
from adlab.checkpoints.store import (
    add_measures,
    as_stored,
    halve,
    list_checkpoints,
    load_checkpoint,
    read_extra,
    replace_file,
    save_checkpoint,
)
from adlab.errors import CheckpointError, UnknownNameError

STATE = {
    "weight": torch.tensor([[0.1, -2.0], [3.0, 1e-3]]),
    "bias": torch.tensor([0.1, 1e-9]),
    "steps": torch.tensor(7),
}
REFERENCE = {"input": torch.arange(4.0), "output": torch.arange(4.0) + 0.1}
EXTRA = {"probes.safetensors": {"0/weight": torch.tensor([0.1, 0.2])}}


@pytest.fixture
def saved(tmp_path) -> Path:
    save_checkpoint(tmp_path / "models" / "small", manifest("small", "reference"), STATE, REFERENCE, EXTRA)
    return tmp_path / "models" / "small"


def test_what_is_saved_comes_back(saved):
    checkpoint = load_checkpoint("small", saved.parent)
    assert checkpoint.folder == saved
    assert checkpoint.state.keys() == STATE.keys()
    torch.testing.assert_close(checkpoint.state["weight"], STATE["weight"].half().float(), atol=0, rtol=0)
    torch.testing.assert_close(checkpoint.state["bias"], STATE["bias"], atol=0, rtol=0)
    assert checkpoint.state["steps"].dtype == torch.int64
    assert checkpoint.state["steps"] == 7
    torch.testing.assert_close(read_extra(checkpoint, "probes.safetensors")["0/weight"], torch.tensor([0.1, 0.2]))
    torch.testing.assert_close(read_extra(checkpoint, "reference.safetensors"), REFERENCE, atol=0, rtol=0)


def test_the_manifest_comes_back_equal(tmp_path):
    full = manifest(
        "full",
        "reference",
        heads=("agreement", "ctr"),
        measures=(Measure(name="AUC", value=1 / 3, n=10, data="pairs", low=0.1, high=0.9, aim="≥ 0.5", note="ü|x"),),
        extras={"nested": {"list": [1, 2.5, None, "x"]}},
        limits=("One.", "Two."),
    )
    written = save_checkpoint(tmp_path / "full", full, STATE, REFERENCE)
    read = read_manifest(tmp_path / "full")
    assert read == written
    assert replace(read, sha256={}) == full
    assert read.measure("AUC") == full.measures[0]
    assert read.measure("ROC") is None


def test_every_file_has_its_digest_and_the_config_one_of_its_content(saved):
    read = read_manifest(saved)
    assert read.sha256.keys() == {path.name for path in saved.iterdir()}
    for name, digest in read.sha256.items():
        if name != "config.json":
            assert store.sha256_of_file(saved / name) == digest
    assert read.weights_sha256 == read.sha256["weights.safetensors"]
    assert read.sha256["config.json"] == read.content_digest()


def test_matrices_are_stored_in_half_precision_and_vectors_are_not():
    stored = halve(STATE | {"wide": torch.zeros(2, 2, dtype=torch.float64), "number": torch.tensor(1.5).double()})
    assert {name: tensor.dtype for name, tensor in stored.items()} == {
        "weight": torch.float16,
        "bias": torch.float32,
        "steps": torch.int64,
        "wide": torch.float16,
        "number": torch.float32,
    }


@pytest.mark.parametrize(
    ("largest", "dtype"), [(59_999.0, torch.float16), (60_001.0, torch.float32), (1e30, torch.float32)]
)
def test_a_tensor_that_half_precision_cannot_hold_stays_whole(largest, dtype):
    stored = halve({"t": torch.tensor([[1.0, -largest]])})["t"]
    assert stored.dtype == dtype
    assert stored.isfinite().all()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_tensor_that_is_not_finite_is_refused_by_name(value, tmp_path):
    with pytest.raises(CheckpointError, match="tensor broken holds values that are not finite"):
        save_checkpoint(tmp_path / "x", manifest("x", "reference"), {"broken": torch.tensor([[value]])}, {})
    assert list(tmp_path.iterdir()) == []


@given(st.lists(st.floats(-1e5, 1e5, width=32), min_size=1, max_size=8))
def test_storing_twice_changes_nothing_more_and_little_at_all(values):
    tensor = torch.tensor([values])
    once = as_stored({"t": tensor})["t"]
    torch.testing.assert_close(as_stored({"t": once})["t"], once, atol=0, rtol=0)
    torch.testing.assert_close(once, tensor, rtol=2**-11, atol=2**-25)


def test_measures_are_taken_on_what_loading_gives_back(saved):
    loaded = load_checkpoint("small", saved.parent).state
    for name, tensor in as_stored(STATE).items():
        torch.testing.assert_close(loaded[name], tensor, atol=0, rtol=0)


def test_tensors_that_share_memory_can_be_saved(tmp_path):
    row = torch.arange(6.0)
    save_checkpoint(tmp_path / "x", manifest("x", "reference"), {"a": row, "b": row[:3]}, {"c": row, "d": row[2:]})
    assert load_checkpoint("x", tmp_path).state["b"].tolist() == [0, 1, 2]


def test_saving_again_replaces_the_old_one(saved):
    save_checkpoint(saved, manifest("small", "reference"), {"weight": torch.ones(2, 2)}, {})
    assert load_checkpoint("small", saved.parent).state.keys() == {"weight"}
    assert [path.name for path in saved.parent.iterdir()] == ["small"], "drafts are left behind"


@pytest.mark.parametrize("step", ["save_file", "render_card", "_swap"])
def test_a_failure_midway_leaves_the_old_checkpoint_as_it_was(saved, monkeypatch, step):
    before = {path.name: path.read_bytes() for path in saved.iterdir()}

    def fail(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(store, step, fail)
    with pytest.raises(OSError, match="no space left"):
        save_checkpoint(saved, manifest("small", "reference"), {"weight": torch.ones(2, 2)}, {})
    assert {path.name: path.read_bytes() for path in saved.iterdir()} == before
    assert [path.name for path in saved.parent.iterdir()] == ["small"]


def test_a_failing_rename_puts_the_old_checkpoint_back(saved, monkeypatch):
    rename = Path.rename

    def fail_on_draft(self: Path, target: Path) -> Path:
        if self.name == "small" and self.parent.name.startswith("."):
            raise OSError("the disk went away")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", fail_on_draft)
    with pytest.raises(OSError, match="went away"):
        save_checkpoint(saved, manifest("small", "reference"), {"weight": torch.ones(2, 2)}, {})
    assert load_checkpoint("small", saved.parent).state.keys() == STATE.keys()


def test_a_reference_over_50_kilobytes_is_refused(tmp_path):
    fits, larger = {"x": torch.zeros(12_500)}, {"x": torch.zeros(12_501)}
    save_checkpoint(tmp_path / "x", manifest("x", "reference"), STATE, fits)
    with pytest.raises(CheckpointError, match=r"take 50,004 bytes; keep them to 50,000"):
        save_checkpoint(tmp_path / "x", manifest("x", "reference"), STATE, larger)


def test_the_catalogue_lists_checkpoints_in_name_order(saved):
    save_checkpoint(saved.parent / "another", manifest("another", "reference"), STATE, {})
    (saved.parent / "no checkpoint").mkdir()
    found = list_checkpoints(saved.parent)
    assert list(found) == ["another", "small"]
    assert all(isinstance(value, Manifest) for value in found.values())
    assert list_checkpoints(saved.parent / "nowhere") == {}


def test_the_folder_can_come_from_the_environment(saved, monkeypatch):
    monkeypatch.setenv("ADLAB_MODELS", str(saved.parent))
    assert list(list_checkpoints()) == ["small"]
    assert load_checkpoint("small").manifest.name == "small"


def test_an_unknown_name_is_answered_with_the_nearest_and_the_place(saved):
    with pytest.raises(UnknownNameError, match="Did you mean 'small'") as caught:
        load_checkpoint("smal", saved.parent)
    assert str(saved.parent) in str(caught.value)


@pytest.mark.parametrize("name", ["", ".", "..", "../models/small", "small/", "/etc", "small\x00", "sm\nall", ".small"])
def test_a_name_is_never_a_path(saved, name):
    with pytest.raises(UnknownNameError):
        load_checkpoint(name, saved.parent)


# Damage, one kind each; every message says what to do.


def edit(saved: Path, change) -> None:
    plain = json.loads((saved / "config.json").read_text())
    change(plain)
    (saved / "config.json").write_text(json.dumps(plain))


@pytest.mark.parametrize("name", ["weights.safetensors", "reference.safetensors", "probes.safetensors", "card.md"])
def test_a_missing_file_is_named(saved, name):
    (saved / name).unlink()
    with pytest.raises(CheckpointError, match=rf"{name} is missing.*Restore"):
        load_checkpoint("small", saved.parent)


@pytest.mark.parametrize("name", ["weights.safetensors", "reference.safetensors", "probes.safetensors", "card.md"])
def test_one_flipped_bit_is_noticed(saved, name):
    data = bytearray((saved / name).read_bytes())
    data[len(data) // 2] ^= 1
    (saved / name).write_bytes(data)
    with pytest.raises(CheckpointError, match=rf"{name} has another sha256.*Restore"):
        load_checkpoint("small", saved.parent)


def test_all_damaged_files_are_named_at_once(saved):
    (saved / "card.md").unlink()
    (saved / "weights.safetensors").write_bytes(b"")
    with pytest.raises(CheckpointError, match=r"card\.md is missing; weights\.safetensors has another sha256"):
        load_checkpoint("small", saved.parent)


@pytest.mark.parametrize(
    "change",
    [
        lambda plain: plain.update(terms="no terms at all"),
        lambda plain: plain.update(heads=["agreement"]),
        lambda plain: plain["extras"].update(interval_scale=2.0),
        lambda plain: plain["training"].update(seed=1),
        lambda plain: plain["sha256"].update({"weights.safetensors": "0" * 64}),
        lambda plain: plain["sha256"].pop("config.json"),
        lambda plain: plain["sha256"].update({"../outside": "0" * 64}),
    ],
    ids=["terms", "heads", "extras", "training", "digest", "own digest", "path"],
)
def test_an_altered_config_is_noticed(saved, change):
    edit(saved, change)
    for read in (lambda: load_checkpoint("small", saved.parent), lambda: list_checkpoints(saved.parent)):
        with pytest.raises(CheckpointError, match=r"config\.json was altered.*restore"):
            read()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda plain: plain.pop("licence"), "lacks or adds the fields licence"),
        (lambda plain: plain.update(author="x"), "lacks or adds the fields author"),
        (lambda plain: plain["training"].pop("seed"), "another shape.*seed"),
        (lambda plain: plain["training"].update(gpu=1), "another shape.*gpu"),
        (lambda plain: plain.update(measures=[{"name": "AUC"}]), "another shape"),
        (lambda plain: plain.update(measures=None), "another shape"),
        (lambda plain: plain.update(training="yes"), "another shape"),
        (lambda plain: plain.update(sha256="abc"), "another shape"),
        (lambda plain: plain.update(manifest_version=2), "manifest_version 2; this adlab reads 1"),
        (lambda plain: plain.update(name="other"), "names 'other', its folder is 'small'"),
    ],
)
def test_a_config_of_another_layout_is_refused(saved, change, said):
    edit(saved, change)
    with pytest.raises(CheckpointError, match=said):
        load_checkpoint("small", saved.parent)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff\xfe"])
def test_a_config_that_is_no_json_object_is_refused(saved, content):
    (saved / "config.json").write_bytes(content)
    with pytest.raises(CheckpointError, match=r"config\.json"):
        load_checkpoint("small", saved.parent)


def test_a_folder_under_another_name_is_refused(saved):
    shutil.move(saved, saved.parent / "renamed")
    with pytest.raises(CheckpointError, match="names 'small', its folder is 'renamed'; rename"):
        load_checkpoint("renamed", saved.parent)


def test_a_manifest_cannot_point_outside_its_folder(saved):
    (saved.parent / "secret").write_text("x")
    promised = read_manifest(saved).sha256 | {"../secret": store.sha256_of_file(saved.parent / "secret")}
    with pytest.raises(CheckpointError, match=r"'\.\./secret' is not the name of a file in the folder"):
        store.verify(saved, replace(read_manifest(saved), sha256=promised))


def test_a_file_that_no_digest_vouches_for_is_not_read(saved):
    checkpoint = load_checkpoint("small", saved.parent)
    shutil.copy(saved / "probes.safetensors", saved / "more.safetensors")
    for name in ("more.safetensors", "../small/probes.safetensors"):
        with pytest.raises(CheckpointError, match="has no"):
            read_extra(checkpoint, name)


def test_weights_in_another_format_are_refused_even_with_the_right_digest(saved):
    """What a digest cannot notice: a checkpoint written by another program."""
    (saved / "weights.safetensors").write_bytes(b"PK\x03\x04 a pickle in a zip")
    plain = read_manifest(saved)
    digests = plain.sha256 | {"weights.safetensors": store.sha256_of_file(saved / "weights.safetensors")}
    plain = replace(plain, sha256=digests)
    plain = replace(plain, sha256=digests | {"config.json": plain.content_digest()})
    (saved / "config.json").write_text(plain.to_json())
    with pytest.raises(CheckpointError, match="cannot be read as safetensors"):
        load_checkpoint("small", saved.parent)


@pytest.mark.parametrize(
    "name", ["../x.safetensors", "x.pkl", "weights.safetensors", "reference.safetensors", "/x.safetensors"]
)
def test_a_further_file_cannot_be_a_path_or_replace_another(tmp_path, name):
    with pytest.raises(CheckpointError, match="further file cannot be named"):
        save_checkpoint(tmp_path / "x", manifest("x", "reference"), STATE, {}, {name: {"a": torch.ones(1)}})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", [".hidden", "with space", "ümlaut"])
def test_a_checkpoint_is_not_saved_under_a_name_that_cannot_be_asked_for(tmp_path, name):
    with pytest.raises(CheckpointError, match="cannot be named"):
        save_checkpoint(tmp_path / name, manifest(name, "reference"), STATE, {})


def test_a_checkpoint_is_not_saved_into_a_folder_of_another_name(tmp_path):
    with pytest.raises(CheckpointError, match="is 'x', its folder 'y'"):
        save_checkpoint(tmp_path / "y", manifest("x", "reference"), STATE, {})


def test_a_further_file_can_be_replaced_and_all_else_stays_byte_for_byte(saved):
    before = {file.name: file.read_bytes() for file in saved.iterdir()}
    checkpoint = load_checkpoint("small", saved.parent)
    described = replace(checkpoint.manifest, extras={"scored": {"agreement": "abc"}})
    replace_file(checkpoint, described, "probes.safetensors", {"0/weight": torch.tensor([3.0])})
    again = load_checkpoint("small", saved.parent)
    torch.testing.assert_close(read_extra(again, "probes.safetensors"), {"0/weight": torch.tensor([3.0])})
    assert again.manifest.extras == {"scored": {"agreement": "abc"}}
    for name in ("weights.safetensors", "reference.safetensors"):
        assert (saved / name).read_bytes() == before[name]
    with pytest.raises(CheckpointError, match="cannot be named"):
        replace_file(again, described, "weights.safetensors", {})


def test_further_measures_join_the_card_and_nothing_else_changes(saved):
    before = load_checkpoint("small", saved.parent)
    first = Measure(name="recall", value=0.5, n=10, data="test", low=0.4, high=0.6)
    once = add_measures(before, [first])
    again = add_measures(
        load_checkpoint("small", saved.parent), [replace(first, value=0.9), replace(first, name="AUC")]
    )
    after = load_checkpoint("small", saved.parent)
    assert after.manifest == again
    assert [(measure.name, measure.value) for measure in after.manifest.measures] == [("recall", 0.5), ("AUC", 0.5)]
    assert once.weights_sha256 == after.manifest.weights_sha256 == before.manifest.weights_sha256
    assert "| recall | 0.5 | 0.4 – 0.6 | 10 | test |" in (saved / "card.md").read_text()
    assert sorted(path.name for path in saved.iterdir()) == sorted(after.manifest.sha256)
    assert add_measures(after, [first]) == after.manifest
