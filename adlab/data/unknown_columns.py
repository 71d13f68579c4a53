"""Columns of a log that an ad to be scored may lack: what is not known of them has one code, which training meets.

An empty cell, a level that training never saw and one that it saw too rarely are all "not known": the missing code, an
empty list, or the training mean with its flag. A network can only use that code if it has met it, so columns are hidden
from some rows of training: from a tenth all of them, from another tenth each with an even chance.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from adlab.data.feature_fields import MISSING, UNSEEN
from adlab.data.feature_schema import FeatureSchema
from adlab.data.funnel_batch import Bag, FunnelBatch

HIDE_ALL, HIDE_SOME = 0.1, 0.1  # shares of the rows of training


def known_only(batch: FunnelBatch, schema: FeatureSchema, columns: Collection[str]) -> FunnelBatch:
    """The batch with levels that training did not keep as missing, in some columns; other fields are left as they are.

    Args:
        batch: N rows, encoded by the schema.
        schema: Its schema.
        columns: Names of fields.
    """
    if not columns:
        return batch
    sparse, bags = batch.sparse.copy(), dict(batch.bags)
    for place, field in enumerate(schema.sparse):
        if field.name in columns and field.levels is not None:
            sparse[sparse[:, place] == UNSEEN, place] = MISSING
    for field in schema.multi:
        if field.name in columns and field.levels is not None:
            bags[field.name] = _kept(bags[field.name], bags[field.name].values != UNSEEN)
    return batch._replace(sparse=sparse, bags=bags)


def known_columns(batch: FunnelBatch, schema: FeatureSchema, columns: Collection[str]) -> NDArray[np.int64]:
    """How many of some columns each row knows, (N,); a number without a flag always counts as known.

    Args:
        batch: N rows, encoded by the schema, as `known_only` gives them.
        schema: Its schema.
        columns: Names of fields.
    """
    count = np.zeros(batch.rows, dtype=np.int64)
    for place, field in enumerate(schema.sparse):
        if field.name in columns:
            count += batch.sparse[:, place] != MISSING
    flags = {name: place for place, name in enumerate(schema.dense_names)}
    for number in schema.dense:
        if number.name in columns:
            count += batch.dense[:, flags[f"{number.name} missing"]] == 0 if number.flag_missing else 1
    for field in schema.multi:
        if field.name in columns:
            count += np.diff(batch.bags[field.name].offsets) > 0
    return count


def with_hidden(
    batch: FunnelBatch, schema: FeatureSchema, columns: Collection[str], rng: np.random.Generator
) -> FunnelBatch:
    """Rows of training, some of which do not know some columns or all of them.

    Args:
        batch: N rows, encoded by the schema.
        schema: Its schema.
        columns: Names of the fields that may be hidden.
        rng: Decides what is.
    """
    if not columns:
        return batch
    kind, coin = rng.random(batch.rows), rng.random((batch.rows, len(columns))) < 0.5
    all_of_it, some = kind < HIDE_ALL, (kind >= HIDE_ALL) & (kind < HIDE_ALL + HIDE_SOME)
    return hidden(batch, schema, columns, all_of_it[:, None] | (some[:, None] & coin))


def hidden(
    batch: FunnelBatch, schema: FeatureSchema, columns: Collection[str], where: NDArray[np.bool_]
) -> FunnelBatch:
    """Rows of which some columns are not known.

    Args:
        batch: N rows, encoded by the schema.
        schema: Its schema.
        columns: C names of fields.
        where: Which of them each row does not know, in their order, (N, C).
    """
    sparse, dense, bags = batch.sparse.copy(), batch.dense.copy(), dict(batch.bags)
    unknown = dict(zip(columns, where.T, strict=True))
    none = np.zeros(batch.rows, dtype=bool)
    for place, field in enumerate(schema.sparse):
        sparse[unknown.get(field.name, none), place] = MISSING
    flag = len(schema.dense)
    for place, number in enumerate(schema.dense):
        rows = unknown.get(number.name, none)
        dense[rows, place] = 0  # the training mean
        if number.flag_missing:
            dense[rows, flag] = 1
            flag += 1
    for field in schema.multi:
        if field.name in unknown:
            bag = bags[field.name]
            bags[field.name] = _kept(bag, ~np.repeat(unknown[field.name], np.diff(bag.offsets)))
    return batch._replace(sparse=sparse, dense=dense, bags=bags)


def _kept(bag: Bag, kept: NDArray[np.bool_]) -> Bag:
    """The lists without some of their values."""
    before = np.concatenate([[0], np.cumsum(kept)])
    return Bag(bag.values[kept], before[bag.offsets].astype(np.int64))
