"""Measures of a checkpoint that serves `appeal`, taken again: its cross-validation is repeated on the rated ads.

What ships was trained on all the ads there are, so nothing can be measured on it: the measures are of networks trained
the same way on folds. Equal settings give equal folds, networks and numbers.
"""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

from adlab.checkpoints.manifest import Manifest, Measure
from adlab.checkpoints.networks import check_encoders, load_image_encoder
from adlab.encoders.text import load_minilm
from adlab.errors import CheckpointError
from adlab.metrics.distribution import shares
from adlab.models.backbones import StagedBackbone
from adlab.models.m2fn_config import M2FNConfig
from adlab.training.appeal import ridges_of
from adlab.training.appeal_data import rated_ads
from adlab.training.appeal_folds import Setup, folds_of, out_of_fold
from adlab.training.appeal_measures import fit_temperature, measure_appeal, sharpened
from adlab.training.appeal_task import AppealTraining


def measure_rated(manifest: Manifest, folder: Path) -> list[Measure]:
    """Repeat the cross-validation behind a card; it takes minutes.

    Args:
        manifest: Of the checkpoint.
        folder: The bad-ads data.

    Raises:
        CheckpointError: The card does not say how it was trained, or the encoders are others.
        DataUnavailableError: The data are missing.
    """
    config, network = dict(manifest.training.config), dict(manifest.network)
    try:
        training = AppealTraining(**{f.name: config[f.name] for f in fields(AppealTraining) if f.name in config})
        parts, members = int(config["folds"]), int(network.pop("members"))
        shape = M2FNConfig(**network)
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{manifest.name} does not say how it was trained; train it again.") from error
    image_encoder, text_encoder = load_image_encoder(shape.backbone), load_minilm()
    check_encoders(manifest, {"image": image_encoder.spec.encoder_id, "text": text_encoder.spec.encoder_id})
    backbone, seed = StagedBackbone(image_encoder.network, shape.depth), manifest.training.seed
    ads = rated_ads(folder, backbone, shape.image_size, text_encoder)
    setup = Setup(training, backbone, members, seed, lambda width: replace(shape, aux_dim=width))
    folds = folds_of(len(ads), parts, seed)
    logits = out_of_fold(ads, setup, folds)
    stated = sharpened(logits, fit_temperature(logits, shares("counts", ads.counts)))
    return list(measure_appeal(stated, ads.counts, ridges_of(ads, folds), folds, seed))
