from __future__ import annotations

import json
from typing import ClassVar

import pandas as pd
import pytest
from helpers.pictures import caption
from PIL import Image, ImageDraw

from adlab.cli import reading
from adlab.cli.reading import PictureWords, duration, read_pictures
from adlab.data.creative import Creative
from adlab.data.image_intake import read_image
from adlab.errors import ImageError, WordsError
from adlab.features.ocr import OcrText, TextBox, read_text, stored_text
from adlab.features.ocr_pool import Estimate
from adlab.inference import assessor as assessors

CORNERS = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
SHOPS = ("Shoes", "Coffee", "Travel", "Garden", "Music")


def found(text):
    return OcrText(boxes=(TextBox(text=text, confidence=0.9, corners=CORNERS),) if text else ())


def draw(path, word):
    image = Image.new("RGB", (160, 60), "white")
    ImageDraw.Draw(image).text((10, 12), word, fill="black", font_size=28)
    image.save(path)


@pytest.fixture
def shops(tmp_path):
    """Pictures with one word each, and one that is no picture."""
    folder = tmp_path / "shops"
    folder.mkdir()
    for word in SHOPS:
        draw(folder / f"{word}.png", word)
    (folder / "broken.png").write_bytes(b"no picture")
    return folder


@pytest.fixture
def readers(models, monkeypatch):
    """The tiny Assessor with a head that reads words; remembers how it was made and what words its ads came with."""

    class Reading(assessors.Assessor):
        modes: ClassVar[list[str]] = []
        seen: ClassVar[list[str | None]] = []

        def __init__(self, **options):
            super().__init__(**options)
            self.reads_words = frozenset({"conversion"})
            self.modes.append(options["words"])

        def assess_batch(self, creatives, heads=None, contexts=None):
            self.seen.extend(creative.ocr_text for creative in creatives)
            return super().assess_batch(creatives, heads)

    monkeypatch.setattr(assessors, "Assessor", Reading)
    return Reading


def score(run, ads, tmp_path, images, *options):
    ads.to_csv(tmp_path / "ads.csv", index=False)
    where = ["--images", images, "--out", tmp_path / "out.csv"]
    code, _, err = run("score", tmp_path / "ads.csv", *where, "--heads", "agreement,conversion", *options)
    assert code in (0, 3), err
    return code, err, pd.read_csv(tmp_path / "out.csv", dtype="str", keep_default_na=False)


def ads_of(*names, **columns):
    return pd.DataFrame({"image": names, "title": [f"A {name}" for name in names], **columns}, dtype="str")


def test_pictures_are_read_before_scoring_and_how_many_and_how_long_is_said(readers, run, shops, tmp_path):
    ads = ads_of(*(f"{word}.png" for word in SHOPS), "Shoes.png")
    code, err, out = score(run, ads, tmp_path, shops)
    assert code == 0
    assert sorted(readers.seen) == sorted([*SHOPS, "Shoes"])
    assert readers.modes == ["cached"]
    first, second = err.strip().splitlines()
    assert first == "Reading the words in 5 pictures."
    assert second.startswith("Reading the other 2 takes about ")
    assert (out["notes"] == "").all()
    assert all(stored_text(read_image(shops / f"{word}.png")).text == word for word in SHOPS)


def test_what_was_read_before_is_known_and_nothing_is_said(readers, run, shops, tmp_path, monkeypatch):
    read_text(read_image(shops / "Shoes.png"))
    monkeypatch.setattr("adlab.features.ocr_processes.read_text", None)
    code, err, _ = score(run, ads_of("Shoes.png"), tmp_path, shops)
    assert (code, err) == (0, "")
    assert readers.seen == ["Shoes"]


def test_words_given_in_the_table_are_not_read(readers, run, shops, tmp_path, monkeypatch):
    monkeypatch.setattr("adlab.features.ocr_processes.read_text", None)
    _, err, out = score(run, ads_of("Shoes.png", "Travel.png", ocr_text=["Boots", "Fly"]), tmp_path, shops)
    assert err == ""
    assert sorted(readers.seen) == ["Boots", "Fly"]
    assert out["ocr_text"].tolist() == ["Boots", "Fly"]


def test_rows_of_one_picture_with_and_without_given_words_get_their_own(readers, run, shops, tmp_path):
    ads = ads_of("Shoes.png", "Shoes.png", ocr_text=["Boots", ""])
    score(run, ads, tmp_path, shops)
    assert readers.seen == ["Boots", "Shoes"]


