"""`reproduce adscvlr --part folds`: what grades start from, on Flickr8k's judged photos, each measured on once.

AdsCVLR is trained once, and its agreement with the judges of Flickr8k rests on the photos of one test part. Its grades
start from a softmax regression on the likeness of whole caption and whole photo; that is a convex fit of seconds, so it
is learned anew for every fold over the photos. This measures the start, not the network: how well frozen encoders and
the regression do on all photos, and whether those of the test part are easier or harder than the others.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from adlab.checkpoints.networks import DEFAULT_IMAGE_ENCODER, load_image_encoder
from adlab.data.relevance import RelevanceSet
from adlab.data.relevance_split import unit_folds
from adlab.encoders.text import load_minilm
from adlab.evaluation.adscvlr_settings import AdsCVLRReproduction
from adlab.evaluation.writing import plain_interval
from adlab.features.stored import Progress, no_progress
from adlab.metrics.bootstrap import paired_bootstrap_difference
from adlab.metrics.correlation import sprc
from adlab.metrics.grades import shares_of
from adlab.metrics.relevance import expected_grade, grade_correlation, relevance_auc, relevant_probability
from adlab.models.grade_heads import GradeHeads
from adlab.models.likeness import likeness
from adlab.models.pair_inputs import IMAGE, QUERY
from adlab.training.adscvlr_heads import learn
from adlab.training.adscvlr_likeness import STRENGTH
from adlab.training.adscvlr_wholes import whole_bank
from adlab.training.picture_vectors import Pictures
from adlab.training.relevance_data import FLICKR8K, read_relevance

N_FOLDS, RESAMPLES = 10, 500


def reproduce_folds(how: AdsCVLRReproduction, progress: Progress = no_progress) -> dict[str, Any]:
    """Agreement with the judges, by source, on all photos and on those of the test part.

    Args:
        how: Data and seed.
        progress: Called with (pictures or texts done, all of them).

    Returns:
        Plain JSON: `rows`, each with source, photos, pairs and intervals, none for a single photo; `folds`.

    Raises:
        DataUnavailableError: Flickr8k is missing.
    """
    graded = read_relevance(how.data, (FLICKR8K,))
    data, image_encoder, text_encoder = graded.data, load_image_encoder(DEFAULT_IMAGE_ENCODER), load_minilm()
    bank = whole_bank(data.pairs, Pictures(data.files, {}), image_encoder, text_encoder, progress)
    wholes = bank.of(data.pairs)
    cosines = (wholes[:, QUERY] * wholes[:, IMAGE]).sum(dim=1).double().numpy()
    shares = cross_validated(data, likeness(wholes).numpy(), how.seed)
    test = np.array(graded.parts) == "test"
    sources = np.array([pair.source for pair in data.pairs])
    rows = []
    for source in sorted(set(sources.tolist())):
        for name, own in (("all", sources == source), ("test part", (sources == source) & test)):
            if len(set(data.rows(own).units("image"))) > 1:
                rows.append({"source": source, "on": name, **agreement(data.rows(own), cosines[own], shares[own])})
    return {"rows": rows, "folds": N_FOLDS}


def cross_validated(data: RelevanceSet, evidence: np.ndarray, seed: int = 0) -> np.ndarray:
    """Shares of the grades by regressions that saw no pair of the same photo, (N, 4).

    Captions come back with many photos and are not kept apart. Sources count alike in a regression, pairs of one source
    by their confidence.

    Args:
        data: N pairs with pictures.
        evidence: What the regression reads of each, (N, E).
        seed: Of the folds.
    """
    sources, weights = np.array([pair.source for pair in data.pairs]), data.confidences.astype(np.float64)
    shares = np.full((len(data), 4), np.nan)
    for fold in unit_folds(data, "image", n_folds=N_FOLDS, apart=["image"], seed=seed):
        weight = weights[fold.train]
        for source in set(sources[fold.train].tolist()):
            own = sources[fold.train] == source
            weight[own] /= max(weight[own].sum(), 1e-12)
        heads = GradeHeads(1, evidence.shape[1])
        learn(heads, evidence[fold.train], data.grades[fold.train], weight[None], strength=STRENGTH)
        with torch.inference_mode():
            logits = heads(torch.from_numpy(evidence[fold.test]).float())
        shares[fold.test] = shares_of(logits.double().numpy().reshape(len(fold.test), 4))
    return shares


def agreement(data: RelevanceSet, cosines: np.ndarray, shares: np.ndarray) -> dict[str, Any]:
    """Rank correlation with the judges' mean and AUC of Fair or better, of cosine and regression; photos are resampled.

    Args:
        data: N pairs of one source.
        cosines: Of caption and photo, (N,).
        shares: Of the grades, by the regression, (N, 4).
    """
    photos, fine, grades = np.array(data.units("image")), data.mean_grades, data.grades
    found: dict[str, Any] = {"photos": len(set(photos.tolist())), "n": len(data)}
    graded, relevant = expected_grade(shares), relevant_probability(shares)
    for name, (scores, likely) in {"cosine": (cosines, cosines), "regression": (graded, relevant)}.items():
        found[name] = {
            "Spearman": plain_interval(grade_correlation(scores, fine, photos, n_resamples=RESAMPLES)),
            "AUC": plain_interval(relevance_auc(likely, grades, photos, n_resamples=RESAMPLES)),
        }
    gain = paired_bootstrap_difference(
        lambda rows: sprc(graded[rows], fine[rows]),
        lambda rows: sprc(cosines[rows], fine[rows]),
        photos,
        n_resamples=RESAMPLES,
    )
    return found | {"gain": plain_interval(gain)}
