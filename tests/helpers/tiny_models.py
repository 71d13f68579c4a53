"""A models folder of tiny, random, intact checkpoints: everything the Assessor loads, in about a second."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from adlab.checkpoints.conversion import COVERAGE
from adlab.checkpoints.ctr import KNOWN, UNKNOWN, CtrSettings, Platt
from adlab.checkpoints.ctr import extras_of as ctr_extras_of
from adlab.checkpoints.m2fn import COVERAGE as APPEAL_COVERAGE
from adlab.checkpoints.m2fn import STEPS, AppealSettings, extras_of, network_fields
from adlab.checkpoints.manifest import Manifest, Measure, TrainingRecord
from adlab.checkpoints.networks import DEFAULT_IMAGE_ENCODER, load_image_encoder
from adlab.checkpoints.reference_set import QUANTILES, quantiles_of
from adlab.checkpoints.relevance import COVERAGE as RELEVANCE_COVERAGE
from adlab.checkpoints.relevance import HEADS, RelevanceSettings
from adlab.checkpoints.relevance import extras_of as relevance_extras_of
from adlab.checkpoints.relevance_student import StudentSettings
from adlab.checkpoints.relevance_student import extras_of as student_extras_of
from adlab.checkpoints.store import as_stored, save_checkpoint
from adlab.data.assessment import DataKind
from adlab.data.creative import Creative
from adlab.encoders.image import ImageEncoder, ShippedNetwork
from adlab.encoders.mobilenet import VisionConfig, VisionNet
from adlab.encoders.text import TextEncoder, load_minilm
from adlab.features.ad_vocabulary import extend
from adlab.features.appeal_attributes import row_of, schema_of, vectors_of
from adlab.features.attributes import FIXED_LEVELS, TEXT_SLOTS, AttributeSchema
from adlab.features.colour_histogram import colour_histogram
from adlab.features.query_ad_tokens import QueryAdTokenizer, TokenLimits, pair_inputs
from adlab.models.adscvlr import AdsCVLR
from adlab.models.adscvlr_config import AdsCVLRConfig
from adlab.models.backbones import StagedBackbone
from adlab.models.bert_weights import WORDS
from adlab.models.focal import FocalConfig, FocalEnsemble, FocalOutput, agreement
from adlab.models.focal_conversion import ConversionConfig, ConversionRegression
from adlab.models.grade_heads import GradeHeads
from adlab.models.m2fn_config import M2FNConfig
from adlab.models.m2fn_ensemble import M2FNEnsemble, mean_distribution
from adlab.models.two_tower import AdVectors, TwoTower, TwoTowerConfig
from adlab.models.visual_embedders import Regions, grid_regions
from adlab.projection.reference import EXTRAS, latent_of, paired
from helpers.pictures import caption, picture
from helpers.tiny_funnel_checkpoint import save_funnel

VISION, FOCAL, REFERENCE = DEFAULT_IMAGE_ENCODER, "focal-tiny", "reference-tiny"
CONVERSION, SIMULATED = "focal-tiny-sim", "reference-tiny-sim"
APPEAL, RATED = "m2fn-tiny", "reference-tiny-rated"
CTR = "m2fn-tiny-ctr"
RELEVANCE, STUDENT = "adscvlr-tiny", "two-tower-tiny"
FUNNEL = "funnel-tiny"
IMAGE_SIZE, MEMBERS, PAIRS = 32, 5, 48
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


def manifest(name: str, kind: str, **fields: object) -> Manifest:
    """A manifest with every field filled in."""
    values: dict[str, object] = {
        "summary": f"Random weights of kind {kind}, for tests.",
        "heads": (),
        "network": {},
        "encoders": {},
        "preprocessing": "letterbox 32 px",
        "data_kind": DataKind.MATCHED_PAIRS.value,
        "trained_on": "nothing: random weights",
        "terms": "none",
        "licence": "Apache-2.0",
        "training": TrainingRecord(
            command=f"python -m adlab train {kind}",
            seed=0,
            data="none",
            minutes=0.0,
            machine="1 CPU core",
            config={"epochs": 0},
        ),
        "limits": ("Random weights: its numbers mean nothing.",),
    }
    return Manifest(name=name, kind=kind, **(values | fields))  # type: ignore[arg-type]


def randomise(network: nn.Module, seed: int = 0) -> None:
    """Random weights that keep the signal's scale, so that different pictures give different outputs."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in network.parameters():
            fan_in = parameter[0].numel() if parameter.ndim > 1 else 1
            scale = (2 / fan_in) ** 0.5 if parameter.ndim > 1 else 0.1
            parameter.copy_(scale * torch.randn(parameter.shape, generator=generator))


