"""What the rows of `reproduce adscvlr --part tables` share, and those rows that train no network of ours.

Plain cosines, and CLIP, CLIPⓐ and CLIP-MH: on the shipped encoders, and on a published CLIP where one is given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import NamedTuple

import numpy as np

from adlab.encoders.clip import Clip
from adlab.encoders.image import ImageEncoder
from adlab.encoders.text import TextEncoder
from adlab.evaluation.adscvlr_clip import CLIP_KINDS, JOINT, MINILM, ClipPairs, clip_scores, cosines
from adlab.evaluation.adscvlr_settings import AdsCVLRReproduction
from adlab.features.ad_vocabulary import AdVocabulary
from adlab.features.stored import Progress
from adlab.training.adscvlr_sources import Material, Sources
from adlab.training.agreement_run import joint_text_map

PUBLISHED = "transformers' CLIP"
PLAIN = {
    MINILM: "MiniLM: cosine of query and title",
    JOINT: "joint space of the encoders: cosine of query and picture",
}


class World(NamedTuple):
    """What all rows share.

    Attributes:
        how: What was asked for.
        sources: Which data.
        material: Pairs and regions.
        image_encoder: For pictures.
        text_encoder: For texts.
        vocabulary: Words of ads of the training part.
        clip: A published CLIP that CLIP's rows are measured on as well, or None.
        progress: Called with (done, total) of each stage.
    """

    how: AdsCVLRReproduction
    sources: Sources
    material: Material
    image_encoder: ImageEncoder
    text_encoder: TextEncoder
    vocabulary: AdVocabulary
    clip: Clip | None
    progress: Progress


class Work(NamedTuple):
    """A row before it is measured.

    Attributes:
        name: As the report has it.
        paper: AUC in percent by table of the paper.
        scores: From a seed to scores of the test pairs.
        trained: Whether there is something to train; if not, all seeds are one.
        weights: Identity of weights that only this row depends on, "" without.
    """

    name: str
    paper: Mapping[str, float]
    scores: Callable[[int], np.ndarray]
    trained: bool = True
    weights: str = ""


def clip_rows(world: World) -> dict[str, Work]:
    """Plain cosines and CLIP's rows on the shipped encoders, by key."""
    encoders = world.image_encoder, world.text_encoder, joint_text_map(world.image_encoder)
    pairs = cache(lambda: ClipPairs.of(world.material, world.sources, *encoders, world.progress))
    found = {kind: Work(name, {}, partial(_plain, pairs, kind), trained=False) for kind, name in PLAIN.items()}
    trained = {kind: Work(name, paper, partial(_clip, pairs, kind)) for kind, (name, paper) in CLIP_KINDS.items()}
    return found | trained


def published_rows(world: World) -> dict[str, Work]:
    """CLIP's rows on the published CLIP, none without one."""
    if world.clip is None:
        return {}
    clip = world.clip
    weights = f"{clip.image.spec.encoder_id}-{clip.text.spec.encoder_id}"
    pairs = cache(lambda: ClipPairs.of(world.material, world.sources, clip.image, clip.text, None, world.progress))
    name = f"{PUBLISHED}: cosine of query and picture, not trained here"
    found = {"published_joint": Work(name, {}, partial(_plain, pairs, JOINT), trained=False, weights=weights)}
    return found | {
        f"published_{kind}": Work(f"{name}; on {PUBLISHED}", paper, partial(_clip, pairs, kind), weights=weights)
        for kind, (name, paper) in CLIP_KINDS.items()
    }


def _plain(pairs: Callable[[], ClipPairs], kind: str, _: int) -> np.ndarray:
    return cosines(pairs(), kind)


def _clip(pairs: Callable[[], ClipPairs], kind: str, seed: int) -> np.ndarray:
    return clip_scores(pairs(), kind, seed)
