"""`python -m adlab train agreement`: from photos, products and simulated ads to the head `agreement`."""

from __future__ import annotations

import platform
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from adlab.checkpoints.manifest import Manifest, Measure, TrainingRecord
from adlab.checkpoints.networks import DEFAULT_IMAGE_ENCODER, load_image_encoder
from adlab.checkpoints.store import as_stored, save_checkpoint
from adlab.data.assessment import DataKind
from adlab.data.fashion import Product
from adlab.encoders.image import ImageEncoder, ShippedNetwork
from adlab.encoders.mobilenet import MAP_CHANNELS
from adlab.encoders.text import TextEncoder, load_minilm
from adlab.errors import ConfigError
from adlab.features.stored import Progress, no_progress
from adlab.models.focal import Focal, FocalEnsemble
from adlab.paths import cache_dir, models_dir
from adlab.training.agreement_data import ADS, PHOTOS, PRODUCTS, PairSource, ad_source, photo_source, product_source
from adlab.training.agreement_measures import measure_ads, measure_products, source_cosines
from adlab.training.agreement_task import MONITOR, TRAINING, AgreementTask, AgreementTraining
from adlab.training.focal import bootstrap_rows
from adlab.training.focal_data import FlickrPairs, flickr_pairs
from adlab.training.focal_interval import fit_interval_scale, interval_coverage
from adlab.training.focal_measures import measure_focal
from adlab.training.focal_readings import fit_readings
from adlab.training.focal_reference import ScoredPairs, save_reference_set
from adlab.training.focal_run import HELD_OUT, reference_tensors
from adlab.training.run import Fit, fit, run_name
from adlab.training.simulated import Collection, SimulatedPairs, simulated_pairs

NAME, REFERENCE = "focal-agreement", "reference-pairs"
JOINT = slice(MAP_CHANNELS, None)  # of the image representation: pooled features, then the joint space
MEASURED_ADS = 1000
ON = "photos, products and simulated ads not trained on, one true pair a picture"


@dataclass(frozen=True, kw_only=True)
class AgreementRun:
    """One training of FOCAL Ad on three kinds of pairs.

    Attributes:
        data: Folder that holds `flickr8k/` and `fashion/`.
        collection: Which simulated ads.
        training: How it is trained.
        out: Checkpoint folder to write; its reference set is written beside it.
        members: Models in the ensemble, each on a bootstrap of the training pictures of every kind.
        seed: Seed of everything drawn while training.
        budget_minutes: Time for all members together, None for no limit; drawing and encoding come on top.
        run: Folder that keeps the state of a stopped run; in the cache if not given.
        device: ``"auto"``, ``"cpu"`` or ``"cuda"``.
    """

    data: Path
    collection: Collection = field(default_factory=Collection)
    training: AgreementTraining = TRAINING
    out: Path = field(default_factory=lambda: models_dir() / NAME)
    members: int = 5
    seed: int = 0
    budget_minutes: float | None = None
    run: Path | None = None
    device: str = "auto"


class AgreementPairs(NamedTuple):
    """All that a training reads.

    Attributes:
        photos: Flickr8k, for readings and maps too.
        products: The products behind the second source.
        ads: The simulated ads behind the third source.
        sources: Photos, products and ads.
    """

    photos: FlickrPairs
    products: tuple[Product, ...]
    ads: SimulatedPairs
    sources: tuple[PairSource, ...]


