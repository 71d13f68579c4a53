from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from torchvision.models import EfficientNet_B0_Weights, ResNet18_Weights

from adlab.encoders.preprocessing import CentreCrop, Letterbox
from adlab.errors import ConfigError, UnknownNameError


def noise(width: int, height: int, seed: int = 0) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


@pytest.mark.parametrize(
    ("width", "height", "box"),
    [
        (500, 500, (0, 0, 224, 224)),
        (1080, 1920, (49, 0, 126, 224)),  # a 9:16 story: 224 · 1080 / 1920 = 126
        (728, 90, (0, 98, 224, 28)),  # a leaderboard: 224 · 90 / 728 = 27.7
        (90, 728, (98, 0, 28, 224)),
        (2000, 8, (0, 111, 224, 1)),  # never thinner than a pixel
    ],
)
def test_letterbox_fits_the_whole_picture_in_the_middle(width, height, box):
    assert Letterbox(size=224).box(width, height) == box


@pytest.mark.parametrize(("width", "height"), [(300, 300), (270, 480), (728, 90)])
def test_letterbox_puts_the_resized_picture_exactly_into_its_box(width, height):
    letterbox, image = Letterbox(size=96), noise(width, height)
    left, top, inner_w, inner_h = letterbox.box(width, height)
    square = letterbox(image)
    expected = np.asarray(image.resize((inner_w, inner_h), Image.Resampling.BICUBIC))
    assert square.shape == (96, 96, 3)
    assert square.dtype == np.uint8
    np.testing.assert_array_equal(square[top : top + inner_h, left : left + inner_w], expected)


def test_letterbox_fills_the_rest_with_the_median_of_the_border():
    image = Image.new("RGB", (64, 16), (10, 200, 30))
    image.paste((255, 0, 0), (16, 4, 48, 12))  # the middle does not count
    image.paste((0, 0, 0), (0, 0, 8, 1))  # nor does a minority of the border
    square = Letterbox(size=64)(image)
    outside = np.concatenate([square[:24], square[40:]])
    assert (outside == (10, 200, 30)).all()


def test_letterbox_leaves_a_square_of_the_right_size_untouched():
    image = noise(64, 64)
    np.testing.assert_array_equal(Letterbox(size=64)(image), np.asarray(image))


@given(width=st.integers(8, 4000), height=st.integers(8, 4000))
def test_letterbox_box_keeps_the_side_ratio_and_touches_two_edges(width, height):
    left, top, inner_w, inner_h = Letterbox(size=224).box(width, height)
    assert max(inner_w, inner_h) == 224
    assert abs(inner_w - max(1, 224 * width / max(width, height))) <= 0.5
    assert abs(inner_h - max(1, 224 * height / max(width, height))) <= 0.5
    assert 0 <= 224 - (left + inner_w) - left <= 1
    assert 0 <= 224 - (top + inner_h) - top <= 1


def as_published(weights, image: Image.Image) -> np.ndarray:
    transform = weights.transforms()
    pixels = transform(image) * np.array(transform.std).reshape(3, 1, 1) + np.array(transform.mean).reshape(3, 1, 1)
    return (255 * np.asarray(pixels)).transpose(1, 2, 0)


# 343 × 256 and 481 × 256 give an odd margin: rounding its half the other way moves the crop by a pixel.
@pytest.mark.parametrize(("width", "height"), [(300, 300), (641, 478), (480, 640), (481, 256), (343, 256), (90, 728)])
def test_centre_crop_equals_the_published_transform_of_torchvision(width, height):
    image = noise(width, height)
    difference = CentreCrop()(image) - as_published(ResNet18_Weights.IMAGENET1K_V1, image)
    assert np.abs(difference).max() <= 2


def test_centre_crop_equals_the_published_bicubic_transform_too():
    image = noise(320, 250)
    expected = as_published(EfficientNet_B0_Weights.IMAGENET1K_V1, image)
    assert np.abs(CentreCrop(interpolation="bicubic")(image) - expected).max() <= 2
    assert np.abs(CentreCrop()(image) - expected).max() > 2


def test_the_description_tells_every_setting_apart():
    settings = [
        Letterbox(),
        Letterbox(size=160),
        CentreCrop(),
        CentreCrop(resize=232),
        CentreCrop(interpolation="bicubic"),
    ]
    assert len({setting.description for setting in settings}) == len(settings)


def test_centre_crop_refuses_what_cannot_be():
    with pytest.raises(ConfigError, match="size is 224 and resize 200"):
        CentreCrop(resize=200)
    with pytest.raises(UnknownNameError, match="Did you mean 'bicubic'"):
        CentreCrop(interpolation="bicubik")
