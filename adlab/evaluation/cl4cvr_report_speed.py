"""The sections of `cl4cvr.md` on speed: what a row costs as the log grows, and beside torch-rechub's ESMM."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from typing import Any

from adlab.evaluation.cl4cvr_variants import FULL
from adlab.evaluation.writing import markdown_table

MEGA, GIGA = 1 << 20, 1 << 30
AIM = 3.0  # times torch-rechub's throughput, at equal or better areas
SHARED = 0.9  # share of a processor below which other work is said to have run on it
OURS = "adlab"
FLAT = 0.05  # share of the memory of the log before by which it may grow and be called flat
IN_MEMORY = (
    "One epoch on the simulated log in memory. GB: the process's largest resident memory up to the end of that "
    "training, simulation of the log included."
)


def throughput_section(results: Mapping[str, Any]) -> list[str]:
    """The section, from a heading of the second level on.

    Args:
        results: As `reproduce_throughput` gives them; numbers stored before logs were streamed have no "block_rows".
    """
    rows = [
        [
            _label(found),
            f"{found['rows']:,}",
            f"{found['rows'] / found['seconds']:,.0f}",
            f"{found['rows'] / found['cpu_seconds']:,.0f}",
            f"{found['seconds'] / 60:.1f}",
            f"{found['fitting_cpu_seconds']:.1f}" if "fitting_cpu_seconds" in found else "–",
            f"{found['disk_bytes'] / MEGA:.1f}" if "disk_bytes" in found else "–",
            f"{found['peak_bytes'] / GIGA:.3f}",
        ]
        for found in results["rows"]
    ]
    headings = [
        "", "rows", "rows a second", "rows a CPU second", "minutes an epoch", "CPU seconds to fit the schema",
        "MB on disk", "GB resident",
    ]  # fmt: skip
    streamed = "block_rows" in results
    how = (
        f"{results['threads']} thread(s), batches of {results['batch_size']:,}, products in {results['precision']}, no "
        "creative vectors. Seconds by the clock depend on what else the machine does, CPU seconds less so."
    )
    parts = [
        "## Speed against the size of the log",
        f"{_streamed(results) if streamed else IN_MEMORY} {how[0].upper()}{how[1:]}",
        markdown_table(headings, rows),
    ]
    return [*parts, *([lines] if streamed and (lines := _growth(results["rows"])) else [])]


def _label(found: Mapping[str, Any]) -> str:
    return "CL4CVR" if found["variant"] == FULL else "ESMM"


def _streamed(results: Mapping[str, Any]) -> str:
    start = max((found["start_bytes"] for found in results["rows"]), default=0) / GIGA
    return (
        "The simulated log, written as Parquet and streamed: the schema is fitted in one pass over the files, then one "
        f"epoch reads them in blocks of {results['block_rows']:,} rows, encoding included in its time. Each training "
        "is a process of its own. GB resident: the largest resident memory of that process; of these "
        f"{start:.3f} were there before it opened the log, for the libraries."
    )


def _growth(rows: list[Mapping[str, Any]]) -> str:
    """How memory grows between the two largest logs of each variant."""
    lines = []
    for label in dict.fromkeys(map(_label, rows)):
        own = sorted((found for found in rows if _label(found) == label), key=lambda found: float(found["rows"]))
        if len(own) < 2:
            continue
        small, large = own[-2:]
        grown = large["peak_bytes"] / small["peak_bytes"] - 1
        lines.append(
            f"- {label}: from {small['rows']:,} to {large['rows']:,} rows the largest resident memory changes by "
            f"{100 * grown:+.1f} %: {'it is flat' if grown < FLAT else 'it grows'}."
        )
    return "\n".join(lines)


def rechub_section(results: Mapping[str, Any]) -> list[str]:
    """The section, from a heading of the second level on.

    Args:
        results: As `benchmarks/funnel_throughput.py` stores them.
    """
    ways, versions, machine = results["ways"], results["versions"], results["machine"]
    headings = ["", "rows a second", "rows a CPU second", "wall ratio", "CPU ratio", "CTR AUC", "CTCVR AUC"]
    rows = [
        [
            way["name"],
            *(f"{results['rows'] / statistics.median(way[name]):,.0f}" for name in ("seconds", "cpu_seconds")),
            *(f"{way[name]:.2f}" for name in ("wall_ratio", "cpu_ratio")),
            *(f"{way[name]:.3f}" for name in ("ctr_auc", "ctcvr_auc")),
        ]
        for way in ways
    ]
    shared = results["cpu_share"] < SHARED
    load = (
        f"Each thread had {100 * results['cpu_share']:.0f} % of a processor: other work ran on the machine, and what "
        "is compared is CPU time."
        if shared
        else "Nothing else of weight ran on the machine."
    )
    own = next(way for way in ways if way["name"] == OURS)
    rivals = [way for way in ways if not way["name"].startswith(OURS)]
    return [
        "## Speed beside torch-rechub's ESMM",
        f"One table of {results['rows']:,} rows, {results['fields']} fields and {results['codes']:,} codes, embeddings "
        "of 10, towers of 512-256-128, Adam, batches of "
        f"{results['batch_size']:,}, {machine['threads']} thread(s); {results['repeats']} repeats, the ways in turn, "
        f"ratios are medians over repeats. torch-rechub {versions['torch-rechub']}, torch {versions['torch']}, NumPy "
        f"{versions['numpy']}, Python {versions['python']}, {machine['architecture']}. adlab multiplies in "
        f"{results['precision']} unless stated otherwise; torch-rechub does in float32, moves all rows of its tables "
        "in every step, and has batch norms in its towers. Its own loader joins a batch row by row; cut batches cost "
        "it no loader. A ratio is the time a way takes over that of adlab. Areas are on "
        f"{results['test_rows']:,} further rows, after one epoch over the table, before what is timed. {load}",
        markdown_table(headings, rows),
        "\n".join(f"- {_beside(own, way, 'cpu_ratio' if shared else 'wall_ratio')}" for way in rivals),
    ]


def _beside(own: Mapping[str, Any], way: Mapping[str, Any], by: str) -> str:
    """Ours beside a rival: whether the aim is met."""
    worse = [name for name in ("ctr_auc", "ctcvr_auc") if own[name] < way[name]]
    areas = "with a lower AUC" if worse else "at equal or better AUC"
    met = "met" if way[by] >= AIM and not worse else "missed"
    return f"{way['name']}: adlab trains {way[by]:.2f} times its rows in the same time {areas}; aim {AIM:g}, {met}."
