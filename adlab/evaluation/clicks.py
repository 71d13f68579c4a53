"""Measures of a checkpoint that serves `ctr`, taken again: its test ads are planned, drawn, shown and scored anew."""

from __future__ import annotations

import numpy as np

from adlab.checkpoints.ctr import settings_of
from adlab.checkpoints.m2fn import load_m2fn
from adlab.checkpoints.manifest import Manifest, Measure
from adlab.checkpoints.networks import load_image_encoder
from adlab.encoders.text import load_minilm
from adlab.errors import CheckpointError
from adlab.models.backbones import StagedBackbone
from adlab.training.ctr_data import ClickCollection, click_attributes, click_log
from adlab.training.ctr_late_task import AdsWithContexts
from adlab.training.ctr_measures import measure_ctr
from adlab.training.ctr_pictures import FrozenEye, see_ads
from adlab.training.ctr_settings import parts_of, stated_ads, stated_lifts, stated_rows


def measure_clicks(manifest: Manifest) -> list[Measure]:
    """Measure the head on the ads that its card was measured on; what needs the training ads is left out.

    Raises:
        CheckpointError: The card does not say which ads they were, or the encoders are others.
    """
    try:
        collection = ClickCollection(**manifest.training.config["collection"])
    except (KeyError, TypeError) as error:
        raise CheckpointError(f"{manifest.name} does not say which ads it was measured on; train it again.") from error
    image_encoder, text_encoder = load_image_encoder(str(manifest.network["backbone"])), load_minilm()
    encoder_ids = {"image": image_encoder.spec.encoder_id, "text": text_encoder.spec.encoder_id}
    _, ensemble = load_m2fn(manifest.name, encoder_ids)
    config, settings = ensemble.config, settings_of(manifest)
    log = click_log(collection).of_ads(parts_of(collection).test)
    eye = FrozenEye(StagedBackbone(image_encoder.network, config.depth), encoder_ids["image"], config.image_size)
    seen = see_ads(log.plans, eye=eye)
    assert seen.maps is not None  # a backbone was given
    data = AdsWithContexts(log, seen.maps, click_attributes(log, seen.colours, text_encoder))
    ads = np.arange(len(log.plans))
    known = stated_rows(ensemble, data, log, ads, settings.calibration)
    unknown = stated_ads(ensemble, data, log, ads, settings)
    seed = manifest.training.seed
    lifts = stated_lifts(ensemble, data, log, ads, settings, seed + 1)
    return list(measure_ctr(known, unknown, lifts, settings, seed))
