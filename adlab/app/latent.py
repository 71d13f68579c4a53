"""What the Latent space page asks for: which ads, which map, and where the ad of the Score page lies on it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from adlab.app import caching, jobs, latent_state, latent_views, preload, state
from adlab.app.examples import examples
from adlab.app.jobs import Job
from adlab.app.state import Ad
from adlab.checkpoints.manifest import Manifest, read_manifest
from adlab.errors import AdlabError, CheckpointError, InputError
from adlab.paths import models_dir
from adlab.projection.findings import Findings, find
from adlab.projection.latent import LatentSet, MeasuredMap, measured_map, measured_points
from adlab.projection.maps import MapConfig
from adlab.projection.placing import Distances, Placed, own_distances, place
from adlab.projection.points import ABSENT, PRIVATE, PRIVATE_IMAGE, PRIVATE_TEXT, SHARED, Embeddings, Points, points_of
from adlab.projection.reference import read_latent, reference_folder, simulator_of
from adlab.projection.view_findings import VIEWS

if TYPE_CHECKING:
    from adlab.projection.embedding import Networks

LOADING = "The models are loading; the ad of the Score page appears in a moment."
OWN, SIMULATED = "own", "simulated"
NEEDS = {
    SHARED: "a picture or copy",
    PRIVATE_IMAGE: "a picture",
    PRIVATE_TEXT: "a title or description",
    PRIVATE: "both a picture and copy",
}
KIND = "focal"
MOST_SETS, MOST_ADS = 4, 32
SIDE_BY_SIDE = (SHARED, PRIVATE_IMAGE, PRIVATE_TEXT)


class OwnAd(NamedTuple):
    """The ad of the Score page on one map.

    Attributes:
        label: What to call it.
        places: One mark, or two where picture and copy are points of their own: modality and place.
    """

    label: str
    places: tuple[tuple[str, Placed], ...]


def checkpoints() -> dict[str, Manifest]:
    """The intact FOCAL checkpoints by name; the Models page says what is wrong with others."""
    found = {}
    for file in sorted(models_dir().glob("*/config.json")):
        try:
            manifest = read_manifest(file.parent)
        except CheckpointError:
            continue
        if manifest.kind == KIND:
            found[manifest.name] = manifest
    return found


def reference_set(manifest: Manifest) -> LatentSet:
    """The reference set of a checkpoint, with a funnel's views where one holds views of these ads.

    Raises:
        CheckpointError: There is none, or it is damaged.
    """
    folder = reference_folder(manifest, models_dir())
    reference = read_manifest(folder)
    funnel = latent_views.funnel_of(reference)
    digests = [part.content_digest() for part in (reference, manifest, funnel) if part is not None]
    return _reference_set(str(folder), "|".join(digests), manifest, funnel)


def simulator(manifest: Manifest) -> dict[str, Any] | None:
    """What draws the ads of a checkpoint's reference set again, None if they are not simulated."""
    return simulator_of(reference_folder(manifest, models_dir()))


@st.cache_resource(max_entries=MOST_SETS, show_spinner=False)
def _reference_set(folder: str, digest: str, _manifest: Manifest, _funnel: Manifest | None) -> LatentSet:
    ads = read_latent(Path(folder), _manifest)
    return ads if _funnel is None else latent_views.attached(ads, _funnel)


def warm_placing() -> None:
    """Read the first network and what new ads are placed by; whatever is wrong is said when a page needs it."""
    try:
        manifest = next(iter(checkpoints().values()))
        ads = reference_set(manifest)
        for space in SIDE_BY_SIDE:
            _own_distances(_identity(ads), space, ads)
        networks(manifest.name, manifest.weights_sha256)
    except (AdlabError, StopIteration):
        return


def map_job(ads: LatentSet, space: str, method: str) -> Job:
    """The job that makes a map which the set does not hold; begun on the first call, found again on later ones."""

    def work(job: Job) -> MeasuredMap:
        how, step = MapConfig(method=method), job.step("Making the map")
        if space in VIEWS:
            return measured_points(ads.points(space).vectors, how, step)
        return measured_map(ads.embeddings, space, how, step)

    return _job(f"map|{_identity(ads)}|{space}|{method}", work)


