"""Rows a second in training ESMM: ours, without and with CL4CVR's contrastive task, against torch-rechub's ESMM.

    pip install torch-rechub    # needed by this run only
    python -m benchmarks.funnel_throughput [--rows 153600] [--batch 1024] [--repeats 3] [--threads 1] [--out DIR]

All train on one table of seventeen fields, with embeddings of 10 and towers of 512-256-128, by Adam. torch-rechub runs
twice: as its own examples have it, its trainer on its data loader, which joins a batch row by row; and on batches cut
beforehand, so that its data loader costs nothing. It has no sparse updates of embeddings, and its towers have batch
norms, which ours have not. Ours reads the table as it is and draws the order of rows itself, which is in its time.

The ways run in turn within each repeat, so that other work on the machine hits all alike; a ratio is the median over
repeats. CPU time is of the process. AUCs are of clicks and of clicks that convert, on rows that were not trained on,
after the one pass that warms up: as in CL4CVR's training each way has then seen every row once. On later passes all of
them begin to learn rows by heart.

With `--out docs/reproduction` the numbers are kept for the report of `reproduce cl4cvr`, which prints them when it is
written next.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch_rechub.basic.features import SparseFeature
from torch_rechub.models import multi_task
from torch_rechub.trainers import MTLTrainer
from torch_rechub.utils.data import DataGenerator

from adlab.data.funnel_batch import FunnelBatch
from adlab.evaluation.cl4cvr_report import NAME
from adlab.evaluation.cl4cvr_settings import TORCH_RECHUB
from adlab.evaluation.parts import keep_part
from adlab.metrics.ranking import auc
from adlab.models.esmm_config import ESMMConfig
from adlab.models.funnel_networks import build_funnel
from adlab.training.funnel_config import Contrast, FunnelTraining
from adlab.training.funnel_loop import FunnelLoop, predict_funnel

# Codes of each field: users, ads and what describes them; 200,000 in all, the hash buckets of CL4CVR's public code.
FIELDS = (100_000, 20_000, 20_000, 20_000, 10_000, 10_000, 8_000, 5_000, 2_000, 2_000, 1_500, 1_000, 453, 24, 12, 7, 4)
TOWER, EMBEDDING, RATE = (512, 256, 128), 10, 1e-3
TEST_ROWS = 40_000
OURS = "adlab"


def table(rows: int, seed: int) -> FunnelBatch:
    """Rows whose codes are skewed as those of a log, with clicks and conversions that the codes tell."""
    rng, causes = np.random.default_rng([seed, 1]), np.random.default_rng(0)
    sparse = np.stack([(rng.random(rows) ** 3 * size).astype(np.int64) for size in FIELDS], axis=1)
    log_odds = np.zeros((2, rows))
    for column, size in zip(sparse.T, FIELDS, strict=True):
        log_odds += 0.35 * causes.standard_normal((2, size))[:, column]
    chance = 1 / (1 + np.exp(-(log_odds + np.array([[-2.5], [-2.0]]))))
    click = rng.random(rows) < chance[0]
    conversion = click & (rng.random(rows) < chance[1])
    nothing = np.zeros((rows, 0), dtype=np.float32)
    ones = np.ones(rows, dtype=np.float32)
    labels = (click.astype(np.float32), conversion.astype(np.float32))
    return FunnelBatch(sparse, nothing, {}, np.full(rows, -1), *labels, ones)


def ours(train: FunnelBatch, batch: int, repeats: int, contrast: Contrast | None, precision: str) -> FunnelLoop:
    """A loop whose every epoch is one repeat, and one more to warm up."""
    torch.manual_seed(0)
    network = build_funnel(ESMMConfig(fields=FIELDS, embedding_dim=EMBEDDING, tower_dims=TOWER))
    how = FunnelTraining(
        epochs=repeats + 1, batch_size=batch, learning_rate=RATE, contrast=contrast, precision=precision
    )
    return FunnelLoop(network, how, train)


class Rechub:
    """torch-rechub's ESMM and trainer.

    Args:
        train: The table.
        batch: Rows a step.
        cut: Whether batches are cut beforehand.
    """

    def __init__(self, train: FunnelBatch, batch: int, cut: bool) -> None:
        torch.manual_seed(0)
        features = [SparseFeature(f"f{i}", size, embed_dim=EMBEDDING) for i, size in enumerate(FIELDS)]
        tower = {"dims": list(TOWER)}
        self.model = multi_task.ESMM(features[:8], features[8:], tower, dict(tower))
        x, y = self.inputs(train), np.stack([train.conversion, train.click, train.conversion], axis=1)
        self.batches: Iterable[Any]
        if cut:
            order = torch.randperm(train.rows).split(batch)
            tensors = {name: torch.from_numpy(column) for name, column in x.items()}
            self.batches = [({n: c[rows] for n, c in tensors.items()}, torch.from_numpy(y)[rows]) for rows in order]
        else:
            self.batches = DataGenerator(x, y).generate_dataloader(
                x_val=x, y_val=y, x_test=x, y_test=y, batch_size=batch
            )[0]
        self.trainer = MTLTrainer(
            self.model,
            ["classification"] * 3,
            optimizer_params={"lr": RATE},
            n_epoch=1,
            model_path=tempfile.gettempdir(),
        )

    @staticmethod
    def inputs(rows: FunnelBatch) -> dict[str, np.ndarray]:
        """Columns by name."""
        return {f"f{i}": np.ascontiguousarray(column) for i, column in enumerate(rows.sparse.T)}

    def epoch(self) -> None:
        """One pass; its progress bar and prints are kept from the table."""
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            self.trainer.train_one_epoch(self.batches)

    @torch.inference_mode()
    def chances(self, rows: FunnelBatch) -> tuple[np.ndarray, np.ndarray]:
        """Of a click and of a click that converts, (N,) each."""
        self.model.eval()
        found = self.model({name: torch.from_numpy(column) for name, column in self.inputs(rows).items()}).numpy()
        return found[:, 1], found[:, 2]


def timed(ways: dict[str, Callable[[], Any]], repeats: int) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Wall-clock and CPU seconds of each way and repeat."""
    wall: dict[str, list[float]] = {name: [] for name in ways}
    cpu: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(repeats):
        for name, run in ways.items():
            started, used = time.perf_counter(), time.process_time()
            run()
            wall[name].append(time.perf_counter() - started)
            cpu[name].append(time.process_time() - used)
    return wall, cpu


