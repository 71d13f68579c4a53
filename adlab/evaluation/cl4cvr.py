"""`python -m adlab reproduce cl4cvr`: CL4CVR's variants on simulated logs, under sparsity, on real rows; and speed.

A part is measured by a function of its own, its numbers are kept beside the report (`cl4cvr/<part>.json`), and the
report is written anew from whatever parts are there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from adlab.errors import UnknownNameError
from adlab.evaluation.cl4cvr_exposure import reproduce_exposure
from adlab.evaluation.cl4cvr_hillstrom import reproduce_hillstrom
from adlab.evaluation.cl4cvr_report import NAME, SECTIONS, write_report
from adlab.evaluation.cl4cvr_settings import (
    EXPOSURE,
    HILLSTROM,
    SIMULATED,
    SPARSITY,
    THROUGHPUT,
    CL4CVRReproduction,
    FunnelStudy,
)
from adlab.evaluation.cl4cvr_simulated import reproduce_simulated
from adlab.evaluation.cl4cvr_sparsity import reproduce_sparsity
from adlab.evaluation.cl4cvr_throughput import reproduce_throughput
from adlab.evaluation.parts import keep_part
from adlab.features.stored import Progress, no_progress

Part = Callable[[CL4CVRReproduction, Progress], dict[str, Any]]
# Each gives plain JSON; its section of the report is written by the function of the same name in `SECTIONS`.
PARTS: dict[str, Part] = {
    SIMULATED: reproduce_simulated,
    SPARSITY: reproduce_sparsity,
    EXPOSURE: reproduce_exposure,
    HILLSTROM: reproduce_hillstrom,
    THROUGHPUT: reproduce_throughput,
}


def reproduce_cl4cvr(
    how: CL4CVRReproduction, parts: Sequence[str] = tuple(SECTIONS), progress: Progress = no_progress
) -> Path:
    """Measure some parts and write the report; a stopped call goes on where it was.

    Args:
        how: What to do.
        parts: Which to measure; the report also has those that were measured before.
        progress: Called with (done, all) trainings of a stage.

    Returns:
        The report.

    Raises:
        UnknownNameError: There is no such part.
        DataUnavailableError: The Hillstrom file is missing.
        CheckpointError: A checkpoint behind the creative vectors is missing or damaged.
    """
    if unknown := [part for part in parts if part not in PARTS]:
        raise UnknownNameError("part", unknown[0], PARTS)
    for part in parts:
        results = PARTS[part](how, progress)
        keep_part(how.out, NAME, part, command_of(how, part), results)
    return write_report(how.out)


def command_of(how: CL4CVRReproduction, part: str) -> str:
    """The command that does a part again: paths and budget left out, as they decide no number."""
    words = ["python -m adlab reproduce cl4cvr --part", part]
    if how.seed != CL4CVRReproduction.seed:
        words += ["--seed", str(how.seed)]
    if part == HILLSTROM:
        if how.repeats != CL4CVRReproduction.repeats:
            words += ["--repeats", str(how.repeats)]
        return " ".join(words)
    for name, value in asdict(how.study).items():
        if value == getattr(FunnelStudy, name) or (part == EXPOSURE and name != "seeds"):
            continue
        option = name.replace("_", "-")
        words += [f"--{'' if value else 'no-'}{option}"] if isinstance(value, bool) else [f"--{option}", str(value)]
    return " ".join(words)
