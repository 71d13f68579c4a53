"""The simulated section of `cl4cvr.md`: the paper's variants beside ours, and what the paper leaves open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from adlab.errors import InputError
from adlab.evaluation.cl4cvr_report_creatives import creatives_section
from adlab.evaluation.cl4cvr_report_gradients import simulated_gradients
from adlab.evaluation.cl4cvr_report_weight import tuning_section
from adlab.evaluation.cl4cvr_settings import FunnelStudy
from adlab.evaluation.cl4cvr_variants import ESMM, IDS_ONLY, PAPER, PUBLIC_CODE, SAME_WITHOUT, SIDE
from adlab.evaluation.cl4cvr_words import HEADINGS, MISSING, ONE_SEED, cell, judged, over_seeds, plain, signed
from adlab.evaluation.cl4cvr_world import DEV, NEW, TEST
from adlab.evaluation.writing import markdown_table
from adlab.metrics.correlation import sprc
from adlab.training.funnel_config import FunnelTraining

LABELS = {variant.name: variant.label for variant in (*SIDE, *IDS_ONLY)}


def simulated_section(results: Mapping[str, Any]) -> list[str]:
    """The section, from a heading of the second level on.

    Args:
        results: As `reproduce_simulated` gives them.
    """
    main = results["main"]
    return [
        "## Simulated log",
        setting(results["settings"]),
        *_smaller(results["settings"]),
        tuning_section(results),
        "### The paper's variants",
        _method(results),
        *_table(main[TEST], results["ceilings"][TEST], "Rows of known ads."),
        _beside_paper(main[TEST]),
        _findings(main[TEST], results["settings"]),
        *_table(main[NEW], results["ceilings"][NEW], "Rows of ads that no training row shows."),
        "### Rivals, and what the paper leaves open",
        f"{results['settings']['side_rows']:,} training rows at most, with "
        f"{results['settings']['side_conversions']:,} conversions; rows of known ads."
        + ONE_SEED
        * (results["settings"]["side_seeds"] == 1),
        *_table(results["side"][TEST], results["ceilings"][TEST], ""),
        *_same_without(results["side"][TEST], results["settings"]),
        *creatives_section(results["side"]),
        *simulated_gradients(results["gradients"]),
        _cost(results),
    ]


def setting(settings: Mapping[str, Any]) -> str:
    """What the log and the training were; the sparsity section says it too."""
    rows, sees = settings["rows"], settings["creative_dim"]
    creative = f"a frozen creative vector of {sees} numbers an ad" if sees else "no creative vectors"
    return (
        f"**Every click and conversion here is simulated.** {settings['ads']:,} ads, {settings['impressions']:,} "
        f"impressions; {rows['train']:,} to train on with {settings['clicks']:,} clicks and "
        f"{settings['conversions']:,} conversions, {rows[DEV]:,} to tune on, {rows[TEST]:,} of "
        f"{settings['test_ads'][TEST]:,} known ads and {rows[NEW]:,} of {settings['test_ads'][NEW]:,} further ads to "
        f"measure on. Features: {', '.join(settings['fields'])}, and {creative}. One epoch, batches of "
        f"{settings['batch_size']:,} by {settings['optimiser']} at {settings['learning_rate']:g}, products in "
        f"{settings['precision']}. A batch holds {settings['conversions_a_batch']:.1f} conversions and "
        f"{settings['identical_pairs_a_batch']:.2f} pairs of rows with identical features on average: what SPI and FNE "
        "have to work with. Users are no feature: in the simulated world nothing of them but gender and age matters."
    )


def _smaller(settings: Mapping[str, Any]) -> list[str]:
    """How far this run is below the command's own size, if it is."""
    own = asdict(FunnelStudy())
    names = ("ads", "impressions", "side_rows", "seeds", "side_seeds")
    less = [
        f"{name.replace('_', ' ')} {settings[name]:,} of {own[name]:,}" for name in names if settings[name] < own[name]
    ]
    if not less:
        return []
    return [
        f"**Smaller than the command's own size** ({'; '.join(less)}): small differences cannot be seen here. Without "
        "options the same command measures all of it."
    ]


def _method(results: Mapping[str, Any]) -> str:
    return (
        "Areas are those expected of the scores given each row's true probabilities, so drawn outcomes add no noise; "
        "the ceiling is that of the true probabilities themselves. Intervals redraw ads and seeds; differences are "
        "paired over both, and Student's interval over the seeds' differences stands beside. τ and α as tuned "
        f"(τ = {results['tuned']['temperature']:g}, α = {results['tuned']['weight']:g}); masks are `independent` "
        "unless stated otherwise. They were tuned for CL4CVR with such masks; other variants take them over. All seeds "
        "train on one log: the chance of which of its rows were clicked and converted is in no interval."
    )