def findings_job(ads: LatentSet) -> Job:
    """The job that judges the spaces of a set without findings; without features there is no untrained twin."""

    def work(job: Job) -> Findings:
        return find(ads.embeddings, ads.classes(), label=ads.label, progress=job.step("Judging the spaces"))

    return _job(f"findings|{_identity(ads)}", work)


def map_of(ads: LatentSet, space: str, method: str) -> MeasuredMap | Job:
    """The map, or the job that makes it."""
    found = ads.maps.get((space, method))
    if found is not None:
        return found
    job = map_job(ads, space, method)
    if job.done and job.future.exception() is None:
        made: MeasuredMap = job.future.result()
        return made
    return job


def findings_of(ads: LatentSet) -> Findings | Job:
    """The numbers, or the job that computes them."""
    if ads.findings is not None:
        return ads.findings
    job = findings_job(ads)
    if job.done and job.future.exception() is None:
        found: Findings = job.future.result()
        return found
    return job


def own_ad(ads: LatentSet, space: str, method: str, coordinates: NDArray[np.float32]) -> OwnAd | str:
    """The ad of the Score page on a map, or why it is not there."""
    ad = state.shown_ad() or next(iter(examples().values()))  # what the Score page would show
    if not (preload.start().done() and preload.start_maps().done()):
        return LOADING
    try:
        new = _points_of_ad(ad, ads, space)
        points, own = ads.points(space), _own_distances(_identity(ads), space, ads)
        placed = [place(vector, points.vectors, coordinates, method, own) for vector in new.vectors]
    except AdlabError as error:
        return str(error)
    if not placed:
        return f"“{ad.label}” of the Score page is not on this map: it lacks {NEEDS[space]}."
    return OwnAd(ad.label, tuple(zip(new.modality.tolist(), placed, strict=True)))


def _points_of_ad(ad: Ad, ads: LatentSet, space: str) -> Points:
    if ads.views is not None and space in VIEWS:
        return latent_views.point_of(ad, ads.views, space)
    return points_of(_embedded(ad.key, ads.sha256, ads.checkpoint, ad), space)


@st.cache_data(max_entries=MOST_ADS, show_spinner=False)
def _embedded(key: str, sha256: str, checkpoint: str, _ad: Ad) -> Embeddings:
    from adlab.checkpoints.networks import check_encoders
    from adlab.projection.embedding import embed

    creative, vectors = caching.creative_of(_ad), caching.assessor().vectors
    check_encoders(checkpoints()[checkpoint], vectors.encoder_ids)
    images = [creative.image] if creative.image else []
    texts = [creative.copy] if creative.copy else []
    return embed(
        networks(checkpoint, sha256).trained,
        vectors.images(images),
        vectors.texts(texts),
        np.array([0 if images else ABSENT]),
        np.array([0 if texts else ABSENT]),
    )


@st.cache_resource(max_entries=MOST_SETS, show_spinner=False)
def networks(checkpoint: str, _sha256: str) -> Networks:
    """The first member of a checkpoint and its untrained twin."""
    from adlab.checkpoints.store import load_checkpoint
    from adlab.projection.embedding import first_member

    return first_member(load_checkpoint(checkpoint))


@st.cache_resource(max_entries=4 * MOST_SETS, show_spinner=False)
def _own_distances(identity: str, space: str, _ads: LatentSet) -> Distances:
    return own_distances(_ads.points(space).vectors)


def _job(key: str, work: Callable[[Job], Any]) -> Job:
    registry = jobs.jobs()
    job = registry.get(registry.start(work, key))
    if job is None:  # pushed out by others within this very moment
        raise InputError("Too much is being computed at once; try again in a minute.")
    return job


def _identity(ads: LatentSet) -> str:
    views = ads.views.sha256 if ads.views is not None else ""
    return f"{ads.name}|{ads.sha256}|{views}|{latent_state.own_job() if ads.display == OWN else ''}"
