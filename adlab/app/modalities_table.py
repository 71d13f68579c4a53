"""A table of ads read by each part, in a job: the user's own with its pictures, or simulated ads as an example."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from adlab.app import jobs, modalities, preload
from adlab.app.jobs import Job
from adlab.app.latent_own import File, creatives, notes_of, read_rows, thumbnail
from adlab.data.creative import Context, Creative
from adlab.data.modalities import AdModes
from adlab.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from adlab.insights.modes import ModeComparison

JOB = "modalities.job"
BATCH = 4  # ads between two looks at whether the work is still wanted
# Simulated ads that no shipped model was trained on.
SAMPLE_SEED, SAMPLE_ADS, SAMPLE_IMPRESSIONS = 2041, 80, 4000
SAMPLE_NAME = "Simulated ads"


class ReadTable(NamedTuple):
    """A table of ads, read.

    Attributes:
        name: What to call it.
        table: The validated rows.
        names: What to call each row.
        ads: The answers of each row; None where it cannot be read.
        thumbnails: Small JPEGs by row.
        comparisons: Each head by each outcome of the table.
        heads: Heads that were asked.
        notes: What was left out, for the user.
    """

    name: str
    table: pd.DataFrame
    names: tuple[str, ...]
    ads: tuple[AdModes | None, ...]
    thumbnails: dict[int, bytes]
    comparisons: tuple[ModeComparison, ...]
    heads: tuple[str, ...]
    notes: tuple[str, ...]


def start(table: File | None, pictures: list[File], *, words: bool) -> None:
    """Begin to read the user's ads.

    Args:
        table: The table, or None for pictures alone.
        pictures: Its pictures.
        words: Whether to ask the heads that read the words in pictures, which takes about a second an ad.
    """
    _begin(lambda job: own(table, pictures, words, job))


def start_sample() -> None:
    """Begin to read simulated ads."""
    _begin(sample)


def current() -> Job | None:
    """The visitor's job, or None."""
    return jobs.jobs().get(str(st.session_state.get(JOB, "")))


def drop() -> None:
    """Cancel the job and forget its result."""
    jobs.jobs().forget(str(st.session_state.pop(JOB, "")))


def own(table: File | None, pictures: list[File], words: bool, job: Job) -> ReadTable:
    """Read the user's ads.

    Raises:
        InputError: Nothing was given, the table breaks the contract, or no ad can be read.
        Stopped: The user has cancelled.
    """
    job.step("Reading the table")
    rows = read_rows(table, pictures)
    return _read(table.name if table else "Your pictures", rows, _given(rows, pictures), words, job)


def sample(job: Job) -> ReadTable:
    """Read simulated ads, whose words, query, grade and responses are known."""
    import numpy as np
    import pandas as pd

    from adlab.app.simulator import rates_of
    from adlab.simulator.plan import plan_ad

    job.step("Planning ads")
    plans = [plan_ad(SAMPLE_SEED, index) for index in range(SAMPLE_ADS)]
    rates = rates_of([plan.factors for plan in plans], [Context()] * len(plans))
    draw = np.random.default_rng(SAMPLE_SEED)
    clicks = draw.binomial(SAMPLE_IMPRESSIONS, [rate.ctr for rate in rates])
    rows = pd.DataFrame(
        {
            "ad_id": [plan.ad_id for plan in plans],
            **{
                name: [getattr(plan, name) for plan in plans]
                for name in ("query", "title", "description", "seller", "brand")
            },
            "relevance_grade": [plan.relevance.grade for plan in plans],
            "impressions": SAMPLE_IMPRESSIONS,
            "clicks": clicks,
            "conversions": draw.binomial(clicks, [rate.cvr for rate in rates]),
        }
    )
    return _read(SAMPLE_NAME, rows, _drawn(), True, job)


def _given(rows: pd.DataFrame, pictures: list[File]) -> Iterator[tuple[int, Creative | str]]:
    """Each row as an ad, with the words in its picture where the table gives them."""
    words = rows["ocr_text"].tolist() if "ocr_text" in rows else [""] * len(rows)
    for row, ad in creatives(rows, pictures):
        yield row, replace(ad, ocr_text=words[row]) if isinstance(ad, Creative) and words[row] else ad


def _drawn() -> Iterator[tuple[int, Creative | str]]:
    from adlab.data.image_intake import AdImage
    from adlab.simulator.plan import plan_ad
    from adlab.simulator.render import draw

    for row in range(SAMPLE_ADS):
        plan = plan_ad(SAMPLE_SEED, row)
        words = (plan.headline, plan.subline, plan.price, plan.badge, plan.button, plan.brand)
        yield (
            row,
            Creative(
                image=AdImage.from_pixels(draw(plan).image),
                query=plan.query,
                title=plan.title,
                description=plan.description,
                seller=plan.seller,
                brand=plan.brand,
                ocr_text=" ".join(filter(None, words)),
            ),
        )


def _begin(work: Callable[[Job], ReadTable]) -> None:
    drop()
    st.session_state[JOB] = jobs.jobs().start(work)


def _read(name: str, rows: pd.DataFrame, ads: Iterator[tuple[int, Creative | str]], words: bool, job: Job) -> ReadTable:
    from adlab.data.table import context_of
    from adlab.insights.modes import compare_heads

    job.step("Loading the models")
    assessor, reader = preload.start().result(), modalities.reader()
    heads = tuple(head for head in reader.heads if words or head not in assessor.reads_words)
    if not heads:
        raise InputError("No installed model can read ads without the words in their pictures; have those read, too.")
    found: list[AdModes | None] = [None] * len(rows)
    thumbnails: dict[int, bytes] = {}
    problems: dict[int, str] = {}
    report, waiting = job.step("Reading ads by each part"), list[tuple[int, Creative]]()
    report(0, len(rows))

    def work_off() -> None:
        contexts = [context_of(rows.iloc[row]) for row, _ in waiting]
        for (row, _), modes in zip(waiting, reader.read_batch([ad for _, ad in waiting], heads, contexts), strict=True):
            found[row] = modes
        waiting.clear()

    for row, ad in ads:
        if isinstance(ad, str):
            problems[row] = ad
            continue
        if ad.image is not None:
            thumbnails[row] = thumbnail(ad.image)
        waiting.append((row, ad))
        if len(waiting) == BATCH:
            work_off()
            report(row + 1, len(rows))
    work_off()
    if not any(found):
        raise InputError(" ".join(notes_of(problems, len(rows))))
    comparisons = compare_heads(rows, found, heads, job.step("Comparing with what came of the ads"))
    return ReadTable(
        name=name,
        table=rows,
        names=tuple(_name(rows, row) for row in range(len(rows))),
        ads=tuple(found),
        thumbnails=thumbnails,
        comparisons=comparisons,
        heads=heads,
        notes=notes_of(problems, len(rows)),
    )


def _name(rows: pd.DataFrame, row: int) -> str:
    for column in ("title", "ad_id", "image"):
        cell = rows.iloc[row].get(column)
        if isinstance(cell, str) and cell.strip():
            return PurePosixPath(cell).name if column == "image" else cell
    return f"row {row + 1}"
