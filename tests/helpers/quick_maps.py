"""UMAP that takes no time, for trainings whose subject is not the map: its compilation alone takes ten seconds."""

from __future__ import annotations

import pytest

from adlab.projection import maps


def without_umap(patch: pytest.MonkeyPatch) -> None:
    """Principal axes in the place of UMAP, under its name."""
    patch.setattr(maps, "_umap", lambda vectors, *_: maps._pca(vectors)._replace(method=maps.UMAP))
