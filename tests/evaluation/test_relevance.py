"""Relevance measured again: colour test and retrieval by hand, teacher and student on tiny checkpoints."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from helpers.public_layouts import write_crowdflower, write_photos
from helpers.tiny_models import RELEVANCE, STUDENT, save_relevance, save_student, save_vision

from adlab.checkpoints.store import load_checkpoint, save_checkpoint
from adlab.data.fashion_colour_test import ColourTest
from adlab.data.relevance import RelevancePair, RelevanceSet
from adlab.encoders.text import load_minilm
from adlab.errors import CheckpointError
from adlab.evaluation.relevance import measure_pupil, measure_teacher
from adlab.evaluation.relevance_tests import (
    Gallery,
    all_with_all,
    captioned,
    measure_colour,
    measure_retrieval,
)
from adlab.models.pair_inputs import InputMode
from adlab.training.adscvlr_sources import Sources
from adlab.training.student_cost import SPEED

PHOTOS = 8


def ask(query: str, image: str) -> RelevancePair:
    return RelevancePair(query=query, title="a shirt", image=image, grade=3, labels="rule", source="fashion")


def test_a_model_that_sees_the_colour_wins_all_and_one_that_does_not_half():
    right = RelevanceSet(tuple(ask(f"{colour} shirt", colour) for colour in ("red", "blue", "green")))
    wrong = RelevanceSet(tuple(ask(pair.query, "black") for pair in right.pairs))

    def score(pairs):
        seen = [pair.mode is not InputMode.TEXT_ONLY and pair.image in pair.query for pair in pairs]
        return np.array(seen, dtype=float)

    by_name = {measure.name: measure for measure in measure_colour(ColourTest(right, wrong), score)}
    assert by_name["colour test: image-text"].value == by_name["colour test: image-only"].value == 1.0
    assert by_name["colour test: text-only"].value == 0.5
    assert (by_name["colour test: image-text"].aim, by_name["colour test: image-text"].n) == ("≥ 0.90", 3)
    assert measure_colour(ColourTest(right.rows([0]), wrong.rows([0])), score) == []


def test_recall_of_a_gallery_by_hand():
    gallery = Gallery(("a", "b", "c"), (("a1", "a2"), ("b1",), ("c1", "c2")))
    pairs = all_with_all(gallery)
    assert [(pair.image, pair.query) for pair in pairs[:6]] == [
        *(("flickr8k:a", text) for text in ("a1", "a2", "b1", "c1", "c2")),
        ("flickr8k:b", "a1"),
    ]
    assert pairs[0] == captioned("a", "a1")
    similarity = np.array([[0.9, 0.1, 0.8, 0.0, 0.0], [0.0, 0.3, 0.2, 0.0, 0.0], [0.0, 0.0, 0.0, 0.7, 0.6]])
    values = {measure.name: measure.value for measure in measure_retrieval(similarity, gallery)}
    assert values["R@1 image→text"] == pytest.approx(2 / 3)  # b finds a2 before its own
    assert values["R@1 text→image"] == pytest.approx(3 / 5)  # a2 finds b, b1 finds a
    assert values["R@5 text→image"] == 1.0


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Tiny checkpoints, 40 judged queries, and photos without judgements beside two with them."""
    folder = tmp_path_factory.mktemp("measured")
    models, photos = folder / "models", folder / "data" / "flickr8k"
    encoder, text_encoder = save_vision(models), load_minilm()
    save_relevance(models, encoder, text_encoder)
    save_student(models, encoder, text_encoder)
    draft = load_checkpoint(STUDENT, models)
    teacher = load_checkpoint(RELEVANCE, models).manifest.weights_sha256
    extras = {"relevance_student": draft.manifest.extras["relevance_student"] | {"teacher_sha256": teacher}}
    save_checkpoint(models / STUDENT, replace(draft.manifest, extras=extras, sha256={}), draft.state, {})
    write_crowdflower(folder / "data", 120)
    write_photos(photos, PHOTOS)
    (photos / "ExpertAnnotations.txt").write_text("0.jpg\t1.jpg#0\t1\t2\t2\n1.jpg\t1.jpg#1\t4\t4\t3\n")
    (photos / "CrowdFlowerAnnotations.txt").write_text("0.jpg\t1.jpg#2\t0.0\t0\t3\n1.jpg\t0.jpg#2\t1.0\t3\t0\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ADLAB_CACHE", str(folder / "cache"))
        patch.setenv("ADLAB_MODELS", str(models))
        yield folder / "data"


@pytest.fixture(autouse=True)
def own_models(request, monkeypatch):
    if "root" in request.fixturenames:
        root = request.getfixturevalue("root")
        monkeypatch.setenv("ADLAB_CACHE", str(root.parent / "cache"))


@pytest.mark.slow
def test_teacher_and_student_are_measured_on_the_same_test_pairs(root):
    sources = Sources(folder=root, names=("crowdflower", "flickr8k"))
    models = root.parent / "models"
    taught = measure_teacher(load_checkpoint(RELEVANCE, models).manifest, root, gallery=4, sources=sources)
    learned = measure_pupil(load_checkpoint(STUDENT, models).manifest, root, sources=sources)
    teacher, student = ({measure.name: measure for measure in found} for found in (taught, learned))
    name = "crowdflower, text-only"
    assert teacher[f"AUC: {name}"].value == pytest.approx(student[f"AUC of the teacher: {name}"].value)
    assert teacher[f"AUC: {name}"].n == student[f"AUC: {name}"].n
    assert teacher[SPEED].value > 0
    assert teacher["R@10 image→text"].n == 4
    assert teacher["R@1 text→image"].n == 4  # one caption a photo
    assert student["R@1 image→text"].n == PHOTOS - 2
    assert student["R@1 text→image"].n == 5 * (PHOTOS - 2)
    assert not any(measure.name.startswith("colour test") for measure in taught)


def test_a_student_of_another_teacher_is_refused(root):
    manifest = load_checkpoint(STUDENT, root.parent / "models").manifest
    extras = {"relevance_student": manifest.extras["relevance_student"] | {"teacher_sha256": "1" * 64}}
    with pytest.raises(CheckpointError, match="another adscvlr-tiny than the one at hand"):
        measure_pupil(replace(manifest, extras=extras), root)
