"""What the simulated half of the reproduction of M2FN is asked for, and the data it works on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from adlab.checkpoints.networks import load_image_encoder
from adlab.encoders.text import load_minilm
from adlab.errors import ConfigError, UnknownNameError
from adlab.evaluation.m2fn_simulated_arms import PRESETS, shape_of
from adlab.features.stored import Progress, no_progress
from adlab.models.backbones import StagedBackbone
from adlab.models.m2fn_config import M2FNConfig
from adlab.training.ctr_data import ClickCollection, ClickLog, click_attributes, click_log
from adlab.training.ctr_pictures import FrozenEye, see_ads
from adlab.training.ctr_task import ClickData, ClickTraining

LEAST_ADS = 20
MOST_IMPRESSIONS = 500.0  # that a row weighs
TEST_SHARE, DEV_SHARE = 0.2, 0.1


@dataclass(frozen=True, kw_only=True)
class SimulatedStudy:
    """The size of the study; the defaults fit two cores, the paper's own size takes a GPU.

    Attributes:
        ads: Simulated ads, 70 % to train on and 20 % to measure on.
        rows: Rows before those of few impressions are left out: each ad is shown in `rows` / `ads` contexts.
        image_size: Side of the pictures, pixels.
        epochs: Passes over the rows, of every network; behind the backbone on cached maps where it is frozen.
        pixel_epochs: Further passes, with conditional batch norm where there is any: each is a pass through the
            backbone and back, so that networks begin them as trained as they get without. 0 where the whole backbone
            is trained from the start.
        seeds: Trainings of M2FN and of NIMA; all others have one.
        preset: ``"compact"`` or ``"paper"``.

    Raises:
        ConfigError: A number is too small.
        UnknownNameError: There is no such preset.
    """

    ads: int = 1600
    rows: int = 6400
    image_size: int = 96
    epochs: int = 8
    pixel_epochs: int = 1
    seeds: int = 3
    preset: str = "compact"

    def __post_init__(self) -> None:
        for name, least in (("ads", LEAST_ADS), ("rows", self.ads), ("epochs", 1), ("pixel_epochs", 0), ("seeds", 1)):
            if getattr(self, name) < least:
                raise ConfigError(f"{name} is {getattr(self, name)}; give {least} or more.")
        if self.image_size < 64 or self.image_size % 32:
            raise ConfigError(f"image_size is {self.image_size}; give a multiple of 32, 64 or more.")
        if self.preset not in PRESETS:
            raise UnknownNameError("preset", self.preset, PRESETS)

    def collection(self, seed: int) -> ClickCollection:
        """The ads and how they are shown."""
        test, dev = (round(share * self.ads) for share in (TEST_SHARE, DEV_SHARE))
        return ClickCollection(
            seed=2027 + seed,
            train=self.ads - test - dev,
            dev=dev,
            test=test,
            contexts_per_ad=round(self.rows / self.ads),
        )

    def training(self) -> ClickTraining:
        """How every network is trained."""
        return ClickTraining(epochs=self.epochs, most_impressions=MOST_IMPRESSIONS)

    def further(self) -> ClickTraining | None:
        """How it is trained after that, if at all."""
        if not self.pixel_epochs:
            return None
        return ClickTraining(
            epochs=self.pixel_epochs, batch_size=32, learning_rate=3e-4, most_impressions=MOST_IMPRESSIONS
        )


class World(NamedTuple):
    """What all arms share.

    Attributes:
        log: The log.
        data: Its rows and pictures.
        shape: Of the full M2FN.
        backbone: Frozen; arms that train stages take a copy.
        encoders: Identities of what made the features.
    """

    log: ClickLog
    data: ClickData
    shape: M2FNConfig
    backbone: StagedBackbone
    encoders: tuple[str, str]


def world_of(study: SimulatedStudy, seed: int, device: str, progress: Progress = no_progress) -> World:
    """Simulate the log, draw its ads and look at them."""
    shape = shape_of(study.preset, study.image_size)
    image_encoder, text_encoder = load_image_encoder(shape.backbone), load_minilm(device=device)
    backbone = StagedBackbone(image_encoder.network, shape.depth).to(device)
    ids = image_encoder.spec.encoder_id, text_encoder.spec.encoder_id
    log = click_log(study.collection(seed))
    seen = see_ads(
        log.plans, eye=FrozenEye(backbone, ids[0], study.image_size), square=study.image_size, progress=progress
    )
    attributes = click_attributes(log, seen.colours, text_encoder)
    data = ClickData.of(log, attributes, seen.maps, seen.squares)
    return World(log, data, shape, backbone.to("cpu"), ids)
