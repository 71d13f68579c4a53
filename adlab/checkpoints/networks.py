"""From a checkpoint to a network: which class builds which kind, and whether the encoders fit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import shorten
from typing import Any

from torch import nn

from adlab.checkpoints.manifest import Manifest
from adlab.checkpoints.store import Checkpoint, list_checkpoints, load_checkpoint
from adlab.encoders.image import PUBLISHED, ImageEncoder, ShippedNetwork, load_published
from adlab.encoders.mobilenet import LEVEL_DIM, MAP_CHANNELS, VisionConfig, VisionNet
from adlab.encoders.preprocessing import Letterbox
from adlab.encoders.spec import EncoderSpec
from adlab.errors import CheckpointError, InputError, UnknownNameError
from adlab.models.focal import FocalConfig, FocalEnsemble
from adlab.models.funnel_ensemble import FunnelEnsemble
from adlab.models.two_tower import TwoTower, TwoTowerConfig
from adlab.paths import models_dir

DEFAULT_IMAGE_ENCODER = "vision-mobilenetv2"

BUILDERS: dict[str, Callable[[dict[str, Any]], nn.Module]] = {
    "vision": lambda fields: VisionNet(VisionConfig(**fields)),
    "focal": lambda fields: _focal(**fields),
    "two-tower": lambda fields: TwoTower(TwoTowerConfig(**fields)),
    "funnel": lambda fields: FunnelEnsemble.from_fields(**fields),
}


def _focal(members: int, **fields: Any) -> FocalEnsemble:
    return FocalEnsemble.from_config(FocalConfig(**fields), members)


def build_network(checkpoint: Checkpoint) -> nn.Module:
    """The checkpoint's network with its weights, in eval mode.

    Raises:
        UnknownNameError: The manifest names an unknown kind.
        CheckpointError: The config does not fit the network, or the tensors do not fit the config.
    """
    manifest = checkpoint.manifest
    if manifest.kind not in BUILDERS:
        raise UnknownNameError("network kind", manifest.kind, BUILDERS)
    try:
        network = BUILDERS[manifest.kind](manifest.network)
        network.load_state_dict(checkpoint.state, strict=True)
    except (TypeError, KeyError, RuntimeError, InputError) as error:
        reason = shorten(str(error), 300)  # torch names every tensor
        raise CheckpointError(f"{manifest.name} does not fit its network: {reason}. Restore the folder.") from error
    return network.eval().requires_grad_(False)


def load_image_encoder(
    name: str = DEFAULT_IMAGE_ENCODER, *, root: Path | None = None, device: str = "cpu"
) -> ImageEncoder:
    """A shipped image encoder by checkpoint name, or a published one by its torchvision name.

    Raises:
        UnknownNameError: Neither has that name.
        CheckpointError: The checkpoint is not intact.
        WeightsUnavailableError: The published weights cannot be had.
    """
    if name in PUBLISHED:
        return load_published(name, device=device)
    shipped = [found for found, manifest in list_checkpoints(root).items() if manifest.kind == "vision"]
    if name not in shipped:
        raise UnknownNameError("image encoder", name, [*shipped, *PUBLISHED], note=f"Looked in {root or models_dir()}.")
    checkpoint = load_checkpoint(name, root)
    network = build_network(checkpoint)
    if not isinstance(network, VisionNet):
        raise CheckpointError(f"{name} is a {checkpoint.manifest.kind!r} checkpoint, not an image encoder.")
    letterbox = Letterbox(size=network.config.image_size)
    spec = EncoderSpec(
        name=name,
        modality="image",
        output_dim=MAP_CHANNELS + network.config.text_dim,
        weights_sha256=checkpoint.manifest.weights_sha256,
        preprocessing=letterbox.description,
        licence=checkpoint.manifest.licence,
        data_terms=checkpoint.manifest.terms,
    )
    return ImageEncoder(ShippedNetwork(network), letterbox, spec, device, level_dim=LEVEL_DIM)


def check_encoders(manifest: Manifest, encoders: dict[str, str]) -> None:
    """Check that a network is fed by the encoders it was trained on.

    Args:
        manifest: Of the network.
        encoders: Encoder ids at hand by modality.

    Raises:
        CheckpointError: An id differs; a number would come out, but mean nothing.
    """
    for modality, wanted in manifest.encoders.items():
        given = encoders.get(modality, "none")
        if given != wanted:
            raise CheckpointError(
                f"{manifest.name} was trained on the {modality} encoder {wanted}, the one loaded is {given}; "
                "load the checkpoint's own encoder, or train again."
            )


def load_of_kind(name: str, kind: str, encoders: dict[str, str], *, root: Path | None = None) -> Checkpoint:
    """A checkpoint that must be of a kind and trained on the encoders at hand.

    Args:
        name: Checkpoint name.
        kind: What its manifest must say.
        encoders: Encoder ids at hand by modality.
        root: Folder of the checkpoints.

    Raises:
        UnknownNameError: There is no such checkpoint.
        CheckpointError: It is not intact, of another kind, or was trained on other encoders.
    """
    checkpoint = load_checkpoint(name, root)
    if checkpoint.manifest.kind != kind:
        raise CheckpointError(f"{name} is a {checkpoint.manifest.kind!r} checkpoint; {kind!r} is needed.")
    check_encoders(checkpoint.manifest, encoders)
    return checkpoint
