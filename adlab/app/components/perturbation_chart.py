"""What is left of a grade while words or regions are taken away: three curves, one sentence, and the numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from adlab.app import pair_words
from adlab.app.components.text import plain
from adlab.app.head_words import GRADES

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from adlab.explain.perturbation import Perturbation

HEIGHT = 290  # pixels
# The same in every chart: a curve that hardly moves must look so beside one that does.
AXIS = {"range": (0, 101), "tickvals": (0, 25, 50, 75, 100)}
LINES = {"light": ("#B4551D", "#2C63B8", "#5C6567"), "dark": ("#F0A070", "#8DB4F5", "#A5AFB0")}  # most, least, random


def show(found: Sequence[Perturbation], grade: int) -> None:
    """Draw one chart a kind of part, side by side where there is room."""
    scheme = "dark" if st.context.theme.type == "dark" else "light"
    for place, each in zip(st.columns(len(found), gap="large"), found, strict=True):
        with place:
            st.markdown(f"**{pair_words.KINDS[each.kind]}**, {each.parts} of them")
            st.plotly_chart(
                figure(each, grade, scheme),
                key=f"explain.pair-chart-{each.kind}",
                config={"displayModeBar": False},
                alt=pair_words.evidence_line(each, grade),
            )
            st.markdown(plain(pair_words.evidence_line(each, grade)))
    with st.expander("The curves as numbers", icon=":material/table_rows:"):
        st.dataframe(table(found), hide_index=True, key="explain.pair-evidence")
    if several := pair_words.several_line(found):
        st.caption(plain(several))


def figure(found: Perturbation, grade: int, scheme: str) -> go.Figure:
    """Probability of the grade against the share of parts taken away; random orders as their range and mean.

    Args:
        found: Of one kind of part.
        grade: The grade explained.
        scheme: "light" or "dark".
    """
    import plotly.graph_objects as go

    most, least, quiet = LINES[scheme]
    x, random = 100 * found.shares, 100 * found.random
    chart = go.Figure()
    range_of = {"x": x, "mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    chart.add_scatter(y=random.max(axis=0), showlegend=False, **range_of)
    chart.add_scatter(
        y=random.min(axis=0), fill="tonexty", fillcolor=_faint(quiet), name=f"{len(random)} random orders", **range_of
    )
    for name, values, colour, dash in (
        ("random, mean", random.mean(axis=0), quiet, "dot"),
        ("least relevant first", 100 * found.least, least, "dash"),
        ("most relevant first", 100 * found.most, most, "solid"),
    ):
        chart.add_scatter(x=x, y=values, name=name, mode="lines", line={"color": colour, "dash": dash, "width": 2.5})
    chart.update_layout(
        height=HEIGHT,
        margin={"l": 8, "r": 20, "t": 8, "b": 8},
        legend={"orientation": "h", "y": -0.36, "x": 0},
        hovermode="x unified",
        xaxis={"title": f"{pair_words.KINDS[found.kind].split()[0].lower()} taken away, %", **AXIS},
        yaxis={"title": f"probability of {GRADES[grade]}, %", **AXIS},
    )
    chart.update_traces(hovertemplate="%{y:.0f} %")
    return chart


def table(found: Sequence[Perturbation]) -> pd.DataFrame:
    """One row a step of a kind of part."""
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "parts": pair_words.KINDS[each.kind],
                    "taken away": each.shares,
                    "most relevant first": each.most,
                    "least relevant first": each.least,
                    "random, mean": each.random.mean(axis=0),
                    "random, lowest": each.random.min(axis=0),
                    "random, highest": each.random.max(axis=0),
                }
            )
            for each in found
        ],
        ignore_index=True,
    )


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red},{green},{blue},.18)"
