"""What the Simulator page asks for: the drawn ad, its true response, how that moves along each cause, and downloads."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from io import BytesIO
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import streamlit as st

from adlab.app.exports import safe_cell
from adlab.app.simulator_words import BADGE, CAUSE_NAMES, GROUP_NAMES, level_words, value_words
from adlab.data.creative import AGE_BANDS, GENDERS, Context
from adlab.simulator.ad import AdPlan, Element, SimulatedAd
from adlab.simulator.coefficients import GROUP_OF
from adlab.simulator.contexts import POSITIONS, context_table
from adlab.simulator.distribution import sentence_count
from adlab.simulator.expectation import expected_rates
from adlab.simulator.factors import BACKGROUND_COLOURS, TEXT_POSITIONS, Factors
from adlab.simulator.formats import RenderSpec, spec_of
from adlab.simulator.population import factor_table
from adlab.simulator.render import draw
from adlab.simulator.truth import Truth, explain_truth

# Enlarged to what looks crisp on a page; the last two are the common banners at twice and 1.5 times their size.
SCALES = {"1:1": 640 / 224, "4:5": 576 / 224, "9:16": 2.0, "300x250": 2.0, "728x90": 1.5}
MAX_KEPT = 64
QUALITY = 90
CONTEXT_LEVELS: dict[str, tuple[Any, ...]] = {
    "gender": GENDERS,
    "age_band": AGE_BANDS,
    "month": tuple(range(1, 13)),
    "weekday": tuple(range(1, 8)),
    "hour": tuple(range(24)),
    "position": POSITIONS,
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


@dataclass(frozen=True, kw_only=True)
class Curve:
    """The response along one cause, all else as it is.

    Attributes:
        name: The cause.
        values: Its values, ascending where they are numbers.
        words: The values as people read them.
        rates: Probabilities at each.
        now: Place of the ad's own value; None where it is unknown.
        continuous: Whether there are values in between.
    """

    name: str
    values: tuple[Any, ...]
    words: tuple[str, ...]
    rates: tuple[Rates, ...]
    now: int | None
    continuous: bool


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
    return _rates([factors], [context])[0]


def truth(plan: AdPlan, context: Context) -> Truth:
    """Each factor's exact share in the log-odds."""
    return explain_truth(plan, context)


def curves(factors: Factors, context: Context) -> tuple[Curve, ...]:
    """The response along every cause of the ad and every field of the context."""
    return _curves(f"{factors!r}{context!r}", factors, context)


@st.cache_data(max_entries=MAX_KEPT, show_spinner=False)
def _curves(key: str, _factors: Factors, _context: Context) -> tuple[Curve, ...]:
    variants = [(name, value, _with(_factors, name, value), _context) for name, value in _ad_points(_factors)]
    variants += [
        (name, level, _factors, replace(_context, **{name: level}))
        for name, levels in CONTEXT_LEVELS.items()
        for level in levels
    ]
    found = _rates([variant[2] for variant in variants], [variant[3] for variant in variants])
    by_name: dict[str, list[tuple[Any, Rates]]] = {}
    for (name, value, _, _), rate in zip(variants, found, strict=True):
        by_name.setdefault(name, []).append((value, rate))
    return tuple(_curve(name, points, _factors, _context) for name, points in by_name.items())


def hours_by_weekday(factors: Factors, context: Context) -> list[list[Rates]]:
    """The response at each weekday (7 rows) and hour (24 columns), the rest of the context as it is."""
    return _grid(f"{factors!r}{replace(context, hour=None, weekday=None)!r}", factors, context)


@st.cache_data(max_entries=MAX_KEPT, show_spinner=False)
def _grid(key: str, _factors: Factors, _context: Context) -> list[list[Rates]]:
    cells = [replace(_context, weekday=day, hour=hour) for day in range(1, 8) for hour in range(24)]
    found = _rates([_factors] * len(cells), cells)
    return [found[24 * day : 24 * day + 24] for day in range(7)]


def share_table(plan: AdPlan, context: Context) -> pd.DataFrame:
    """The table twin of the chart: every factor with its value and its share in both outcomes."""
    exact, rows = truth(plan, context), []
    for name, group in GROUP_OF.items():
        rows.append(
            {
                "factor": CAUSE_NAMES[name],
                "carried by": GROUP_NAMES[group],
                "value": value_of(name, plan.factors, context),
                "click, log-odds": exact.click.shares[name],
                "conversion, log-odds": exact.convert.shares[name],
            }
        )
    first: dict[str, Any] = {"factor": "Average ad, average context", "carried by": "", "value": ""}
    first |= {"click, log-odds": exact.click.intercept, "conversion, log-odds": exact.convert.intercept}
    last: dict[str, Any] = {"factor": "Sum", "carried by": "", "value": ""}
    last |= {"click, log-odds": exact.click.log_odds, "conversion, log-odds": exact.convert.log_odds}
    return pd.DataFrame([first, *rows, last])


def curve_table(found: tuple[Curve, ...]) -> pd.DataFrame:
    """The table twin of the curves."""
    return pd.DataFrame(
        [
            {
                "cause": CAUSE_NAMES[curve.name],
                "value": words,
                "this ad": "yes" if place == curve.now else "",
                "CTR": rate.ctr,
                "CVR": rate.cvr,
                "CTCVR": rate.ctcvr,
            }
            for curve in found
            for place, (words, rate) in enumerate(zip(curve.words, curve.rates, strict=True))
        ]
    )


