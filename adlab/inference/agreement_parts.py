"""What the `agreement` head is made of, read from its two checkpoints and checked to fit together."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from adlab.checkpoints.manifest import Manifest
from adlab.checkpoints.networks import build_network, check_encoders
from adlab.checkpoints.reference_set import ReferenceSet, load_reference_set
from adlab.checkpoints.store import load_checkpoint, read_extra
from adlab.data.assessment import DataKind
from adlab.errors import CheckpointError
from adlab.models.focal import FocalEnsemble

PROBES = "probes.safetensors"
TRUE, MISMATCHED = "true", "mismatched"
SPACES = ("private image", "private text")
READING_FIELDS = {"space", "name", "low_word", "high_word", "r2"}


@dataclass(frozen=True)
class AgreementParts:
    """The parts of the head.

    Attributes:
        manifest: Of the ensemble.
        network: The ensemble, float32.
        reference: The reference set of its scores.
        probes: ``"<index>/weight"`` (M·D,) and ``"<index>/bias"`` () of each reading.
        readings: What each reading is: `READING_FIELDS`.
        interval_scale: Stretch of the interval.
        data_kind: Kind of data behind the score.
    """

    manifest: Manifest
    network: FocalEnsemble
    reference: ReferenceSet
    probes: dict[str, np.ndarray]
    readings: tuple[dict[str, Any], ...]
    interval_scale: float
    data_kind: DataKind


def read_parts(name: str, encoder_ids: dict[str, str], root: Path | None = None) -> AgreementParts:
    """Read and check the parts of the checkpoint `name`.

    Raises:
        UnknownNameError: There is no such checkpoint, or its reference set is not there.
        CheckpointError: A checkpoint is not intact, lacks something, or was trained on other encoders.
    """
    checkpoint = load_checkpoint(name, root)
    manifest = checkpoint.manifest
    check_encoders(manifest, encoder_ids)
    network = build_network(checkpoint)
    if not isinstance(network, FocalEnsemble):
        raise CheckpointError(f"{name} is a {manifest.kind!r} checkpoint; the agreement head needs 'focal'.")
    try:
        reference_name = str(manifest.extras["reference"])
        readings = tuple(dict(reading) for reading in manifest.extras["readings"])
        interval_scale = float(manifest.extras["interval_scale"])
        data_kind = DataKind(manifest.data_kind)
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{name} has extras or a data_kind that do not serve agreement: {error!r}.") from error
    parts = AgreementParts(
        manifest=manifest,
        network=network,
        reference=load_reference_set(reference_name, root),
        probes={key: value.double().numpy() for key, value in read_extra(checkpoint, PROBES).items()},
        readings=readings,
        interval_scale=interval_scale,
        data_kind=data_kind,
    )
    problems = _misfits(parts)
    if problems:
        raise CheckpointError(f"{name} and {parts.reference.manifest.name} do not fit: {'; '.join(problems)}.")
    return parts


def _misfits(parts: AgreementParts) -> list[str]:
    members, width = len(parts.network.members), parts.network.config.latent_dim
    quantiles = {key: value.shape[:-1] for key, value in parts.reference.quantiles.items()}
    wanted: dict[str, tuple[int, ...]] = {
        f"{TRUE}/cosine": (),
        f"{TRUE}/member_cosine": (members,),
        f"{MISMATCHED}/cosine": (),
    } | {f"{TRUE}/reading_{index}": () for index in range(len(parts.readings))}
    problems = [f"the quantiles {key} are missing or misshapen" for key in wanted if quantiles.get(key) != wanted[key]]
    problems += [f"the group {group} is not there" for group in (TRUE, MISMATCHED) if not _has_group(parts, group)]
    for index, reading in enumerate(parts.readings):
        if set(reading) != READING_FIELDS or reading["space"] not in SPACES:
            problems.append(f"reading {index} is {reading}, not {sorted(READING_FIELDS)} in one of {SPACES}")
        shapes = [getattr(parts.probes.get(f"{index}/{part}"), "shape", None) for part in ("weight", "bias")]
        if shapes != [(members * width,), ()]:
            problems.append(f"the probe of reading {index} has shapes {shapes}")
    if not (math.isfinite(parts.interval_scale) and parts.interval_scale >= 0):
        problems.append(f"interval_scale is {parts.interval_scale}")
    return problems


def _has_group(parts: AgreementParts, group: str) -> bool:
    groups = parts.reference.manifest.extras.get("groups", {})
    return {"n", "description"} <= set(groups.get(group, {}))
