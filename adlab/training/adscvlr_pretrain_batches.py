"""Batches of AdsCVLR's pre-training: which picture is shown, what is hidden; by seed, epoch and batch alone.

Half of the copies are shown beside a picture of another ad of their source. Words and regions are hidden in those too,
although nothing is learned from finding them (the indicator of Eq. 5): otherwise a hidden word would tell that the
picture is the right one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import IterableDataset

from adlab.errors import InputError
from adlab.features.query_ad_tokens import PairTokens, QueryAdTokenizer, pair_inputs
from adlab.losses.image_category import UNKNOWN
from adlab.losses.masked_language import mask_words
from adlab.losses.masked_object import mask_regions
from adlab.models.pair_inputs import PairInputs
from adlab.training.adscvlr_pretrain_data import PretrainingPair
from adlab.training.adscvlr_regions import RegionBank
from adlab.training.length_buckets import LengthBuckets

NO_WORD = -1  # pads titles
APART = 1000  # added to the length of a row with a picture, so that few batches are of both kinds


class PicturedCopy(NamedTuple):
    """B pairs with a picture.

    Attributes:
        inputs: With words and regions hidden.
        hidden_words: Where words are, (B, T) bool.
        words: The hidden words, (M,).
        hidden_regions: Where regions are to be classified, (B, R) bool.
        regions: As they are, (B, R, D).
        matched: Whether picture and copy belong together, (B,) bool.
        titles: Of the ad whose picture is shown, end mark included, (B, L), `NO_WORD` behind it.
        categories: Of the ad whose picture is shown, (B,), −1 where unknown.
        labels: The class of each region, (B, R), −1 where there is none; None where it follows from `regions`.
    """

    inputs: PairInputs
    hidden_words: Tensor
    words: Tensor
    hidden_regions: Tensor
    regions: Tensor
    matched: Tensor
    titles: Tensor
    categories: Tensor
    labels: Tensor | None = None


class CopyAlone(NamedTuple):
    """Pairs without a picture; fields as of `PicturedCopy`."""

    inputs: PairInputs
    hidden_words: Tensor
    words: Tensor


class PretrainingBatch(NamedTuple):
    """A batch; a part without pairs is None."""

    pictured: PicturedCopy | None
    alone: CopyAlone | None


class PretrainingSet:
    """Pairs as rows of tokens, with their pictures' regions.

    Args:
        pairs: One or more.
        bank: Has the regions of every picture.
        tokenizer: Lays out rows; its limits are those of training.
        categories: Numbers of the categories.
        title_tokens: Longest title to be written, end mark included, 1 or more.

    Raises:
        InputError: There are no pairs.
    """

    def __init__(
        self,
        pairs: Sequence[PretrainingPair],
        bank: RegionBank,
        tokenizer: QueryAdTokenizer,
        categories: Mapping[str, int],
        *,
        title_tokens: int,
    ) -> None:
        if not pairs:
            raise InputError("There are no pairs to pre-train on; give one or more.")
        self.pairs, self.bank = tuple(pairs), bank
        self.rows: list[PairTokens] = tokenizer.tokens(pairs)
        self.pictured = np.array([bool(pair.image) for pair in pairs])
        self.lengths = np.array([len(row.ids) for row in self.rows]) + APART * self.pictured
        self.categories = np.array([categories.get(pair.category, UNKNOWN) for pair in pairs])
        coded = tokenizer.vocabulary.tokenizer
        self.start, self.end, self.mask, _ = tokenizer.vocabulary.marks
        self.marks = torch.tensor([self.start, self.end, tokenizer.vocabulary.separator_id])
        written = coded.encode_batch_fast([pair.title for pair in pairs], add_special_tokens=False)
        self.titles = [[*each.ids[: title_tokens - 1], self.end] if each.ids else [] for each in written]
        of_source: dict[str, list[int]] = {}
        for row in np.flatnonzero(self.pictured).tolist():
            of_source.setdefault(pairs[row].source, []).append(row)
        self._of_source = {name: np.array(rows) for name, rows in of_source.items()}

    def __len__(self) -> int:
        return len(self.pairs)

    def shown(self, mismatched: float, rng: np.random.Generator) -> np.ndarray:
        """The pair whose picture each pair is shown with, (N,): itself, or with a chance any of its source.

        Args:
            mismatched: Chance of a picture to be drawn from the source, 0–1.
            rng: Decides.
        """
        found = np.arange(len(self))
        for rows in self._of_source.values():
            drawn = rows[rng.random(len(rows)) < mismatched]
            found[drawn] = rng.choice(rows, len(drawn))
        return found

    def batch(
        self, rows: Sequence[int], shown: np.ndarray, generator: torch.Generator, fill: Tensor
    ) -> PretrainingBatch:
        """Some pairs, with words and regions hidden.

        Args:
            rows: Their numbers.
            shown: As `shown` gives it.
            generator: Decides what is hidden.
            fill: What replaces a hidden region, (D,).
        """
        seen = [row for row in rows if self.pictured[row]]
        rest = [row for row in rows if not self.pictured[row]]
        return PretrainingBatch(
            self._pictured(seen, shown, generator, fill) if seen else None,
            self._alone(rest, generator) if rest else None,
        )

    def _pictured(
        self, rows: Sequence[int], shown: np.ndarray, generator: torch.Generator, fill: Tensor
    ) -> PicturedCopy:
        pictures = shown[list(rows)].tolist()
        keys = [self.pairs[row].image for row in pictures]
        inputs = pair_inputs([self.rows[row] for row in rows], self.bank.regions(keys))
        assert inputs.regions is not None  # every pair has a picture
        assert inputs.region_mask is not None
        words = mask_words(inputs.token_ids, self._words(inputs), self.mask, generator)
        hidden = mask_regions(inputs.regions, inputs.region_mask, generator, fill=fill)
        return PicturedCopy(
            inputs._replace(token_ids=words.token_ids, regions=hidden.regions),
            words.masked,
            inputs.token_ids[words.masked],
            hidden.masked,
            inputs.regions,
            torch.tensor([self.pairs[row].image == key for row, key in zip(rows, keys, strict=True)]),
            _padded([self.titles[row] for row in pictures]),
            torch.from_numpy(self.categories[pictures]),
            self.bank.labels(keys),
        )

    def _alone(self, rows: Sequence[int], generator: torch.Generator) -> CopyAlone:
        inputs = pair_inputs([self.rows[row] for row in rows])
        words = mask_words(inputs.token_ids, self._words(inputs), self.mask, generator)
        return CopyAlone(inputs._replace(token_ids=words.token_ids), words.masked, inputs.token_ids[words.masked])

    def _words(self, inputs: PairInputs) -> Tensor:
        """What may be hidden: words of queries and copies, not marks."""
        return inputs.token_mask & ~torch.isin(inputs.token_ids, self.marks)


class PretrainingBatches(IterableDataset[PretrainingBatch]):
    """The batches of one epoch.

    Args:
        data: The pairs.
        batch_size: Pairs a batch.
        fill: What replaces a hidden region, (D,).
        mismatched: Chance of a picture to be another's.
        pairs: Most pairs of the epoch, drawn anew for each; None for all.
        seed: Of the run.
        epoch: From 0.
    """

    def __init__(
        self,
        data: PretrainingSet,
        batch_size: int,
        fill: Tensor,
        *,
        mismatched: float,
        pairs: int | None = None,
        seed: int = 0,
        epoch: int = 0,
    ) -> None:
        self.data, self.fill, self.seed, self.epoch = data, fill, seed, epoch
        rng = np.random.default_rng([seed, epoch])
        self.shown = data.shown(mismatched, rng)
        some = pairs is not None and pairs < len(data)
        self.chosen = np.sort(rng.choice(len(data), pairs, replace=False)) if some else np.arange(len(data))
        self.buckets = LengthBuckets(data.lengths[self.chosen].tolist(), batch_size, seed=seed)
        self.buckets.set_epoch(epoch)

    def __len__(self) -> int:
        return len(self.buckets)

    def __iter__(self) -> Iterator[PretrainingBatch]:
        for number, places in enumerate(self.buckets):
            generator = torch.Generator().manual_seed((self.seed * 1000 + self.epoch) * 1_000_003 + number)
            yield self.data.batch(self.chosen[places].tolist(), self.shown, generator, self.fill)


def _padded(titles: Sequence[Sequence[int]]) -> Tensor:
    """Titles as (B, L), L at least 1."""
    rows = torch.full((len(titles), max(1, *(len(title) for title in titles))), NO_WORD, dtype=torch.long)
    for row, title in enumerate(titles):
        rows[row, : len(title)] = torch.tensor(title, dtype=torch.long)
    return rows
