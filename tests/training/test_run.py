from __future__ import annotations

import time
from pathlib import Path

import lightning
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from adlab.errors import ConfigError
from adlab.training import run as run_module
from adlab.training.run import Fit, FitResult, fit, quiet


class Line(lightning.LightningModule):
    """Fits a line through noise, with dropout, so that every source of chance takes part; logs a scripted measure."""

    def __init__(self, script: list[float] | None = None, pause: float = 0.0) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.net = nn.Sequential(nn.Linear(3, 8), nn.Dropout(0.5), nn.Linear(8, 1))
        self.script, self.pause, self.seen = script, pause, []

    def train_dataloader(self):
        order = torch.randperm(32, generator=torch.Generator().manual_seed(self.current_epoch))
        x = torch.randn(32, 3, generator=torch.Generator().manual_seed(9))
        return DataLoader(TensorDataset(x, x.sum(1, keepdim=True)), 8, sampler=order.tolist())

    def val_dataloader(self):
        return DataLoader(TensorDataset(torch.zeros(1, 3)), 1)

    def training_step(self, batch, _):
        time.sleep(self.pause)
        self.seen.append(self.current_epoch)
        return (self.net(batch[0]) - batch[1]).square().mean()

    def validation_step(self, batch, _):
        value = self.script[self.current_epoch] if self.script else float(self.net[0].weight.square().sum())
        self.log("measure", value)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=0.05)


def run(task: Line, epochs: int, **fields) -> FitResult:
    quiet()
    return fit(task, Fit(epochs=epochs, monitor="measure", progress=False, accelerator="cpu", **fields))


def weights(task: Line) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in task.parameters()])


FALLING = [5.0, 4.0, 3.0, 2.0, 1.0, 0.5]


def test_a_stopped_run_goes_on_exactly_where_it_was(tmp_path):
    """Four epochs at once, and two and two: the same weights to the last bit, dropout and order included."""
    whole, first, second = Line(FALLING), Line(FALLING), Line(FALLING)
    run(whole, 4, folder=tmp_path / "whole")
    run(first, 2, folder=tmp_path / "parts")
    result = run(second, 4, folder=tmp_path / "parts")
    assert first.seen == [0] * 4 + [1] * 4
    assert second.seen == [2] * 4 + [3] * 4
    assert result.epochs == 4
    assert torch.equal(weights(second), weights(whole))
    assert not torch.equal(weights(first), weights(whole))


def test_it_goes_on_from_the_last_epoch_even_if_an_earlier_one_was_better(tmp_path):
    rising = [1.0, 2.0, 3.0, 4.0]
    whole, second = Line(rising), Line(rising)
    run(Line(rising), 2, folder=tmp_path)
    result = run(second, 4, folder=tmp_path)
    run(whole, 1)
    assert set(second.seen) == {2, 3}
    assert result.best == 1.0
    assert torch.equal(weights(second), weights(whole))


def test_a_run_killed_in_an_epoch_goes_on_from_the_last_whole_one(tmp_path):
    class Killed(Line):
        def training_step(self, batch, index):
            if self.current_epoch == 2 and index == 2:
                raise RuntimeError("killed")
            return super().training_step(batch, index)

    with pytest.raises(RuntimeError, match="killed"):
        run(Killed(FALLING), 4, folder=tmp_path / "killed")
    whole, again = Line(FALLING), Line(FALLING)
    run(whole, 4, folder=tmp_path / "whole")
    run(again, 4, folder=tmp_path / "killed")
    assert set(again.seen) == {2, 3}
    assert torch.equal(weights(again), weights(whole))


def test_a_finished_run_is_not_trained_again(tmp_path):
    first, again = Line(FALLING), Line(FALLING)
    before = run(first, 3, folder=tmp_path)
    after = run(again, 3, folder=tmp_path)
    assert again.seen == []
    assert (after.epochs, after.best) == (before.epochs, before.best) == (3, 3.0)
    assert torch.equal(weights(again), weights(first))


@pytest.mark.parametrize(("mode", "best"), [("min", 1), ("max", 2)])
def test_the_best_epoch_is_kept_not_the_last(tmp_path, mode, best):
    script = [3.0, 1.0, 9.0, 4.0]
    upto_best, task = Line(script), Line(script)
    run(upto_best, best + 1)
    result = run(task, 4, folder=tmp_path, mode=mode)
    assert result.best == script[best]
    assert result.epochs == 4
    assert torch.equal(weights(task), weights(upto_best))


