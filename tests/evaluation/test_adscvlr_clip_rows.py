"""CLIP's rows of the tables on a published CLIP: measured where its folder is given, named where not."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from helpers.tiny_clip import JOINT as WIDTH
from helpers.tiny_clip import tiny_clip, write_clip
from helpers.tiny_models import save_vision

from adlab.encoders.clip import load_clip
from adlab.errors import WeightsUnavailableError
from adlab.evaluation import adscvlr_tables
from adlab.evaluation.adscvlr import command_of, reproduce_adscvlr
from adlab.evaluation.adscvlr_settings import AdsCVLRReproduction
from adlab.simulator.plan import plan_ad
from adlab.simulator.render import draw
from adlab.training.relevance_data import SIMULATION_SEED, read_relevance

ADS = 80
SHIPPED = {"minilm", "joint", "clip", "clip_a", "clip_mh"}
PUBLISHED = {"published_joint", "published_clip", "published_clip_a", "published_clip_mh"}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clip_rows")
    save_vision(folder / "models")
    write_clip(folder / "clip", tiny_clip())
    write_clip(folder / "other", tiny_clip(seed=1))
    return folder


@pytest.fixture
def how(root, monkeypatch) -> AdsCVLRReproduction:
    monkeypatch.setenv("ADLAB_CACHE", str(root / "cache"))
    monkeypatch.setenv("ADLAB_MODELS", str(root / "models"))
    monkeypatch.setattr(adscvlr_tables, "ARMS", ())
    return AdsCVLRReproduction(
        data=root, out=root / "out", sources=("simulated",), simulated_ads=ADS, seeds=2, device="cpu"
    )


def measured(how: AdsCVLRReproduction) -> tuple[dict, dict, str]:
    """Rows by key, what is said about them, and the report."""
    report = reproduce_adscvlr(how, ("tables",)).read_text()
    results = json.loads((how.out / "adscvlr" / "tables.json").read_text())["results"]
    return {row["key"]: row for row in results["rows"]}, results["about"], report


def kept(root) -> dict[str, float]:
    return {file.name: file.stat().st_mtime_ns for file in root.glob("cache/reproduce/adscvlr-*/*.npz")}


@pytest.mark.slow
def test_rows_on_a_published_clip_come_where_its_folder_is_given_and_leave_what_was_kept_alone(how, root):
    rows, about, report = measured(how)
    assert (set(rows), about["clip"]) == (SHIPPED, "")
    assert "On transformers' CLIP they are not measured: its weights are not part of adlab; `--clip FOLDER`" in report
    before = kept(root)
    given = replace(how, clip=str(root / "clip"))
    rows, about, report = measured(given)
    assert (set(rows), about["missing"]) == (SHIPPED | PUBLISHED, [])
    assert about["clip"] == load_clip(root / "clip").image.spec.encoder_id
    assert f"and on transformers' CLIP (`{about['clip']}`)" in report
    assert "not measured: its weights" not in report
    assert "| CLIP-MH: CLIPⓐ with a matching head; on transformers' CLIP | 82.18 |" in report
    assert (rows["published_joint"]["seeds"], rows["published_clip"]["seeds"]) == (1, 2)
    with_clip = kept(root)
    assert before.items() < with_clip.items()  # the same folder, nothing done again
    assert len(list(root.glob("cache/reproduce/adscvlr-*"))) == 1
    again, _, _ = measured(given)
    assert (again, kept(root)) == (rows, with_clip)
    others, _, _ = measured(replace(how, clip=str(root / "other")))
    assert others["clip"] == rows["clip"]
    assert others["published_joint"]["auc"] != rows["published_joint"]["auc"]


def test_the_row_without_training_is_the_cosine_of_clip_s_own_vectors(how, root):
    given = replace(how, clip=str(root / "clip"))
    measured(given)
    clip = load_clip(root / "clip")
    test = read_relevance(root, ("simulated",), simulated_ads=ADS).of("test").pairs
    plans = {f"simulated:{plan.ad_id}": plan for plan in (plan_ad(SIMULATION_SEED, row) for row in range(ADS))}
    pictures = clip.image.encode([draw(plans[pair.image]).image for pair in test])[:, -WIDTH:]
    expected = (clip.text.encode([pair.query for pair in test]) * pictures).sum(axis=1)
    (file,) = root.glob(f"cache/reproduce/adscvlr-*/published_joint-{clip.image.spec.encoder_id}*.npz")
    np.testing.assert_allclose(np.load(file)["scores"], expected, atol=1e-5)
    assert np.ptp(expected) > 0.01


def test_a_clip_that_is_asked_for_and_not_there_ends_the_call_before_anything_is_measured(how, root, monkeypatch):
    monkeypatch.delenv("ADLAB_CLIP", raising=False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(root / "no hub"))
    monkeypatch.setattr(adscvlr_tables, "read_material", lambda *_, **__: pytest.fail("read"))
    for place in ("auto", str(root / "nowhere")):
        with pytest.raises(WeightsUnavailableError, match="ADLAB_CLIP"):
            reproduce_adscvlr(replace(how, clip=place), ("tables",))


def test_the_command_names_that_a_clip_was_read_and_no_path():
    how = AdsCVLRReproduction(data=None, clip="/some/where")
    assert command_of(how, "tables") == "python -m adlab reproduce adscvlr --part tables --clip auto"
    assert command_of(how, "auction") == "python -m adlab reproduce adscvlr --part auction"
