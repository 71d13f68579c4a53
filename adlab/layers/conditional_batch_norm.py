"""Conditional batch norm: attributes set the scale and the shift of each channel (de Vries et al. 2017; M2FN, §5.1)."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from adlab.errors import ConfigError, InputError


class ChannelStatistics:
    """Mean and variance of each channel over many maps, summed in double precision."""

    def __init__(self, channels: int) -> None:
        self.count = 0
        self.total = torch.zeros(channels, dtype=torch.float64)
        self.squares = torch.zeros(channels, dtype=torch.float64)

    def add(self, maps: Tensor) -> None:
        """Take in maps (B, C, H, W)."""
        double = maps.detach().double().cpu()
        self.count += len(maps) * maps.shape[2] * maps.shape[3]
        self.total += double.sum(dim=(0, 2, 3))
        self.squares += double.square().sum(dim=(0, 2, 3))

    def result(self) -> tuple[Tensor, Tensor]:
        """Mean and variance, (C,) each, float64.

        Raises:
            InputError: No cell was taken in, or a value is not finite.
        """
        if not self.count:
            raise InputError("No maps were given; give one batch or more of training data.")
        mean = self.total / self.count
        variance = (self.squares / self.count - mean**2).clamp_min(0)
        if not (mean.isfinite().all() and variance.isfinite().all()):
            raise InputError("A map holds a value that is not finite; check the pictures and the backbone's weights.")
        return mean, variance


class ConditionalBatchNorm(nn.Module):
    """Batch norm whose scale and shift depend on an attribute vector.

        y_c = (γ_c + Δγ_c(x_aux)) · (x_c − μ_c) / √(σ²_c + ε) + (β_c + Δβ_c(x_aux))

    Δγ and Δβ come from a network of one hidden layer each (M2FN, Table 3: two networks of 2385×512 + 512×256, where
    256 are the outputs; there is one output a channel here). Their last layers start at zero: at first the block is
    an ordinary batch norm.

    Put into a trained network that has no batch norm at this place, or one that is folded into its convolution, an
    ordinary batch norm would change what all later layers were trained on. `calibrate` therefore takes μ and σ² from
    data and sets γ = √(σ² + ε), β = μ: the block begins as the identity, and training moves it from there.

    Args:
        channels: C.
        aux_dim: Width of x_aux, at least 1.
        hidden_dim: Width of the hidden layers.
        batch_statistics: Whether training normalises with the statistics of the batch and updates the running ones, as
            batch norm does. Otherwise, and always in eval mode, the running ones hold: the block then does the same in
            training as afterwards, which suits small batches and a frozen backbone.
        momentum: Weight of a batch in the running statistics, 0 < momentum ≤ 1.
        eps: ε, above 0.

    Raises:
        ConfigError: A number is outside its range.
    """

    running_mean: Tensor
    running_var: Tensor

    def __init__(
        self,
        channels: int,
        aux_dim: int,
        hidden_dim: int,
        *,
        batch_statistics: bool = True,
        momentum: float = 0.1,
        eps: float = 1e-5,
    ) -> None:
        super().__init__()
        for name, value in (("channels", channels), ("aux_dim", aux_dim), ("hidden_dim", hidden_dim)):
            if value < 1:
                raise ConfigError(f"{name} is {value}; give a whole number of 1 or more.")
        if not 0 < momentum <= 1 or not eps > 0:
            raise ConfigError(f"momentum is {momentum}, eps {eps}; give 0 < momentum ≤ 1 and an eps above 0.")
        self.batch_statistics, self.momentum, self.eps = batch_statistics, momentum, eps
        self.gamma = nn.Parameter(torch.ones(channels))
        self.beta = nn.Parameter(torch.zeros(channels))
        self.gamma_net = _change(aux_dim, hidden_dim, channels)
        self.beta_net = _change(aux_dim, hidden_dim, channels)
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))
        self._start_unconditional()

    def forward(self, x: Tensor, aux: Tensor) -> Tensor:
        """Normalise, scale and shift.

        Args:
            x: (B, C, H, W).
            aux: (B, aux_dim).

        Returns:
            (B, C, H, W).
        """
        scale, shift = self.gamma + self.gamma_net(aux), self.beta + self.beta_net(aux)  # (B, C)
        own = self.training and self.batch_statistics
        normal = F.batch_norm(x, self.running_mean, self.running_var, None, None, own, self.momentum, self.eps)
        return normal * scale[:, :, None, None] + shift[:, :, None, None]

    def calibrate(self, maps: Iterable[Tensor]) -> None:
        """Start as the identity on data like these; what the block has learned is lost.

        Args:
            maps: Batches of what the block will be given, (B, C, H, W) each.

        Raises:
            InputError: There are no maps, or one holds a value that is not finite.
        """
        statistics = ChannelStatistics(len(self.gamma))
        for batch in maps:
            statistics.add(batch)
        self.start_from(*statistics.result())

    @torch.no_grad()
    def start_from(self, mean: Tensor, variance: Tensor) -> None:
        """`calibrate` with known statistics, (C,) each."""
        self.running_mean.copy_(mean)
        self.running_var.copy_(variance)
        self.gamma.copy_((self.running_var.double() + self.eps).sqrt())
        self.beta.copy_(mean)
        self._start_unconditional()

    def _start_unconditional(self) -> None:
        for last in (self.gamma_net[-1], self.beta_net[-1]):
            for parameter in last.parameters():
                nn.init.zeros_(parameter)


def _change(aux_dim: int, hidden_dim: int, channels: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(aux_dim, hidden_dim), nn.ReLU(), nn.Linear(hidden_dim, channels))
