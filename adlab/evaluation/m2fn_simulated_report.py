"""The simulated half of `m2fn.md`: the paper's Tables 4, 5, 7 and 8 beside ours, and early against late fusion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from adlab.errors import InputError
from adlab.evaluation.m2fn_simulated_arms import (
    FULL,
    FULL_PRESSED,
    IMAGE,
    LATE,
    LATE_PRESSED,
    LOSSES,
    PRESSED,
)
from adlab.evaluation.m2fn_simulated_plain import MOST_ROWS
from adlab.evaluation.writing import markdown_table
from adlab.metrics.correlation import sprc

NAMES = {
    FULL: "M2FN",
    LATE: "M2FN without low-level fusion",
    FULL_PRESSED: "M2FN, hard",
    LATE_PRESSED: "M2FN without low-level fusion, hard",
    "nima": "NIMA regr.",
    "cat": "concatenation (O × × ×)",
    "image": "image only",
}
MISSING = "not measured"


def simulated_section(results: Mapping[str, Any]) -> str:
    """The section, from a heading of the second level on.

    Args:
        results: As `reproduce_simulated` gives them.
    """
    parts = [
        "## Simulated log",
        _setting(results["settings"]),
        *_in_short(results),
        _ceilings(results["ceilings"]),
        _table_4(results),
        _table_5(results),
        _table_7(results),
        _table_8(results),
        _early_or_late(results),
        _losses(results),
    ]
    if results["missing"]:
        parts.append(
            f"**Not measured, the time was up**: {', '.join(results['missing'])}. The same command goes on with these."
        )
    return "\n\n".join(parts)


def _setting(settings: Mapping[str, Any]) -> str:
    most = settings["most_impressions"]
    weight = f"the weight of a row capped at {most:g} impressions" if most else "rows weighted by impressions"
    further = ""
    if settings["pixel_epochs"]:
        further = (
            f" behind the frozen backbone and {settings['pixel_epochs']} more, only these with conditional batch norm "
            "where there is any,"
        )
    return (
        f"**Every click here is simulated.** {settings['ads']:,} drawn ads with written copy, "
        f"{settings['impressions']:,} impressions, CTR {settings['ctr']:.2%}; one row an ad and context, those of 100 "
        f"and more impressions kept, {settings['train_rows']:,} to train on. Measured on {settings['test_rows']:,} "
        f"rows ({settings['test_rows_500']:,} of 500 and more impressions) of {settings['test_ads']:,} other ads. "
        f"Preset `{settings['preset']}`: {settings['backbone']}, {settings['depth']} stages, "
        f"{settings['image_size']} px, {settings['epochs']} epochs{further} for every network; loss "
        f"`{settings['loss']}`, {weight}. Where there are "
        "several seeds, measures are their mean. Brackets are 90 % intervals over ads (bootstrap by ad). `ocr` is the "
        "words that were drawn, taken from the plan; titles, descriptions and they go through MiniLM. The simulated "
        "world has no game categories."
    )


def _in_short(results: Mapping[str, Any]) -> list[str]:
    """The findings, where the networks that they compare were measured."""
    true = {name: found["sprc_true"]["value"] for name, found in results["arms"].items()}
    known = {name: oracle["sprc_true"] for name, oracle in results["ceilings"].items()}
    lines = []
    if {FULL, "nima", "attributes-m2fn", IMAGE} <= true.keys():
        lines.append(
            f"Rank correlation with the true probability: M2FN {true[FULL]:.2f}, attributes without the picture "
            f"{true['attributes-m2fn']:.2f} (their causes, fully known, would give {known['words and context']:.2f}), "
            f"the picture alone {true[IMAGE]:.2f} ({known['picture alone']:.2f}), NIMA {true['nima']:.2f}."
        )
    for found in results["differences"]:
        if found["of"] == FULL_PRESSED:
            lines.append(
                f"Low-level fusion adds {_signed(found['sprc_true'])} to it, where it is trained hard; all planted "
                f"interactions together are worth {known['everything'] - known['all but the interactions']:.3f}."
            )
    return ["\n".join(f"- {line}" for line in lines)] if lines else []


def _ceilings(ceilings: Mapping[str, Mapping[str, float]]) -> str:
    rows = [
        [name, *(f"{known[m]:.3f}" for m in ("sprc_500", "sprc_100", "sprc_true", "auc"))]
        for name, known in ceilings.items()
    ]
    return "\n\n".join(
        [
            "### Ceilings",
            "What a model would reach that knew these planted causes perfectly and the others not at all.",
            markdown_table(["known", "SPRC 500+", "SPRC 100+", "SPRC with the true probability", "AUC"], rows),
        ]
    )


def _table_4(results: Mapping[str, Any]) -> str:
    return "\n\n".join(
        [
            "### Table 4: M2FN against NIMA",
            "The paper's `dist` rows approximate CTR by histograms drawn from a log-normal; they are left out.",
            _beside(results, "4", paper=("500+ SPRC", "500+ LCC", "100+ SPRC", "100+ LCC"), seeds=True),
            "Differences on the same resampled ads:",
            _differences(results["differences"]),
        ]
    )


def _table_5(results: Mapping[str, Any]) -> str:
    depth = results["settings"]["depth"]
    cut = f" The backbone ends after its {depth}th stage: later flags have no place, and one alone moves to the last."
    return "\n\n".join(
        [
            "### Table 5: where conditional batch norm stands",
            "The paper's numbers are of AVA, on VGG-19. One seed each. After one careful pass a conditional batch norm "
            "is still close to the identity that it begins as: what differs by 0.001 has no order. For what it does "
            "when trained hard see *Early or late fusion*." + (cut if depth < 5 else ""),
            _beside(results, "5", paper=("SPRC", "LCC")),
        ]
    )


def _table_7(results: Mapping[str, Any]) -> str:
    return "\n\n".join(
        [
            "### Table 7: ablation of modules",
            "Auxiliary attributes, low-level fusion, attention, high-level fusion; one seed each. Linear regression "
            f"has a ridge penalty here; the support vector machines are given {MOST_ROWS:,} rows.",
            _beside(results, "7", paper=("500+ SPRC", "500+ LCC", "100+ SPRC", "100+ LCC")),
            _same_order(results, "7"),
        ]
    )


def _table_8(results: Mapping[str, Any]) -> str:
    return "\n\n".join(
        [
            "### Table 8: ablation of attributes",
            f"Without low-level fusion; one seed each.{_by_seed(results)}",
            _beside(results, "8", paper=("500+ SPRC", "500+ LCC")),
        ]
    )


def _early_or_late(results: Mapping[str, Any]) -> str:
    cost = results["cost"]
    rows = [
        [
            NAMES[name],
            _cell(found, "sprc_100"),
            _cell(found, "sprc_true"),
            _cell(found, "auc"),
            f"{found['parameters']:,}",
        ]
        for name in (FULL, LATE, FULL_PRESSED, LATE_PRESSED)
        if (found := results["arms"].get(name))
    ]
    contexts = 7 * 24
    late = cost["late_picture"] + contexts * cost["late_context"]
    return "\n\n".join(
        [
            "### Early or late fusion",
            f"M2FN with and without conditional batch norm after the first convolution, each after the same passes; "
            f"*hard* means {PRESSED} times the further passes at ten times the rate.",
            markdown_table(["", "SPRC 100+", "SPRC with the true probability", "AUC", "trained parameters"], rows),
            f"Processor time of one ad in one context, one thread: {cost['early_context']:.1f} ms with low-level "
            f"fusion, where each context is a pass through the backbone; {cost['late_context']:.2f} ms without, after "
            f"{cost['late_picture']:.1f} ms for the picture, once. A grid of weekdays by hours, {contexts} contexts: "
            f"{contexts * cost['early_context'] / 1000:.2f} s against {late / 1000:.2f} s.",
        ]
    )


def _losses(results: Mapping[str, Any]) -> str:
    rows = [
        [label, *(_cell(found, m) for m in ("sprc_500", "sprc_100", "sprc_true"))]
        for name, label in LOSSES.items()
        if (found := results["arms"].get(name))
    ]
    return "\n\n".join(
        [
            "### Losses",
            "M2FN without low-level fusion. Without the cap, few rows of very many impressions carry the loss.",
            markdown_table(["", "SPRC 500+", "SPRC 100+", "SPRC with the true probability"], rows),
        ]
    )


def _by_seed(results: Mapping[str, Any]) -> str:
    values = results["arms"].get(LATE, {}).get("sprc_500", {}).get("by_seed", [])
    if len(values) < 2:
        return ""
    return f" Over {len(values)} seeds ALL lies between {min(values):.3f} and {max(values):.3f}."


def _beside(results: Mapping[str, Any], table: str, *, paper: Sequence[str], seeds: bool = False) -> str:
    """A table of the paper's beside ours, of one seed a row or of all there are."""
    headings = ["", *(f"paper, {name}" for name in paper)]
    measures = ("sprc_500", "lcc_500", "sprc_100", "lcc_100", "sprc_true", "auc")
    headings += ["500+ SPRC", "500+ LCC", "100+ SPRC", "100+ LCC", "SPRC true", "AUC"]
    headings += ["seeds"] if seeds else []
    rows = []
    for row in results["tables"][table]:
        published = [f"{value:.3f}" for value in row["paper"]] + ["–"] * (len(paper) - len(row["paper"]))
        found = results["arms"].get(row["arm"])
        if found is None:
            rows.append([row["label"], *published, MISSING, *[""] * (len(measures) - 1 + seeds)])
            continue
        shown = found if seeds else found.get("first", found)
        own = [_cell(shown, m) if m.startswith("sprc") else f"{shown[m]['value']:.3f}" for m in measures]
        rows.append([row["label"], *published, *own, *([str(found["seeds"])] if seeds else [])])
    return markdown_table(headings, rows)


