"""What is measured on one seed of the FOCAL Ad reproduction, for each of its networks.

What comes out is a flat dictionary of arrays, so that it can be kept as it is. Its keys:

    bayes/<σ>                                         Bayes accuracy on the test pairs
    width/<network>/<source>                          columns that logistic regression is given
    hits/<network>/<source>/<σ>                       whether logistic regression is right, (N, K)
    cosine/<network>/true, …/mismatched               shared-space cosines of test pairs, (N, K)
    collapse/<network>/<space>/<measure>              cosine, rank or centred_rank
    probe/<network>/<space>                           R² of `PROPERTIES`, (9,)
    purity/<network>/<what>, chance/<network>/<what>  neighbours of like label or modality
    modality/<network>/<kind>                         accuracy of a modality probe
    embedding/<network>/<space>, first_labels         what the figures are drawn from, (N, D) and (N,)
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from adlab.evaluation.focal_study import (
    IMAGE_NAMES,
    SOURCES,
    SPACES,
    SPLITS,
    Labels,
    SeedStudy,
    draw_labels,
    train_and_embed,
)
from adlab.evaluation.kept import Arrays
from adlab.evaluation.probes import Split, logistic_hits, ridge_r2
from adlab.metrics.collapse import effective_rank, mean_pairwise_cosine
from adlab.projection.quality import knn_purity

NEIGHBOURS = 10


def measure_network(study: SeedStudy, network: str, seed: int, folder: Path) -> Arrays:
    """Train one of `NETWORKS` on one seed and measure it.

    Args:
        study: What on.
        network: Which.
        seed: Decides W, ε, the network's initial values and the order of the batches.
        folder: Keeps the state of a training with early stopping; a stopped one goes on.
    """
    output = train_and_embed(study, network, seed, folder)
    spaces: Arrays = {name: getattr(output, name).numpy() for name in SPACES}
    labels = draw_labels(study, seed)
    first_labels = labels[study.default_noise].labels[study.rows["test"], 0]
    measured = {
        **downstream(study, network, spaces, labels),
        "cosine/true": agreement_cosines(study, spaces, np.arange(len(first_labels))),
        "cosine/mismatched": agreement_cosines(study, spaces, derangement(len(first_labels), seed=0)),
        **collapse(study, spaces),
        **read_properties(study, spaces),
        **neighbourhoods(study, spaces, first_labels),
        **modality(study, spaces),
        **{f"embedding/{space}": rows for space, rows in first_captions(spaces, study.rows["test"]).items()},
    }
    return {_under(network, key): value for key, value in measured.items()}


def measure_features(study: SeedStudy, seed: int) -> Arrays:
    """Measure labels and frozen features: the ceiling of noise, and what a network that loses nothing would reach."""
    labels = draw_labels(study, seed)
    spaces: Arrays = {"image": study.features.image.numpy(), "text": study.features.text.numpy()}
    columns = {split: _pairs(study, spaces, ("image", "text"), split) for split in ("train", "test")}
    default = labels[study.default_noise].labels
    found: Arrays = {f"bayes/{noise:g}": np.array(drawn.bayes) for noise, drawn in labels.items()}
    found["first_labels"] = default[study.rows["test"], 0]
    found["width/features/full"] = np.array(columns["train"].shape[1])
    found[f"hits/features/full/{study.default_noise:g}"] = classify(study, columns, default)
    parts = [study.rows[split] for split in SPLITS]
    n_image = len(IMAGE_NAMES)
    image = Split(*(spaces["image"][rows] for rows in parts))
    found["probe/features/image"] = ridge_r2(image, Split(*(study.properties[rows, 0, :n_image] for rows in parts)))
    text = Split(*(_flat(spaces["text"][rows]) for rows in parts))
    found["probe/features/text"] = ridge_r2(
        text, Split(*(_flat(study.properties[rows, :, n_image:]) for rows in parts))
    )
    return found


def downstream(study: SeedStudy, network: str, spaces: Arrays, labels: dict[float, Labels]) -> Arrays:
    """Logistic regression on all pairs: the sources of Table 1, and for the paper's network the noise sweep."""
    found: Arrays = {}
    for source, parts in SOURCES.items():
        if network != "paper" and source not in ("full", "shared"):
            continue
        columns = {split: _pairs(study, spaces, parts, split) for split in ("train", "test")}
        sweep = study.noise if network == "paper" and source in ("full", "shared") else (study.default_noise,)
        found[f"width/{source}"] = np.array(columns["train"].shape[1])
        for noise in sweep:
            found[f"hits/{source}/{noise:g}"] = classify(study, columns, labels[noise].labels)
    return found


