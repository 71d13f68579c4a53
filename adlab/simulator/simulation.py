"""A whole simulation on disk: log, ads, pictures and a manifest, streamed, and resumed after a kill.

    out/
      manifest.json       settings, table of coefficients, intercepts, shares, ceilings, counts
      ads.parquet         one row an ad: the table contract, its causes, its truth
      log/part-00000.parquet …
      images/0000/sim-0-000000.jpg …   where asked for

A part of the log follows from the settings and its number, an ad from the seed and its number; each file is written
beside its place and renamed. What is there after a kill is therefore whole, and what is missing comes out the same.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from adlab.errors import ConfigError, InputError
from adlab.processes import ProcessPool
from adlab.simulator.ceiling import ceiling_of
from adlab.simulator.coefficients import EFFECTS, OUTCOMES
from adlab.simulator.collection import ad_names, ad_rows, collection_factors, draw_pictures, pieces
from adlab.simulator.log import ImpressionLog
from adlab.simulator.population import FactorTable
from adlab.simulator.response import ResponseModel
from adlab.simulator.settings import SimulationSettings

MANIFEST, ADS, LOG, IMAGES = "manifest.json", "ads.parquet", "log", "images"
COUNTS = ("impressions", "clicks", "conversions")
Progress = Callable[[int, int], None]
_UNFINISHED = ".unfinished"


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """What lies in a folder.

    Attributes:
        folder: The folder.
        finished: Whether everything is there.
        already: Whether it was before the call.
        done: Steps done: parts of the log, pieces of ads.
        steps: All steps.
        manifest: The manifest's content.
    """

    folder: Path
    finished: bool
    already: bool
    done: int
    steps: int
    manifest: dict[str, Any]


def simulate(
    settings: SimulationSettings,
    out: Path,
    *,
    progress: Progress = lambda done, total: None,
    budget_minutes: float | None = None,
    workers: int | None = None,
) -> Simulation:
    """Write a simulation, or what of it is missing.

    Args:
        settings: What is asked for.
        out: Its folder: new, empty, or one that an earlier call with equal settings has written to.
        progress: Called with (steps done, all steps).
        budget_minutes: No step is begun after this time; None for no limit.
        workers: Processes that draw pictures; as many as processors if not given, and none but this one with 1.

    Returns:
        What lies in the folder now.

    Raises:
        ConfigError: The folder holds another simulation.
        InputError: It holds other files, or cannot be written to.
    """
    started = time.monotonic()
    manifest = _begin(settings, out)
    log_parts, ad_pieces = _steps(settings)
    steps = log_parts + ad_pieces
    if manifest.get("finished"):
        return Simulation(folder=out, finished=True, already=True, done=steps, steps=steps, manifest=manifest)
    work = _Work(settings, out, workers)
    try:
        for done, _ in enumerate(work.steps(), start=1):
            progress(done, steps)
            late = budget_minutes is not None and time.monotonic() - started > 60 * budget_minutes
            if late and done < steps:
                return Simulation(folder=out, finished=False, already=False, done=done, steps=steps, manifest=manifest)
        manifest = work.finish()
    except OSError as error:
        raise InputError(f"{str(out)!r} cannot be written to ({error}); what is there is kept.") from error
    return Simulation(folder=out, finished=True, already=False, done=steps, steps=steps, manifest=manifest)


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a simulation.

    Raises:
        InputError: There is none, or it is not sound.
    """
    try:
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"{str(folder)!r} has no {MANIFEST}; give a folder that simulate has written.") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{str(folder / MANIFEST)!r} is damaged; delete the folder and simulate again.") from error
    return dict(content)


