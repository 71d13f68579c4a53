"""What a checkpoint that serves `conversion` stores beside its network: written by a training, read by the head."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from adlab.checkpoints.manifest import Manifest
from adlab.errors import CheckpointError, ConfigError
from adlab.models.focal_conversion import ConversionConfig

HEAD = "conversion"
REGRESSION = "conversion.safetensors"  # tensors of a `ConversionRegression`
ADS = "ads"  # group of the reference set; its quantiles are named "ads/conversion"
COVERAGE = "interval coverage of the planted probability"  # measure on the card
LEVEL = 0.9


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """How raw log-odds become the score, fitted on ads that trained nothing.

    Attributes:
        slope: Factor on the mean log-odds.
        intercept: Added afterwards.
        interval_scale: Stretch of the members' spread.
    """

    slope: float
    intercept: float
    interval_scale: float

    def apply(self, logits: np.ndarray) -> np.ndarray:
        """Calibrated log-odds of the same shape."""
        return self.slope * logits + self.intercept


def extras_of(config: ConversionConfig, calibration: Calibration, reference: str) -> dict[str, Any]:
    """For the manifest's extras; `settings_of` reads it."""
    return {"reference": reference, HEAD: {"regression": asdict(config), "calibration": asdict(calibration)}}


def settings_of(manifest: Manifest) -> tuple[ConversionConfig, Calibration, str]:
    """What the regression reads, the calibration, and the name of the reference set.

    Raises:
        CheckpointError: The manifest's extras lack them.
    """
    try:
        fields: dict[str, Any] = manifest.extras[HEAD]
        config, calibration = ConversionConfig(**fields["regression"]), Calibration(**fields["calibration"])
        return config, calibration, str(manifest.extras["reference"])
    except (KeyError, TypeError, ValueError, ConfigError) as error:
        raise CheckpointError(f"{manifest.name} has extras that do not serve conversion: {error!r}.") from error
