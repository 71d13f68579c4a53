"""From creatives to assessments: checkpoints and encoders are loaded once and shared by all threads."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from adlab import __version__
from adlab.checkpoints.networks import DEFAULT_IMAGE_ENCODER, load_image_encoder
from adlab.checkpoints.store import list_checkpoints
from adlab.data.assessment import Assessment, HeadResult
from adlab.data.creative import Creative
from adlab.data.image_intake import AdImage
from adlab.encoders.device import precision_of
from adlab.encoders.text import load_minilm
from adlab.errors import ConfigError, UnknownNameError
from adlab.features.language import looks_english
from adlab.features.vectors import Vectors
from adlab.inference.agreement import HEAD as AGREEMENT
from adlab.inference.agreement import AgreementHead

# What each head of the command-line contract needs, in the words shown when it is missing.
NEEDS = {AGREEMENT: "an image and a title or description"}
NOT_ENGLISH = "The copy does not look English; the models were trained on English text, so read its scores with care."


class Assessor:
    """Scores creatives with every shipped head.

    The same creative gets the same numbers alone, in a batch, and from any thread.

    Args:
        models: Folder of the checkpoints; `models/` beside the package if not given.
        device: ``"auto"`` (CUDA if there is one), ``"cpu"`` or ``"cuda"``.
        batch_size: Most creatives a pass on a GPU; on a CPU each has its own, so that its numbers are its own.

    Raises:
        CheckpointError: A checkpoint is not intact.
        ConfigError: The device is unknown or absent, or `batch_size` is below 1.
        WeightsUnavailableError: The text encoder cannot be had.
    """

    def __init__(self, *, models: Path | None = None, device: str = "auto", batch_size: int = 32) -> None:
        self.device = resolve_device(device)
        manifests = list_checkpoints(models)
        self._vectors = Vectors(
            load_image_encoder(DEFAULT_IMAGE_ENCODER, root=models, device=self.device),
            load_minilm(device=self.device),
            batch_size=batch_size,
        )
        self._agreement = next(
            (
                AgreementHead(name, self._vectors.encoder_ids, root=models, device=self.device)
                for name, manifest in manifests.items()
                if AGREEMENT in manifest.heads
            ),
            None,
        )
        self.heads: tuple[str, ...] = (AGREEMENT,) if self._agreement else ()
        self._content = [f"{name}:{manifest.content_digest()}" for name, manifest in manifests.items()]

    @property
    def fingerprint(self) -> str:
        """Changes with everything that can change a number: cached results are keyed by it."""
        parts = [*self._content, self._vectors.device.type, self._vectors.precision, __version__]
        return hashlib.sha256("|".join([*parts, *self._vectors.encoder_ids.values()]).encode()).hexdigest()[:16]

    def assess(self, creative: Creative, heads: Sequence[str] | None = None) -> Assessment:
        """Assess one creative.

        Raises:
            UnknownNameError: A head does not ship.
        """
        return self.assess_batch([creative], heads)[0]

    def assess_batch(self, creatives: Sequence[Creative], heads: Sequence[str] | None = None) -> list[Assessment]:
        """Assess many; one assessment a creative, in order.

        Args:
            creatives: What to assess; a creative that lacks what a head needs is told so in `not_scored`.
            heads: Names of heads, all shipped ones if not given.

        Raises:
            UnknownNameError: A head does not ship.
        """
        wanted = self.check_heads(heads)
        results = self._agreement_results(creatives) if AGREEMENT in wanted else {}
        return [
            Assessment(
                content_hash=creative.content_hash,
                heads=(results[row],) if row in results else (),
                not_scored={} if row in results or AGREEMENT not in wanted else {AGREEMENT: _missing(creative)},
                warnings=() if not creative.copy or looks_english(creative.copy) else (NOT_ENGLISH,),
            )
            for row, creative in enumerate(creatives)
        ]

    def check_heads(self, heads: Sequence[str] | None) -> tuple[str, ...]:
        """The heads asked for, or all.

        Raises:
            UnknownNameError: A head does not ship; the shipped ones are named.
        """
        if heads is None:
            return self.heads
        wanted = (heads,) if isinstance(heads, str) else tuple(dict.fromkeys(heads))
        for head in wanted:
            if head not in self.heads:
                raise UnknownNameError("head", head, self.heads, note="These are the heads that ship.")
        return wanted

    def _agreement_results(self, creatives: Sequence[Creative]) -> dict[int, HeadResult]:
        pairs = [(row, c.image, c.copy) for row, c in enumerate(creatives) if c.image is not None and c.copy]
        if not pairs or self._agreement is None:
            return {}
        rows, images, texts = zip(*pairs, strict=True)
        vectors, device = self._encode(images, texts)
        scores = self._agreement.score(*vectors)
        return dict(zip(rows, self._agreement.results(scores, device.type, precision_of(device)), strict=True))

    def _encode(
        self, images: Sequence[AdImage], texts: Sequence[str]
    ) -> tuple[tuple[np.ndarray, np.ndarray], torch.device]:
        """Vectors of both modalities, and the one device that they were computed on."""
        while True:
            device = self._vectors.device
            vectors = self._vectors.images(images), self._vectors.texts(texts)
            if self._vectors.device == device:  # else the GPU's memory ended in between: begin again on the CPU
                return vectors, device


def resolve_device(device: str) -> str:
    """``"cpu"`` or ``"cuda"`` from what the user asked for.

    Raises:
        ConfigError: The name is unknown, or there is no CUDA device.
    """
    if device not in ("auto", "cpu", "cuda"):
        raise ConfigError(f"device is {device!r}; give auto, cpu or cuda.")
    available = torch.cuda.is_available()
    if device == "cuda" and not available:
        raise ConfigError("device is 'cuda', but no CUDA device is available; give cpu or auto.")
    return "cuda" if device == "cuda" or (device == "auto" and available) else "cpu"


def _missing(creative: Creative) -> str:
    lacks = [
        name for name, there in (("an image", creative.image), ("a title or description", creative.copy)) if not there
    ]
    return f"Needs {NEEDS[AGREEMENT]}; this ad lacks {' and '.join(lacks)}."
