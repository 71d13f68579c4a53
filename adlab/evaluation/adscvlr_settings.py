"""What `reproduce adscvlr` is asked for, and the data that its parts share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from adlab.errors import ConfigError
from adlab.training.relevance_data import SOURCES, OwnPairs

TABLES, FOLDS, RETRIEVAL, AUCTION, FAITHFULNESS = "tables", "folds", "retrieval", "auction", "faithfulness"
PARTS = (TABLES, FOLDS, RETRIEVAL, AUCTION, FAITHFULNESS)
AUTO = "auto"
TEACHER, STUDENT = "relevance-adscvlr", "relevance-student"


@dataclass(frozen=True, kw_only=True)
class AdsCVLRReproduction:
    """What to reproduce, on what, and how large.

    Attributes:
        data: Folder of the public data sets.
        out: Folder of the report.
        teacher: Checkpoint of AdsCVLR that the parts but the tables' trainings read.
        sources: Data sets of graded pairs.
        own: A table of one's own beside them, for the tables alone; None without one.
        simulated_ads: Ads of the simulated source.
        pairs: Pairs of an epoch in every training of the tables, one epoch each of pre-training and fine-tuning.
        seeds: Trainings of each row of the tables.
        layers: Blocks of the networks trained there.
        clip: Folder of a CLIP of transformers that the tables' CLIP rows are measured on, too; `AUTO` for
            `$ADLAB_CLIP` or the hub's local cache, "" without.
        gallery: Photos of the retrieval, drawn, one caption each, all with all: AdsCVLR reads a pair in 5 to 7 ms of
            processor time, 200 photos in about five minutes, all 500 of Flickr8k's in about half an hour.
        auctions: Simulated auctions.
        explained: Test pairs a source whose explanations are tested.
        seed: Of all that is drawn.
        budget_minutes: No training is begun that would not end within this time, judged by the longest so far; what is
            missing is said in the report. None for no limit.
        device: ``"auto"``, ``"cpu"`` or ``"cuda"``.

    Raises:
        ConfigError: A number is outside its range.
    """

    data: Path
    out: Path = Path("docs/reproduction")
    teacher: str = TEACHER
    sources: tuple[str, ...] = SOURCES
    own: OwnPairs | None = None
    simulated_ads: int = 10_000
    pairs: int = 15_000
    seeds: int = 2
    layers: int = 6
    clip: str = ""
    gallery: int = 200
    auctions: int = 1_000
    explained: int = 60
    seed: int = 0
    budget_minutes: float | None = None
    device: str = "auto"

    def __post_init__(self) -> None:
        least = {"pairs": 1, "seeds": 1, "layers": 1, "gallery": 2, "auctions": 2, "explained": 2, "seed": 0}
        for name, low in least.items():
            if getattr(self, name) < low:
                raise ConfigError(f"{name} is {getattr(self, name)}; give {low} or more.")
        if self.budget_minutes is not None and not self.budget_minutes > 0:
            raise ConfigError(f"budget_minutes is {self.budget_minutes}; give a number above 0.")
