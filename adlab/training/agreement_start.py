"""FOCAL Ad started as the joint space of its encoders, instead of from random numbers.

The image encoder was aligned with captions and puts pictures beside texts already. A pair of ReLU units carries one
direction of that space, relu(x) − relu(−x) = x, so the network of Eq. 1–2 can begin with the encoders' own cosine; the
other hidden units, and the private heads, begin at random.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from adlab.errors import ConfigError
from adlab.models.focal import Focal, ModalityEncoder
from adlab.training.focal import PairFeatures


@torch.no_grad()
def start_in_joint_space(net: Focal, pairs: Sequence[PairFeatures], text_map: nn.Linear, joint: slice) -> None:
    """Make the shared embeddings the main directions of the joint space.

    Args:
        net: With fitted standardisation; depth 1 and ReLU, at least two hidden units a direction.
        pairs: Training pairs of every kind, each kind with equal weight in choosing the directions.
        text_map: Puts texts into the joint space.
        joint: Columns of the image features that hold it.

    Raises:
        ConfigError: The network has another shape, or fewer hidden units.
    """
    config = net.config
    images = [kind.image[:, joint] for kind in pairs]
    texts = [text_map(kind.text.flatten(0, 1)) for kind in pairs]
    count = min(config.latent_dim, images[0].shape[1])
    if config.depth != 1 or config.activation != "relu" or config.hidden_dim < 2 * count:
        raise ConfigError(
            f"The start needs depth 1, relu and at least {2 * count} hidden units; this network has depth "
            f"{config.depth}, {config.activation} and {config.hidden_dim}."
        )
    directions = main_directions(images, texts, count)  # (joint, count)
    picture = torch.zeros(count, config.image_dim)
    picture[:, joint] = directions.T
    _carry(net.image_encoder, picture, torch.zeros(count), net.image_mean, net.image_std, _length(images))
    text, shift = directions.T @ text_map.weight, directions.T @ text_map.bias
    _carry(net.text_encoder, text, shift, net.text_mean, net.text_std, _length(texts))


def main_directions(images: Sequence[Tensor], texts: Sequence[Tensor], count: int) -> Tensor:
    """Orthonormal directions that hold most of all pictures and texts at length 1, (joint, count)."""
    moments = [F.normalize(part.double(), dim=1) for part in (*images, *texts)]
    total = torch.stack([part.T @ part / len(part) for part in moments]).sum(dim=0)
    return torch.linalg.eigh(total).eigenvectors[:, -count:].float()


def _carry(encoder: ModalityEncoder, weight: Tensor, shift: Tensor, mean: Tensor, std: Tensor, length: float) -> None:
    """Write x ↦ (weight · x + shift) / length into pairs of hidden units and the shared head; x is not standardised."""
    linear, count = next(encoder.mlp.layers.children()), len(weight)
    if not isinstance(linear, nn.Linear):
        raise ConfigError(f"The first layer is a {type(linear).__name__}; the start needs a linear one.")
    rows, offsets = weight * std / length, (shift + weight @ mean) / length
    linear.weight[: 2 * count] = torch.cat([rows, -rows])
    linear.bias[: 2 * count] = torch.cat([offsets, -offsets])
    encoder.shared_head.weight.zero_()
    encoder.shared_head.bias.zero_()
    encoder.shared_head.weight[:count, :count] = torch.eye(count)
    encoder.shared_head.weight[:count, count : 2 * count] = -torch.eye(count)


def _length(parts: Sequence[Tensor]) -> float:
    return float(torch.cat([part.norm(dim=1) for part in parts]).mean())
