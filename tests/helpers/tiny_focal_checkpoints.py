"""Tiny FOCAL Ad checkpoints with their reference sets: the heads agreement and conversion."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from adlab.checkpoints.conversion import COVERAGE
from adlab.checkpoints.manifest import Measure
from adlab.checkpoints.reference_set import QUANTILES, quantiles_of
from adlab.checkpoints.store import as_stored, save_checkpoint
from adlab.data.assessment import DataKind
from adlab.encoders.image import ImageEncoder
from adlab.encoders.text import TextEncoder
from adlab.models.focal import FocalConfig, FocalEnsemble, FocalOutput, agreement
from adlab.models.focal_conversion import ConversionConfig, ConversionRegression
from adlab.projection.reference import EXTRAS, latent_of, paired
from helpers.pictures import caption, picture
from helpers.tiny_manifest import (
    CONVERSION,
    FOCAL,
    MEMBERS,
    PAIRS,
    REFERENCE,
    SIMULATED,
    manifest,
    randomise,
)

READINGS = [
    {"space": "private image", "name": "brightness", "low_word": "dark", "high_word": "bright", "r2": 0.5},
    {
        "space": "private text",
        "name": "length",
        "low_word": "short copy",
        "high_word": "long copy",
        "r2": 0.4,
    },
]


def save_focal(root: Path, image_encoder: ImageEncoder, text_encoder: TextEncoder, seed: int = 0) -> None:
    """Write the ensemble that serves `agreement`, and the reference set of its scores."""
    image = torch.from_numpy(image_encoder.encode([picture(i) for i in range(PAIRS)]))
    text = torch.from_numpy(text_encoder.encode([caption(i) for i in range(PAIRS)]))
    ensemble = _ensemble(image, text, seed)
    config = ensemble.config
    with torch.inference_mode():
        true, mismatched = ensemble(image, text), ensemble(image, text.roll(1, dims=0))
    probes = _probes(seed)
    extras = {"reference": REFERENCE, "interval_scale": 1.0, "readings": READINGS}
    save_checkpoint(
        root / FOCAL,
        manifest(
            FOCAL,
            "focal",
            heads=("agreement",),
            network=asdict(config) | {"members": MEMBERS},
            encoders={"image": image_encoder.spec.encoder_id, "text": text_encoder.spec.encoder_id},
            measures=(Measure(name="interval coverage", value=0.9, n=PAIRS, data="random pairs", low=0.8, high=0.95),),
            extras=extras,
        ),
        ensemble.state_dict(),
        {"image": image[:4], "text": text[:4], "cosine": agreement(true)[:, :4]},
        {"probes.safetensors": probes},
    )
    _save_reference(root, true, mismatched, probes)


def save_conversion(root: Path, image_encoder: ImageEncoder, text_encoder: TextEncoder, seed: int = 1) -> None:
    """Write the ensemble that serves `conversion`, and the reference set of its scores."""
    image = torch.from_numpy(image_encoder.encode([picture(i) for i in range(PAIRS)], detailed=True))
    text = torch.from_numpy(text_encoder.encode([caption(i) for i in range(PAIRS)]))
    ensemble = _ensemble(image, text, seed)
    config = ConversionConfig(members=MEMBERS, latent_dim=ensemble.config.latent_dim)
    regression = ConversionRegression(config)
    randomise(regression, seed)
    regression.load_state_dict(as_stored(regression.state_dict()))
    calibration = {"slope": 0.5, "intercept": -5.0, "interval_scale": 1.0}
    with torch.inference_mode():
        output = ensemble(image, text)
        logits = calibration["slope"] * regression(output).double() + calibration["intercept"]
    save_checkpoint(
        root / CONVERSION,
        manifest(
            CONVERSION,
            "focal",
            heads=("conversion",),
            network=asdict(ensemble.config) | {"members": MEMBERS},
            encoders={"image": image_encoder.spec.encoder_id, "text": text_encoder.spec.encoder_id},
            data_kind=DataKind.SIMULATION.value,
            measures=(Measure(name=COVERAGE, value=0.88, n=PAIRS, data="random ads"),),
            extras={
                "reference": SIMULATED,
                "conversion": {"regression": asdict(config), "calibration": calibration},
            },
        ),
        ensemble.state_dict(),
        {"image": image[:4], "text": text[:4], "cosine": agreement(output)[:, :4]},
        {"conversion.safetensors": regression.state_dict()},
    )
    quantiles = quantiles_of(torch.sigmoid(logits.mean(dim=0)).numpy())
    save_checkpoint(
        root / SIMULATED,
        manifest(
            SIMULATED,
            "reference",
            data_kind=DataKind.SIMULATION.value,
            extras={"groups": {"ads": {"n": PAIRS, "description": "random simulated ads"}}},
        ),
        {"shared_image": output.shared_image[0], "shared_text": output.shared_text[0]},
        {},
        {
            QUANTILES: {
                "ads/conversion": torch.from_numpy(quantiles),
                "ads/ctr": torch.linspace(0.005, 0.2, 501),
                "ads/funnel": torch.linspace(1e-4, 0.02, 501),
            }
        },
    )


def _ensemble(image: Tensor, text: Tensor, seed: int) -> FocalEnsemble:
    """A random ensemble, standardised on features, rounded as it is stored."""
    torch.manual_seed(seed)
    config = FocalConfig(image_dim=image.shape[1], text_dim=text.shape[1], hidden_dim=16, latent_dim=8)
    ensemble = FocalEnsemble.from_config(config, MEMBERS).eval()
    for member in ensemble.members:
        member.fit_standardisation(image, text)
    ensemble.load_state_dict(as_stored(ensemble.state_dict()))
    return ensemble


def _probes(seed: int) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    weights = {f"{i}/weight": torch.randn(MEMBERS * 8, generator=generator) for i in range(len(READINGS))}
    return weights | {f"{i}/bias": torch.tensor(0.5) for i in range(len(READINGS))}


def _save_reference(root: Path, true: FocalOutput, mismatched: FocalOutput, probes: dict[str, Tensor]) -> None:
    cosine, other = agreement(true).double(), agreement(mismatched).double()
    scores = {"true/cosine": cosine.mean(0), "true/member_cosine": cosine, "mismatched/cosine": other.mean(0)}
    for index, private in enumerate((true.private_image, true.private_text)):
        stacked = F.normalize(private, dim=-1).transpose(0, 1).flatten(1)
        scores[f"true/reading_{index}"] = stacked @ probes[f"{index}/weight"] + probes[f"{index}/bias"]
    quantiles = {key: torch.from_numpy(quantiles_of(value.numpy())) for key, value in scores.items()}
    groups = {
        "true": {"n": PAIRS, "description": "random pictures with their own caption"},
        "mismatched": {"n": PAIRS, "description": "random pictures with another picture's caption"},
    }
    embeddings = {name: F.normalize(part[0], dim=-1) for name, part in true._asdict().items()}
    mapped, pair = paired({name: part.numpy() for name, part in embeddings.items()})
    latent = latent_of(
        mapped, (pair,), label=pair.name, untrained=mapped, display="no", why="Not shown.", methods=["pca"]
    )
    save_checkpoint(
        root / REFERENCE,
        manifest(REFERENCE, "reference", extras={"groups": groups, EXTRAS: latent.extras}),
        embeddings,
        {},
        {QUANTILES: quantiles, **latent.files},
    )
