"""Rated web ads as tensors: the backbone's map, what was read from the picture, and the distribution of ratings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from adlab.data.bad_ads import read_bad_ads
from adlab.encoders.preprocessing import Letterbox
from adlab.encoders.text import TextEncoder
from adlab.errors import AdlabError, InputError
from adlab.features.appeal_attributes import row_of, schema_of, vectors_of
from adlab.features.attributes import AttributeSchema, Row
from adlab.features.ocr_pool import read_all
from adlab.features.stored import Progress, no_progress
from adlab.metrics.distribution import shares
from adlab.models.backbones import StagedBackbone
from adlab.training.appeal_task import RatedTensors

BATCH = 16


@dataclass(frozen=True)
class RatedAds:
    """N rated ads.

    Attributes:
        ad_ids: Unique ids.
        maps: Of the frozen backbone, (N, C, H, W) float32.
        rows: Attributes before any standardisation.
        words: The words in each picture.
        text: Their vectors, (N, d).
        counts: Number of ratings per step, (N, K).
        contents: Content labels of each ad.
    """

    ad_ids: tuple[str, ...]
    maps: Tensor
    rows: tuple[Row, ...]
    words: tuple[str, ...]
    text: np.ndarray
    counts: np.ndarray
    contents: tuple[tuple[str, ...], ...]

    def __len__(self) -> int:
        return len(self.ad_ids)

    @property
    def means(self) -> np.ndarray:
        """Mean rating of each ad, (N,)."""
        return np.asarray(shares("counts", self.counts) @ np.arange(1, self.counts.shape[1] + 1))

    def schema(self, rows: np.ndarray) -> AttributeSchema:
        """What the ads at `rows` imply."""
        return schema_of([self.rows[row] for row in rows], self.text.shape[1])

    def tensors(self, rows: np.ndarray, schema: AttributeSchema) -> RatedTensors:
        """The ads at `rows`, their attributes by a schema."""
        known = dict(zip(self.words, self.text, strict=True))
        width = self.text.shape[1]
        aux = vectors_of(
            schema,
            [self.rows[row] for row in rows],
            [self.words[row] for row in rows],
            lambda texts: np.stack([known[text] for text in texts]) if len(texts) else np.zeros((0, width)),
        )
        index = torch.as_tensor(rows, dtype=torch.long)
        ratings = shares("counts", self.counts[rows]).astype(np.float32)
        return RatedTensors(self.maps[index], torch.from_numpy(aux), torch.from_numpy(ratings))


def rated_ads(
    folder: Path, backbone: StagedBackbone, size: int, text_encoder: TextEncoder, progress: Progress = no_progress
) -> RatedAds:
    """Read, see and encode the rated ads; words come from OCR, kept by content hash.

    Args:
        folder: The bad-ads data.
        backbone: Frozen.
        size: Side of the square in pixels.
        text_encoder: For the words.
        progress: Called with (ads whose words are read, all ads).

    Raises:
        DataUnavailableError: A file is missing.
        InputError: The words of a picture cannot be read.
    """
    ads = [ad for ad in read_bad_ads(folder).ads if ad.screenshot is not None]
    images = [ad.creative().image for ad in ads]
    pictures = [image for image in images if image is not None]
    read = read_all(pictures, progress=progress)
    words = []
    for ad, found in zip(ads, read, strict=True):
        if isinstance(found, AdlabError):
            raise InputError(f"The words in the ad {ad.ad_id} cannot be read: {found}")
        words.append(found.text)
    return RatedAds(
        tuple(ad.ad_id for ad in ads),
        maps_of([picture.pixels for picture in pictures], backbone, size),
        tuple(row_of(*picture.pixels.size, text) for picture, text in zip(pictures, words, strict=True)),
        tuple(words),
        text_encoder.encode(words),
        np.array([ad.outcomes.ratings for ad in ads], dtype=np.int64),
        tuple(ad.contents for ad in ads),
    )


def maps_of(pictures: Sequence[Image.Image], backbone: StagedBackbone, size: int) -> Tensor:
    """The backbone's map of each picture, (N, C, H, W) float32."""
    letterbox, found = Letterbox(size=size), []
    with torch.inference_mode():
        for start in range(0, len(pictures), BATCH):
            squares = np.stack([letterbox(picture) for picture in pictures[start : start + BATCH]])
            found.append(backbone(backbone.scale(torch.from_numpy(squares))))
    return torch.cat(found).clone()
