"""`m2fn.md`: the reproduction of M2FN as people read it, assembled from the stored numbers of each half."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from adlab.evaluation.m2fn_real_report import real_section
from adlab.evaluation.m2fn_settings import REAL, SIMULATED
from adlab.evaluation.m2fn_simulated_report import simulated_section
from adlab.evaluation.parts import Section, kept_parts, sections_of, write_parts

NAME = "m2fn"
# In the order of the report; a section begins with a heading of the second level.
SECTIONS: dict[str, Section] = {REAL: real_section, SIMULATED: simulated_section}


def write_report(out: Path) -> Path:
    """Write the report from the halves that are stored in `m2fn/`; equal numbers give equal files.

    Args:
        out: Folder of the report.

    Returns:
        The report.
    """
    return write_parts(out, NAME, render(kept_parts(out, NAME, SECTIONS)))


def render(stored: dict[str, dict[str, Any]]) -> str:
    """The report as Markdown.

    Args:
        stored: By half, the command and the results, as `adlab.evaluation.m2fn` stores them.
    """
    parts = [
        "# M2FN, reproduced",
        "Multi-step modality fusion of an ad's picture and its attributes (Park et al.). Generated from stored "
        "numbers, not edited by hand. The paper's own data are not published: its tables are set beside ours for "
        "their order, not for their values.",
    ]
    parts += sections_of(stored, SECTIONS, NAME)
    return "\n\n".join(parts) + "\n"
