"""From features of pictures and texts to the four embeddings of FOCAL Ad, through the first member of an ensemble.

Members have spaces of their own, whose axes mean different things: a map shows one of them. Embeddings are brought to
length 1, so that distances on the map are those of the cosine.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional as F

from adlab.checkpoints.manifest import Manifest
from adlab.checkpoints.networks import BUILDERS, build_network
from adlab.checkpoints.store import Checkpoint
from adlab.errors import CheckpointError
from adlab.projection.points import Embeddings

KIND, FIRST = "focal", "members.0."
STANDARDISATION = ("_mean", "_std")


class Networks(NamedTuple):
    """A trained network and its untrained twin.

    Attributes:
        trained: The first member.
        untrained: The same shape and standardisation with random weights: what no training gives.
    """

    trained: nn.Module
    untrained: nn.Module


def first_member(checkpoint: Checkpoint, seed: int = 0) -> Networks:
    """The first member of a FOCAL checkpoint and an untrained twin.

    Raises:
        CheckpointError: It is no FOCAL checkpoint, or does not fit its network.
    """
    manifest = checkpoint.manifest
    if manifest.kind != KIND:
        raise CheckpointError(f"{manifest.name} is a {manifest.kind!r} checkpoint; a latent space needs {KIND!r}.")
    state = {name: tensor for name, tensor in checkpoint.state.items() if name.startswith(FIRST)}
    single = Manifest(**{**vars(manifest), "network": {**manifest.network, "members": 1}})
    trained = build_network(Checkpoint(single, state, checkpoint.folder)).double()
    return Networks(trained, untrained_twin(single.network, state, seed))


def untrained_twin(fields: dict[str, object], state: dict[str, torch.Tensor], seed: int = 0) -> nn.Module:
    """A network of one member with random weights and the first member's standardisation.

    Args:
        fields: Of the ensemble's network, as its manifest has them.
        state: Tensors of the ensemble.
        seed: Of the weights; the global generator is left as it was.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        twin = BUILDERS[KIND]({**fields, "members": 1})
    scales = {key: value for key, value in state.items() if key.startswith(FIRST) and key.endswith(STANDARDISATION)}
    twin.load_state_dict(twin.state_dict() | scales)
    return twin.eval().requires_grad_(False).double()


def embed(
    network: nn.Module,
    image: NDArray[np.floating],
    text: NDArray[np.floating],
    image_of: NDArray[np.int64],
    text_of: NDArray[np.int64],
) -> Embeddings:
    """The embeddings of ads.

    Args:
        network: One member, in double precision.
        image: Features of the pictures, (I, d_A).
        text: Features of the texts, (T, d_B).
        image_of: Picture of each ad, −1 for none, (N,).
        text_of: Text of each ad, −1 for none, (N,).
    """
    with torch.inference_mode():
        parts = [
            *network.encode_image(torch.from_numpy(np.asarray(image)).double()),  # type: ignore[operator]
            *network.encode_text(torch.from_numpy(np.asarray(text)).double()),  # type: ignore[operator]
        ]
    shared_image, private_image, shared_text, private_text = (
        F.normalize(part[0], dim=-1).float().numpy() for part in parts
    )
    return Embeddings(
        shared_image=shared_image,
        private_image=private_image,
        shared_text=shared_text,
        private_text=private_text,
        image_of=image_of,
        text_of=text_of,
    )
