"""What grades start from, cross-validated over photos: nothing of a photo is learned from, sources count alike."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.public_layouts import write_photos
from helpers.tiny_models import save_vision

from adlab.data.relevance import RelevancePair, RelevanceSet
from adlab.data.relevance_split import unit_folds
from adlab.evaluation import adscvlr_folds
from adlab.evaluation.adscvlr_folds import agreement, cross_validated, reproduce_folds
from adlab.evaluation.adscvlr_report import render
from adlab.evaluation.adscvlr_settings import AdsCVLRReproduction
from adlab.metrics.correlation import sprc
from adlab.metrics.relevance import expected_grade

PHOTOS, CAPTIONS = 30, 6


def judged(source: str = "experts", seed: int = 0, confidence: float = 1.0) -> RelevanceSet:
    """Photos with six captions each, of random grades."""
    grades = np.random.default_rng(seed).integers(0, 4, (PHOTOS, CAPTIONS))
    return RelevanceSet(
        tuple(
            RelevancePair(
                query=f"caption {column}",
                image=f"photo {row}",
                grade=int(grades[row, column]),
                confidence=confidence,
                labels="human",
                source=source,
            )
            for row in range(PHOTOS)
            for column in range(CAPTIONS)
        )
    )


def test_what_tells_grades_is_found_on_photos_that_taught_nothing():
    data = judged()
    evidence = np.stack([data.grades + 0.1, np.ones(len(data))], axis=1)
    shares = cross_validated(data, evidence)
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-9)
    assert sprc(expected_grade(shares), data.grades) > 0.9


def test_a_memory_of_photos_tells_nothing_of_a_photo_that_is_held_out():
    photo_grades = np.random.default_rng(1).permutation(np.arange(PHOTOS) % 4)
    pairs = [
        RelevancePair(
            query=str(k), image=f"photo {row}", grade=int(photo_grades[row]), labels="human", source="experts"
        )
        for row in range(PHOTOS)
        for k in range(CAPTIONS)
    ]
    data = RelevanceSet(tuple(pairs))
    photos = np.repeat(np.eye(PHOTOS), CAPTIONS, axis=0)
    shares = cross_validated(data, photos, seed=3)
    for fold in unit_folds(data, "image", n_folds=10, apart=["image"], seed=3):
        np.testing.assert_allclose(shares[fold.test], shares[fold.test][:1].repeat(len(fold.test), axis=0), atol=1e-6)
    assert np.ptp(shares[:, 0]) > 0


def test_sources_count_alike_however_sure_the_judges_of_one_are():
    def both(confidence: float) -> np.ndarray:
        parts = (judged("experts"), judged("crowd", seed=1, confidence=confidence))
        data = RelevanceSet(parts[0].pairs + parts[1].pairs)
        return cross_validated(data, np.random.default_rng(2).normal(size=(len(data), 3)))

    np.testing.assert_allclose(both(0.25), both(1.0), atol=1e-5)


def test_agreement_by_hand():
    data = judged()
    shares = np.eye(4)[data.grades] * 0.9 + 0.025  # tells all
    found = agreement(data, np.random.default_rng(5).random(len(data)), shares)
    assert (found["photos"], found["n"]) == (PHOTOS, PHOTOS * CAPTIONS)
    assert found["regression"]["Spearman"]["value"] == found["regression"]["AUC"]["value"] == 1
    assert abs(found["cosine"]["Spearman"]["value"]) < 0.3
    assert found["gain"]["value"] == pytest.approx(1 - found["cosine"]["Spearman"]["value"])
    assert found["gain"]["low"] < found["gain"]["value"] < found["gain"]["high"]


def test_judged_photos_of_a_folder_are_measured_and_reported(tmp_path, monkeypatch):
    photos, models = tmp_path / "flickr8k", tmp_path / "models"
    save_vision(models)
    monkeypatch.setenv("ADLAB_MODELS", str(models))
    monkeypatch.setattr(adscvlr_folds, "RESAMPLES", 20)
    write_photos(photos, PHOTOS)
    pairs = [(row, other) for row in range(PHOTOS) for other in ((row + 3 * k) % PHOTOS for k in range(CAPTIONS))]
    rng = np.random.default_rng(0)
    experts = ["\t".join([f"{a}.jpg", f"{b}.jpg#1", *map(str, rng.integers(1, 5, 3))]) for a, b in pairs]
    (photos / "ExpertAnnotations.txt").write_text("\n".join(experts) + "\n")
    votes = [(a, b, int(rng.integers(4))) for a, b in pairs]
    crowd = [f"{a}.jpg\t{b}.jpg#2\t{yes / 3:.3f}\t{yes}\t{3 - yes}" for a, b, yes in votes]
    (photos / "CrowdFlowerAnnotations.txt").write_text("\n".join(crowd) + "\n")

    found = reproduce_folds(AdsCVLRReproduction(data=tmp_path))
    sources = ["flickr8k-crowd", "flickr8k-experts"]
    assert [(row["source"], row["on"]) for row in found["rows"]] == [
        (source, on) for source in sources for on in ("all", "test part")
    ]
    whole, part = found["rows"][2:]
    assert (whole["photos"], whole["n"]) == (PHOTOS, PHOTOS * CAPTIONS)
    assert 1 < part["photos"] < PHOTOS
    report = render({"folds": {"command": "x", "results": found}})
    assert "Not the network: what its grades start from." in report
    assert f"| flickr8k-experts (people) | all | {PHOTOS} | {PHOTOS * CAPTIONS} |" in report