def test_without_a_folder_the_last_state_is_used_and_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    task = Line([1.0, 2.0])
    result = run(task, 2)
    assert (result.best, result.epochs) == (None, 2)
    assert task.seen == [0] * 4 + [1] * 4
    assert list(tmp_path.iterdir()) == []


def test_it_stops_early_after_so_many_epochs_without_a_better_value(tmp_path):
    script = [5.0, 3.0, 4.0, 4.0, 1.0]
    task = Line(script)
    result = run(task, 5, patience=2, folder=tmp_path)
    assert (result.epochs, result.best, result.stopped_by_budget) == (4, 3.0, False)
    again = Line(script)
    after = run(again, 5, patience=2, folder=tmp_path)
    assert again.seen == [], "a run that stopped early was trained past its end"
    assert (after.epochs, after.best) == (4, 3.0)
    assert torch.equal(weights(again), weights(task))


class Clock:
    """Stands in for `time`: every training step takes a minute."""

    def __init__(self) -> None:
        self.minutes = 0.0

    def monotonic(self) -> float:
        return 60 * self.minutes


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(run_module, "time", clock)
    step = Line.training_step

    def slow_step(self, batch, index):
        clock.minutes += 1
        return step(self, batch, index)

    monkeypatch.setattr(Line, "training_step", slow_step)
    return clock


@pytest.mark.parametrize(("budget", "epochs"), [(1, 1), (4, 1), (7.9, 1), (8.1, 2), (13, 3), (100, 5)])
def test_no_epoch_is_begun_that_would_not_end_within_the_budget(clock, tmp_path, budget, epochs):
    """An epoch takes four minutes; the first always runs."""
    result = run(Line(FALLING), 5, folder=tmp_path, budget_minutes=budget)
    assert result.epochs == epochs
    assert result.stopped_by_budget is (epochs < 5)
    assert result.minutes == pytest.approx(4 * epochs)


def test_the_time_of_earlier_calls_is_kept_with_the_state(clock, tmp_path):
    run(Line(FALLING), 2, folder=tmp_path)
    again = run(Line(FALLING), 5, folder=tmp_path)
    assert (again.minutes, again.all_minutes) == (pytest.approx(12), pytest.approx(20))
    alone = run(Line(FALLING), 1, folder=None)
    assert alone.minutes == alone.all_minutes == pytest.approx(4)


def test_the_budget_counts_this_call_and_the_result_is_that_of_an_unbroken_run(clock, tmp_path):
    whole = Line(FALLING)
    run(whole, 4, folder=tmp_path / "whole")
    calls = []
    for _ in range(3):
        task = Line(FALLING)
        calls.append(run(task, 4, folder=tmp_path / "parts", budget_minutes=8.5))
    assert [(call.epochs, call.stopped_by_budget) for call in calls] == [(2, True), (4, False), (4, False)]
    assert torch.equal(weights(task), weights(whole))


def test_running_out_of_time_after_the_last_epoch_is_no_stop(clock, tmp_path):
    assert not run(Line(FALLING), 1, folder=tmp_path, budget_minutes=0.5).stopped_by_budget


def test_the_seed_decides_what_dropout_draws():
    first, again, other = Line(FALLING), Line(FALLING), Line(FALLING)
    run(first, 1, seed=1)
    torch.manual_seed(1234)  # what was drawn before does not matter
    run(again, 1, seed=1)
    run(other, 1, seed=2)
    assert torch.equal(weights(first), weights(again))
    assert not torch.equal(weights(first), weights(other))


def test_afterwards_the_task_is_in_eval_mode_on_the_cpu():
    task = Line(FALLING)
    run(task, 1)
    assert not task.training
    assert {p.device.type for p in task.parameters()} == {"cpu"}


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("budget_minutes", 0, "--budget-minutes is 0"),
        ("budget_minutes", float("nan"), "--budget-minutes is nan"),
        ("epochs", 0, "epochs is 0"),
        ("patience", 0, "patience 0"),
        ("mode", "lowest", "mode is 'lowest'"),
    ],
)
def test_a_setting_outside_its_range_is_refused_by_name(field, value, said):
    with pytest.raises(ConfigError, match=said):
        Fit(**({"epochs": 1, "monitor": "loss"} | {field: value}))


def test_states_on_disk_can_be_read_without_running_code(tmp_path: Path):
    run(Line(FALLING), 1, folder=tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["best.ckpt", "last.ckpt", "minutes"]
    for path in tmp_path.glob("*.ckpt"):
        assert torch.load(path, weights_only=True)["epoch"] == 0
