"""Figures of the simulator's report: shares, insights of the context, recovery, ceilings, true rates."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from adlab.data.creative import AGE_BANDS
from adlab.evaluation.simulator_audit import TASKS
from adlab.evaluation.simulator_recovery import Recovery
from adlab.evaluation.simulator_results import SimulatorResults
from adlab.metrics.arrays import FloatArray
from adlab.simulator.coefficients import GROUPS, OUTCOMES
from adlab.simulator.contexts import SEASONS
from adlab.simulator.factors import BACKGROUND_COLOURS, TEXT_POSITIONS
from adlab.simulator.response import ResponseModel

# Okabe and Ito's palette; hatches and markers tell the same without colour.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00")
HATCHES = ("", "//", "..", "xx", "--")
MARKERS = ("o", "^", "s", "D")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def draw_figures(results: SimulatorResults, model: ResponseModel, rates: FloatArray, folder: Path) -> list[str]:
    """Write all figures.

    Args:
        results: What is drawn.
        model: The response.
        rates: True CTR of the audited ads, (N,).
        folder: Where; made if absent.

    Returns:
        File names, in the order of the report.
    """
    folder.mkdir(parents=True, exist_ok=True)
    name, recovered = next(iter(results.recoveries.items()))
    drawings: dict[str, tuple[tuple[float, float], tuple[int, int], Callable[[Any], None]]] = {
        "shares.png": ((9, 2.6), (1, 1), lambda axes: _shares(axes, results)),
        "context.png": ((11, 6), (2, 2), lambda axes: _context(axes, model)),
        "interactions.png": ((11, 4), (1, 2), lambda axes: _interactions(axes, model)),
        "recovery.png": ((11, 5.2), (1, 2), lambda axes: _recovery(axes, recovered, name)),
        "ceilings.png": ((11, 4.6), (1, 3), lambda axes: _ceilings(axes, results)),
        "rates.png": ((9, 3), (1, 1), lambda axes: _rates(axes, rates)),
    }
    for file, (size, grid, draw) in drawings.items():
        _write(folder / file, size, grid, draw)
    return list(drawings)


def _write(file: Path, size: tuple[float, float], grid: tuple[int, int], draw: Callable[[Any], None]) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    canvas = FigureCanvasAgg(Figure(figsize=size, dpi=100, layout="constrained"))  # no global state of pyplot
    axes = canvas.figure.subplots(*grid, squeeze=False).ravel()
    draw(axes)
    for ax in axes:
        ax.spines[["top", "right"]].set_visible(False)
    canvas.figure.savefig(file, metadata={"Software": None})


def _shares(axes: Any, results: SimulatorResults) -> None:
    labels = {"click": "click", "convert": "conversion,\ngiven a click"}
    left = np.zeros(len(OUTCOMES))
    for group, colour, hatch in zip(GROUPS, COLOURS, HATCHES, strict=True):
        widths = np.array([results.variance_shares[outcome][group] for outcome in OUTCOMES])
        bars = axes[0].barh(
            [labels[o] for o in OUTCOMES], widths, left=left, color=colour, hatch=hatch, edgecolor="white", label=group
        )
        axes[0].bar_label(
            bars, [f"{w:.0%}" for w in widths], label_type="center", bbox={"fc": "white", "ec": "none", "pad": 1.5}
        )
        left += widths
    axes[0].invert_yaxis()
    axes[0].set(xlabel="share of the variance of the log-odds", xlim=(0, 1))
    axes[0].legend(ncols=len(GROUPS), loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False)


def _context(axes: Any, model: ResponseModel) -> None:
    panels = {
        "age_band": ("age", list(AGE_BANDS)),
        "hour": ("hour of the day", [str(h) for h in range(24)]),
        "weekday": ("weekday", list(WEEKDAYS)),
        "month": ("month", list(MONTHS)),
    }
    for ax, (name, (title, ticks)) in zip(axes, panels.items(), strict=True):
        for outcome, colour, marker in zip(OUTCOMES, COLOURS, MARKERS, strict=False):
            odds = np.exp(model.effects[outcome].levels[name][:-1])
            ax.plot(ticks, odds, color=colour, marker=marker, ms=4, label=outcome)
        ax.axhline(1, color="grey", lw=0.8)
        ax.set(xlabel=title, ylabel="odds, average = 1")
        ax.tick_params(axis="x", labelsize=8)
    axes[0].legend(frameon=False)


def _interactions(axes: Any, model: ResponseModel) -> None:
    effects = model.effects["click"]
    both = effects.text_position_age[:, :-1] + effects.levels["text_position"][:, None]
    for place, values, colour, marker in zip(TEXT_POSITIONS, both, COLOURS, MARKERS, strict=False):
        axes[0].plot(list(AGE_BANDS), np.exp(values), color=colour, marker=marker, ms=4, label=f"words {place}")
    axes[0].set(xlabel="age", ylabel="odds of a click, average = 1", title="place of the words × age (high level)")
    axes[0].tick_params(axis="x", labelsize=8)
    axes[0].legend(frameon=False)
    seasonal = effects.background_month[:, [0, 3, 6, 9]] + effects.levels["background"][:, None]
    reach = float(np.abs(seasonal).max())
    drawn = axes[1].imshow(seasonal, cmap="cividis", vmin=-reach, vmax=reach, aspect="auto")
    axes[1].set(
        xticks=range(4),
        xticklabels=SEASONS,
        yticks=range(len(BACKGROUND_COLOURS)),
        yticklabels=BACKGROUND_COLOURS,
        title="background × season (low level), log-odds of a click",
    )
    for (row, column), value in np.ndenumerate(seasonal):
        ink = "black" if value > reach / 4 else "white"
        axes[1].text(column, row, f"{value:+.2f}", ha="center", va="center", color=ink, fontsize=8)
    axes[1].figure.colorbar(drawn, ax=axes[1])


def _recovery(axes: Any, recovered: tuple[Recovery, ...], name: str) -> None:
    for ax, recovery, colour in zip(axes, recovered, COLOURS, strict=False):
        rows = recovery.coefficients
        truth, fitted = np.array([r.planted for r in rows]), np.array([r.fitted for r in rows])
        half = [r.high - r.fitted for r in rows]
        ax.errorbar(truth, fitted, yerr=half, fmt="o", ms=3, lw=0.8, color=colour)
        ends = [float(truth.min()), float(truth.max())]
        ax.plot(ends, ends, color="grey", lw=0.8)
        ax.set(
            xlabel="planted coefficient, centred (log-odds)",
            ylabel="fitted, with 95 % interval",
            title=f"{recovery.outcome}: {recovery.inside} of {len(rows)} intervals hold it",
        )
    axes[0].figure.suptitle(name)


def _ceilings(axes: Any, results: SimulatorResults) -> None:
    titles = {"ctr": "CTR", "cvr": "CVR, among clicks", "ctcvr": "CTCVR"}
    rows = results.baselines
    places = np.arange(len(rows))
    for ax, task in zip(axes, TASKS, strict=True):
        ax.barh(places + 0.2, [r.ceiling[task] for r in rows], 0.4, color="#BBBBBB", label="knows the same, perfectly")
        ax.barh(places - 0.2, [r.reached[task] for r in rows], 0.4, color=COLOURS[0], hatch="//", label="plain model")
        best = {"ctr": results.ceiling.ctr_auc, "cvr": results.ceiling.cvr_auc, "ctcvr": results.ceiling.ctcvr_auc}[
            task
        ]
        ax.axvline(best, color=COLOURS[1], ls="--", label="ceiling over all ads")
        ax.set(yticks=places, yticklabels=[r.name for r in rows], xlim=(0.4, 0.9), xlabel="AUC", title=titles[task])
        if task != TASKS[0]:
            ax.set_yticklabels([])
    axes[0].legend(loc="lower center", bbox_to_anchor=(0.5, 1.08), frameon=False, fontsize=8)


def _rates(axes: Any, rates: FloatArray) -> None:
    axes[0].hist(100 * rates, bins=60, color=COLOURS[0])
    middle = 100 * float(np.median(rates))
    axes[0].axvline(middle, color=COLOURS[1], ls="--", label=f"median {middle:.1f} %")
    axes[0].set(xlabel="true CTR of an ad, averaged over contexts (%)", ylabel="ads")
    axes[0].legend(frameon=False)
