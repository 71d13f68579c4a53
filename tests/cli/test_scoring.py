from __future__ import annotations

import threading
from pathlib import Path

import pandas as pd
import pytest
from helpers.pictures import picture

from adlab.cli import scoring
from adlab.cli.scoring import batches, read_ads, score_rows
from adlab.data.assessment import Assessment, DataKind, HeadResult, Interval, Provenance
from adlab.data.creative import Context
from adlab.errors import TableError


class Recorder:
    """Scores an ad by the length of its title, and remembers the batches and who saw the ads."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.contexts: dict[str, Context] = {}

    def assess_batch(self, creatives, heads=None, contexts=None):
        self.batches.append(len(creatives))
        self.contexts |= {c.title: context for c, context in zip(creatives, contexts, strict=True)}
        return [Assessment(content_hash=c.content_hash, heads=(result(len(c.title)),)) for c in creatives]


def result(value: float) -> HeadResult:
    source = Provenance(
        checkpoint="c",
        sha256="0",
        data_kind=DataKind.MATCHED_PAIRS,
        trained_on="",
        terms="",
        device="cpu",
        precision="float32",
        adlab_version="0",
    )
    interval = Interval(low=value - 1, high=value + 1, level=0.9, kind="")
    return HeadResult(
        head="agreement",
        value=value,
        unit="percentile",
        scale=(0, 100),
        interval=interval,
        percentiles=(),
        provenance=source,
    )


def table(images: list[str]) -> pd.DataFrame:
    return pd.DataFrame({"image": images, "title": ["x" * (i + 1) for i in range(len(images))]})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for seed in range(4):
        picture(seed).save(tmp_path / f"{seed}.png")
    return tmp_path


def test_results_come_back_in_the_rows_own_order(folder):
    images = ["2.png", "0.png", "", "2.png", "1.png", "", "0.png"]
    scores = score_rows(table(images), Recorder(), heads=["agreement"], images=folder, batch_size=2)
    assert scores["agreement"].tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert scores["agreement_low"].tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert scores["agreement_high"].tolist() == [2, 3, 4, 5, 6, 7, 8]


def test_every_row_is_scored_for_its_own_context(folder):
    ads = table(["1.png", "0.png", "1.png"]).assign(hour=[20, None, 3], gender=["male", "", "female"], weekday=None)
    scorer = Recorder()
    score_rows(ads, scorer, heads=["agreement"], images=folder)
    assert [scorer.contexts["x" * length] for length in (1, 2, 3)] == [
        Context(hour=20, gender="male"),
        Context(),
        Context(hour=3, gender="female"),
    ]


def test_a_picture_that_rows_share_is_decoded_once(folder, monkeypatch):
    decoded = []
    original = scoring.creative_of
    monkeypatch.setattr(
        scoring, "creative_of", lambda row, images: decoded.append(row["image"]) or original(row, images)
    )
    images = [f"{i % 4}.png" for i in range(100)]
    ads = list(read_ads(table(images), folder))
    assert sorted(decoded) == ["0.png", "1.png", "2.png", "3.png"]
    assert sorted(ad.row for ad in ads) == list(range(100))
    assert len({id(ad.creative.image) for ad in ads}) == 4


def test_batches_are_full_and_progress_reaches_the_end(folder):
    recorder, seen = Recorder(), []
    ads = table([f"{i % 4}.png" for i in range(10)])
    score_rows(ads, recorder, heads=["agreement"], images=folder, batch_size=4, advance=lambda *at: seen.append(at))
    assert recorder.batches == [4, 4, 2]
    assert seen == [(4, 10), (8, 10), (10, 10)]


def test_large_pictures_make_smaller_batches(folder, monkeypatch):
    monkeypatch.setattr(scoring, "BATCH_PIXELS", 2 * 48 * 40)
    sizes = [len(batch) for batch in batches(read_ads(table(["0.png", "1.png", "2.png"]), folder), 32)]
    assert sizes == [2, 1]


def test_a_batch_of_unreadable_rows_asks_nothing_of_the_models(folder):
    recorder = Recorder()
    scores = score_rows(table(["none.png", "../0.png"]), recorder, heads=["agreement"], images=folder)
    assert recorder.batches == []
    assert scores["error"].notna().all()


def test_only_a_few_pictures_are_read_ahead_of_what_is_asked_for(folder, monkeypatch):
    monkeypatch.setattr(scoring.os, "cpu_count", lambda: 2)
    asked = []

    class Pool(scoring.ThreadPoolExecutor):
        def submit(self, *call):
            asked.append(call)
            return super().submit(*call)

    monkeypatch.setattr(scoring, "ThreadPoolExecutor", Pool)
    names = [f"{'./' * i}0.png" for i in range(40)]
    reader = scoring.read_ahead(names, folder)
    next(reader)
    reader.close()
    assert len(asked) == 5
    assert not any(thread.name.startswith("ThreadPoolExecutor") for thread in threading.enumerate())


def test_reasons_fit_one_line(folder):
    assert scoring.one_line(TableError("Two problems.", ["first", "second"])) == "Two problems. - first - second"
    ads = pd.DataFrame({"title": ["y" * 20_001]})
    (ad,) = read_ads(ads, None)
    assert ad.creative == "title has 20,001 characters; shorten it to 20,000 or fewer."
