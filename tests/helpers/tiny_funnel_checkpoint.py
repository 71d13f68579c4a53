"""A tiny random checkpoint that serves `funnel`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from adlab.checkpoints.ctr import Platt
from adlab.checkpoints.funnel import MODES, STEPS, ChainCalibration, FunnelSettings, coverage_name, extras_of
from adlab.checkpoints.manifest import Manifest, Measure
from adlab.checkpoints.store import as_stored, save_checkpoint
from adlab.data.assessment import DataKind
from adlab.data.creative import AGE_BANDS, GENDERS
from adlab.data.feature_fields import LevelField
from adlab.data.feature_schema import FeatureSchema
from adlab.encoders.image import ImageEncoder
from adlab.encoders.text import TextEncoder
from adlab.models.esmm_config import ESMMConfig
from adlab.models.focal import FocalConfig
from adlab.models.funnel import FunnelInputs
from adlab.models.funnel_ensemble import FunnelEnsemble
from helpers.pictures import caption, picture

COVERAGE_N = 48
CONTEXTS = (
    {"brand": "Acme", "gender": "female", "age_band": "25-29", "hour": "20", "position": "1"},
    {"brand": "Bolt", "gender": "male", "age_band": "40-44", "hour": "9", "position": "3"},
)
LEVELS = {
    "brand": ("Acme", "Bolt"),
    "gender": tuple(sorted(GENDERS)),
    "age_band": tuple(sorted(AGE_BANDS)),
    "hour": tuple(sorted(map(str, range(24)))),
    "position": ("1", "2", "3"),
}


def tiny_settings(creative: dict[str, object] | None, reference: str) -> FunnelSettings:
    """Calibrations that differ between modes."""
    modes = {
        mode: ChainCalibration(
            ctr=Platt(slope=0.5, intercept=-3.0 - 0.1 * place),
            cvr=Platt(slope=0.5, intercept=-2.0),
            half_widths=dict(zip(STEPS, (0.4 + 0.1 * place, 0.5, 0.6 + 0.1 * place), strict=True)),
        )
        for place, mode in enumerate(MODES if creative is not None else MODES[:1])
    }
    schema = FeatureSchema(sparse=tuple(LevelField(name=name, levels=levels) for name, levels in LEVELS.items()))
    return FunnelSettings(
        schema=schema.to_plain(),
        creative=creative,
        contexts=CONTEXTS,
        weights=(0.6, 0.4),
        modes=modes,
        reference=reference,
    )


def save_funnel(
    root: Path,
    name: str,
    reference: str,
    blank: Manifest,
    image_encoder: ImageEncoder,
    text_encoder: TextEncoder,
    seed: int = 6,
) -> None:
    """Write it; `blank` is a manifest with every further field filled in."""
    torch.manual_seed(seed)
    focal = FocalConfig(
        image_dim=image_encoder.detailed_dim, text_dim=text_encoder.output_dim, hidden_dim=8, latent_dim=4
    )
    width = 4 * focal.latent_dim + 10 + text_encoder.output_dim
    shape = ESMMConfig(
        fields=tuple(len(levels) + 2 for levels in LEVELS.values()),
        creative_dim=width,
        embedding_dim=3,
        projected_dim=4,
        tower_dims=(6,),
    )
    ensemble = FunnelEnsemble(shape, 2, focal)
    with torch.no_grad():
        for parameter in ensemble.members.parameters():
            parameter.add_(0.4 * torch.randn(parameter.shape))
        assert ensemble.focal is not None
        image = torch.from_numpy(image_encoder.encode([picture(i) for i in range(6)], detailed=True))
        ensemble.focal.fit_standardisation(image, torch.from_numpy(text_encoder.encode([caption(i) for i in range(6)])))
    ensemble.load_state_dict(as_stored(ensemble.state_dict()))
    codes = torch.from_numpy(np.random.default_rng(seed).integers(2, 4, size=(4, len(LEVELS))))
    vectors = torch.randn(4, width)
    with torch.inference_mode():
        output = ensemble.eval()(FunnelInputs(codes, torch.zeros(4, 0), {}, vectors))
    own = {
        "heads": ("funnel",),
        "network": ensemble.fields(),
        "encoders": {"image": image_encoder.spec.encoder_id, "text": text_encoder.spec.encoder_id},
        "data_kind": DataKind.SIMULATION.value,
        "measures": tuple(
            Measure(name=coverage_name(mode, STEPS[-1]), value=0.9 - 0.01 * place, n=COVERAGE_N, data="random ads")
            for place, mode in enumerate(MODES)
        ),
        "extras": extras_of(
            tiny_settings({"parts": ["focal", "attributes"], "text_dim": text_encoder.output_dim}, reference)
        ),
    }
    save_checkpoint(
        root / name,
        Manifest(**{**vars(blank), **own, "name": name, "kind": "funnel"}),
        ensemble.state_dict(),
        {"codes": codes, "vectors": vectors, "ctr": output.ctr.clone(), "cvr": output.cvr.clone()},
    )
