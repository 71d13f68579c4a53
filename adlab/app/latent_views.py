"""A funnel's views of the ads on the maps: which funnel holds them, and where the ad of the Score page lies in them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from adlab.app import caching, picture_words
from adlab.app.state import Ad
from adlab.checkpoints.manifest import Manifest, read_manifest
from adlab.errors import CheckpointError, InputError
from adlab.paths import models_dir
from adlab.projection.latent import LatentSet
from adlab.projection.points import PAIR, Points
from adlab.projection.views import FunnelViews, are_of, read_views

KIND = "funnel"
MOST_ADS = 32


def funnel_of(reference: Manifest) -> Manifest | None:
    """The first intact funnel that holds views of a reference set's ads, or None."""
    for file in sorted(models_dir().glob("*/config.json")):
        try:
            manifest = read_manifest(file.parent)
        except CheckpointError:
            continue  # the Models page says what is wrong
        if manifest.kind == KIND and are_of(manifest, reference):
            return manifest
    return None


def attached(ads: LatentSet, funnel: Manifest) -> LatentSet:
    """A reference set with a funnel's views; without them where their file is damaged, which the Models page says."""
    try:
        views = read_views(models_dir() / funnel.name, funnel)
    except CheckpointError:
        return ads
    return replace(ads, views=views, maps=ads.maps | views.maps)


def point_of(ad: Ad, views: FunnelViews, space: str) -> Points:
    """An ad in one of the views; the words in its picture are read first, if they are not known.

    Raises:
        InputError: Another funnel is served: it makes other vectors of an ad.
        AdlabError: The ad cannot be read.
    """
    vectors = views.networks[space].of(_creative(ad.key, views.sha256, views.checkpoint, ad))
    return Points(vectors, np.zeros(1, dtype=np.int64), np.full(1, PAIR))


@st.cache_data(max_entries=MOST_ADS, show_spinner="Reading the ad as the funnel does")
def _creative(key: str, sha256: str, checkpoint: str, _ad: Ad) -> NDArray[np.float32]:
    head = caching.assessor().funnel
    if head is None or head.manifest.weights_sha256 != sha256:
        raise InputError(f"The ad of the Score page is not marked: the funnel that is served is not {checkpoint}.")
    found = head.told(caching.creative_of(_ad), picture_words.known(_ad).text).vector
    if found is None:
        raise InputError(f"The ad of the Score page is not marked: {checkpoint} reads nothing of an ad.")
    return found
