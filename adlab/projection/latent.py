"""A set of ads as the map pages show it: embeddings, columns, finished maps and the numbers beside them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from adlab.errors import InputError, UnknownNameError
from adlab.projection.columns import Column
from adlab.projection.findings import Findings
from adlab.projection.maps import METHODS, FinishedMap, MapConfig, Parameters, make_map
from adlab.projection.points import SPACES, Embeddings, Points, points_of
from adlab.projection.progress import Progress, no_progress
from adlab.projection.quality import Faithfulness, faithfulness
from adlab.projection.view_findings import VIEWS

if TYPE_CHECKING:
    from adlab.projection.views import FunnelViews

QUALITY_NEIGHBOURS = 15
MOST_MEASURED = 5000  # points whose neighbourhoods are measured on a larger map; the number stands with the result


@dataclass(frozen=True, kw_only=True)
class MeasuredMap:
    """A map and how far it can be trusted.

    Attributes:
        coordinates: (P, 2).
        parameters: What it was made with.
        quality: Kept neighbourhoods; None on fewer than `2 · QUALITY_NEIGHBOURS + 1` points.
    """

    coordinates: NDArray[np.float32]
    parameters: Parameters
    quality: Faithfulness | None

    def to_dict(self) -> dict[str, Any]:
        """All but the coordinates, as plain values."""
        return {
            "n": len(self.coordinates),
            "parameters": self.parameters,
            "quality": self.quality._asdict() if self.quality else None,
        }


@dataclass(frozen=True, kw_only=True)
class LatentSet:
    """A set of ads.

    Attributes:
        name: What to call it.
        checkpoint: Name of the FOCAL checkpoint.
        sha256: Digest of its weights.
        embeddings: Of N ads.
        columns: What is known about each ad.
        label: Name of the column that the first expectation of FOCAL Ad, §7.2, is judged by; empty for none.
        findings: The numbers, None before they were computed.
        maps: By (space, method).
        display: Whether pictures and copy may be shown: ``"own"`` (the user's), ``"simulated"`` or ``"no"``.
        why: Words for the reader where they may not be shown.
        terms: Data terms.
        views: The same ads as a funnel's networks see them, where one holds them.
    """

    name: str
    checkpoint: str
    sha256: str
    embeddings: Embeddings
    columns: tuple[Column, ...] = ()
    label: str = ""
    findings: Findings | None = None
    maps: dict[tuple[str, str], MeasuredMap] = field(default_factory=dict)
    display: str = "no"
    why: str = ""
    terms: str = ""
    views: FunnelViews | None = None

    def points(self, space: str) -> Points:
        """The points of a space: one of `SPACES`, or a funnel's view.

        Raises:
            UnknownNameError: The set has no such space.
        """
        if self.views is not None and space in VIEWS:
            return self.views.points(space)
        return points_of(self.embeddings, space)

    def column(self, name: str) -> Column:
        """A column by name.

        Raises:
            UnknownNameError: There is none of that name.
        """
        found = next((column for column in self.columns if column.name == name), None)
        if found is None:
            raise UnknownNameError("column", name, [column.name for column in self.columns])
        return found

    def classes(self) -> NDArray[np.int64] | None:
        """Class of each ad by the label, −1 for none; None without a label that has classes."""
        return self.column(self.label).classes() if self.label else None


def measured_map(
    embeddings: Embeddings, space: str, config: MapConfig, progress: Progress = no_progress
) -> MeasuredMap:
    """Map a space and measure the map.

    Raises:
        UnknownNameError: There is no such space.
        InputError: There are too few points for the method.
    """
    points = points_of(embeddings, space)
    if not len(points.rows):
        raise InputError(f"No ad has what the space {space!r} needs; give pictures, copy, or both.")
    return measured_points(points.vectors, config, progress)


def measured_points(vectors: NDArray[np.floating], config: MapConfig, progress: Progress = no_progress) -> MeasuredMap:
    """Map the points of a space, (P, D), and measure the map.

    Raises:
        InputError: There are too few points for the method.
    """
    made: FinishedMap = make_map(vectors, config, progress)
    return MeasuredMap(coordinates=made.coordinates, parameters=made.parameters, quality=quality_of(vectors, made))


def quality_of(vectors: NDArray[np.floating], made: FinishedMap) -> Faithfulness | None:
    """How far a map can be trusted; on more than `MOST_MEASURED` points, from that many drawn at random."""
    if len(vectors) <= 2 * QUALITY_NEIGHBOURS:
        return None
    return faithfulness(vectors, made.coordinates, neighbours=QUALITY_NEIGHBOURS, most=MOST_MEASURED)


def all_maps(
    embeddings: Embeddings,
    spaces: Iterable[str] = SPACES,
    methods: Iterable[str] = METHODS,
    seed: int = 0,
    progress: Progress = no_progress,
) -> dict[tuple[str, str], MeasuredMap]:
    """Every map of a set; those that have too few points are left out."""
    wanted = [(space, method) for space in spaces for method in methods]
    found = {}
    for done, (space, method) in enumerate(wanted):
        progress(done, len(wanted))
        try:
            found[space, method] = measured_map(embeddings, space, MapConfig(method=method, seed=seed))
        except InputError:
            continue
    progress(len(wanted), len(wanted))
    return found
