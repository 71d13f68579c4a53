"""One map as a chart: colour and symbol by a column, the ad of the Score page as a star."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import ArrayLike, NDArray

from adlab.app.latent import OwnAd
from adlab.app.latent_names import unit_of
from adlab.projection.columns import NO_LEVEL
from adlab.projection.findings import shared_cosine
from adlab.projection.latent import LatentSet, MeasuredMap
from adlab.projection.maps import PCA
from adlab.projection.points import IMAGE, PAIR, TEXT, Points, known_of_points, values_of_points

if TYPE_CHECKING:
    import plotly.graph_objects as go

KINDS = (PAIR, IMAGE, TEXT)  # a point carries the number of its kind; `latent_card` names it by this list, too
MODALITY, COSINE = "picture or text", "agreement of picture and copy (cosine)"
MODALITY_NAMES = {PAIR: "picture with copy", IMAGE: "picture", TEXT: "text"}
# Okabe and Ito's colours, which colour-blind people tell apart; their black is left out: it vanishes in the dark.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#8C7A00")
SYMBOLS = ("circle", "triangle-up", "square", "diamond", "cross", "x", "pentagon")
NOTHING = "#8A9294"
UNKNOWN, DIFFER = "unknown", "in {} that differ in it"  # points without a value of the column, and with several
MOST_SVG = 5000  # points a chart draws as SVG, which every browser can; above that WebGL
INK = {"light": "#1E2426", "dark": "#F4F6F5"}
SCALE = "Cividis"


class Group(NamedTuple):
    """Points drawn alike.

    Attributes:
        name: In the legend.
        colour: Colour.
        symbol: Symbol.
        points: Their numbers.
    """

    name: str
    colour: str
    symbol: str
    points: NDArray[np.int64]


def colour_choices(ads: LatentSet) -> list[str]:
    """What a map can be coloured by: the label first, then modality and agreement, then all other columns."""
    names = [column.name for column in ads.columns]
    first = [ads.label] if ads.label else []
    return [*first, MODALITY, COSINE, *(name for name in names if name not in first)]


def groups_of(ads: LatentSet, points: Points, colour: str) -> list[Group] | None:
    """The points by level, the rarest levels as one group; None where the column holds numbers."""
    if colour == MODALITY:
        names = [MODALITY_NAMES[str(modality)] for modality in points.modality]
        levels = tuple(dict.fromkeys(names))
        codes = np.array([levels.index(name) for name in names])
        shift = 1 if levels == (MODALITY_NAMES[TEXT],) else 0  # a text looks the same on every map
        return _groups(codes, levels, np.ones(len(codes), dtype=bool), ads, shift)
    if colour == COSINE or not (column := ads.column(colour)).levels:
        return None
    known = np.where(column.values == NO_LEVEL, np.nan, column.values)
    codes = np.nan_to_num(values_of_points(ads.embeddings, points, known), nan=NO_LEVEL).astype(int)
    return _groups(codes, column.levels, known_of_points(ads.embeddings, points, known), ads)


def numbers_of(ads: LatentSet, points: Points, colour: str) -> NDArray[np.float64]:
    """The number of each point, NaN where it has none."""
    return values_of_points(ads.embeddings, points, _values(ads, colour))


def _values(ads: LatentSet, colour: str) -> ArrayLike:
    return shared_cosine(ads.embeddings) if colour == COSINE else ads.column(colour).values


def _without(nothing: NDArray[np.bool_], known: NDArray[np.bool_], ads: LatentSet) -> list[Group]:
    """The points that no colour fits: those whose ads differ, and those whose ads say nothing."""
    found = []
    for words, here in ((DIFFER.format(f"{unit_of(ads)}s"), nothing & known), (UNKNOWN, nothing & ~known)):
        if here.any():
            found.append(Group(f"{words} ({here.sum():,})", NOTHING, "circle-open", np.flatnonzero(here)))
    return found


def _groups(
    codes: NDArray[np.int64], levels: tuple[str, ...], known: NDArray[np.bool_], ads: LatentSet, shift: int = 0
) -> list[Group]:
    counts = np.bincount(codes[codes != NO_LEVEL], minlength=len(levels))
    shown = np.flatnonzero(counts)
    if len(shown) > len(COLOURS):
        shown = np.sort(np.argsort(-counts, kind="stable")[: len(COLOURS) - 1])
    found = [
        Group(f"{levels[code]} ({counts[code]:,})", COLOURS[place], SYMBOLS[place], np.flatnonzero(codes == code))
        for place, code in enumerate(shown, start=shift)
    ]
    others = np.flatnonzero((codes != NO_LEVEL) & ~np.isin(codes, shown))
    if len(others):
        kinds = int((counts > 0).sum()) - len(shown)
        found.append(Group(f"{kinds} other kinds ({len(others):,})", COLOURS[-1], SYMBOLS[-1], others))
    return [*found, *_without(codes == NO_LEVEL, known, ads)]


def figure(
    ads: LatentSet,
    space: str,
    method: str,
    made: MeasuredMap,
    colour: str,
    *,
    own: OwnAd | None = None,
    marked: tuple[int, ...] = (),
    height: int = 520,
) -> go.Figure:
    """The chart.

    Args:
        ads: The set.
        space: Which space.
        method: By which method the map was made.
        made: The map.
        colour: One of `colour_choices`.
        own: The ad of the Score page.
        marked: Rows of ads that were selected on another map.
        height: Of the chart in pixels.
    """
    import plotly.graph_objects as go

    points = ads.points(space)
    ink = INK["dark" if st.context.theme.type == "dark" else "light"]
    size = 7 if len(points.rows) <= 300 else 5 if len(points.rows) <= MOST_SVG else 3
    scatter = go.Scatter if len(points.rows) <= MOST_SVG else go.Scattergl
    groups = groups_of(ads, points, colour)
    kinds = np.array([KINDS.index(str(modality)) for modality in points.modality], dtype=np.int32)
    chart = go.Figure()

    def add(numbers: NDArray[np.int64], **style: Any) -> None:
        rows = points.rows[numbers]
        told = np.stack([rows, kinds[numbers]], axis=1)  # what card and selection are looked up by
        chosen = {"selectedpoints": np.flatnonzero(np.isin(rows, marked)).tolist()} if marked else {}
        chart.add_trace(
            scatter(
                x=made.coordinates[numbers, 0].round(3),
                y=made.coordinates[numbers, 1].round(3),
                customdata=told.tolist(),  # of an array, the browser would give selected points back as an object
                hoverinfo="none",  # `latent_card` shows the ad instead
                mode="markers",
                unselected={"marker": {"opacity": 0.12}},
                **style,
                **chosen,
            )
        )

    if groups is not None:
        for group in groups:
            marker = {"color": group.colour, "symbol": group.symbol, "size": size, "opacity": 0.8}
            add(group.points, name=escape(group.name), marker=marker)
    else:
        numbers = numbers_of(ads, points, colour)
        known = ~np.isnan(numbers)
        bar = {"title": {"text": ""}, "thickness": 10, "len": 0.8, "outlinewidth": 0}
        marker = {"color": numbers[known], "colorscale": SCALE, "size": size, "opacity": 0.9, "colorbar": bar}
        add(np.flatnonzero(known), name=escape(colour), marker=marker, showlegend=False)
        for group in _without(~known, known_of_points(ads.embeddings, points, _values(ads, colour)), ads):
            marker = {"color": NOTHING, "symbol": "circle-open", "size": size, "opacity": 0.6}
            add(group.points, name=group.name, marker=marker)
    if own is not None:
        _mark_own(chart, own, points, made, ink)
    _lay_out(chart, method, made, height)
    return chart


def _mark_own(chart: go.Figure, own: OwnAd, points: Points, made: MeasuredMap, ink: str) -> None:
    import plotly.graph_objects as go

    for place, (modality, placed) in enumerate(own.places):
        near = made.coordinates[placed.nearest]
        ring = {"symbol": "circle-open", "size": 13, "color": ink, "line": {"width": 1.5}}
        first = place == 0
        chart.add_trace(
            go.Scatter(
                x=near[:, 0].round(3),
                y=near[:, 1].round(3),
                customdata=points.rows[placed.nearest][:, None].tolist(),
                mode="markers",
                marker=ring,
                hoverinfo="skip",
                name=f"its {len(near)} nearest",
                legendgroup="nearest",
                showlegend=first,
            )
        )
        star = {"symbol": "star", "size": 20, "color": "#D7263D", "line": {"width": 1.5, "color": ink}}
        words = f"<b>{escape(own.label)}</b><br>{MODALITY_NAMES[modality]} of the Score page"
        chart.add_trace(
            go.Scatter(
                x=[placed.coordinates[0]],
                y=[placed.coordinates[1]],
                mode="markers",
                marker=star,
                hovertemplate=f"{words}<extra></extra>",
                name="the ad of the Score page",
                legendgroup="own",
                showlegend=first,
            )
        )


def _lay_out(chart: go.Figure, method: str, made: MeasuredMap, height: int) -> None:
    plain = {"showgrid": False, "zeroline": False, "showticklabels": method == PCA, "ticks": "", "title": ""}
    titles = ["", ""]  # only the axes of PCA have names and numbers, and the legend stands below them
    if method == PCA:
        titles = [f"PC {n}" for n in (1, 2)]
    chart.update_layout(
        height=height,
        showlegend=True,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        xaxis={**plain, "title": titles[0]},
        yaxis={**plain, "title": titles[1], "scaleanchor": "x"},
        legend={
            "orientation": "h",
            "y": -0.2 if method == PCA else -0.02,
            "yanchor": "top",
            "x": 0,
            "itemsizing": "constant",
        },
        dragmode=False if "Mobi" in st.context.headers.get("User-Agent", "") else "lasso",
        uirevision="kept",  # zoom survives a rerun
        hoverlabel={"align": "left"},
    )