class _Work:
    """The steps of one simulation."""

    def __init__(self, settings: SimulationSettings, out: Path, workers: int | None) -> None:
        self.settings, self.out, self.workers = settings, out, workers
        self.model = settings.response()
        self.factors = collection_factors(settings)
        self.log = ImpressionLog(settings, self.model, self.factors, ad_names(settings))
        self.counts = {name: np.zeros(settings.ads, dtype=np.int64) for name in COUNTS}
        self.rows = 0

    def steps(self) -> Iterator[None]:
        """Do what is not done; yields after each step."""
        (self.out / LOG).mkdir(parents=True, exist_ok=True)
        for number in range(self.log.parts):
            path = self.out / LOG / f"part-{number:05d}.parquet"
            if not path.is_file():
                write_whole(self.log.part(number), path)
            self._count(pq.read_table(path, columns=["ad_id", *COUNTS]))
            yield
        with self._pool() as pool:
            for number, indices in enumerate(pieces(self.settings)):
                path = self._piece(number)
                if not path.is_file():
                    if self.settings.images:
                        draw_pictures(self.settings, self.out / IMAGES, indices, pool)
                    rows = ad_rows(self.settings, self.model, indices, self.counts, self.log.splits)
                    write_whole(pa.Table.from_pandas(rows, preserve_index=False), path)
                yield

    def finish(self) -> dict[str, Any]:
        """Join the pieces, write the manifest."""
        files = [self._piece(number) for number in range(len(pieces(self.settings)))]
        draft = self.out / f".{ADS}.part"
        with pq.ParquetWriter(draft, pq.read_schema(files[0]), compression="zstd") as writer:
            for file in files:
                writer.write_table(pq.read_table(file))
        draft.replace(self.out / ADS)
        manifest = manifest_of(self.settings, self.model) | self._results() | {"finished": True}
        _write_manifest(self.out, manifest)
        shutil.rmtree(self.out / _UNFINISHED)
        for left in self.out.rglob(".*.part"):  # by a kill
            left.unlink()
        return manifest

    @contextmanager
    def _pool(self) -> Iterator[Executor | None]:
        """Processes that draw, where there is something to draw and more than one is to do it."""
        if not self.settings.images or self.workers == 1:
            yield None
            return
        with ProcessPool(self.workers) as pool:
            yield pool

    def _piece(self, number: int) -> Path:
        return self.out / _UNFINISHED / f"ads-{number:05d}.parquet"

    def _count(self, table: pa.Table) -> None:
        names = table["ad_id"].combine_chunks()
        index = np.array([int(name.rpartition("-")[2]) for name in names.dictionary.to_pylist()], dtype=np.int64)
        rows = index[names.indices.to_numpy()]
        for name in COUNTS:
            self.counts[name] += np.bincount(rows, table[name].to_numpy(), self.settings.ads).astype(np.int64)
        self.rows += table.num_rows

    def _results(self) -> dict[str, Any]:
        impressions, clicks, conversions = (int(self.counts[name].sum()) for name in COUNTS)
        return {
            "counts": {
                "ads": self.settings.ads,
                "rows": self.rows,
                "impressions": impressions,
                "clicks": clicks,
                "conversions": conversions,
                "ctr": clicks / impressions,
                "cvr": conversions / clicks if clicks else None,
            },
            "ceilings": ceilings_of(self.model, self.factors, self.counts["impressions"]),
        }


def manifest_of(settings: SimulationSettings, model: ResponseModel) -> dict[str, Any]:
    """What the manifest says before anything is drawn."""
    return {
        "what": "simulated ads and responses with planted causes; no number in it was observed",
        "finished": False,
        "settings": settings.as_json(),
        "coefficients": {outcome: dict(model.coefficients.of(outcome)) for outcome in OUTCOMES},
        "groups": {effect.name: effect.group for effect in EFFECTS},
        "intercepts": model.intercepts,
        "variance_shares": {outcome: model.variance_shares(outcome) for outcome in OUTCOMES},
        "log_odds_sd": {outcome: model.spread(outcome) for outcome in OUTCOMES},
    }


def ceilings_of(model: ResponseModel, ads: FactorTable, impressions: NDArray[np.integer]) -> dict[str, Any]:
    """The ceilings, fit for JSON; of a drifting log, those without its drift."""
    ceiling = asdict(ceiling_of(model, ads, impressions))
    return ceiling | {"ctr_sprc": {str(least): value for least, value in ceiling["ctr_sprc"].items()}}


def write_whole(table: pa.Table, path: Path) -> None:
    """Write a Parquet file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.part")
    pq.write_table(table, draft, compression="zstd")
    draft.replace(path)


def _steps(settings: SimulationSettings) -> tuple[int, int]:
    return ImpressionLog.number_of_parts(settings), len(pieces(settings))


def _begin(settings: SimulationSettings, out: Path) -> dict[str, Any]:
    """The folder's manifest; a new one where the folder is new."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{str(out)!r} cannot be made ({error}); name another folder.") from error
    if not os.access(out, os.W_OK):
        raise InputError(f"Nothing can be written to {str(out)!r}; name another folder.")
    if (out / MANIFEST).is_file():
        manifest = read_manifest(out)
        there, asked = manifest.get("settings", {}), json.loads(json.dumps(settings.as_json()))
        if differing := [name for name in asked if there.get(name) != asked[name]]:
            name = differing[0]
            more = f" and {len(differing) - 1} more settings differ" if len(differing) > 1 else ""
            raise ConfigError(
                f"{str(out)!r} holds a simulation whose {name} is {_short(there.get(name))}, not {_short(asked[name])}"
                f"{more}; give its settings to go on, or name another folder."
            )
        return manifest
    if any(out.iterdir()):
        raise InputError(f"{str(out)!r} holds other files; name a new or an empty folder.")
    manifest = manifest_of(settings, settings.response())
    _write_manifest(out, manifest)
    return manifest


def _write_manifest(out: Path, manifest: dict[str, Any]) -> None:
    draft = out / f".{MANIFEST}.part"
    draft.write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    draft.replace(out / MANIFEST)


def _short(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
