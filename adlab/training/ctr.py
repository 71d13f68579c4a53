"""`python -m adlab train ctr`: M2FN on a simulated log of clicks, serving `ctr`.

The networks fuse late: attributes meet the picture behind a frozen backbone. Early fusion, conditional batch norm in
the backbone, costs a pass over the picture for every context, 168 for a grid of weekdays and hours; what it would gain
is measured by `python -m adlab reproduce m2fn`.
"""

from __future__ import annotations

import platform
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from scipy import special

from adlab.checkpoints.ctr import ADS, HEAD, CtrSettings, extras_of
from adlab.checkpoints.m2fn import KIND, network_fields
from adlab.checkpoints.manifest import Manifest, TrainingRecord
from adlab.checkpoints.networks import DEFAULT_IMAGE_ENCODER, load_image_encoder
from adlab.checkpoints.reference_set import add_scores
from adlab.checkpoints.store import as_stored, load_checkpoint, save_checkpoint
from adlab.data.assessment import DataKind
from adlab.encoders.text import load_minilm
from adlab.errors import CheckpointError
from adlab.features.stored import Progress, no_progress
from adlab.models.backbones import StagedBackbone
from adlab.models.m2fn_config import M2FNConfig
from adlab.models.m2fn_ensemble import M2FNEnsemble
from adlab.paths import cache_dir, models_dir
from adlab.training.conversion import Counts, fit_counts
from adlab.training.ctr_data import ClickCollection, ClickLog, click_attributes, click_log
from adlab.training.ctr_late_task import AdsWithContexts, CtrLateTask, CtrTraining
from adlab.training.ctr_measures import auc_of_rival, measure_ctr
from adlab.training.ctr_pictures import FrozenEye, see_ads
from adlab.training.ctr_settings import Ads, parts_of, settings_from, stated_ads, stated_lifts, stated_rows
from adlab.training.run import Fit, fit, run_name

NAME, REFERENCE = "ctr-m2fn", "reference-simulated"
TRAINED_ON = "simulated ads and a simulated log: drawn pictures, written copy, planted causes and responses; no real ad"
COLLECTION = ClickCollection(
    seed=2026, train=6000, dev=1000, test=2000, contexts_per_ad=20, impressions=5000, min_impressions=1
)
SHOWN = 2  # ads in the reference tensors


@dataclass(frozen=True, kw_only=True)
class CtrRun:
    """One training of M2FN on clicks.

    Attributes:
        collection: Which ads, and how they were shown. The test ads are those of the reference set.
        training: The optimisation.
        out: Checkpoint folder to write.
        reference: Reference set of simulated ads beside it, into which quantiles of the scores are written.
        members: Networks in the ensemble, each with its own beginning, order and dropout.
        seed: Seed of everything drawn while training.
        budget_minutes: Time for all members together, None for no limit; drawing comes on top.
        run: Folder that keeps the state of a stopped run; in the cache if not given.
    """

    collection: ClickCollection = COLLECTION
    training: CtrTraining = field(default_factory=CtrTraining)
    out: Path = field(default_factory=lambda: models_dir() / NAME)
    reference: str = REFERENCE
    members: int = 5
    seed: int = 0
    budget_minutes: float | None = None
    run: Path | None = None


def train_ctr(run: CtrRun, progress: Progress = no_progress, command: str = "") -> Manifest:
    """Train the ensemble, calibrate, measure, and write the checkpoint; its scores enter the reference set.

    Args:
        run: What to do.
        progress: Called with (ads seen, all ads).
        command: The command line, for the card.

    Returns:
        The manifest of the written checkpoint.

    Raises:
        UnknownNameError: There is no such reference set.
        CheckpointError: The reference set holds other ads than the test ads.
    """
    started = time.monotonic()
    parts = parts_of(run.collection)
    _check_reference(run, parts)
    image_encoder, text_encoder = load_image_encoder(DEFAULT_IMAGE_ENCODER), load_minilm()
    size = image_encoder.preprocess.size
    backbone = StagedBackbone(image_encoder.network, M2FNConfig.clicks(aux_dim=1).depth)
    encoders = {"image": image_encoder.spec.encoder_id, "text": text_encoder.spec.encoder_id}
    log = click_log(run.collection)
    seen = see_ads(log.plans, eye=FrozenEye(backbone, encoders["image"], size), progress=progress)
    assert seen.maps is not None  # a backbone was given
    attributes = click_attributes(log, seen.colours, text_encoder)
    data, schema = AdsWithContexts(log, seen.maps, attributes), attributes.schema
    shape = replace(M2FNConfig.clicks(aux_dim=schema.width), image_size=size)
    ensemble, earlier = _train_members(run, shape, backbone, data, parts, encoders)
    settings, quadrature = settings_from(ensemble, data, log, parts, run.reference, run.seed)
    known = stated_rows(ensemble, data, log, parts.test, settings.calibration)
    unknown = stated_ads(ensemble, data, log, parts.test, settings)
    measures = (
        *measure_ctr(
            known,
            unknown,
            stated_lifts(ensemble, data, log, parts.test, settings, run.seed + 1),
            settings,
            run.seed,
        ),
        quadrature,
        *auc_of_rival(
            "logistic regression",
            unknown,
            _regression(data, log, parts),
            run.seed,
            "on the same frozen features of picture, colour and texts, context left out",
        ),
    )
    clicks, shown = (int(counts[log.rows["train"]].sum()) for counts in (log.clicks, log.impressions))
    manifest = Manifest(
        name=run.out.name,
        kind=KIND,
        summary="How likely an ad, once shown, is clicked, for whom and when, learned from a simulated log: M2FN on "
        "the picture, its dominant colour, the copy, the words in the picture and the context; fused late.",
        heads=(HEAD,),
        network=network_fields(shape, run.members),
        encoders=encoders,
        preprocessing=f"letterbox {size} px; title, description and words in the picture through minilm",
        data_kind=DataKind.SIMULATION,
        trained_on=TRAINED_ON,
        terms=f"own simulation, no third-party data; encoders: {image_encoder.spec.data_terms}",
        licence="Apache-2.0, data terms of the encoders apply",
        training=TrainingRecord(
            command=command,
            seed=run.seed,
            data=f"{run.collection.train:,} simulated ads (seed {run.collection.seed}) in {len(log.rows['train']):,} "
            f"contexts, shown {shown:,} times with {clicks:,} clicks; epochs by "
            f"{len(parts.stop):,} further ads, calibration and stored contexts by {len(parts.calibrate):,}",
            minutes=(time.monotonic() - started) / 60 + earlier,
            machine=f"{torch.get_num_threads()} CPU threads, {platform.machine()}",
            config=asdict(run.training) | {"collection": asdict(run.collection)},
        ),
        measures=measures,
        limits=(
            "Learned from a simulation: it says what was planted there, not what people do.",
            "Real ads look unlike drawn ones: read the rate as a comparison of your own variants at most.",
            "Attributes meet the picture late, behind the backbone: early fusion, a pass over the picture for every "
            "context, gained nothing certain on a simulated log (docs/reproduction/m2fn.md, Early or late fusion).",
            "An ad without title, description or words in the picture is judged without them.",
            "A click is not a sale, and a rate depends on where an ad is shown more than on the ad.",
        ),
        extras=extras_of(settings),
    )
    saved = save_checkpoint(run.out, manifest, ensemble.trainable_state(), _reference_tensors(ensemble, data, settings))
    add_scores(run.reference, ADS, {HEAD: (special.expit(unknown.score), saved.weights_sha256)}, run.out.parent)
    return saved


