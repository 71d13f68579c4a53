"""The rows of AdsCVLR's Tables 1–3 that are trainings of its network: what each sees, and what it learns from.

All start from MiniLM's text layers and see as many pairs. The paper does not say what its Table 2 was pre-trained on;
its best row lies below Table 1's, and below that without pre-training (Table II): here Table 2 has none.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from adlab.data.relevance import RelevancePair, RelevanceSet
from adlab.errors import ConfigError
from adlab.losses.adscvlr_finetuning import CONTRAST_WEIGHT
from adlab.losses.adscvlr_pretraining import PretrainingWeights
from adlab.training.adscvlr_pretrain_data import PretrainingPair
from adlab.training.adscvlr_sources import Material
from adlab.training.relevance_data import RelevanceData

BOTH, IMAGE, TEXT = "both", "image", "text"


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One row.

    Attributes:
        key: Short name, for what is kept.
        name: As the report has it.
        tables: The paper's tables that have it, with the paper's AUC in percent.
        sees: ``"both"``, ``"image"`` (ad text hidden) or ``"text"`` (pictures hidden), in training and test alike.
        weights: Of the pre-training's tasks; None without pre-training.
        texts_alone: Whether pre-training has texts without a picture: the text-only MLM of Table 3.
        three_modes: Chance of a pair with picture and copy to be read in all three modes.
        contrast: Weight of the contrast of the modes.
        likeness: Whether grades also rest on the likeness of the wholes, which is ours.
    """

    key: str
    name: str
    tables: dict[str, float]
    sees: str = BOTH
    weights: PretrainingWeights | None = None
    texts_alone: bool = True
    three_modes: float = 0.5
    contrast: float = CONTRAST_WEIGHT
    likeness: bool = False


_ALL = PretrainingWeights()
ARMS = (
    Arm(key="full", name="AdsCVLR: all tasks and L_CL", tables={"1": 89.16, "3": 89.16}, weights=_ALL),
    Arm(
        key="unicoder",
        name="Unicoder-VL: without CAP and L_CL",
        tables={"1": 87.90},
        weights=replace(_ALL, caption=0.0),
        contrast=0.0,
    ),
    Arm(
        key="unicoder_image",
        name="Unicoder-VL, image alone",
        tables={"1": 83.16},
        sees=IMAGE,
        weights=replace(_ALL, caption=0.0),
        texts_alone=False,
        three_modes=0.0,
        contrast=0.0,
    ),
    Arm(key="text", name="text alone (BERT)", tables={"1": 82.15, "2": 86.93}, sees=TEXT, three_modes=0.0),
    Arm(key="image", name="image alone", tables={"2": 80.03}, sees=IMAGE, three_modes=0.0),
    Arm(key="both", name="image and text", tables={"2": 87.10}, three_modes=0.0, contrast=0.0),
    Arm(key="three", name="image and text, graded in three modes, no L_CL", tables={}, contrast=0.0),
    Arm(key="contrast", name="image and text, three modes, L_CL", tables={"2": 87.74}),
    Arm(key="likeness", name="the same, likeness of wholes and match of colours (ours)", tables={}, likeness=True),
    Arm(
        key="a",
        name="a: MLM, MOC, VLM on picture and copy",
        tables={"3": 87.40},
        weights=replace(_ALL, caption=0.0, image_category=0.0),
        texts_alone=False,
    ),
    Arm(
        key="b",
        name="b: a and MLM on texts alone",
        tables={"3": 88.69},
        weights=replace(_ALL, caption=0.0, image_category=0.0),
    ),
    Arm(key="c", name="c: b and IC", tables={"3": 88.72}, weights=replace(_ALL, caption=0.0)),
    Arm(key="d", name="d: b and CAP", tables={"3": 88.81}, weights=replace(_ALL, image_category=0.0)),
    Arm(key="e", name="e: a, IC and CAP", tables={"3": 88.78}, weights=_ALL, texts_alone=False),
)


def seen_pair(pair: RelevancePair, sees: str) -> RelevancePair | None:
    """A pair as an arm sees it, or None where nothing of the ad is left.

    Raises:
        ConfigError: There is no such way to see.
    """
    if sees == BOTH:
        return pair
    if sees == TEXT:
        has_text = pair.title or pair.seller or pair.brand or pair.description
        return replace(pair, image="") if has_text else None
    if sees == IMAGE:
        return replace(pair, title="", seller="", brand="", description="") if pair.image else None
    raise ConfigError(f"sees is {sees!r}; give {BOTH!r}, {IMAGE!r} or {TEXT!r}.")


def seen_set(data: RelevanceSet, sees: str) -> tuple[RelevanceSet, np.ndarray]:
    """Pairs as an arm sees them, and their row numbers in the set."""
    seen = [seen_pair(pair, sees) for pair in data.pairs]
    rows = np.array([row for row, pair in enumerate(seen) if pair is not None], dtype=np.int64)
    return RelevanceSet(tuple(pair for pair in seen if pair is not None), data.files, data.problems), rows


def seen_material(material: Material, arm: Arm) -> Material:
    """All that an arm is trained on."""
    graded, rows = seen_set(material.graded.data, arm.sees)
    parts = tuple(material.graded.parts[row] for row in rows)
    stop, calibrate = (seen_set(part, arm.sees)[0] for part in (material.stop, material.calibrate))

    def kept(pairs: list[PretrainingPair]) -> list[PretrainingPair]:
        return [pair for pair in pairs if arm.texts_alone or pair.image]

    return Material(
        RelevanceData(graded, parts),
        stop,
        calibrate,
        kept(material.pretraining),
        kept(material.pretraining_dev),
        material.bank,
        material.contrasts,
    )
