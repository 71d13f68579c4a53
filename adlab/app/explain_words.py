"""What the Explain page says of the maps: each by what the loaded network really does at that step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from adlab.checkpoints.manifest import Manifest
    from adlab.explain.deletion import Deletion
    from adlab.models.m2fn_config import M2FNConfig

TARGET = "the mean rating"
UNTESTED = "No evidence yet: not tested on this ad."
SEVERAL = (
    "Each map is tested by itself at 5 %: of four maps that mean nothing, at least one would still look better than "
    "chance on up to one ad in five. The copies keep the words and the shape of the ad; only the picture changes."
)


def names_of(config: M2FNConfig) -> dict[str, tuple[str, str]]:
    """Name and meaning of each step's map, for a network of this config."""
    low = ("Shape and words meet edges", "what the first layers pick up, given the ad’s shape and words")
    if not config.low:
        low = ("Edges and colours", "the first convolution; shape and words do not reach it in this model")
    attention = ("Where shape and words look", "the same after attention steered by the ad’s shape and words")
    if not config.attention:
        attention = ("Without attention", "attention is off in this model: the same as map 2")
    fusion = ("What enters the answer", "each place’s part in what joins picture, shape and words")
    if not config.high:
        fusion = ("What enters the answer", "each place’s part in what the last layers read")
    picture = ("What the picture shows", "the last map of the image network, before shape and words weigh it")
    steps = {"conditioned": low, "backbone": picture, "attention": attention, "fusion": fusion}
    return {step: (f"{number} · {name}", what) for number, (step, (name, what)) in enumerate(steps.items(), 1)}


def source_words(manifest: Manifest) -> str:
    """Which checkpoint is explained and what it was learned from, plain text."""
    return (
        f"Checkpoint {manifest.name}, sha256 {manifest.weights_sha256[:12]}…; learned from {manifest.data_kind}: "
        f"{manifest.trained_on}."
    )


def reading_words(config: M2FNConfig, members: int) -> str:
    """How to read the maps of this network, plain text."""
    first = (
        ""
        if config.low
        else "Fusion in the first layers (“low”) is off in this model, so the first map is that of the first "
        "convolution: fine in place, and the furthest from the answer. "
    )
    return (
        f"Each map is a Grad-CAM of the mean rating (1 to {config.outputs}), the mean over {members} networks. It says "
        f"what this model’s number rests on, not what people look at. {first}A colour on a plain spot can stand for "
        "a neighbouring part: every cell sees more of the picture than it covers. The network reads a square: around a "
        "wide or tall picture it sees padding in the colour of its border, and what a map says of that cannot be shown."
    )


def evidence_lines(found: Mapping[str, Deletion], steps: Mapping[str, object]) -> dict[str, str]:
    """One line under each map: what deletion says of it, or that it was not tested."""
    lines = {}
    for step in steps:
        evidence = found.get(step)
        if evidence is None:
            lines[step] = UNTESTED
        elif evidence.better_than_random:
            lines[step] = f"✓ Better than chance on this ad (p = {evidence.p_value:.2f})."
        else:
            lines[step] = f"✗ No better than chance on this ad (p = {evidence.p_value:.2f})."
    return lines
