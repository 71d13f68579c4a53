from __future__ import annotations

import json
import shutil

import pytest

from adlab.checkpoints.store import list_checkpoints


@pytest.fixture
def copied(models, tmp_path, monkeypatch):
    folder = tmp_path / "models"
    shutil.copytree(models, folder)
    monkeypatch.setenv("ADLAB_MODELS", str(folder))
    return folder


def test_the_list_names_heads_source_terms_and_measures(models, run):
    code, out, err = run("models")
    words = " ".join(out.split())
    assert (code, err) == (0, "")
    for expected in ("focal-tiny", "reference-tiny", "vision-mobilenetv2", "heads agreement", "data terms none"):
        assert expected in words
    assert "learned from photos with captions written by people: nothing: random weights" in words
    assert "measured interval coverage 0.9 (0.8 – 0.95), n 48" in words


def test_json_holds_every_manifest_and_its_size(models, run):
    code, out, _ = run("models", "--json")
    plain = {entry["name"]: entry for entry in json.loads(out)}
    manifests = list_checkpoints(models)
    assert code == 0
    assert plain.keys() == manifests.keys()
    for name, manifest in manifests.items():
        assert plain[name].pop("size_bytes") == sum(f.stat().st_size for f in (models / name).iterdir())
        assert plain[name] == json.loads(manifest.to_json())


def test_one_card_is_shown_whole(models, run):
    code, out, _ = run("models", "focal-tiny")
    words = " ".join(out.split())
    assert code == 0
    for expected in (
        "focal-tiny",
        "Measured",
        "interval coverage",
        "Limits",
        "Random weights: its numbers",
        "Training",
    ):
        assert expected in words
    assert "**" not in out


def test_one_manifest_as_json(models, run):
    _, out, _ = run("models", "focal-tiny", "--json", "--verify")
    plain = json.loads(out)
    assert (plain["name"], plain["intact"]) == ("focal-tiny", True)


def test_an_unknown_name_is_answered_with_the_nearest(models, run):
    code, out, err = run("models", "focal-tny")
    assert (code, out) == (2, "")
    assert "Did you mean 'focal-tiny'?" in err


def test_verify_finds_intact_files(models, run):
    code, out, _ = run("models", "--verify")
    assert code == 0
    assert out.count("intact, ") == len(list(models.iterdir()))


def test_verify_finds_an_altered_file_and_still_reports_the_others(copied, run):
    with (copied / "focal-tiny" / "weights.safetensors").open("ab") as file:
        file.write(b"x")
    code, out, err = run("models", "--verify")
    assert code == 2
    assert out.count("intact, ") == len(list(copied.iterdir())) - 1
    assert "focal-tiny" in err
    assert "weights.safetensors has another sha256" in err
    code, out, _ = run("models", "--verify", "--json")
    assert code == 2
    assert {entry["name"]: entry["intact"] for entry in json.loads(out)} == {
        folder.name: folder.name != "focal-tiny" for folder in copied.iterdir()
    }
    assert run("models", "vision-mobilenetv2", "--verify")[0] == 0


def test_a_damaged_manifest_is_named(copied, run):
    (copied / "focal-tiny" / "config.json").write_text("{")
    code, _, err = run("models")
    assert code == 2
    assert "is not valid JSON" in err


def test_an_empty_folder_is_said_with_its_remedy(tmp_path, monkeypatch, run):
    monkeypatch.setenv("ADLAB_MODELS", str(tmp_path))
    code, _, err = run("models")
    assert code == 2
    assert "ADLAB_MODELS" in err
