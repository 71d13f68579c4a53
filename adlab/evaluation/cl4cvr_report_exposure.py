"""The exposure section of `cl4cvr.md`: the contrastive task where many ids have few rows each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adlab.evaluation.cl4cvr_variants import ESMM, FULL
from adlab.evaluation.cl4cvr_words import HEADINGS, over_seeds, plain
from adlab.evaluation.writing import markdown_table

LABELS = {ESMM: "ESMM", FULL: "CL4CVR", "dropout": "ESMM, dropout"}


def exposure_section(results: Mapping[str, Any]) -> list[str]:
    """The section, from a heading of the second level on.

    Args:
        results: As `reproduce_exposure` gives them.
    """
    settings, contrast = results["settings"], results["settings"]["contrast"]
    parts = [
        "## Many ids with few rows, and exposure that follows taste",
        "A made-up log of ids alone, and several epochs over it: where a network overfits, and where, unlike in the "
        "simulator's log, what occurs together may tell what comes of it. Users and ads have tastes; an impression "
        "shows a user the ad that suits best among some candidates, or, for comparison, one by chance. "
        f"Batches of {settings['batch_size']}, CL4CVR at τ = {contrast['temperature']:g} and "
        f"α = {contrast['weight']:g}, chosen on logs of other seeds; dropout of {settings['dropout']:g} in the towers "
        "as another way to overfit less. Each seed draws a log of its own; brackets are Student's 90 % intervals over "
        "them. Areas are those expected from the true probabilities, at the epoch with the best CTCVR AUC on "
        "validation rows.",
    ]
    for world in results["worlds"]:
        parts += _world(world)
    return parts


def _world(world: Mapping[str, Any]) -> list[str]:
    name = "Exposure follows taste" if world["focus"] else "Exposure by chance"
    rows = [
        [LABELS[own], *(plain(areas[m]) for m in HEADINGS), ", ".join(map(str, world["best_epochs"][own]))]
        for own, areas in world["at_best"].items()
    ]
    rows.append(["ceiling", *(plain(world["ceiling"][m]) for m in HEADINGS), ""])
    parts = [
        f"### {name}",
        f"{world['train']:,} rows of {world['users']:,} users and {world['ads']:,} ads, with {world['clicks']:,.0f} "
        f"clicks and {world['conversions']:,.0f} conversions on average.",
        markdown_table(["", *HEADINGS.values(), "epoch, by log"], rows),
    ]
    if world["above_esmm"]:
        parts.append(_differences(world["above_esmm"]))
    return parts


def _differences(above: Mapping[str, Any]) -> str:
    rows = []
    for name, found in above.items():
        for place in (None, *range(len(found["cvr"]["by_epoch"]))):
            which = "best epoch of each" if place is None else f"epoch {place + 1}"
            cells = [found[m]["at_best"] if place is None else found[m]["by_epoch"][place] for m in HEADINGS]
            rows.append([f"{LABELS[name]} − ESMM", which, *(f"{own['value']:+.4f} {over_seeds(own)}" for own in cells)])
    return markdown_table(["", "", *HEADINGS.values()], rows)
