"""A checkpoint that serves `relevance`: an AdsCVLR, further grade heads, and what is needed to feed and read them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NamedTuple

from adlab.checkpoints.kept_tokenizer import TOKENIZER, tokenizer_from
from adlab.checkpoints.manifest import Manifest
from adlab.checkpoints.networks import load_of_kind
from adlab.checkpoints.store import read_extra
from adlab.encoders.text import TextEncoder
from adlab.errors import AdlabError, CheckpointError, ConfigError, UnknownNameError
from adlab.models.adscvlr import AdsCVLR
from adlab.models.adscvlr_config import VISUALS, AdsCVLRConfig
from adlab.models.bert_weights import WORDS
from adlab.models.grade_heads import GradeHeads
from adlab.models.pair_inputs import InputMode
from adlab.models.visual_embedders import TOP_REGIONS

KIND, HEAD = "adscvlr", "relevance"
HEADS = "heads.safetensors"  # tensors of `GradeHeads`
COVERAGE = "interval coverage"  # measure on the card
LEVEL = 0.9
SCHEMA = 1  # of the settings


@dataclass(frozen=True, kw_only=True)
class RelevanceSettings:
    """What serves `relevance` beside the network.

    Attributes:
        words: Words of ads appended to the vocabulary, behind the separator.
        total: Most tokens of a row.
        description: Most tokens of a description.
        side: Cells or squares a side of the grid of regions; `roi` does not read it.
        temperatures: What logits are divided by, above 0, by the value of each `InputMode`.
        stretch: Of the spread of the heads, 0 or more.
        members: Number of further heads.
        visual: What regions are, one of `VISUALS`.
        top: Most boxes of a picture, 1 or more; `roi` alone reads it.
        detector: Name of the detector of `roi`, "" without one.
        detector_sha256: Digest of its weights, which the checkpoint does not carry.
        text_network: Identity of the text network that a network with token vectors of its own started from, whose
            tokenizer the checkpoint carries; "" for the embedded text encoder, which must then be at hand.
        schema: Version of these settings.

    Raises:
        ConfigError: A mode lacks its temperature, a number is outside its range, or `roi` has no detector.
        UnknownNameError: There is no such visual embedder.
    """

    words: tuple[str, ...]
    total: int
    description: int
    side: int
    temperatures: Mapping[str, float]
    stretch: float
    members: int
    visual: str = "grid"
    top: int = TOP_REGIONS
    detector: str = ""
    detector_sha256: str = ""
    text_network: str = ""
    schema: int = SCHEMA

    def __post_init__(self) -> None:
        object.__setattr__(self, "words", tuple(self.words))  # a JSON file has lists
        modes = [mode.value for mode in InputMode]
        if sorted(self.temperatures) != sorted(modes) or not min(self.temperatures.values()) > 0:
            raise ConfigError(f"temperatures are {dict(self.temperatures)}; give one above 0 for each of {modes}.")
        if self.side < 1 or self.members < 1 or not 0 <= self.stretch < float("inf"):
            raise ConfigError(
                f"side is {self.side}, members {self.members}, stretch {self.stretch}; give 1 or more for the first "
                "two, and a number of 0 or more."
            )
        if self.visual not in VISUALS:
            raise UnknownNameError("visual embedder", self.visual, VISUALS)
        if self.top < 1 or (self.visual == "roi") != bool(self.detector and self.detector_sha256):
            raise ConfigError(
                f"visual is {self.visual!r}, top {self.top}, detector {self.detector!r} with sha256 "
                f"{self.detector_sha256!r}; give roi, and no other, a detector with its digest and 1 box or more."
            )
        if self.schema != SCHEMA:
            raise ConfigError(f"schema is {self.schema}; this version reads {SCHEMA}. Train the checkpoint again.")


class Relevance(NamedTuple):
    """A loaded checkpoint.

    Attributes:
        manifest: What it says about itself.
        settings: What serves the head.
        network: In eval mode.
        heads: In eval mode.
        wordpieces: The tokenizer that `settings.words` extend.
    """

    manifest: Manifest
    settings: RelevanceSettings
    network: AdsCVLR
    heads: GradeHeads
    wordpieces: Any


def extras_of(settings: RelevanceSettings) -> dict[str, Any]:
    """For the manifest's extras; `settings_of` reads it."""
    plain: dict[str, Any] = json.loads(json.dumps(asdict(settings)))
    return {HEAD: plain}


def settings_of(manifest: Manifest) -> RelevanceSettings:
    """What a training stored.

    Raises:
        CheckpointError: The manifest's extras lack it.
    """
    try:
        return RelevanceSettings(**manifest.extras[HEAD])
    except (KeyError, TypeError, ValueError, AttributeError, ConfigError) as error:
        raise CheckpointError(f"{manifest.name} has extras that do not serve {HEAD}: {error!r}.") from error


def load_relevance(
    name: str, text_encoder: TextEncoder, image_encoder_id: str, *, root: Path | None = None
) -> Relevance:
    """The checkpoint's network and heads in eval mode, on the token vectors of the text encoder.

    Args:
        name: Checkpoint name.
        text_encoder: The embedded one. Its token vectors and its tokenizer are part of a network that was trained on
            it, and not of the checkpoint; a network of another text network carries its own.
        image_encoder_id: Identity of the image encoder at hand.
        root: Folder of the checkpoints.

    Raises:
        UnknownNameError: There is no such checkpoint.
        CheckpointError: It is not intact, of another kind, or was trained on other encoders.
    """
    encoders = {"image": image_encoder_id, "text": text_encoder.spec.encoder_id}
    checkpoint = load_of_kind(name, KIND, encoders, root=root)
    manifest = checkpoint.manifest
    settings = settings_of(manifest)
    own = bool(settings.text_network)
    wordpieces = tokenizer_from(read_extra(checkpoint, TOKENIZER), name) if own else text_encoder.wordpieces()
    try:
        network = AdsCVLR(AdsCVLRConfig(**manifest.network), None if own else text_encoder.state()[WORDS].float().cpu())
        network.load_trainable_state(checkpoint.state)
        heads = GradeHeads(settings.members, network.config.evidence)
        heads.load_state_dict(read_extra(checkpoint, HEADS))
    except (TypeError, KeyError, RuntimeError, AdlabError) as error:
        raise CheckpointError(f"{name} does not fit its network: {error}. Restore the folder.") from error
    if network.config.visual != settings.visual:
        raise CheckpointError(
            f"{name} has a network for {network.config.visual!r} and settings for {settings.visual!r}; "
            "restore the folder."
        )
    network, heads = network.eval().requires_grad_(False), heads.eval().requires_grad_(False)
    return Relevance(manifest, settings, network, heads, wordpieces)
