"""What the Assessor asks of a head that reads an image together with its copy."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from adlab import __version__
from adlab.checkpoints.manifest import Manifest
from adlab.data.assessment import DataKind, HeadResult, Provenance


class PairHead(Protocol):
    """A loaded head, read-only.

    Attributes:
        name: Name from the command-line contract.
        image_dim: How many columns of the image representation it reads.
    """

    name: str
    image_dim: int

    def results(self, image: np.ndarray, text: np.ndarray, device: str, precision: str) -> list[HeadResult]:
        """One result a pair.

        Args:
            image: Image features, (N, image_dim).
            text: Text features, (N, d_B).
            device: Where they were computed.
            precision: In which floating-point format.
        """


def provenance_of(manifest: Manifest, data_kind: DataKind, device: str, precision: str) -> Provenance:
    """Where the numbers of a checkpoint's head come from."""
    return Provenance(
        checkpoint=manifest.name,
        sha256=manifest.weights_sha256,
        data_kind=data_kind,
        trained_on=manifest.trained_on,
        terms=manifest.terms,
        device=device,
        precision=precision,
        adlab_version=__version__,
    )
