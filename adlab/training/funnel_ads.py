"""A log as the product's funnel is trained on it: rows about ads, each ad in one part only, its vector stored once.

An uploaded ad has no id, so ids are no features: an ad is known by its vector, and by what its texts and its context
say. Uploads come without a picture or without copy, so rows of training do, too: each row draws one of `MODES`, and the
blocks of the vector that its mode lacks are zero, as `CreativeEncoder` has them for what is not there.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from adlab.checkpoints.funnel import MODES, NO_COPY, NO_PICTURE, PICTURE_ONLY, UNREAD, WHOLE
from adlab.data.assessment import DataKind
from adlab.data.feature_fields import FieldSpec
from adlab.data.feature_schema import AD, FeatureSchema
from adlab.data.funnel_batch import FunnelBatch
from adlab.data.funnel_labels import labels_of
from adlab.data.funnel_stream import schema_on_disk
from adlab.data.large_log import LargeLog
from adlab.data.unknown_columns import known_only, with_hidden
from adlab.features.creative_vectors import CreativeEncoder

FloatArray = NDArray[np.float64]
_PICTURE, _COPY = ("shared image", "private image", "colour", "words"), ("shared copy", "private copy")
LACKING: dict[str, tuple[str, ...]] = {
    WHOLE: (),
    UNREAD: ("words",),
    NO_PICTURE: _PICTURE,
    NO_COPY: _COPY,
    PICTURE_ONLY: (*_COPY, "words"),
}
MODE_SHARES = (0.6, 0.1, 0.1, 0.1, 0.1)  # of the rows of training, in the order of `MODES`


class Parts(NamedTuple):
    """Numbers of the ads of each part.

    Attributes:
        train: Trained on.
        stop: Decide which epoch is best, and whether the contrastive task is kept.
        calibrate: Calibration, stored contexts and intervals; they decide on no epoch.
        test: Measured on.
    """

    train: NDArray[np.int64]
    stop: NDArray[np.int64]
    calibrate: NDArray[np.int64]
    test: NDArray[np.int64]


class Counts(NamedTuple):
    """What came of R rows, (R,) each."""

    impressions: FloatArray
    clicks: FloatArray
    conversions: FloatArray

    def take(self, rows: NDArray[np.int64]) -> Counts:
        """Those of some rows."""
        return Counts(*(part[rows] for part in self))


class Planted(NamedTuple):
    """True chances of a simulated log.

    Attributes:
        ctr: Of a click, by row, (R,).
        cvr: Of a conversion once there is a click, by row, (R,).
        ad_ctr: As `ctr`, averaged over all contexts, by ad, (N,).
        ad_cvr: As `cvr`, of the clicks in all contexts, by ad, (N,).
    """

    ctr: FloatArray
    cvr: FloatArray
    ad_ctr: FloatArray
    ad_cvr: FloatArray


@dataclass(frozen=True, kw_only=True)
class LogWords:
    """What a card says of a log.

    Attributes:
        kind: Of the data.
        trained_on: In words.
        data: Ads, impressions, clicks and conversions, in words.
        terms: Of the data.
        on: What the measures were taken on.
        limits: What the log cannot tell.
    """

    kind: DataKind
    trained_on: str
    data: str
    terms: str
    on: str
    limits: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class AdLog:
    """R rows about N ads.

    Attributes:
        table: The rows, with `ad_id`, the features and the labels.
        ads: Names of the ads, N of them.
        fields: What of the columns are features: none of them an id.
        parts: Of the ads.
        vectors: Of the ads, (N, V); None where nothing is known of the creatives.
        encoder: What made them.
        planted: The truth, of a simulated log.
        words: For the card.
        columns: Names of those fields that count as missing where an ad to be scored lacks them; what it lacks of the
            others is averaged over.
        notes: What is to be said of how the log was read, one sentence each.
        large: Where the rows of the training ads lie that did not fit into memory; `table` then holds none of them,
            and of the other parts what is measured on. None where it holds all.
    """

    table: pa.Table
    ads: tuple[str, ...]
    fields: tuple[FieldSpec, ...]
    parts: Parts
    vectors: NDArray[np.float32] | None
    encoder: CreativeEncoder | None
    planted: Planted | None
    words: LogWords
    columns: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    large: LargeLog | None = None

    @cached_property
    def ad(self) -> NDArray[np.int64]:
        """Number of each row's ad, (R,)."""
        codes = self.table[AD].combine_chunks().dictionary_encode()
        codes = codes.combine_chunks() if isinstance(codes, pa.ChunkedArray) else codes
        index = {name: number for number, name in enumerate(self.ads)}
        own = np.array([index[str(name)] for name in codes.dictionary.to_pylist()], dtype=np.int64)
        return own[np.asarray(codes.indices)]

    @cached_property
    def counts(self) -> Counts:
        """What came of each row."""
        labels, rows = labels_of(self.table), self.table.num_rows
        source = np.arange(rows) if labels.source is None else labels.source
        weight = labels.weight.astype(np.float64)
        return Counts(*(summed(source, w, rows) for w in (weight, weight * labels.click, weight * labels.conversion)))

    @cached_property
    def digest(self) -> str:
        """Of everything that a network is trained on: another log never goes on with the networks of this one."""
        parts = [self.ad, *self.counts, *self.parts, *([] if self.vectors is None else [self.vectors])]
        found = hashlib.sha256("|".join(self.ads).encode())
        if self.large is not None:
            with self.large.file.open("rb") as file:
                found.update(hashlib.file_digest(file, "sha256").digest())
        for part in parts:
            found.update(np.ascontiguousarray(part).tobytes())
        for field in self.fields:
            if field.name in self.columns:
                found.update(f"|{field}".encode())
            column = self.table[field.name]
            listed = pa.types.is_nested(column.type)
            for level in (column if listed else column.cast(pa.string())).to_pylist():
                found.update(f"|{level}".encode())
        return found.hexdigest()

    @property
    def totals(self) -> str:
        """What came of all rows, in words."""
        if self.large is None:
            shown, clicks, conversions = (float(part.sum()) for part in self.counts)
        else:
            totals = self.large.totals
            shown, clicks, conversions = totals.impressions, totals.clicks, sum(totals.conversions.values())
        return f"{shown:,.0f} impressions, {clicks:,.0f} clicks, {conversions:,.0f} conversions"

    def rows_of(self, ads: NDArray[np.int64]) -> NDArray[np.int64]:
        """Numbers of the rows about some ads, in the order of the log."""
        return np.flatnonzero(np.isin(self.ad, ads))

    def conversions_of(self, part: str) -> float:
        """Conversions of the ads of a part."""
        if self.large is not None:
            return self.large.totals.conversions.get(part, 0.0)
        return float(self.counts.take(self.rows_of(getattr(self.parts, part))).conversions.sum())

    def schema(self) -> FeatureSchema:
        """The schema that the training ads imply."""
        if self.large is not None:
            return schema_on_disk([self.large.file], self.fields)
        return FeatureSchema.fit(self.fields, [self.table.take(self.rows_of(self.parts.train))])

    def training(self, schema: FeatureSchema, *, creative: bool = True, seed: int = 0) -> FunnelBatch:
        """The training ads' rows with their labels; each has a mode of its own, and some lack columns.

        Args:
            schema: Of the rows.
            creative: Whether vectors are read; without, rows of all ads are alike but for their fields.
            seed: Of the modes, and of what is lacking.
        """
        rows = self.rows_of(self.parts.train)
        table = self.table.take(rows)
        batch = known_only(schema.encode(table), schema, self.columns)
        batch = with_hidden(batch, schema, self.columns, np.random.default_rng([seed, 7]))
        if not creative or self.vectors is None:
            return batch
        source = labels_of(table).source
        modes = np.random.default_rng([seed, 5]).choice(len(MODES), size=batch.rows, p=MODE_SHARES)
        return batch._replace(ad=self.ad[rows if source is None else rows[source]] + len(self.ads) * modes)

    @cached_property
    def creatives(self) -> NDArray[np.float32] | None:
        """The vectors in every mode, one after the other, (modes · N, V)."""
        if self.vectors is None or self.encoder is None:
            return None
        return np.concatenate([without(self.vectors, self.encoder, LACKING[mode]) for mode in MODES])

    @property
    def modes(self) -> tuple[str, ...]:
        """The modes that can be told apart."""
        return (WHOLE,) if self.vectors is None else MODES


def summed(places: NDArray[np.int64], values: FloatArray, size: int) -> FloatArray:
    """Sums of the values that stand at each of `size` places."""
    return np.asarray(np.bincount(places, values, size), dtype=np.float64)


def without(vectors: NDArray[np.float32], encoder: CreativeEncoder, blocks: tuple[str, ...]) -> NDArray[np.float32]:
    """Vectors as they are where some blocks are unknown."""
    found, place = vectors.copy(), 0
    for name, width in encoder.widths.items():
        if name in blocks:
            found[:, place : place + width] = 0
        place += width
    return found
