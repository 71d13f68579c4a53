from __future__ import annotations

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from adlab.data.image_intake import AdImage
from adlab.features import ocr
from adlab.features.ocr import OcrText, TextBox, read_text, reader_id, stored_text
from adlab.paths import assets_dir, cache_dir

FONT = assets_dir() / "fonts" / "WorkSans-Medium.ttf"
BOX = TextBox(text="Sale  now", confidence=0.9, corners=((1.0, 2.0), (9.0, 2.0), (9.0, 6.0), (1.0, 6.0)))


def drawn(*lines, size=(400, 200), font_size=28, colour="black", ground="white"):
    image = Image.new("RGB", size, ground)
    draw = ImageDraw.Draw(image)
    font = ImageFont.truetype(str(FONT), font_size)
    for i, text in enumerate(lines):
        draw.text((12, 10 + 1.5 * font_size * i), text, fill=colour, font=font)
    return AdImage.from_pixels(image)


@pytest.fixture
def calls(monkeypatch):
    """Replaces the engine by one that counts its calls and finds one box."""
    seen = []

    class Output:
        txts, scores, boxes = ("Hello",), (0.75,), np.array([[[0, 0], [20, 0], [20, 10], [0, 10]]], dtype=float)

    def engine(pixels):
        seen.append(pixels.shape)
        return Output()

    monkeypatch.setattr(ocr, "_ENGINE", engine)
    return seen


def entry(image):
    return next((cache_dir() / "ocr" / reader_id()).rglob(f"{image.content_hash}.json"))


@pytest.mark.parametrize("colours", [("black", "white"), ("white", "navy"), ("#ffd000", "#601010")])
def test_drawn_words_are_read_in_order(colours):
    image = drawn("Summer sale ends today", "Save 30% on shoes", "Order now", colour=colours[0], ground=colours[1])
    found = read_text(image)
    assert found.text.lower() == "summer sale ends today save 30% on shoes order now"
    assert all(box.confidence > 0.8 for box in found.boxes)


def test_boxes_lie_on_the_words_in_pixels_of_the_given_picture():
    image = AdImage.from_pixels(drawn("Free shipping").pixels.resize((1600, 800)))
    (box,) = read_text(image).boxes
    left, top, right, bottom = (round(edge) for edge in box.bounds)
    ink = np.asarray(image.pixels.convert("L")) < 128
    assert ink[top:bottom, left:right].sum() > 0.97 * ink.sum()
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    assert (right - left) * (bottom - top) < 2.5 * np.ptp(rows) * np.ptp(columns)


@pytest.mark.parametrize("kind", ["flat", "noise", "gradient"])
def test_a_picture_without_text_gives_empty_text(kind):
    pixels = {
        "flat": np.full((120, 160, 3), 200),
        "noise": np.random.default_rng(0).integers(0, 256, (120, 160, 3)),
        "gradient": np.linspace(0, 255, 120)[:, None, None] * np.ones((1, 160, 3)),
    }[kind]
    found = read_text(AdImage.from_pixels(Image.fromarray(pixels.astype(np.uint8))))
    assert found == OcrText()
    assert found.text == ""


def test_three_hundred_words_are_read():
    words = ["price", "garden", "summer", "travel", "phone", "music", "winter", "coffee", "market", "bright"]
    lines = [" ".join(words[(i + j) % 10] for j in range(10)) for i in range(30)]
    found = read_text(drawn(*lines, size=(900, 1000), font_size=20)).text.lower().split()
    assert len(found) == pytest.approx(300, abs=6)
    assert sum(word in words for word in found) / 300 > 0.97


@pytest.mark.parametrize("size", [(1, 1), (8, 160), (160, 8), (3, 2000), (2000, 3), (5000, 4000)])
def test_any_size_is_taken_and_boxes_stay_inside(size):
    for box in read_text(drawn("Big sale", size=size)).boxes:
        left, top, right, bottom = box.bounds
        assert 0 <= left <= right <= size[0]
        assert 0 <= top <= bottom <= size[1]


def test_words_in_a_very_large_picture_are_read():
    assert read_text(drawn("Huge poster", size=(6000, 4000), font_size=600)).text.lower() == "huge poster"


def test_words_as_small_as_in_banners_are_read():
    assert "terms apply" in read_text(drawn("Terms apply", size=(160, 60), font_size=9)).text.lower()


