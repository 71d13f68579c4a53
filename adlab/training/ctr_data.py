"""A simulated log of clicks for M2FN: one row an ad and context, with the true probability beside the counts.

The data rules are M2FN's (`adlab.data.aggregation`): impressions are summed to one row for each ad and combination of
attributes, and rows of few impressions are left out. Levels are not merged: in the simulated world none is rare, and a
row of merged levels has no true probability of its own. Ads are independent, so a split by number is one by image.

`ocr` is what the plan says was drawn into the picture. Reading thousands of pictures would take hours, and the words
read from a drawn picture are these words but for the reader's mistakes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from torch import Tensor

from adlab.data.aggregation import AggregationRules, ctr_groups
from adlab.encoders.text import TextEncoder
from adlab.errors import ConfigError
from adlab.features.attributes import FIXED_LEVELS, TEXT_SLOTS, AttributeSchema, Row, text_vectors
from adlab.features.stored import Progress, no_progress, stored_texts
from adlab.simulator.ad import AdPlan
from adlab.simulator.collection import ad_names
from adlab.simulator.contexts import POSITIONS, ContextTable, context_table, decoded
from adlab.simulator.log import ImpressionLog
from adlab.simulator.plan import plan_ad
from adlab.simulator.population import FactorTable, factor_table
from adlab.simulator.settings import SimulationSettings

CONTEXT_FIELDS = ContextTable._fields


@dataclass(frozen=True, kw_only=True)
class ClickCollection:
    """Which simulated ads, and how they were shown.

    Attributes:
        seed: Seed of the ads and of the log.
        train: Ads to train on.
        dev: Ads that decide on epochs and calibration.
        test: Ads to measure on.
        contexts_per_ad: Contexts that each ad is shown in; the same one drawn twice is one row.
        impressions: Mean impressions an ad; log-normal over ads, and within an ad over its contexts.
        min_impressions: Rows of fewer are left out; 100 or 500 in the paper.

    Raises:
        ConfigError: A number is too small.
    """

    seed: int = 2027
    train: int = 2100
    dev: int = 300
    test: int = 600
    contexts_per_ad: int = 8
    impressions: int = 5000
    min_impressions: int = 100

    def __post_init__(self) -> None:
        least = {"seed": 0, "train": 2, "dev": 2, "test": 2, "contexts_per_ad": 1, "impressions": 1}
        for name, number in (least | {"min_impressions": 1}).items():
            if getattr(self, name) < number:
                raise ConfigError(f"{name} is {getattr(self, name)}; give {number} or more.")

    @property
    def sizes(self) -> dict[str, int]:
        """Ads of each split, in order."""
        return {"train": self.train, "dev": self.dev, "test": self.test}

    @property
    def ads(self) -> int:
        """All ads."""
        return sum(self.sizes.values())


@dataclass(frozen=True)
class ClickLog:
    """R rows about N ads.

    Attributes:
        plans: What each ad was drawn from, N of them.
        factors: Their causes, (N,).
        ads: Number of each row's ad, (R,).
        contexts: Who saw it, when and where, (R,).
        impressions: Times shown, (R,).
        clicks: (R,).
        ctr: True probability of a click, (R,).
        average: True probability of each ad, averaged over all contexts, (N,).
        rows: Rows of ``"train"``, ``"dev"`` and ``"test"``; no ad has rows in two of them.
    """

    plans: tuple[AdPlan, ...]
    factors: FactorTable
    ads: NDArray[np.int64]
    contexts: ContextTable
    impressions: NDArray[np.int64]
    clicks: NDArray[np.int64]
    ctr: NDArray[np.float64]
    average: NDArray[np.float64]
    rows: dict[str, NDArray[np.int64]]

    @property
    def observed(self) -> NDArray[np.float64]:
        """Clicks over impressions, (R,)."""
        return np.asarray(self.clicks / self.impressions)

    def of_ads(self, ads: NDArray[np.integer]) -> ClickLog:
        """The rows about some ads, which are numbered from 0 in the order given; splits keep their names."""
        place = np.full(len(self.plans), -1)
        place[ads] = np.arange(len(ads))
        kept = place[self.ads] >= 0
        number = np.cumsum(kept) - 1
        return ClickLog(
            tuple(self.plans[ad] for ad in ads),
            self.factors.take(ads),
            place[self.ads[kept]],
            self.contexts.take(kept),
            self.impressions[kept],
            self.clicks[kept],
            self.ctr[kept],
            self.average[ads],
            {name: number[rows[kept[rows]]] for name, rows in self.rows.items()},
        )


def click_log(collection: ClickCollection) -> ClickLog:
    """Plan the ads and let impressions happen; no picture is needed, and none is drawn.

    Raises:
        ConfigError: So few impressions were asked for that a split has no row left.
    """
    plans = tuple(plan_ad(collection.seed, index) for index in range(collection.ads))
    factors = factor_table([plan.factors for plan in plans])
    settings = SimulationSettings(
        ads=collection.ads,
        impressions=collection.impressions * collection.ads,
        seed=collection.seed,
        aggregate=True,
        contexts_per_ad=collection.contexts_per_ad,
    )
    model, names = settings.response(), ad_names(settings)
    log = ImpressionLog(settings, model, factors, names)
    table = pd.concat([log.part(number).to_pandas() for number in range(log.parts)], ignore_index=True)
    table["ad_id"] = table["ad_id"].astype(object)
    rules = AggregationRules(
        attributes=CONTEXT_FIELDS, min_impressions=collection.min_impressions, min_level_impressions=0
    )
    groups = ctr_groups(table, rules).table
    ads = pd.Index(names).get_indexer(pd.Index(groups["ad_id"])).astype(np.int64)
    contexts = context_table(groups)
    ends = np.cumsum(list(collection.sizes.values()))
    split = np.searchsorted(ends, ads, side="right")
    rows = {name: np.flatnonzero(split == number) for number, name in enumerate(collection.sizes)}
    if empty := [name for name, found in rows.items() if len(found) < 2]:
        raise ConfigError(
            f"impressions is {collection.impressions}, min_impressions {collection.min_impressions}: the {empty[0]} "
            "ads have fewer than two rows; give more impressions, or ask for fewer a row."
        )
    return ClickLog(
        plans,
        factors,
        ads,
        contexts,
        groups["impressions"].to_numpy(np.int64),
        groups["clicks"].to_numpy(np.int64),
        model.ctr(factors.take(ads), contexts),
        model.average(factors).ctr,
        rows,
    )


class ClickAttributes(NamedTuple):
    """The attribute vectors of R rows about N ads, in two parts: what is the context's and what is the ad's.

    Attributes:
        schema: Of the whole vector; its order is context, colour, texts.
        context: (R, width of the context's part) uint8, one-hot.
        ad: (N, the rest) float32.
    """

    schema: AttributeSchema
    context: Tensor
    ad: Tensor

    def vectors(self, rows: Tensor, ads: Tensor) -> Tensor:
        """The vectors of B rows, (B, schema.width) float32.

        Args:
            rows: Their numbers, (B,).
            ads: Numbers of their ads, (B,).
        """
        return torch.cat([self.context[rows].float(), self.ad[ads]], dim=1)

    def keep(self, names: Sequence[str]) -> ClickAttributes:
        """The same without all other attributes: their columns are gone, not zero (M2FN, Table 8)."""
        levels = {name: levels for name, levels in self.schema.levels.items() if name in names}
        texts = tuple(name for name in self.schema.texts if name in names)
        schema = AttributeSchema(levels=levels, texts=texts, text_dim=self.schema.text_dim if texts else 0)
        width, places = self.context.shape[1], self.schema.slices
        columns = [column for name in (*levels, *texts) for column in range(self.schema.width)[places[name]]]
        own = [column for column in columns if column < width]
        rest = [column - width for column in columns if column >= width]
        return ClickAttributes(schema, self.context[:, own], self.ad[:, rest])


def click_schema(text_dim: int) -> AttributeSchema:
    """The attributes that the simulated world has: M2FN's Table 1 without its game categories."""
    levels = {name: POSITIONS if name == "position" else FIXED_LEVELS[name] for name in (*CONTEXT_FIELDS, "colour")}
    return AttributeSchema(levels=levels, texts=TEXT_SLOTS, text_dim=text_dim)


def click_attributes(
    log: ClickLog, colours: Sequence[str], encoder: TextEncoder, progress: Progress = no_progress
) -> ClickAttributes:
    """Attribute vectors of a log.

    Args:
        log: Its rows.
        colours: Dominant colour of each ad, N of them.
        encoder: For title, description and the words in the picture; each text is encoded once, ever.
        progress: Called with (texts done, texts to do) of each slot.
    """
    schema = click_schema(encoder.output_dim)
    of_context = AttributeSchema(levels={name: schema.levels[name] for name in CONTEXT_FIELDS})
    of_ad = AttributeSchema(levels={"colour": schema.levels["colour"]}, texts=schema.texts, text_dim=schema.text_dim)
    texts = {
        "title": [plan.title for plan in log.plans],
        "description": [plan.description for plan in log.plans],
        "ocr": [drawn_words(plan) for plan in log.plans],
    }
    vectors = {
        name: text_vectors(lambda found: stored_texts(encoder, found, progress), slot, encoder.output_dim)
        for name, slot in texts.items()
    }
    return ClickAttributes(
        schema,
        torch.from_numpy(of_context.encode(context_rows(log.contexts)).astype(np.uint8)),
        torch.from_numpy(of_ad.encode([{"colour": colour} for colour in colours], vectors)),
    )


def context_rows(contexts: ContextTable) -> list[Row]:
    """Contexts as the schema takes them in, R of them."""
    columns = {name: np.asarray(values).tolist() for name, values in decoded(contexts).items()}
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def drawn_words(plan: AdPlan) -> str:
    """The words in an ad's picture, as they were drawn: the large ones first."""
    parts = (plan.headline, plan.subline, plan.price, plan.badge, plan.button, plan.brand)
    return " ".join(part for part in parts if part)