@pytest.mark.parametrize("mode", ["cached", "off"])
def test_with_cached_and_off_the_assessor_is_told_and_no_picture_is_read(readers, run, shops, tmp_path, mode):
    _, err, _ = score(run, ads_of("Shoes.png"), tmp_path, shops, "--ocr", mode)
    assert err == ""
    assert (readers.modes, readers.seen) == ([mode], [None])
    assert stored_text(read_image(shops / "Shoes.png")) is None


def test_no_picture_is_read_for_heads_that_read_no_words(readers, run, shops, tmp_path):
    _, err, _ = score(run, ads_of("Shoes.png"), tmp_path, shops, "--heads", "agreement")
    assert (err, readers.seen) == ("", [None])
    assert stored_text(read_image(shops / "Shoes.png")) is None


def test_a_picture_whose_words_cannot_be_read_keeps_its_row_and_says_so(readers, run, shops, tmp_path, monkeypatch):
    failure = WordsError("The words in the picture cannot be read (x);\ngo on without.")

    def read_all(images, **_):
        return [failure if path.name == "Shoes.png" else found(path.stem) for path in images]

    monkeypatch.setattr(reading, "read_all", read_all)
    ads = ads_of("Shoes.png", "Travel.png", "Shoes.png", ocr_text=["", "", "given"])
    code, _, out = score(run, ads, tmp_path, shops)
    assert code == 0
    assert out["notes"].tolist() == ["The words in the picture cannot be read (x); go on without.", "", ""]
    assert (out["agreement"] != "").all()
    assert readers.seen == [None, "given", "Travel"]


def test_rows_whose_picture_cannot_be_had_have_their_error_and_the_others_their_words(readers, run, shops, tmp_path):
    ads = ads_of("broken.png", "../ads.csv", "none.png", "Shoes.png", "")
    code, _, out = score(run, ads, tmp_path, shops)
    assert code == 3
    assert (out["error"] != "").tolist() == [True, True, True, False, False]
    assert readers.seen == ["Shoes", None]


def test_assess_passes_the_option_on(readers, pictures, run):
    for mode in ("auto", "cached", "off"):
        code, out, _ = run("assess", pictures / "1.png", "--title", caption(1), "--ocr", mode, "--json")
        assert code == 0
        assert json.loads(out)["heads"]
    assert readers.modes == ["auto", "cached", "off"]
    assert run("assess", pictures / "1.png", "--ocr", "perhaps")[0] == 2


def test_the_bar_begins_once_the_time_was_said(monkeypatch, tmp_path):
    order = []

    def read_all(images, *, progress, on_estimate):
        progress(1, 4)
        progress(2, 4)
        on_estimate(Estimate(2, 1, 50.0, 100.0))
        progress(3, 4)
        return [found("a"), found(""), ImageError("no picture"), WordsError("no words")]

    monkeypatch.setattr(reading, "read_all", read_all)
    read = read_pictures(
        pd.DataFrame({"image": ["a", "b", "c", "d", "", "a"]}),
        tmp_path,
        say=order.append,
        advance=lambda *step: order.append(step),
    )
    assert order == [
        "Reading the words in 3 pictures; those in 1 are known.",
        "Reading the other 2 takes about 2 min.",
        (3, 4),
    ]
    assert read == PictureWords({"a": "a", "b": ""}, {"d": "no words"})


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "1 s"), (41.4, "41 s"), (89, "89 s"), (125, "2 min"), (5000, "83 min"), (9000, "2.5 h")],
)
def test_times_are_said_as_one_would(seconds, words):
    assert duration(seconds) == words


def test_appeal_takes_the_words_read_ahead_and_is_what_the_assessor_says_alone(models, run, shops, tmp_path):
    ads = ads_of("Shoes.png", "Travel.png", "Travel.png", ocr_text=["", "", "Boots and bags and hats"])
    code, err, out = score(run, ads, tmp_path, shops, "--heads", "appeal")
    assert (code, err) == (0, "Reading the words in 2 pictures.\n")
    values = out["appeal"].astype(float).tolist()
    alone = assessors.Assessor(device="cpu", words="off")
    for row, words in enumerate(("Shoes", "Travel", "Boots and bags and hats")):
        image = read_image(shops / ads["image"][row])
        (result,) = alone.assess(Creative(image=image, title=ads["title"][row], ocr_text=words), ["appeal"]).heads
        assert values[row] == pytest.approx(result.value, abs=1e-4)
    assert abs(values[1] - values[2]) > 1e-3
    assert (out["notes"] == "").all()
