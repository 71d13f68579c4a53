"""The views that the shipped funnel holds: of the shipped reference ads, and of the network that serves."""

from __future__ import annotations

import numpy as np
import pytest

from adlab.checkpoints.manifest import read_manifest
from adlab.checkpoints.store import load_checkpoint
from adlab.paths import models_dir
from adlab.projection.maps import METHODS
from adlab.projection.view_findings import VIEWS, WITH, WITHOUT, kept_neighbours
from adlab.projection.views import EXTRAS, are_of, read_views

FUNNEL = "funnel-cl4cvr"


@pytest.fixture(scope="module")
def views():
    return read_views(models_dir() / FUNNEL, read_manifest(models_dir() / FUNNEL))


def test_they_are_of_the_ads_that_the_simulated_reference_set_holds(views):
    funnel = read_manifest(models_dir() / FUNNEL)
    assert are_of(funnel, read_manifest(models_dir() / funnel.extras[EXTRAS]["reference"]))
    assert set(views.maps) == {(space, method) for space in VIEWS for method in METHODS}


def test_with_the_task_means_the_first_network_that_serves(views):
    state = load_checkpoint(FUNNEL).state
    served = (
        WITH if read_manifest(models_dir() / FUNNEL).training.config["contrast kept"].startswith("yes") else WITHOUT
    )
    np.testing.assert_array_equal(
        views.networks[served].weight, state["members.0.embedding.projection.weight"].float().numpy()
    )


def test_the_stated_share_of_kept_neighbours_is_that_of_the_stored_vectors(views):
    kept = kept_neighbours(views.vectors[WITHOUT], views.vectors[WITH])
    assert kept == pytest.approx(views.findings.kept, abs=1e-3)
