"""`train relevance-student` on a little text and some simulated ads: from a tiny teacher to a student that loads."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers.public_layouts import write_crowdflower
from helpers.tiny_models import save_relevance, save_vision

from adlab.checkpoints.networks import build_network, load_image_encoder
from adlab.checkpoints.relevance_student import KIND, load_student, settings_of
from adlab.checkpoints.store import load_checkpoint, read_extra
from adlab.encoders.text import load_minilm
from adlab.errors import CheckpointError, ConfigError, UnknownNameError
from adlab.models.pair_inputs import InputMode
from adlab.models.two_tower import AdVectors
from adlab.training.adscvlr_sources import Sources
from adlab.training.student_classroom import enter
from adlab.training.student_cost import CHEAPER
from adlab.training.student_run import NAME, StudentRun, train_student, training_pairs
from adlab.training.student_task import StudentTraining

pytestmark = pytest.mark.slow
TEACHER = "adscvlr-tiny"
SOURCES = ("crowdflower", "simulated")


def run_in(root, **changes) -> StudentRun:
    return replace(
        StudentRun(
            sources=Sources(folder=root.parent / "data", names=SOURCES, simulated_ads=40),
            teacher=TEACHER,
            out=root / NAME,
            training=StudentTraining(epochs=2, batch_size=16, hidden_dim=8),
            graded=60,
            further=40,
            budget_minutes=None,
            device="cpu",
        ),
        **changes,
    )


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A models folder with a tiny image encoder and a tiny teacher, 40 queries with 3 titles each, and a cache."""
    folder = tmp_path_factory.mktemp("student")
    save_relevance(folder / "models", save_vision(folder / "models"), load_minilm())
    write_crowdflower(folder / "data", 120)
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
    return train_student(run_in(root), command="python -m adlab train relevance-student")


@pytest.fixture(scope="module")
def room(root):
    return enter(run_in(root).sources, TEACHER, device="cpu")


def test_the_card_holds_fidelity_both_aucs_their_gap_and_the_cost(trained):
    by_name = {measure.name: measure for measure in trained.measures}
    source = "crowdflower, text-only"
    gap = by_name[f"AUC less the teacher's: {source}"]
    assert gap.value == pytest.approx(by_name[f"AUC: {source}"].value - by_name[f"AUC of the teacher: {source}"].value)
    assert gap.low <= gap.value <= gap.high
    assert gap.aim == "≥ −0.02"
    assert {
        f"AUC of MiniLM's cosine: {source}",
        "mean difference from the teacher: image-only",
        CHEAPER,
    } <= by_name.keys()
    assert not any("MiniLM" in name and "image-only" in name for name in by_name)
    assert by_name[CHEAPER].value > by_name[f"{CHEAPER}, one ad a query"].value > 0
    assert "human labels" in by_name[f"AUC: {source}"].data
    assert trained.trained_on.startswith(
        f"at second hand, through the scores of {TEACHER}: judged by people: crowdflower"
    )
    assert "own simulation" in trained.terms


def test_a_loaded_student_gives_the_reference_logits_and_knows_its_teacher(root, trained):
    reference = read_extra(load_checkpoint(NAME, root), "reference.safetensors")
    ids = {"image": load_image_encoder(root=root).spec.encoder_id, "text": load_minilm().spec.encoder_id}
    loaded = load_student(NAME, ids, root=root)
    ad = AdVectors(*(reference[name] for name in AdVectors._fields))
    torch.testing.assert_close(loaded.network(reference["query"], ad), reference["logits"], rtol=1e-5, atol=1e-5)
    assert bool(ad.has_image.all())
    assert bool(ad.has_copy.all())
    assert loaded.settings == settings_of(trained)
    assert loaded.settings.teacher == TEACHER
    assert loaded.settings.teacher_sha256 == load_checkpoint(TEACHER, root).manifest.weights_sha256
    assert trained.kind == KIND
    assert type(build_network(load_checkpoint(NAME, root))) is type(loaded.network)


def test_another_encoder_another_kind_and_damaged_settings_are_refused(root, trained):
    with pytest.raises(CheckpointError, match="image encoder"):
        load_student(NAME, {"image": "another", "text": load_minilm().spec.encoder_id}, root=root)
    with pytest.raises(CheckpointError, match="'two-tower' is needed"):
        load_student(TEACHER, {}, root=root)
    with pytest.raises(CheckpointError, match="do not serve a student"):
        settings_of(replace(trained, extras={}))
    settings = settings_of(trained)
    with pytest.raises(ConfigError, match="calibration"):
        replace(settings, calibration={})
    with pytest.raises(ConfigError, match="schema"):
        replace(settings, schema=9)


def test_a_teacher_that_is_not_there_is_named(root):
    with pytest.raises(UnknownNameError, match="relevance-adscvlr"):
        train_student(run_in(root, teacher="relevance-adscvlr"))


def test_training_pairs_are_of_the_training_part_each_once_and_most_were_graded_by_nobody(root, room):
    pairs = training_pairs(run_in(root, further=200), room)
    assert len(set(pairs)) == len(pairs)
    graded = {(pair.query, pair.title) for pair in room.material.graded.of("train").pairs}
    queries = {query for query, _ in graded}
    assert {pair.query for pair in pairs} <= queries
    assert sum((pair.query, pair.title) not in graded for pair in pairs) > 100
    assert {pair.mode for pair in pairs} == set(InputMode)


def test_the_teacher_is_asked_about_a_pair_once(root, room, trained, monkeypatch):
    pairs = training_pairs(run_in(root), room)
    before = room.soft(pairs)

    def fail(*_, **__):
        raise AssertionError("asked again")

    monkeypatch.setattr(room.teacher.relevance.network, "forward", fail)
    np.testing.assert_array_equal(room.soft(pairs), before)


def test_the_same_seed_gives_the_same_student(root, trained):
    again = train_student(run_in(root, out=root / "student-again", run=root.parent / "again"))
    assert again.weights_sha256 == trained.weights_sha256
