"""AdsCVLR's CLIP baselines on frozen encoders, and the cosines they start from.

The shipped encoders' texts are MiniLM's vectors brought into the joint space of the image encoder, pictures its vectors
there; a published CLIP has both in one space. Before training, a baseline is the zero-shot similarity of the two. Copy
is the title, as the two-tower student reads it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from adlab.encoders.image import ImageEncoder
from adlab.encoders.spec import EncodesTexts
from adlab.errors import InputError, UnknownNameError
from adlab.features.stored import Progress, no_progress
from adlab.losses.clip_objective import ClipObjectiveLoss
from adlab.models.clip_baselines import ClipBaseline, ClipBaselineConfig
from adlab.models.two_tower import AdVectors
from adlab.simulator.plan import plan_ad
from adlab.training.adscvlr_finetune_data import drawn_rows
from adlab.training.adscvlr_likeness import shares_of_sources
from adlab.training.adscvlr_sources import Material, Sources
from adlab.training.picture_vectors import Pictures, picture_key
from adlab.training.relevance_data import SIMULATION_SEED
from adlab.training.simulated_relevance import SOURCE as SIMULATED
from adlab.training.student_pairs import asked
from adlab.training.student_vectors import PairVectors, pair_vectors

CLIP_KINDS: dict[str, tuple[str, dict[str, float]]] = {
    "clip": ("CLIP: query and picture", {"1": 81.16}),
    "clip_a": ("CLIPⓐ: query and picture, copy and picture", {"1": 81.98}),
    "clip_mh": ("CLIP-MH: CLIPⓐ with a matching head", {"1": 82.18}),
}
MINILM, JOINT = "minilm", "joint"
EPOCHS, BATCH, LEARNING_RATE, WEIGHT_DECAY = 3, 256, 5e-4, 1e-2
_AT_ONCE = 2048


@dataclass(frozen=True)
class ClipPairs:
    """Training and test pairs as rows of vectors, those of pictures cut to the joint space.

    Attributes:
        train: Pairs of the training part, each with all it has.
        test: Of the test part.
        queries: Number of each training pair's query, (N,).
        relevant: Whether it is Fair or better, (N,).
        sources: Of each training pair, (N,).
        text_map: From the texts' space to the joint one, (D, D).
        text_bias: (D,).
    """

    train: PairVectors
    test: PairVectors
    queries: np.ndarray
    relevant: np.ndarray
    sources: np.ndarray
    text_map: Tensor
    text_bias: Tensor

    @classmethod
    def of(
        cls,
        material: Material,
        sources: Sources,
        image_encoder: ImageEncoder,
        text_encoder: EncodesTexts,
        text_map: nn.Linear | None,
        progress: Progress = no_progress,
    ) -> ClipPairs:
        """Encode the pairs; what was encoded before comes from the cache.

        Args:
            material: Has the pairs.
            sources: Which data they are of.
            image_encoder: Its representations end with the joint space of pictures and texts.
            text_encoder: For queries and copy.
            text_map: Brings texts to the joint space; None where they are there already.
            progress: Called with (done, total) of each stage.
        """
        count = sources.simulated_ads if SIMULATED in sources.names else 0
        plans = {picture_key(plan): plan for plan in (plan_ad(SIMULATION_SEED, index) for index in range(count))}
        pictures, data = Pictures(material.graded.data.files, plans), material.graded
        width = text_encoder.output_dim if text_map is None else text_map.out_features
        train, test = (
            _joint(pair_vectors([asked(p) for p in part.pairs], pictures, image_encoder, text_encoder, progress), width)
            for part in (data.of("train"), data.of("test"))
        )
        graded = data.of("train")
        numbers = {query: number for number, query in enumerate(dict.fromkeys(graded.units("query")))}
        return cls(
            train,
            test,
            np.array([numbers[query] for query in graded.units("query")]),
            graded.grades > 0,
            np.array([pair.source for pair in graded.pairs]),
            torch.eye(width) if text_map is None else text_map.weight.detach().cpu().float(),
            torch.zeros(width) if text_map is None else text_map.bias.detach().cpu().float(),
        )

    def batch(self, vectors: PairVectors, rows: Tensor) -> tuple[Tensor, AdVectors]:
        """Queries and ads of some pairs in the joint space."""
        query, ad = vectors.of(rows)
        copy = F.linear(ad.copy, self.text_map, self.text_bias)
        return F.linear(query, self.text_map, self.text_bias), ad._replace(copy=copy)


def cosines(pairs: ClipPairs, kind: str) -> np.ndarray:
    """Similarity without any training of the test pairs, NaN where the part is lacking, (N,).

    Args:
        pairs: The pairs.
        kind: ``"minilm"``: of query and title; ``"joint"``: of query and picture.

    Raises:
        UnknownNameError: There is no such kind.
    """
    if kind not in (MINILM, JOINT):
        raise UnknownNameError("similarity", kind, (MINILM, JOINT))
    found = []
    for rows in torch.arange(len(pairs.test)).split(_AT_ONCE):
        query, ad = pairs.test.of(rows) if kind == MINILM else pairs.batch(pairs.test, rows)
        other, there = (ad.copy, ad.has_copy) if kind == MINILM else (ad.image, ad.has_image)
        cosine = F.cosine_similarity(query, other, dim=1)
        found.append(torch.where(there, cosine, torch.nan).double())
    return torch.cat(found).numpy()


def clip_scores(pairs: ClipPairs, kind: str, seed: int, *, epochs: int = EPOCHS) -> np.ndarray:
    """Train a baseline on the training pairs, each source by its share, and score the test pairs, (N,).

    ``"clip"`` reads pictures alone: NaN without one.

    Args:
        pairs: The pairs.
        kind: Of `adlab.models.clip_baselines.KINDS`.
        seed: Of initial values and order.
        epochs: Passes over as many pairs as there are.

    Raises:
        InputError: No training pair has a picture.
    """
    if not bool((pairs.train.rows[:, 1] >= 0).any()):
        raise InputError("No training pair has a picture; the CLIP baselines need some.")
    torch.manual_seed(seed)
    width = len(pairs.text_bias)
    net, loss = ClipBaseline(ClipBaselineConfig(kind=kind, text_dim=width, image_dim=width)), ClipObjectiveLoss()
    parameters = [*net.parameters(), *loss.parameters()]
    optimiser = torch.optim.AdamW(parameters, lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    shares = shares_of_sources(pairs.sources)
    net.train()
    for epoch in range(epochs):
        rng = np.random.default_rng([seed, epoch])
        order = rng.permutation(drawn_rows(pairs.sources, shares, len(pairs.train), rng))
        for rows in torch.from_numpy(order).split(BATCH):
            optimiser.zero_grad()
            _objective(net, loss, pairs, rows).backward()
            optimiser.step()
    return _test_scores(net.eval(), pairs)


def _objective(net: ClipBaseline, loss: ClipObjectiveLoss, pairs: ClipPairs, rows: Tensor) -> Tensor:
    query, ad = pairs.batch(pairs.train, rows)
    output = net(query, ad)
    plain = net.config.kind == "clip"
    total: Tensor = loss(
        output.query,
        output.image,
        torch.from_numpy(pairs.queries[rows]),
        torch.from_numpy(pairs.relevant[rows]),
        ad.has_image,
        copy=None if plain else output.copy,
        has_copy=None if plain else ad.has_copy,
        match_logits=output.score if net.config.kind == "clip_mh" else None,
    ).total
    return total


def _test_scores(net: ClipBaseline, pairs: ClipPairs) -> np.ndarray:
    found = []
    with torch.inference_mode():
        for rows in torch.arange(len(pairs.test)).split(_AT_ONCE):
            query, ad = pairs.batch(pairs.test, rows)
            score = net(query, ad).score.double()
            found.append(torch.where(ad.has_image, score, torch.nan) if net.config.kind == "clip" else score)
    return torch.cat(found).numpy()


def _joint(vectors: PairVectors, width: int) -> PairVectors:
    return PairVectors(
        vectors.queries, vectors.images[:, vectors.images.shape[1] - width :], vectors.copies, vectors.rows
    )
