"""`python -m adlab reproduce simulator`: the simulator's proof, and the page that shows it."""

from __future__ import annotations

import hashlib
import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from adlab.errors import ConfigError
from adlab.evaluation.kept import KeptParts
from adlab.evaluation.simulator_audit import baselines, leaks, oracles, row_leaks
from adlab.evaluation.simulator_figures import draw_figures
from adlab.evaluation.simulator_pictures import PictureMeasures, measure_pictures, sheet_of
from adlab.evaluation.simulator_recovery import DrawnLog, Recovery, recover
from adlab.evaluation.simulator_report import FOLDER, SHEET, write_report
from adlab.evaluation.simulator_results import SimulatorResults, Speed
from adlab.paths import ROOT, cache_dir
from adlab.simulator.ceiling import ceiling_of
from adlab.simulator.coefficients import OUTCOMES
from adlab.simulator.collection import ad_names, collection_factors
from adlab.simulator.log import ImpressionLog
from adlab.simulator.settings import SimulationSettings
from adlab.simulator.simulation import write_whole

Progress = Callable[[int, int], None]
SHEET_ADS, SHEET_QUALITY = 48, 85
CONTEXTS_PER_AD = 100
DRAWING_SOURCES = ("simulator/**/*.py", "evaluation/simulator_pictures.py")  # kept measures are of this very code
_FIT_STEPS = 6  # of Newton's method, about
_COMMAND = "python -m adlab reproduce simulator"


@dataclass(frozen=True, kw_only=True)
class SimulatorProof:
    """What to measure, and on how much.

    Attributes:
        out: Folder of the report.
        ads: Ads of the audited collection, 50 or more; each is drawn once.
        impressions_per_ad: Its impressions by ad, on average.
        rows: Rows of each log of the recovery, 10,000 or more.
        impressions_per_row: Impressions by row in the aggregated one.
        seed: Seed of everything.
        workers: Processes that draw; as many as processors if None.

    Raises:
        ConfigError: A number is outside its range.
    """

    out: Path = Path("docs")
    ads: int = 2000
    impressions_per_ad: int = 1000
    rows: int = 1_000_000
    impressions_per_row: int = 20
    seed: int = 0
    workers: int | None = None

    def __post_init__(self) -> None:
        for name, least in (("ads", 50), ("impressions_per_ad", 100), ("rows", 10_000), ("impressions_per_row", 1)):
            if getattr(self, name) < least:
                raise ConfigError(f"{name} is {getattr(self, name)}; give {least:,} or more.")


def prove_simulator(proof: SimulatorProof, progress: Progress = lambda done, total: None, command: str = "") -> Path:
    """Measure, and write `simulator.md`, its figures and its numbers.

    Args:
        proof: What to do.
        progress: Called with (done, total), in pictures drawn and steps of fits.
        command: The command line, for the report.

    Returns:
        The report.
    """
    steps = _Steps(proof.ads + 4 * _FIT_STEPS, progress)
    audited = DrawnLog(
        SimulationSettings(
            ads=proof.ads,
            impressions=proof.ads * proof.impressions_per_ad,
            aggregate=True,
            contexts_per_ad=CONTEXTS_PER_AD,
            seed=proof.seed,
        )
    )
    pictures = _pictures(audited.settings, proof.workers, steps)
    single = DrawnLog(SimulationSettings(ads=proof.ads, impressions=proof.rows, seed=proof.seed + 1))
    recoveries = {
        f"{proof.rows:,} impressions, one a row": _recover(single, steps),
        f"{proof.rows * proof.impressions_per_row:,} impressions, aggregated": _recover(_grouped(proof), steps),
    }
    model = audited.model
    impressions, clicks = audited.of_ads("impressions"), audited.of_ads("clicks").sum()
    results = SimulatorResults(
        command=command or _COMMAND,
        seed=proof.seed,
        ads=proof.ads,
        impressions=int(impressions.sum()),
        variance_shares={outcome: model.variance_shares(outcome) for outcome in OUTCOMES},
        spreads={outcome: model.spread(outcome) for outcome in OUTCOMES},
        intercepts=dict(model.intercepts),
        observed={
            "ctr": float(clicks / impressions.sum()),
            "cvr": float(audited.of_ads("conversions").sum() / clicks),
        },
        recoveries=recoveries,
        ceiling=ceiling_of(model, audited.ads, impressions, proof.seed),
        oracles=oracles(model),
        baselines=baselines(audited, pictures),
        leaks=leaks(audited, pictures) + row_leaks(single),
        speed=measure_speed(single.settings),
    )
    folder = proof.out / FOLDER
    figures = draw_figures(results, model, model.average(audited.ads).ctr, folder)
    sheet = sheet_of(proof.seed, SHEET_ADS, model)
    sheet.save(folder / SHEET, quality=SHEET_QUALITY, optimize=True)
    steps.finish()
    return write_report(results, figures, proof.out)


def measure_speed(settings: SimulationSettings) -> Speed:
    """Time the log of a simulation, from drawing to Parquet files."""
    started = time.process_time()
    log = ImpressionLog(settings, settings.response(), collection_factors(settings), ad_names(settings))
    with tempfile.TemporaryDirectory() as folder:
        for number in range(log.parts):
            write_whole(log.part(number), Path(folder) / f"part-{number}.parquet")
    return Speed(rows=settings.impressions, cpu_seconds=time.process_time() - started)


class _Steps:
    """Counts what is done against what there is to do."""

    def __init__(self, total: int, progress: Progress) -> None:
        self.total, self.done, self._progress = total, 0, progress

    def advance(self, steps: int = 1) -> None:
        self.done = min(self.done + steps, self.total - 1)
        self._progress(self.done, self.total)

    def finish(self) -> None:
        self._progress(self.total, self.total)


def _recover(log: DrawnLog, steps: _Steps) -> tuple[Recovery, ...]:
    return tuple(recover(log, outcome, steps.advance) for outcome in OUTCOMES)


def _grouped(proof: SimulatorProof) -> DrawnLog:
    """A log of about as many rows, each of several impressions."""
    contexts = max(proof.rows // proof.ads, 1)
    settings = SimulationSettings(
        ads=proof.ads,
        impressions=proof.rows * proof.impressions_per_row,
        aggregate=True,
        contexts_per_ad=contexts,
        seed=proof.seed + 2,
    )
    return DrawnLog(settings)


def _pictures(settings: SimulationSettings, workers: int | None, steps: _Steps) -> PictureMeasures:
    """Measures of the pictures, kept for a second run by what draws them."""
    drawn = replace(settings, impressions=1)
    digest = hashlib.sha256(json.dumps(drawn.as_json(), sort_keys=True).encode())
    for pattern in DRAWING_SOURCES:
        for source in sorted((ROOT / "adlab").glob(pattern)):
            digest.update(source.read_bytes())
    kept = KeptParts(cache_dir() / "reproduce" / f"simulator-{digest.hexdigest()[:16]}")
    done = 0

    def advance(count: int, total: int) -> None:
        nonlocal done
        steps.advance(count - done)
        done = count

    arrays = kept.get("pictures", lambda: measure_pictures(settings, workers, advance)._asdict())
    if not done:
        steps.advance(settings.ads)
    return PictureMeasures(**{name: np.asarray(array, dtype=np.float64) for name, array in arrays.items()})
