"""`cl4cvr.md`: the reproduction of CL4CVR as people read it, assembled from the stored numbers of each part."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from adlab.evaluation.cl4cvr_report_exposure import exposure_section
from adlab.evaluation.cl4cvr_report_real import hillstrom_section
from adlab.evaluation.cl4cvr_report_simulated import simulated_section
from adlab.evaluation.cl4cvr_report_sparsity import sparsity_section
from adlab.evaluation.cl4cvr_report_speed import rechub_section, throughput_section
from adlab.evaluation.cl4cvr_settings import EXPOSURE, HILLSTROM, SIMULATED, SPARSITY, THROUGHPUT, TORCH_RECHUB
from adlab.evaluation.cl4cvr_summary import summary
from adlab.evaluation.parts import kept_parts, made_by, not_measured, write_parts

NAME = "cl4cvr"
Section = Callable[[Mapping[str, Any]], Sequence[str]]
# In the order of the report; a section begins with a heading of the second level.
SECTIONS: dict[str, Section] = {
    SIMULATED: simulated_section,
    SPARSITY: sparsity_section,
    EXPOSURE: exposure_section,
    HILLSTROM: hillstrom_section,
    THROUGHPUT: throughput_section,
}


def write_report(out: Path) -> Path:
    """Write the report from the parts that are stored in `cl4cvr/`; equal numbers give equal files.

    Args:
        out: Folder of the report.

    Returns:
        The report.
    """
    return write_parts(out, NAME, render(kept_parts(out, NAME, [*SECTIONS, TORCH_RECHUB])))


def render(stored: Mapping[str, Mapping[str, Any]]) -> str:
    """The report as Markdown.

    Args:
        stored: By part, the command and the results, as `adlab.evaluation.cl4cvr` stores them.
    """
    parts = [
        "# CL4CVR, reproduced",
        "Contrastive learning for conversion rates on top of ESMM (Ouyang et al., SIGIR 2023). Generated from stored "
        "numbers, not edited by hand. The paper's industrial log is not published, and the public sample of its Taobao "
        "log holds 36 conversions, too few to learn from: the paper's numbers stand beside ours for their order and "
        "the size of the gain, not for their values. Brackets are 90 % intervals.",
    ]
    if told := summary(stored):
        parts.append(told)
    for part, section in SECTIONS.items():
        if part not in stored:
            parts.append(not_measured(NAME, part))
            continue
        results = stored[part]["results"]
        parts += section(results)
        if results["missing"]:
            parts.append(
                f"**Not measured, the time was up**: {', '.join(results['missing'])}. The same command goes on with "
                "these."
            )
        parts.append(made_by(stored[part]["command"], NAME, part))
    if TORCH_RECHUB in stored:  # measured by a benchmark, which needs a package that adlab does not
        parts += rechub_section(stored[TORCH_RECHUB]["results"])
        parts.append(made_by(stored[TORCH_RECHUB]["command"], NAME, TORCH_RECHUB))
    return "\n\n".join(parts) + "\n"
