"""The ads of a simulated log as one frozen vector each, which all rows of an ad share; and the log itself in memory.

A row of the log holds the number of its ad only (`FunnelBatch.ad`): the matrix is computed once, however long the log.
Without it a model knows ads by their ids alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from adlab.checkpoints.networks import DEFAULT_IMAGE_ENCODER, build_network, check_encoders, load_image_encoder
from adlab.checkpoints.store import Checkpoint, load_checkpoint
from adlab.data.table_columns import SPLITS
from adlab.encoders.image import ImageEncoder
from adlab.encoders.text import TextEncoder, load_minilm
from adlab.errors import CheckpointError, ConfigError
from adlab.features.creative_vectors import PARTS, CreativeEncoder, CreativeInputs
from adlab.features.stored import Progress, no_progress, stored_texts
from adlab.models.focal import Focal, FocalEnsemble
from adlab.simulator.ad import AdPlan
from adlab.simulator.collection import ad_names, collection_factors
from adlab.simulator.log import ImpressionLog, splits_of
from adlab.simulator.plan import plan_ad
from adlab.simulator.settings import SimulationSettings
from adlab.training.ctr_pictures import see_ads
from adlab.training.simulated import creative_of

FOCAL = "focal-sim"
MEMBER = 0  # the one whose embeddings the reference set holds


@dataclass(frozen=True, eq=False)
class CreativeVectors:
    """Vectors of ads.

    Attributes:
        names: Of the ads, (A,).
        matrix: Their vectors, (A, V).
        encoder: What made them, to be stored beside a model that reads them.
    """

    names: tuple[str, ...]
    matrix: NDArray[np.float32]
    encoder: CreativeEncoder

    @cached_property
    def index(self) -> Mapping[str, int]:
        """Row of each ad by name, as `FeatureSchema.encode` takes it."""
        return {name: row for row, name in enumerate(self.names)}


def simulated_tables(settings: SimulationSettings) -> Iterator[pa.Table]:
    """The log that settings ask for, part by part, without a file: what `simulate` would write."""
    log = ImpressionLog(settings, settings.response(), collection_factors(settings), ad_names(settings))
    for number in range(log.parts):
        yield log.part(number)


def simulated_vectors(
    settings: SimulationSettings,
    *,
    parts: Sequence[str] = PARTS,
    checkpoint: str = FOCAL,
    root: Path | None = None,
    progress: Progress = no_progress,
) -> CreativeVectors:
    """Draw the ads of a simulated log, and make their vectors.

    Args:
        settings: The log; the scale is that of its training ads, of all where it is not split.
        parts: What the vectors hold.
        checkpoint: FOCAL checkpoint, for "focal".
        root: Folder of the checkpoints.
        progress: Called with (done, total) of each stage.

    Raises:
        ConfigError: The checkpoint was trained on what came of these very ads.
        CheckpointError: It is no FOCAL checkpoint, or was trained on other encoders.
        UnknownNameError: There is no such checkpoint or part.
    """
    loaded = load_checkpoint(checkpoint, root) if "focal" in parts else None
    if loaded is not None:
        _check_apart(loaded, settings)
    image_encoder, text_encoder = load_image_encoder(DEFAULT_IMAGE_ENCODER, root=root), load_minilm()
    focal = None
    if loaded is not None:
        focal = focal_member(loaded, {"image": image_encoder.spec.encoder_id, "text": text_encoder.spec.encoder_id})
    plans = [plan_ad(settings.seed, index) for index in range(settings.ads)]
    inputs = inputs_of(plans, image_encoder, text_encoder, progress)
    splits = splits_of(settings)
    train = np.arange(len(plans)) if splits is None else np.flatnonzero(splits == SPLITS.index("train"))

    def encode(texts: Sequence[str]) -> np.ndarray:
        return stored_texts(text_encoder, texts, progress)

    encoder = CreativeEncoder.fit(
        inputs, train, encode, focal=focal, text_dim=text_encoder.output_dim, parts=tuple(parts)
    )
    return CreativeVectors(tuple(plan.ad_id for plan in plans), encoder.vectors(inputs, encode), encoder)


def inputs_of(
    plans: Sequence[AdPlan],
    image_encoder: ImageEncoder,
    text_encoder: TextEncoder,
    progress: Progress = no_progress,
) -> CreativeInputs:
    """What a model could see of planned ads: the drawn picture, the copy, its colour, the words drawn into it."""
    seen = see_ads(plans, encoder=image_encoder, progress=progress)
    assert seen.vectors is not None  # an encoder was given
    copy = stored_texts(text_encoder, [creative_of(plan).copy for plan in plans], progress)
    return CreativeInputs(seen.vectors, copy, list(seen.colours), [words_of(plan) for plan in plans])


def words_of(plan: AdPlan) -> str:
    """The words in a simulated ad's picture, as its table has them in `ocr_text`."""
    return " ".join(filter(None, (plan.headline, plan.subline, plan.price, plan.badge, plan.button)))


def focal_member(checkpoint: Checkpoint, encoder_ids: dict[str, str]) -> Focal:
    """The member of a FOCAL checkpoint whose embeddings the vectors hold.

    Args:
        checkpoint: The checkpoint.
        encoder_ids: Identity of the encoders at hand by modality.

    Raises:
        CheckpointError: It is of another kind, or was trained on other encoders.
    """
    check_encoders(checkpoint.manifest, encoder_ids)
    network = build_network(checkpoint)
    member = network.members[MEMBER] if isinstance(network, FocalEnsemble) else None
    if not isinstance(member, Focal):
        kind = checkpoint.manifest.kind
        raise CheckpointError(f"{checkpoint.manifest.name} is a {kind!r} checkpoint; creative vectors need 'focal'.")
    return member


def _check_apart(checkpoint: Checkpoint, settings: SimulationSettings) -> None:
    """Embeddings trained on an ad's own conversions would tell a funnel its answer."""
    trained_on = checkpoint.manifest.training.config.get("collection", {})
    if isinstance(trained_on, Mapping) and trained_on.get("seed") == settings.seed:
        raise ConfigError(
            f"{checkpoint.manifest.name} was trained on what came of the ads of seed {settings.seed}; simulate the log "
            "with another seed, so that its vectors do not know the answer."
        )
