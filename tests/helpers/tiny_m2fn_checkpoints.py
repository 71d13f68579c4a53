"""Tiny M2FN checkpoints: the head appeal with its reference set, and the head ctr."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from adlab.checkpoints.ctr import KNOWN, UNKNOWN, CtrSettings, Platt
from adlab.checkpoints.ctr import extras_of as ctr_extras_of
from adlab.checkpoints.m2fn import COVERAGE as APPEAL_COVERAGE
from adlab.checkpoints.m2fn import STEPS, AppealSettings, extras_of, network_fields
from adlab.checkpoints.manifest import Measure
from adlab.checkpoints.reference_set import QUANTILES, quantiles_of
from adlab.checkpoints.store import as_stored, save_checkpoint
from adlab.data.assessment import DataKind
from adlab.encoders.image import ImageEncoder
from adlab.encoders.text import TextEncoder
from adlab.features.appeal_attributes import row_of, schema_of, vectors_of
from adlab.features.attributes import FIXED_LEVELS, TEXT_SLOTS, AttributeSchema
from adlab.models.backbones import StagedBackbone
from adlab.models.m2fn_config import M2FNConfig
from adlab.models.m2fn_ensemble import M2FNEnsemble, mean_distribution
from helpers.pictures import caption, picture
from helpers.tiny_manifest import (
    APPEAL,
    CTR,
    IMAGE_SIZE,
    PAIRS,
    RATED,
    SIMULATED,
    manifest,
)


def save_appeal(root: Path, image_encoder: ImageEncoder, text_encoder: TextEncoder, seed: int = 2) -> None:
    """Write the M2FN ensemble that serves `appeal`, and the reference set of its scores."""
    rows = [row_of(30 + 7 * i, 40, caption(i)) for i in range(PAIRS)]
    schema = schema_of(rows, text_encoder.output_dim)
    torch.manual_seed(seed)
    config = replace(
        M2FNConfig.ratings(aux_dim=schema.width, outputs=STEPS), image_size=IMAGE_SIZE, fusion_dim=8, attention_dim=4
    )
    ensemble = M2FNEnsemble(config, StagedBackbone(image_encoder.network, config.depth), 2).eval()
    squares = image_encoder.prepare([picture(i, 30 + 7 * i, 40) for i in range(PAIRS)])
    with torch.inference_mode():
        maps = ensemble.forward_features(ensemble.networks()[0].backbone.scale(squares)).clone()
    for member in ensemble.networks():
        member.calibrate_map([maps])
        torch.nn.init.normal_(member.head.out.weight, std=0.3)
    ensemble.load_trainable_state(as_stored(ensemble.trainable_state()))
    aux = torch.from_numpy(vectors_of(schema, rows, [caption(i) for i in range(PAIRS)], text_encoder.encode))
    with torch.inference_mode():
        shares = mean_distribution(ensemble.forward_head(maps, aux), 0.9)
    settings = AppealSettings(temperature=0.9, half_width=1.1, schema=schema.to_plain(), reference=RATED)
    encoders = {"image": image_encoder.spec.encoder_id, "text": text_encoder.spec.encoder_id}
    save_checkpoint(
        root / APPEAL,
        manifest(
            APPEAL,
            "m2fn",
            heads=("appeal",),
            network=network_fields(config, 2),
            encoders=encoders,
            data_kind=DataKind.HUMAN_LABELS.value,
            measures=(Measure(name=APPEAL_COVERAGE, value=0.9, n=PAIRS, data="random ads"),),
            extras=extras_of(settings),
        ),
        ensemble.trainable_state(),
        {"map": maps[:2], "aux": aux[:2], "shares": shares[:2]},
    )
    groups = {"groups": {"ads": {"n": PAIRS, "description": "random rated ads"}}}
    quantiles = quantiles_of((shares @ torch.arange(1.0, 8.0)).numpy())
    save_checkpoint(
        root / RATED,
        manifest(RATED, "reference", data_kind=DataKind.HUMAN_LABELS.value, extras=groups),
        {"distribution": shares},
        {},
        {QUANTILES: {"ads/appeal": torch.from_numpy(quantiles)}},
    )


def save_ctr(root: Path, image_encoder: ImageEncoder, text_encoder: TextEncoder, seed: int = 3) -> None:
    """Write the M2FN ensemble that serves `ctr`; its reference set is that of `conversion`."""
    names = ("gender", "age_band", "month", "weekday", "hour", "position", "colour")
    levels = {name: FIXED_LEVELS.get(name, ("1", "2", "3", "4")) for name in names}
    schema = AttributeSchema(levels=levels, texts=TEXT_SLOTS, text_dim=text_encoder.output_dim)
    torch.manual_seed(seed)
    config = replace(
        M2FNConfig.ratings(aux_dim=schema.width, outputs=1), image_size=IMAGE_SIZE, fusion_dim=8, attention_dim=4
    )
    ensemble = M2FNEnsemble(config, StagedBackbone(image_encoder.network, config.depth), 3).eval()
    squares = image_encoder.prepare([picture(i, 30 + 7 * i, 40) for i in range(8)])
    with torch.inference_mode():
        maps = ensemble.forward_features(ensemble.networks()[0].backbone.scale(squares)).clone()
    for member in ensemble.networks():
        member.calibrate_map([maps])
        torch.nn.init.normal_(member.head.out.weight, std=0.3)
        torch.nn.init.normal_(member.fusion.aux.weight, std=0.5)
        torch.nn.init.normal_(member.attention.logit.weight, std=0.5)
    ensemble.load_trainable_state(as_stored(ensemble.trainable_state()))
    contexts = (
        {"gender": "female", "age_band": "25-29", "month": 3, "weekday": 1, "hour": 20, "position": "1"},
        {"gender": "male", "age_band": "40-44", "month": 9, "weekday": 6, "hour": 9, "position": "3"},
    )
    settings = CtrSettings(
        calibration=Platt(slope=0.5, intercept=-3.0),
        half_width=0.6,
        schema=schema.to_plain(),
        contexts=contexts,
        weights=(0.6, 0.4),
        lift_halves={"time": 0.05, "viewer": 0.1, "anything": 0.3},
        reference=SIMULATED,
    )
    aux = torch.randn(2, schema.width, generator=torch.Generator().manual_seed(seed))
    with torch.inference_mode():
        raw = ensemble.forward_head(maps[:2], aux)[..., 0].mean(dim=0).numpy()
    probability = 1 / (1 + np.exp(-settings.calibration.apply(raw)))
    encoders = {"image": image_encoder.spec.encoder_id, "text": text_encoder.spec.encoder_id}
    save_checkpoint(
        root / CTR,
        manifest(
            CTR,
            "m2fn",
            heads=("ctr",),
            network=network_fields(config, 3),
            encoders=encoders,
            data_kind=DataKind.SIMULATION.value,
            measures=(
                Measure(name=KNOWN, value=0.91, n=PAIRS, data="random ads"),
                Measure(name=UNKNOWN, value=0.89, n=PAIRS, data="random ads"),
            ),
            extras=ctr_extras_of(settings),
        ),
        ensemble.trainable_state(),
        {"map": maps[:2], "aux": aux, "probability": torch.from_numpy(probability)},
    )