def measured(rows: int, batch: int, repeats: int, threads: int) -> dict[str, Any]:
    """Train every way; gives plain JSON."""
    torch.set_num_threads(threads)
    train, test = table(rows, 1), table(TEST_ROWS, 2)
    loops = {
        OURS: ours(train, batch, repeats, None, "auto"),
        "adlab, float32": ours(train, batch, repeats, None, "float32"),
        "adlab, with contrast": ours(train, batch, repeats, Contrast(), "auto"),
    }
    others = {
        "torch-rechub, own loader": Rechub(train, batch, cut=False),
        "torch-rechub, cut batches": Rechub(train, batch, cut=True),
    }
    ways: dict[str, Callable[[], Any]] = {name: lambda loop=loop: loop.run(epochs=1) for name, loop in loops.items()}
    ways |= {name: other.epoch for name, other in others.items()}
    for warm_up in ways.values():
        warm_up()
    scores = {name: predict_funnel(loop.task.network, test) for name, loop in loops.items()}
    chances = {name: (output.ctr.numpy(), output.ctcvr.numpy()) for name, output in scores.items()}
    chances |= {name: other.chances(test) for name, other in others.items()}
    wall, cpu = timed(ways, repeats)
    packages = ("torch", "torch-rechub", "numpy")
    return {
        "versions": {"python": platform.python_version(), **{name: version(name) for name in packages}},
        "machine": {"architecture": platform.machine(), "processors": os.cpu_count(), "threads": threads},
        "cpu_share": sum(map(sum, cpu.values())) / sum(map(sum, wall.values())) / threads,
        "rows": rows,
        "test_rows": TEST_ROWS,
        "fields": len(FIELDS),
        "codes": sum(FIELDS),
        "batch_size": batch,
        "repeats": repeats,
        "precision": str(FunnelTraining().resolved_precision()).removeprefix("torch."),
        "ways": [
            {
                "name": name,
                "seconds": wall[name],
                "cpu_seconds": cpu[name],
                "wall_ratio": ratio(wall[name], wall[OURS]),
                "cpu_ratio": ratio(cpu[name], cpu[OURS]),
                "ctr_auc": auc(chances[name][0], test.click),
                "ctcvr_auc": auc(chances[name][1], test.conversion),
            }
            for name in ways
        ],
        "missing": [],
    }


def ratio(times: Sequence[float], own: Sequence[float]) -> float:
    """How many times as long as ours, median over repeats."""
    return statistics.median(other / ours for other, ours in zip(times, own, strict=True))


def show(found: Mapping[str, Any]) -> None:
    """Print a table."""
    print(
        f"{found['rows']} rows an epoch, {found['fields']} fields, {found['codes']} codes, batch "
        f"{found['batch_size']}, {found['machine']['threads']} thread(s), {found['repeats']} repeats"
    )
    print(f"adlab multiplies in {found['precision']} unless stated otherwise; ", end="")
    print(f"each thread had {found['cpu_share']:.0%} of a processor\n")
    print(f"{'':28}{'rows/s':>10}{'rows/CPU s':>12}{'wall ratio':>12}{'CPU ratio':>12}{'CTR AUC':>10}{'CTCVR AUC':>11}")
    for way in found["ways"]:
        speeds = [found["rows"] / statistics.median(way[name]) for name in ("seconds", "cpu_seconds")]
        print(
            f"{way['name']:28}{speeds[0]:10.0f}{speeds[1]:12.0f}{way['wall_ratio']:12.2f}{way['cpu_ratio']:12.2f}"
            f"{way['ctr_auc']:10.3f}{way['ctcvr_auc']:11.3f}"
        )


def main() -> None:
    """Measure, print, and keep the numbers where it is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=153_600)
    parser.add_argument("--batch", type=int, default=1024)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, help="folder of the report of `reproduce cl4cvr`")
    given = parser.parse_args()
    found = measured(given.rows, given.batch, given.repeats, given.threads)
    show(found)
    if given.out is not None:
        words = f"--rows {given.rows} --batch {given.batch} --repeats {given.repeats} --threads {given.threads}"
        keep_part(given.out, NAME, TORCH_RECHUB, f"python -m benchmarks.funnel_throughput {words}", found)


if __name__ == "__main__":
    main()