def tiny_vision(seed: int = 0) -> VisionNet:
    """A random `VisionNet` for squares of 32 pixels."""
    net = VisionNet(VisionConfig(image_size=IMAGE_SIZE, pool_heads=4, pool_dim=32, dropout=0.0)).eval()
    randomise(net, seed)
    net.load_state_dict(as_stored(net.state_dict()))
    return net


def save_vision(root: Path, seed: int = 0) -> ImageEncoder:
    """Write the vision checkpoint, and load it again as an encoder."""
    net = tiny_vision(seed)
    squares = torch.from_numpy(np.stack([np.asarray(picture(i, IMAGE_SIZE, IMAGE_SIZE)) for i in range(2)]))
    with torch.inference_mode():
        output = ShippedNetwork(net)(squares)
    reference = {
        "squares": squares,
        "pooled": output.pooled,
        "class_logits": output.class_logits,
        "aligned": output.aligned,
    }
    network = {"image_size": IMAGE_SIZE, "pool_heads": 4, "pool_dim": 32, "dropout": 0.0}
    save_checkpoint(root / VISION, manifest(VISION, "vision", network=network), net.state_dict(), reference)
    return load_image_encoder(VISION, root=root)


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


def save_relevance(root: Path, image_encoder: ImageEncoder, text_encoder: TextEncoder, seed: int = 4) -> None:
    """Write the AdsCVLR that serves `relevance`: one block on the real vocabulary, every part of it with a say."""
    side, members, words = 2, 3, ("sneaker",)
    vocabulary = extend(text_encoder.wordpieces(), words)
    config = AdsCVLRConfig(
        added_tokens=len(vocabulary.tokens),
        layers=1,
        heads=4,
        hidden=16,
        max_tokens=48,
        projection_dim=4,
        whole_dim=text_encoder.output_dim,
        match_rank=4,
    )
    torch.manual_seed(seed)
    network = AdsCVLR(config, text_encoder.state()[WORDS].float()).eval()
    ads = [Creative(query=caption(i), title=caption(i + 1)) for i in range(2)]
    rows = QueryAdTokenizer(vocabulary, TokenLimits(total=48, description=16)).tokens(ads)
    with torch.inference_mode():
        seen = image_encoder.forward(image_encoder.prepare([picture(i) for i in range(8)])).feature_map
    regions = grid_regions(seen.clone(), side=side)
    network.region_scale.fit([regions.features.flatten(0, 1)])
    heads = GradeHeads(members, config.evidence)
    with torch.no_grad():
        for parameter in (*network.blocks.parameters(), network.region_projection.weight):
            if parameter.ndim > 1:
                parameter.normal_(std=parameter.shape[1] ** -0.5)
        network.grade.weight.normal_(std=0.06)
        heads.weight.copy_(network.grade.weight + 0.01 * torch.randn(heads.weight.shape))
    network.load_trainable_state(as_stored(network.trainable_state()))
    heads.load_state_dict(as_stored(heads.state_dict()))
    texts = text_encoder.encode([text for one in ads for text in (one.query, one.title)]).reshape(2, 2, -1)
    shown = image_encoder.as_text(image_encoder.encode([picture(i) for i in range(2)]))
    colours = np.stack([colour_histogram(picture(i)) for i in range(2)])
    wholes = torch.from_numpy(np.concatenate([texts, shown[:, None], colours[:, None]], axis=1))
    inputs = pair_inputs(
        rows, Regions(regions.features[:2, :3], regions.boxes[:2, :3], regions.mask[:2, :3], None), wholes
    )
    with torch.inference_mode():
        output = network(inputs, states=False)
        spread = heads(output.evidence)
    settings = RelevanceSettings(
        words=words,
        total=48,
        description=16,
        side=side,
        temperatures={"image-text": 0.8, "image-only": 1.5, "text-only": 1.1},
        stretch=1.4,
        members=members,
    )
    save_checkpoint(
        root / RELEVANCE,
        manifest(
            RELEVANCE,
            "adscvlr",
            heads=("relevance",),
            network=asdict(config),
            encoders={"image": image_encoder.spec.encoder_id, "text": text_encoder.spec.encoder_id},
            data_kind=DataKind.HUMAN_LABELS.value,
            measures=(Measure(name=RELEVANCE_COVERAGE, value=0.87, n=PAIRS, data="random pairs"),),
            extras=relevance_extras_of(settings),
        ),
        network.trainable_state(),
        {**inputs._asdict(), "grade_logits": output.grade_logits, "head_logits": spread},
        {HEADS: heads.state_dict()},
    )


