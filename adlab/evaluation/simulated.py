"""Measures of a checkpoint that serves `conversion`, taken again: its test ads are planned, drawn and scored anew."""

from __future__ import annotations

from adlab.checkpoints.manifest import Manifest, Measure
from adlab.checkpoints.networks import load_image_encoder
from adlab.encoders.text import load_minilm
from adlab.errors import CheckpointError
from adlab.features.stored import stored_texts
from adlab.inference.conversion import ConversionHead
from adlab.simulator.plan import plan_ad
from adlab.simulator.population import factor_table
from adlab.simulator.response import ResponseModel
from adlab.training.focal_sim_measures import measure_served
from adlab.training.simulated import Collection, creative_of, drawn_vectors


def measure_simulated(manifest: Manifest, device: str) -> list[Measure]:
    """Measure the head on the ads that its card was measured on.

    Args:
        manifest: Of the checkpoint.
        device: Where encoders compute.

    Raises:
        CheckpointError: The card does not say which ads they were, or the encoders are others.
    """
    try:
        collection = Collection(**manifest.training.config["collection"])
    except (KeyError, TypeError) as error:
        raise CheckpointError(f"{manifest.name} does not say which ads it was measured on; train it again.") from error
    image_encoder, text_encoder = load_image_encoder(device=device), load_minilm(device=device)
    ids = {"image": image_encoder.spec.encoder_id, "text": text_encoder.spec.encoder_id}
    head = ConversionHead(manifest.name, ids)
    first = collection.train + collection.dev
    plans = [plan_ad(collection.seed, index) for index in range(first, first + collection.test)]
    (image,) = drawn_vectors(plans, image_encoder, views=("drawn",))
    text = stored_texts(text_encoder, [creative_of(plan).copy for plan in plans])
    planted = ResponseModel().average(factor_table([plan.factors for plan in plans])).ctcvr
    logits = head.member_logits(image[:, : head.image_dim], text)
    return list(measure_served(logits, head.calibration, planted, manifest.training.seed))
