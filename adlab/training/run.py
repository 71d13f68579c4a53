"""One way to run every training: seeded, resumable, within a time budget, with the best state kept."""

from __future__ import annotations

import hashlib
import logging
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightning
import torch
from lightning.pytorch.callbacks import Callback, EarlyStopping, ModelCheckpoint, RichProgressBar

from adlab.errors import ConfigError

LAST, BEST, SPENT = "last.ckpt", "best.ckpt", "minutes"


@dataclass(frozen=True, kw_only=True)
class Fit:
    """How a training is run, apart from what is trained.

    Attributes:
        epochs: Most epochs.
        monitor: Logged validation measure that decides which epoch is best.
        mode: ``"min"`` or ``"max"``.
        patience: Epochs without a better value before it stops; None never stops early.
        budget_minutes: Time of this call; no epoch is begun that would not end within it, judged by the longest
            so far. The first one always is. None for no limit.
        folder: Where states are kept; a second call with the same folder goes on where the first was stopped.
            None keeps nothing on disk and uses the last state.
        progress: Whether to show a progress bar.
        seed: Of what is drawn while training, such as dropout; a resumed run draws as it would have.
        accelerator: ``"cpu"``, ``"cuda"`` or ``"auto"``.
        precision: Lightning's name of the floating-point format.
        gradient_clip: Largest norm of the gradient, None for no limit.

    Raises:
        ConfigError: A field is outside its range.
    """

    epochs: int
    monitor: str
    mode: str = "min"
    patience: int | None = None
    budget_minutes: float | None = None
    folder: Path | None = None
    progress: bool = True
    seed: int = 0
    accelerator: str = "auto"
    precision: str = "32-true"
    gradient_clip: float | None = None

    def __post_init__(self) -> None:
        if self.budget_minutes is not None and not self.budget_minutes > 0:
            raise ConfigError(f"--budget-minutes is {self.budget_minutes}; give a number above 0.")
        if self.epochs < 1 or (self.patience is not None and self.patience < 1):
            raise ConfigError(f"epochs is {self.epochs} and patience {self.patience}; give 1 or more for both.")
        if self.mode not in ("min", "max"):
            raise ConfigError(f"mode is {self.mode!r}; give 'min' or 'max'.")


@dataclass(frozen=True)
class FitResult:
    """What came of it.

    Attributes:
        minutes: Wall-clock time of this call.
        all_minutes: That of earlier calls with the same folder included.
        epochs: Epochs completed, those of earlier calls included.
        best: Best value of the monitored measure, None where nothing was kept.
        stopped_by_budget: Whether time ran out before the last epoch.
    """

    minutes: float
    all_minutes: float
    epochs: int
    best: float | None
    stopped_by_budget: bool


