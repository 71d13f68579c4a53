"""Contexts that stand for all, stored with a checkpoint: what is not known of an ad's context is averaged over them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from adlab.errors import ConfigError

MOST_CONTEXTS = 8


@dataclass(frozen=True, kw_only=True)
class StandingContexts:
    """What the settings of every head that reads a context hold.

    Attributes:
        contexts: At most eight contexts, each with every field that the networks read.
        weights: How much each stands for, as many; above 0, adding up to 1.

    Raises:
        ConfigError: There are no contexts, too many, or weights that do not fit them.
    """

    contexts: tuple[dict[str, Any], ...]
    weights: tuple[float, ...]

    def __post_init__(self) -> None:
        for name in ("contexts", "weights"):
            object.__setattr__(self, name, tuple(getattr(self, name)))  # a JSON file has lists
        fits = len(self.weights) == len(self.contexts) and min(self.weights, default=0) > 0
        if not 1 <= len(self.contexts) <= MOST_CONTEXTS or not fits or abs(sum(self.weights) - 1) > 1e-6:
            raise ConfigError(
                f"{len(self.contexts)} contexts with weights {self.weights}; give 1 to {MOST_CONTEXTS} contexts and a "
                "weight above 0 for each, adding up to 1."
            )

    def plain(self) -> dict[str, Any]:
        """All fields as JSON has them."""
        return asdict(self) | {"contexts": list(self.contexts), "weights": list(self.weights)}
