"""What can be taken from the Simulator page: the tables behind its charts, the picture, and everything planted."""

from __future__ import annotations

import json
from dataclasses import asdict
from io import BytesIO
from typing import Any

import pandas as pd

from adlab.app.context_words import level_words
from adlab.app.exports import safe_cell
from adlab.app.simulator import Rates, rates, spec_for, truth
from adlab.app.simulator_curves import CONTEXT_LEVELS, Curve
from adlab.app.simulator_words import BADGE, CAUSE_NAMES, GROUP_NAMES, value_words
from adlab.data.creative import Context
from adlab.simulator.ad import AdPlan, Element
from adlab.simulator.coefficients import GROUP_OF
from adlab.simulator.factors import Factors
from adlab.simulator.render import draw


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
