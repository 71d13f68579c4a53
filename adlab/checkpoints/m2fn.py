"""From a checkpoint folder to an M2FN ensemble on the backbone of an image encoder."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from adlab.checkpoints.manifest import Manifest
from adlab.checkpoints.networks import load_image_encoder, load_of_kind
from adlab.errors import AdlabError, CheckpointError
from adlab.models.backbones import StagedBackbone
from adlab.models.m2fn_config import M2FNConfig
from adlab.models.m2fn_ensemble import M2FNEnsemble

KIND = "m2fn"
HEAD = "appeal"
STEPS = 7  # of the rating scale
COVERAGE = "interval coverage"  # measure on the card
LEVEL = 0.9
ADS = "ads"  # group of the reference set; its quantiles are named "ads/appeal"


@dataclass(frozen=True, kw_only=True)
class AppealSettings:
    """What serves `appeal` beside the network.

    Attributes:
        temperature: Of the members' mean distribution.
        half_width: Of the interval around the mean rating, rating steps.
        schema: The attribute schema, plain.
        reference: Name of the reference set.
    """

    temperature: float
    half_width: float
    schema: dict[str, Any]
    reference: str


def extras_of(settings: AppealSettings) -> dict[str, Any]:
    """For the manifest's extras; `settings_of` reads it."""
    return {HEAD: asdict(settings)}


def settings_of(manifest: Manifest) -> AppealSettings:
    """What a training stored.

    Raises:
        CheckpointError: The manifest's extras lack it.
    """
    try:
        return AppealSettings(**manifest.extras[HEAD])
    except (KeyError, TypeError) as error:
        raise CheckpointError(f"{manifest.name} has extras that do not serve {HEAD}: {error!r}.") from error


def network_fields(config: M2FNConfig, members: int) -> dict[str, Any]:
    """For the manifest's `network`; `load_m2fn` reads it."""
    plain: dict[str, Any] = json.loads(json.dumps(asdict(config)))  # lists for tuples, as they are read back
    return plain | {"members": members}


def load_m2fn(name: str, encoder_ids: dict[str, str], *, root: Path | None = None) -> tuple[Manifest, M2FNEnsemble]:
    """The checkpoint's networks in eval mode, on a copy of the backbone they were trained on.

    Args:
        name: Checkpoint name.
        encoder_ids: Identity of the encoders at hand by modality.
        root: Folder of the checkpoints.

    Raises:
        UnknownNameError: There is no such checkpoint.
        CheckpointError: It is not intact, of another kind, or was trained on other encoders.
    """
    checkpoint = load_of_kind(name, KIND, encoder_ids, root=root)
    manifest = checkpoint.manifest
    fields = dict(manifest.network)
    try:
        members = int(fields.pop("members"))
        config = M2FNConfig(**fields)
        backbone = StagedBackbone(load_image_encoder(config.backbone, root=root).network, config.depth)
        network = M2FNEnsemble(config, backbone, members)
        network.load_trainable_state(checkpoint.state)
    except (TypeError, KeyError, AdlabError) as error:
        raise CheckpointError(f"{name} does not fit its network: {error}. Restore the folder.") from error
    return manifest, network.eval().requires_grad_(False)
