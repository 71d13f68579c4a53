"""Several M2FNs of one shape on one backbone, whose map is computed once for all of them."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from adlab.errors import CheckpointError, ConfigError
from adlab.models.backbones import StagedBackbone
from adlab.models.m2fn import M2FN
from adlab.models.m2fn_config import M2FNConfig


class M2FNEnsemble(nn.Module):
    """M members behind one frozen backbone.

    Args:
        config: Of every member; without low-level fusion, which would give each member a map of its own.
        backbone: Shared by all, held as it is.
        members: How many, 1 or more.

    Raises:
        ConfigError: There are no members, the picture is off, or low-level fusion is on.
    """

    def __init__(self, config: M2FNConfig, backbone: StagedBackbone, members: int) -> None:
        super().__init__()
        if members < 1 or config.low or not config.image or config.trained_blocks:
            raise ConfigError(
                f"members is {members}, low {config.low}, image {config.image}, trained_blocks "
                f"{config.trained_blocks}; give 1 or more members that share the map of a frozen backbone."
            )
        self.config = config
        self.members = nn.ModuleList([M2FN(config, backbone) for _ in range(members)])

    def networks(self) -> list[M2FN]:
        """The members."""
        return [member for member in self.members if isinstance(member, M2FN)]

    def forward_features(self, pixels: Tensor) -> Tensor:
        """Pixels (B, 3, S, S) -> the backbone's map, the same for all members."""
        return self.networks()[0].forward_features(pixels)[1]

    def forward_head(self, feature_map: Tensor, aux: Tensor) -> Tensor:
        """Map (B, C, H, W) and attributes (B, aux_dim) -> logits (M, B, outputs)."""
        return torch.stack([member.forward_head(feature_map, aux).logits for member in self.networks()])

    def forward(self, pixels: Tensor, aux: Tensor) -> Tensor:
        """Pixels (B, 3, S, S) and attributes (B, aux_dim) -> logits (M, B, outputs)."""
        return self.forward_head(self.forward_features(pixels), aux)

    def trainable_state(self) -> dict[str, Tensor]:
        """What a checkpoint holds: the members without the backbone."""
        return {
            f"{index}.{name}": tensor
            for index, member in enumerate(self.networks())
            for name, tensor in member.trainable_state().items()
        }

    def load_trainable_state(self, state: dict[str, Tensor]) -> None:
        """Take over what `trainable_state` gave.

        Raises:
            CheckpointError: The number of members, or a tensor of one, does not fit.
        """
        own = self.networks()
        found = {name.split(".", 1)[0] for name in state}
        if found != {str(index) for index in range(len(own))}:
            raise CheckpointError(f"The tensors are of {len(found)} members, the ensemble has {len(own)}.")
        for index, member in enumerate(own):
            mine = f"{index}."
            member.load_trainable_state({n.removeprefix(mine): t for n, t in state.items() if n.startswith(mine)})


def mean_distribution(logits: Tensor, temperature: float = 1.0) -> Tensor:
    """What the members say together: the mean of their distributions, sharpened or softened by a temperature.

    Args:
        logits: (M, B, K).
        temperature: Divides the logarithm of the mean, above 0.

    Returns:
        Shares of the K buckets, (B, K).
    """
    together: Tensor = logits.softmax(dim=-1).mean(dim=0).log() / temperature
    return together.softmax(dim=-1)


def bucket_values(count: int) -> Sequence[float]:
    """What the buckets of a rating scale stand for: 1 to K."""
    return [float(step) for step in range(1, count + 1)]
