"""`python -m adlab train appeal`: M2FN on real web ads that people rated, serving `appeal`, with its reference set.

With 375 ads nearly all that matters is what is not learned. Tried on ten folds, one draw of them, SPRC of the mean: a
ridge on mean and deviation of inner channels 0.45, on the last map's mean 0.31; in the network inner moments 0.59, with
the last map's mean beside them 0.55; gates alone 0.55, with both branches 0.60; opinion labels as further targets
changed nothing (0.60).
"""

from __future__ import annotations

import platform
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
import torch

from adlab.checkpoints.m2fn import ADS, HEAD, KIND, STEPS, AppealSettings, extras_of, network_fields
from adlab.checkpoints.manifest import Manifest, TrainingRecord
from adlab.checkpoints.networks import DEFAULT_IMAGE_ENCODER, load_image_encoder
from adlab.checkpoints.reference_set import KIND as REFERENCE_KIND
from adlab.checkpoints.reference_set import QUANTILES, quantiles_of
from adlab.checkpoints.store import as_stored, save_checkpoint
from adlab.data.assessment import DataKind
from adlab.encoders.text import load_minilm
from adlab.features.stored import Progress, no_progress
from adlab.metrics.distribution import histogram_mean, shares
from adlab.models.backbones import StagedBackbone
from adlab.models.m2fn_config import M2FNConfig
from adlab.models.m2fn_ensemble import M2FNEnsemble, mean_distribution
from adlab.paths import models_dir
from adlab.training.appeal_data import RatedAds, rated_ads
from adlab.training.appeal_folds import Setup, folds_of, out_of_fold, ridge_out_of_fold, train_ensemble
from adlab.training.appeal_measures import fit_temperature, half_width, measure_appeal, sharpened
from adlab.training.appeal_task import AppealTraining

NAME, REFERENCE = "appeal-m2fn", "reference-bad-ads"
TRAINED_ON = "375 web ads, each rated by 10 to 13 people (Zeng, Kohno and Roesner, CHI 2021)"
TERMS = "research; the creatives are their advertisers'"
FOLDS = 10
SHOWN = 2  # ads in the reference tensors


@dataclass(frozen=True, kw_only=True)
class AppealRun:
    """One training of M2FN on ratings.

    Attributes:
        data: The bad-ads folder.
        training: The optimisation.
        out: Checkpoint folder to write; the reference set is written beside it.
        members: Networks in the ensemble.
        folds: Parts of the cross-validation that measures and calibrates it.
        seed: Of the folds and of all that is drawn.
    """

    data: Path
    training: AppealTraining = field(default_factory=AppealTraining)
    out: Path = field(default_factory=lambda: models_dir() / NAME)
    members: int = 5
    folds: int = FOLDS
    seed: int = 0


