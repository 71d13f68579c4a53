"""Ranks of scores among reference ads: in the words of one set, and in every set that shipped heads have scored."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from adlab.checkpoints.reference_set import KIND, SCORED, ReferenceSet, load_reference_set
from adlab.checkpoints.store import list_checkpoints
from adlab.data.assessment import HeadResult, Percentile
from adlab.metrics.percentile import percentile_from_quantiles

GROUP = "ads"
AVERAGED = ", each averaged over all contexts"  # behind the description of ads whose scores are
ASKED = {"relevance": ", each with the query it was shown for"}  # by head: what the scores of a set were asked with


def percentile_in(reference: ReferenceSet, group: str, value: float, addition: str = "") -> Percentile:
    """A percentile with the name, the size and the description of the group that it was taken in.

    Args:
        reference: The set.
        group: Name of the group.
        value: The percentile, 0–100.
        addition: Put behind the group's description.

    Raises:
        UnknownNameError: There is no such group.
    """
    n, description = reference.group(group)
    return Percentile(value=float(value), reference=reference.manifest.name, n=n, description=description + addition)


class ReferenceRanks:
    """Adds to a score its percentile in every reference set that holds scores of the same head by the same weights.

    Read-only, hence thread-safe.

    Args:
        root: Folder of the checkpoints.

    Raises:
        CheckpointError: A reference set is not intact.
    """

    def __init__(self, root: Path | None = None) -> None:
        names = [
            name for name, found in list_checkpoints(root).items() if found.kind == KIND and SCORED in found.extras
        ]
        self._sets: list[ReferenceSet] = [load_reference_set(name, root) for name in names]

    def add(self, result: HeadResult) -> HeadResult:
        """The result with further percentiles after its own; the same where no set holds scores of its weights."""
        known = {percentile.reference for percentile in result.percentiles}
        new = [
            self._percentile(reference, result)
            for reference in self._sets
            if reference.manifest.name not in known
            and reference.manifest.extras[SCORED].get(result.head) == result.provenance.sha256
        ]
        return replace(result, percentiles=(*result.percentiles, *new)) if new else result

    def _percentile(self, reference: ReferenceSet, result: HeadResult) -> Percentile:
        (value,) = percentile_from_quantiles(np.array([result.value]), reference.quantiles[f"{GROUP}/{result.head}"])
        return percentile_in(reference, GROUP, value, ASKED.get(result.head, ""))