def _same_order(results: Mapping[str, Any], table: str) -> str:
    """How far the order of our rows is the paper's, as a rank correlation over the rows that both have."""
    pairs = [
        (row["paper"][0], results["arms"][row["arm"]]["sprc_500"]["by_seed"][0])
        for row in results["tables"][table]
        if row["paper"] and row["arm"] in results["arms"]
    ]
    if len(pairs) < 3:
        return "Fewer than three rows were measured: no order to compare."
    try:
        agreement = sprc(*zip(*pairs, strict=True))
    except InputError:
        return f"Our {len(pairs)} rows do not differ: no order to compare."
    return f"Rank correlation of the paper's SPRC with ours (500+) over {len(pairs)} rows: {agreement:.2f}."


def _differences(differences: Sequence[Mapping[str, Any]]) -> str:
    rows = [
        [f"{NAMES[found['of']]} − {NAMES[found['and']]}", _signed(found["sprc_100"]), _signed(found["sprc_true"])]
        for found in differences
    ]
    return markdown_table(["", "SPRC 100+", "SPRC with the true probability"], rows)


def _cell(found: Mapping[str, Any], measure: str) -> str:
    got = found[measure]
    return f"{got['value']:.3f} [{got['low']:.3f}, {got['high']:.3f}]"


def _signed(got: Mapping[str, float]) -> str:
    return f"{got['value']:+.3f} [{got['low']:+.3f}, {got['high']:+.3f}]"
