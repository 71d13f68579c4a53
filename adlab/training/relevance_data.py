"""Every source of graded pairs at hand as one set with its parts: what AdsCVLR is fine-tuned and measured on.

| source                   | labels | divided by                    | kept apart              |
|--------------------------|--------|-------------------------------|-------------------------|
| crowdflower              | human  | components                    | query, product          |
| homedepot                | human  | query                         | query, product          |
| flickr8k-experts, -crowd | human  | image                         | image                   |
| fashion                  | rule   | product, query                | query, product, picture |
| simulated                | rule   | query                         | query, ad               |
| commercial-ads           | human* | components, or query          | query, product, picture |

The last is a table of one's own in the layout of CommercialAds, where one is given (`OwnPairs`); *unless it says
otherwise. It joins the others or stands alone.

Between sources a query is kept apart, too: "black backpack" in the test part of one is in the training part of none.
Captions of Flickr8k come back with many images (each was judged with 3 by experts, with 23 by the crowd), so keeping
them apart as well would leave next to nothing to train on; its images are divided alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from adlab.data.commercial_ads import read_commercial_ads
from adlab.data.crowdflower_relevance import SOURCE as CROWDFLOWER
from adlab.data.crowdflower_relevance import read_crowdflower_relevance
from adlab.data.fashion import read_fashion
from adlab.data.fashion_queries import SOURCE as FASHION
from adlab.data.fashion_queries import fashion_pairs
from adlab.data.flickr8k import read_flickr8k
from adlab.data.flickr8k_judgements import read_flickr8k_judgements
from adlab.data.homedepot import SOURCE as HOMEDEPOT
from adlab.data.homedepot import read_homedepot
from adlab.data.relevance import Labels, RelevanceSet, join_sets
from adlab.data.relevance_split import keep_apart, split_apart, split_by_components, split_by_unit
from adlab.data.splits import DEFAULT_SHARES
from adlab.errors import ConfigError, DataUnavailableError, UnknownNameError
from adlab.simulator.plan import plan_ad
from adlab.training.simulated_relevance import SOURCE as SIMULATED
from adlab.training.simulated_relevance import simulated_relevance

FLICKR8K = "flickr8k"
SOURCES = (CROWDFLOWER, HOMEDEPOT, FLICKR8K, FASHION, SIMULATED)
SIMULATION_SEED = 2026
_PARTS = tuple(name for name, _ in DEFAULT_SHARES)


@dataclass(frozen=True, kw_only=True)
class OwnPairs:
    """A table of one's own graded pairs, in the layout of CommercialAds.

    Attributes:
        table: The table, `.csv` or `.parquet`.
        images: Folder of the pictures that it names; None to read the texts alone.
        labels: ``"human"`` where people judged, ``"rule"`` where the labels follow from a rule.
        whole: Whether all of it is the test part, for measuring what learned from none of it.
    """

    table: Path
    images: Path | None = None
    labels: Labels = "human"
    whole: bool = False


class RelevanceData(NamedTuple):
    """Graded pairs with their parts.

    Attributes:
        data: The pairs, source by source.
        parts: ``"train"``, ``"dev"`` or ``"test"`` of each pair, "" for those left out.
    """

    data: RelevanceSet
    parts: tuple[str, ...]

    def rows(self, part: str) -> NDArray[np.int64]:
        """Numbers of the pairs in one part, in order."""
        return np.flatnonzero(np.array(self.parts) == part)

    def of(self, part: str) -> RelevanceSet:
        """The pairs in one part."""
        return self.data.rows(self.rows(part))


def read_relevance(
    folder: Path,
    sources: Sequence[str] = SOURCES,
    *,
    simulated_ads: int = 10_000,
    seed: int = 0,
    own: OwnPairs | None = None,
) -> RelevanceData:
    """Read, divide and join sources of graded pairs.

    Args:
        folder: Holds the public data sets, each in its folder: `adlab.paths.data_dir`.
        sources: Of `SOURCES`; none for the own table alone.
        simulated_ads: Ads of the simulated source.
        seed: Another seed gives another division of the human labels.
        own: A table of one's own that joins them.

    Raises:
        ConfigError: There is neither a source nor a table.
        DataUnavailableError: A data set is not there.
        TableError: A data set has cells that do not fit.
        UnknownNameError: There is no such source.
    """
    readers: dict[str, Callable[[], RelevanceData]] = {
        CROWDFLOWER: lambda: _crowdflower(folder / "crowdflower-relevance", seed),
        HOMEDEPOT: lambda: _homedepot(folder / "homedepot", seed),
        FLICKR8K: lambda: _flickr8k(folder / "flickr8k", seed),
        FASHION: lambda: RelevanceData(*fashion_pairs(read_fashion(folder / "fashion"))),
        SIMULATED: lambda: _simulated(simulated_ads),
    }
    for name in sources:
        if name not in readers:
            raise UnknownNameError("source of graded pairs", name, SOURCES)
    if not sources and own is None:
        raise ConfigError("There is no source of graded pairs; name one or more, or give a table of your own.")
    return join_divided([*(readers[name]() for name in sources), *([] if own is None else [_own(own, seed)])])


def join_divided(divided: Sequence[RelevanceData]) -> RelevanceData:
    """Several divided sets as one; a query that comes in two parts stays in the later one.

    Sets whose own division lets queries come back, as Flickr8k's does, are left as they are.
    """
    data = join_sets([each.data for each in divided])
    parts = [part for each in divided for part in each.parts]
    strict = [row for each in _offsets(divided) if _keeps_queries_apart(each[1]) for row in each[0]]
    kept = keep_apart(data.rows(strict), [parts[row] for row in strict], _PARTS, apart=["query"])
    for row, part in zip(strict, kept, strict=True):
        parts[row] = part
    return RelevanceData(data, tuple(parts))


def _offsets(divided: Sequence[RelevanceData]) -> list[tuple[range, RelevanceData]]:
    ends = np.cumsum([len(each.data) for each in divided]).tolist()
    return [(range(end - len(each.data), end), each) for each, end in zip(divided, ends, strict=True)]


def _keeps_queries_apart(each: RelevanceData) -> bool:
    return keep_apart(each.data, each.parts, _PARTS, apart=["query"]) == each.parts


def _crowdflower(folder: Path, seed: int) -> RelevanceData:
    data = read_crowdflower_relevance(folder)
    return RelevanceData(data, split_by_components(data, seed=seed))


def _homedepot(folder: Path, seed: int) -> RelevanceData:
    data = read_homedepot(folder)
    return RelevanceData(data, split_by_unit(data, "query", seed=seed))


def _flickr8k(folder: Path, seed: int) -> RelevanceData:
    data = read_flickr8k_judgements(read_flickr8k(folder))
    return RelevanceData(data, split_by_unit(data, "image", apart=["image"], seed=seed))


def _own(own: OwnPairs, seed: int) -> RelevanceData:
    data = read_commercial_ads(own.table, own.images, labels=own.labels)
    if own.images is not None and data.problems and not data.files:
        raise DataUnavailableError(
            f"None of the pictures that {own.table.name} names is in {str(own.images)!r}; give the folder that the "
            "names are relative to."
        )
    return RelevanceData(data, ("test",) * len(data) if own.whole else split_apart(data, seed=seed))


def _simulated(ads: int) -> RelevanceData:
    data = simulated_relevance([plan_ad(SIMULATION_SEED, index) for index in range(ads)])
    return RelevanceData(data, split_by_unit(data, "query"))  # an ad has one pair: none is left out