def test_no_picture_is_read_at_more_than_the_documented_size(calls):
    for size in ((10, 10), (300, 250), (5000, 4000), (20, 8000)):
        read_text(drawn(size=size))
    for (height, width, _), (w, h) in zip(calls[:2], [(10, 10), (300, 250)], strict=True):
        assert (height, width) == (max(2 * h, 32), max(2 * w, 32))
    assert all(height * width <= 1.02 * ocr.MAX_PIXELS for height, width, _ in calls)


def test_boxes_are_given_in_pixels_of_the_given_picture(calls):
    (box,) = read_text(drawn(size=(300, 250))).boxes  # read at twice the size
    assert box == TextBox(text="Hello", confidence=0.75, corners=((0, 0), (10, 0), (10, 5), (0, 5)))


def test_a_picture_is_read_once_and_then_comes_from_the_cache(calls):
    image = drawn("a")
    assert stored_text(image) is None
    first = read_text(image)
    assert read_text(drawn("a")) == first == stored_text(image)
    assert len(calls) == 1
    read_text(drawn("b"))
    assert len(calls) == 2


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\xfe", b"[]", b'{"boxes": 3}', b'{"boxes": [["a", 0.9, [[1, 2]]]]}', b'{"boxes": [[1]]}'],
)
def test_a_damaged_cache_entry_is_read_anew_and_repaired(calls, content):
    image = drawn("a")
    first = read_text(image)
    entry(image).write_bytes(content)
    assert read_text(image) == first
    assert len(calls) == 2
    assert stored_text(image) == first


def test_the_cache_may_be_deleted_at_any_time(calls):
    image = drawn("a")
    read_text(image)
    entry(image).unlink()
    assert read_text(image).text == "Hello"
    assert len(calls) == 2


def test_another_reader_does_not_share_its_texts(calls, monkeypatch):
    image = drawn("a")
    read_text(image)
    monkeypatch.setattr(ocr, "reader_id", lambda: "rapidocr-0")
    assert stored_text(image) is None


def test_a_full_disk_costs_a_warning_not_the_text(calls, monkeypatch, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("ADLAB_CACHE", str(blocked))
    with pytest.warns(UserWarning, match="could not be kept"):
        assert read_text(drawn("a")).text == "Hello"


def test_eight_threads_read_one_picture_once_and_one_at_a_time(monkeypatch, calls):
    inside, most = [], []
    plain = ocr._ENGINE

    def slow(pixels):
        inside.append(1)
        most.append(len(inside))
        time.sleep(0.01)
        inside.pop()
        return plain(pixels)

    monkeypatch.setattr(ocr, "_ENGINE", slow)
    images = [drawn(str(i % 3)) for i in range(24)]
    start = threading.Barrier(8)

    def read(part):
        start.wait()
        return [read_text(image) for image in images[part::8]]

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(read, range(8)))
    assert len(calls) == 3
    assert max(most) == 1


def test_text_has_single_spaces():
    assert OcrText(boxes=(BOX, BOX)).text == "Sale now Sale now"


def test_importing_loads_no_engine():
    heavy = ("rapidocr", "onnxruntime", "cv2", "torch", "pandas", "scipy")
    code = f"import sys, adlab.features.ocr_pool; print([m for m in {heavy} if m in sys.modules])"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
    )


def test_reading_says_nothing_and_leaves_the_root_logger_alone():
    # In a process of its own: the engine's logger keeps the stream it met first, and speaks mostly while loading.
    code = """
from PIL import Image
from adlab.data.image_intake import AdImage
from adlab.features.ocr import read_text
import logging
root = logging.getLogger()
before = (root.level, list(root.handlers), root.disabled)
read_text(AdImage.from_pixels(Image.new("RGB", (64, 64), "white")))
assert (root.level, list(root.handlers), root.disabled) == before
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_the_engine_is_given_blue_green_red(monkeypatch):
    corners = []

    def engine(pixels):
        corners.append(pixels[0, 0].tolist())
        return SimpleNamespace(txts=None)

    monkeypatch.setattr(ocr, "_ENGINE", engine)
    read_text(AdImage.from_pixels(Image.new("RGB", (40, 40), (250, 120, 5))))
    assert corners == [[5, 120, 250]]


def test_the_reader_is_named_by_version_and_settings(monkeypatch):
    name = reader_id()
    assert name.startswith("rapidocr-")
    reader_id.cache_clear()
    monkeypatch.setattr(ocr, "MAX_PIXELS", 5)
    assert reader_id() != name
    reader_id.cache_clear()