def _train_members(
    run: CtrRun,
    shape: M2FNConfig,
    backbone: StagedBackbone,
    data: AdsWithContexts,
    parts: Ads,
    encoders: dict[str, str],
) -> tuple[M2FNEnsemble, float]:
    """The ensemble, and the minutes of earlier calls that this one went on from."""
    folder = run.run or cache_dir() / "runs" / run_name(run.out.name, run.training, run.collection, encoders, run.seed)
    ensemble, earlier = M2FNEnsemble(shape, backbone, run.members), 0.0
    for member, network in enumerate(ensemble.networks()):
        seed = run.seed * 1000 + member
        # All on all ads: on resamples each of them, and their mean, ranked ads less well (AUC over impressions 0.660
        # against 0.665 for a single one on all, on 1,000 ads).
        task = CtrLateTask(run.training, shape, backbone, data, parts.train, parts.stop, seed)
        done = fit(
            task,
            Fit(
                epochs=run.training.epochs,
                monitor="val_loss",
                patience=run.training.patience,
                budget_minutes=run.budget_minutes / run.members if run.budget_minutes else None,
                folder=folder / f"member-{member}",
                seed=seed,
                accelerator="cpu",
            ),
        )
        earlier += done.all_minutes - done.minutes
        network.load_trainable_state(as_stored(task.net.trainable_state()))  # measure what ships, rounding included
    return ensemble.eval().requires_grad_(False), earlier


def _regression(data: AdsWithContexts, log: ClickLog, parts: Ads) -> np.ndarray:
    """Log-odds of the test ads by a logistic regression on frozen features and counts by ad, (N,)."""
    count = len(log.plans)
    clicks, shown = (np.bincount(log.ads, values, minlength=count) for values in (log.clicks, log.impressions))
    deviation, mean = torch.std_mean(data.maps.float(), dim=(2, 3), correction=0)
    features = torch.cat([mean, deviation, data.attributes.ad], dim=1).double().numpy()
    own = parts.train[shown[parts.train] > 0]
    weight, bias = fit_counts(features[own], Counts(shown[own], clicks[own]), strength=0.01)
    return np.asarray(features[parts.test] @ weight + bias)


def _check_reference(run: CtrRun, parts: Ads) -> None:
    """The reference set beside the checkpoint must be made of the test ads."""
    manifest = load_checkpoint(run.reference, run.out.parent).manifest
    drawn = manifest.extras.get("latent", {}).get("simulator", {})
    if drawn.get("seed") != run.collection.seed or list(drawn.get("index", [])) != parts.test.tolist():
        raise CheckpointError(
            f"{run.reference} does not hold the {len(parts.test):,} test ads of seed {run.collection.seed}; "
            "train focal-sim on the same ads first, or give the set that does."
        )


def _reference_tensors(ensemble: M2FNEnsemble, data: AdsWithContexts, settings: CtrSettings) -> dict[str, torch.Tensor]:
    """Shrunken maps of two ads, attribute vectors, and the probabilities that come of them."""
    maps = torch.nn.functional.adaptive_avg_pool2d(data.maps[:SHOWN].float(), 3)
    aux = torch.randn(SHOWN, ensemble.config.aux_dim, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        logits = ensemble.forward_head(maps, aux)[..., 0].mean(dim=0)
    calibration = settings.calibration
    return {"map": maps, "aux": aux, "probability": torch.sigmoid(calibration.slope * logits + calibration.intercept)}