def week_table(week: list[list[Rates]]) -> pd.DataFrame:
    """The table twin of the grid: one row an hour of the week."""
    return pd.DataFrame(
        [
            {"weekday": level_words("weekday", day + 1), "hour": hour, "CTR": ctr, "CVR": cvr, "CTCVR": ctcvr}
            for day, row in enumerate(week)
            for hour, (ctr, cvr, ctcvr) in enumerate(row)
        ]
    )


def value_of(name: str, factors: Factors, context: Context) -> str:
    """The value that stands behind a factor, in words."""
    if name in CONTEXT_LEVELS:
        return level_words(name, getattr(context, name))
    if name == "background_season":
        return f"{factors.background}, {level_words('month', context.month)}"
    if name == "text_position_age":
        return f"{factors.text_position}, {level_words('age_band', context.age_band)}"
    return value_words(name, factors.agreement if name == "agreement" else getattr(factors, name))


def csv_of(table: pd.DataFrame) -> str:
    """A table as CSV; no cell can be taken for a formula."""
    return table.map(safe_cell).to_csv(index=False)


def png(plan: AdPlan, format_name: str) -> bytes:
    """The ad as a PNG."""
    buffer = BytesIO()
    draw(plan, spec_for(format_name)).image.save(buffer, "PNG")
    return buffer.getvalue()


def truth_json(plan: AdPlan, context: Context, format_name: str) -> str:
    """Everything that is planted in an ad: copy, causes, elements, relevance, context, shares and probabilities."""
    ad, exact = draw(plan, spec_for(format_name)), truth(plan, context)
    texts = {
        name: value
        for name, value in asdict(plan).items()
        if name not in ("factors", "relevance", "seed", "index") and isinstance(value, str)
    }
    content = {
        "note": BADGE,
        "ad_id": plan.ad_id,
        "seed": plan.seed,
        "index": plan.index,
        "format": format_name,
        "size": list(ad.image.size),
        "copy": texts,
        "causes": plan.factors.as_row(),
        "relevance": asdict(plan.relevance) | {"reason": plan.relevance.reason},
        "context": context.known,
        "probabilities": rates(plan.factors, context)._asdict(),
        "log_odds": {
            name: {"intercept": of.intercept, "shares": of.shares, "sum": of.log_odds}
            for name, of in (("click", exact.click), ("convert", exact.convert))
        },
        "elements": [_element(part) for part in ad.elements],
    }
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _element(part: Element) -> dict[str, Any]:
    return {"name": part.name, "box": list(part.box), "pixels_seen": int(part.mask.sum())}


def _rates(factors: list[Factors], contexts: list[Context]) -> list[Rates]:
    found = expected_rates(factor_table(factors), context_table(contexts))
    return [Rates(*map(float, row)) for row in zip(*found, strict=True)]


def _ad_points(factors: Factors) -> list[tuple[str, Any]]:
    """Causes of the ad with the values that its curves go through, the ad's own among them."""
    sentences = sentence_count(factors.length)
    points: dict[str, set[Any]] = {
        "agreement": {0.0, 0.4, 0.8, 1.0},
        "appeal": {place / 10 for place in range(11)},
        "contrast": {place / 10 for place in range(11)},
        "clutter": {place / 10 for place in range(11)},
        "cta": {0.0} | {place / 10 for place in range(2, 11)},
        "urgency": {place / 4 for place in range(5)},
        "length": set(range(6, 61, 3)),
        "specificity": {place / sentences for place in range(sentences + 1)},
    }
    for name, values in points.items():
        values.add(getattr(factors, name))
    found = [(name, value) for name, values in points.items() for value in sorted(values)]
    found += [("background", colour) for colour in BACKGROUND_COLOURS]
    found += [("text_position", place) for place in TEXT_POSITIONS]
    return [*found, ("participation", False), ("participation", True)]


def _with(factors: Factors, name: str, value: Any) -> Factors:
    if name != "agreement":
        return replace(factors, **{name: value})
    if value == factors.agreement:
        return factors
    if value == 0.0:
        other = next(kind for kind in ("mug", "boot") if kind != factors.kind)
        return replace(factors, copy_kind=other)
    other_colour = next(colour for colour in ("red", "blue") if colour != factors.colour)
    told = {0.4: other_colour, 0.8: "", 1.0: factors.colour}[value]
    return replace(factors, copy_kind=factors.kind, copy_colour=told)


def _curve(name: str, points: list[tuple[Any, Rates]], factors: Factors, context: Context) -> Curve:
    of_context = name in CONTEXT_LEVELS
    values = tuple(value for value, _ in points)
    own = getattr(context if of_context else factors, name)
    words = tuple(level_words(name, value) if of_context else value_words(name, value) for value in values)
    return Curve(
        name=name,
        values=values,
        words=words,
        rates=tuple(rate for _, rate in points),
        now=values.index(own) if own in values else None,
        continuous=name in ("appeal", "contrast", "clutter", "cta", "length"),
    )
