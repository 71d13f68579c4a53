"""A checkpoint of the two-tower student: the network, how its scores are calibrated, and whose student it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from adlab.checkpoints.ctr import Platt
from adlab.checkpoints.manifest import Manifest
from adlab.checkpoints.networks import build_network, load_of_kind
from adlab.errors import CheckpointError, ConfigError
from adlab.models.pair_inputs import InputMode
from adlab.models.two_tower import TwoTower

KIND, EXTRAS = "two-tower", "relevance_student"
SCHEMA = 1  # of the settings


@dataclass(frozen=True, kw_only=True)
class StudentSettings:
    """What serves the student beside the network.

    Attributes:
        teacher: Name of the checkpoint it learned from.
        teacher_sha256: Of that checkpoint's weights.
        calibration: From the logit to the log-odds of Fair or better, by the value of each `InputMode`.
        schema: Version of these settings.

    Raises:
        ConfigError: A mode lacks its calibration, or a slope is not above 0.
    """

    teacher: str
    teacher_sha256: str
    calibration: Mapping[str, Platt]
    schema: int = SCHEMA

    def __post_init__(self) -> None:
        modes = sorted(mode.value for mode in InputMode)
        if sorted(self.calibration) != modes or not all(each.slope > 0 for each in self.calibration.values()):
            raise ConfigError(f"calibration is {dict(self.calibration)}; give a slope above 0 for each of {modes}.")
        if self.schema != SCHEMA:
            raise ConfigError(f"schema is {self.schema}; this version reads {SCHEMA}. Train the checkpoint again.")

    def score(self, logits: np.ndarray, mode: InputMode) -> np.ndarray:
        """Probability of Fair or better, 0–1, of logits of pairs read in one mode, (N,)."""
        found: np.ndarray = 1 / (1 + np.exp(-self.calibration[mode.value].apply(logits)))
        return found


class LoadedStudent(NamedTuple):
    """A loaded checkpoint.

    Attributes:
        manifest: What it says about itself.
        settings: What serves it.
        network: In eval mode.
    """

    manifest: Manifest
    settings: StudentSettings
    network: TwoTower


def extras_of(settings: StudentSettings) -> dict[str, Any]:
    """For the manifest's extras; `settings_of` reads it."""
    return {EXTRAS: asdict(settings)}


def settings_of(manifest: Manifest) -> StudentSettings:
    """What a training stored.

    Raises:
        CheckpointError: The manifest's extras lack it.
    """
    try:
        fields = dict(manifest.extras[EXTRAS])
        calibration = {mode: Platt(**parts) for mode, parts in fields.pop("calibration").items()}
        return StudentSettings(calibration=calibration, **fields)
    except (KeyError, TypeError, ValueError, AttributeError, ConfigError) as error:
        raise CheckpointError(f"{manifest.name} has extras that do not serve a student: {error!r}.") from error


def load_student(name: str, encoder_ids: dict[str, str], *, root: Path | None = None) -> LoadedStudent:
    """The checkpoint's network in eval mode.

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
    network = build_network(checkpoint)
    assert isinstance(network, TwoTower)  # BUILDERS has no other for this kind
    return LoadedStudent(manifest, settings_of(manifest), network)
