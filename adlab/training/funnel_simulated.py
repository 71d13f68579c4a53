"""The simulated log behind the funnel that ships: ads with planted causes, counts by ad and context, and the truth.

The test ads are those of the simulated reference set, drawn with another seed. FOCAL's embeddings must not come from a
member that was trained, stopped or calibrated on the ads' own conversions: they would tell the funnel its answer.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from adlab.checkpoints.networks import DEFAULT_IMAGE_ENCODER, load_image_encoder
from adlab.checkpoints.store import Checkpoint, load_checkpoint
from adlab.data.assessment import DataKind
from adlab.data.feature_schema import AD
from adlab.data.funnel_log import contract_fields
from adlab.encoders.text import load_minilm
from adlab.errors import ConfigError
from adlab.features.creative_vectors import PARTS, CreativeEncoder, CreativeInputs
from adlab.features.stored import Progress, no_progress, stored_texts
from adlab.simulator.ad import AdPlan
from adlab.simulator.collection import ad_names
from adlab.simulator.contexts import context_table
from adlab.simulator.log import ImpressionLog
from adlab.simulator.plan import plan_ad
from adlab.simulator.population import factor_table
from adlab.simulator.response import ResponseModel
from adlab.simulator.settings import SimulationSettings
from adlab.training.ctr_pictures import see_ads
from adlab.training.funnel_ads import AdLog, LogWords, Parts, Planted
from adlab.training.funnel_creatives import FOCAL, focal_member, words_of
from adlab.training.simulated import creative_of

ON = "simulated ads that trained nothing"
TRAINED_ON = "simulated ads and a simulated log: drawn pictures, written copy, planted causes and responses; no real ad"
LIMITS = (
    "Learned from a simulation: it says what was planted there, not what people do.",
    "Real ads look unlike drawn ones: read the chain as a comparison of your own variants at most.",
)


@dataclass(frozen=True, kw_only=True)
class FunnelCollection:
    """Which simulated ads, and how they were shown.

    Attributes:
        seed: Of the ads that train, stop and calibrate, and of their log.
        train: Ads to train on.
        stop: Ads that decide on epochs and on the contrastive task.
        calibrate: Ads for calibration and intervals.
        test_seed: Of the test ads and their log.
        test_first: Number of the first test ad among those of its seed.
        test: Test ads.
        contexts_per_ad: Contexts that each ad is shown in.
        impressions: Mean impressions an ad, log-normal.

    Raises:
        ConfigError: A number is too small, or test ads are among the others.
    """

    seed: int = 2031
    train: int = 2800
    stop: int = 200
    calibrate: int = 1500
    test_seed: int = 2026
    test_first: int = 7000
    test: int = 2000
    contexts_per_ad: int = 12
    impressions: int = 5000

    def __post_init__(self) -> None:
        least = {"seed": 0, "train": 2, "stop": 2, "calibrate": 10, "test_seed": 0, "test_first": 0, "test": 2}
        for name, number in (least | {"contexts_per_ad": 1, "impressions": 1}).items():
            if getattr(self, name) < number:
                raise ConfigError(f"{name} is {getattr(self, name)}; give {number} or more.")
        if self.seed == self.test_seed and self.test_first < self.own:
            raise ConfigError(f"test_first is {self.test_first}: these ads train; give {self.own} or another seed.")

    @property
    def own(self) -> int:
        """Ads that are not tested on."""
        return self.train + self.stop + self.calibrate


def simulated_ad_log(
    collection: FunnelCollection,
    *,
    creatives: bool = True,
    checkpoint: str = FOCAL,
    root: Path | None = None,
    progress: Progress = no_progress,
) -> AdLog:
    """Plan the ads, let impressions happen, draw the ads, and make their vectors.

    Args:
        collection: Which ads, and how they were shown.
        creatives: Whether the ads are drawn at all.
        checkpoint: FOCAL checkpoint whose first member's embeddings the vectors hold.
        root: Folder of the checkpoints.
        progress: Called with (done, total) of each stage.

    Raises:
        ConfigError: The checkpoint was trained on what came of these very ads.
        CheckpointError: It is no FOCAL checkpoint, or was trained on other encoders.
        UnknownNameError: There is no such checkpoint.
    """
    own, test = (
        _plans(collection.seed, 0, collection.own),
        _plans(collection.test_seed, collection.test_first, collection.test),
    )
    plans = [*own, *test]
    tables = [_log(collection, collection.seed, 0, collection.own)]
    tables.append(_log(collection, collection.test_seed, collection.test_first, collection.test))
    table = pa.concat_tables(tables)
    ends = np.cumsum([0, collection.train, collection.stop, collection.calibrate, collection.test])
    parts = Parts(*(np.arange(start, end) for start, end in itertools.pairwise(ends)))
    encoder, vectors = None, None
    if creatives:
        encoder, vectors = _vectors(collection, plans, parts, checkpoint, root, progress)
    log = AdLog(
        table=table,
        ads=tuple(plan.ad_id for plan in plans),
        fields=contract_fields(table.column_names, leave_out=(AD,)),
        parts=parts,
        vectors=vectors,
        encoder=encoder,
        planted=_planted(plans, table),
        words=_words(collection),
    )
    return log


def _plans(seed: int, first: int, count: int) -> list[AdPlan]:
    return [plan_ad(seed, index) for index in range(first, first + count)]


def _log(collection: FunnelCollection, seed: int, first: int, count: int) -> pa.Table:
    """Counts of some ads by context; they are those of a log of all ads up to the last."""
    ads = first + count
    settings = SimulationSettings(
        ads=ads,
        impressions=collection.impressions * ads,
        seed=seed,
        aggregate=True,
        contexts_per_ad=collection.contexts_per_ad,
    )
    plans = _plans(seed, 0, ads)
    names = ad_names(settings)
    log = ImpressionLog(settings, settings.response(), factor_table([plan.factors for plan in plans]), names)
    whole = pa.concat_tables([log.part(number) for number in range(log.parts)], promote_options="default")
    whole = whole.set_column(whole.column_names.index(AD), AD, whole[AD].cast(pa.string()))
    return whole.filter(pa.compute.is_in(whole[AD], pa.array([str(name) for name in names[first:]])))


def _planted(plans: list[AdPlan], table: pa.Table) -> Planted:
    model, factors = ResponseModel(), factor_table([plan.factors for plan in plans])
    place = {plan.ad_id: number for number, plan in enumerate(plans)}
    rows = np.array([place[name] for name in table[AD].to_pylist()], dtype=np.int64)
    contexts = context_table(table.select(["gender", "age_band", "month", "weekday", "hour", "position"]).to_pandas())
    own, average = factors.take(rows), model.average(factors)
    return Planted(model.ctr(own, contexts), model.cvr(own, contexts), average.ctr, average.cvr)


def _vectors(
    collection: FunnelCollection,
    plans: list[AdPlan],
    parts: Parts,
    checkpoint: str,
    root: Path | None,
    progress: Progress,
) -> tuple[CreativeEncoder, np.ndarray]:
    image_encoder, text_encoder = load_image_encoder(DEFAULT_IMAGE_ENCODER, root=root), load_minilm()
    loaded = load_checkpoint(checkpoint, root)
    for seed, first in ((collection.seed, 0), (collection.test_seed, collection.test_first)):
        _check_apart(loaded, seed, first)
    focal = focal_member(loaded, {"image": image_encoder.spec.encoder_id, "text": text_encoder.spec.encoder_id})

    def encode(texts: Sequence[str]) -> np.ndarray:
        return stored_texts(text_encoder, texts, progress)

    seen = see_ads(plans, encoder=image_encoder, progress=progress)
    assert seen.vectors is not None  # an encoder was given
    inputs = CreativeInputs(
        image=seen.vectors[:, : focal.config.image_dim],
        copy=encode([creative_of(plan).copy for plan in plans]),
        colours=list(seen.colours),
        words=[words_of(plan) for plan in plans],
    )
    encoder = CreativeEncoder.fit(
        inputs, parts.train, encode, focal=focal, text_dim=text_encoder.output_dim, parts=PARTS
    )
    return encoder, encoder.vectors(inputs, encode)


def _check_apart(checkpoint: Checkpoint, seed: int, first: int) -> None:
    """Embeddings that were trained, stopped or calibrated on an ad's own conversions would tell a funnel its answer."""
    trained_on = checkpoint.manifest.training.config.get("collection", {})
    if isinstance(trained_on, Mapping) and trained_on.get("seed") == seed:
        used = int(trained_on.get("train", 0)) + int(trained_on.get("dev", 0))
        if first < used:
            raise ConfigError(
                f"{checkpoint.manifest.name} was trained on what came of the first {used:,} ads of seed {seed}; take "
                "ads from there on, or another seed, so that the vectors do not know the answer."
            )


def _words(collection: FunnelCollection) -> LogWords:
    return LogWords(
        kind=DataKind.SIMULATION,
        trained_on=TRAINED_ON,
        data=f"{collection.train:,} simulated ads (seed {collection.seed}), each in up to {collection.contexts_per_ad} "
        f"contexts; epochs and contrastive task by {collection.stop:,} further ads, calibration, stored contexts and "
        f"intervals by {collection.calibrate:,}; measured on {collection.test:,} (seed {collection.test_seed})",
        terms="own simulation, no third-party data",
        on=ON,
        limits=LIMITS,
    )
