from __future__ import annotations

import multiprocessing

import pytest
from helpers import mortal_reader
from helpers.mortal_reader import KILLS, KILLS_ONCE, SLOW
from PIL import Image

from adlab.data.image_intake import AdImage
from adlab.errors import WordsError
from adlab.features import ocr_processes
from adlab.features.ocr import stored_text
from adlab.features.ocr_pool import MEASURED, read_all
from adlab.paths import cache_dir


def sized(width, height):
    return AdImage.from_pixels(Image.new("RGB", (width, height), "white"))


def starts():
    """Processes that began to load."""
    return len(list((cache_dir() / "started").iterdir()))


@pytest.fixture
def mortal(monkeypatch):
    monkeypatch.setattr(ocr_processes, "_load", mortal_reader.load)


def test_a_picture_that_kills_every_process_has_an_error_and_the_others_are_read(mortal):
    images = [sized(width, 20) for width in (10, 11, KILLS, 12, 14, 15)]
    steps, estimates = [], []
    found = read_all(
        images, workers=2, progress=lambda *step: steps.append(step), on_estimate=lambda one: estimates.append(one)
    )
    killed = found.pop(2)
    assert [text.text for text in found] == [f"{width}x20" for width in (10, 11, 12, 14, 15)]
    assert isinstance(killed, WordsError)
    assert "the process that read it was killed" in str(killed)
    assert "give the words as ocr_text" in str(killed)
    assert steps == [(done, 6) for done in range(7)]
    assert [estimate.pictures for estimate in estimates] == [6 - MEASURED]
    assert stored_text(images[2]) is None
    assert all(stored_text(image) is not None for image in images if image is not images[2])
    assert not multiprocessing.active_children()


def test_a_picture_that_killed_one_process_of_several_is_read_by_the_next(mortal):
    found = read_all([sized(width, 20) for width in (10, 11, KILLS_ONCE, 12)], workers=2)
    assert [text.text for text in found] == ["10x20", "11x20", f"{KILLS_ONCE}x20", "12x20"]


def test_each_death_costs_one_picture_and_one_process(mortal):
    found = read_all([sized(KILLS, 20), sized(KILLS, 21), sized(10, 20), sized(KILLS, 22)], workers=2)
    assert [isinstance(text, WordsError) for text in found] == [True, True, False, True]
    assert starts() <= 2 + 3


def test_processes_that_are_killed_while_they_load_are_not_started_for_every_picture(monkeypatch):
    monkeypatch.setattr(ocr_processes, "_load", mortal_reader.load_and_die)
    steps = []
    found = read_all([sized(width, 20) for width in range(20, 30)], workers=2, progress=lambda *at: steps.append(at))
    assert all(isinstance(text, WordsError) for text in found)
    assert "was killed while loading" in str(found[0])
    assert steps == [(done, 10) for done in range(11)]
    assert starts() <= 2 + 1


def test_where_the_system_starts_no_process_this_one_reads(monkeypatch):
    class Refused:
        def __init__(self, *_, **__):
            raise OSError(38, "Function not implemented")

    monkeypatch.setattr(ocr_processes, "ProcessPool", Refused)
    monkeypatch.setattr(ocr_processes, "load_engine", lambda **_: None)
    monkeypatch.setattr("adlab.features.ocr._recognised", mortal_reader._recognised)
    found = read_all([sized(width, 20) for width in (10, 11, 12, 14)], workers=2)
    assert [text.text for text in found] == ["10x20", "11x20", "12x20", "14x20"]


def test_progress_may_stop_two_processes(mortal):
    def stop(done, total):
        if done == 1:
            raise KeyboardInterrupt

    images = [sized(SLOW, height) for height in range(10, 34)]
    with pytest.raises(KeyboardInterrupt):
        read_all(images, workers=2, progress=stop)
    kept = sum(stored_text(image) is not None for image in images)
    assert 1 <= kept < len(images)  # what was under way is finished, the rest is not begun
    assert not multiprocessing.active_children()
