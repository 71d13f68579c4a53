"""What is compared on rated ads: networks as switches of M2FN's `ratings` shape, and plain models."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from adlab.evaluation.m2fn_real_data import ATTRIBUTES
from adlab.evaluation.m2fn_real_scales import SCALED
from adlab.models.baselines import ablated_config, baseline_config
from adlab.models.m2fn_config import M2FNConfig
from adlab.training.appeal_task import AppealTraining

WITHOUT, WITH = ("ocr", "size"), ("ocr", "size", "category")
FULL = tuple(name for name in ATTRIBUTES if name != "rater")
MEMBERS = 2  # of every network in the main table and of the modules' ablation; 1 in that of attributes
# M2FN with the category; what was chosen before what it was chosen over.
WITH_CATEGORY = ("m2fn scaled+category", "m2fn+category")
Shape = Callable[[M2FNConfig], M2FNConfig]


@dataclass(frozen=True, kw_only=True)
class Network:
    """A network of the study.

    Attributes:
        name: Unique.
        shape: From M2FN's `ratings` shape to its own.
        attributes: What of `ATTRIBUTES` it reads.
        training: How it is trained.
        members: Networks in an ensemble.
        scales: Factors by which parts of what fusion takes in are larger than standardised, by attribute, and
            ``"picture"`` for the picture's moments; 1 where a part is not named.
    """

    name: str
    shape: Shape
    attributes: tuple[str, ...] = WITHOUT
    training: AppealTraining = field(default_factory=AppealTraining)
    members: int = MEMBERS
    scales: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Plain:
    """A model of scikit-learn's.

    Attributes:
        name: Unique.
        model: ``"linear"``, ``"ridge"``, ``"svm-rbf"`` or ``"svm-poly"``.
        reads: ``"moments"`` of the picture, ``"words"``, ``"shape"``, ``"category"`` or ``"attributes"``.
        attributes: What of `ATTRIBUTES` it reads, where it reads attributes.
    """

    name: str
    model: str
    reads: str
    attributes: tuple[str, ...] = WITHOUT


@dataclass(frozen=True, kw_only=True)
class Mean:
    """The mean of what other models say."""

    name: str
    of: tuple[str, ...]


def baseline(name: str) -> Shape:
    """The shape of one of `adlab.models.baselines`."""
    return lambda config: baseline_config(name, config)


def modules(*, attention: bool, high: bool) -> Shape:
    """M2FN with some of its modules; low-level fusion has a study of its own."""
    return lambda config: ablated_config(config, low=False, attention=attention, high=high)


def networks() -> tuple[Network, ...]:
    """All networks of the main table and of the modules' ablation, the most important first."""
    nima = replace(AppealTraining(), loss="emd", weight_mean=0.0)
    rows = [
        Network(name="m2fn", shape=baseline("m2fn")),
        Network(name=WITH_CATEGORY[1], shape=baseline("m2fn"), attributes=WITH),
        Network(name=WITH_CATEGORY[0], shape=baseline("m2fn"), attributes=WITH, scales=SCALED),
        Network(name="cat", shape=baseline("cat")),
        Network(name="cat+category", shape=baseline("cat"), attributes=WITH),
        Network(name="image-only", shape=baseline("image-only")),
        Network(name="nima-emd", shape=baseline("nima"), training=nima),
        Network(name="nima-kld", shape=baseline("nima"), training=replace(nima, loss="kld")),
        Network(name="attributes-m2fn", shape=baseline("attributes-m2fn")),
        Network(name="attributes-m2fn+category", shape=baseline("attributes-m2fn"), attributes=WITH),
        Network(name="attributes-mlp", shape=_with_hidden("attributes-mlp")),
        Network(name="attributes-mlp+category", shape=_with_hidden("attributes-mlp"), attributes=WITH),
        Network(name="high", shape=modules(attention=False, high=True)),
        Network(name="high+category", shape=modules(attention=False, high=True), attributes=WITH),
        Network(name="attention", shape=modules(attention=True, high=False)),
    ]
    return tuple(rows)


def attribute_networks() -> tuple[Network, ...]:
    """The attributes' ablation: the full set, each left out, each alone; one member, without attention for its cost."""
    shape = modules(attention=False, high=True)
    sets = {"full": FULL, "full + rater": ATTRIBUTES}
    sets |= {f"full − {left}": tuple(name for name in FULL if name != left) for left in FULL}
    sets |= {f"only {name}": (name,) for name in ATTRIBUTES}
    return tuple(Network(name=name, shape=shape, attributes=chosen, members=1) for name, chosen in sets.items())


def plain_models() -> tuple[Plain | Mean, ...]:
    """Models of scikit-learn's, and means of them."""
    parts = ("ridge: picture", "ridge: words", "ridge: shape")
    rows: list[Plain | Mean] = [
        Plain(name=parts[0], model="ridge", reads="moments"),
        Plain(name=parts[1], model="ridge", reads="words"),
        Plain(name=parts[2], model="ridge", reads="shape"),
        Plain(name="ridge: category", model="ridge", reads="category"),
        Mean(name="mean of ridges", of=parts),
        Mean(name="mean of ridges+category", of=(*parts, "ridge: category")),
    ]
    for suffix, attributes in (("", WITHOUT), ("+category", WITH)):
        for model in ("linear", "ridge", "svm-rbf", "svm-poly"):
            name = f"{model}: attributes{suffix}"
            rows.append(Plain(name=name, model=model, reads="attributes", attributes=attributes))
    return tuple(rows)


def _with_hidden(name: str) -> Shape:
    """An MLP needs a hidden layer, which the `ratings` shape's head has not."""
    return lambda config: replace(baseline_config(name, config), head_dims=(config.fusion_dim,))
