"""The body of the Latent space page: settings, maps, selection, verdicts, and the table that is the charts' twin."""

from __future__ import annotations

import streamlit as st

from adlab.app import latent, latent_own
from adlab.app.components import job_progress, latent_controls, latent_maps, latent_numbers, latent_picks, latent_upload
from adlab.app.components.text import plain
from adlab.app.jobs import Job
from adlab.app.latent_shown import Shown, of_own, of_reference, table_csv, twin_table
from adlab.app.latent_simulated import of_simulated
from adlab.app.latent_words import source_words
from adlab.checkpoints.manifest import Manifest
from adlab.errors import AdlabError


def show() -> None:
    """Draw everything below the title."""
    found = latent.checkpoints()
    if not found:
        st.info(
            "No FOCAL checkpoint is installed, so there is no latent space to show. Restore the folder models/.",
            icon=":material/inventory_2:",
        )
        return
    checkpoint, yours = latent_controls.choose_ads(found)
    shown = _own(checkpoint) if yours else _reference(checkpoint)
    if shown is not None:
        _draw(shown)


def _reference(checkpoint: Manifest) -> Shown | None:
    try:
        ads = latent.reference_set(checkpoint)
        simulator = latent.simulator(checkpoint) if ads.display == latent.SIMULATED else None
        return of_simulated(ads, simulator) if simulator else of_reference(ads)
    except AdlabError as error:
        st.error(plain(str(error)), icon=":material/report:")
        return None


def _own(checkpoint: Manifest) -> Shown | None:
    if latent_upload.progress():
        return None
    job = latent_own.current()
    if job is None or job.future.exception() is not None:
        latent_upload.form(checkpoint)
        return None
    own: latent_own.Own = job.future.result()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{len(own.ads.embeddings):,}** of your ads are mapped")
        st.button("Remove them", key="latent.remove", icon=":material/delete:", on_click=latent_own.drop)
    if own.ads.sha256 != checkpoint.weights_sha256:
        st.info(f"They were embedded by {own.ads.checkpoint}; remove them to map them with {checkpoint.name}.")
    return of_own(own)


def _draw(shown: Shown) -> None:
    for note in shown.notes:
        st.caption(f":material/info: {plain(note)}")
    look = latent_controls.choose_look(shown.ads)
    finished = latent_maps.show(shown, look)
    st.caption(f"{plain(source_words(shown.ads))} · data terms: {plain(shown.ads.terms)}")
    table = twin_table(shown, look.method, {space: made.coordinates for space, made in finished.items()})
    latent_picks.show(shown, table)
    findings = latent.findings_of(shown.ads)
    if isinstance(findings, Job):
        job_progress.show(findings, "latent.findings", findings.cancel)
    else:
        latent_numbers.show(findings)
    with st.expander(f"The maps as a table, {len(table):,} ads", icon=":material/table_rows:"):
        st.dataframe(table, hide_index=True, key="latent.table")
        st.download_button(
            "CSV",
            lambda: table_csv(table),
            file_name=f"adlab-latent-{look.method}.csv",
            mime="text/csv",
            key="latent.download",
            icon=":material/download:",
            on_click="ignore",
        )
