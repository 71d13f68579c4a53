"""The numbers of the simulator's proof, as the report and its JSON twin hold them."""

from __future__ import annotations

from dataclasses import dataclass

from adlab.evaluation.simulator_audit import BaselineRow, LeakRow, OracleRow
from adlab.evaluation.simulator_recovery import Recovery
from adlab.simulator.ceiling import Ceiling
from adlab.simulator.coefficients import Group, Outcome


@dataclass(frozen=True, kw_only=True)
class Speed:
    """How fast the log is written, on one core of the machine that made the report.

    Attributes:
        rows: Impressions, one a row, written to Parquet.
        cpu_seconds: Processor time for it.
    """

    rows: int
    cpu_seconds: float

    @property
    def rows_a_minute(self) -> float:
        """Rows in a minute of processor time."""
        return 60 * self.rows / self.cpu_seconds


@dataclass(frozen=True, kw_only=True)
class SimulatorResults:
    """Everything that is measured.

    Attributes:
        command: The command that repeats it.
        seed: Seed of all collections.
        ads: Ads of the audited collection.
        impressions: Its impressions.
        variance_shares: Share of each group in the variance of the log-odds, by outcome.
        spreads: Standard deviation of the log-odds, by outcome.
        intercepts: By outcome.
        observed: CTR and CVR of the audited collection.
        recoveries: By name of the log, both outcomes.
        ceiling: Of the audited collection.
        oracles: What perfect knowledge of some causes is worth.
        baselines: What plain models reach.
        leaks: What must tell nothing beyond the causes.
        speed: Of writing the log.
    """

    command: str
    seed: int
    ads: int
    impressions: int
    variance_shares: dict[Outcome, dict[Group, float]]
    spreads: dict[Outcome, float]
    intercepts: dict[Outcome, float]
    observed: dict[str, float]
    recoveries: dict[str, tuple[Recovery, ...]]
    ceiling: Ceiling
    oracles: tuple[OracleRow, ...]
    baselines: tuple[BaselineRow, ...]
    leaks: tuple[LeakRow, ...]
    speed: Speed