def classify(study: SeedStudy, columns: Arrays, labels: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether logistic regression fitted on all train pairs is right, for each test pair, (N, K)."""
    train, test = (labels[study.rows[split]] for split in ("train", "test"))
    hits = logistic_hits(columns["train"], train.ravel(), columns["test"], test.ravel())
    return hits.reshape(test.shape)


def agreement_cosines(study: SeedStudy, spaces: Arrays, partners: NDArray[np.int64]) -> NDArray[np.generic]:
    """Shared-space cosine of each test image with the captions of its partner, (N, K)."""
    test = study.rows["test"]
    image = F.normalize(torch.from_numpy(spaces["shared_image"][test]), dim=-1)
    text = F.normalize(torch.from_numpy(spaces["shared_text"][test[partners]]), dim=-1)
    cosine: NDArray[np.generic] = (image[:, None] * text).sum(dim=-1).numpy()
    return cosine


def derangement(n: int, seed: int) -> NDArray[np.int64]:
    """A random cyclic order of n rows: every row gets another one, each exactly once. n at least 2."""
    order = np.random.default_rng(seed).permutation(n)
    partner = np.empty(n, dtype=np.int64)
    partner[order] = np.roll(order, 1)
    return partner


def collapse(study: SeedStudy, spaces: Arrays) -> Arrays:
    """Collapse measures of each space on the test images, captions all."""
    found: Arrays = {}
    for space in SPACES:
        rows = _flat(spaces[space][study.rows["test"]])
        found[f"collapse/{space}/cosine"] = np.array(mean_pairwise_cosine(rows))
        found[f"collapse/{space}/rank"] = np.array(effective_rank(rows))
        found[f"collapse/{space}/centred_rank"] = np.array(effective_rank(rows, centre=True))
    return found


def read_properties(study: SeedStudy, spaces: Arrays) -> Arrays:
    """R² of every property from every space, over pairs."""
    k = study.features.text.shape[1]
    targets = Split(*(_flat(study.properties[study.rows[split]]) for split in SPLITS))
    found: Arrays = {}
    for space in SPACES:
        parts = [spaces[space][study.rows[split]] for split in SPLITS]
        rows = Split(*(_flat(part) if part.ndim == 3 else np.repeat(part, k, axis=0) for part in parts))
        found[f"probe/{space}"] = ridge_r2(rows, targets)
    return found


def neighbourhoods(study: SeedStudy, spaces: Arrays, first_labels: NDArray[np.generic]) -> Arrays:
    """Purity of nearest neighbours among test images with their first caption, columns standardised."""
    first = first_captions(spaces, study.rows["test"])
    stacked = {kind: np.concatenate([first[f"{kind}_image"], first[f"{kind}_text"]]) for kind in ("shared", "private")}
    modalities = np.repeat([0, 1], len(study.rows["test"]))
    cases = {
        "label": (np.concatenate([first["shared_image"], first["shared_text"]], axis=1), first_labels),
        "modality_shared": (stacked["shared"], modalities),
        "modality_private": (stacked["private"], modalities),
    }
    found: Arrays = {}
    for what, (rows, names) in cases.items():
        std = rows.std(axis=0)
        scaled = (rows - rows.mean(axis=0)) / np.where(std == 0, 1, std)
        purity = knn_purity(scaled, names, neighbours=min(NEIGHBOURS, len(rows) - 1))
        found[f"purity/{what}"] = np.array(purity.purity)
        found[f"chance/{what}"] = np.array(purity.chance)
    return found


def modality(study: SeedStudy, spaces: Arrays) -> Arrays:
    """Accuracy of telling image from text embeddings, one caption an image."""
    found: Arrays = {}
    for kind in ("shared", "private"):
        sides = []
        for split in ("train", "test"):
            first = first_captions(spaces, study.rows[split])
            sides += [
                np.concatenate([first[f"{kind}_image"], first[f"{kind}_text"]]),
                np.repeat([0, 1], len(study.rows[split])),
            ]
        found[f"modality/{kind}"] = np.array(logistic_hits(*sides).mean())
    return found


def first_captions(spaces: Arrays, rows: NDArray[np.int64]) -> Arrays:
    """The four embeddings of images and their first captions, each (N, D)."""
    return {space: spaces[space][rows] if spaces[space].ndim == 2 else spaces[space][rows, 0] for space in SPACES}


def _under(network: str, key: str) -> str:
    head, _, rest = key.partition("/")
    return f"{head}/{network}/{rest}"


def _pairs(study: SeedStudy, spaces: Arrays, parts: tuple[str, ...], split: str) -> NDArray[np.generic]:
    """The named embeddings of all pairs of a split side by side, (N·K, Σ D)."""
    rows, k = study.rows[split], study.features.text.shape[1]
    columns = [spaces[part][rows] for part in parts]
    return np.concatenate([_flat(c) if c.ndim == 3 else np.repeat(c, k, axis=0) for c in columns], axis=1)


def _flat(rows: NDArray[np.generic]) -> NDArray[np.generic]:
    return rows.reshape(-1, rows.shape[-1])
