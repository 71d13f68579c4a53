"""What a query–ad network reads: one sequence of tokens, then the regions of the ad's picture (AdsCVLR, §4.2).

A row is ``[CLS] query ##! title ##! seller ##! brand ##! description [SEP]``, padded at its end. ``[CLS]`` and the
query are segment 0; everything from the first ``##!`` to ``[SEP]`` is the ad's text, segment 1; regions follow the
tokens and are segment 2 to the network. A token's position is its place in the row. A pair without ad text is
``[CLS] query`` alone, so that hiding the ad's text and never having had any are the same input.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

import torch
from torch import Tensor

from adlab.errors import InputError

QUERY, AD_TEXT, IMAGE = 0, 1, 2
SEGMENTS = 3
COLOURS = 3  # beside the three among the wholes
WHOLES = 4
MAX_TOKENS = 152  # AdsCVLR's maximum length
BOX_FEATURES = 5  # left, top, right, bottom and area, each as a share of the picture


class InputMode(Enum):
    """Which parts of an ad the network sees beside the query (AdsCVLR, Figure 4)."""

    IMAGE_TEXT = "image-text"
    IMAGE_ONLY = "image-only"
    TEXT_ONLY = "text-only"


class PairInputs(NamedTuple):
    """A batch of query–ad pairs; every tensor's first axis is the pair.

    Attributes:
        token_ids: (B, T) int64; what they are where `token_mask` is False does not matter.
        segment_ids: (B, T) int64, `QUERY` or `AD_TEXT`.
        token_mask: (B, T) bool, True where a token is; always so at ``[CLS]``, place 0.
        regions: Features of the picture's regions, (B, R, D) float32, or None where no pair has a picture.
        region_boxes: Where each region lies: left, top, right, bottom, area, each 0–1, (B, R, 5); or None.
        region_mask: (B, R) bool, True where a region is; all False in the row of a pair without a picture. (B, 0) or
            None where `regions` is None.
        wholes: Vectors of the whole query, copy and picture in one space of texts, and the histogram of the picture's
            colours, each of length 1, or zeros where there is none: (B, 4, W) float32, at the places `QUERY`,
            `AD_TEXT`, `IMAGE` and `COLOURS`. None where they are unknown.
    """

    token_ids: Tensor
    segment_ids: Tensor
    token_mask: Tensor
    regions: Tensor | None = None
    region_boxes: Tensor | None = None
    region_mask: Tensor | None = None
    wholes: Tensor | None = None

    def to(self, device: torch.device | str) -> PairInputs:
        """The same batch on another device."""
        return _each(self, lambda part: part.to(device, non_blocking=True))

    def pin_memory(self) -> PairInputs:
        """The same batch in page-locked memory, from which copies to a GPU need not wait."""
        return _each(self, lambda part: part.pin_memory())

    def rows(self, rows: Tensor) -> PairInputs:
        """Chosen pairs, in the order chosen.

        Args:
            rows: Row numbers, (N,) int64, or a mask, (B,) bool.
        """
        return _each(self, lambda part: part[rows])

    def has_image(self) -> Tensor:
        """Which pairs have a picture, (B,) bool."""
        if self.region_mask is None:
            return self.token_mask.new_zeros(len(self.token_mask))
        return self.region_mask.any(dim=1)

    def in_mode(self, mode: InputMode) -> PairInputs:
        """The same pairs with one modality hidden by the masks.

        Hidden tokens at the end of every row, and regions hidden in all rows, are cut off: the answer is that of
        the masks alone, at a lower cost.
        """
        if mode is InputMode.IMAGE_TEXT:
            return self
        if mode is InputMode.TEXT_ONLY:
            hidden = self._replace(regions=None, region_boxes=None, region_mask=None)
            return hidden._replace(wholes=None if self.wholes is None else wholes_in_mode(self.wholes, mode))
        mask = self.token_mask & (self.segment_ids == QUERY)
        kept = int(mask.any(dim=0).nonzero().max()) + 1
        return self._replace(
            token_ids=self.token_ids[:, :kept],
            segment_ids=self.segment_ids[:, :kept],
            token_mask=mask[:, :kept],
            wholes=None if self.wholes is None else wholes_in_mode(self.wholes, mode),
        )


def wholes_in_mode(wholes: Tensor, mode: InputMode) -> Tensor:
    """Vectors of wholes (B, 4, W) with zeros for what a mode hides."""
    if mode is InputMode.IMAGE_TEXT:
        return wholes
    hidden = [IMAGE, COLOURS] if mode is InputMode.TEXT_ONLY else [AD_TEXT]
    return wholes.index_fill(1, torch.tensor(hidden, device=wholes.device), 0.0)


def _each(inputs: PairInputs, change: Callable[[Tensor], Tensor]) -> PairInputs:
    ids, segments, mask, *rest = inputs
    return PairInputs(
        change(ids), change(segments), change(mask), *(None if part is None else change(part) for part in rest)
    )


def check_pair_inputs(inputs: PairInputs) -> None:
    """Check that the parts of a batch fit each other.

    Raises:
        InputError: A shape or type does not fit, there are more than `MAX_TOKENS` places, or a row lacks ``[CLS]``.
    """
    shape = tuple(inputs.token_ids.shape)
    if len(shape) != 2 or not 1 <= shape[1] <= MAX_TOKENS:
        raise InputError(f"token_ids have shape {shape}; give (pairs, places) with 1 to {MAX_TOKENS} places.")
    for name in ("segment_ids", "token_mask"):
        if tuple(getattr(inputs, name).shape) != shape:
            raise InputError(f"{name} has shape {tuple(getattr(inputs, name).shape)}; give {shape}, as token_ids have.")
    if inputs.token_mask.dtype != torch.bool or not bool(inputs.token_mask[:, 0].all()):
        raise InputError("token_mask must be bool and True at place 0 of every row, where [CLS] is.")
    wholes = inputs.wholes
    if wholes is not None and (wholes.ndim != 3 or wholes.shape[:2] != (shape[0], WHOLES)):
        raise InputError(f"wholes have shape {tuple(wholes.shape)}; give ({shape[0]}, {WHOLES}, width).")
    if inputs.regions is None:
        return
    places = tuple(inputs.regions.shape[:2])
    if inputs.regions.ndim != 3 or places[0] != shape[0]:
        raise InputError(f"regions have shape {tuple(inputs.regions.shape)}; give ({shape[0]}, regions, width).")
    for name, wanted in (("region_mask", places), ("region_boxes", (*places, BOX_FEATURES))):
        part = getattr(inputs, name)
        if part is None or tuple(part.shape) != wanted:
            found = "missing" if part is None else f"of shape {tuple(part.shape)}"
            raise InputError(f"{name} is {found}; give {wanted} beside the regions.")
