"""Figures 2 and 3 of FOCAL Ad: t-SNE maps of the shared and of the private space, static and interactive."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from adlab.evaluation.focal_results import MapRow
from adlab.evaluation.kept import Arrays, KeptParts
from adlab.projection.quality import knn_purity
from adlab.projection.tsne import CHAINS, TsneConfig, tsne_map

DRAWN = ("paper", "contrastive")
PANEL_TITLES = {"paper": "Paper's loss (Eq. 5)", "contrastive": "Full FOCAL (§3)"}
PERPLEXITY, NEIGHBOURS, SEED = 30.0, 10, 0


class Kind(NamedTuple):
    """What a figure shows.

    Attributes:
        file: File name without its ending.
        title: What is mapped.
        groups: Names of group 0 and group 1.
        colours: Their colours, of Okabe and Ito's palette, which colour-blind people tell apart.
    """

    file: str
    title: str
    groups: tuple[str, str]
    colours: tuple[str, str]


KINDS = {
    "fig2": Kind(
        "focal-fig2-shared",
        "Fig. 2: shared space [S_A; S_B]",
        ("Y = 0 (low)", "Y = 1 (high)"),
        ("#0072B2", "#D55E00"),
    ),
    "fig3": Kind("focal-fig3-private", "Fig. 3: private spaces P_A, P_B", ("image", "text"), ("#CC79A7", "#E69F00")),
}
SYMBOLS = (("o", "circle"), ("^", "triangle-up"))  # colour is never the only sign


class Maps(NamedTuple):
    """Finished maps.

    Attributes:
        rows: Their parameters and how pure they are, both chains.
        coordinates: Of the §7.2 chain by ``(figure, network)``, (N, 2).
        groups: 0 or 1 of each point by figure, (N,).
    """

    rows: tuple[MapRow, ...]
    coordinates: dict[tuple[str, str], NDArray[np.generic]]
    groups: dict[str, NDArray[np.generic]]


class FigureFiles(NamedTuple):
    """What was drawn: file names relative to the report, and the words below."""

    png: str
    html: str
    alt: str
    caption: str


def make_maps(seed: Arrays, iterations: int, kept: KeptParts) -> Maps:
    """Map the first seed's test images, first captions, for both losses and both chains.

    Args:
        seed: Arrays of the seed.
        iterations: Steps of t-SNE.
        kept: Where finished maps are kept.
    """
    rows, drawn, groups = [], {}, {}
    for figure in KINDS:
        for network in DRAWN:
            points, names = mapped(seed, figure, network)
            groups[figure] = names
            perplexity = min(PERPLEXITY, (len(points) - 1) / 3)
            for chain in CHAINS:
                config = TsneConfig(chain=chain, perplexity=perplexity, iterations=iterations, seed=SEED)
                part = f"map-{figure}-{network}-{chain}-{iterations}"
                found = kept.get(part, partial(_map, points, config))["xy"]
                purity = knn_purity(found, names, neighbours=min(NEIGHBOURS, len(points) - 1))
                rows.append(
                    MapRow(
                        figure=figure,
                        network=network,
                        chain=chain,
                        points=len(points),
                        perplexity=perplexity,
                        iterations=iterations,
                        seed=SEED,
                        purity=purity.purity,
                        chance=purity.chance,
                    )
                )
                if chain == CHAINS[0]:
                    drawn[figure, network] = found
    return Maps(tuple(rows), drawn, groups)


def mapped(seed: Arrays, figure: str, network: str) -> tuple[NDArray[np.generic], NDArray[np.generic]]:
    """The points of a figure and the group of each: ``"fig2"`` one a pair, ``"fig3"`` images above texts."""
    space = {"fig2": "shared", "fig3": "private"}[figure]
    image, text = (seed[f"embedding/{network}/{space}_{modality}"] for modality in ("image", "text"))
    if figure == "fig2":
        return np.concatenate([image, text], axis=1), seed["first_labels"]
    return np.concatenate([image, text]), np.repeat([0, 1], [len(image), len(text)])


def draw_figures(maps: Maps, out: Path) -> dict[str, FigureFiles]:
    """Write each figure as PNG and as interactive HTML; equal maps give equal files.

    Args:
        maps: What to draw.
        out: Folder; made if absent.
    """
    out.mkdir(parents=True, exist_ok=True)
    files = {}
    for figure, kind in KINDS.items():
        caption = _caption(figure, maps.rows)
        files[figure] = FigureFiles(f"{kind.file}.png", f"{kind.file}.html", _alt(kind), caption)
        _draw_png(figure, maps, caption, out / files[figure].png)
        _draw_html(figure, maps, caption, out / files[figure].html)
    return files


def _map(points: NDArray[np.generic], config: TsneConfig) -> Arrays:
    return {"xy": tsne_map(points, config).coordinates}


def _caption(figure: str, rows: Sequence[MapRow]) -> str:
    row = next(row for row in rows if row.figure == figure)
    return (
        f"n = {row.points:,} points of the test images with their first caption, first seed; standardised, PCA to at "
        f"most 50, t-SNE with perplexity {row.perplexity:g}, {row.iterations:,} iterations, init PCA, seed {row.seed}"
    )


def _alt(kind: Kind) -> str:
    return f"{kind.title} as two t-SNE maps, one a loss; points marked {kind.groups[0]} and {kind.groups[1]}"


def _draw_png(figure: str, maps: Maps, caption: str, file: Path) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    kind, names = KINDS[figure], maps.groups[figure]
    canvas = FigureCanvasAgg(Figure(figsize=(11, 5.6), dpi=100, layout="constrained"))  # no global state of pyplot
    axes: Any = canvas.figure.subplots(1, len(DRAWN))
    for ax, network in zip(axes, DRAWN, strict=True):
        xy = maps.coordinates[figure, network]
        for group in (0, 1):
            ax.scatter(
                *xy[names == group].T,
                s=9,
                alpha=0.6,
                linewidths=0,
                marker=SYMBOLS[group][0],
                color=kind.colours[group],
                label=kind.groups[group],
            )
        ax.set(title=PANEL_TITLES[network], xlabel="t-SNE 1 (no unit)", ylabel="t-SNE 2 (no unit)")
        ax.legend(loc="best", markerscale=2, framealpha=0.9)
    canvas.figure.suptitle(kind.title)
    canvas.figure.supxlabel(caption, fontsize=7)
    canvas.figure.savefig(file, metadata={"Software": None})


def _draw_html(figure: str, maps: Maps, caption: str, file: Path) -> None:
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    kind, names = KINDS[figure], maps.groups[figure]
    chart = make_subplots(1, len(DRAWN), subplot_titles=[PANEL_TITLES[network] for network in DRAWN])
    for column, network in enumerate(DRAWN, start=1):
        xy = np.round(maps.coordinates[figure, network].astype(np.float64), 2)
        for group in (0, 1):
            rows = np.flatnonzero(names == group)
            chart.add_trace(
                go.Scatter(
                    x=xy[rows, 0].tolist(),
                    y=xy[rows, 1].tolist(),
                    customdata=(rows % len(maps.groups["fig2"])).tolist(),
                    hovertemplate=f"test image %{{customdata}}<br>{kind.groups[group]}<extra></extra>",
                    mode="markers",
                    name=kind.groups[group],
                    legendgroup=kind.groups[group],
                    showlegend=column == 1,
                    marker={"color": kind.colours[group], "symbol": SYMBOLS[group][1], "size": 5, "opacity": 0.7},
                ),
                row=1,
                col=column,
            )
    chart.update_xaxes(title_text="t-SNE 1 (no unit)")
    chart.update_yaxes(title_text="t-SNE 2 (no unit)")
    chart.update_layout(template="plotly_white", title={"text": kind.title, "subtitle": {"text": caption}})
    chart.write_html(file, include_plotlyjs="cdn", div_id=kind.file, full_html=True)