def train_agreement(run: AgreementRun, progress: Progress = no_progress, command: str = "") -> Manifest:
    """Train the ensemble, calibrate its interval, measure it, and write checkpoint and reference set.

    Args:
        run: What to do.
        progress: Called with (done, total) while pictures and texts are encoded.
        command: The command line, for the card.

    Returns:
        The manifest of the written checkpoint.

    Raises:
        DataUnavailableError: A data set is missing.
    """
    started = time.monotonic()
    device = "cuda" if run.device != "cpu" and torch.cuda.is_available() else "cpu"
    image_encoder, text_encoder = load_image_encoder(DEFAULT_IMAGE_ENCODER, device=device), load_minilm(device=device)
    pairs = agreement_pairs(run, image_encoder, text_encoder, progress)
    encoders = {"image": image_encoder.spec.encoder_id, "text": text_encoder.spec.encoder_id}
    members = _train_members(run, pairs.sources, joint_text_map(image_encoder), encoders)
    network = FocalEnsemble(members[: run.members])
    network.load_state_dict(as_stored(network.state_dict()))  # measure what ships, rounding included
    network.eval()
    scale, coverage = _interval(FocalEnsemble([*network.members, *members[run.members :]]), run.members, pairs.sources)
    readings = fit_readings(network, pairs.photos)
    manifest = Manifest(
        name=run.out.name,
        kind="focal",
        summary="How well an ad's image and copy say the same: FOCAL Ad's shared space, as a percentile among photos, "
        "products and simulated ads with texts of their own.",
        heads=("agreement",),
        network={**asdict(network.config), "members": run.members},
        encoders=encoders,
        preprocessing=f"features of {DEFAULT_IMAGE_ENCODER} and minilm; copy as 'title. description'",
        data_kind=DataKind.PAIRS_OF_KINDS,
        trained_on="Flickr8k train split (photos with five captions each), fashion product photos with their titles, "
        "and simulated ads with copy that does not contradict the picture",
        terms="research (Flickr8k: cite Hodosh et al. 2013); fashion set: MIT as listed on Kaggle; encoders: "
        f"{image_encoder.spec.data_terms}",
        licence="Apache-2.0, data terms apply",
        training=TrainingRecord(
            command=command,
            seed=run.seed,
            data=_data_words(pairs, run.collection),
            minutes=(time.monotonic() - started) / 60,
            machine=f"{torch.get_num_threads()} CPU threads, {platform.machine()}" if device == "cpu" else device,
            config=asdict(run.training) | {"collection": asdict(run.collection)},
        ),
        measures=(*_measures(network, pairs, text_encoder, progress), coverage, *readings.measures),
        limits=(
            "Real ads were not among its training pairs: photos are real, products are packshots with titles, ads are "
            "drawn. Copy that sells without naming what the picture shows will rank low, and that need not be a fault.",
            "It tells products apart far better than colours: an ad whose copy names a wrong colour may still rank "
            "high.",
            "It says whether image and copy fit, not whether the ad will be clicked or bought from.",
            "Text inside the picture is not read; brands and slogans are mostly unknown to it.",
            "The image encoder saw the photos of the train split and all product photos with their titles, those "
            "measured here included; it saw none of the photos of the test split and no drawn ad.",
        ),
        extras={"reference": reference_name(run.out.name), "interval_scale": scale, "readings": readings.info},
    )
    scored = score_pairs(network, pairs.sources)
    folder = run.out.parent / reference_name(run.out.name)
    save_reference_set(folder, network, pairs.photos, readings, manifest, scored)
    return save_checkpoint(
        run.out,
        manifest,
        network.state_dict(),
        reference_tensors(network, pairs.photos),
        {"probes.safetensors": readings.probes},
    )


def reference_name(checkpoint: str) -> str:
    """Name of the reference set that belongs to a checkpoint."""
    return REFERENCE if checkpoint == NAME else f"reference-{checkpoint.removeprefix('focal-')}"


def agreement_pairs(
    run: AgreementRun, image_encoder: ImageEncoder, text_encoder: TextEncoder, progress: Progress = no_progress
) -> AgreementPairs:
    """Read, draw and encode (or take from the store) all pairs.

    Raises:
        DataUnavailableError: A data set is missing.
    """
    photos = flickr_pairs(run.data / "flickr8k", image_encoder, text_encoder, progress)
    source, products = product_source(run.data / "fashion", image_encoder, text_encoder, progress)
    ads = simulated_pairs(run.collection, image_encoder, text_encoder, progress)
    width = photos.features.image.shape[1]
    return AgreementPairs(photos, products, ads, (photo_source(photos), source, ad_source(ads, width)))