class StepSeed(Callback):
    """Seeds torch's global generator before each step, so that a resumed run draws what an unbroken one would.

    Not once an epoch: Lightning leaves out the epoch's start where it resumes.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def on_train_batch_start(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule, batch: Any, batch_idx: int
    ) -> None:
        """Seed by run and step; a task may seed again in its own hook, which comes later."""
        torch.manual_seed(self._seed * 1_000_003 + trainer.global_step)


class Budget(Callback):
    """Stops after an epoch if another one would not end in time.

    Lightning's own timer stops in the middle of an epoch, whose state cannot be resumed exactly, and counts the time
    of earlier calls.

    Args:
        minutes: Time from now on.
    """

    def __init__(self, minutes: float) -> None:
        self._began = time.monotonic()
        self._end, self._longest = self._began + 60 * minutes, 0.0
        self.stopped = False

    def on_train_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """Start the clock of the first epoch."""
        self._began = time.monotonic()

    def on_train_epoch_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """Stop if the longest epoch so far would not fit into what is left."""
        now = time.monotonic()
        self._longest, self._began = max(self._longest, now - self._began), now
        left = trainer.current_epoch + 1 < (trainer.max_epochs or 0)
        if left and now + self._longest > self._end:
            self.stopped = trainer.should_stop = True


def fit(task: lightning.LightningModule, how: Fit) -> FitResult:
    """Train `task` in place; afterwards it holds the best state (the last one without a folder).

    A resumed run equals an unbroken one if `train_dataloader` decides the order of batches when it is called: a
    loader that draws anew at each iteration does not, because Lightning may iterate twice.
    """
    quiet()
    started = time.monotonic()
    keepers = _keepers(how)
    budget = Budget(how.budget_minutes) if how.budget_minutes is not None else None
    stopper = _stopper(how)
    callbacks: list[Callback] = [StepSeed(how.seed), *(c for c in (stopper, budget) if c is not None), *keepers]
    if how.progress:
        callbacks.append(RichProgressBar(leave=False))
    last = how.folder / LAST if how.folder else None
    resume = last if last and last.is_file() else None
    if resume and stopper and _finished(resume, stopper):
        return _result(task, keepers, how, started, _saved(resume)["epoch"] + 1, by_budget=False)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*does not have many workers.*")
        warnings.filterwarnings("ignore", message=".*exists and is not empty.*")
        warnings.filterwarnings("ignore", message=r".*module\(s\) in eval mode at the start.*")  # a frozen backbone
        warnings.filterwarnings("ignore", message=".*treespec, LeafSpec.*")
        warnings.filterwarnings("ignore", message=".*`IterableDataset` has `__len__` defined.*")
        trainer = lightning.Trainer(
            accelerator=how.accelerator,
            devices=1,
            precision=how.precision,  # type: ignore[arg-type]  # Lightning lists its names as literals
            max_epochs=how.epochs,
            callbacks=callbacks,
            logger=False,
            enable_progress_bar=how.progress,
            enable_model_summary=False,
            enable_checkpointing=bool(keepers),
            gradient_clip_val=how.gradient_clip,
            num_sanity_val_steps=0,
            reload_dataloaders_every_n_epochs=1,
            default_root_dir=how.folder,
        )
        trainer.fit(task, ckpt_path=str(resume) if resume else None)
    return _result(task, keepers, how, started, trainer.current_epoch, by_budget=bool(budget and budget.stopped))


def run_name(name: str, *settings: object) -> str:
    """Folder name of a training's state: other settings never resume it."""
    digest = hashlib.sha256("|".join(repr(setting) for setting in settings).encode()).hexdigest()
    return f"{name}-{digest[:12]}"


def quiet() -> None:
    """Silence Lightning's hints about hardware and its own advertisements."""
    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)


def _keepers(how: Fit) -> list[ModelCheckpoint]:
    """The best state and the last one. Lightning's own `save_last` is written only when the best one is."""
    if how.folder is None:
        return []
    best = ModelCheckpoint(
        how.folder, filename=Path(BEST).stem, monitor=how.monitor, mode=how.mode, enable_version_counter=False
    )
    return [best, ModelCheckpoint(how.folder, filename=Path(LAST).stem, enable_version_counter=False)]


def _stopper(how: Fit) -> EarlyStopping | None:
    if how.patience is None:
        return None
    # Checked after validation, before states are written, so that the last state knows whether the run is over.
    return EarlyStopping(how.monitor, mode=how.mode, patience=how.patience, check_on_train_epoch_end=False)


def _saved(file: Path) -> dict[str, Any]:
    state: dict[str, Any] = torch.load(file, map_location="cpu", weights_only=True)
    return state


def _finished(last: Path, stopper: EarlyStopping) -> bool:
    """Whether the run of that state had already stopped early: going on would train past its end."""
    state = _saved(last)["callbacks"].get(stopper.state_key)
    return state is not None and state["wait_count"] >= stopper.patience


def _result(
    task: lightning.LightningModule,
    keepers: list[ModelCheckpoint],
    how: Fit,
    started: float,
    epochs: int,
    *,
    by_budget: bool,
) -> FitResult:
    """Put the best state back into the task and say what came of it."""
    best = None
    if keepers and how.folder is not None:
        task.load_state_dict(_saved(how.folder / BEST)["state_dict"])
        best = float(_saved(how.folder / LAST)["callbacks"][keepers[0].state_key]["best_model_score"])
    task.cpu().eval()
    minutes = (time.monotonic() - started) / 60
    spent = how.folder / SPENT if how.folder is not None else None
    total = minutes + (float(spent.read_text()) if spent and spent.is_file() else 0.0)
    if spent is not None:
        spent.write_text(f"{total:.3f}\n")
    return FitResult(minutes, total, epochs, best, by_budget)
