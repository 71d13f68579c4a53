"""What M2FN's Tables 4, 5, 7 and 8 compare, as networks to train on a simulated log, with the paper's numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from adlab.errors import UnknownNameError
from adlab.models.baselines import baseline_config
from adlab.models.m2fn_config import M2FNConfig
from adlab.training.ctr_data import CONTEXT_FIELDS

FULL, LATE, NIMA, IMAGE = "m2fn", "late", "nima", "image"
PLAIN = ("linear", "svm-rbf", "svm-poly")
TEXTS, USER = ("title", "description", "ocr"), ("gender", "age_band")
ALL = (*CONTEXT_FIELDS, "colour", *TEXTS)
FULL_PRESSED, LATE_PRESSED = "m2fn-pressed", "late-pressed"
PRESSED = 3
PRESETS = ("compact", "paper")
REPEATED = (FULL, LATE, NIMA)  # with as many seeds as asked for; all others with one


class Row(NamedTuple):
    """One row of a table.

    Attributes:
        label: As the paper writes it.
        arm: Name of the arm.
        paper: SPRC and LCC at 500 and more impressions (Table 5: on AVA), then at 100 and more where it has them.
    """

    label: str
    arm: str
    paper: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Arm:
    """One model to train.

    Attributes:
        name: Unique.
        shape: Of the network; None for a plain regression of `PLAIN`.
        keep: Attributes that it is given.
        loss: What it is trained on.
        capped: Whether what a row can weigh is capped.
        pressed: Whether the further passes are `PRESSED` times as many, at ten times the rate: one pass at a careful
            rate leaves a conditional batch norm close to the identity that it begins as.
    """

    name: str
    shape: M2FNConfig | None
    keep: tuple[str, ...] = ALL
    loss: str = "binomial"
    capped: bool = True
    pressed: bool = False


def shape_of(preset: str, image_size: int) -> M2FNConfig:
    """The full M2FN of a preset; its width of attributes is that of the data and set when it is built.

    Raises:
        UnknownNameError: There is no such preset.
    """
    if preset not in PRESETS:
        raise UnknownNameError("preset", preset, PRESETS)
    if preset == "paper":
        return replace(M2FNConfig.paper(aux_dim=1), image_size=image_size)
    # As the shipped network for ratings: four stages, moments, both gates beside their product.
    return replace(
        M2FNConfig.compact(aux_dim=1, image_size=image_size),
        depth=4,
        pooling="moments",
        branches=True,
        dropout=0.2,
    )


def without(*names: str) -> tuple[str, ...]:
    """All attributes but some."""
    return tuple(name for name in ALL if name not in names)


# Table 7, from its fourth part on: auxiliary attributes, low-level fusion, attention, high-level fusion.
MODULES = {
    "cat": (False, False, False),
    "low": (True, False, False),
    "attention": (False, True, False),
    "high": (False, False, True),
    "low-attention": (True, True, False),
    "low-high": (True, False, True),
    FULL: (True, True, True),
    LATE: (False, True, True),
}
KEPT = {
    "no-weekday": without("weekday"),
    "no-description": without("description"),
    "no-colour": without("colour"),
    "no-user-text": without(*USER, *TEXTS),
    "no-ocr": without("ocr"),
    "no-position": without("position"),
    "no-hour": without("hour"),
    "no-gender": without("gender"),
    "no-age": without("age_band"),
    "no-user": without(*USER),
    "no-month": without("month"),
    "no-title": without("title"),
    "text": TEXTS,
    "description": ("description",),
    "user": USER,
}
# Table 5's flags {b1, …, b5}.
PLACEMENTS: dict[str, tuple[int, ...]] = {
    "cbn-5": (5,),
    "cbn-3": (3,),
    "cbn-345": (3, 4, 5),
    "cbn-123": (1, 2, 3),
    "cbn-12345": (1, 2, 3, 4, 5),
}
TABLE_4 = (
    Row("NIMA regr.", NIMA, (0.501, 0.451, 0.325, 0.343)),
    Row("M2FN regr.", FULL, (0.561, 0.530, 0.384, 0.381)),
)
TABLE_5 = (
    Row("VGG19 (image only)", IMAGE, (0.617, 0.622)),
    Row("M1FN (-cat)", "cat", (0.572, 0.581)),
    Row("M2FN {1,1,1,1,1}", "cbn-12345", (0.552, 0.553)),
    Row("M2FN {0,0,0,0,1}", "cbn-5", (0.572, 0.579)),
    Row("M2FN {0,0,1,1,1}", "cbn-345", (0.575, 0.573)),
    Row("M2FN {0,0,1,0,0}", "cbn-3", (0.590, 0.601)),
    Row("M2FN {1,1,1,0,0}", "cbn-123", (0.612, 0.613)),
    Row("M2FN {1,0,0,0,0}", FULL, (0.630, 0.640)),
)
TABLE_7 = (
    Row("only, linear regression", "linear", (0.239, 0.195, 0.166, 0.156)),
    Row("only, SVM regression (RBF)", "svm-rbf", (0.102, 0.160, 0.183, 0.126)),
    Row("only, SVM regression (poly)", "svm-poly", (0.242, 0.177, 0.201, 0.197)),
    Row("only, MLP", "attributes-mlp", (0.241, 0.193, 0.240, 0.217)),
    Row("only, M2FN w/o image", "attributes-m2fn", (0.306, 0.295, 0.244, 0.230)),
    Row("× × × ×", IMAGE, (0.456, 0.435, 0.315, 0.342)),
    Row("O × × ×", "cat", (0.437, 0.412, 0.297, 0.320)),
    Row("O O × ×", "low", (0.496, 0.498, 0.367, 0.371)),
    Row("O × O ×", "attention", (0.450, 0.463, 0.341, 0.325)),
    Row("O × × O", "high", (0.475, 0.467, 0.321, 0.293)),
    Row("O O O ×", "low-attention", (0.506, 0.480, 0.356, 0.334)),
    Row("O O × O", "low-high", (0.554, 0.528, 0.361, 0.333)),
    Row("O O O O", FULL, (0.561, 0.530, 0.384, 0.381)),
    Row("O × O O (late; not in the paper)", LATE, ()),
)
TABLE_8 = (
    Row("None", IMAGE, (0.456, 0.435)),
    Row("ALL", LATE, (0.561, 0.530)),
    Row("− weekday", "no-weekday", (0.454, 0.413)),
    Row("− description", "no-description", (0.467, 0.453)),
    Row("− color", "no-colour", (0.503, 0.470)),
    Row("− (User + Text)", "no-user-text", (0.513, 0.507)),
    Row("− ocr", "no-ocr", (0.515, 0.491)),
    Row("− position", "no-position", (0.516, 0.487)),
    Row("− time", "no-hour", (0.531, 0.501)),
    Row("− gender", "no-gender", (0.532, 0.470)),
    Row("− age", "no-age", (0.535, 0.486)),
    Row("− User", "no-user", (0.539, 0.514)),
    Row("− month (not in the paper)", "no-month", ()),
    Row("− title (not in the paper)", "no-title", ()),
    Row("Text", "text", (0.422, 0.369)),
    Row("Text − (title + ocr)", "description", (0.453, 0.411)),
    Row("User", "user", (0.437, 0.397)),
)
LOSSES = {
    LATE: "binomial, capped",
    "late-mse": "squared error, capped",
    "late-uncapped": "binomial, weighted by impressions",
    "late-eq-1": "squared error, weighted by impressions (Eq. 1)",
}
TABLES: dict[str, Sequence[Row]] = {"4": TABLE_4, "5": TABLE_5, "7": TABLE_7, "8": TABLE_8}


def arms_of(full: M2FNConfig) -> dict[str, Arm]:
    """Every arm of the four tables, M2FN on each loss and M2FN pressed, by name, the cheap and important ones first.

    Args:
        full: The full M2FN. Flags of stages that its backbone does not have are left out; placements that then mean
            the same network are one arm each.
    """
    late = replace(full, low=False)
    shapes: dict[str, M2FNConfig | None] = {
        LATE: late,
        NIMA: baseline_config("nima", full),
        IMAGE: baseline_config("image-only", full),
        "attributes-m2fn": baseline_config("attributes-m2fn", full),
        "attributes-mlp": baseline_config("attributes-mlp", full),
    }
    for name, (low, attention, high) in MODULES.items():
        if name not in (FULL, LATE) and not low:
            shapes[name] = replace(late, attention=attention, high=high, branches=full.branches and high)
    arms = {name: Arm(name=name, shape=shape) for name, shape in shapes.items()}
    arms |= {name: Arm(name=name, shape=None) for name in PLAIN}
    arms |= {name: Arm(name=name, shape=late, keep=keep) for name, keep in KEPT.items()}
    arms["late-mse"] = Arm(name="late-mse", shape=late, loss="mse")
    arms["late-uncapped"] = Arm(name="late-uncapped", shape=late, capped=False)
    arms["late-eq-1"] = Arm(name="late-eq-1", shape=late, loss="mse", capped=False)
    arms[FULL] = Arm(name=FULL, shape=full)  # from here on every row costs a pass through the backbone
    for name, (low, attention, high) in MODULES.items():
        if name != FULL and low:
            shape = replace(full, attention=attention, high=high, branches=full.branches and high)
            arms[name] = Arm(name=name, shape=shape)
    for name, blocks in PLACEMENTS.items():
        there = tuple(block for block in blocks if block <= full.depth)
        arms[name] = Arm(name=name, shape=replace(full, cbn_blocks=there or (full.depth,)))
    arms[LATE_PRESSED] = Arm(name=LATE_PRESSED, shape=late, pressed=True)
    arms[FULL_PRESSED] = Arm(name=FULL_PRESSED, shape=full, pressed=True)
    return arms
