"""`python -m adlab reproduce m2fn`: M2FN's tables on rated ads and on a simulated log, one half at a time.

A half is measured by a function of its own, its numbers are kept beside the report (`m2fn/<half>.json`), and the report
is written anew from whatever halves are there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from adlab.errors import UnknownNameError
from adlab.evaluation.m2fn_real import reproduce_real
from adlab.evaluation.m2fn_report import NAME, SECTIONS, write_report
from adlab.evaluation.m2fn_settings import REAL, SIMULATED, M2FNReproduction
from adlab.evaluation.m2fn_simulated import reproduce_simulated
from adlab.evaluation.m2fn_simulated_study import SimulatedStudy
from adlab.evaluation.parts import keep_part
from adlab.features.stored import Progress, no_progress

Half = Callable[[M2FNReproduction, Progress], dict[str, Any]]
# Each gives plain JSON; its section of the report is written by the function of the same name in `SECTIONS`.
HALVES: dict[str, Half] = {REAL: reproduce_real, SIMULATED: reproduce_simulated}


def reproduce_m2fn(
    how: M2FNReproduction, halves: Sequence[str] = tuple(SECTIONS), progress: Progress = no_progress
) -> Path:
    """Measure some halves and write the report; a stopped call goes on where it was.

    Args:
        how: What to do.
        halves: Which to measure; the report also has those that were measured before.
        progress: Called with (done, all) parts of a half.

    Returns:
        The report.

    Raises:
        UnknownNameError: There is no such half.
        DataUnavailableError: The rated ads are missing.
    """
    if unknown := [half for half in halves if half not in HALVES]:
        raise UnknownNameError("half", unknown[0], HALVES)
    for half in halves:
        results = HALVES[half](how, progress)
        keep_part(how.out, NAME, half, command_of(how, half), results)
    return write_report(how.out)


def command_of(how: M2FNReproduction, half: str) -> str:
    """The command that does a half again: paths, device and budget left out, as they decide no number."""
    words = ["python -m adlab reproduce m2fn --part", half]
    if how.seed != M2FNReproduction.seed:
        words += ["--seed", str(how.seed)]
    if half == SIMULATED:
        for name, value in asdict(how.simulated).items():
            if value != getattr(SimulatedStudy, name):
                words += [f"--{name.replace('_', '-')}", str(value)]
    return " ".join(words)
