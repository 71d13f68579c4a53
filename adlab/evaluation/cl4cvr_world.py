"""A simulated log in memory with its true probabilities: what the parts of `reproduce cl4cvr` train and measure on.

Rows of known ads are parted at random into train, dev and test: what is trained on and what is measured share ads, as
in the paper's data, and no row. Further ads are kept apart altogether: their rows ask what a model knows of an ad that
it has never seen. Users are left out of the features: in the simulated world nothing of a user but gender and age
matters, and these are features.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from adlab.data.feature_schema import FeatureSchema
from adlab.data.funnel_batch import FunnelBatch, joined
from adlab.data.funnel_log import contract_fields
from adlab.evaluation.cl4cvr_settings import FunnelStudy
from adlab.evaluation.kept import KeptParts
from adlab.features.stored import Progress, no_progress
from adlab.simulator.collection import ad_names, collection_factors
from adlab.simulator.contexts import context_table
from adlab.simulator.settings import SimulationSettings
from adlab.training.funnel_creatives import simulated_tables, simulated_vectors

LOG_SEED = 40_000  # far from those that the shipped checkpoints were trained on
UNSEEN_SHARE = 0.1
DEV_SHARE, TEST_SHARE = 0.05, 0.1
MOST_TEST_ROWS = 100_000
TRAIN, DEV, TEST, NEW = "train", "dev", "known ads", "new ads"
FloatArray = NDArray[np.float64]
_PARTS, _ORDER = 1, 2  # streams of chance


class Rows(NamedTuple):
    """Rows of one part, with the truth.

    Attributes:
        batch: The rows, encoded.
        ad: Number of each row's ad, (N,).
        ctr: True probability of a click, (N,).
        cvr: True probability of a conversion once there is a click, (N,).
    """

    batch: FunnelBatch
    ad: NDArray[np.int64]
    ctr: FloatArray
    cvr: FloatArray

    def take(self, rows: NDArray[np.int64]) -> Rows:
        """Some of the rows."""
        return Rows(self.batch.take(rows), self.ad[rows], self.ctr[rows], self.cvr[rows])


@dataclass(frozen=True, eq=False)
class FunnelWorld:
    """The log.

    Attributes:
        settings: What it was simulated from.
        schema: Fitted on the training rows.
        parts: Rows by part; those to train on in random order.
        creatives: Vectors of all ads, (A, V), None without them.
    """

    settings: SimulationSettings
    schema: FeatureSchema
    parts: dict[str, Rows]
    creatives: NDArray[np.float32] | None

    def train(self, most: int | None = None) -> FunnelBatch:
        """Training rows, the first so many of their random order."""
        rows = self.parts[TRAIN].batch
        return rows if most is None or most >= rows.rows else rows.slice(0, most)


def log_settings(study: FunnelStudy, seed: int) -> SimulationSettings:
    """The simulation behind a study."""
    return SimulationSettings(
        ads=study.ads, impressions=study.impressions, seed=LOG_SEED + seed, unseen_share=UNSEEN_SHARE
    )


def world_of(study: FunnelStudy, seed: int, kept: KeptParts, progress: Progress = no_progress) -> FunnelWorld:
    """Simulate the log.

    Args:
        study: Its size.
        seed: Of the log.
        kept: Where the ads' vectors are kept.
        progress: Called with (done, total) of each stage of drawing ads.
    """
    settings = log_settings(study, seed)
    tables = list(simulated_tables(settings))
    part = [_parts_of(table, [seed, _PARTS, number]) for number, table in enumerate(tables)]
    training = [table.filter(pa.array(own == TRAIN)) for table, own in zip(tables, part, strict=True)]
    fields = contract_fields(tables[0].column_names, leave_out=("user_id",))
    schema = FeatureSchema.fit(fields, training)
    names = {str(name): row for row, name in enumerate(ad_names(settings))}
    batch = joined([schema.encode(table, names) for table in tables])
    whole, known = _with_truth(settings, tables, batch), np.concatenate(part)
    parts = {}
    for place, name in enumerate((TRAIN, DEV, TEST, NEW)):
        rows = np.random.default_rng([seed, _ORDER, place]).permutation(np.flatnonzero(known == name))
        parts[name] = whole.take(rows if name == TRAIN else np.sort(rows[:MOST_TEST_ROWS]))
    creatives = None
    if study.creatives:
        stored = kept.get("creatives", lambda: {"matrix": simulated_vectors(settings, progress=progress).matrix})
        creatives = stored["matrix"].astype(np.float32)
    return FunnelWorld(settings, schema, parts, creatives)


def _parts_of(table: pa.Table, stream: list[int]) -> NDArray[np.str_]:
    """The part of each row of a table, "" for those of dev ads, (N,)."""
    split = np.asarray(table["split"].cast(pa.string()).to_numpy(zero_copy_only=False))
    chance = np.random.default_rng(stream).random(table.num_rows)
    among_known = np.select([chance < DEV_SHARE, chance < DEV_SHARE + TEST_SHARE], [DEV, TEST], TRAIN)
    return np.where(split == "train", among_known, np.where(split == "test", NEW, ""))


def _with_truth(settings: SimulationSettings, tables: list[pa.Table], batch: FunnelBatch) -> Rows:
    model, factors = settings.response(), collection_factors(settings)
    ctr, cvr, first = [], [], 0
    for table in tables:
        frame = table.select(["gender", "age_band", "month", "weekday", "hour", "position"]).to_pandas()
        ads = factors.take(batch.ad[first : first + table.num_rows])
        contexts = context_table(frame)
        ctr.append(model.ctr(ads, contexts))
        cvr.append(model.cvr(ads, contexts))
        first += table.num_rows
    return Rows(batch, batch.ad, np.concatenate(ctr), np.concatenate(cvr))
