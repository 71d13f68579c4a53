"""`python -m adlab train funnel`: ESMM with CL4CVR's contrastive task on a log of ads, serving `funnel`.

One network with the contrastive task and one without are trained first. The task is the paper's, so it stays unless
ads that train nothing say with 90 % confidence that it harms the ranking of conversions.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from adlab.checkpoints.funnel import ADS, HEAD, KIND, extras_of
from adlab.checkpoints.manifest import Manifest, TrainingRecord
from adlab.checkpoints.networks import DEFAULT_IMAGE_ENCODER, load_image_encoder
from adlab.checkpoints.reference_set import add_scores
from adlab.checkpoints.store import load_checkpoint, save_checkpoint
from adlab.data.assessment import DataKind
from adlab.data.feature_schema import FeatureSchema
from adlab.encoders.text import load_minilm
from adlab.errors import CheckpointError
from adlab.features.stored import Progress, no_progress
from adlab.models.esmm_config import ESMMConfig
from adlab.models.funnel import FunnelInputs, FunnelNetwork
from adlab.models.funnel_ensemble import FunnelEnsemble
from adlab.projection.views import EXTRAS, drawn_names
from adlab.training.funnel_ads import AdLog
from adlab.training.funnel_calibration import settings_from
from adlab.training.funnel_comparison import measure_funnel
from adlab.training.funnel_measures import Card
from adlab.training.funnel_members import FunnelTrain, FunnelTrainer
from adlab.training.funnel_stated import Speaker
from adlab.training.funnel_views import reference_views

SHOWN = 4  # rows in the reference tensors
BAG = "list "  # before the name of a multi-valued field there


def train_funnel(
    run: FunnelTrain, log: AdLog, progress: Progress = no_progress, command: str = "", root: Path | None = None
) -> Manifest:
    """Train the ensemble, calibrate, measure, and write the checkpoint.

    Args:
        run: What to do.
        log: What to learn from.
        progress: Called with (steps done, most steps) of each network.
        command: The command line, for the card.
        root: Folder of the encoders' checkpoints.

    Returns:
        The manifest of the written checkpoint.

    Raises:
        UnknownNameError: There is no such reference set.
        CheckpointError: The reference set holds other ads than the test ads.
    """
    started = time.monotonic()
    reference = _check_reference(run, log) if run.reference else None
    schema = log.schema()
    trainer = FunnelTrainer(run, log, schema, progress)
    card = Card(log.words.on, planted=log.planted is not None, seed=run.seed)
    trained, contrast, decision = trainer.all(card)
    networks = [fitted.network for fitted in trained.members]
    speaker = Speaker(networks, log, schema)
    settings = settings_from(speaker, log.parts.calibrate, run.reference, run.seed)
    unknown = measure_funnel(card, speaker, settings, trained)
    ensemble = _ensemble(trainer.shape(), log, networks)
    views = None if reference is None else reference_views(run, log, trainer.shape(), trained, reference, progress)
    encoders, terms = _encoders(log, root)
    whose = "a simulated log" if log.words.kind is DataKind.SIMULATION else "your own log"
    manifest = Manifest(
        name=run.out.name,
        kind=KIND,
        summary="From impression to click to conversion: how likely an ad, once shown, is clicked and converts, for "
        f"whom and when, learned from {whose} (ESMM"
        f"{' with the contrastive task of CL4CVR' if contrast else ', the contrastive task of CL4CVR left out'}).",
        heads=(HEAD,),
        network=ensemble.fields(),
        encoders=encoders,
        preprocessing="picture and copy as FOCAL embeddings, dominant colour, words in the picture through minilm"
        if log.vectors is not None
        else "nothing of the creative is read",
        data_kind=log.words.kind,
        trained_on=log.words.trained_on,
        terms=f"{log.words.terms}{terms}",
        licence="Apache-2.0, data terms of the encoders apply",
        training=TrainingRecord(
            command=command,
            seed=run.seed,
            data=f"{log.words.data}; in all {log.totals}",
            minutes=trained.minutes + (time.monotonic() - started) / 60 - trainer.spent,
            machine=f"{torch.get_num_threads()} CPU threads, {platform.machine()}",
            config=asdict(run.training)
            | {"contrast kept": decision, "tower_dims": list(run.tower_dims), "dropout": run.dropout}
            | ({"columns": _roles(log)} if log.columns else {}),
        ),
        measures=tuple(card.measures),
        limits=(*log.words.limits, *_limits(log)),
        extras=extras_of(settings) | ({} if views is None else {EXTRAS: views.extras}),
    )
    files = {} if views is None else views.files
    saved = save_checkpoint(run.out, manifest, ensemble.state_dict(), _reference_tensors(ensemble, schema), files)
    if run.reference:
        add_scores(run.reference, ADS, {HEAD: (unknown.chain.pctcvr, saved.weights_sha256)}, run.out.parent)
    return saved


def _ensemble(shape: ESMMConfig, log: AdLog, networks: list[FunnelNetwork]) -> FunnelEnsemble:
    """The trained networks with what makes their vectors."""
    focal = log.encoder.focal if log.encoder is not None else None
    ensemble = FunnelEnsemble(shape, len(networks), None if focal is None else focal.config)
    for member, network in zip(ensemble.networks(), networks, strict=True):
        member.load_state_dict(network.state_dict())
    if log.encoder is not None:
        ensemble.creative_mean.copy_(torch.from_numpy(log.encoder.mean))
        ensemble.creative_deviation.copy_(torch.from_numpy(log.encoder.deviation))
    if ensemble.focal is not None and focal is not None:
        ensemble.focal.load_state_dict(focal.state_dict())
    return ensemble.eval().requires_grad_(False)


def _encoders(log: AdLog, root: Path | None) -> tuple[dict[str, str], str]:
    """Identity of the encoders behind the vectors, and their terms; none where nothing of the creative is read."""
    if log.vectors is None:
        return {}, ""
    image, text = load_image_encoder(DEFAULT_IMAGE_ENCODER, root=root).spec, load_minilm().spec
    return {"image": image.encoder_id, "text": text.encoder_id}, f"; encoders: {image.data_terms}"


def _limits(log: AdLog) -> tuple[str, ...]:
    """What holds of any funnel of ours."""
    nothing = "Nothing of the creative is read: all ads shown to the same people get the same numbers."
    return (
        *(() if log.vectors is not None else (nothing,)),
        "A new ad has no id: pCTR, pCVR and pCTCVR are those of ads like it, and each ad differs from them within the "
        "interval.",
        "Bidding, price, landing page and what rivals show are not seen; conversions depend on them most.",
    )


def _check_reference(run: FunnelTrain, log: AdLog) -> Manifest:
    """The reference set beside the checkpoint must be made of the test ads; gives its manifest."""
    manifest = load_checkpoint(run.reference, run.out.parent).manifest
    names = drawn_names(manifest.extras.get("latent", {}).get("simulator") or {"seed": None, "index": []})
    test = [log.ads[number] for number in log.parts.test]
    if names != test:
        raise CheckpointError(
            f"{run.reference} does not hold the {len(test):,} test ads, {test[0]} and on; give the set that does."
        )
    return manifest


def _reference_tensors(ensemble: FunnelEnsemble, schema: FeatureSchema) -> dict[str, torch.Tensor]:
    """Codes, random numbers and vectors of a few rows, each list of one value, and the log-odds that come of them."""
    rng = np.random.default_rng(0)
    codes = np.stack([np.zeros(SHOWN, dtype=np.int64), *(rng.integers(size, size=SHOWN) for size in schema.sizes)], 1)
    width = ensemble.config.creative_dim
    vectors = torch.from_numpy(rng.normal(size=(SHOWN, width)).astype(np.float32))
    found = {"codes": torch.from_numpy(codes[:, 1:].copy()), "vectors": vectors}
    if schema.dense:
        found["dense"] = torch.from_numpy(rng.normal(size=(SHOWN, len(schema.dense_names))).astype(np.float32))
    for name, size in schema.bag_sizes.items():
        found[f"{BAG}{name}"] = torch.from_numpy(rng.integers(size, size=SHOWN))
    return found | log_odds_of(ensemble, found)


def log_odds_of(ensemble: FunnelEnsemble, stored: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """What the members say of the rows that a checkpoint's reference holds."""
    codes, ends = stored["codes"], torch.arange(len(stored["codes"]) + 1)
    dense = stored.get("dense", torch.zeros(len(codes), 0))
    bags = {name.removeprefix(BAG): (values, ends) for name, values in stored.items() if name.startswith(BAG)}
    with torch.inference_mode():
        output = ensemble(FunnelInputs(codes, dense, bags, stored["vectors"]))
    return {"ctr": output.ctr.clone(), "cvr": output.cvr.clone()}


def _roles(log: AdLog) -> dict[str, str]:
    """How the columns that an ad may lack are read, for the card."""
    own = [field for field in log.fields if field.name in log.columns]
    return {field.name: f"{field.role}, hashed" if field.buckets else field.role for field in own}
