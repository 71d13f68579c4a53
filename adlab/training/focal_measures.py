"""What the card of a FOCAL checkpoint reports, measured on images it was not trained on."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional as F

from adlab.checkpoints.manifest import Measure
from adlab.data.flickr8k import read_expert_judgements
from adlab.metrics.bootstrap import bootstrap_interval
from adlab.metrics.collapse import effective_rank, mean_pairwise_cosine
from adlab.metrics.correlation import sprc
from adlab.metrics.ranking import auc
from adlab.models.focal import FocalEnsemble, FocalOutput
from adlab.training.focal_data import FlickrPairs
from adlab.training.vision_measures import recall_measures

ON = "Flickr8k test images"


def embed_ensemble(network: FocalEnsemble, pairs: FlickrPairs, rows: np.ndarray) -> FocalOutput:
    """Embeddings of the images and all their captions at length 1, float64: images (M, N, D), texts (M, N, K, D)."""
    index = torch.as_tensor(rows)
    double = network.double()
    with torch.inference_mode():
        image = double.encode_image(pairs.features.image[index].double())
        text = double.encode_text(pairs.features.text[index].flatten(0, 1).double())
    shape = (len(network.members), len(rows), pairs.features.text.shape[1], -1)
    network.float()
    unit = [F.normalize(part, dim=-1) for part in (*image, *text)]
    return FocalOutput(unit[0], unit[1], unit[2].view(shape), unit[3].view(shape))


def true_cosines(output: FocalOutput) -> np.ndarray:
    """Cosine of each image with each of its own captions, (M, N, K)."""
    return torch.einsum("mnd,mnkd->mnk", output.shared_image, output.shared_text).numpy()


def flat_cosines(network: FocalEnsemble, pairs: FlickrPairs, rows: np.ndarray) -> np.ndarray:
    """Cosine of each image with each of its captions by every member, image by image, (M, N·K)."""
    return true_cosines(embed_ensemble(network, pairs, rows)).reshape(len(network.members), -1)


def mismatched_cosines(output: FocalOutput) -> np.ndarray:
    """Cosine of each image with the captions of another one, (M, N, K).

    The other image is half the list away, so every caption is used once and no image meets its own.
    """
    count = output.shared_image.shape[1]
    rolled = torch.roll(output.shared_image, count // 2, dims=1)
    return torch.einsum("mnd,mnkd->mnk", rolled, output.shared_text).numpy()


def measure_focal(network: FocalEnsemble, pairs: FlickrPairs, rows: np.ndarray) -> tuple[Measure, ...]:
    """True against mismatched pairs, agreement with experts, retrieval, and collapse, on the images at `rows`."""
    output = embed_ensemble(network, pairs, rows)
    true, mismatched = true_cosines(output).mean(axis=0), mismatched_cosines(output).mean(axis=0)
    count, texts = true.shape
    scores = np.concatenate([true, mismatched], axis=1)  # (N, 2K): an image is resampled with all its pairs
    labels = np.repeat([1, 0], texts)

    def separation(images: np.ndarray) -> float:
        return auc(scores[images].ravel(), np.tile(labels, len(images)))

    interval = bootstrap_interval(separation, np.arange(count), n_resamples=500)
    members, _, latent = output.shared_image.shape
    stacked_image = output.shared_image.transpose(0, 1).reshape(count, members * latent)
    stacked_text = output.shared_text.permute(1, 2, 0, 3).reshape(count * texts, members * latent)
    rank = float(np.mean([effective_rank(member.numpy()) for member in output.shared_image]))
    alike = float(np.mean([mean_pairwise_cosine(member.numpy()) for member in output.shared_image]))
    return (
        Measure.of(
            "AUC of true against mismatched pairs",
            interval,
            n=scores.size,
            data=f"{ON}, own captions against those of another image",
            note="0.5 is chance; the mismatched captions are random, so near misses are harder than this number says",
        ),
        *_experts(output, pairs, rows),
        *recall_measures("", stacked_image, stacked_text, [texts] * count),
        Measure(
            name="effective rank of shared image embeddings",
            value=rank,
            n=count,
            data=ON,
            note=f"directions in even use, of {latent}; 1 would be collapse (mean over members)",
        ),
        Measure(
            name="mean pairwise cosine of shared image embeddings",
            value=alike,
            n=count,
            data=ON,
            note="1 would be collapse (mean over members)",
        ),
    )


def _experts(output: FocalOutput, pairs: FlickrPairs, rows: np.ndarray) -> list[Measure]:
    place = {pairs.paths[row].name: index for index, row in enumerate(rows)}
    judged = [
        (place[j.image], place[j.caption_of], j.number, float(np.mean(j.grades)))
        for j in read_expert_judgements(pairs.paths[0].parent.parent)
        if j.image in place and j.caption_of in place and j.image != j.caption_of
    ]
    if not judged:
        return []
    image, owner, number, grade = (np.array(column) for column in zip(*judged, strict=True))
    cosine = (output.shared_image[:, image] * output.shared_text[:, owner, number]).sum(-1).mean(0).numpy()
    interval = bootstrap_interval(lambda picked: sprc(cosine[picked], grade[picked]), image, n_resamples=500)
    return [
        Measure.of(
            "rank correlation with expert judgements",
            interval,
            n=len(grade),
            data=f"{ON}, captions of other images, graded 1–4 by three experts",
            note="Spearman; people judged whether the caption describes the photo, on captions not written for it",
        )
    ]
