"""The rated ads as arrays: everything that the study on real ads reads, computed once and kept."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from adlab.data.bad_ads import AdRating, BadAds, read_bad_ads
from adlab.encoders.image import ImageEncoder
from adlab.encoders.preprocessing import Letterbox
from adlab.encoders.text import TextEncoder
from adlab.evaluation.kept import Arrays, KeptParts
from adlab.features.attributes import AttributeSchema, Row, text_vectors
from adlab.features.dominant_colour import dominant_colour
from adlab.features.stored import Progress, no_progress
from adlab.metrics.distribution import shares
from adlab.models.backbones import StagedBackbone
from adlab.training.appeal_data import rated_ads

CATEGORY = "category: "  # before a content label's name
GIVEN = "yes"
# What an attribute of the study is made of: numbers, one-hot attributes, texts. Content labels are added to "category".
NUMBERS = {"ocr": ("words",), "size": ("aspect", "area"), "rater": ("attitude", "adblocker", "democrat", "republican")}
ONE_HOT = {"colour": ("colour",)}
TEXTS = {"ocr": ("ocr",)}
ATTRIBUTES = ("ocr", "category", "size", "colour", "rater")


@dataclass(frozen=True, kw_only=True)
class RealAds:
    """N rated ads.

    Attributes:
        maps: Of the frozen backbone, (N, C, H, W) float32.
        squares: The pictures as conditional batch norm's study sees them, (N, S, S, 3) uint8.
        rows: Attributes before any standardisation.
        text: Vectors of the words in each picture, zeros without words, (N, d).
        counts: Ratings per step, (N, K).
        labels: All content labels.
    """

    maps: Tensor
    squares: Tensor
    rows: tuple[Row, ...]
    text: NDArray[np.float32]
    counts: NDArray[np.int64]
    labels: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.counts)

    @property
    def shares(self) -> NDArray[np.float32]:
        """Share of raters at each step, (N, K)."""
        return shares("counts", self.counts).astype(np.float32)

    def schema(self, train: NDArray[np.int64], attributes: Sequence[str]) -> AttributeSchema:
        """The schema that training ads imply, of some of `ATTRIBUTES`."""
        labels = [CATEGORY + label for label in self.labels] if "category" in attributes else []
        known = [self.rows[row] for row in train]
        # A label that no training ad has would have no level.
        one_hot = [name for name in labels if any(row.get(name) for row in known)]
        texts = [name for attribute in attributes for name in TEXTS.get(attribute, ())]
        return AttributeSchema.of_rows(
            known,
            one_hot=one_hot + [name for attribute in attributes for name in ONE_HOT.get(attribute, ())],
            numbers=[name for attribute in attributes for name in NUMBERS.get(attribute, ())],
            texts=texts,
            text_dim=self.text.shape[1] if texts else 0,
        )

    def vectors(
        self, train: NDArray[np.int64], attributes: Sequence[str], scales: Mapping[str, float] | None = None
    ) -> NDArray[np.float32]:
        """Attribute vectors of all ads by the schema of training ads, (N, width).

        Args:
            train: Rows of training ads.
            attributes: Some of `ATTRIBUTES`.
            scales: Factor of an attribute's columns, by its name; 1 where it is not named.
        """
        schema = self.schema(train, attributes)
        found = schema.encode(self.rows, {"ocr": self.text} if schema.texts else None)
        for name, columns in schema.slices.items():
            found[:, columns] *= (scales or {}).get(attribute_of(name), 1.0)
        return found


def attribute_of(name: str) -> str:
    """Which of `ATTRIBUTES` a name of the schema belongs to."""
    if name.startswith(CATEGORY):
        return "category"
    return next(own for parts in (NUMBERS, ONE_HOT, TEXTS) for own, names in parts.items() if name in names)


def real_ads(
    folder: Path,
    image_encoder: ImageEncoder,
    depth: int,
    conditional_size: int,
    text_encoder: TextEncoder,
    kept: KeptParts,
    progress: Progress = no_progress,
) -> RealAds:
    """Read, see and encode the rated ads, or take what was kept.

    Args:
        folder: The bad-ads data.
        image_encoder: Its network is the backbone.
        depth: Stages of the backbone.
        conditional_size: Side of `squares`, pixels.
        text_encoder: For the words.
        kept: Where arrays are kept.
        progress: Called with (ads whose words are read, all ads).

    Raises:
        DataUnavailableError: A file is missing.
    """
    data = read_bad_ads(folder)

    def see() -> Arrays:
        backbone = StagedBackbone(image_encoder.network, depth)
        ads = rated_ads(folder, backbone, image_encoder.preprocess.size, text_encoder, progress)
        text = text_vectors(text_encoder.encode, ads.words, ads.text.shape[1])
        numbers = np.array([[row["aspect"], row["words"]] for row in ads.rows], dtype=np.float64)
        return {"maps": ads.maps.numpy(), "text": text, "numbers": numbers, "counts": ads.counts}

    seen = kept.get("ads", see)
    looked = kept.get("pictures", lambda: _look(data, conditional_size))
    shown = [ad for ad in data.ads if ad.screenshot is not None]
    raters = [_raters([rating for rating in data.ratings if rating.ad_id == ad.ad_id]) for ad in shown]
    rows = tuple(
        {
            "aspect": float(aspect),
            "words": float(words),
            "area": float(area),
            "colour": str(colour),
            **of_raters,
            **{CATEGORY + label: GIVEN for label in ad.contents},
        }
        for ad, (aspect, words), area, colour, of_raters in zip(
            shown, seen["numbers"], looked["area"], looked["colour"], raters, strict=True
        )
    )
    return RealAds(
        maps=torch.from_numpy(seen["maps"].astype(np.float32)),
        squares=torch.from_numpy(looked["squares"].astype(np.uint8)),
        rows=rows,
        text=seen["text"].astype(np.float32),
        counts=seen["counts"].astype(np.int64),
        labels=data.categories,
    )


def identity(folder: Path, *settings: object) -> str:
    """A folder name that changes with the data's files and with everything that decides a number."""
    digest = hashlib.sha256(repr(settings).encode())
    for table in sorted(folder.glob("*.csv")):
        digest.update(table.read_bytes())
    for picture in sorted(folder.glob("screenshots/*")):
        digest.update(f"{picture.name} {picture.stat().st_size}".encode())
    return f"m2fn-real-{digest.hexdigest()[:16]}"