def joint_text_map(encoder: ImageEncoder) -> nn.Linear:
    """The map of the image encoder that puts texts beside pictures.

    Raises:
        ConfigError: The encoder has no joint space.
    """
    if not isinstance(encoder.network, ShippedNetwork):
        raise ConfigError(f"{encoder.spec.name} has no joint space to start from; take {DEFAULT_IMAGE_ENCODER}.")
    return encoder.network.net.text_head.text


def score_pairs(network: FocalEnsemble, sources: tuple[PairSource, ...]) -> ScoredPairs:
    """Cosines of test pairs of all kinds, one text a picture, and of the same texts beside other pictures."""
    found = [source_cosines(network, source, source.rows["test"]) for source in sources]
    sizes = {source.name: len(source.rows["test"]) for source in sources}
    what = f"{sizes[PHOTOS]:,} photos, {sizes[PRODUCTS]:,} products and {sizes[ADS]:,} simulated ads"
    return ScoredPairs(
        true=np.concatenate([true for true, _ in found], axis=1),
        mismatched=np.concatenate([mismatched for _, mismatched in found], axis=1),
        true_words="photos, products and simulated ads with their own text",
        mismatched_words="photos, products and simulated ads with the text of another",
        summary=f"What agreement is compared with: {what}, each with a text of its own, and the same texts beside "
        "other pictures of the kind. None of them trained the head.",
        limit=f"A mixture: {what}; a percentile says how an ad compares with all of these, not with ads of a market.",
    )


def _train_members(
    run: AgreementRun, sources: tuple[PairSource, ...], text_map: nn.Linear, encoders: dict[str, str]
) -> list[Focal]:
    """The shipped networks and those held out, each on its own bootstrap; a stopped call goes on."""
    own_name = run_name(run.out.name, run.training, run.collection, encoders, run.seed)
    folder, count, config = run.run or cache_dir() / "runs" / own_name, run.members + HELD_OUT, run.training.focal
    nets = []
    for member in range(count):
        seed = run.seed * 1000 + member
        rows = {source.name: bootstrap_rows(source.rows["train"], seed) for source in sources}
        task = AgreementTask(run.training, sources, rows, text_map, JOINT, seed)
        fit(
            task,
            Fit(
                epochs=config.epochs,
                monitor=MONITOR,
                patience=config.patience,
                budget_minutes=run.budget_minutes / count if run.budget_minutes else None,
                folder=folder / f"member-{member}",
                seed=seed,
                accelerator=run.device,
            ),
        )
        nets.append(task.net.eval())
    return nets


def _interval(everyone: FocalEnsemble, members: int, sources: tuple[PairSource, ...]) -> tuple[float, Measure]:
    """The stretch fitted on development pairs, and the coverage on test pairs."""
    cosines = {
        part: np.concatenate([source_cosines(everyone, source, source.rows[part])[0] for source in sources], axis=1)
        for part in ("dev", "test")
    }
    scale = fit_interval_scale(cosines["dev"], members)
    return scale, interval_coverage(cosines["test"], members, scale, np.arange(cosines["test"].shape[1]), ON)


def _measures(
    network: FocalEnsemble, pairs: AgreementPairs, text_encoder: TextEncoder, progress: Progress
) -> tuple[Measure, ...]:
    rows = pairs.ads.rows["test"][:MEASURED_ADS]
    image = pairs.ads.features.image[rows, : network.config.image_dim]
    plans = [pairs.ads.plans[row] for row in rows]
    return (
        *measure_focal(network, pairs.photos, pairs.photos.rows["test"]),
        *measure_products(network, pairs.sources[1], pairs.products, text_encoder, progress=progress),
        *measure_ads(network, image, plans, text_encoder, progress),
    )


def _data_words(pairs: AgreementPairs, collection: Collection) -> str:
    train = {source.name: len(source.rows["train"]) for source in pairs.sources}
    return (
        f"{train[PHOTOS]:,} Flickr8k training images with five captions each, {train[PRODUCTS]:,} products (four "
        f"fifths, by id), {train[ADS]:,} of {collection.train:,} simulated ads (seed {collection.seed}), those that do "
        "not contradict themselves; each member on a bootstrap of the pictures, its best round by the order of "
        "development pairs of all kinds"
    )
