"""One way to run every training: seeded, resumable, within a time budget, with the best state kept."""

from __future__ import annotations

import logging
import time
import warnings
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import lightning
import torch
from lightning.pytorch.callbacks import Callback, EarlyStopping, ModelCheckpoint, RichProgressBar

from adlab.errors import ConfigError


@dataclass(frozen=True, kw_only=True)
class Fit:
    """How a training is run, apart from what is trained.

    Attributes:
        epochs: Most epochs.
        monitor: Logged validation measure that decides which epoch is best.
        mode: ``"min"`` or ``"max"``.
        patience: Epochs without a better value before it stops; None never stops early.
        budget_minutes: Stops after this time, with the best state so far; None for no limit.
        folder: Where states are kept; a second call with the same folder goes on where the first was stopped.
            None keeps nothing on disk and uses the last state.
        progress: Whether to show a progress bar.
        seed: Of initial values, order and draws.
        accelerator: ``"cpu"``, ``"cuda"`` or ``"auto"``.
        precision: Lightning's name of the floating-point format.
        gradient_clip: Largest norm of the gradient, None for no limit.
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
        if self.budget_minutes is not None and self.budget_minutes <= 0:
            raise ConfigError(f"--budget-minutes is {self.budget_minutes}; give a number above 0.")


@dataclass(frozen=True)
class FitResult:
    """What came of it.

    Attributes:
        minutes: Wall-clock time of this call.
        epochs: Epochs completed, those of earlier calls included.
        best: Best value of the monitored measure, None where nothing was kept.
        stopped_by_budget: Whether time ran out before the last epoch.
    """

    minutes: float
    epochs: int
    best: float | None
    stopped_by_budget: bool


def fit(task: lightning.LightningModule, how: Fit) -> FitResult:
    """Train `task` in place; afterwards it holds the best state (the last one without a folder)."""
    started = time.monotonic()
    keeper = _keeper(how)
    callbacks: list[Callback] = [keeper] if keeper else []
    if how.patience is not None:
        callbacks.append(EarlyStopping(monitor=how.monitor, mode=how.mode, patience=how.patience))
    if how.progress:
        callbacks.append(RichProgressBar(leave=False))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*does not have many workers.*")
        warnings.filterwarnings("ignore", message=".*exists and is not empty.*")
        trainer = lightning.Trainer(
            accelerator=how.accelerator,
            devices=1,
            precision=how.precision,  # type: ignore[arg-type]  # Lightning lists its names as literals
            max_epochs=how.epochs,
            max_time=timedelta(minutes=how.budget_minutes) if how.budget_minutes else None,
            callbacks=callbacks,
            logger=False,
            enable_progress_bar=how.progress,
            enable_model_summary=False,
            enable_checkpointing=keeper is not None,
            gradient_clip_val=how.gradient_clip,
            num_sanity_val_steps=0,
            reload_dataloaders_every_n_epochs=1,
            default_root_dir=how.folder,
        )
        last = how.folder / "last.ckpt" if how.folder else None
        trainer.fit(task, ckpt_path=str(last) if last and last.is_file() else None)
    best = None
    if keeper and keeper.best_model_path:
        state = torch.load(keeper.best_model_path, map_location="cpu", weights_only=True)["state_dict"]
        task.load_state_dict(state)
        best = float(keeper.best_model_score) if keeper.best_model_score is not None else None
    task.cpu().eval()
    return FitResult(
        minutes=(time.monotonic() - started) / 60,
        epochs=trainer.current_epoch,
        best=best,
        stopped_by_budget=trainer.current_epoch < how.epochs and not _stopped_early(callbacks),
    )


def quiet() -> None:
    """Silence Lightning's hints about hardware and its own advertisements."""
    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)


def _keeper(how: Fit) -> ModelCheckpoint | None:
    if how.folder is None:
        return None
    return ModelCheckpoint(
        how.folder, filename="best", monitor=how.monitor, mode=how.mode, save_last=True, enable_version_counter=False
    )


def _stopped_early(callbacks: list[Callback]) -> bool:
    return any(isinstance(c, EarlyStopping) and c.stopped_epoch > 0 for c in callbacks)
