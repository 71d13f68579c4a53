from __future__ import annotations

import importlib.util
import json
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageChops

from adlab.app import caching
from adlab.app.examples import examples, focus, notes
from adlab.app.state import Picture
from adlab.errors import ImageError
from adlab.paths import assets_dir
from adlab.simulator.formats import FORMATS

FOLDER = assets_dir() / "examples"
ENTRIES = json.loads((FOLDER / "examples.json").read_text(encoding="utf-8"))
SCRIPT = importlib.util.spec_from_file_location("render_examples", FOLDER / "render.py")
render = importlib.util.module_from_spec(SCRIPT)
SCRIPT.loader.exec_module(render)


def test_there_are_twelve_examples_some_of_which_do_not_fit():
    assert len(examples()) == 12
    assert {entry["copy_fits"] for entry in ENTRIES} == {True, False}
    assert ENTRIES[0]["copy_fits"]


@pytest.mark.parametrize("name", [entry["name"] for entry in ENTRIES])
def test_an_example_is_small_whole_and_has_all_its_copy(name):
    ad = examples()[name]
    assert len(ad.picture.data) < 100_000
    assert all(ad.copy_fields.values())
    assert ad.example == name
    assert notes()[name].endswith(".")


def test_examples_that_fit_agree_and_the_others_contradict_themselves():
    for entry in ENTRIES:
        assert entry["copy_fits"] == (render.plan_of(entry["ad"]).factors.agreement >= 0.8), entry["name"]


def test_all_formats_and_all_faults_are_among_the_examples():
    plans = {entry["name"]: render.plan_of(entry["ad"]) for entry in ENTRIES}
    assert {entry["ad"]["format"] for entry in ENTRIES} == set(FORMATS)
    causes = [plan.factors for plan in plans.values()]
    assert {cause.agreement for cause in causes} == {0.0, 0.4, 0.8, 1.0}
    assert plans["television"].relevance.only_in_image == "colour"
    assert plans["boots"].factors.clutter == 1
    assert plans["cap"].factors.cta == 0
    assert plans["sunglasses"].factors.contrast < 0.1
    assert plans["headphones"].factors.urgency == plans["headphones"].factors.specificity == 1


def test_the_script_makes_the_shipped_pictures_and_copy_again(tmp_path):
    render.main(tmp_path)
    assert json.loads((tmp_path / "examples.json").read_text(encoding="utf-8")) == ENTRIES
    for entry in ENTRIES:
        drawn, shipped = Image.open(tmp_path / entry["file"]), Image.open(FOLDER / entry["file"])
        assert np.asarray(ImageChops.difference(drawn, shipped)).mean() < 1, entry["name"]


def test_a_preview_is_small_and_says_how_large_the_original_is():
    buffer = BytesIO()
    Image.new("RGB", (3000, 1500), "teal").save(buffer, "PNG")
    preview = caching.preview(Picture(buffer.getvalue(), "wide.png"))
    assert (preview.width, preview.height, preview.kind) == (3000, 1500, "PNG")
    with Image.open(BytesIO(preview.jpeg)) as small:
        assert small.size == (caching.PREVIEW_SIDE, caching.PREVIEW_SIDE // 2)
    with Image.open(BytesIO(caching.thumbnail(Picture(buffer.getvalue(), "wide.png")))) as smaller:
        assert max(smaller.size) == caching.THUMBNAIL_SIDE


def test_a_file_that_is_no_picture_has_no_preview():
    with pytest.raises(ImageError, match=r"notes\.txt"):
        caching.preview(Picture(b"just text", "notes.txt"))


def test_the_square_of_a_banner_shows_its_product():
    camera = examples()["camera"]
    with Image.open(BytesIO(caching.square(camera.picture, focus()["camera"]))) as square:
        assert square.size[0] == square.size[1] > 100
        red = np.asarray(square.convert("RGB"), dtype=float)[..., 0].mean()
    with Image.open(BytesIO(caching.square(camera.picture))) as middle:
        pale = np.asarray(middle.convert("RGB"), dtype=float)[..., 0].mean()
    assert red < pale - 30  # the camera is a deeper blue than the waves around it


@pytest.mark.parametrize(("focus_at", "place"), [(0.0, 0), (0.5, 1), (1.0, 2)])
@pytest.mark.parametrize("upright", [False, True])
def test_a_square_is_cut_out_where_the_focus_is(focus_at, place, upright):
    colours = ["red", "lime", "blue"]
    whole = Image.new("RGB", (300, 100))
    for each, colour in enumerate(colours):
        whole.paste(colour, (100 * each, 0, 100 * each + 100, 100))
    buffer = BytesIO()
    (whole.transpose(Image.Transpose.ROTATE_270) if upright else whole).save(buffer, "PNG")
    with Image.open(BytesIO(caching.square(Picture(buffer.getvalue(), "x.png"), focus_at))) as square:
        assert int(np.argmax(square.convert("RGB").getpixel((50, 50)))) == place
