"""What a checkpoint that serves `ctr` stores beside its networks: written by a training, read by the head."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np

from adlab.checkpoints.manifest import Manifest
from adlab.checkpoints.standing_contexts import StandingContexts
from adlab.errors import CheckpointError, ConfigError, InputError

HEAD = "ctr"
ADS = "ads"  # group of the reference set; its quantiles are named "ads/ctr"
KNOWN, UNKNOWN = (
    "interval coverage of the planted probability, context known",
    "interval coverage of the planted probability, context unknown",
)  # measures on the card
LEVEL = 0.9
# What may differ between two contexts whose rates are compared: time alone, viewer alone, or anything.
LIFT_FIELDS = {"time": ("weekday", "hour"), "viewer": ("gender", "age_band")}
ANYTHING = "anything"
LIFT_GROUPS = (*LIFT_FIELDS, ANYTHING)


@dataclass(frozen=True, kw_only=True)
class Platt:
    """From raw log-odds to calibrated ones (Platt 1999).

    Attributes:
        slope: Factor.
        intercept: Added afterwards.
    """

    slope: float
    intercept: float

    def apply(self, logits: np.ndarray) -> np.ndarray:
        """Calibrated log-odds of the same shape."""
        return self.slope * logits + self.intercept


@dataclass(frozen=True, kw_only=True)
class CtrSettings(StandingContexts):
    """What serves `ctr` beside the networks; the contexts that stand for all are with it.

    Attributes:
        calibration: From raw log-odds of a click in one context to the score.
        half_width: Of the interval around the log-odds of a click.
        schema: The attribute schema, plain.
        lift_halves: Half-widths of the interval around the logarithm of a lift, an ad's rate in a context relative to
            that in another, by what differs between the two (`LIFT_GROUPS`): how an ad does on another day is known
            better than how it does.
        reference: Name of the reference set.

    Raises:
        ConfigError: There are no contexts, too many, or weights that do not fit them.
    """

    calibration: Platt
    half_width: float
    schema: dict[str, Any]
    lift_halves: dict[str, float]
    reference: str

    def __post_init__(self) -> None:
        super().__post_init__()
        if set(self.lift_halves) != set(LIFT_GROUPS):
            raise ConfigError(f"lift_halves are of {sorted(self.lift_halves)}; give those of {', '.join(LIFT_GROUPS)}.")


def lift_group(differing: Collection[str]) -> str:
    """The group of `LIFT_GROUPS` that two contexts belong to, from the fields in which they differ."""
    own = (name for name, fields in LIFT_FIELDS.items() if set(differing) <= set(fields))
    return next(own, ANYTHING)


def extras_of(settings: CtrSettings) -> dict[str, Any]:
    """For the manifest's extras; `settings_of` reads it."""
    return {HEAD: settings.plain()}


def settings_of(manifest: Manifest) -> CtrSettings:
    """What a training stored.

    Raises:
        CheckpointError: The manifest's extras lack it.
    """
    try:
        fields = dict(manifest.extras[HEAD])
        return CtrSettings(calibration=Platt(**fields.pop("calibration")), **fields)
    except (KeyError, TypeError, ValueError, ConfigError, InputError) as error:
        raise CheckpointError(f"{manifest.name} has extras that do not serve {HEAD}: {error!r}.") from error
