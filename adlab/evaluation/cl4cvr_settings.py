"""What `reproduce cl4cvr` is asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from adlab.errors import ConfigError

SIMULATED, SPARSITY, EXPOSURE, HILLSTROM = "simulated", "sparsity", "exposure", "hillstrom"
THROUGHPUT = "throughput"
TORCH_RECHUB = "torch_rechub"  # stored by benchmarks/funnel_throughput.py
LEAST_ADS, LEAST_IMPRESSIONS = 20, 2000


@dataclass(frozen=True, kw_only=True)
class FunnelStudy:
    """Size of the parts on a simulated log.

    Attributes:
        ads: Simulated ads, 20 or more.
        impressions: Of the log, 2000 or more; about three quarters are trained on.
        side_rows: Most training rows of tuning, rivals and sparsity.
        seeds: Trainings of each of the six main variants; logs of the exposure part.
        side_seeds: Trainings of each rival and of each share of conversions.
        creatives: Whether the networks see the ads' frozen vectors; else they know them by their ids alone.
        throughput_rows: Most rows of the log that only speed is measured on; it grows from 100,000 by tens.

    Raises:
        ConfigError: A number is outside its range.
    """

    ads: int = 2000
    impressions: int = 2_000_000
    side_rows: int = 500_000
    seeds: int = 5
    side_seeds: int = 3
    creatives: bool = True
    throughput_rows: int = 10_000_000

    def __post_init__(self) -> None:
        least = {"ads": LEAST_ADS, "impressions": LEAST_IMPRESSIONS, "side_rows": 1, "throughput_rows": 1}
        for name, bound in (least | {"seeds": 1, "side_seeds": 1}).items():
            if getattr(self, name) < bound:
                raise ConfigError(f"{name} is {getattr(self, name)}; give {bound} or more.")


@dataclass(frozen=True, kw_only=True)
class CL4CVRReproduction:
    """What to reproduce, and on what.

    Attributes:
        data: The Hillstrom file or its folder; the other parts do not read it.
        out: Folder of the report.
        seed: Of the simulated log, of folds and of all that is drawn.
        budget_minutes: No training is begun that would not end within this time, judged by those so far; what is
            missing is said in the report. It holds for each part. None for no limit.
        study: Size of the simulated parts.
        repeats: Draws of Hillstrom's five folds.

    Raises:
        ConfigError: A number is outside its range.
    """

    data: Path | None = None
    out: Path = Path("docs/reproduction")
    seed: int = 0
    budget_minutes: float | None = None
    study: FunnelStudy = field(default_factory=FunnelStudy)
    repeats: int = 3

    def __post_init__(self) -> None:
        if self.budget_minutes is not None and not self.budget_minutes > 0:
            raise ConfigError(f"budget_minutes is {self.budget_minutes}; give a number above 0.")
        if self.seed < 0 or self.repeats < 1:
            raise ConfigError(f"seed is {self.seed} and repeats {self.repeats}; give 0 or more, and 1 or more.")