def save_student(root: Path, image_encoder: ImageEncoder, text_encoder: TextEncoder, seed: int = 5) -> None:
    """Write the two-tower student of the tiny AdsCVLR."""
    image = torch.from_numpy(image_encoder.encode([picture(i) for i in range(8)]))
    text = torch.from_numpy(text_encoder.encode([caption(i) for i in range(9)]))
    torch.manual_seed(seed)
    width = text_encoder.output_dim
    config = TwoTowerConfig(image_dim=image.shape[1], hidden_dim=8, latent_dim=width, score="dot", skip=True)
    network = TwoTower(config).eval()
    seen = torch.ones(8, dtype=torch.bool)
    ads = AdVectors(image, text[1:], seen, seen)
    network.fit_standardisation([text], [ads])
    network.load_state_dict(as_stored(network.state_dict()))
    shown = AdVectors(*(part[:4] for part in ads))
    with torch.inference_mode():
        logits = network(text[:4], shown)
    settings = StudentSettings(
        teacher=RELEVANCE,
        teacher_sha256="0" * 64,
        calibration={
            "image-text": Platt(slope=2.0, intercept=0.5),
            "image-only": Platt(slope=1.5, intercept=-0.5),
            "text-only": Platt(slope=1.0, intercept=0.25),
        },
    )
    save_checkpoint(
        root / STUDENT,
        manifest(
            STUDENT,
            "two-tower",
            network=asdict(config),
            encoders={"image": image_encoder.spec.encoder_id, "text": text_encoder.spec.encoder_id},
            data_kind=DataKind.HUMAN_LABELS.value,
            measures=(Measure(name="times cheaper than the teacher", value=20.0, n=PAIRS, data="random pairs"),),
            extras=student_extras_of(settings),
        ),
        network.state_dict(),
        {"query": text[:4], **shown._asdict(), "logits": logits},
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


def save_tiny_models(root: Path) -> Path:
    """Write all checkpoints under `root`; gives `root`."""
    image_encoder, text_encoder = save_vision(root), load_minilm()
    save_focal(root, image_encoder, text_encoder)
    save_conversion(root, image_encoder, text_encoder)
    save_appeal(root, image_encoder, text_encoder)
    save_ctr(root, image_encoder, text_encoder)
    save_relevance(root, image_encoder, text_encoder)
    save_student(root, image_encoder, text_encoder)
    save_funnel(root, FUNNEL, SIMULATED, manifest(FUNNEL, "funnel"), image_encoder, text_encoder)
    return root
