from __future__ import annotations

import pytest
from PIL import Image, ImageDraw

from adlab.data.image_intake import AdImage
from adlab.errors import ConfigError, ImageError
from adlab.features import ocr_pool, ocr_processes
from adlab.features.ocr import OcrText, TextBox, read_text, stored_text
from adlab.features.ocr_pool import MEASURED, Estimate, read_all

WORDS = ("Shoes", "Coffee", "Travel", "Garden", "Music", "Winter")


def drawn(word):
    image = Image.new("RGB", (160, 60), "white")
    ImageDraw.Draw(image).text((10, 12), word, fill="black", font_size=28)
    return AdImage.from_pixels(image)


@pytest.fixture
def reads(monkeypatch):
    """Replaces reading by a list of the pictures read; the cache stays empty."""
    seen = []

    def read(image):
        seen.append(image.content_hash)
        corners = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
        return OcrText(boxes=(TextBox(text=f"{image.width}x{image.height}", confidence=1.0, corners=corners),))

    monkeypatch.setattr(ocr_processes, "read_text", read)
    monkeypatch.setattr(ocr_processes, "load_engine", lambda **threads: None)
    return seen


def test_two_processes_read_what_one_reads_and_keep_it(tmp_path):
    words = WORDS[: MEASURED + 1]  # as many as make several processes worth their while
    images = [drawn(word) for word in words]
    images[0].pixels.save(tmp_path / "shoes.png")
    steps, estimates = [], []
    found = read_all(
        [tmp_path / "shoes.png", *images[1:]],
        workers=2,
        progress=lambda done, total: steps.append((done, total)),
        on_estimate=estimates.append,
    )
    assert [text.text for text in found] == list(words)
    assert all(stored_text(image) == text for image, text in zip(images, found, strict=True))
    assert steps == [(done, len(words)) for done in range(len(words) + 1)]
    (estimate,) = estimates
    assert (estimate.pictures, estimate.stored) == (1, 0)
    assert estimate.seconds == pytest.approx(estimate.seconds_each / 2)
    assert estimate.seconds_each > 0
    assert found == [read_text(image) for image in images]


def test_a_file_that_is_no_picture_has_its_error_in_its_place(tmp_path, reads):
    (tmp_path / "bad.png").write_bytes(b"not a picture")
    first, second, third = read_all([drawn("a"), tmp_path / "bad.png", tmp_path / "none.png"], workers=1)
    assert first.text == "160x60"
    assert isinstance(second, ImageError)
    assert "bad.png" in str(second)
    assert "does not exist" in str(third)


def test_equal_pictures_are_read_once(reads):
    steps = []
    found = read_all([drawn("a"), drawn("b"), drawn("a")], workers=1, progress=lambda *step: steps.append(step))
    assert len(reads) == 2
    assert found[0] == found[2]
    assert steps == [(0, 3), (2, 3), (3, 3)]


def test_known_pictures_are_not_read(reads, monkeypatch):
    known = OcrText()
    monkeypatch.setattr(ocr_pool, "stored_text", lambda image: known)
    estimates = []
    assert read_all([drawn("a"), drawn("b")], on_estimate=estimates.append) == [known, known]
    assert reads == []
    assert estimates == [Estimate(0, 2, 0.0, 0.0)]


def test_no_pictures_need_no_time(reads):
    estimates = []
    assert read_all([], on_estimate=estimates.append) == []
    assert estimates == [Estimate(0, 0, 0.0, 0.0)]


def test_progress_may_stop_the_reading(reads):
    def stop(done, total):
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read_all([drawn(word) for word in WORDS], workers=1, progress=stop)
    assert len(reads) == 2


def test_workers_below_one_are_refused():
    with pytest.raises(ConfigError, match="workers is 0; give 1 or more"):
        read_all([], workers=0)
