"""The reference set of the agreement head: scores of true and mismatched test pairs. No image and no text in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

from adlab.checkpoints.manifest import Manifest
from adlab.checkpoints.reference_set import KIND, QUANTILES, quantiles_of
from adlab.checkpoints.store import save_checkpoint
from adlab.data.image_intake import read_image
from adlab.features.properties import IMAGE_PROPERTIES, TEXT_PROPERTIES, image_properties, text_properties
from adlab.models.focal import FocalEnsemble
from adlab.projection.columns import Column
from adlab.projection.embedding import embed, untrained_twin
from adlab.projection.reference import EXTRAS as LATENT
from adlab.projection.reference import Latent, latent_of, paired
from adlab.training.focal_data import FlickrPairs
from adlab.training.focal_measures import embed_ensemble, mismatched_cosines, true_cosines
from adlab.training.focal_readings import Readings


def reference_name(checkpoint: str) -> str:
    """Name of the reference set that belongs to a FOCAL checkpoint."""
    return "reference-" + checkpoint.removeprefix("focal-")


@dataclass(frozen=True, kw_only=True)
class ScoredPairs:
    """What scores are ranked among.

    Attributes:
        true: Cosines of pairs that belong together by every member, (M, N).
        mismatched: Cosines of pairs that do not, (M, N').
        true_words: What the true pairs are, after their number.
        mismatched_words: What the others are.
        summary: What the set is, one sentence.
        limit: How to read a rank among them, one sentence.
    """

    true: np.ndarray
    mismatched: np.ndarray
    true_words: str
    mismatched_words: str
    summary: str
    limit: str


def captioned_photos(network: FocalEnsemble, pairs: FlickrPairs) -> ScoredPairs:
    """The test photos with their captions, all of them."""
    rows = pairs.rows["test"]
    output = embed_ensemble(network, pairs, rows)
    true, mismatched = true_cosines(output), mismatched_cosines(output)
    return ScoredPairs(
        true=true.reshape(len(true), -1),
        mismatched=mismatched.reshape(len(mismatched), -1),
        true_words="photos with their own caption (photos, not ads)",
        mismatched_words="photos with another photo's caption (photos, not ads)",
        summary=f"What agreement is compared with: {len(rows):,} Flickr8k test photos with their five captions, and "
        "the same captions beside other photos. Photos, not ads.",
        limit="Photos, not ads: a percentile says how an ad compares with captioned photos.",
    )


def save_reference_set(
    folder: Path,
    network: FocalEnsemble,
    pairs: FlickrPairs,
    readings: Readings,
    manifest: Manifest,
    scored: ScoredPairs | None = None,
) -> Manifest:
    """Score the test pairs and write the set.

    Args:
        folder: Where to.
        network: The ensemble that ships.
        pairs: The photos; readings are ranked and maps are drawn among them.
        readings: The shipped probes with their readings of the test pairs.
        manifest: Of the ensemble; terms, training and encoders are taken from it.
        scored: What scores are ranked among; `captioned_photos` if not given.
    """
    rows = pairs.rows["test"]
    output = embed_ensemble(network, pairs, rows)
    scored = scored or captioned_photos(network, pairs)
    quantiles = {
        "true/cosine": quantiles_of(scored.true.mean(axis=0)),
        "true/member_cosine": quantiles_of(scored.true),
        "mismatched/cosine": quantiles_of(scored.mismatched.mean(axis=0)),
        **{f"true/reading_{index}": quantiles_of(values) for index, values in enumerate(readings.values)},
    }
    embeddings = {
        "shared_image": output.shared_image[0],
        "private_image": output.private_image[0],
        "shared_text": output.shared_text[0, :, 0],
        "private_text": output.private_text[0, :, 0],
    }
    latent = _latent(network, pairs, embeddings, manifest)
    described = replace(
        manifest,
        name=folder.name,
        kind=KIND,
        summary=scored.summary,
        heads=(),
        network={},
        measures=(),
        limits=(scored.limit,),
        extras={
            "groups": {
                "true": {"n": scored.true.shape[1], "description": scored.true_words},
                "mismatched": {"n": scored.mismatched.shape[1], "description": scored.mismatched_words},
            },
            "embeddings": f"first member, first caption, {len(rows)} images at length 1",
            LATENT: latent.extras,
        },
    )
    tensors = {key: torch.from_numpy(np.asarray(value)) for key, value in quantiles.items()}
    nothing = {"empty": torch.zeros(1)}
    return save_checkpoint(folder, described, embeddings, nothing, {QUANTILES: tensors, **latent.files})


def _latent(network: FocalEnsemble, pairs: FlickrPairs, parts: dict[str, torch.Tensor], manifest: Manifest) -> Latent:
    """Maps of the test pairs, true and mismatched, with what can be said of photos and captions unseen."""
    rows = pairs.rows["test"]
    embeddings, pair = paired({name: part.numpy() for name, part in parts.items()})
    untrained = embed(
        untrained_twin(manifest.network, network.state_dict(), manifest.training.seed),
        pairs.features.image[rows].numpy(),
        pairs.features.text[rows, 0].numpy(),
        embeddings.image_of,
        embeddings.text_of,
    )
    pictures = np.stack([image_properties(read_image(pairs.paths[row]).pixels) for row in rows])
    texts = np.stack([text_properties(pairs.captions[row][0]) for row in rows])
    columns = [pair]
    for what, kinds, values, index in (
        ("picture", IMAGE_PROPERTIES, pictures, embeddings.image_of),
        ("caption", TEXT_PROPERTIES, texts, embeddings.text_of),
    ):
        columns += [
            Column(
                name=f"{what}: {kind.name}",
                values=values[index, number].astype(np.float32),
                meaning=f"from {kind.low_word} to {kind.high_word}",
            )
            for number, kind in enumerate(kinds)
        ]
    return latent_of(
        embeddings,
        tuple(columns),
        label=pair.name,
        untrained=untrained,
        display="no",
        why="Flickr8k is lent for research: its photos and captions are not shown, only what was measured on them.",
        seed=manifest.training.seed,
    )
