"""What trained funnel networks state of ads: in the contexts of the log, and averaged over what is unknown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy import special

from adlab.checkpoints.funnel import MODES, ChainCalibration
from adlab.checkpoints.standing_contexts import MOST_CONTEXTS
from adlab.data.feature_fields import LevelField
from adlab.data.feature_schema import FeatureSchema
from adlab.data.funnel_batch import FunnelBatch
from adlab.data.level_codes import levels_of
from adlab.data.unknown_columns import known_only
from adlab.errors import TableError
from adlab.models.funnel import FunnelNetwork
from adlab.models.funnel_chain import Chain, chain_of
from adlab.training.funnel_ads import AdLog, FloatArray, summed
from adlab.training.funnel_loop import predict_funnel
from adlab.training.standing_contexts import Standing, standing_contexts

CANDIDATES, CASES_PER_AD, CASE_ADS = 256, 6, 30
Row = dict[str, str]


class Speaker(NamedTuple):
    """Networks with what they read.

    Attributes:
        networks: M of them, of one shape.
        log: The log.
        schema: Of its rows.
        creative: Whether vectors are read.
        bare: Whether the columns that an ad may lack are hidden.
    """

    networks: Sequence[FunnelNetwork]
    log: AdLog
    schema: FeatureSchema
    creative: bool = True
    bare: bool = False

    def logits(self, table: pa.Table, ads: NDArray[np.int64], mode: str) -> tuple[FloatArray, FloatArray]:
        """Raw log-odds of a click and of a conversion once there is one, (M, R) each.

        Args:
            table: Fields of R rows.
            ads: Number of each row's ad, (R,).
            mode: What is known of the ads.
        """
        creatives = self.log.creatives if self.creative else None
        batch = self.batch(table, ads, mode)
        outputs = [predict_funnel(network, batch, creatives) for network in self.networks]
        ctr, cvr = (
            np.stack([part.double().numpy() for part in parts]) for parts in list(zip(*outputs, strict=True))[:2]
        )
        return ctr, cvr

    @property
    def averaged(self) -> tuple[LevelField, ...]:
        """Fields that are averaged over where they are unknown: those that a stored context holds."""
        return tuple(field for field in self.schema.sparse if field.name not in self.log.columns)

    def batch(self, table: pa.Table, ads: NDArray[np.int64], mode: str) -> FunnelBatch:
        """Rows without labels, as `logits` takes them."""
        if self.bare:
            for name in set(self.log.columns) & set(table.column_names):
                table = table.set_column(table.column_names.index(name), name, pa.nulls(table.num_rows))
        batch = known_only(self.schema.encode_unlabelled(table), self.schema, self.log.columns)
        shift = MODES.index(mode) * len(self.log.ads) if self.creative and self.log.vectors is not None else 0
        return batch._replace(ad=ads + shift)


class Stated(NamedTuple):
    """What is stated of R cases beside what holds of them.

    Attributes:
        chain: Stated chances.
        ctr: True or observed share of clicks, (R,).
        cvr: True or observed share of conversions among clicks, (R,).
        shown: Impressions of each, (R,).
        ads: Number of each one's ad, (R,).
    """

    chain: Chain
    ctr: FloatArray
    cvr: FloatArray
    shown: FloatArray
    ads: NDArray[np.int64]

    def of(self, step: str) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Stated chance, true or observed share, and trials of a step."""
        stated: FloatArray = getattr(self.chain, step)
        if step == "pctr":
            return stated, self.ctr, self.shown
        if step == "pcvr":
            return stated, self.cvr, self.shown * self.ctr
        return stated, self.ctr * self.cvr, self.shown

    def take(self, cases: NDArray[np.int64]) -> Stated:
        """Some of the cases."""
        chain = Chain(*(part[cases] for part in self.chain))
        return Stated(chain, self.ctr[cases], self.cvr[cases], self.shown[cases], self.ads[cases])


def stated_rows(speaker: Speaker, ads: NDArray[np.int64], calibration: ChainCalibration, mode: str) -> Stated:
    """The rows of some ads, their contexts known."""
    log, rows = speaker.log, speaker.log.rows_of(ads)
    ctr, cvr = speaker.logits(log.table.take(rows), log.ad[rows], mode)
    chain = chain_of(calibration.ctr.apply(ctr)[:, :, None], calibration.cvr.apply(cvr)[:, :, None], np.ones(1))
    counts = log.counts.take(rows)
    if log.planted is not None:
        return Stated(chain, log.planted.ctr[rows], log.planted.cvr[rows], counts.impressions, log.ad[rows])
    return Stated(chain, *_shares(*counts), counts.impressions, log.ad[rows])


