"""Options of commands that read graded pairs: public data sets, and a table of one's own beside them or alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from adlab.cli import options
from adlab.errors import ConfigError, UnknownNameError

if TYPE_CHECKING:
    from adlab.training.adscvlr_sources import Sources
    from adlab.training.relevance_data import OwnPairs

NONE = "none"
TABLE_WORDS = """--table is a table of your own in the layout of CommercialAds: query, label (Bad, Fair, Good, Excellent
or 0 to 3), and what you have of title, seller, brand, description, image, confidence (0 to 1)."""
DataSets = Annotated[Path | None, typer.Option(metavar="DIR", help="Folder with the data sets.  [default: ADLAB_DATA]")]
Table = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Your own graded pairs, .csv or .parquet.  [default: none]")
]
Images = Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of the pictures that --table names.")]
Labels = Annotated[
    Literal["human", "rule"] | None,
    typer.Option("--table-labels", help="Whether people or a rule gave the labels of --table.  [default: human]"),
]
Names = Annotated[
    str | None,
    typer.Option(
        "--sources",
        metavar="A,B,…",
        help="Public data sets: crowdflower, homedepot, flickr8k, fashion, simulated; none for --table alone.  "
        "[default: all]",
    ),
]


def own_of(table: Path | None, images: Path | None, labels: str | None = None) -> OwnPairs | None:
    """The table of one's own, or None without one.

    Raises:
        ConfigError: What belongs to a table is given without one.
    """
    from adlab.training.relevance_data import OwnPairs

    if table is None:
        for option, value in (("--images", images), ("--table-labels", labels)):
            if value is not None:
                raise ConfigError(f"{option} is given without --table; give the table that it belongs to.")
        return None
    return OwnPairs(table=table, images=images, labels="rule" if labels == "rule" else "human")


def sources_of(
    data: Path | None, names: str | None, table: Path | None, images: Path | None, labels: str | None = None
) -> Sources:
    """Which graded pairs are read.

    Raises:
        ConfigError: Neither a data set nor a table is named, or what belongs to a table is given without one.
        DataUnavailableError: A data set is wanted and there is no folder of them.
        UnknownNameError: There is no such data set.
    """
    from adlab.training.adscvlr_sources import Sources
    from adlab.training.relevance_data import SOURCES
    from adlab.training.simulated_relevance import SOURCE as SIMULATED

    own = own_of(table, images, labels)
    wanted = SOURCES if names is None else tuple(dict.fromkeys(n.strip() for n in names.split(",") if n.strip()))
    wanted = () if wanted == (NONE,) else wanted
    for name in wanted:
        if name not in SOURCES:
            raise UnknownNameError("source of graded pairs", name, [*SOURCES, NONE])
    if not wanted and own is None:
        raise ConfigError(f"--sources is {names!r} and there is no --table; name a data set, or give a table.")
    public = [name for name in wanted if name != SIMULATED]
    return Sources(folder=options.data_folder(data) if public else data or Path(), names=wanted, own=own)
