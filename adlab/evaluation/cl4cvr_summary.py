"""`cl4cvr.md` in short: one line a question, each told from its intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from adlab.evaluation.cl4cvr_report_creatives import CL4CVR, verdict_in_words, with_vectors
from adlab.evaluation.cl4cvr_report_gradients import reason
from adlab.evaluation.cl4cvr_report_real import START_LABELS
from adlab.evaluation.cl4cvr_settings import EXPOSURE, HILLSTROM, SIMULATED, SPARSITY
from adlab.evaluation.cl4cvr_variants import ESMM, FULL, PAPER
from adlab.evaluation.cl4cvr_words import HEADINGS, ONE_SEED, judged, over_seeds, signed, verdict
from adlab.evaluation.cl4cvr_world import NEW, TEST

_WORDS = {1: "above", 0: "not told apart from", -1: "below"}


def summary(stored: Mapping[str, Mapping[str, Any]]) -> str:
    """Lines on the parts that were measured, as Markdown; "" where nothing can be said.

    Args:
        stored: By part, the command and the results, as `adlab.evaluation.cl4cvr` stores them.
    """
    lines: list[str] = []
    for part, tell in (
        (SIMULATED, _simulated),
        (SPARSITY, _sparsity),
        (EXPOSURE, _exposure),
        (HILLSTROM, _hillstrom),
    ):
        if part in stored:
            lines += tell(stored[part]["results"])
    return "\n".join(["## In short", "", *(f"- {line}" for line in lines)]) if lines else ""


def _simulated(results: Mapping[str, Any]) -> list[str]:
    lines, known = [], results["main"][TEST]["above_esmm"]
    if FULL in known:
        own = known[FULL]["cvr"]
        gains = [value - esmm for value, esmm in zip(PAPER[FULL], PAPER[ESMM], strict=True)]
        low, high = min(_ends(own)), max(_ends(own))
        where = ["inside" if low <= gain <= high else "outside" for gain in gains]
        lines.append(
            f"**Is the paper's gain there?** {_sentence(own, 'cvr')} on the simulator's log, rows of known ads. The "
            f"paper's gains are {gains[0]:+.4f} (industrial, {where[0]} our interval) and {gains[1]:+.4f} (Taobao, "
            f"{where[1]} our interval)."
        )
        apart = [name for name, found in known.items() if verdict(found["cvr"])]
        lines.append(f"Of {len(known)} variants, {len(apart)} can be told apart from ESMM in CVR AUC on these rows.")
    if FULL in (new := results["main"][NEW]["above_esmm"]):
        told = "; ".join(f"{HEADINGS[m]} {signed(new[FULL][m])}, seeds {over_seeds(new[FULL][m])}" for m in HEADINGS)
        lines.append(f"**Ads that no training row shows**, CL4CVR − ESMM: {told}.")
    lines += _creatives(results["side"])
    if runs := results["gradients"]["runs"]:
        sizes = "; ".join(
            f"τ = {run['temperature']:g}, α = {run['weight']:g}: {min(run['size']):.3f} to {max(run['size']):.3f}"
            for run in runs
        )
        cosines = [cosine for run in runs for cosine in run["cosine"]]
        lines.append(
            f"**Why?** The contrastive gradient of the embeddings has a cosine of {min(cosines):+.2f} to "
            f"{max(cosines):+.2f} with that of the labels, and is this many times as long ({sizes})."
        )
    return lines


def _creatives(side: Mapping[str, Any]) -> list[str]:
    """What CL4CVR gains by the ads' vectors; ESMM's numbers stand in the section."""
    told = [
        f"on {own.part} {verdict_in_words(own.difference)} "
        f"({', '.join(f'{HEADINGS[m]} {signed(own.difference[m])}' for m in HEADINGS)})"
        for own in with_vectors(side)
        if own.network == CL4CVR
    ]
    if not told:
        return []
    return [f"**Do creative features help?** CL4CVR with the ads' vectors less by ids alone: {'; '.join(told)}."]


def _sparsity(results: Mapping[str, Any]) -> list[str]:
    found = [point["above_esmm"]["cvr"] for point in results["points"]]
    if not found:
        return []
    told = [verdict(difference) for difference in found]
    alone = ONE_SEED if any(difference["seeds_low"] is None for difference in found) else ""
    # Runs are there where the part was measured since it knows of gradients.
    runs = results.get("gradients", {}).get("runs", [])
    pooled = {name: [value for run in runs for value in run[name]] for name in ("size", "cosine")}
    why = f" Why? There, {reason(pooled)}." if runs else ""
    return [
        f"**Does it help where conversions are few?** Above ESMM in CVR AUC at {told.count(1)}, below at "
        f"{told.count(-1)} and not told apart at {told.count(0)} of {len(told)} thinned logs.{alone}{why}"
    ]


def _exposure(results: Mapping[str, Any]) -> list[str]:
    lines = []
    for world in results["worlds"]:
        found = world["above_esmm"].get(FULL)
        if found is None:
            continue
        parts = [("at the best epoch of each", lambda own: own["at_best"])]
        parts.append((f"after epoch {len(found['cvr']['by_epoch'])}", lambda own: own["by_epoch"][-1]))
        told = "; ".join(
            f"{when} CVR AUC {_student(of(found['cvr']))}, CTCVR AUC {_student(of(found['ctcvr']))}"
            for when, of in parts
        )
        name = "exposure that follows taste" if world["focus"] else "exposure by chance"
        lines.append(f"**Many ids with few rows, {name}**, CL4CVR − ESMM: {told}.")
    return lines


def _hillstrom(results: Mapping[str, Any]) -> list[str]:
    above = results["above_esmm"]
    if FULL not in above:
        return []
    runs = results.get("gradients", {}).get("runs", {})  # as there
    told = []
    for name, label in START_LABELS.items():
        if name in above:
            told += [judged(above[name][m], m, of=label, over="ESMM") for m in ("cvr", "ctcvr")]
        if name in runs:
            told.append(f"Why? There, {reason(runs[name])}.")
    return [f"**Real customers (Hillstrom).** {' '.join(told)} Neither pair of τ and α is tuned on them."]


def _sentence(found: Mapping[str, Any], measure: str) -> str:
    return f"CL4CVR is {_WORDS[verdict(found)]} ESMM in {HEADINGS[measure]} ({signed(found)})"


def _student(found: Mapping[str, Any]) -> str:
    return f"{found['value']:+.4f} {over_seeds(found)}"


def _ends(found: Mapping[str, Any]) -> Sequence[float]:
    ends = (found["low"], found["high"], found["seeds_low"], found["seeds_high"])
    return [end for end in ends if end is not None]
