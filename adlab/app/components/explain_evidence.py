"""What deletion says of each map: one sentence, and the numbers behind it."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from adlab.app.components.heat_map import evidence_words
from adlab.app.components.text import plain
from adlab.app.explain_words import SEVERAL, TARGET
from adlab.explain.deletion import Deletion


def show(found: Mapping[str, Deletion], names: Mapping[str, tuple[str, str]]) -> None:
    """Draw the evidence.

    Args:
        found: By step.
        names: Name and meaning of each step's map.
    """
    for step, each in found.items():
        sign = ":material/check_circle:" if each.better_than_random else ":material/do_not_disturb_on:"
        st.markdown(f"{sign} **{names[step][0]}** — {plain(evidence_words(each, TARGET))}")
    st.caption(plain(SEVERAL))
    with st.expander("The evidence as numbers", icon=":material/table_rows:"):
        st.dataframe(table(found, names), hide_index=True, key="explain.evidence-table")
        st.caption(
            "Area under the curve: the mean rating while more and more of the picture is masked. Lower than the "
            "others is better."
        )


def table(found: Mapping[str, Deletion], names: Mapping[str, tuple[str, str]]) -> pd.DataFrame:
    """One row a map: areas in rating steps."""
    rows = []
    for step, each in found.items():
        areas = [curve.auc for curve in each.random]
        rows.append(
            {
                "map": names[step][0],
                "rating, nothing masked": each.curve.targets[0],
                "rating, all masked": each.curve.targets[-1],
                "area, this map": each.curve.auc,
                "area, random maps": sum(areas) / len(areas),
                "lowest random": min(areas),
                "highest random": max(areas),
                "area, middle": each.centre.auc,
                "rank p": each.p_value,
            }
        )
    return pd.DataFrame(rows)
