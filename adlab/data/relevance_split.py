"""Parts of graded pairs that share no query, image or product.

Several ways, because data sets differ in how their queries and products hang together:

- `split_by_components` loses nothing: pairs that share a unit, directly or through others, stay together. It needs
  data that falls into many components (CrowdFlower: 172, the largest 4 % of the pairs).
- `split_apart` takes the one or the other, for data nobody has looked at.
- `split_by_unit` and `unit_folds` divide one unit and leave out pairs whose other units would be in two parts; the
  part named later has the first claim. For data that hangs together (Home Depot: one component of 75 %).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from adlab.data.relevance import UNITS, RelevanceSet, Unit
from adlab.data.splits import DEFAULT_SHARES, split_of
from adlab.errors import ConfigError, InputError, UnknownNameError

LEFT_OUT = ""
TOO_LARGE = 0.5  # of all pairs: a component this large would be a part by itself
SMALL = 0.05  # of all pairs: components up to this size leave the shares of the parts as they are meant
Rows = NDArray[np.int64]


class Fold(NamedTuple):
    """One fold.

    Attributes:
        train: Row numbers to train on.
        test: Row numbers to measure on.
        left_out: Row numbers in neither, because a unit that is kept apart is in `test`.
    """

    train: Rows
    test: Rows
    left_out: Rows


def split_by_components(
    data: RelevanceSet,
    *,
    apart: Sequence[Unit] = UNITS,
    seed: int = 0,
    shares: Sequence[tuple[str, float]] = DEFAULT_SHARES,
) -> tuple[str, ...]:
    """The part of each pair, such that no unit is in two and no pair is lost.

    Args:
        data: The pairs.
        apart: Units of which none may be in two parts.
        seed: Another seed gives an independent split.
        shares: Names of the parts and their expected shares of the components.

    Returns:
        One name a pair.

    Raises:
        ConfigError: The shares do not fit (see `split_of`), or no unit is named.
        InputError: One component holds more than half of the pairs.
        UnknownNameError: There is no such unit.
    """
    component = components(data, apart=apart)
    sizes = np.bincount(component) if len(component) else np.zeros(0, dtype=np.int64)
    if len(sizes) and sizes.max() > TOO_LARGE * len(data):
        raise InputError(
            f"{sizes.max():,} of {len(data):,} pairs hang together by {' and '.join(apart)}; "
            "divide them with split_by_unit or unit_folds, which leave some out."
        )
    names: dict[int, str] = {}
    for row, number in enumerate(component.tolist()):  # its least name: independent of the order of the pairs
        least = min(f"{unit}:{name}" for unit in apart if (name := data.pairs[row].unit(unit)))
        names[number] = min(names.get(number, least), least)
    part_of = {number: split_of(name, seed=seed, shares=shares) for number, name in names.items()}
    return tuple(part_of[number] for number in component.tolist())


def split_by_unit(
    data: RelevanceSet,
    lead: Unit,
    *,
    apart: Sequence[Unit] = UNITS,
    seed: int = 0,
    shares: Sequence[tuple[str, float]] = DEFAULT_SHARES,
) -> tuple[str, ...]:
    """The part of each pair by one of its units, without the pairs whose other units would be in two parts.

    Args:
        data: The pairs; each has the leading unit.
        lead: The unit that is divided.
        apart: Further units of which none may be in two parts.
        seed: Another seed gives an independent split.
        shares: Names of the parts and their expected shares of the leading units; a later part has the first claim on
            a unit, so that measuring loses nothing and training loses most.

    Returns:
        One name a pair, `LEFT_OUT` for those in no part.

    Raises:
        ConfigError: The shares do not fit (see `split_of`).
        InputError: A pair lacks the leading unit.
        UnknownNameError: There is no such unit.
    """
    _check_units([lead, *apart])
    leading = _leading(data, lead)
    part_of = {name: split_of(name, seed=seed, shares=shares) for name in set(leading)}
    return keep_apart(data, [part_of[name] for name in leading], [name for name, _ in shares], apart=apart)


def split_apart(data: RelevanceSet, *, seed: int = 0) -> tuple[str, ...]:
    """The part of each pair, by components where all of them are small, else by query.

    No query, image or product is in two parts.

    Args:
        data: The pairs.
        seed: Another seed gives an independent split.

    Returns:
        One name a pair, `LEFT_OUT` for those in no part.
    """
    sizes = np.bincount(components(data)) if len(data) else np.zeros(1, dtype=np.int64)
    if sizes.max() <= SMALL * len(data):
        return split_by_components(data, seed=seed)
    return split_by_unit(data, "query", seed=seed)


def unit_folds(
    data: RelevanceSet, lead: Unit, *, n_folds: int = 5, apart: Sequence[Unit] = UNITS, seed: int = 0
) -> tuple[Fold, ...]:
    """Folds over one unit: each of its values is measured on once.

    Args:
        data: The pairs; each has the leading unit.
        lead: The unit that is divided.
        n_folds: Number of folds, at least 2.
        apart: Further units of which none may be both in a fold's `train` and in its `test`.
        seed: Another seed gives independent folds.

    Raises:
        ConfigError: There are fewer than two folds, or more than values of the unit.
        InputError: A pair lacks the leading unit.
        UnknownNameError: There is no such unit.
    """
    _check_units([lead, *apart])
    leading = _leading(data, lead)
    values = sorted(set(leading))
    if not 2 <= n_folds <= len(values):
        raise ConfigError(f"n_folds is {n_folds}; give 2 to {len(values)}, the number of values of {lead}.")
    order = np.random.default_rng(seed).permutation(len(values))
    fold_of = {values[place]: number % n_folds for number, place in enumerate(order)}
    folds = []
    for number in range(n_folds):
        parts = ["test" if fold_of[name] == number else "train" for name in leading]
        kept = np.array(keep_apart(data, parts, ["train", "test"], apart=apart))
        folds.append(Fold(*(np.flatnonzero(kept == part) for part in ("train", "test", LEFT_OUT))))
    return tuple(folds)


def keep_apart(
    data: RelevanceSet, parts: Sequence[str], names: Sequence[str], *, apart: Sequence[Unit] = UNITS
) -> tuple[str, ...]:
    """Leave out the pairs that would put a unit into two parts; the part named last has the first claim.

    Args:
        data: The pairs.
        parts: The part of each pair, `LEFT_OUT` for none.
        names: The parts, the one with the first claim last.
        apart: Units of which none may be in two parts.

    Raises:
        InputError: There is not one part a pair.
        UnknownNameError: There is no such unit.
    """
    _check_units(apart)
    if len(parts) != len(data):
        raise InputError(f"There are {len(parts)} parts for {len(data)} pairs; give one each.")
    kept = [LEFT_OUT] * len(data)
    claimed: dict[tuple[Unit, str], str] = {}
    for part in reversed(names):
        rows = [row for row, given in enumerate(parts) if given == part]
        for row in rows:
            keys = _keys(data, row, apart)
            if all(claimed.get(key, part) == part for key in keys):
                kept[row] = part
        claimed |= {key: part for row in rows if kept[row] == part for key in _keys(data, row, apart)}
    return tuple(kept)


def components(data: RelevanceSet, *, apart: Sequence[Unit] = UNITS) -> Rows:
    """Number of the component that each pair is in, (N,); pairs of one component share units, if through others.

    Raises:
        ConfigError: No unit is named.
        InputError: A pair has none of the units.
        UnknownNameError: There is no such unit.
    """
    _check_units(apart)
    number_of: dict[tuple[Unit, str], int] = {}
    ties: list[tuple[int, int]] = []
    for row in range(len(data)):
        keys = _keys(data, row, apart)
        if not keys:
            raise InputError(f"Pair {row} has no {' or '.join(apart)}; it cannot be kept apart by it.")
        ties += [(row, number_of.setdefault(key, len(number_of))) for key in keys]
    if not ties:
        return np.zeros(0, dtype=np.int64)
    rows, units = np.array(ties).T
    size = len(data) + len(number_of)
    graph = coo_matrix((np.ones(len(ties), dtype=np.int8), (rows, units + len(data))), shape=(size, size))
    _, component = connected_components(graph, directed=False)
    _, dense = np.unique(component[: len(data)], return_inverse=True)
    return dense.astype(np.int64)


def _keys(data: RelevanceSet, row: int, apart: Sequence[Unit]) -> list[tuple[Unit, str]]:
    return [(unit, name) for unit in apart if (name := data.pairs[row].unit(unit))]


def _leading(data: RelevanceSet, lead: Unit) -> tuple[str, ...]:
    leading = data.units(lead)
    if "" in leading:
        raise InputError(f"Pair {leading.index('')} has no {lead}; divide the pairs by another unit.")
    return leading


def _check_units(units: Sequence[str]) -> None:
    if not units:
        raise ConfigError("No unit is named; name at least one of query, image and product.")
    for unit in units:
        if unit not in UNITS:
            raise UnknownNameError("unit", unit, UNITS)
