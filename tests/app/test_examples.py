from __future__ import annotations

import json
import subprocess
import sys
from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageChops

from adlab.app import caching
from adlab.app.examples import examples
from adlab.app.state import Picture
from adlab.errors import ImageError
from adlab.paths import assets_dir

FOLDER = assets_dir() / "examples"
ENTRIES = json.loads((FOLDER / "examples.json").read_text(encoding="utf-8"))


def test_there_are_six_examples_some_of_which_do_not_fit():
    assert len(examples()) == 6
    assert {entry["copy_fits"] for entry in ENTRIES} == {True, False}
    assert ENTRIES[0]["copy_fits"]


@pytest.mark.parametrize("name", [entry["name"] for entry in ENTRIES])
def test_an_example_is_small_whole_and_has_all_its_copy(name):
    ad = examples()[name]
    assert len(ad.picture.data) < 120_000
    assert all(ad.copy_fields.values())
    assert ad.example == name


@pytest.mark.slow
@pytest.mark.parametrize("name", ["sneaker"])
def test_the_script_draws_the_shipped_picture(name, tmp_path):
    code = "import sys; sys.path.insert(0, sys.argv[1]); import draw; from pathlib import Path; "
    code += "draw.FOLDER = Path(sys.argv[2]); draw.main([sys.argv[3]])"
    subprocess.run([sys.executable, "-c", code, str(FOLDER), str(tmp_path), name], check=True)
    drawn, shipped = Image.open(tmp_path / f"{name}.jpg"), Image.open(FOLDER / f"{name}.jpg")
    assert np.asarray(ImageChops.difference(drawn, shipped)).mean() < 1


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
