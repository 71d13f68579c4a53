"""Signed maps over an ad, side by side: four in a row on a laptop, two on a tablet, one below the other on a phone.

Of wide pictures fewer stand in a row, so that they can be read.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from functools import partial
from html import escape
from types import MappingProxyType
from typing import NamedTuple

import streamlit as st
from PIL import Image

from adlab.explain import heat
from adlab.explain.deletion import Deletion
from adlab.explain.fusion_maps import FusionMap

BOTH, RAISES, LOWERS = "Both", "Raises", "Lowers"
OWN, COMMON = "Each its own", "One for all"
NOTABLE_PADDING = 0.25  # from here on, what a map says of the padding is worth a warning
WIDE, BANNER = 2.0, 4.0  # width by height, from which maps stand two abreast, and one below the other
NAMES = {
    "conditioned": ("1 · Attributes meet edges", "what the first layers pick up, given audience and context"),
    "backbone": ("2 · What the picture shows", "the last map of the image network, before attributes weigh it"),
    "attention": ("3 · Where attributes look", "the same after attention steered by the attributes"),
    "fusion": ("4 · What enters the answer", "each place's part in the vector that picture and attributes share"),
}
NO_WORDS: Mapping[str, str] = MappingProxyType({})
_STYLE = (
    "<style>.ad-heat{display:grid;gap:1rem;grid-template-columns:repeat(4,minmax(0,1fr))}"
    ".ad-heat figure{margin:0}"
    ".ad-heat img{display:block;width:100%;border-radius:.5rem;border:1px solid var(--ad-line)}"
    ".ad-heat figcaption{margin-top:.45rem;font-size:.875rem;overflow-wrap:break-word}"
    ".ad-heat figcaption b{display:block;font-size:.95rem}"
    ".ad-heat-key{display:flex;flex-wrap:wrap;gap:.3rem 1rem;align-items:center;font-size:.875rem;margin:.2rem 0 .6rem}"
    ".ad-heat-key i{display:inline-block;width:6rem;height:.7rem;border-radius:99px;vertical-align:middle}"
    ".ad-heat.wide{grid-template-columns:repeat(2,minmax(0,1fr))}.ad-heat.banner{grid-template-columns:minmax(0,1fr)}"
    "@media(max-width:1000px){.ad-heat:not(.banner){grid-template-columns:repeat(2,minmax(0,1fr))}}"
    "@media(max-width:560px){.ad-heat:not(.banner){grid-template-columns:minmax(0,1fr)}}</style>"
)


class Look(NamedTuple):
    """How maps are drawn.

    Attributes:
        opacity: Of the layer, 0–1.
        sign: `BOTH`, `RAISES` or `LOWERS`.
        common: Whether full colour means the same number in every map.
        original: Whether the ad itself is shown beside the maps.
    """

    opacity: float = 0.75
    sign: str = BOTH
    common: bool = False
    original: bool = False


def show(
    picture: Image.Image,
    maps: Sequence[FusionMap],
    key: str,
    *,
    target: str = "the score",
    names: Mapping[str, tuple[str, str]] = NAMES,
    tested: Mapping[str, str] | None = None,
) -> None:
    """Draw the maps, the controls and the downloads.

    Args:
        picture: The ad.
        maps: Of this ad.
        key: Beginning of the widgets' keys, `page.widget`.
        target: What the maps explain, in words, such as "the mean rating".
        names: Name and meaning of each step's map.
        tested: What evidence says of each step's map, one line of plain text.
    """
    look = _controls(key)
    st.html(cards(picture, maps, look, target, names, tested or {}))
    with st.expander("The maps as numbers", icon=":material/table_rows:"):
        st.dataframe(heat.summary_table(maps), hide_index=True, key=f"{key}-table")
    with st.container(horizontal=True):
        st.download_button(
            "Raw values, CSV",
            lambda: heat.cell_table(maps).to_csv(index=False),
            file_name="heat-maps.csv",
            mime="text/csv",
            key=f"{key}-csv",
            icon=":material/download:",
            on_click="ignore",
        )
        for each in maps:
            st.download_button(
                f"{names[each.step][0]}, PNG",
                partial(_png, picture, each, maps, look),
                file_name=f"heat-map-{each.step}.png",
                mime="image/png",
                key=f"{key}-png-{each.step}",
                icon=":material/image:",
                on_click="ignore",
            )


def cards(
    picture: Image.Image,
    maps: Sequence[FusionMap],
    look: Look,
    target: str,
    names: Mapping[str, tuple[str, str]] = NAMES,
    tested: Mapping[str, str] = NO_WORDS,
) -> str:
    """HTML of the legend and the maps; arguments as in `show`."""
    figures = "".join(
        _figure(drawn(picture, each, maps, look), each, target, names[each.step], tested.get(each.step, ""))
        for each in maps
    )
    if look.original and maps:
        height, width = maps[0].values.shape
        own = picture.convert("RGB").resize((width, height), Image.Resampling.LANCZOS)
        shown = f'<img alt="The ad" src="{_data(own)}"><figcaption><b>The ad</b></figcaption>'
        figures = f"<figure>{shown}</figure>{figures}"
    return f'{_STYLE}{_legend(look, target)}<div class="ad ad-heat{_shape(picture)}">{figures}</div>'


def _shape(picture: Image.Image) -> str:
    """A class for wide pictures, of which four abreast would be too low to read."""
    ratio = picture.width / picture.height
    return " banner" if ratio >= BANNER else " wide" if ratio >= WIDE else ""


def drawn(picture: Image.Image, each: FusionMap, maps: Sequence[FusionMap], look: Look) -> Image.Image:
    """One map over the ad; full colour is its own largest value, or that of all maps."""
    values = each.values
    scale = heat.common_scale([other.values for other in (maps if look.common else [each])])
    if look.sign != BOTH:
        values = values.clip(min=0) if look.sign == RAISES else values.clip(max=0)
    return heat.overlay(picture, values, scale, look.opacity)


def evidence_words(found: Deletion, target: str) -> str:
    """What deletion says of a map, in one sentence.

    Args:
        found: On this ad.
        target: What the map explains, in words.
    """
    count = len(found.random)
    if not found.better_than_random:
        return (
            f"No better than chance on this ad: masking the parts this map names lowers {target} no further than "
            f"masking those of {count} random maps (rank p = {found.p_value:.2f})."
        )
    centre = "also better" if found.gain_over_centre > 0 else "but no better"
    return (
        f"Better than random by {found.gain_over_random:.3g}: while its parts are masked, {target} is lower by that "
        f"much on average than with {count} random maps (rank p = {found.p_value:.2f}); "
        f"{centre} than pointing at the middle."
    )


def _controls(key: str) -> Look:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        sign = st.segmented_control("Show what", [BOTH, RAISES, LOWERS], default=BOTH, required=True, key=f"{key}-sign")
        opacity = st.slider("Opacity", 0, 100, 75, step=5, format="%d %%", key=f"{key}-opacity", width=220)
        scale = st.segmented_control("Full colour", [OWN, COMMON], default=OWN, required=True, key=f"{key}-scale")
        original = st.toggle("The ad beside them", key=f"{key}-original")
    return Look(opacity / 100, str(sign), scale == COMMON, original)


def _figure(image: Image.Image, each: FusionMap, target: str, named: tuple[str, str], tested: str) -> str:
    name, what = named
    alt = heat.alt_text(f"{name}, of {target}", each.values, each.padding_share)
    share = f"{100 * each.padding_share:.0f} % of it lies on the padding around the picture"
    warning = "⚠ " if each.padding_share >= NOTABLE_PADDING else ""
    lines = [f"{warning}{share}"] if each.padding_share >= 0.005 else []
    notes = "".join(f'<br><span class="ad-quiet">{escape(line)}</span>' for line in [*lines, *filter(None, [tested])])
    return (
        f'<figure><img alt="{escape(alt)}" src="{_data(image)}"><figcaption><b>{escape(name)}</b>'
        f'<span class="ad-quiet">{escape(what)}</span>{notes}</figcaption></figure>'
    )


def _legend(look: Look, target: str) -> str:
    items = []
    for sign, mark, end in ((RAISES, "▲", heat.RAISES), (LOWERS, "▼", heat.LOWERS)):
        if look.sign in (BOTH, sign):
            stops = ",".join("#{:02x}{:02x}{:02x}".format(*map(int, colour)) for colour in heat.ramp(end)[::51])
            bar = f'<i style="background:linear-gradient(90deg,{stops})" aria-hidden="true"></i>'
            items.append(f"<span>{bar} {mark} {sign.lower()} {escape(target)}</span>")
    words = "Full colour: the largest value of all maps" if look.common else "Full colour: each map’s largest value"
    return f'<div class="ad ad-heat-key">{"".join(items)}<span class="ad-quiet">{words}</span></div>'


def _png(picture: Image.Image, each: FusionMap, maps: Sequence[FusionMap], look: Look) -> bytes:
    return heat.png(drawn(picture, each, maps, look))


def _data(image: Image.Image) -> str:
    return "data:image/png;base64," + base64.b64encode(heat.png(image)).decode("ascii")
