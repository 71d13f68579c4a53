"""The checkpoints in the repository's own `models/`: intact, small, and they say today what they said when saved."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from helpers.tiny_models import APPEAL, CTR, FOCAL, FUNNEL, REFERENCE, RELEVANCE, STUDENT, VISION

from adlab.checkpoints.card import render_card
from adlab.checkpoints.ctr import HEAD as CTR_HEAD
from adlab.checkpoints.ctr import settings_of as ctr_settings
from adlab.checkpoints.funnel import KIND as FUNNEL_KIND
from adlab.checkpoints.m2fn import KIND as M2FN
from adlab.checkpoints.m2fn import load_m2fn, settings_of
from adlab.checkpoints.networks import build_network
from adlab.checkpoints.reference_set import KIND as REFERENCE_KIND
from adlab.checkpoints.relevance import KIND as ADSCVLR
from adlab.checkpoints.relevance import load_relevance
from adlab.checkpoints.relevance_student import KIND as TWO_TOWER
from adlab.checkpoints.store import MAX_REFERENCE_BYTES, Checkpoint, load_checkpoint, read_extra
from adlab.data.assessment import DataKind
from adlab.encoders.mobilenet import scale_pixels
from adlab.encoders.text import load_minilm
from adlab.models.focal import agreement
from adlab.models.funnel import FunnelInputs
from adlab.models.m2fn_ensemble import mean_distribution
from adlab.models.pair_inputs import PairInputs
from adlab.models.two_tower import AdVectors
from adlab.paths import ROOT

MODELS = ROOT / "models"
SHIPPED = sorted(path.parent.name for path in MODELS.glob("*/config.json"))
TOLERANCE = {"atol": 1e-4, "rtol": 1e-4}  # other CPUs add in another order


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def reproduce(checkpoint: Checkpoint) -> None:
    """Compare what the loaded network gives with the stored outputs; every stored tensor is used."""
    stored = read_extra(checkpoint, "reference.safetensors")
    kind = checkpoint.manifest.kind
    if kind == REFERENCE_KIND:
        return
    if kind == M2FN:
        manifest, root = checkpoint.manifest, checkpoint.folder.parent
        _, ensemble = load_m2fn(manifest.name, manifest.encoders, root=root)
        with torch.inference_mode():
            logits = ensemble.forward_head(stored.pop("map"), stored.pop("aux"))
        if CTR_HEAD in manifest.heads:
            raw = logits[..., 0].mean(dim=0).double().numpy()
            found = {
                "probability": torch.sigmoid(torch.from_numpy(ctr_settings(manifest).calibration.apply(raw))).float()
            }
        else:
            found = {"shares": mean_distribution(logits, settings_of(manifest).temperature)}
        assert_same(found, stored)
        return
    if kind == ADSCVLR:
        text_encoder, inputs = load_minilm(), PairInputs(*(stored.pop(name, None) for name in PairInputs._fields))
        loaded = load_relevance(
            checkpoint.manifest.name,
            text_encoder,
            checkpoint.manifest.encoders["image"],
            root=checkpoint.folder.parent,
        )
        with torch.inference_mode():
            output = loaded.network(inputs, states=False)
            found = {"grade_logits": output.grade_logits, "head_logits": loaded.heads(output.evidence)}
        assert_same(found, stored)
        return
    network = build_network(checkpoint)
    with torch.inference_mode():
        if kind == "vision":
            output = network(scale_pixels(stored.pop("squares")))
            found = {name: getattr(output, name) for name in ("pooled", "class_logits", "aligned")}
        elif kind == "focal":
            found = {"cosine": agreement(network(stored.pop("image"), stored.pop("text")))}
        elif kind == FUNNEL_KIND:
            codes, vectors = stored.pop("codes"), stored.pop("vectors")
            output = network(FunnelInputs(codes, torch.zeros(len(codes), 0), {}, vectors))
            found = {"ctr": output.ctr, "cvr": output.cvr}
        elif kind == TWO_TOWER:
            ad = AdVectors(*(stored.pop(name) for name in AdVectors._fields))
            found = {"logits": network(stored.pop("query"), ad)}
        else:
            pytest.fail(f"no rule to compare a checkpoint of kind {kind!r}")
    assert_same(found, stored)


def assert_same(found: dict[str, torch.Tensor], stored: dict[str, torch.Tensor]) -> None:
    assert found.keys() == stored.keys()
    for name, expected in stored.items():
        torch.testing.assert_close(found[name], expected, **TOLERANCE, msg=lambda text, name=name: f"{name}: {text}")


@pytest.mark.parametrize("name", [VISION, FOCAL, APPEAL, CTR, FUNNEL, RELEVANCE, STUDENT, REFERENCE])
def test_a_freshly_saved_checkpoint_reproduces_its_reference(tiny_models, name):
    reproduce(load_checkpoint(name, tiny_models))


@pytest.mark.parametrize("name", [VISION, FOCAL])
def test_a_network_that_drifted_is_noticed(tiny_models, name):
    checkpoint = load_checkpoint(name, tiny_models)
    largest = max((k for k in checkpoint.state if k.endswith("weight")), key=lambda k: checkpoint.state[k].numel())
    checkpoint.state[largest].mul_(1.01)
    with pytest.raises(AssertionError):
        reproduce(checkpoint)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_checkpoint_is_intact_and_reproduces_its_reference(name):
    reproduce(load_checkpoint(name, MODELS))


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_checkpoint_has_measures_terms_limits_and_a_command(name):
    manifest = load_checkpoint(name, MODELS).manifest
    assert manifest.terms
    assert manifest.licence
    assert manifest.limits
    assert manifest.training.command.startswith("python -m adlab train ")
    assert DataKind(manifest.data_kind)
    assert manifest.measures or manifest.kind == REFERENCE_KIND


@pytest.mark.parametrize("name", SHIPPED)
def test_the_card_of_a_shipped_checkpoint_is_the_one_its_manifest_gives(name):
    manifest = load_checkpoint(name, MODELS).manifest
    assert (MODELS / name / "card.md").read_text(encoding="utf-8") == render_card(manifest)


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_checkpoint_is_under_25_megabytes_and_its_reference_under_50_kilobytes(name):
    assert size_of(MODELS / name) < 25e6
    assert (MODELS / name / "reference.safetensors").stat().st_size < MAX_REFERENCE_BYTES + 1000  # with its header


@pytest.mark.parametrize("name", [name for name in SHIPPED if name.startswith("reference-")])
def test_a_shipped_reference_set_is_at_most_10_megabytes(name):
    assert size_of(MODELS / name) <= 10e6


def test_all_shipped_checkpoints_together_are_under_80_megabytes():
    assert size_of(MODELS) < 80e6


def test_models_holds_checkpoints_and_nothing_else():
    if not MODELS.is_dir():
        pytest.skip("no checkpoint ships yet")
    strangers = [
        str(path.relative_to(MODELS))
        for path in MODELS.rglob("*")
        if path.is_file() and (path.parent.name not in SHIPPED or path.suffix not in (".safetensors", ".json", ".md"))
    ]
    assert strangers == []
