from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageFilter

from adlab.features.properties import IMAGE_PROPERTIES, TEXT_PROPERTIES, image_properties, text_properties


def of_image(image: Image.Image) -> dict[str, float]:
    return dict(zip((p.name for p in IMAGE_PROPERTIES), image_properties(image), strict=True))


def of_text(text: str) -> dict[str, float]:
    return dict(zip((p.name for p in TEXT_PROPERTIES), text_properties(text), strict=True))


@pytest.mark.parametrize(
    ("colour", "brightness", "warmth"),
    [
        ("black", 0, 0),
        ("white", 1, 0),
        ("#808080", 128 / 255, 0),
        ("red", 0.299, 1),
        ("blue", 0.114, -1),
        ("lime", 0.587, 0),
    ],
)
def test_a_plain_picture_has_the_brightness_and_warmth_of_its_colour(colour, brightness, warmth):
    found = of_image(Image.new("RGB", (40, 30), colour))
    assert found["brightness"] == pytest.approx(brightness, abs=1e-9)
    assert found["warmth"] == pytest.approx(warmth, abs=1e-9)
    assert found["contrast"] == pytest.approx(0, abs=1e-9)
    assert found["busyness"] == pytest.approx(0, abs=1e-9)


def test_only_colours_are_colourful():
    assert of_image(Image.new("RGB", (20, 20), "#777777"))["colourfulness"] == pytest.approx(0, abs=1e-9)
    # Plain red: no spread, opponents 1 and 0.5, hence 0.3 · √1.25 (Hasler and Süsstrunk 2003).
    assert of_image(Image.new("RGB", (20, 20), "red"))["colourfulness"] == pytest.approx(0.3 * 1.25**0.5)


def test_half_black_half_white_has_the_largest_contrast():
    halves = Image.new("RGB", (96, 96))
    halves.paste("white", (0, 0, 48, 96))
    assert of_image(halves)["contrast"] == pytest.approx(0.5)


def test_noise_is_busier_than_the_same_noise_blurred():
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (96, 96, 3), dtype=np.uint8))
    assert of_image(noise)["busyness"] > 3 * of_image(noise.filter(ImageFilter.GaussianBlur(3)))["busyness"] > 0


def test_words_colours_and_numbers_are_counted():
    assert of_text("Two red shoes, 50 % off — RED!") == {
        "length": 6,
        "word length": pytest.approx((3 + 3 + 5 + 2 + 3 + 3) / 6),
        "descriptive colour": 2,
        "count": 2,
    }
    assert of_text("") == {"length": 0, "word length": 0, "descriptive colour": 0, "count": 0}
