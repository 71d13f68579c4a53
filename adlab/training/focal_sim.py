"""`python -m adlab train focal-sim`: FOCAL Ad on planted conversions, serving `conversion`, with its reference set."""

from __future__ import annotations

import platform
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from adlab.checkpoints.conversion import ADS, HEAD, REGRESSION, Calibration, extras_of
from adlab.checkpoints.manifest import Manifest, TrainingRecord
from adlab.checkpoints.networks import DEFAULT_IMAGE_ENCODER, load_image_encoder
from adlab.checkpoints.reference_set import KIND, QUANTILES, quantiles_of
from adlab.checkpoints.store import as_stored, save_checkpoint
from adlab.data.assessment import DataKind
from adlab.encoders.text import load_minilm
from adlab.features.stored import Progress, no_progress
from adlab.losses.focal import FocalLossConfig
from adlab.metrics.spread import logit_interval
from adlab.models.focal import FocalEnsemble, FocalOutput, agreement
from adlab.models.focal_conversion import ConversionConfig, ConversionRegression
from adlab.paths import cache_dir, models_dir
from adlab.training.conversion import (
    STRENGTHS,
    Counts,
    embeddings_of,
    fit_calibration,
    fit_interval_scale,
    fit_regressions,
    mean_log_loss,
)
from adlab.training.focal import FocalTraining, bootstrap_rows
from adlab.training.focal_sim_measures import measure_conversion
from adlab.training.focal_sim_reference import latent_files
from adlab.training.focal_sim_task import FocalConversionTask
from adlab.training.run import Fit, fit, run_name
from adlab.training.simulated import Collection, SimulatedPairs, simulated_pairs

NAME, REFERENCE = "focal-sim", "reference-simulated"
TRAINED_ON = "simulated ads: drawn pictures, written copy, planted causes and responses; no real ad and no real person"
TRAINING = FocalTraining(
    loss=FocalLossConfig(kind="full", temperature=0.1),
    hidden_dim=256,
    dropout=0.5,
    epochs=40,
    batch_size=256,
    learning_rate=5e-4,
    weight_decay=0.05,
    patience=5,
)


@dataclass(frozen=True, kw_only=True)
class FocalSimRun:
    """One training of FOCAL Ad on simulated ads.

    Attributes:
        collection: Which ads, and how often they were shown.
        training: How the embeddings are trained.
        out: Checkpoint folder to write; the reference set is written beside it.
        weight_conversion: Of the regression's loss beside FOCAL Ad's own objective.
        members: Models in the ensemble, each on a bootstrap of the training ads.
        seed: Seed of everything drawn while training.
        budget_minutes: Time for all members together, None for no limit; drawing and encoding come on top.
        run: Folder that keeps the state of a stopped run; in the cache if not given.
        device: ``"auto"``, ``"cpu"`` or ``"cuda"``.
    """

    collection: Collection = field(default_factory=Collection)
    training: FocalTraining = TRAINING
    out: Path = field(default_factory=lambda: models_dir() / NAME)
    weight_conversion: float = 1.0
    members: int = 5
    seed: int = 0
    budget_minutes: float | None = None
    run: Path | None = None
    device: str = "auto"


