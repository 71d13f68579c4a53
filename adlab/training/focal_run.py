"""`python -m adlab train focal`: from Flickr8k alone to a checkpoint that serves `agreement`, and its reference set."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch

from adlab.checkpoints.manifest import Manifest, TrainingRecord
from adlab.checkpoints.networks import DEFAULT_IMAGE_ENCODER, load_image_encoder
from adlab.checkpoints.store import as_stored, save_checkpoint
from adlab.data.assessment import DataKind
from adlab.encoders.text import TextEncoder, load_bert, load_minilm
from adlab.errors import UnknownNameError
from adlab.features.stored import Progress, no_progress
from adlab.models.focal import Focal, FocalEnsemble, agreement
from adlab.paths import cache_dir, models_dir
from adlab.training.focal import PRESETS, FocalTask, bootstrap_rows
from adlab.training.focal_data import FlickrPairs, flickr_pairs
from adlab.training.focal_interval import fit_interval_scale, interval_coverage
from adlab.training.focal_measures import ON, flat_cosines, measure_focal
from adlab.training.focal_readings import fit_readings
from adlab.training.focal_reference import reference_name, save_reference_set
from adlab.training.run import Fit, fit, run_name

NAME = "focal-flickr8k"
HELD_OUT = 2  # further members, not shipped, on which the interval is calibrated and its coverage measured
TEXT_ENCODERS: dict[str, Callable[..., TextEncoder]] = {"minilm": load_minilm, "bert-base-uncased": load_bert}


@dataclass(frozen=True, kw_only=True)
class FocalRun:
    """One training of FOCAL Ad.

    Attributes:
        data: The Flickr8k folder.
        preset: A key of `PRESETS`.
        out: Checkpoint folder to write; its reference set is written beside it.
        image_encoder: Checkpoint name or torchvision name.
        text_encoder: A key of `TEXT_ENCODERS`.
        members: Models in the ensemble, each on a bootstrap of the training images.
        seed: Seed of everything drawn.
        budget_minutes: Time for all members together, None for no limit.
        run: Folder that keeps the state of a stopped run; in the cache if not given.
        device: ``"auto"``, ``"cpu"`` or ``"cuda"``.
    """

    data: Path
    preset: str = "compact"
    out: Path = field(default_factory=lambda: models_dir() / NAME)
    image_encoder: str = DEFAULT_IMAGE_ENCODER
    text_encoder: str = "minilm"
    members: int = 5
    seed: int = 0
    budget_minutes: float | None = None
    run: Path | None = None
    device: str = "auto"

    def __post_init__(self) -> None:
        for kind, name, valid in (("preset", self.preset, PRESETS), ("text encoder", self.text_encoder, TEXT_ENCODERS)):
            if name not in valid:
                raise UnknownNameError(kind, name, valid)


def train_focal(run: FocalRun, progress: Progress = no_progress, command: str = "") -> Manifest:
    """Train the ensemble, calibrate its interval, measure it, and write checkpoint and reference set.

    Args:
        run: What to do.
        progress: Called with (done, total) while features are computed.
        command: The command line, for the card.

    Returns:
        The manifest of the written checkpoint.

    Raises:
        DataUnavailableError: Flickr8k is missing.
        WeightsUnavailableError: An encoder's weights cannot be had.
    """
    started = time.monotonic()
    device = "cuda" if run.device != "cpu" and torch.cuda.is_available() else "cpu"
    image_encoder = load_image_encoder(run.image_encoder, device=device)
    text_encoder = TEXT_ENCODERS[run.text_encoder](device=device)
    pairs = flickr_pairs(run.data, image_encoder, text_encoder, progress)
    encoders = {"image": image_encoder.spec.encoder_id, "text": text_encoder.spec.encoder_id}
    members = train_members(run, pairs, encoders, run.members + HELD_OUT)
    network = FocalEnsemble(members[: run.members])
    network.load_state_dict(as_stored(network.state_dict()))  # measure what ships, rounding included
    network.eval()
    everyone = FocalEnsemble([*network.members, *members[run.members :]])
    cosines = {part: flat_cosines(everyone, pairs, pairs.rows[part]) for part in ("dev", "test")}
    scale = fit_interval_scale(cosines["dev"], run.members)
    pictures = np.repeat(pairs.rows["test"], pairs.features.text.shape[1])
    coverage = interval_coverage(cosines["test"], run.members, scale, pictures, f"{ON}, true pairs")
    readings = fit_readings(network, pairs)
    terms = f"research (Flickr8k: cite Hodosh et al. 2013); encoders: {image_encoder.spec.data_terms}"
    record = TrainingRecord(
        command=command,
        seed=run.seed,
        data=f"{len(pairs.rows['train']):,} Flickr8k training images with five captions each; each member on a "
        f"bootstrap of the images, its best epoch by the loss on {len(pairs.rows['dev']):,} development images",
        minutes=(time.monotonic() - started) / 60,
        machine=f"{torch.get_num_threads()} CPU threads, {platform.machine()}" if device == "cpu" else device,
        config=asdict(PRESETS[run.preset]),
    )
    reference = reference_name(run.out.name)
    manifest = Manifest(
        name=run.out.name,
        kind="focal",
        summary="How well an ad's image and copy say the same: FOCAL Ad's shared space, as a percentile among photos "
        "with captions written for them.",
        heads=("agreement",),
        network={**asdict(network.config), "members": run.members},
        encoders=encoders,
        preprocessing=f"features of {run.image_encoder} and {run.text_encoder}; copy as 'title. description'",
        data_kind=DataKind.MATCHED_PAIRS,
        trained_on="Flickr8k train split: photos with five captions each",
        terms=terms,
        licence="Apache-2.0, data terms apply",
        training=record,
        measures=(*measure_focal(network, pairs, pairs.rows["test"]), coverage, *readings.measures),
        limits=(
            "Learned from photos with literal captions, not from ads: copy that sells without naming what the picture "
            "shows will rank low, and that need not be a fault.",
            "It says whether image and copy fit, not whether the ad will be clicked or bought from.",
            "Text inside the picture is not read; brands and slogans are mostly unknown to it.",
            "The image encoder saw the same training photos; nothing was trained on the images measured here.",
        ),
        extras={"reference": reference, "interval_scale": scale, "readings": readings.info},
    )
    save_reference_set(run.out.parent / reference, network, pairs, readings, manifest)
    return save_checkpoint(
        run.out,
        manifest,
        network.state_dict(),
        reference_tensors(network, pairs),
        {"probes.safetensors": readings.probes},
    )


def train_members(run: FocalRun, pairs: FlickrPairs, encoders: dict[str, str], count: int) -> list[Focal]:
    """Train `count` networks, each on its own bootstrap of the training images; a stopped call goes on."""
    config = PRESETS[run.preset]
    own = run_name(run.out.name, config, encoders, run.seed)
    folder = run.run or cache_dir() / "runs" / own
    nets = []
    for member in range(count):
        seed = run.seed * 1000 + member
        rows = bootstrap_rows(pairs.rows["train"], seed)
        task = FocalTask(config, pairs.features, rows, pairs.rows["dev"], seed)
        fit(
            task,
            Fit(
                epochs=config.epochs,
                monitor="val_loss",
                patience=config.patience,
                budget_minutes=run.budget_minutes / count if run.budget_minutes else None,
                folder=folder / f"member-{member}",
                seed=seed,
                accelerator=run.device,
            ),
        )
        nets.append(task.net.eval())
    return nets


def reference_tensors(network: FocalEnsemble, pairs: FlickrPairs) -> dict[str, torch.Tensor]:
    """Two test photos with a caption each, as features, and their cosines: what a loaded checkpoint must reproduce."""
    rows = torch.as_tensor(pairs.rows["test"][:2])
    image, text = pairs.features.image[rows], pairs.features.text[rows, 0]
    with torch.inference_mode():
        return {"image": image.clone(), "text": text.clone(), "cosine": agreement(network(image, text))}
