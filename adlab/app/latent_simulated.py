"""Simulated ads on the maps: their copy is planned and their picture drawn again, so nothing of it is stored."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import streamlit as st

from adlab.app.latent_shown import Shown
from adlab.projection.latent import LatentSet

SIDE, QUALITY = 144, 80
MOST_SETS, MOST_PICTURES = 4, 1024


def of_simulated(ads: LatentSet, simulator: dict[str, Any]) -> Shown:
    """A simulated reference set.

    Args:
        ads: The set.
        simulator: `seed` of the collection, and `index` of each ad.
    """
    seed, index = int(simulator["seed"]), tuple(int(number) for number in simulator["index"])
    names, copy = _words(seed, index)
    return Shown(
        ads=ads,
        names=names,
        copy=copy,
        thumbnail=lambda row: thumbnail(seed, index[row]),
    )


@st.cache_data(max_entries=MOST_PICTURES, show_spinner=False)
def thumbnail(seed: int, index: int) -> bytes:
    """A small JPEG of one simulated ad."""
    from adlab.simulator.plan import plan_ad
    from adlab.simulator.render import draw

    buffer = BytesIO()
    draw(plan_ad(seed, index), SIDE).image.save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()


@st.cache_data(max_entries=MOST_SETS, show_spinner=False)
def _words(seed: int, index: tuple[int, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    from adlab.simulator.plan import plan_ad

    plans = [plan_ad(seed, number) for number in index]
    copy = (". ".join(part.rstrip(". ") for part in (plan.title, plan.description) if part) for plan in plans)
    return tuple(plan.ad_id for plan in plans), tuple(copy)
