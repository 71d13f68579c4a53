"""`reproduce m2fn --part real`: M2FN against every baseline on rated web ads, by repeated folds."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import torch

from adlab.checkpoints.m2fn import STEPS
from adlab.checkpoints.networks import DEFAULT_IMAGE_ENCODER, load_image_encoder
from adlab.encoders.text import load_minilm
from adlab.errors import DataUnavailableError
from adlab.evaluation.kept import Arrays, KeptParts
from adlab.evaluation.m2fn_real_conditional import GO_ON, ConditionalStudy, conditional_parts
from adlab.evaluation.m2fn_real_data import RealAds, identity, real_ads
from adlab.evaluation.m2fn_real_folds import FoldStudy, measure_network, measure_plain
from adlab.evaluation.m2fn_real_scales import DRAWS, tried
from adlab.evaluation.m2fn_real_summary import summarise
from adlab.evaluation.m2fn_real_variants import Network, Plain, attribute_networks, networks, plain_models
from adlab.evaluation.m2fn_settings import M2FNReproduction
from adlab.features.stored import Progress, no_progress
from adlab.models.backbones import StagedBackbone
from adlab.models.m2fn_config import M2FNConfig
from adlab.paths import cache_dir
from adlab.training.appeal_task import AppealTraining

VERSION = 1  # raise when what is measured changes: kept parts of another version are not read


@dataclass(frozen=True, kw_only=True)
class RealStudy:
    """How large the study is; the defaults are those of the report.

    Attributes:
        repeats: Draws of folds behind the backbone.
        folds: Parts of each.
        conditional_repeats: Draws of folds through the backbone.
        conditional_folds: Parts of each.
        conditional_size: Side of the picture there, pixels.
        conditional: The epochs with conditional batch norm.
        networks: Of the main table and of the modules' ablation.
        attribute_networks: Of the attributes' ablation.
        resamples: Of each bootstrap over ads.
    """

    repeats: int = 5
    folds: int = 10
    conditional_repeats: int = 2
    conditional_folds: int = 5
    conditional_size: int = 160
    conditional: AppealTraining = GO_ON
    networks: tuple[Network, ...] = field(default_factory=networks)
    attribute_networks: tuple[Network, ...] = field(default_factory=attribute_networks)
    resamples: int = 1000


def reproduce_real(
    how: M2FNReproduction, progress: Progress = no_progress, size: RealStudy | None = None
) -> dict[str, Any]:
    """Measure what the budget allows; a stopped call goes on where it was.

    Args:
        how: Data, seed and budget.
        progress: Called with (done, all) parts; while the ads are read, with ads.
        size: How large the study is.

    Returns:
        Plain JSON, see `adlab.evaluation.m2fn_real_summary`.

    Raises:
        DataUnavailableError: The rated ads are missing.
    """
    size = size or RealStudy()
    if how.data is None:
        raise DataUnavailableError("No folder of rated ads was given; name the bad-ads data with --data.")
    image_encoder, text_encoder = load_image_encoder(DEFAULT_IMAGE_ENCODER), load_minilm()
    shape = replace(M2FNConfig.ratings(aux_dim=1, outputs=STEPS), image_size=image_encoder.preprocess.size)
    encoders = (image_encoder.spec.encoder_id, text_encoder.spec.encoder_id)
    folder = identity(
        how.data,
        VERSION,
        how.seed,
        encoders,
        shape,
        size.folds,
        size.conditional_folds,
        size.conditional_size,
        size.conditional,
    )
    kept = KeptParts(cache_dir() / "reproduce" / folder)
    backbone = StagedBackbone(image_encoder.network, shape.depth)
    ads = real_ads(how.data, image_encoder, shape.depth, size.conditional_size, text_encoder, kept, progress)
    study = FoldStudy(ads=ads, backbone=backbone, shape=shape, repeats=size.repeats, folds=size.folds, seed=how.seed)
    through = ConditionalStudy(
        folds=FoldStudy(
            ads=ads,
            backbone=backbone,
            shape=replace(shape, image_size=size.conditional_size),
            repeats=size.conditional_repeats,
            folds=size.conditional_folds,
            seed=how.seed + 500,
        ),
        training=size.conditional,
    )
    parts = _parts(study, size) | conditional_parts(through)
    found = _measure(parts, kept, how.budget_minutes, progress)
    return summarise(found, ads.counts, size.resamples, about(ads, encoders, size, how.seed))


def about(ads: RealAds, encoders: tuple[str, str], size: RealStudy, seed: int) -> dict[str, Any]:
    """What the run was."""
    return {
        "ads": len(ads),
        "labels": len(ads.labels),
        "image_encoder": encoders[0],
        "text_encoder": encoders[1],
        "seed": seed,
        "repeats": size.repeats,
        "folds": size.folds,
        "conditional_repeats": size.conditional_repeats,
        "conditional_folds": size.conditional_folds,
        "conditional_size": size.conditional_size,
        "conditional_epochs": size.conditional.epochs,
        "epochs": AppealTraining().epochs,
        "members": {network.name: network.members for network in size.networks},
        "attribute_networks": [network.name for network in size.attribute_networks],
        "scales": {network.name: dict(network.scales) for network in size.networks if network.scales},
        "tried": {"draws": list(DRAWS), "settings": tried()},
        "resamples": size.resamples,
        "threads": torch.get_num_threads(),
    }


def _parts(study: FoldStudy, size: RealStudy) -> dict[str, Callable[[], Arrays]]:
    """All models behind the backbone, one repeat after the other, by the name that a part is kept under."""
    parts: dict[str, Callable[[], Arrays]] = {}
    for repeat in range(size.repeats):
        for plain in plain_models():
            if isinstance(plain, Plain):
                parts[f"plain-{plain.name}-{repeat}"] = partial(measure_plain, study, plain, repeat)
        for network in size.networks:
            parts[f"network-{network.name}-{repeat}"] = partial(measure_network, study, network, repeat)
        for network in size.attribute_networks:
            parts[f"attributes-{network.name}-{repeat}"] = partial(measure_network, study, network, repeat)
    return parts


def _measure(
    parts: dict[str, Callable[[], Arrays]], kept: KeptParts, budget_minutes: float | None, progress: Progress
) -> dict[str, Arrays]:
    """The parts that there was time for, each with the CPU time that it took."""
    started, longest, found = time.monotonic(), 0.0, dict[str, Arrays]()
    for number, (name, compute) in enumerate(parts.items(), start=1):
        missing, used = not kept.has(name), time.monotonic() - started
        if missing and found and budget_minutes is not None and used + longest > 60 * budget_minutes:
            continue  # a later part may be there
        found[name] = kept.get(name, partial(_timed, compute))
        if missing:
            longest = max(longest, time.monotonic() - started - used)
        progress(number, len(parts))
    return found


def _timed(compute: Callable[[], Arrays]) -> Arrays:
    started = time.process_time()
    arrays = compute()
    return {**arrays, "seconds": np.array(time.process_time() - started)}
