from __future__ import annotations

import pytest

from adlab import paths
from adlab.data.flickr8k import read_flickr8k
from adlab.data.image_intake import read_image
from adlab.errors import DataUnavailableError, InputError

PARTS = {"train": ["a.jpg"], "dev": ["b.jpg"], "test": ["c.jpg"]}


@pytest.fixture
def folder(tmp_path):
    """Four images, three of them in a split, all with five captions."""
    (tmp_path / "Images").mkdir()
    lines = []
    for name in ("a.jpg", "b.jpg", "c.jpg", "d.jpg"):
        (tmp_path / "Images" / name).write_bytes(b"")
        lines += [f"{name}#{k}\t{name[0]} caption {k} .\n" for k in (1, 0, 3, 2, 4)]
    (tmp_path / "Flickr8k.token.txt").write_text("".join(lines))
    for part, names in PARTS.items():
        (tmp_path / f"Flickr_8k.{part}Images.txt").write_text("".join(f"{name}\n" for name in names))
    return tmp_path


def add(path, text):
    with path.open("a") as file:
        file.write(text)


def test_names_captions_splits_and_paths_are_read(folder):
    data = read_flickr8k(folder)
    assert data.names == ("a.jpg", "b.jpg", "c.jpg", "d.jpg")
    assert data.captions["b.jpg"] == tuple(f"b caption {k} ." for k in range(5)), "captions go by their number"
    assert data.split == {"a.jpg": "train", "b.jpg": "dev", "c.jpg": "test", "d.jpg": None}
    assert data.path("c.jpg") == folder / "Images" / "c.jpg"
    assert [data.names_of(part) for part in ("train", "dev", "test", None)] == [(f"{n}.jpg",) for n in "abcd"]


def test_an_image_in_no_split_is_reported_not_fatal(folder):
    assert read_flickr8k(folder).problems == ("image is in no split: 1 (d.jpg).",)


def test_a_stray_caption_name_is_reported_not_fatal(folder):
    add(folder / "Flickr8k.token.txt", "x.jpg.1#0\tpeople waiting for the subway\n")
    data = read_flickr8k(folder)
    assert "caption name has no image: 1 (x.jpg.1)." in data.problems
    assert "x.jpg.1" not in data.captions


@pytest.mark.parametrize("line", ["no tab here", "a.jpg\tno number", "a.jpg#x\tno number", "a.jpg#5\t ", "#5\tno name"])
def test_a_line_of_another_form_is_reported_with_its_number(folder, line):
    add(folder / "Flickr8k.token.txt", line + "\n")
    data = read_flickr8k(folder)
    assert any(problem.startswith("Flickr8k.token.txt, line 21: ") for problem in data.problems)
    assert len(data.captions["a.jpg"]) == 5


def test_flaws_of_images_and_lists_are_reported(folder):
    add(folder / "Flickr8k.token.txt", "d.jpg#5\tone too many\n")
    (folder / "Images" / "mute.jpg").write_bytes(b"")
    add(folder / "Flickr_8k.testImages.txt", "a.jpg\ngone.jpg\n")
    data = read_flickr8k(folder)
    assert set(data.problems) == {
        "a.jpg is listed in train and test; it stays in train.",
        "gone.jpg is listed in test but has no image or no caption; it is left out.",
        "image has no caption: 1 (mute.jpg).",
        "image is in no split: 1 (d.jpg).",
        "image has not 5 captions: 1 (d.jpg).",
    }
    assert data.split["a.jpg"] == "train"


def test_windows_line_ends_and_blank_lines_do_no_harm(folder):
    path = folder / "Flickr_8k.trainImages.txt"
    path.write_bytes(b"a.jpg\r\n\r\n")
    assert read_flickr8k(folder).split["a.jpg"] == "train"


@pytest.mark.parametrize("part", ["Flickr8k.token.txt", "Flickr_8k.devImages.txt"])
def test_a_missing_file_says_what_to_do(folder, part):
    (folder / part).unlink()
    with pytest.raises(DataUnavailableError, match=rf"{part} cannot be read.*Unpack Flickr8k"):
        read_flickr8k(folder)


def test_a_missing_folder_and_an_empty_one_say_what_to_do(folder, tmp_path):
    with pytest.raises(DataUnavailableError, match=r"Images/ is missing\. Unpack Flickr8k"):
        read_flickr8k(tmp_path / "nowhere")
    for path in (folder / "Images").iterdir():
        path.unlink()
    with pytest.raises(DataUnavailableError, match=r"No image .* has a caption"):
        read_flickr8k(folder)


def test_an_unknown_name_has_no_path(folder):
    data = read_flickr8k(folder)
    with pytest.raises(InputError, match=r"no Flickr8k image 'a\.jpeg'; did you mean 'a\.jpg'\?"):
        data.path("a.jpeg")
    with pytest.raises(InputError, match="take one of `names`"):
        data.path("../../secret")


def test_the_official_data_has_its_official_numbers():
    folder = paths.data_dir()
    if folder is None or not (folder / "flickr8k").is_dir():
        pytest.skip("Flickr8k is not on this machine; set ADLAB_DATA to the folder that holds flickr8k/")
    data = read_flickr8k(folder / "flickr8k")
    assert len(data.names) == 8_091
    assert [len(data.names_of(part)) for part in ("train", "dev", "test", None)] == [6_000, 1_000, 1_000, 91]
    assert {len(captions) for captions in data.captions.values()} == {5}
    assert len(data.problems) == 2
    assert "2258277193_586949ec62.jpg.1" in data.problems[0]
    assert data.problems[1].startswith("image is in no split: 91 ")
    assert (read_image(data.path(data.names[0])).width, read_image(data.path(data.names[0])).height) == (224, 224)