def train_focal_sim(run: FocalSimRun, progress: Progress = no_progress, command: str = "") -> Manifest:
    """Train the ensemble and its regressions, calibrate, measure, and write checkpoint and reference set.

    Args:
        run: What to do.
        progress: Called with (done, total) while ads are drawn and encoded.
        command: The command line, for the card.

    Returns:
        The manifest of the written checkpoint.
    """
    started = time.monotonic()
    device = "cuda" if run.device != "cpu" and torch.cuda.is_available() else "cpu"
    image_encoder, text_encoder = load_image_encoder(DEFAULT_IMAGE_ENCODER, device=device), load_minilm(device=device)
    pairs = simulated_pairs(run.collection, image_encoder, text_encoder, progress)
    rows = [bootstrap_rows(pairs.rows["train"], run.seed * 1000 + member) for member in range(run.members)]
    encoders = {"image": image_encoder.spec.encoder_id, "text": text_encoder.spec.encoder_id}
    counts = Counts(pairs.impressions, pairs.conversions)
    network = _train_members(run, pairs, counts, encoders, rows)
    output = embeddings_of(network, pairs.features.image, pairs.features.text[:, 0])
    config = ConversionConfig(members=run.members, latent_dim=network.config.latent_dim)
    strength, regression = best_regressions(output, counts, config, rows, pairs.rows["dev"])
    calibration = _calibrate(regression, output, counts, pairs)
    measures = measure_conversion(output, regression, calibration, pairs, rows, strength, run.seed)
    manifest = Manifest(
        name=run.out.name,
        kind="focal",
        summary="How likely an ad, once shown, leads to a conversion, learned from simulated responses: FOCAL Ad's "
        "shared and private embeddings and a logistic regression on them.",
        heads=(HEAD,),
        network={**asdict(network.config), "members": run.members},
        encoders=encoders,
        preprocessing=f"detailed features of {DEFAULT_IMAGE_ENCODER}, features of minilm; copy as 'title. description'",
        data_kind=DataKind.SIMULATION,
        trained_on=TRAINED_ON,
        terms=f"own simulation, no third-party data; encoders: {image_encoder.spec.data_terms}",
        licence="Apache-2.0, data terms of the encoders apply",
        training=TrainingRecord(
            command=command,
            seed=run.seed,
            data=f"{run.collection.train:,} simulated ads (seed {run.collection.seed}), shown "
            f"{int(pairs.impressions[pairs.rows['train']].sum()):,} times with "
            f"{int(pairs.conversions[pairs.rows['train']].sum()):,} conversions; each member on a bootstrap of the "
            f"ads; epochs, penalty and calibration by {run.collection.dev:,} further ads",
            minutes=(time.monotonic() - started) / 60,
            machine=f"{torch.get_num_threads()} CPU threads, {platform.machine()}" if device == "cpu" else device,
            config=asdict(run.training)
            | {
                "weight_conversion": run.weight_conversion,
                "inverse_penalty": strength,
                "collection": asdict(run.collection),
            },
        ),
        measures=measures,
        limits=(
            "No real people took part: it has learned what was planted, and says what would happen if people were "
            "like that.",
            "Use it to see how a model reads causes, not to forecast conversions.",
            "Words drawn into the picture are not read.",
        ),
        extras=extras_of(config, calibration, reference_name(run.out.name)),
    )
    _save_reference(run, network, output, regression, calibration, pairs, manifest)
    return save_checkpoint(
        run.out,
        manifest,
        network.state_dict(),
        _reference_tensors(network, pairs),
        {REGRESSION: regression.state_dict()},
    )


def reference_name(checkpoint: str) -> str:
    """Name of the reference set that belongs to a checkpoint."""
    return REFERENCE if checkpoint == NAME else f"reference-{checkpoint.removeprefix('focal-')}"


def best_regressions(
    output: FocalOutput, counts: Counts, config: ConversionConfig, rows: list[np.ndarray], dev: np.ndarray
) -> tuple[float, ConversionRegression]:
    """The penalty that fits the validation ads best, and the regressions with it, rounded as they are stored.

    Args:
        output: Embeddings of all ads, (M, N, D) each.
        counts: Of all ads.
        config: What is read.
        rows: Training ads of each member.
        dev: Validation ads.
    """
    fitted = []
    for strength in STRENGTHS:
        regression = fit_regressions(output, counts, config, rows, strength)
        regression.load_state_dict(as_stored(regression.state_dict()))
        logits = regression.double()(FocalOutput(*(part[:, dev] for part in output))).mean(dim=0).numpy()
        fitted.append((mean_log_loss(logits, counts.at(dev)), strength, regression))
    _, strength, regression = min(fitted, key=lambda found: found[0])
    return strength, regression