def stated_ads(
    speaker: Speaker,
    ads: NDArray[np.int64],
    calibration: ChainCalibration,
    standing: tuple[Sequence[Row], Sequence[float]],
    mode: str,
) -> Stated:
    """Some ads, nothing known of their contexts: averaged over the stored ones.

    Args:
        speaker: What states.
        ads: Their numbers.
        calibration: Of the mode.
        standing: Stored contexts and their weights.
        mode: What is known of the ads.
    """
    log, (contexts, weights) = speaker.log, standing
    ctr, cvr = over_contexts(speaker, ads, contexts, mode)
    chain = chain_of(calibration.ctr.apply(ctr), calibration.cvr.apply(cvr), np.array(weights))
    shown, clicks, conversions = (summed(log.ad, part, len(log.ads))[ads] for part in log.counts)
    if log.planted is not None:
        return Stated(chain, log.planted.ad_ctr[ads], log.planted.ad_cvr[ads], np.ones(len(ads)), ads)
    return Stated(chain, *_shares(shown, clicks, conversions), shown, ads)


def over_contexts(
    speaker: Speaker, ads: NDArray[np.int64], contexts: Sequence[Row], mode: str
) -> tuple[FloatArray, FloatArray]:
    """Raw log-odds of each ad in each of K contexts, (M, N, K)."""
    table = table_of(contexts, speaker.schema).take(np.tile(np.arange(len(contexts)), len(ads)))
    found = speaker.logits(table, np.repeat(ads, len(contexts)), mode)
    ctr, cvr = (part.reshape(part.shape[0], len(ads), len(contexts)) for part in found)
    return ctr, cvr


def chosen_contexts(
    speaker: Speaker, ads: NDArray[np.int64], calibration: ChainCalibration, seed: int
) -> tuple[list[Row], list[float]]:
    """A few rows of the log that stand for all, and their weights: for clicks and for clicks that convert alike.

    Where no field is averaged over, one row without any stands for all.

    Args:
        speaker: What states; its rows of these ads are what is chosen among.
        ads: Ads that trained nothing.
        calibration: Of whole ads.
        seed: Of the draws.

    Raises:
        TableError: Too few rows name a known level of every field.
    """
    if not speaker.averaged:
        return [{}], [1.0]
    rng = np.random.default_rng([seed, 6])
    candidates = _drawn(speaker, ads, rng)
    cases = _cases(speaker, ads, candidates, rng)
    tables, numbers = [], []
    for ad, known in cases:
        tables += [candidate | known for candidate in candidates]
        numbers += [ad] * len(candidates)
    ctr, cvr = speaker.logits(table_of(tables, speaker.schema), np.array(numbers), MODES[0])
    clicks = special.expit(calibration.ctr.apply(ctr).mean(axis=0))
    converted = clicks * special.expit(calibration.cvr.apply(cvr).mean(axis=0))
    rates = np.concatenate([part.reshape(len(cases), len(candidates)) for part in (clicks, converted)])
    standing: Standing = standing_contexts(rates, MOST_CONTEXTS)
    return [candidates[place] for place in standing.places], [float(weight) for weight in standing.weights]


def table_of(rows: Sequence[Mapping[str, str]], schema: FeatureSchema) -> pa.Table:
    """Rows of levels as the schema reads them; what a row lacks is missing."""
    return pa.table({name: [row.get(name) for row in rows] for name in schema.names})


def _drawn(speaker: Speaker, ads: NDArray[np.int64], rng: np.random.Generator) -> list[Row]:
    """Rows of the log, each as often as it was shown, that name a known level of every field."""
    log, rows = speaker.log, speaker.log.rows_of(ads)
    texts = {}
    for field in speaker.averaged:
        (own,) = levels_of(field.name, log.table[field.name].take(rows).combine_chunks())
        levels = np.array([*own.texts.to_pylist(), ""], dtype=object)[own.places]
        texts[field.name] = np.where(np.isin(levels, field.levels or ()), levels, "")
    whole = np.all([column != "" for column in texts.values()], axis=0)
    if whole.sum() < MOST_CONTEXTS:
        raise TableError(
            f"Only {int(whole.sum())} rows of the ads kept for calibration name a level of each of "
            f"{', '.join(texts)} that training ads have; leave out a column that is mostly empty, or give a longer log."
        )
    weight = np.where(whole, log.counts.impressions[rows], 0)
    picked = rng.choice(len(rows), size=CANDIDATES, p=weight / weight.sum())
    return [{name: str(column[row]) for name, column in texts.items()} for row in picked]


def _cases(
    speaker: Speaker, ads: NDArray[np.int64], candidates: Sequence[Row], rng: np.random.Generator
) -> list[tuple[int, Row]]:
    """For each of some ads one case of which nothing is known, and five in which each field is every other time."""
    names, found = [field.name for field in speaker.averaged], []
    for ad in ads[:CASE_ADS]:
        for case in range(CASES_PER_AD):
            given = candidates[int(rng.integers(len(candidates)))]
            known = rng.random(len(names)) < (0.5 if case else 0.0)
            found.append((int(ad), {name: given[name] for name, own in zip(names, known, strict=True) if own}))
    return found


def _shares(shown: FloatArray, clicks: FloatArray, conversions: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Observed shares; 0 where there is nothing to share."""
    return clicks / np.maximum(shown, 1), conversions / np.maximum(clicks, 1)
