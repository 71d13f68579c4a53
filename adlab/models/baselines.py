"""What M2FN is compared with, as switches of the same network (M2FN, Tables 4 to 7).

| name              | Tables 6 and 7: aux, low, attention, high | what it is                                           |
|-------------------|-------------------------------------------|------------------------------------------------------|
| `m2fn`            | as given                                  | the network itself                                   |
| `nima`            | × × × ×                                   | distribution from the picture (`adlab.models.nima`)  |
| `image-only`      | × × × ×                                   | the backbone and M2FN's head                         |
| `cat`             | O × × ×                                   | picture and attributes concatenated into an MLP      |
| `attributes-m2fn` | only, M2FN without the picture            | tanh(W_a x_aux) and M2FN's head                      |
| `attributes-mlp`  | only, MLP                                 | attributes into M2FN's head                          |

Linear, ridge and support vector regression are scikit-learn's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from adlab.errors import UnknownNameError
from adlab.models.m2fn_config import M2FNConfig
from adlab.models.nima import nima_config

BASELINES: dict[str, Callable[[M2FNConfig], M2FNConfig]] = {
    "m2fn": lambda config: config,
    "nima": nima_config,
    "image-only": lambda config: replace(_concatenated(config), aux=False, aux_dim=0),
    "cat": lambda config: _concatenated(config),
    "attributes-m2fn": lambda config: replace(_concatenated(config), image=False, high=True),
    "attributes-mlp": lambda config: replace(_concatenated(config), image=False),
}
# Rows of Tables 6 and 7 below "image-only", in their order: low-level fusion, attention, high-level fusion.
ABLATIONS: tuple[tuple[bool, bool, bool], ...] = (
    (False, False, False),
    (True, False, False),
    (False, True, False),
    (False, False, True),
    (True, True, False),
    (True, False, True),
    (True, True, True),
)


def baseline_config(name: str, config: M2FNConfig) -> M2FNConfig:
    """The baseline's config, with widths, backbone and outputs of an M2FN's.

    Args:
        name: A key of `BASELINES`.
        config: Of the full M2FN.

    Raises:
        UnknownNameError: There is no such baseline.
    """
    if name not in BASELINES:
        raise UnknownNameError("baseline", name, BASELINES)
    return BASELINES[name](config)


def ablated_config(config: M2FNConfig, *, low: bool, attention: bool, high: bool) -> M2FNConfig:
    """A row of Tables 6 and 7 with attributes, see `ABLATIONS`; the row without is the baseline `image-only`."""
    return replace(config, low=low, attention=attention, high=high, branches=config.branches and high)


def _concatenated(config: M2FNConfig) -> M2FNConfig:
    return ablated_config(config, low=False, attention=False, high=False)
