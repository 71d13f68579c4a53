"""`python -m adlab reproduce adscvlr`: AdsCVLR's tables, its retrieval, a simulated auction, and its explanations.

A part is measured by a function of its own, its numbers are kept beside the report (`adscvlr/<part>.json`), and the
report is written anew from whatever parts are there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from adlab.errors import UnknownNameError
from adlab.evaluation.adscvlr_auction import reproduce_auction
from adlab.evaluation.adscvlr_faithfulness import reproduce_faithfulness
from adlab.evaluation.adscvlr_folds import reproduce_folds
from adlab.evaluation.adscvlr_report import NAME, write_report
from adlab.evaluation.adscvlr_retrieval import reproduce_retrieval
from adlab.evaluation.adscvlr_settings import (
    AUCTION,
    AUTO,
    FAITHFULNESS,
    FOLDS,
    PARTS,
    RETRIEVAL,
    TABLES,
    TEACHER,
    AdsCVLRReproduction,
)
from adlab.evaluation.adscvlr_tables import reproduce_tables
from adlab.evaluation.parts import keep_part
from adlab.features.stored import Progress, no_progress
from adlab.training.relevance_data import SOURCES

Part = Callable[[AdsCVLRReproduction, Progress], dict[str, Any]]
MEASURES: dict[str, Part] = {
    TABLES: reproduce_tables,
    FOLDS: reproduce_folds,
    RETRIEVAL: reproduce_retrieval,
    AUCTION: reproduce_auction,
    FAITHFULNESS: reproduce_faithfulness,
}
_SIZES = {  # what decides the numbers of each part beside data, checkpoint and seed
    TABLES: ("simulated_ads", "pairs", "seeds", "layers"),
    FOLDS: (),
    RETRIEVAL: ("gallery",),
    AUCTION: ("simulated_ads", "auctions"),
    FAITHFULNESS: ("simulated_ads", "explained"),
}


def reproduce_adscvlr(how: AdsCVLRReproduction, parts: Sequence[str] = PARTS, progress: Progress = no_progress) -> Path:
    """Measure some parts and write the report; a stopped call goes on where it was.

    Args:
        how: What to do.
        parts: Which to measure; the report also has those that were measured before.
        progress: Called with (done, all) of a part.

    Returns:
        The report.

    Raises:
        UnknownNameError: There is no such part, or the checkpoint is not there.
        DataUnavailableError: A data set is missing.
    """
    if unknown := [part for part in parts if part not in MEASURES]:
        raise UnknownNameError("part", unknown[0], MEASURES)
    for part in parts:
        results = MEASURES[part](how, progress)
        keep_part(how.out, NAME, part, command_of(how, part), results)
    return write_report(how.out)


def command_of(how: AdsCVLRReproduction, part: str) -> str:
    """The command that does a part again: paths, device and budget left out, as they decide no number."""
    words = ["python -m adlab reproduce adscvlr --part", part]
    if part not in (TABLES, FOLDS) and how.teacher != TEACHER:
        words += ["--teacher", how.teacher]
    if part == TABLES and how.clip:
        words += ["--clip", AUTO]
    if part == TABLES and how.own is not None:
        words += ["--table", how.own.table.name, *(["--images", "DIR"] if how.own.images else [])]
    if part == TABLES and how.sources != SOURCES:
        words += ["--sources", ",".join(how.sources) or "none"]
    for name in (*_SIZES[part], "seed"):
        if getattr(how, name) != getattr(AdsCVLRReproduction, name):
            words += [f"--{name.replace('_', '-')}", str(getattr(how, name))]
    return " ".join(words)
