"""Graded pairs as AdsCVLR reads them: rows of tokens, regions, and batches whose sources have stated shares.

A pair with a picture and copy is read as a whole, and a share of them also without the copy and without the picture:
the head is asked for all three, so the grade is learned in all three. A pair that lacks one of them has one way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import IterableDataset

from adlab.data.relevance import RelevancePair, RelevanceSet
from adlab.errors import ConfigError, InputError
from adlab.features.query_ad_tokens import PairTokens, QueryAdTokenizer, pair_inputs
from adlab.models.pair_inputs import InputMode, PairInputs
from adlab.training.adscvlr_regions import RegionBank
from adlab.training.length_buckets import LengthBuckets

MODES = (InputMode.IMAGE_TEXT, InputMode.IMAGE_ONLY, InputMode.TEXT_ONLY)
_APART = 1000  # between the lengths of modes, so that few batches are of two kinds: the contrast needs many of one


def mode_of(pair: RelevancePair) -> InputMode:
    """The mode in which everything that a pair has is read."""
    if not pair.image:
        return InputMode.TEXT_ONLY
    has_text = pair.title or pair.seller or pair.brand or pair.description
    return InputMode.IMAGE_TEXT if has_text else InputMode.IMAGE_ONLY


class GradedBatch(NamedTuple):
    """B pairs: those with picture and copy first, those with a picture alone next, those without one last.

    Attributes:
        parts: The three kinds in that order, None where there is no such pair.
        grades: (B,).
        confidences: (B,).
        queries: Numbers of the queries, (B,).
        numbers: Row numbers in the set, (B,).
        thrice: Which pairs are read in all three modes, places among those with picture and copy, (M,).
    """

    parts: tuple[PairInputs | None, PairInputs | None, PairInputs | None]
    grades: Tensor
    confidences: Tensor
    queries: Tensor
    numbers: Tensor
    thrice: Tensor


class GradedSet:
    """Graded pairs with their tokens and regions.

    Args:
        data: The pairs, one or more.
        bank: Has the regions of every picture.
        tokenizer: Lays out rows.

    Raises:
        InputError: There are no pairs.
    """

    def __init__(self, data: RelevanceSet, bank: RegionBank, tokenizer: QueryAdTokenizer) -> None:
        if not len(data):
            raise InputError("There are no graded pairs; give one or more.")
        self.data, self.bank = data, bank
        self.rows: list[PairTokens] = tokenizer.tokens(data.pairs)
        self.sources = np.array([pair.source for pair in data.pairs])
        self.modes = np.array([MODES.index(mode_of(pair)) for pair in data.pairs])
        self.lengths = np.array([len(row.ids) for row in self.rows])
        names = {name: number for number, name in enumerate(dict.fromkeys(data.units("query")))}
        self.queries = np.array([names[name] for name in data.units("query")])
        self.grades, self.confidences = data.grades, data.confidences.astype(np.float32)

    def __len__(self) -> int:
        return len(self.data)

    def inputs(self, rows: Sequence[int]) -> PairInputs:
        """Some pairs with all that they have."""
        pairs = [self.data.pairs[row] for row in rows]
        regions = self.bank.regions([pair.image for pair in pairs])
        return pair_inputs([self.rows[row] for row in rows], regions, self.bank.wholes_of(pairs))

    def batch(self, rows: Sequence[int], thrice: np.ndarray | None = None) -> GradedBatch:
        """Some pairs.

        Args:
            rows: Their numbers, one or more.
            thrice: Which pairs of the set are read in all three modes if they can be, (N,) bool; none by default.
        """
        chosen = np.array(rows)[np.argsort(self.modes[list(rows)], kind="stable")]
        kinds = [chosen[self.modes[chosen] == kind].tolist() for kind in range(len(MODES))]
        both, image, text = (self.inputs(kind) if kind else None for kind in kinds)
        marked = np.zeros(len(kinds[0]), dtype=bool) if thrice is None else thrice[kinds[0]]
        return GradedBatch(
            (both, image, text),
            torch.from_numpy(self.grades[chosen]),
            torch.from_numpy(self.confidences[chosen]),
            torch.from_numpy(self.queries[chosen]),
            torch.from_numpy(chosen),
            torch.from_numpy(np.flatnonzero(marked)),
        )


def drawn_rows(sources: np.ndarray, shares: Mapping[str, float], pairs: int, rng: np.random.Generator) -> np.ndarray:
    """Rows of one epoch: each source has its share, and none of its pairs comes a second time before all came once.

    Args:
        sources: Source of each pair, (N,).
        shares: Share of each source, above 0; sources that have no pairs are left out, and the others scaled up.
        pairs: How many rows are wanted; up to one a source more or fewer come, always as many.
        rng: Decides which.

    Raises:
        ConfigError: A source has no share, a share is not above 0, or fewer than one pair is wanted.
    """
    present = sorted(set(sources.tolist()))
    if lacking := [name for name in present if not shares.get(name, 0) > 0]:
        raise ConfigError(f"The source {lacking[0]!r} has no share above 0; give one for each of {present}.")
    if pairs < 1:
        raise ConfigError(f"pairs is {pairs}; give a whole number of 1 or more.")
    total = sum(shares[name] for name in present)
    found = []
    for name in present:
        own = np.flatnonzero(sources == name)
        count = max(1, round(pairs * shares[name] / total))
        rounds = [rng.permutation(own) for _ in range(-(-count // len(own)))]
        found.append(np.concatenate(rounds)[:count])
    return np.concatenate(found)


class GradedBatches(IterableDataset[GradedBatch]):
    """The batches of one epoch; they depend on seed and epoch only.

    Args:
        data: The pairs.
        rows: Numbers of those that come, (K,), repeats allowed.
        batch_size: Pairs a batch.
        three_modes: Chance of a pair with picture and copy to be read in all three modes, 0–1.
        seed: Of the run.
        epoch: From 0.
    """

    def __init__(
        self,
        data: GradedSet,
        rows: np.ndarray,
        batch_size: int,
        *,
        three_modes: float = 0.0,
        seed: int = 0,
        epoch: int = 0,
    ) -> None:
        self.data, self.rows = data, rows
        self.thrice = np.random.default_rng([seed, epoch, 1]).random(len(data)) < three_modes
        lengths = data.lengths[rows] + _APART * data.modes[rows]
        self.buckets = LengthBuckets(lengths.tolist(), batch_size, seed=seed)
        self.buckets.set_epoch(epoch)

    def __len__(self) -> int:
        return len(self.buckets)

    def __iter__(self) -> Iterator[GradedBatch]:
        for places in self.buckets:
            yield self.data.batch(self.rows[places].tolist(), self.thrice)
