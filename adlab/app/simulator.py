"""What the Simulator page asks for: the drawn ad, and its true response."""

from __future__ import annotations

from io import BytesIO
from typing import NamedTuple

import numpy as np
import streamlit as st

from adlab.data.creative import Context
from adlab.simulator.ad import AdPlan, SimulatedAd
from adlab.simulator.contexts import context_table
from adlab.simulator.expectation import expected_rates
from adlab.simulator.factors import Factors
from adlab.simulator.formats import RenderSpec, spec_of
from adlab.simulator.population import factor_table
from adlab.simulator.render import draw
from adlab.simulator.truth import Truth, explain_truth

# Enlarged to what looks crisp on a page; the last two are the common banners at twice and 1.5 times their size.

SCALES = {"1:1": 640 / 224, "4:5": 576 / 224, "9:16": 2.0, "300x250": 2.0, "728x90": 1.5}
MAX_KEPT = 64
QUALITY = 90
PART_COLOURS = {
    "shadow": (120, 120, 120),
    "clutter": (240, 228, 66),
    "product": (0, 114, 178),
    "brand": (204, 121, 167),
    "headline": (213, 94, 0),
    "subline": (230, 159, 0),
    "price": (0, 158, 115),
    "button": (86, 180, 233),
    "badge": (148, 80, 220),
}


class Rates(NamedTuple):
    """True probabilities of one ad, 0–1, averaged over what is unknown of the context.

    Attributes:
        ctr: Of a click.
        cvr: Of a conversion given a click.
        ctcvr: Of a click that converts.
    """

    ctr: float
    cvr: float
    ctcvr: float


class Part(NamedTuple):
    """One element of the picture.

    Attributes:
        name: What it is, such as "headline".
        box: Left, top, right, bottom in pixels.
        share: Share of the picture's pixels that it is seen in, 0–1.
    """

    name: str
    box: tuple[int, int, int, int]
    share: float


class Drawn(NamedTuple):
    """The picture of an ad, ready for the page.

    Attributes:
        jpeg: The ad.
        layers: A PNG of the same size, each element in a colour of its own, the rest transparent.
        parts: The elements, from back to front.
        size: Width and height in pixels.
    """

    jpeg: bytes
    layers: bytes
    parts: tuple[Part, ...]
    size: tuple[int, int]


def spec_for(name: str) -> RenderSpec:
    """The settings that the page draws a format with."""
    return spec_of(name, SCALES[name])


def drawn(plan: AdPlan, format_name: str) -> Drawn:
    """Draw an ad for the page; one that was drawn before comes from memory."""
    return _drawn(f"{plan!r}", format_name, plan)


@st.cache_data(max_entries=MAX_KEPT, show_spinner=False)
def _drawn(key: str, format_name: str, _plan: AdPlan) -> Drawn:
    ad = draw(_plan, spec_for(format_name))
    buffer = BytesIO()
    ad.image.save(buffer, "JPEG", quality=QUALITY)
    parts = tuple(Part(part.name, part.box, float(part.mask.mean())) for part in ad.elements)
    return Drawn(buffer.getvalue(), _layers(ad), parts, ad.image.size)


def _layers(ad: SimulatedAd) -> bytes:
    from PIL import Image

    width, height = ad.image.size
    codes = np.zeros((height, width), np.uint8)
    palette, transparency = [0, 0, 0], [0]
    for number, part in enumerate(ad.elements, start=1):
        codes[part.mask] = number
        palette += PART_COLOURS[part.name]
        transparency.append(190)
    image = Image.fromarray(codes, "P")
    image.putpalette(palette)
    buffer = BytesIO()
    image.save(buffer, "PNG", transparency=bytes(transparency))
    return buffer.getvalue()


def rates(factors: Factors, context: Context) -> Rates:
    """True probabilities of an ad in a context."""
    return rates_of([factors], [context])[0]


def rates_of(factors: list[Factors], contexts: list[Context]) -> list[Rates]:
    """True probabilities of several ads, each in its context."""
    found = expected_rates(factor_table(factors), context_table(contexts))
    return [Rates(*map(float, row)) for row in zip(*found, strict=True)]


def truth(plan: AdPlan, context: Context) -> Truth:
    """Each factor's exact share in the log-odds."""
    return explain_truth(plan, context)
