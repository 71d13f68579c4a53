"""M2FN's data rules (2021, 6.2 and 6.3): impressions to click rates, rare levels merged, images kept apart.

Rows of the table contract are summed to one row for each ad and combination of attributes, CTR = clicks / impressions
(Eq. 3). Groups of few impressions are left out (the paper keeps those of 100 or 500 and more), and a level of an
attribute with few impressions (50,000 in the paper) joins "the closest level", which the paper does not define. Here

- an ordered attribute (age, month, weekday, hour) joins the neighbour with fewer impressions. Months, weekdays and
  hours are a circle: December neighbours January;
- levels without an order join each other as "other"; a rare one left alone takes the smallest of the rest with it.

Closest in CTR would be another reading. It is not offered: it chooses levels by the label, so a test set would no
longer be unseen, and p-values of the merged attribute would be too small.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from adlab.data.creative import AGE_BANDS
from adlab.data.splits import DEFAULT_SHARES, split_of
from adlab.data.table_columns import as_text
from adlab.errors import ConfigError, TableError

UNKNOWN, OTHER, JOIN = "", "other", " to "
COUNTS = ("impressions", "clicks")
Order = Literal["line", "circle", "none"]
Merges = Mapping[str, Mapping[str, str]]
_ORDERS: dict[str, Order] = {"age_band": "line", "month": "circle", "weekday": "circle", "hour": "circle"}


@dataclass(frozen=True, kw_only=True)
class AggregationRules:
    """What becomes of a log of impressions.

    Attributes:
        attributes: Columns that a group is made of, beside the ad.
        by: Column that names the ad.
        min_impressions: Impressions that a group needs to be kept; 100 or 500 in the paper.
        min_level_impressions: Impressions below which a level is merged; 0 merges nothing.

    Raises:
        ConfigError: A number is negative, or an attribute is named twice.
    """

    attributes: tuple[str, ...]
    by: str = "ad_id"
    min_impressions: int = 100
    min_level_impressions: int = 50_000

    def __post_init__(self) -> None:
        for name in ("min_impressions", "min_level_impressions"):
            if getattr(self, name) < 0:
                raise ConfigError(f"{name} is {getattr(self, name)}; give a whole number of 0 or more.")
        if len({self.by, *self.attributes}) < 1 + len(self.attributes):
            raise ConfigError(f"attributes are {self.attributes!r} of {self.by!r}; name each column once.")


class Groups(NamedTuple):
    """Click rates.

    Attributes:
        table: One row a group: the ad, its attributes as text ("" unknown), impressions, clicks, ctr.
        merges: For each attribute with a rare level: old level to new one, for `merge_levels` on other data.
        too_few: Number of groups left out for their few impressions.
        too_few_impressions: Impressions in them.
    """

    table: pd.DataFrame
    merges: Merges
    too_few: int
    too_few_impressions: int


def order_of(attribute: str) -> Order:
    """How the levels of an attribute lie to each other; "none" for those the table contract does not order."""
    return _ORDERS.get(attribute, "none")


def sorted_levels(attribute: str, levels: Sequence[str]) -> tuple[str, ...]:
    """Levels, merged ones included, in the order that people read them; "other" comes last."""
    ages = {band: place for place, band in enumerate(AGE_BANDS)}

    def place(level: str) -> tuple[bool, float, str]:
        first = level.split(JOIN)[0] if order_of(attribute) != "none" else level
        number = ages.get(first, len(ages)) if attribute == "age_band" else _number(first)
        return level == OTHER, number, level

    return tuple(sorted(levels, key=place))


def aggregate(rows: pd.DataFrame, attributes: Sequence[str], *, by: str = "ad_id") -> pd.DataFrame:
    """Sum impressions and clicks over each ad and combination of attributes.

    Args:
        rows: Validated rows of the table contract; one without impressions or clicks is left out.
        attributes: Columns that a group is made of.
        by: Column that names the ad.

    Returns:
        One row a group, sorted: the ad and the attributes as text, impressions, clicks, ctr (NaN without
        impressions). Groups without an impression are left out.

    Raises:
        TableError: Columns are missing; all of them are named.
    """
    names = [by, *attributes]
    if missing := [name for name in (*names, *COUNTS) if name not in rows]:
        raise TableError("The log cannot be aggregated.", [f"column {name!r} is missing; give it." for name in missing])
    known = rows[list(COUNTS)].notna().all(axis=1).to_numpy()
    codes, levels = {}, {}
    for name in names:
        code, unique = pd.factorize(rows[name])  # only distinct cells are made text, of a million rows a few
        texts, levels[name] = pd.factorize(np.append(as_text(pd.Series(unique)).to_numpy(dtype=object), UNKNOWN))
        codes[name] = texts[code][known]  # a missing cell has the code -1, the place of "unknown"
    counts = {name: rows[name].to_numpy(dtype=np.float64, na_value=np.nan)[known].astype(np.int64) for name in COUNTS}
    summed = pd.DataFrame(codes | counts).groupby(names, sort=False)[list(COUNTS)].sum().reset_index()
    summed = summed[summed["impressions"] > 0]
    table = summed.assign(**{name: levels[name][summed[name]] for name in names})
    return _rated(table.sort_values(names, ignore_index=True))


def ctr_groups(rows: pd.DataFrame, rules: AggregationRules, merges: Merges | None = None) -> Groups:
    """The data set that a click model learns from: aggregated, rare levels merged, small groups left out.

    Args:
        rows: Validated rows of the table contract.
        rules: What is asked for.
        merges: Merges found on training data; found on these rows if not given.

    Raises:
        TableError: Columns are missing.
    """
    table = aggregate(rows, rules.attributes, by=rules.by)
    if merges is None:
        merges = level_merges(table, rules.attributes, least=rules.min_level_impressions)
    table = merge_levels(table, merges, by=rules.by)
    enough = table["impressions"] >= rules.min_impressions
    few = table.loc[~enough, "impressions"]
    return Groups(table[enough].reset_index(drop=True), merges, len(few), int(few.sum()))


def level_merges(groups: pd.DataFrame, attributes: Sequence[str], *, least: int) -> dict[str, dict[str, str]]:
    """Which levels have to join which, by attribute; attributes without a rare level are not named.

    Args:
        groups: As `aggregate` gives them.
        attributes: Columns to look at; an unknown value is no level and stays unknown.
        least: Impressions that a level needs.
    """
    found = {}
    for name in attributes:
        counts = groups[groups[name] != UNKNOWN].groupby(name)["impressions"].sum()
        sizes = {level: int(counts[level]) for level in sorted_levels(name, [str(level) for level in counts.index])}
        merge = _unordered(sizes, least) if order_of(name) == "none" else _ordered(sizes, least, order_of(name))
        if merge:
            found[name] = merge
    return found


def merge_levels(groups: pd.DataFrame, merges: Merges, *, by: str = "ad_id") -> pd.DataFrame:
    """Groups with levels renamed and summed again; a level that the merges do not know stays as it is."""
    if not merges:
        return groups
    renamed = groups.assign(**{name: groups[name].replace(dict(merge)) for name, merge in merges.items()})
    names = [name for name in groups.columns if name not in (*COUNTS, "ctr")]
    return _rated(renamed.groupby(names, sort=True)[list(COUNTS)].sum().reset_index())


def split_by_image(
    groups: pd.DataFrame,
    images: Mapping[str, str] | None = None,
    *,
    by: str = "ad_id",
    seed: int = 0,
    shares: Sequence[tuple[str, float]] = DEFAULT_SHARES,
) -> pd.Series:
    """The part of the data of each row, such that no image is in two of them.

    Args:
        groups: Rows with a column that names the ad.
        images: Content hash of each ad's image, by name: ads with one image fall into one part. An ad that is not
            named is told apart from all others by its name.
        by: Column that names the ad.
        seed: Another seed gives an independent split.
        shares: Names of the parts and their expected shares of the images.
    """
    images = images or {}
    part_of = {
        ad: split_of(images.get(str(ad), f"ad:{ad}"), seed=seed, shares=shares) for ad in groups[by].unique().tolist()
    }
    return groups[by].map(part_of).rename("split")


def _ordered(sizes: Mapping[str, int], least: int, order: Order) -> dict[str, str]:
    """Runs of neighbours grown from the smallest until each is large enough."""
    runs = [([level], size) for level, size in sizes.items()]
    while len(runs) > 1 and min(size for _, size in runs) < least:
        place = min(range(len(runs)), key=lambda i: runs[i][1])
        last = len(runs) - 1
        sides = [place - 1, place + 1] if order == "line" else [(place - 1) % len(runs), (place + 1) % len(runs)]
        near = min((side for side in sides if 0 <= side <= last), key=lambda i: runs[i][1])
        before, after = (near, place) if (near + 1) % len(runs) == place and near != place + 1 else (place, near)
        joined = (runs[before][0] + runs[after][0], runs[before][1] + runs[after][1])
        runs[before] = joined
        del runs[after]
    return {level: f"{run[0]}{JOIN}{run[-1]}" for run, _ in runs if len(run) > 1 for level in run}


def _unordered(sizes: Mapping[str, int], least: int) -> dict[str, str]:
    """The rare levels as one; while that one is rare, the next larger joins it."""
    rare = [level for level, size in sizes.items() if size < least]
    rest = sorted((level for level in sizes if level not in rare), key=lambda level: sizes[level])
    while rare and rest and (len(rare) == 1 or sum(sizes[level] for level in rare) < least):
        rare.append(rest.pop(0))
    return dict.fromkeys(rare, OTHER) if len(rare) > 1 else {}


def _rated(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(ctr=table["clicks"] / table["impressions"])


def _number(level: str) -> float:
    try:
        return float(level)
    except ValueError:
        return float("inf")
