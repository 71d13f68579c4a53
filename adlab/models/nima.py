"""NIMA: a distribution of ratings from the picture alone (Talebi and Milanfar 2018), on the code path of M2FN.

The last layer of a classifier gives way to dropout and one output a bucket; it is trained on the earth mover's distance
(`adlab.losses.emd`), or on the divergence where M2FN's Table 4 has an asterisk (`adlab.losses.kld`).

What we changed:
- A backbone whose map is averaged is followed by the output at once, as in the paper's Inception and MobileNet. One
  whose map is flattened keeps the hidden layers between, as its VGG-16 does.
"""

from __future__ import annotations

from dataclasses import replace

from adlab.errors import ConfigError
from adlab.models.m2fn_config import M2FNConfig

DROPOUT = 0.75


def nima_config(config: M2FNConfig, *, dropout: float = DROPOUT) -> M2FNConfig:
    """NIMA on the backbone, picture size and outputs of an M2FN.

    Args:
        config: Of the M2FN it is compared with. One output gives Table 4's regression.
        dropout: Share set to zero while training, 0 ≤ dropout < 1.

    Raises:
        ConfigError: The config has the picture switched off, or the dropout is outside its range.
    """
    if not config.image:
        raise ConfigError("image is off, and NIMA sees nothing else; switch image on.")
    head_dims = config.head_dims if config.pooling == "flatten" else ()
    return replace(
        config,
        aux=False,
        aux_dim=0,
        low=False,
        attention=False,
        high=False,
        branches=False,
        head_dims=head_dims,
        dropout=dropout,
    )
