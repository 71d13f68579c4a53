"""The body of the Latent space page: settings, maps, selection, verdicts, and the table that is the charts' twin."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from adlab.app import latent, latent_own, latent_reference
from adlab.app.components import (
    job_progress,
    latent_card,
    latent_controls,
    latent_maps,
    latent_numbers,
    latent_picks,
    latent_upload,
    latent_views,
)
from adlab.app.components.text import plain
from adlab.app.jobs import Job
from adlab.app.latent_names import unit_of
from adlab.app.latent_shown import Shown, of_own, table_csv, twin_table
from adlab.app.latent_words import source_words
from adlab.checkpoints.manifest import Manifest
from adlab.errors import AdlabError
from adlab.projection.latent import MeasuredMap
from adlab.projection.view_findings import VIEWS

if TYPE_CHECKING:
    import pandas as pd

NO_VIEWS = (
    "No funnel here holds views of these ads. The one that ships holds those of the simulated ads: choose their model "
    "and its reference set above."
)


def show() -> None:
    """Draw everything below the title."""
    found = latent.checkpoints()
    if not found:
        st.info(
            "No FOCAL checkpoint is installed, so there is no latent space to show. Restore the folder models/.",
            icon=":material/inventory_2:",
        )
        return
    checkpoint, yours, place = latent_controls.choose_ads(found)
    shown = _own(checkpoint) if yours else _reference(checkpoint)
    if shown is not None:
        _draw(shown, place)


def _reference(checkpoint: Manifest) -> Shown | None:
    try:
        return latent_reference.shown(checkpoint)
    except AdlabError as error:
        st.error(plain(str(error)), icon=":material/report:")
        return None


def _own(checkpoint: Manifest) -> Shown | None:
    job = latent_own.current()
    if job is None or not job.done or job.future.exception() is not None:
        latent_upload.form(checkpoint, job)
        return None
    own: latent_own.Own = job.future.result()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{len(own.ads.embeddings):,}** of your ads are mapped")
        st.button("Remove them", key="latent.remove", icon=":material/delete:", on_click=latent_own.drop)
    if own.ads.sha256 != checkpoint.weights_sha256:
        st.info(f"They were embedded by {own.ads.checkpoint}; remove them to map them with {checkpoint.name}.")
    return of_own(own)


def _draw(shown: Shown, place: DeltaGenerator) -> None:
    for note in shown.notes:
        st.caption(f":material/info: {plain(note)}")
    look = latent_controls.choose_look(shown.ads, place)
    if look.spaces == VIEWS and shown.ads.views is None:
        st.info(NO_VIEWS, icon=":material/filter_alt_off:")
        return
    finished = latent_maps.show(shown, look)
    latent_card.show(shown, look.colour)
    st.caption(f"{plain(source_words(shown.ads, look.spaces))} · data terms: {plain(shown.ads.terms)}")
    table = cache(partial(_table, shown, look.method, finished))  # only where something of it is looked at
    latent_picks.show(shown, table)
    _numbers(shown, look.spaces)
    words = f"The maps as a table, {len(shown.names):,} {unit_of(shown.ads)}s"
    with st.expander(words, icon=":material/table_rows:", key="latent.twin", on_change="rerun") as twin:
        if twin.open:
            st.dataframe(table(), hide_index=True, key="latent.twin-table")
        st.download_button(
            "CSV",
            lambda: table_csv(table()),
            file_name=f"adlab-latent-{look.method}.csv",
            mime="text/csv",
            key="latent.download",
            icon=":material/download:",
            on_click="ignore",
        )


def _numbers(shown: Shown, spaces: tuple[str, ...]) -> None:
    """What was judged of the spaces on screen."""
    if shown.ads.views is not None and spaces == VIEWS:
        latent_views.show(shown.ads.views)
        return
    findings = latent.findings_of(shown.ads)
    if isinstance(findings, Job):
        job_progress.show(findings, "latent.findings", findings.cancel)
    else:
        latent_numbers.show(findings)


def _table(shown: Shown, method: str, finished: dict[str, MeasuredMap]) -> pd.DataFrame:
    return twin_table(shown, method, {space: made.coordinates for space, made in finished.items()})
