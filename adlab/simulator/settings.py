"""What a simulation is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from adlab.errors import ConfigError
from adlab.simulator.coefficients import OUTCOMES, Coefficients, Outcome, located
from adlab.simulator.formats import RenderSpec
from adlab.simulator.response import CTR, CVR, ResponseModel

VERSION = 1  # raise when equal settings give another result
MAX_UNSEEN = 0.6
BASE = "base"


@dataclass(frozen=True, kw_only=True)
class SimulationSettings:
    """Everything that decides what a simulation writes.

    Attributes:
        ads: Number of ads, 1 or more.
        impressions: Impressions of all ads together, 1 or more.
        seed: Seed of everything drawn, 0 or more.
        aggregate: One row an ad and context instead of one an impression.
        contexts_per_ad: Contexts that an aggregated ad is shown in, 1 or more.
        ctr: Clicks per impression in the population.
        cvr: Conversions per click in the population.
        coefficients: Values that replace those of the table, by full name such as "click.appeal".
        drift: By how much a coefficient, or "click.base" or "convert.base", grows from the log's first day to its
            last, on a straight line that leaves its mean over the year as it is.
        unseen_share: Share of the ads kept for the test split, 0–0.6, and half as many again for dev; 0 for no split.
        images: Whether pictures are written; they can always be drawn again from the ad's name.
        size: Width and height of the pictures, in pixels.
        image_format: "jpeg" or "png".

    Raises:
        ConfigError: A value is outside its range, or there is no such coefficient.
    """

    ads: int
    impressions: int
    seed: int = 0
    aggregate: bool = False
    contexts_per_ad: int = 50
    ctr: float = CTR
    cvr: float = CVR
    coefficients: Mapping[str, float] = field(default_factory=dict)
    drift: Mapping[str, float] = field(default_factory=dict)
    unseen_share: float = 0.0
    images: bool = False
    size: tuple[int, int] = (224, 224)
    image_format: Literal["jpeg", "png"] = "jpeg"

    def __post_init__(self) -> None:
        for name, least in (("ads", 1), ("impressions", 1), ("contexts_per_ad", 1), ("seed", 0)):
            if getattr(self, name) < least:
                raise ConfigError(f"{name} is {getattr(self, name)}; give a whole number of {least} or more.")
        if not 0 <= self.unseen_share <= MAX_UNSEEN:
            raise ConfigError(f"unseen_share is {self.unseen_share:g}; give a share from 0 to {MAX_UNSEEN:g}.")
        if self.image_format not in ("jpeg", "png"):
            raise ConfigError(f"image_format is {self.image_format!r}; give jpeg or png.")
        RenderSpec(width=self.size[0], height=self.size[1])  # refuses a size that cannot be drawn
        Coefficients().changed(self.coefficients)
        Coefficients().changed({n: v for n, v in self.drift.items() if not is_base(n)})
        for name in ("ctr", "cvr"):
            if not 0 < getattr(self, name) < 1:
                raise ConfigError(f"{name} is {getattr(self, name):g}; give a share between 0 and 1.")

    def response(self) -> ResponseModel:
        """The response asked for, as it is on average over the year."""
        return ResponseModel(Coefficients().changed(self.coefficients), ctr=self.ctr, cvr=self.cvr)

    def as_json(self) -> dict[str, Any]:
        """The settings and the simulator's version, fit for JSON."""
        return {"version": VERSION, **asdict(self), "size": list(self.size)}


def is_base(name: str) -> bool:
    """Whether a name of a drift is a base rate, "click.base" or "convert.base"."""
    return name in {f"{outcome}.{BASE}" for outcome in OUTCOMES}


def drift_of(drift: Mapping[str, float], outcome: Outcome) -> tuple[float, dict[str, float]]:
    """The drift of one outcome: of its base, and of its coefficients by full name."""
    named = {name: v for name, v in drift.items() if not is_base(name) and located(name)[0] == outcome}
    return drift.get(f"{outcome}.{BASE}", 0.0), named
