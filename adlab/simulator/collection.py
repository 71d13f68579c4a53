"""The ads of a collection as rows of the table contract, with causes (`cause_…`) and truth, and as pictures."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from adlab.data.table_columns import SPLITS
from adlab.simulator.ad import AdPlan
from adlab.simulator.coefficients import OUTCOMES, Group
from adlab.simulator.distribution import draw_factors
from adlab.simulator.plan import plan_ad
from adlab.simulator.population import CAUSE, FactorTable, context_nodes, factor_table
from adlab.simulator.response import ResponseModel, grouped
from adlab.simulator.settings import SimulationSettings

PIECE = 1000  # ads
JPEG_QUALITY = 90
_FOLDER = 1000  # pictures
_OF_THE_AD: tuple[Group, ...] = ("shared", "image", "text")  # groups that do not need the context
_BATCH = 50  # pictures a task


def ad_names(settings: SimulationSettings) -> NDArray[np.object_]:
    """Names of all ads, (ads,); equal to `AdPlan.ad_id`."""
    return np.array([f"sim-{settings.seed}-{index:06d}" for index in range(settings.ads)], dtype=object)


def collection_factors(settings: SimulationSettings) -> FactorTable:
    """Causes of all ads, (ads,)."""
    parts = [
        factor_table([draw_factors(settings.seed, index) for index in piece]) for piece in pieces(settings, 10 * PIECE)
    ]
    return FactorTable(
        numbers=np.concatenate([part.numbers for part in parts]),
        background=np.concatenate([part.background for part in parts]),
        text_position=np.concatenate([part.text_position for part in parts]),
    )


def pieces(settings: SimulationSettings, size: int = PIECE) -> list[range]:
    """All ads by number, in pieces."""
    return [range(start, min(start + size, settings.ads)) for start in range(0, settings.ads, size)]


def ad_rows(
    settings: SimulationSettings,
    model: ResponseModel,
    indices: range,
    counts: Mapping[str, NDArray[np.integer]],
    splits: NDArray[np.int8] | None,
) -> pd.DataFrame:
    """Rows of some ads: the table contract first, then the causes, then the truth.

    Args:
        settings: The simulation.
        model: Its response.
        indices: Numbers of the ads.
        counts: "impressions", "clicks" and "conversions" of all ads, (ads,) each.
        splits: Place in `SPLITS` of all ads, or None.

    Returns:
        One row an ad.
    """
    plans = [plan_ad(settings.seed, index) for index in indices]
    frame = pd.DataFrame([_row(plan) for plan in plans])
    if settings.images:
        frame.insert(1, "image", [picture_name(settings, index) for index in indices])
    place = slice(indices.start, indices.stop)
    for name, count in counts.items():
        frame[name] = count[place].astype(np.int64)
    if splits is not None:
        frame["split"] = np.array(SPLITS)[splits[place]]
    causes = pd.DataFrame([plan.factors.as_row() for plan in plans]).add_prefix(CAUSE)
    return pd.concat(
        [frame, causes, _drawn(plans), truth_rows(model, factor_table([p.factors for p in plans]))], axis=1
    )


def truth_rows(model: ResponseModel, ads: FactorTable) -> pd.DataFrame:
    """The truth of ads: rates averaged over the contexts, and the log-odds that each group of their factors adds."""
    rates = model.average(ads)
    frame = pd.DataFrame({"true_ctr": rates.ctr, "true_cvr": rates.cvr, "true_ctcvr": rates.ctcvr})
    anywhere = context_nodes().take(np.zeros(ads.rows, dtype=np.int64))
    for outcome in OUTCOMES:
        groups = grouped(model.contributions(ads, anywhere, outcome))
        for group in _OF_THE_AD:
            frame[f"true_{outcome}_{group}"] = groups[group]
    return frame


def picture_name(settings: SimulationSettings, index: int) -> str:
    """Path of an ad's picture, relative to the images folder."""
    suffix = "jpg" if settings.image_format == "jpeg" else "png"
    return f"{index // _FOLDER:04d}/sim-{settings.seed}-{index:06d}.{suffix}"


def draw_pictures(settings: SimulationSettings, folder: Path, indices: range, pool: Executor | None = None) -> None:
    """Write the pictures of some ads that are not there yet.

    Args:
        settings: The simulation.
        folder: The images folder.
        indices: Numbers of the ads.
        pool: Processes that draw; this one does, if not given.
    """
    missing = [index for index in indices if not (folder / picture_name(settings, index)).is_file()]
    for index in {index // _FOLDER: index for index in missing}.values():
        (folder / picture_name(settings, index)).parent.mkdir(parents=True, exist_ok=True)
    batches = [missing[start : start + _BATCH] for start in range(0, len(missing), _BATCH)]
    draw = partial(_draw_batch, settings, folder)
    for _ in (pool.map if pool else map)(draw, batches):
        pass


def _draw_batch(settings: SimulationSettings, folder: Path, indices: list[int]) -> None:
    from adlab.simulator.render import RenderSpec, render

    width, height = settings.size
    options: dict[str, Any] = {"quality": JPEG_QUALITY} if settings.image_format == "jpeg" else {}
    for index in indices:
        picture = render(settings.seed, index, RenderSpec(width=width, height=height)).image
        path = folder / picture_name(settings, index)
        draft = path.with_name(f".{path.name}.part")
        with draft.open("wb") as file:
            picture.save(file, format=settings.image_format, **options)
        draft.replace(path)  # a kill leaves the whole picture or none


def _row(plan: AdPlan) -> dict[str, object]:
    words = (plan.headline, plan.subline, plan.price, plan.badge, plan.button)
    return {
        "ad_id": plan.ad_id,
        "query": plan.query,
        "title": plan.title,
        "description": plan.description,
        "seller": plan.seller,
        "brand": plan.brand,
        "category": plan.category,
        "ocr_text": " ".join(filter(None, words)),
        "relevance_grade": plan.relevance.grade,
    }


def _drawn(plans: list[AdPlan]) -> pd.DataFrame:
    words = ("headline", "subline", "price", "badge", "button")
    rows = [
        {f"drawn_{name}": getattr(plan, name) for name in words}
        | {
            "attribute": plan.attribute,
            "relevance_reason": plan.relevance.reason,
            "only_in_image": plan.relevance.only_in_image,
        }
        for plan in plans
    ]
    return pd.DataFrame(rows)
