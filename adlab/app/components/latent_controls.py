"""Which ads, which space, which method, which colour: the settings above the maps."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from adlab.app import latent, latent_state
from adlab.app.components.latent_chart import colour_choices
from adlab.app.latent_words import CHOICES, FUNNEL, METHOD_NOTES, METHOD_TITLES, SIDE_BY_SIDE, SPACE_TITLES
from adlab.checkpoints.manifest import Manifest
from adlab.projection.latent import LatentSet
from adlab.projection.maps import TSNE
from adlab.projection.view_findings import VIEWS

REFERENCE, YOURS = "Reference set", "Your ads"


class Look(NamedTuple):
    """How the maps are drawn.

    Attributes:
        spaces: One, or several side by side.
        method: One of `METHODS`.
        colour: One of `colour_choices`.
        own_ad: Whether the ad of the Score page is marked.
    """

    spaces: tuple[str, ...]
    method: str
    colour: str
    own_ad: bool


def choose_ads(checkpoints: dict[str, Manifest]) -> tuple[Manifest, bool, DeltaGenerator]:
    """The checkpoint, whether the user's ads are asked for, and the place for `choose_look` to ask for the colour."""
    left, middle, right = st.columns([4, 3, 4], gap="medium")
    name = left.selectbox(
        "Model", list(checkpoints), key=latent_state.CHECKPOINT, persist_state="session", on_change=latent_state.unpick
    )
    ads = middle.segmented_control(
        "Ads",
        [REFERENCE, YOURS],
        default=REFERENCE,
        required=True,
        key=latent_state.ADS,
        persist_state="session",
        on_change=latent_state.unpick,
    )
    return checkpoints[name], ads == YOURS, right


def choose_look(ads: LatentSet, place: DeltaGenerator) -> Look:
    """Space, method, the ad of the Score page and, at its place, the colour."""
    with st.container(horizontal=True, gap="medium"):
        space = st.segmented_control(
            "Space",
            list(CHOICES),
            default=SIDE_BY_SIDE,
            required=True,
            format_func=SPACE_TITLES.__getitem__,
            key=latent_state.SPACE,
            persist_state="session",
        )
        method = st.segmented_control(
            "Method",
            list(METHOD_TITLES),
            default=TSNE,
            required=True,
            format_func=METHOD_TITLES.__getitem__,
            help="; ".join(f"**{METHOD_TITLES[name]}**: {note}" for name, note in METHOD_NOTES.items()),
            key=latent_state.METHOD,
            persist_state="session",
        )
    key = f"{latent_state.COLOUR}-{ads.name}"  # another set has other columns
    colour = place.selectbox("Colour by", colour_choices(ads), key=key, persist_state="session")
    own_ad = st.toggle("Mark the ad of the Score page", value=True, key=latent_state.OWN_AD, persist_state="session")
    several = {SIDE_BY_SIDE: latent.SIDE_BY_SIDE, FUNNEL: VIEWS}
    spaces = several.get(str(space), (str(space),))
    return Look(spaces, str(method), str(colour), own_ad)
