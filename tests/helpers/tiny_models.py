"""A models folder of tiny, random, intact checkpoints: everything the Assessor loads, in about a second."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from adlab.checkpoints.ctr import Platt
from adlab.checkpoints.manifest import Measure
from adlab.checkpoints.networks import load_image_encoder
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
from adlab.features.colour_histogram import colour_histogram
from adlab.features.query_ad_tokens import QueryAdTokenizer, TokenLimits, pair_inputs
from adlab.models.adscvlr import AdsCVLR
from adlab.models.adscvlr_config import AdsCVLRConfig
from adlab.models.bert_weights import WORDS
from adlab.models.grade_heads import GradeHeads
from adlab.models.two_tower import AdVectors, TwoTower, TwoTowerConfig
from adlab.models.visual_embedders import Regions, grid_regions
from helpers.pictures import caption, picture
from helpers.tiny_focal_checkpoints import READINGS, save_conversion, save_focal
from helpers.tiny_funnel_checkpoint import save_funnel
from helpers.tiny_m2fn_checkpoints import save_appeal, save_ctr
from helpers.tiny_manifest import (
    APPEAL,
    CONVERSION,
    CTR,
    FOCAL,
    FUNNEL,
    IMAGE_SIZE,
    MEMBERS,
    PAIRS,
    RATED,
    REFERENCE,
    RELEVANCE,
    SIMULATED,
    STUDENT,
    VISION,
    manifest,
    randomise,
)

__all__ = [
    "APPEAL",
    "CONVERSION",
    "CTR",
    "FOCAL",
    "FUNNEL",
    "IMAGE_SIZE",
    "MEMBERS",
    "PAIRS",
    "RATED",
    "READINGS",
    "REFERENCE",
    "RELEVANCE",
    "SIMULATED",
    "STUDENT",
    "VISION",
    "manifest",
    "randomise",
    "save_appeal",
    "save_conversion",
    "save_ctr",
    "save_focal",
    "save_relevance",
    "save_student",
    "save_tiny_models",
    "save_vision",
    "tiny_vision",
]


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
