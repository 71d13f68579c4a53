from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from adlab.data.creative import MAX_TEXT_CHARACTERS, Creative
from adlab.data.image_intake import AdImage
from adlab.errors import WordsError
from adlab.features import ocr, words_in_picture
from adlab.features.ocr import OcrText, TextBox, read_text
from adlab.features.words_in_picture import Words, text_of, words_of, words_of_all

CORNERS = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


def drawn(word):
    image = Image.new("RGB", (200, 80), "white")
    ImageDraw.Draw(image).text((10, 16), word, fill="black", font_size=36)
    return AdImage.from_pixels(image)


def flat(shade):
    return AdImage.from_pixels(Image.new("RGB", (40, 30), (shade, shade, shade)))


@pytest.fixture
def reads(monkeypatch):
    """Replaces the engine by one that finds the shade of the first pixel, and fails on black."""
    seen = []

    class Output:
        def __init__(self, shade):
            self.txts, self.scores, self.boxes = (f"shade {shade}",), (0.9,), np.array([CORNERS])

    def engine(pixels):
        from rapidocr.inference_engine.onnxruntime.main import ONNXRuntimeError

        seen.append(int(pixels[0, 0, 0]))
        if seen[-1] == 0:
            raise ONNXRuntimeError("Traceback …\nRuntimeException: out of memory")
        return Output(seen[-1])

    monkeypatch.setattr(ocr, "_ENGINE", engine)
    return seen


@pytest.mark.parametrize("mode", ["auto", "cached", "off"])
@pytest.mark.parametrize("given", ["Big  sale", ""])
def test_words_given_with_the_ad_win_in_every_mode_and_nothing_is_read(reads, mode, given):
    image = flat(9)
    read_text(image)
    reads.clear()
    assert words_of(Creative(image=image, ocr_text=given), mode) == " ".join(given.split())
    assert reads == []


def test_auto_reads_once_and_then_takes_what_is_stored(reads):
    ad = Creative(image=flat(9), title="A")
    assert words_of(ad) == words_of(ad, "auto") == "shade 9"
    assert reads == [9]


def test_cached_knows_what_was_read_before_and_never_reads(reads):
    ad = Creative(image=flat(9))
    assert words_of(ad, "cached") is None
    assert reads == []
    words_of(ad, "auto")
    assert words_of(Creative(image=flat(9), title="Another ad"), "cached") == "shade 9"
    assert reads == [9]


def test_off_takes_nothing_but_what_is_given(reads):
    ad = Creative(image=flat(9))
    words_of(ad, "auto")
    assert words_of(ad, "off") is None


@pytest.mark.parametrize("mode", ["auto", "cached", "off"])
def test_an_ad_without_a_picture_has_no_words_in_it(mode):
    assert words_of(Creative(title="Copy"), mode) == ""
    assert words_of_all([Creative(title="Copy")], mode) == [Words("")]


def test_many_ads_get_their_words_in_order_and_a_shared_picture_is_looked_at_once(reads, monkeypatch):
    looked = []
    original = words_in_picture.read_text
    monkeypatch.setattr(words_in_picture, "read_text", lambda image: looked.append(1) or original(image))
    ads = [
        Creative(image=flat(1)),
        Creative(image=flat(2)),
        Creative(title="none"),
        Creative(image=flat(1), title="again"),
        Creative(image=flat(3), ocr_text="given"),
    ]
    assert [words.text for words in words_of_all(ads)] == ["shade 1", "shade 2", "", "shade 1", "given"]
    assert len(looked) == 2


def test_a_picture_that_the_engine_fails_on_says_why_and_the_others_are_read(reads):
    first, second, third = words_of_all([Creative(image=flat(1)), Creative(image=flat(0)), Creative(image=flat(2))])
    assert (first, third) == (Words("shade 1"), Words("shade 2"))
    assert second.text is None
    assert "cannot be read (RuntimeException: out of memory); give them as ocr_text" in second.problem
    with pytest.raises(WordsError, match="out of memory"):
        words_of(Creative(image=flat(0)))
    assert reads.count(0) == 2  # a failure is not kept


def test_an_engine_error_of_another_kind_is_a_defect_and_passes(monkeypatch):
    def engine(pixels):
        raise ZeroDivisionError

    monkeypatch.setattr(ocr, "_ENGINE", engine)
    with pytest.raises(ZeroDivisionError):
        words_of_all([Creative(image=flat(1))])


def test_what_is_read_is_what_a_creative_would_hold():
    box = TextBox(text="Big\u00a0\x07 sale ", confidence=0.9, corners=CORNERS)
    assert text_of(OcrText(boxes=(box,))) == "Big sale"
    long = text_of(OcrText(boxes=(TextBox(text="word " * 5000, confidence=0.9, corners=CORNERS),)))
    assert MAX_TEXT_CHARACTERS - 5 < len(long) <= MAX_TEXT_CHARACTERS
    assert Creative(title="x", ocr_text=long).ocr_text == long


def test_real_words_are_read():
    assert words_of(Creative(image=drawn("Coffee"))) == "Coffee"
