from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.pictures import picture
from helpers.tiny_models import tiny_vision
from torch import nn

from adlab.encoders.mobilenet import scale_pixels
from adlab.encoders.preprocessing import Letterbox
from adlab.errors import DataUnavailableError
from adlab.training.teacher import TeacherOutput
from adlab.training.vision_data import ViewCache, VisionDataset, cache_name, view_of

LETTERBOX = Letterbox(size=32)
STEM, VIEWS, COUNT = 2, 3, 40


class FakeTeacher(nn.Module):
    """Answers with the mean of the pixels, and counts pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.seen = 0

    def forward(self, pixels: torch.Tensor) -> TeacherOutput:
        self.seen += len(pixels)
        mean = pixels.mean(dim=(1, 2, 3))[:, None]
        return TeacherOutput(mean.expand(-1, 1280), mean.expand(-1, 1000) * 2)


@pytest.fixture(scope="module")
def net():
    return tiny_vision()


def filled(folder: Path, net, teacher, upto: int = COUNT, count: int = COUNT) -> ViewCache:
    """Fill a cache; opening picture `upto` fails, as a kill would end the work there."""

    def open_image(row: int):
        if row >= upto:
            raise KeyboardInterrupt
        return picture(row, 40, 30)

    cache = ViewCache(folder, count, VIEWS, (16, 17, 17))
    with contextlib.suppress(KeyboardInterrupt):
        cache.fill(open_image, net, teacher, STEM, lambda done, total: None)
    return cache


# Views.


def test_view_0_is_the_picture_and_view_1_its_mirror_image():
    image = picture(0, 50, 30)
    np.testing.assert_array_equal(view_of(image, 0, 7, LETTERBOX), LETTERBOX(image))
    np.testing.assert_array_equal(view_of(image, 1, 7, LETTERBOX), LETTERBOX(image)[:, ::-1])


def test_a_view_depends_on_picture_number_and_view_only():
    image = picture(0, 50, 30)
    first = [view_of(image, view, 7, LETTERBOX) for view in range(6)]
    np.random.seed(0)  # the global generator must not matter
    again = [view_of(image, view, 7, LETTERBOX) for view in reversed(range(6))][::-1]
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a, b)
    assert len({view.tobytes() for view in first}) == 6
    assert view_of(image, 2, 8, LETTERBOX).tobytes() != first[2].tobytes()


def test_crops_keep_40_to_100_percent_of_the_area_and_a_side_ratio_near_that_of_the_picture():
    sizes = []

    class Spy:
        def __call__(self, image):
            sizes.append(image.size)
            return np.zeros((4, 4, 3), dtype=np.uint8)

    image = picture(0, 400, 300)
    for seed in range(200):
        view_of(image, 2, seed, Spy())
    width, height = np.array(sizes).T
    share = width * height / (400 * 300)
    ratio = (width / height) / (400 / 300)
    assert share.min() >= 0.395
    assert share.max() <= 1
    assert share.std() > 0.1
    assert ratio.min() >= 0.74
    assert ratio.max() <= 1.35


# The cache.


def test_the_cache_holds_the_stem_and_the_teachers_answer_of_every_view(tmp_path, net):
    cache = filled(tmp_path, net, FakeTeacher(), count=5)
    assert cache.done == 5
    for row, view in ((0, 0), (3, 1), (4, 2)):
        square = view_of(picture(row, 40, 30), view, row, LETTERBOX)
        pixels = scale_pixels(torch.from_numpy(square.copy())[None])
        with torch.inference_mode():
            stem = net.forward_stem(pixels, STEM)[0].numpy()
        np.testing.assert_allclose(cache.arrays["stem"][row, view], stem, atol=2e-3 * np.abs(stem).max())
        assert cache.arrays["pooled"][row, view, 0] == pytest.approx(float(pixels.mean()), abs=1e-3)
        assert cache.arrays["logits"][row, view, 0] == pytest.approx(2 * float(pixels.mean()), abs=2e-3)


def test_a_killed_run_goes_on_and_ends_with_the_same_arrays(tmp_path, net, monkeypatch):
    whole = filled(tmp_path / "whole", net, FakeTeacher())
    broken = filled(tmp_path / "parts", net, FakeTeacher(), upto=20)
    assert broken.done == 0  # nothing was made safe yet: work is lost, but never wrong
    teacher = FakeTeacher()
    resumed = filled(tmp_path / "parts", net, teacher)
    assert teacher.seen == COUNT * VIEWS
    assert resumed.done == whole.done == COUNT
    for name, array in whole.arrays.items():
        np.testing.assert_array_equal(resumed.arrays[name], array, err_msg=name)


def test_pictures_made_safe_are_not_computed_again(tmp_path, net):
    count = 260
    cache = filled(tmp_path, net, FakeTeacher(), upto=257, count=count)
    assert cache.done == 256
    before = np.array(cache.arrays["stem"][:256])
    teacher = FakeTeacher()
    after = filled(tmp_path, net, teacher, count=count, upto=count)
    assert teacher.seen == 4 * VIEWS
    assert after.done == count
    np.testing.assert_array_equal(after.arrays["stem"][:256], before)


def test_a_filled_cache_opens_no_picture(tmp_path, net):
    filled(tmp_path, net, FakeTeacher(), count=3)
    assert filled(tmp_path, net, FakeTeacher(), upto=0, count=3).done == 3


def test_a_cache_of_other_shapes_is_refused_not_misread(tmp_path, net):
    filled(tmp_path, net, FakeTeacher(), count=3)
    with pytest.raises(DataUnavailableError, match=r"stem\.npy has shape .*; delete the folder"):
        ViewCache(tmp_path, 4, VIEWS, (16, 17, 17))


def test_the_name_of_a_cache_changes_with_files_and_settings(tmp_path):
    for name, content in (("a.jpg", b"1"), ("b.jpg", b"22")):
        (tmp_path / name).write_bytes(content)
    a, b = tmp_path / "a.jpg", tmp_path / "b.jpg"
    name = cache_name([a, b], 224, 4)
    assert name == cache_name([a, b], 224, 4)
    assert len({name, cache_name([b, a], 224, 4), cache_name([a], 224, 4), cache_name([a, b], 160, 4)}) == 4
    a.write_bytes(b"333")
    assert cache_name([a, b], 224, 4) != name


# What training draws.


@pytest.fixture(scope="module")
def cache(tmp_path_factory, net) -> ViewCache:
    return filled(tmp_path_factory.mktemp("cache"), net, FakeTeacher(), count=6, upto=6)


def dataset(cache: ViewCache, seed: int | None) -> VisionDataset:
    texts = [np.eye(4, dtype=np.float32)[: 1 + row % 3] for row in range(6)]
    return VisionDataset(cache, texts, np.arange(6) + 10, np.array([4, 1, 2]), seed)


def test_without_a_seed_it_is_the_picture_itself_and_the_mean_of_its_texts(cache):
    item = dataset(cache, None)[2]
    assert item["group"] == 12
    torch.testing.assert_close(item["text"], torch.tensor([1 / 3, 1 / 3, 1 / 3, 0]))
    np.testing.assert_array_equal(item["stem"].numpy(), cache.arrays["stem"][2, 0])
    np.testing.assert_array_equal(item["pooled"].numpy(), cache.arrays["pooled"][2, 0])


def test_with_a_seed_it_is_one_view_and_a_mixture_of_texts_the_same_each_time(cache):
    item, again = dataset(cache, 5)[2], dataset(cache, 5)[2]
    for name in item:
        assert torch.equal(item[name], again[name])
    assert float(item["text"].sum()) == pytest.approx(1, abs=1e-5)
    assert (item["text"] >= 0).all()
    views = {dataset(cache, seed)[2]["stem"].numpy().tobytes() for seed in range(30)}
    assert views == {np.array(cache.arrays["stem"][2, view]).tobytes() for view in range(VIEWS)}


def test_an_item_is_a_copy_that_training_may_change(cache):
    item = dataset(cache, None)[0]
    before = cache.arrays["pooled"][4, 0, 0]
    item["pooled"].fill_(99)
    assert cache.arrays["pooled"][4, 0, 0] == before