def train_appeal(
    run: AppealRun, progress: Progress = no_progress, fold_progress: Progress = no_progress, command: str = ""
) -> Manifest:
    """Cross-validate, calibrate, train on all ads, and write checkpoint and reference set.

    It takes minutes, so it keeps no state: a stopped call begins again.

    Args:
        run: What to do.
        progress: Called with (done, all) ads while words are read.
        fold_progress: Called with (done, all) folds.
        command: The command line, for the card.

    Returns:
        The manifest of the written checkpoint.

    Raises:
        DataUnavailableError: The data are missing.
    """
    started = time.monotonic()
    image_encoder, text_encoder = load_image_encoder(DEFAULT_IMAGE_ENCODER), load_minilm()
    shape = M2FNConfig.ratings(aux_dim=1, outputs=STEPS)
    size = image_encoder.preprocess.size
    backbone = StagedBackbone(image_encoder.network, shape.depth)
    ads = rated_ads(run.data, backbone, size, text_encoder, progress)
    setup = Setup(
        run.training, backbone, run.members, run.seed, lambda width: replace(shape, aux_dim=width, image_size=size)
    )
    folds = folds_of(len(ads), run.folds, run.seed)
    logits = out_of_fold(ads, setup, folds, fold_progress)
    temperature = fit_temperature(logits, shares("counts", ads.counts))
    stated = sharpened(logits, temperature)
    ensemble, schema = train_ensemble(ads, np.arange(len(ads)), setup, run.seed * 10_000 + 9_000)
    ensemble.load_trainable_state(as_stored(ensemble.trainable_state()))
    settings = AppealSettings(
        temperature=temperature,
        half_width=half_width(histogram_mean(stated), ads.means),
        schema=schema.to_plain(),
        reference=reference_name(run.out.name),
    )
    encoders = {"image": image_encoder.spec.encoder_id, "text": text_encoder.spec.encoder_id}
    manifest = Manifest(
        name=run.out.name,
        kind=KIND,
        summary="How people would rate the ad, 1 to 7, learned from real web ads and real ratings: M2FN on the "
        "picture, its shape and the words in it.",
        heads=(HEAD,),
        network=network_fields(ensemble.config, run.members),
        encoders=encoders,
        preprocessing=f"letterbox {size} px; words by OCR, through minilm",
        data_kind=DataKind.HUMAN_LABELS,
        trained_on=TRAINED_ON,
        terms=f"{TERMS}; encoders: {image_encoder.spec.data_terms}",
        licence="Apache-2.0, data terms apply",
        training=TrainingRecord(
            command=command,
            seed=run.seed,
            data=f"{len(ads)} ads; what ships is trained on all of them, every measure is of ads that the measured "
            f"network was not trained on ({run.folds} folds by ad)",
            minutes=(time.monotonic() - started) / 60,
            machine=f"{torch.get_num_threads()} CPU threads, {platform.machine()}",
            config=asdict(run.training) | {"folds": run.folds},
        ),
        measures=measure_appeal(stated, ads.counts, ridges_of(ads, folds), folds, run.seed),
        limits=(
            "375 ads are few: read the interval, not the digit.",
            "Screenshots of web ads from before 2021, rated by people who were recruited online.",
            "Appeal is not effect: what people call a good ad need not sell, and many clicked ads are disliked.",
            "Title and description are not read, only the words in the picture.",
        ),
        extras=extras_of(settings),
    )
    _save_reference(run, stated, ads, manifest)
    return save_checkpoint(run.out, manifest, ensemble.trainable_state(), _reference_tensors(ensemble, ads, settings))


def reference_name(checkpoint: str) -> str:
    """Name of the reference set that belongs to a checkpoint."""
    return REFERENCE if checkpoint == NAME else f"reference-{checkpoint}"


def ridges_of(ads: RatedAds, folds: list[tuple[np.ndarray, np.ndarray]]) -> dict[str, np.ndarray]:
    """Out-of-fold mean ratings by ridge regressions on frozen features: what a network must beat."""
    moments = torch.cat([ads.maps.mean(dim=(2, 3)), ads.maps.std(dim=(2, 3), correction=0)], dim=1).double().numpy()
    rows = np.array([[float(row["aspect"] or 0), float(row["words"] or 0)] for row in ads.rows])
    shape = np.concatenate([rows, rows**2], axis=1)
    parts = {
        "ridge on inner moments of the picture": moments,
        "ridge on the words' vector": ads.text.astype(np.float64),
        "ridge on shape and number of words": shape,
    }
    found = {name: ridge_out_of_fold(features, ads.means, folds) for name, features in parts.items()}
    return found | {"mean of the three ridges": np.mean(list(found.values()), axis=0)}


def _save_reference(run: AppealRun, stated: np.ndarray, ads: RatedAds, manifest: Manifest) -> None:
    """The rated ads' own scores, each by networks that were not trained on it."""
    described = replace(
        manifest,
        name=reference_name(run.out.name),
        kind=REFERENCE_KIND,
        summary=f"What appeal is compared with: {len(ads)} real web ads. Each was scored by networks that had not "
        "seen it.",
        heads=(),
        network={},
        measures=(),
        limits=("Web ads from before 2021: a percentile says how an ad compares with them, not with your market.",),
        extras={"groups": {ADS: {"n": len(ads), "description": "real web ads"}}},
    )
    quantiles = {f"{ADS}/{HEAD}": torch.from_numpy(quantiles_of(histogram_mean(stated)))}
    distributions = {"distribution": torch.from_numpy(stated.astype(np.float32))}
    save_checkpoint(
        run.out.parent / described.name, described, distributions, {"empty": torch.zeros(1)}, {QUANTILES: quantiles}
    )


def _reference_tensors(ensemble: M2FNEnsemble, ads: RatedAds, settings: AppealSettings) -> dict[str, torch.Tensor]:
    """Shrunken maps of two ads, their attributes, and what the network makes of them."""
    maps = torch.nn.functional.adaptive_avg_pool2d(ads.maps[:SHOWN], 3)
    aux = torch.randn(SHOWN, ensemble.config.aux_dim, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        logits = ensemble.forward_head(maps, aux)
    return {"map": maps, "aux": aux, "shares": mean_distribution(logits, settings.temperature)}