def _look(data: BadAds, size: int) -> Arrays:
    """Size, dominant colour and square of each picture."""
    letterbox, areas, colours, squares = Letterbox(size=size), [], [], []
    for ad in data.ads:
        if ad.screenshot is None:
            continue
        image = ad.creative().image
        assert image is not None
        areas.append(np.log(image.pixels.width * image.pixels.height))
        colours.append(dominant_colour(image.pixels).name)
        squares.append(letterbox(image.pixels))
    return {"area": np.array(areas), "colour": np.array(colours), "squares": np.stack(squares)}


def _raters(ratings: Sequence[AdRating]) -> dict[str, float | None]:
    """Who happened to rate an ad: their mean attitude to ads, and shares of groups among those who told."""
    attitudes = [rating.ad_attitude for rating in ratings if rating.ad_attitude is not None]
    blockers = [float(rating.adblocker) for rating in ratings if rating.adblocker is not None]
    parties = [rating.affiliation for rating in ratings if rating.affiliation]
    return {
        "attitude": float(np.mean(attitudes)) if attitudes else None,
        "adblocker": float(np.mean(blockers)) if blockers else None,
        "democrat": parties.count("democrat") / len(parties) if parties else None,
        "republican": parties.count("republican") / len(parties) if parties else None,
    }
