"""Maps of the simulated reference ads, coloured by the causes that were planted in them."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from adlab.checkpoints.manifest import Manifest
from adlab.models.focal import FocalEnsemble
from adlab.projection.columns import Column, levels_column
from adlab.projection.embedding import embed, untrained_twin
from adlab.projection.points import Embeddings
from adlab.projection.reference import EXTRAS, latent_of
from adlab.training.simulated import SimulatedPairs

LABEL = "conversion"
NUMBERS = {
    "agreement": "how well picture and copy agree, planted, 0 to 1",
    "appeal": "how much the product is wanted, planted, 0 to 1",
    "contrast": "how well the drawn words stand out, planted, 0 to 1",
    "clutter": "how much else is in the picture, planted, 0 to 1",
    "cta": "how visible the button is, planted, 0 to 1",
    "urgency": "how much the copy presses, planted, 0 to 1",
    "specificity": "share of sentences with a fact, planted, 0 to 1",
    "length": "words of title and description",
}
WORDS = {
    "kind": "product in the picture",
    "colour": "colour of the product",
    "background": "dominant colour of the picture",
    "text_position": "where the drawn words are",
}


def latent_files(
    network: FocalEnsemble,
    embeddings: dict[str, torch.Tensor],
    pairs: SimulatedPairs,
    rows: np.ndarray,
    collection_seed: int,
    manifest: Manifest,
) -> tuple[dict[str, dict[str, torch.Tensor]], dict[str, Any]]:
    """Further files and extras of the reference set.

    Args:
        network: The ensemble.
        embeddings: Of the first member at length 1, (N, D) each.
        pairs: All ads.
        rows: The reference ads.
        collection_seed: Seed that the ads were planned with.
        manifest: Of the checkpoint.

    Returns:
        Files by name, and the manifest's extras.
    """
    own = np.arange(len(rows))
    untrained = embed(
        untrained_twin(manifest.network, network.state_dict(), manifest.training.seed),
        pairs.features.image[rows].numpy(),
        pairs.features.text[rows, 0].numpy(),
        own,
        own,
    )
    trained = Embeddings(**{name: part.numpy() for name, part in embeddings.items()}, image_of=own, text_of=own)
    latent = latent_of(
        trained,
        columns_of(pairs, rows),
        label=LABEL,
        untrained=untrained,
        display="simulated",
        simulator={"seed": collection_seed, "index": [pairs.plans[row].index for row in rows]},
        seed=manifest.training.seed,
    )
    return latent.files, {EXTRAS: latent.extras}


def columns_of(pairs: SimulatedPairs, rows: np.ndarray) -> tuple[Column, ...]:
    """What is known of the ads: whether they convert better than most, the planted probability and causes."""
    planted = pairs.rates.ctcvr[rows]
    factors = [pairs.plans[row].factors.as_row() for row in rows]
    better = planted > np.median(planted)
    return (
        levels_column(
            LABEL,
            ["above the median" if above else "below the median" for above in better],
            "planted probability of a conversion against the median of these ads",
        ),
        Column(
            name="planted probability",
            values=planted.astype(np.float32),
            meaning="of a conversion per impression, averaged over contexts",
        ),
        *(
            Column(name=name, values=np.array([row[name] for row in factors], dtype=np.float32), meaning=meaning)
            for name, meaning in NUMBERS.items()
        ),
        *(levels_column(name, [str(row[name]) for row in factors], meaning) for name, meaning in WORDS.items()),
    )
