"""`train relevance` on a little text and a handful of simulated ads: from reading to a checkpoint that loads."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers.brief_training import brief
from helpers.public_layouts import write_crowdflower
from helpers.tiny_models import save_vision

from adlab.checkpoints.networks import load_image_encoder
from adlab.checkpoints.relevance import COVERAGE, HEAD, extras_of, load_relevance, settings_of
from adlab.checkpoints.store import load_checkpoint, read_extra
from adlab.data.assessment import DataKind
from adlab.data.relevance import RelevancePair, RelevanceSet
from adlab.data.splits import split_of
from adlab.encoders.text import load_minilm
from adlab.errors import CheckpointError, ConfigError, InputError
from adlab.models.pair_inputs import PairInputs
from adlab.training.adscvlr_finetune_task import FinetuneTraining
from adlab.training.adscvlr_run import NAME, RelevanceRun, train_relevance
from adlab.training.adscvlr_sources import Sources, halves, read_material

pytestmark = pytest.mark.slow
NAMES = ("crowdflower", "simulated")


def run_in(root, **changes) -> RelevanceRun:
    return replace(
        RelevanceRun(
            sources=Sources(folder=root.parent / "data", names=NAMES, simulated_ads=60, side=1),
            out=root / NAME,
            **brief(),
        ),
        **changes,
    )


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A models folder with a tiny image encoder, 60 queries with 3 titles each, and a cache of its own."""
    folder = tmp_path_factory.mktemp("relevance")
    save_vision(folder / "models")
    write_crowdflower(folder / "data", 180)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ADLAB_CACHE", str(folder / "cache"))
        patch.setenv("ADLAB_MODELS", str(folder / "models"))
        yield folder / "models"


@pytest.fixture(autouse=True)
def cache(root, monkeypatch):
    """Each test has a cache of its own otherwise."""
    monkeypatch.setenv("ADLAB_CACHE", str(root.parent / "cache"))


@pytest.fixture(scope="module")
def trained(root):
    return train_relevance(run_in(root), command="python -m adlab train relevance")


@pytest.fixture(scope="module")
def loaded(root, trained):
    return load_relevance(NAME, load_minilm(), load_image_encoder(root=root).spec.encoder_id, root=root)


def test_the_card_keeps_what_people_judged_apart_from_rules(trained):
    assert (trained.heads, trained.data_kind) == ((HEAD,), DataKind.HUMAN_AND_RULE_LABELS)
    assert "judged by people: crowdflower" in trained.trained_on
    assert "by rule: simulated" in trained.trained_on
    by_name = {measure.name: measure for measure in trained.measures}
    assert "human labels" in by_name["AUC: crowdflower, text-only"].data
    assert "rule labels" in by_name["Spearman: simulated, image-text"].data
    assert {"Spearman: simulated, image-only", "Spearman: simulated, text-only", COVERAGE} <= by_name.keys()
    assert by_name["AUC: crowdflower, text-only"].low < by_name["AUC: crowdflower, text-only"].high
    gain = by_name["AUC gain over plain cosines: crowdflower, text-only"]
    assert gain.data.endswith("text-only, human labels")
    assert by_name["AUC gain over plain cosines: simulated, image-text"].data.endswith("image-text, rule labels")
    cosine = float(gain.note.rsplit(" ", 1)[1])
    assert gain.value == pytest.approx(by_name["AUC: crowdflower, text-only"].value - cosine, abs=6e-4)
    assert trained.training.command == "python -m adlab train relevance"
    assert "competition data (CrowdFlower); own simulation" in trained.terms


def test_settings_come_back_as_they_were_stored(trained, loaded):
    settings = settings_of(trained)
    assert settings == loaded.settings
    assert (settings.total, settings.description, settings.side, settings.members) == (24, 6, 1, 2)
    assert loaded.network.config.added_tokens == 1 + len(settings.words)


