"""The section of `cl4cvr.md` on the Hillstrom mailing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adlab.evaluation.cl4cvr_report_gradients import reasons
from adlab.evaluation.cl4cvr_variants import ESMM, FOLLOWED, FULL, STARTS
from adlab.evaluation.cl4cvr_words import HEADINGS, cell, judged, over_seeds, signed
from adlab.evaluation.writing import markdown_table

START_LABELS = {name: f"CL4CVR at τ = {t:g}, α = {a:g}" for name, (t, a) in zip(FOLLOWED, STARTS, strict=True)}
HARDLY = 0.55  # an area whose interval begins below it tells next to nothing


def hillstrom_section(results: Mapping[str, Any]) -> list[str]:
    """The section, from a heading of the second level on.

    Args:
        results: As `reproduce_hillstrom` gives them.
    """
    settings, areas, above = results["settings"], results["areas"], results["above_esmm"]
    labels = {model["name"]: model["label"] for model in results["models"]}
    rows = [
        [labels[name], *(cell(found[m]) for m in HEADINGS), str(len(found["cvr"]["by_seed"]))]
        for name, found in areas.items()
    ]
    parts = [
        "## Hillstrom mailing",
        f"Real customers: {settings['rows']:,}, of whom {settings['clicks']:,} visited and {settings['conversions']:,} "
        "bought. The visit stands for the click. "
        f"{settings['folds']} folds, {_drawn(settings['repeats'])}; areas on the fold left out. Networks: towers "
        f"of {'-'.join(map(str, settings['tower_dims']))}, {settings['epochs']} epochs, batches of "
        f"{settings['batch_size']} by Adam at {settings['learning_rate']:g}; nothing is tuned, CL4CVR stands at "
        f"τ = 0.1 and at τ = 12, α = 0.01. A batch holds {settings['conversions_a_batch']:.1f} conversions and "
        f"{settings['identical_pairs_a_batch']:.2f} pairs of customers with identical features. Intervals redraw "
        "customers and draws of folds; models are not trained anew for them.",
        *settings["problems"],
        markdown_table(["", *HEADINGS.values(), "draws"], rows),
    ]
    if above:
        cells = [
            [f"{labels[name]} − ESMM", *(signed(found[m]) for m in HEADINGS), over_seeds(found["cvr"])]
            for name, found in above.items()
        ]
        parts.append(markdown_table(["", *HEADINGS.values(), "CVR AUC, over draws"], cells))
    if ESMM in areas:
        own = areas[ESMM]["cvr"]
        parts.append(
            f"ESMM's CVR AUC is {cell(own)} where chance has 0.5: what is known of a customer hardly tells which "
            "visitors buy. Differences in CVR AUC are to be read with that in mind."
            if own["low"] < HARDLY
            else f"ESMM's CVR AUC is {cell(own)} where chance has 0.5."
        )
    if FULL in above:
        parts.append("\n".join(f"- {line}" for line in _told(above)))
    if followed := results.get("gradients"):  # measured since this part knows of them
        runs = {START_LABELS[name]: run for name, run in followed["runs"].items()}
        course = f"the training of {settings['epochs']} epochs that leaves the first fold out"
        parts += reasons(runs, followed["places"], course)
    return parts


def _told(above: Mapping[str, Any]) -> list[str]:
    """CL4CVR beside ESMM at each start of τ and α, and that neither was tuned."""
    told = [
        judged(above[name][measure], measure, of=label, over="ESMM")
        for name, label in START_LABELS.items()
        if name in above
        for measure in ("cvr", "ctcvr")
    ]
    return [*told, "τ and α are fixed here: another pair might do better or worse."]


def _drawn(repeats: int) -> str:
    return "drawn once" if repeats == 1 else f"drawn {repeats} times"