def _table(table: Mapping[str, Any], ceiling: Mapping[str, float], intro: str) -> list[str]:
    """Areas by variant, then what each is above ESMM."""
    areas = [
        [LABELS[name], *(cell(found[m]) for m in HEADINGS), plain(table["drawn"][name]["cvr"]), _seeds(found)]
        for name, found in table["areas"].items()
    ]
    areas.append(["ceiling", *(plain(ceiling[m]) for m in HEADINGS), "", ""])
    parts = [intro] if intro else []
    parts.append(markdown_table(["", *HEADINGS.values(), "CVR AUC on drawn outcomes", "seeds"], areas))
    if table["above_esmm"]:
        above = [
            [f"{LABELS[name]} − ESMM", *(signed(found[m]) for m in HEADINGS), over_seeds(found["cvr"])]
            for name, found in table["above_esmm"].items()
        ]
        parts.append(markdown_table(["", *HEADINGS.values(), "CVR AUC, over seeds"], above))
    return parts


def _same_without(table: Mapping[str, Any], settings: Mapping[str, Any]) -> list[str]:
    """What the contrastive task adds where network or training are not those of the rows above."""
    above = table.get("above_same_without")  # measured since the public code's own training is
    if not above:
        return []
    rows, lines = [], []
    for name, found in above.items():
        own, without = LABELS[name], LABELS[SAME_WITHOUT[name]]
        rows.append([f"{own} − {without}", *(signed(found[m]) for m in HEADINGS), over_seeds(found["cvr"])])
        lines.append(judged(found["cvr"], "cvr", of=own, over=without))
    if PUBLIC_CODE in above:
        public = FunnelTraining.public_code()
        held = settings["conversions_a_batch"] * public.batch_size / settings["batch_size"]
        lines.append(
            f"The public code's batch of {public.batch_size} holds {held:.2f} conversions on average: what SPI has to "
            "work with there. Its features are hashed into 200,000 buckets, ours have a code each."
        )
    return [
        "The contrastive task beside the same network and training without it.",
        markdown_table(["", *HEADINGS.values(), "CVR AUC, over seeds"], rows),
        "\n".join(f"- {line}" for line in lines),
    ]


def _beside_paper(table: Mapping[str, Any]) -> str:
    """Our gain in CVR AUC beside the paper's."""
    above = table["above_esmm"]
    rows = []
    for name, published in PAPER.items():
        if name == ESMM:
            continue
        gains = [f"{value - esmm:+.4f}" for value, esmm in zip(published, PAPER[ESMM], strict=True)]
        rows.append([LABELS[name], *gains, signed(above[name]["cvr"]) if name in above else MISSING])
    headings = ["gain in CVR AUC over ESMM", "paper, industrial", "paper, Taobao", "ours"]
    return "\n\n".join([markdown_table(headings, rows), _order(table["areas"])])


def _order(areas: Mapping[str, Any]) -> str:
    pairs = [(*published, areas[name]["cvr"]["value"]) for name, published in PAPER.items() if name in areas]
    if len(pairs) < 3:
        return "Fewer than three of the paper's variants were measured: no order to compare."
    industrial, taobao, ours = zip(*pairs, strict=True)
    try:
        agreement = (sprc(industrial, ours), sprc(taobao, ours))
    except InputError:
        return f"Our {len(pairs)} variants do not differ: no order to compare."
    return (
        f"Rank correlation of our CVR AUC with the paper's over {len(pairs)} variants: {agreement[0]:.2f} "
        f"(industrial), {agreement[1]:.2f} (Taobao)."
    )


def _findings(table: Mapping[str, Any], settings: Mapping[str, Any]) -> str:
    """What can and cannot be told apart, and what the rules had to work with."""
    lines = [judged(found["cvr"], "cvr", of=LABELS[name], over="ESMM") for name, found in table["above_esmm"].items()]
    lines += [
        judged(found["cvr"], "cvr", of="CL4CVR", over=LABELS[name])
        for name, found in table["full_above"].items()
        if name != ESMM
    ]
    if settings["identical_pairs_a_batch"] < 1:
        lines.append(
            f"A batch holds {settings['identical_pairs_a_batch']:.2f} pairs of identical rows, among about "
            f"{settings['batch_size'] * (settings['batch_size'] - 1) // 2:,}: FNE has next to nothing to take away."
        )
    return "\n".join(f"- {line}" for line in lines) if lines else "No two variants were measured."


def _cost(results: Mapping[str, Any]) -> str:
    rows, cost = results["settings"]["rows"]["train"], results["cost"]
    cells = [
        [LABELS[name], f"{found['cpu_seconds']:.0f}", f"{rows / max(found['cpu_seconds'], 1e-9):,.0f}"]
        for name, found in cost.items()
    ]
    table = markdown_table(["one epoch on all training rows", "CPU seconds", "rows a CPU second"], cells)
    return f"### Cost\n\n{table}"


def _seeds(found: Mapping[str, Any]) -> str:
    return str(len(found["cvr"]["by_seed"]))