def test_a_loaded_network_gives_the_reference_logits(root, loaded):
    reference = read_extra(load_checkpoint(NAME, root), "reference.safetensors")
    inputs = PairInputs(
        reference["token_ids"],
        reference["segment_ids"],
        reference["token_mask"],
        *(reference.get(name) for name in PairInputs._fields[3:]),
    )
    assert inputs.regions is not None
    output = loaded.network(inputs, states=False)
    torch.testing.assert_close(output.grade_logits, reference["grade_logits"], rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(loaded.heads(output.evidence), reference["head_logits"], rtol=1e-5, atol=1e-5)
    assert not any(p.requires_grad for p in (*loaded.network.parameters(), *loaded.heads.parameters()))


def test_another_encoder_and_damaged_settings_are_refused(root, trained):
    with pytest.raises(CheckpointError, match="image encoder"):
        load_relevance(NAME, load_minilm(), "another", root=root)
    with pytest.raises(CheckpointError, match="do not serve"):
        settings_of(replace(trained, extras={HEAD: {"words": []}}))
    settings = settings_of(trained)
    with pytest.raises(ConfigError, match="temperatures"):
        replace(settings, temperatures={"text-only": 1.0})
    with pytest.raises(CheckpointError, match="schema is 9"):
        settings_of(replace(trained, extras={HEAD: extras_of(settings)[HEAD] | {"schema": 9}}))


def test_without_pre_training_contrast_and_likeness_it_is_another_training(root, trained):
    plain = run_in(
        root,
        out=root / "relevance-plain",
        pretraining=None,
        training=FinetuneTraining(epochs=1, pairs=24, batch_size=8, contrast_weight=0.0),
        likeness=False,
    )
    manifest = train_relevance(plain)
    assert manifest.training.config["pretraining"] == "none"
    assert manifest.network["whole_dim"] == 0
    assert trained.network["whole_dim"] == 384
    assert not any("plain cosines" in measure.name for measure in manifest.measures)
    assert manifest.training.config["finetuning"]["contrast_weight"] == 0.0
    assert manifest.weights_sha256 != trained.weights_sha256


def test_pre_training_reads_the_training_part_alone(root):
    material = read_material(run_in(root).sources, load_image_encoder(root=root))
    test_queries = {pair.query for pair in material.graded.of("test").pairs}
    assert material.pretraining
    assert not test_queries & {pair.query for pair in (*material.pretraining, *material.pretraining_dev)}
    assert {pair.source for pair in material.pretraining} == set(NAMES)


def test_no_query_both_stops_and_calibrates(root):
    material = read_material(run_in(root).sources, load_image_encoder(root=root), pretraining=False)
    assert not material.pretraining
    assert not set(material.stop.units("query")) & set(material.calibrate.units("query"))
    assert len(material.stop) + len(material.calibrate) == len(material.graded.of("dev"))


def test_a_dev_part_too_small_to_halve_is_named():
    pair = RelevancePair(query="a", title="b", grade=1, labels="human", source="s")
    with pytest.raises(InputError, match="too few"):
        halves(RelevanceSet((pair,)))


def test_both_halves_of_the_dev_part_hold_about_half_of_its_queries():
    queries = [f"query {number}" for number in range(2000)]
    dev = [
        RelevancePair(query=query, title="b", grade=1, labels="human", source="s")
        for query in queries
        if split_of(query) == "dev"  # the keys of one part are no draw from all keys
    ]
    stop, calibrate = halves(RelevanceSet(tuple(dev)))
    assert len(stop) + len(calibrate) == len(dev)
    assert 0.35 < len(stop) / len(dev) < 0.65


def test_the_same_seed_gives_the_same_checkpoint(root, trained):
    again = train_relevance(run_in(root, out=root / "relevance-again", run=root.parent / "again"))
    assert again.weights_sha256 == trained.weights_sha256
    assert np.allclose([m.value for m in again.measures], [m.value for m in trained.measures])
