"""Teacher, pairs and encoders together: everything that asking a teacher of relevance about pairs takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from adlab.checkpoints.networks import DEFAULT_IMAGE_ENCODER, load_image_encoder
from adlab.data.relevance import RelevanceSet
from adlab.encoders.image import ImageEncoder
from adlab.encoders.text import TextEncoder, load_minilm
from adlab.features.region_embedders import RegionEmbedder, embedder_of
from adlab.features.stored import Progress, no_progress
from adlab.models.visual_embedders import grid_boxes
from adlab.simulator.plan import plan_ad
from adlab.training.adscvlr_regions import RegionBank
from adlab.training.adscvlr_sources import Material, Sources, read_material
from adlab.training.picture_vectors import Pictures, picture_key
from adlab.training.relevance_data import SIMULATION_SEED, RelevanceData
from adlab.training.simulated_relevance import SOURCE as SIMULATED
from adlab.training.student_pairs import AskedPair
from adlab.training.student_task import ScoredPairs
from adlab.training.student_vectors import PairVectors, pair_vectors
from adlab.training.teacher_scores import Teacher, load_teacher, teacher_logits


class Classroom(NamedTuple):
    """Everything that asking takes.

    Attributes:
        teacher: Who is asked.
        material: Graded pairs and regions.
        pictures: Where pictures come from.
        embedder: Makes the regions that the teacher was trained on.
        image_encoder: For the student's pictures.
        text_encoder: For its queries and copy.
        device: Where to compute.
        progress: Called with (done, total) of each stage.
    """

    teacher: Teacher
    material: Material
    pictures: Pictures
    embedder: RegionEmbedder
    image_encoder: ImageEncoder
    text_encoder: TextEncoder
    device: str
    progress: Progress

    def vectors(self, pairs: Sequence[AskedPair]) -> PairVectors:
        """What the student sees of pairs."""
        return pair_vectors(pairs, self.pictures, self.image_encoder, self.text_encoder, self.progress)

    def soft(self, pairs: Sequence[AskedPair], *, half: bool = False) -> np.ndarray:
        """What the teacher says of pairs, (N,) float64."""
        bank = self.material.bank
        if bank.wholes is not None:  # graded pairs are in it; queries that nobody graded may be new
            bank = replace(bank, wholes=bank.wholes.including(pairs, self.text_encoder, self.progress))
        logits = teacher_logits(self.teacher, pairs, bank, half=half, device=self.device, progress=self.progress)
        return self.teacher.soft(logits.astype(np.float64), pairs)

    def scored(self, pairs: Sequence[AskedPair], *, half: bool = False) -> ScoredPairs:
        """Both."""
        soft = torch.from_numpy(self.soft(pairs, half=half)).float()
        return ScoredPairs(self.vectors(pairs), soft, np.array([pair.source for pair in pairs]))


def enter(
    sources: Sources,
    teacher: str,
    teacher_root: Path | None = None,
    device: str = "auto",
    progress: Progress = no_progress,
    *,
    dev: bool = True,
) -> Classroom:
    """Read the data, look at pictures, and load the teacher; dev pairs only where they are wanted.

    Raises:
        CheckpointError: The teacher is not intact, or was trained on other encoders.
        DataUnavailableError: A data set is not there.
        UnknownNameError: There is no such teacher.
    """
    room = meet(teacher, teacher_root, device, progress)
    reads = room.teacher.relevance.network.config.whole_dim
    material = read_material(
        sources,
        room.image_encoder,
        text_encoder=room.text_encoder if reads else None,
        embedder=room.embedder,
        pretraining=False,
        dev=dev,
        progress=progress,
    )
    count = sources.simulated_ads if SIMULATED in sources.names else 0
    plans = {picture_key(plan): plan for plan in (plan_ad(SIMULATION_SEED, index) for index in range(count))}
    return room._replace(material=material, pictures=Pictures(material.graded.data.files, plans))


def meet(
    teacher: str, teacher_root: Path | None = None, device: str = "auto", progress: Progress = no_progress
) -> Classroom:
    """The teacher and the encoders, without any pairs.

    Raises:
        CheckpointError: The teacher is not intact, or was trained on other encoders.
        UnknownNameError: There is no such teacher.
        WeightsUnavailableError: The weights of its detector are not at hand.
    """
    image_encoder, text_encoder = load_image_encoder(DEFAULT_IMAGE_ENCODER), load_minilm()
    loaded = load_teacher(teacher, text_encoder, image_encoder.spec.encoder_id, root=teacher_root)
    nothing, no_regions = RelevanceSet(()), RegionBank(np.zeros((0, 1, 1), dtype=np.float16), {}, grid_boxes(1, 1))
    material = Material(RelevanceData(nothing, ()), nothing, nothing, [], [], no_regions)
    where = "cuda" if device != "cpu" and torch.cuda.is_available() else "cpu"
    looks = embedder_of(loaded.relevance.settings, image_encoder, device=where)
    return Classroom(loaded, material, Pictures({}, {}), looks, image_encoder, text_encoder, where, progress)
