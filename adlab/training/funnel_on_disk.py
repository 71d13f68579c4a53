"""The training rows of a log that is too large for memory, batch by batch, as `AdLog.training` gives them in memory.

What a row lacks is drawn anew for each batch, from the seed and the batch's position, instead of once a row: a stopped
training meets again what it would have met, and in a further epoch a row lacks something else.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from adlab.checkpoints.funnel import MODES
from adlab.data.feature_schema import FeatureSchema
from adlab.data.funnel_batch import FunnelBatch
from adlab.data.funnel_stream import Batching, Extent, FunnelStream, Position
from adlab.data.large_log import LargeLog
from adlab.data.unknown_columns import known_only, with_hidden
from adlab.training.funnel_ads import MODE_SHARES, AdLog


class StreamedAds:
    """A source of batches for `FunnelLoop`.

    Args:
        log: Its ads, with their vectors.
        large: Its training rows.
        schema: Of the rows.
        batching: How they become batches.
        creative: Whether vectors are read; without, rows of all ads are alike but for their fields.
        seed: Of the modes, and of what is lacking.
    """

    def __init__(
        self,
        log: AdLog,
        large: LargeLog,
        schema: FeatureSchema,
        batching: Batching,
        *,
        creative: bool = True,
        seed: int = 0,
    ) -> None:
        self.batching, self._log, self._schema, self._seed = batching, log, schema, seed
        self._creative = creative and log.vectors is not None
        index = {name: number for number, name in enumerate(log.ads)} if self._creative else None
        self._stream = FunnelStream([large.file], schema, batching, ads=index)

    @property
    def extent(self) -> Extent:
        """What an epoch gives."""
        return self._stream.extent

    @property
    def steps(self) -> int:
        """Batches of an epoch; about so many where counts decide how many rows a block has."""
        return self._stream.steps

    def batches(self, epoch: int, after: Position | None = None) -> Iterator[tuple[FunnelBatch, Position]]:
        """The batches of an epoch, or those behind a position in it."""
        for batch, position in self._stream.batches(epoch, after):
            yield self._lacking(batch, position), position

    def _lacking(self, batch: FunnelBatch, position: Position) -> FunnelBatch:
        columns = self._log.columns
        batch = known_only(batch, self._schema, columns)
        batch = with_hidden(batch, self._schema, columns, np.random.default_rng([self._seed, 7, *position]))
        if not self._creative:
            return batch
        modes = np.random.default_rng([self._seed, 5, *position]).choice(len(MODES), size=batch.rows, p=MODE_SHARES)
        return batch._replace(ad=batch.ad + len(self._log.ads) * modes)