def _train_members(
    run: FocalSimRun, pairs: SimulatedPairs, counts: Counts, encoders: dict[str, str], rows: list[np.ndarray]
) -> FocalEnsemble:
    own_name = run_name(run.out.name, run.training, run.weight_conversion, run.collection, encoders, run.seed)
    folder = run.run or cache_dir() / "runs" / own_name
    nets = []
    for member, own in enumerate(rows):
        seed = run.seed * 1000 + member
        dev = pairs.rows["dev"]
        task = FocalConversionTask(run.training, pairs.features, counts, own, dev, seed, run.weight_conversion)
        fit(
            task,
            Fit(
                epochs=run.training.epochs,
                monitor="val_loss",
                patience=run.training.patience,
                budget_minutes=run.budget_minutes / run.members if run.budget_minutes else None,
                folder=folder / f"member-{member}",
                seed=seed,
                accelerator=run.device,
            ),
        )
        nets.append(task.net.eval())
    network = FocalEnsemble(nets)
    network.load_state_dict(as_stored(network.state_dict()))  # measure what ships, rounding included
    return network.eval().requires_grad_(False)


def _calibrate(
    regression: ConversionRegression, output: FocalOutput, counts: Counts, pairs: SimulatedPairs
) -> Calibration:
    """On the validation ads, which trained nothing."""
    dev = pairs.rows["dev"]
    raw = regression(FocalOutput(*(part[:, dev] for part in output))).numpy()
    slope, intercept = fit_calibration(raw.mean(axis=0), counts.at(dev))
    scale = fit_interval_scale(slope * raw + intercept, pairs.rates.ctcvr[dev])
    return Calibration(slope=slope, intercept=intercept, interval_scale=scale)


def _save_reference(
    run: FocalSimRun,
    network: FocalEnsemble,
    output: FocalOutput,
    regression: ConversionRegression,
    calibration: Calibration,
    pairs: SimulatedPairs,
    manifest: Manifest,
) -> None:
    """The test ads: their scores as quantiles, embeddings of the first member, and the maps of its spaces."""
    test = pairs.rows["test"]
    own = FocalOutput(*(part[:, test] for part in output))
    logits = calibration.apply(regression(own).numpy())
    scores = 1 / (1 + np.exp(-logits.mean(axis=0)))
    low, high = logit_interval(logits, calibration.interval_scale)
    embeddings = {name: torch.nn.functional.normalize(part[0].float(), dim=-1) for name, part in own._asdict().items()}
    files, latent = latent_files(network, embeddings, pairs, test, run.collection.seed, manifest)
    count = len(test)
    extras: dict[str, Any] = {
        "groups": {ADS: {"n": count, "description": "simulated ads"}},
        "embeddings": f"first member, {count} ads at length 1",
        "interval_width": float((high - low).mean()),
        **latent,
    }
    described = replace(
        manifest,
        name=manifest.extras["reference"],
        kind=KIND,
        summary=f"What simulated scores are compared with: {count:,} simulated ads that trained nothing. Their "
        "pictures and copy are drawn again when they are shown.",
        heads=(),
        network={},
        measures=(),
        limits=("Simulated ads: a percentile says how an ad compares with drawn ones, not with your market.",),
        extras=extras,
    )
    quantiles = {f"{ADS}/{HEAD}": torch.from_numpy(quantiles_of(scores))}
    save_checkpoint(
        run.out.parent / described.name,
        described,
        embeddings,
        {"empty": torch.zeros(1)},
        {QUANTILES: quantiles, **files},
    )


def _reference_tensors(network: FocalEnsemble, pairs: SimulatedPairs) -> dict[str, torch.Tensor]:
    rows = torch.as_tensor(pairs.rows["test"][:2])
    image, text = pairs.features.image[rows], pairs.features.text[rows, 0]
    with torch.inference_mode():
        return {"image": image.clone(), "text": text.clone(), "cosine": agreement(network(image, text))}
