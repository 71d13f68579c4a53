"""`python -m adlab reproduce focal`: Table 1, both figures and what the paper did not measure, on Flickr8k."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from adlab.checkpoints.networks import DEFAULT_IMAGE_ENCODER, load_image_encoder
from adlab.data.image_intake import read_image
from adlab.errors import ConfigError, UnknownNameError
from adlab.evaluation.focal_figures import draw_figures, make_maps
from adlab.evaluation.focal_report import write_report
from adlab.evaluation.focal_results import About, FocalResults, MapRow
from adlab.evaluation.focal_seed import measure_features, measure_network
from adlab.evaluation.focal_study import NETWORKS, SeedStudy
from adlab.evaluation.focal_summary import Summary
from adlab.evaluation.kept import Arrays, KeptParts
from adlab.features.properties import image_properties, text_properties
from adlab.features.stored import Progress, no_progress
from adlab.paths import cache_dir
from adlab.training.focal import PRESETS, FocalTraining
from adlab.training.focal_data import FlickrPairs, flickr_pairs
from adlab.training.focal_run import TEXT_ENCODERS

VERSION = 1  # raise when what is measured on a seed changes: kept parts of another version are not read
PARTS = ("features", *NETWORKS)


@dataclass(frozen=True, kw_only=True)
class FocalReproduction:
    """What to reproduce, and on what.

    Attributes:
        data: The Flickr8k folder.
        out: Folder of the report.
        image_encoder: Checkpoint name or torchvision name; ``"resnet18"`` is the paper's.
        text_encoder: ``"minilm"``, or ``"bert-base-uncased"``, the paper's.
        seeds: Seeds, each with a hidden rule, a draw of noise and networks of its own; 5 or more for intervals.
        noise: Noise levels σ of the sweep, in units of logits.
        default_noise: The level of everything else; added to `noise` if it is not there.
        paper: Training with the paper's loss, Eq. 5.
        contrastive: Training with the full FOCAL loss, §3.
        resamples: Resamples of each bootstrap over images, at least 2.
        tsne_iterations: Steps of each t-SNE map, at least 300; 1000 in the paper.
        budget_minutes: No seed is begun that would not end within this time, judged by the longest so far; the first
            always is. None for no limit.
        device: ``"auto"``, ``"cpu"`` or ``"cuda"``.

    Raises:
        ConfigError: A number is outside its range.
        UnknownNameError: The text encoder is not a known one.
    """

    data: Path
    out: Path = Path("docs/reproduction")
    image_encoder: str = DEFAULT_IMAGE_ENCODER
    text_encoder: str = "minilm"
    seeds: int = 5
    noise: tuple[float, ...] = (0.0, 0.5, 1.0, 2.0)
    default_noise: float = 1.0
    paper: FocalTraining = field(default_factory=lambda: PRESETS["paper"])
    contrastive: FocalTraining = field(default_factory=lambda: PRESETS["compact"])
    resamples: int = 1000
    tsne_iterations: int = 1000
    budget_minutes: float | None = None
    device: str = "auto"

    def __post_init__(self) -> None:
        if self.seeds < 1 or self.resamples < 2:
            raise ConfigError(f"seeds is {self.seeds} and resamples {self.resamples}; give at least 1 and at least 2.")
        if self.budget_minutes is not None and not self.budget_minutes > 0:
            raise ConfigError(f"budget_minutes is {self.budget_minutes}; give a number above 0.")
        wrong = [level for level in (*self.noise, self.default_noise) if not 0 <= level < float("inf")]
        if wrong:
            raise ConfigError(f"A noise level is {wrong[0]}; give finite numbers of 0 or more.")
        if self.text_encoder not in TEXT_ENCODERS:
            raise UnknownNameError("text encoder", self.text_encoder, TEXT_ENCODERS)

    @property
    def levels(self) -> tuple[float, ...]:
        """All noise levels, ascending, each once."""
        return tuple(sorted({*self.noise, self.default_noise}))


class EncoderIds(NamedTuple):
    """Identities of the encoders whose features are measured, and their names."""

    image: str
    text: str


def reproduce_focal(settings: FocalReproduction, progress: Progress | None = None, command: str = "") -> Path:
    """Measure, and write `focal.md` with its figures and `focal.json`; a stopped call goes on where it was.

    Args:
        settings: What to do.
        progress: Called with (done, total): first of features, then of networks measured.
        command: The command line, for the report; made from `settings` if not given, without paths and budget.

    Returns:
        The report.

    Raises:
        DataUnavailableError: Flickr8k is missing.
        WeightsUnavailableError: An encoder's weights cannot be had.
    """
    device = "cuda" if settings.device != "cpu" and torch.cuda.is_available() else "cpu"
    image_encoder = load_image_encoder(settings.image_encoder, device=device)
    text_encoder = TEXT_ENCODERS[settings.text_encoder](device=device)
    pairs = flickr_pairs(settings.data, image_encoder, text_encoder, progress or no_progress)
    encoders = EncoderIds(image_encoder.spec.encoder_id, text_encoder.spec.encoder_id)
    return reproduce_pairs(pairs, settings, encoders, progress or no_progress, command or command_of(settings))


def command_of(settings: FocalReproduction) -> str:
    """The command that does this again: paths, device and budget left out, as they decide no number."""
    words = ["python -m adlab reproduce focal"]
    for name in ("image_encoder", "text_encoder", "seeds"):
        if (value := getattr(settings, name)) != getattr(FocalReproduction, name):
            words += [f"--{name.replace('_', '-')}", str(value)]
    return " ".join(words)


def reproduce_pairs(
    pairs: FlickrPairs,
    settings: FocalReproduction,
    encoders: EncoderIds,
    progress: Progress = no_progress,
    command: str = "",
) -> Path:
    """The same on features at hand.

    Args:
        pairs: Features, texts and pictures; rows of ``"train"``, ``"dev"`` and ``"test"``.
        settings: What to do; its data and encoders are not read.
        encoders: What made the features.
        progress: Called with (networks measured, all networks).
        command: The command line, for the report.

    Returns:
        The report.
    """
    kept = KeptParts(cache_dir() / "reproduce" / identity(pairs, settings))
    study = SeedStudy(
        features=pairs.features,
        rows=pairs.rows,
        properties=kept.get("properties", lambda: {"values": pair_properties(pairs)})["values"].astype(np.float64),
        paper=settings.paper,
        contrastive=settings.contrastive,
        noise=settings.levels,
        default_noise=settings.default_noise,
        device=settings.device,
    )
    seeds = measure_seeds(study, settings, kept, progress)
    maps = make_maps(seeds[0], settings.tsne_iterations, kept)
    results = summarise(seeds, study, settings, encoders, maps.rows, command)
    figures = draw_figures(maps, settings.out)
    return write_report(results, figures, settings.out)


def measure_seeds(
    study: SeedStudy, settings: FocalReproduction, kept: KeptParts, progress: Progress = no_progress
) -> list[Arrays]:
    """Arrays of each seed, as many as the budget allows."""
    started, longest, seeds = time.monotonic(), 0.0, list[Arrays]()
    for seed in range(settings.seeds):
        missing = not all(kept.has(f"seed-{seed}-{part}") for part in PARTS)
        used = time.monotonic() - started
        over = settings.budget_minutes is not None and used + longest > 60 * settings.budget_minutes
        if seeds and missing and over:
            break
        arrays: Arrays = {}
        for index, part in enumerate(PARTS):
            arrays |= kept.get(f"seed-{seed}-{part}", partial(_measure, study, part, seed, kept.folder / "runs"))
            progress(seed * len(PARTS) + index + 1, settings.seeds * len(PARTS))
        seeds.append(arrays)
        # From the kept parts, so that a resumed call knows how long a seed takes.
        longest = max(longest, sum(float(arrays[f"seconds/{part}"]) for part in PARTS))
    shutil.rmtree(kept.folder / "runs", ignore_errors=True)  # states of finished trainings
    return seeds


def summarise(
    seeds: list[Arrays],
    study: SeedStudy,
    settings: FocalReproduction,
    encoders: EncoderIds,
    maps: tuple[MapRow, ...],
    command: str,
) -> FocalResults:
    """All numbers of the report."""
    summary = Summary(seeds, settings.default_noise, settings.resamples)
    about = About(
        command=command,
        image_encoder=encoders.image,
        text_encoder=encoders.text,
        image_dim=study.features.image.shape[1],
        text_dim=study.features.text.shape[2],
        images={split: len(rows) for split, rows in study.rows.items()},
        captions=study.features.text.shape[1],
        seeds_asked=settings.seeds,
        seeds=tuple(range(len(seeds))),
        default_noise=settings.default_noise,
        resamples=settings.resamples,
        settings={"paper": asdict(settings.paper), "contrastive": asdict(settings.contrastive)},
    )
    return FocalResults(
        about=about,
        table=summary.table(),
        differences=tuple(summary.difference(network, f"{settings.default_noise:g}") for network in NETWORKS),
        noise=summary.sweep(settings.levels),
        collapse=summary.collapse(),
        agreement=summary.agreement(),
        auc_difference=summary.auc_difference(),
        probes=summary.probes(),
        private_gain=summary.private_gain(),
        training_gain=summary.training_gain(),
        expectations=summary.expectations(),
        maps=maps,
    )


def identity(pairs: FlickrPairs, settings: FocalReproduction) -> str:
    """A folder name that changes with the features, the split and everything that decides what a seed gives."""
    decisive = {
        "version": VERSION,
        "noise": settings.levels,
        "default_noise": settings.default_noise,
        "paper": asdict(settings.paper),
        "contrastive": asdict(settings.contrastive),
    }
    digest = hashlib.sha256(json.dumps(decisive, sort_keys=True).encode())
    for tensor in pairs.features:
        if tensor is not None:
            digest.update(np.ascontiguousarray(tensor.numpy()).data)
    for split, rows in sorted(pairs.rows.items()):
        digest.update(split.encode() + np.asarray(rows, dtype=np.int64).tobytes())
    return digest.hexdigest()[:16]


def pair_properties(pairs: FlickrPairs) -> np.ndarray:
    """`PROPERTIES` of every pair, (N, K, 9)."""
    k = pairs.features.text.shape[1]
    images = np.stack([image_properties(read_image(path).pixels) for path in pairs.paths])
    texts = np.array([[text_properties(caption) for caption in captions] for captions in pairs.captions])
    return np.concatenate([np.repeat(images[:, None], k, axis=1), texts], axis=2)


def _measure(study: SeedStudy, part: str, seed: int, runs: Path) -> Arrays:
    started = time.monotonic()
    arrays = measure_features(study, seed) if part == "features" else measure_network(study, part, seed, runs)
    return {**arrays, f"seconds/{part}": np.array(time.monotonic() - started)}
