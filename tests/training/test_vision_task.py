"""The training of the image encoder on pictures made here: it learns, and a resumed run is the unbroken one."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from helpers.pictures import picture
from helpers.tiny_models import tiny_vision
from torch import nn

from adlab.training import vision_run
from adlab.training.run import Fit, FitResult, fit, run_name
from adlab.training.teacher import TeacherOutput
from adlab.training.vision import VisionSource, VisionTask, VisionTraining
from adlab.training.vision_data import ViewCache
from adlab.training.vision_run import VisionRun

STEM, TRAIN, DEV = 17, 12, 4
TRAINING = VisionTraining(epochs=2, batch_size=5, views=2, stem_stages=STEM, fashion_share=0.5)


class RandomTeacher(nn.Module):
    """Random but fixed answers, one for each mean of pixels."""

    def forward(self, pixels: torch.Tensor) -> TeacherOutput:
        mean = pixels.mean(dim=(1, 2, 3))[:, None]
        return TeacherOutput(torch.sin(mean * torch.arange(1, 1281)), torch.cos(mean * torch.arange(1, 1001)))


@pytest.fixture(scope="module")
def sources(tmp_path_factory) -> list[VisionSource]:
    net = tiny_vision()
    with torch.inference_mode():
        shape = tuple(net.forward_stem(torch.zeros(1, 3, 32, 32), STEM).shape[1:])
    made = []
    for number, (count, held_out) in enumerate([(TRAIN + DEV, DEV), (6, 0)]):
        cache = ViewCache(tmp_path_factory.mktemp("views"), count, TRAINING.views, shape)
        cache.fill(lambda row: picture(row, 40, 30), net, RandomTeacher(), STEM, lambda done, total: None)
        rng = np.random.default_rng(number)
        texts = [rng.standard_normal((2, 384)).astype(np.float32) for _ in range(count)]
        train, dev = np.arange(count - held_out), np.arange(count - held_out, count)
        groups = np.arange(count) + 1000 * number
        made.append(
            VisionSource(cache=cache, texts=texts, groups=groups, train=train, validation=dev, stem_stages=STEM)
        )
    return made


def task(sources: list[VisionSource]) -> VisionTask:
    torch.manual_seed(0)
    return VisionTask(tiny_vision().train(), sources, TRAINING)


def how(folder, epochs: int = 2) -> Fit:
    return Fit(epochs=epochs, monitor="val_recall", mode="max", folder=folder, progress=False, accelerator="cpu")


def test_the_order_of_an_epoch_is_drawn_once_and_differs_between_epochs(sources, monkeypatch):
    made = task(sources)
    loader = made.train_dataloader()
    once, again = ([batch["group"].tolist() for batch in loader] for _ in range(2))
    assert once == again
    assert [len(groups) for groups in once] == [
        5,
        5,
        5,
    ]  # 12 and half of that; the rest is left out
    assert {group for batch in once for group in batch} <= set(range(TRAIN)) | set(range(1000, 1006))
    monkeypatch.setattr(type(made), "current_epoch", 1)
    assert [batch["group"].tolist() for batch in made.train_dataloader()] != once


class StopError(Exception):
    pass


def test_a_resumed_run_ends_with_the_weights_of_an_unbroken_one(sources, tmp_path, monkeypatch):
    unbroken = task(sources)
    fit(unbroken, how(tmp_path / "unbroken"))

    original = VisionTask.training_step

    def stopping(self, batch, index):
        if self.current_epoch == 1 and index == 1:
            raise StopError
        return original(self, batch, index)

    broken = task(sources)
    monkeypatch.setattr(VisionTask, "training_step", stopping)
    with pytest.raises(StopError):
        fit(broken, how(tmp_path / "broken"))
    monkeypatch.setattr(VisionTask, "training_step", original)
    resumed = task(sources)
    fit(resumed, how(tmp_path / "broken"))

    last = [
        torch.load(tmp_path / name / "last.ckpt", weights_only=True)["state_dict"] for name in ("unbroken", "broken")
    ]
    assert last[0].keys() == last[1].keys()
    for name, value in last[0].items():
        assert torch.equal(value, last[1][name]), name


def test_training_lowers_every_loss_and_leaves_the_stem_as_it_was(sources, tmp_path):
    made = task(sources)
    before = copy.deepcopy(made.net.state_dict())
    batch = next(iter(made.train_dataloader()))
    logged: list[dict[str, torch.Tensor]] = []
    made.log_dict = lambda parts, **_: logged.append(parts)  # type: ignore[method-assign]
    optimiser = torch.optim.AdamW([p for p in made.parameters() if p.requires_grad], lr=1e-3)
    for _ in range(12):
        optimiser.zero_grad()
        made.training_step(batch, 0).backward()
        optimiser.step()
    assert set(logged[0]) == {"features", "classes", "contrast"}
    assert all(logged[-1][name] < logged[0][name] for name in logged[0])
    after = made.net.state_dict()
    changed = {name for name in after if not torch.equal(after[name], before[name])}
    assert not [name for name in changed if name.startswith("features.") and int(name.split(".")[1]) < STEM]
    assert {"features.17.conv.0.0.weight", "features.18.0.bias"} <= changed


def test_other_settings_have_another_folder_of_states():
    names = {
        run_name("vision", TRAINING),
        run_name("vision", VisionTraining(epochs=3)),
        run_name("focal", TRAINING),
    }
    assert len(names) == 3
    assert run_name("vision", VisionTraining(epochs=3)) in names


def test_the_encoder_is_the_mean_of_two_trainings_from_one_start(sources, tmp_path, monkeypatch):
    seen = []

    def one_step(task, how):
        """Instead of a training: moves the network to a constant of its own."""
        seen.append((how.folder.name, how.budget_minutes, copy.deepcopy(task.net.state_dict()), task.config))
        with torch.no_grad():
            for tensor in task.net.state_dict().values():
                tensor.fill_(float(len(seen)))
        return FitResult(1.0, 4.0 * len(seen), how.epochs, None, len(seen) == 2)

    monkeypatch.setattr(vision_run, "fit", one_step)
    net = tiny_vision()
    how = VisionRun(teacher=tmp_path, data=tmp_path, run=tmp_path, budget_minutes=9, training=TRAINING)
    earlier, words = vision_run._train(how, net, sources)
    for tensor in net.state_dict().values():  # 1 and 2
        torch.testing.assert_close(tensor, torch.full_like(tensor, 2 - vision_run.TIGHT_SHARE))
    (one, budget, start, tight), (two, _, again, loose) = seen
    assert one != two
    assert budget == 4.5
    assert all(torch.equal(start[name], again[name]) for name in start)
    assert (tight, loose) == (TRAINING, vision_run.looser(TRAINING))
    assert (loose.feature_weight, loose.class_weight) == (tight.feature_weight / 2, tight.class_weight / 2)
    assert earlier == 3 + 7
    assert words == (
        "2 epochs at a feature weight of 10 and 1 epochs at a feature weight of 5, ended by the time budget"
    )
