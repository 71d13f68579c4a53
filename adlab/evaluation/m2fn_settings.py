"""What `reproduce m2fn` is asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from adlab.errors import ConfigError
from adlab.evaluation.m2fn_simulated_study import SimulatedStudy

REAL, SIMULATED = "real", "simulated"


@dataclass(frozen=True, kw_only=True)
class M2FNReproduction:
    """What to reproduce, and on what.

    Attributes:
        data: The bad-ads folder; not read by the simulated half.
        out: Folder of the report.
        seed: Of folds, simulated ads and all that is drawn.
        budget_minutes: No part of a half is begun that would not end within this time, judged by the longest so far;
            what is missing is said in the report. None for no limit.
        device: ``"auto"``, ``"cpu"`` or ``"cuda"``.
        simulated: Size of the simulated half.

    Raises:
        ConfigError: The budget is not above 0, or the seed is negative.
    """

    data: Path | None = None
    out: Path = Path("docs/reproduction")
    seed: int = 0
    budget_minutes: float | None = None
    device: str = "auto"
    simulated: SimulatedStudy = field(default_factory=SimulatedStudy)

    def __post_init__(self) -> None:
        if self.budget_minutes is not None and not self.budget_minutes > 0:
            raise ConfigError(f"budget_minutes is {self.budget_minutes}; give a number above 0.")
        if self.seed < 0:
            raise ConfigError(f"seed is {self.seed}; give 0 or more.")
