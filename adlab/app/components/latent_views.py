"""The numbers beside the maps of a funnel's two views: what the contrastive task has changed, judged, and a table."""

from __future__ import annotations

from html import escape

import streamlit as st

from adlab.app import latent_view_words as words
from adlab.app.components.latent_numbers import judged, probe_rows
from adlab.app.latent_words import SPACE_TITLES, percent
from adlab.projection.view_findings import KEEP, MASKS, VIEWS, ViewFindings
from adlab.projection.views import FunnelViews


def show(views: FunnelViews) -> None:
    """Draw the verdicts and, folded, all numbers."""
    found = views.findings
    st.html(judged("What the contrastive task changes, judged", "CL4CVR", words.source(views), words.verdicts(found)))
    st.caption(words.moved(found))
    with st.expander("All numbers behind this", icon=":material/table_chart:"):
        st.html(probe_rows(found.answers, found.label) + found_table(found))


def found_table(findings: ViewFindings) -> str:
    """HTML: how often an ad is found again by its other masked view."""
    names = {words.UNTRAINED: "Before any training"} | {space: SPACE_TITLES[space] for space in VIEWS}
    rows = "".join(
        f'<tr><td>{escape(name)}</td><td class="num" data-name="Found again">{percent(findings.found[key])}</td></tr>'
        for key, name in names.items()
    )
    note = (
        "Share of trials in which the other masked view of an ad is nearest to its first among all ads, by cosine; "
        f"{MASKS} pairs of masks that keep each number with a chance of {percent(KEEP)}, as in training. There the "
        "views pass through one further network, which is let go afterwards."
    )
    return (
        '<div class="ad ad-numbers"><h3>Masked views of an ad</h3><div class="ad-scroll"><table class="ad-table">'
        f"<thead><tr><th>Network</th><th class=num>Found again</th></tr></thead><tbody>{rows}</tbody></table></div>"
        f'<p class="ad-quiet">{note}</p></div>'
    )
