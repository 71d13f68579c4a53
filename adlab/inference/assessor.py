"""From creatives to assessments: checkpoints and encoders are loaded once and shared by all threads."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from adlab import __version__
from adlab.checkpoints.networks import DEFAULT_IMAGE_ENCODER, load_image_encoder
from adlab.checkpoints.store import list_checkpoints
from adlab.data.assessment import Assessment, HeadResult
from adlab.data.creative import Context, Creative
from adlab.data.feature_fields import Role
from adlab.data.image_intake import AdImage
from adlab.encoders.device import precision_of
from adlab.encoders.text import load_minilm
from adlab.errors import ConfigError, UnknownNameError
from adlab.features.vectors import Vectors
from adlab.features.words_in_picture import Mode, Words, words_of_all
from adlab.inference.agreement import AgreementHead
from adlab.inference.appeal import AppealHead
from adlab.inference.conversion import ConversionHead
from adlab.inference.copy_notes import copy_notes
from adlab.inference.ctr import CtrHead
from adlab.inference.funnel import FunnelHead
from adlab.inference.needs import lacks, missing
from adlab.inference.pair_head import PairHead
from adlab.inference.picture_maps import PictureMaps
from adlab.inference.ranks import ReferenceRanks
from adlab.inference.relevance import RelevanceHead
from adlab.inference.serving import Serving, candidates, student_of

# In the order of the command-line contract.
PAIR_HEADS: tuple[type[AgreementHead] | type[ConversionHead], ...] = (AgreementHead, ConversionHead)
HEADS = (*PAIR_HEADS, AppealHead, CtrHead, RelevanceHead, FunnelHead)
WORDS_UNKNOWN = "The words in the picture were not read; {} judged without them."


class Assessor:
    """Scores creatives with every shipped head.

    The same creative gets the same numbers alone, in a batch, and from any thread. A checkpoint of the user's own that
    cannot be used stops no other head: `adlab.inference.serving` says what answers instead.

    Args:
        models: Folder of the checkpoints; `models/` beside the package if not given.
        device: ``"auto"`` (CUDA if there is one), ``"cpu"`` or ``"cuda"``.
        batch_size: Most creatives a pass on a GPU; on a CPU each has its own, so that its numbers are its own.
        words: Where the words in pictures come from for the heads that read them, if they are not given with the ad:
            ``"auto"`` reads them (OCR), ``"cached"`` takes those read before, ``"off"`` leaves them unknown.

    Attributes:
        heads: Names of the heads that a checkpoint serves, in the order of the command-line contract.
        reads_words: Those of them that read the words in pictures.

    Raises:
        CheckpointError: A checkpoint is not intact, and it is none that learned from the user's own data.
        ConfigError: The device is unknown or absent, or `batch_size` is below 1.
        WeightsUnavailableError: The text encoder cannot be had.
    """

    def __init__(
        self, *, models: Path | None = None, device: str = "auto", batch_size: int = 32, words: Mode = "auto"
    ) -> None:
        self.device, self.words = resolve_device(device), words
        manifests = list_checkpoints(models)
        self._vectors = Vectors(
            load_image_encoder(DEFAULT_IMAGE_ENCODER, root=models, device=self.device),
            load_minilm(device=self.device),
            batch_size=batch_size,
        )
        self._serving, maps = Serving(manifests), PictureMaps()
        load, vectors = self._serving.load, self._vectors
        self._pair_heads: list[PairHead] = []
        for kind in PAIR_HEADS:
            build: Callable[[str], PairHead] = partial(
                kind, encoder_ids=vectors.encoder_ids, root=models, device=self.device
            )
            if (pair_head := load(kind.name, build)) is not None:
                self._pair_heads.append(pair_head)
        self._appeal = load(AppealHead.name, partial(AppealHead, vectors=vectors, maps=maps, root=models))
        self._ctr = load(CtrHead.name, partial(CtrHead, vectors=vectors, maps=maps, root=models))
        self._relevance = load(
            RelevanceHead.name,
            lambda name: RelevanceHead(name, vectors, student=student_of(name, manifests), root=models),
        )
        self._funnel = load(FunnelHead.name, partial(FunnelHead, vectors=vectors, root=models))
        self.heads: tuple[str, ...] = tuple(kind.name for kind in HEADS if candidates(kind.name, manifests))
        self.reads_words = frozenset(head.name for head in (self._appeal, self._ctr, self._funnel) if head)
        self._ranks = ReferenceRanks(models)
        self._content = [f"{name}:{manifest.content_digest()}" for name, manifest in manifests.items()]

    @property
    def fingerprint(self) -> str:
        """Changes with everything that can change a number: cached results are keyed by it."""
        passed = [*self._serving.instead, *self._serving.unserved]  # weights that are not at hand change no digest
        parts = [*self._content, *passed, self._vectors.device.type, self._vectors.precision, __version__]
        return hashlib.sha256("|".join([*parts, *self._vectors.encoder_ids.values()]).encode()).hexdigest()[:16]

    @property
    def vectors(self) -> Vectors:
        """The encoders, and what they have encoded: for whoever needs features of creatives."""
        return self._vectors

    @property
    def conversion(self) -> ConversionHead | None:
        """The head `conversion`, for whoever asks by parts of an ad; None where no checkpoint of it can be used."""
        return next((head for head in self._pair_heads if isinstance(head, ConversionHead)), None)

    @property
    def appeal(self) -> AppealHead | None:
        """The head `appeal`, for whoever explains what it says; None where no checkpoint of it can be used."""
        return self._appeal

    @property
    def ctr(self) -> CtrHead | None:
        """The head `ctr`, for whoever asks about many contexts; None where no checkpoint of it can be used."""
        return self._ctr

    @property
    def relevance(self) -> RelevanceHead | None:
        """The head `relevance`, for whoever reads ads in other modes; None where no checkpoint of it can be used."""
        return self._relevance

    @property
    def funnel(self) -> FunnelHead | None:
        """The head `funnel`, for whoever asks about its chain; None where no checkpoint of it can be used."""
        return self._funnel

    @property
    def columns(self) -> Mapping[str, Role]:
        """Further columns of a table that a head reads, because its log gave them a role, and how."""
        return {} if self._funnel is None else self._funnel.columns

    def assess(
        self, creative: Creative, heads: Sequence[str] | None = None, context: Context | None = None
    ) -> Assessment:
        """Assess one creative; arguments as in `assess_batch`.

        Raises:
            UnknownNameError: A head does not ship.
        """
        return self.assess_batch([creative], heads, [context or Context()])[0]

    def assess_batch(
        self,
        creatives: Sequence[Creative],
        heads: Sequence[str] | None = None,
        contexts: Sequence[Context] | None = None,
        columns: Sequence[Mapping[str, Any]] | None = None,
    ) -> list[Assessment]:
        """Assess many; one assessment a creative, in order.

        Args:
            creatives: What to assess; a creative that lacks what a head needs is told so in `not_scored`.
            heads: Names of heads, all shipped ones if not given.
            contexts: Who sees each creative, when and where, for the heads that read it; unknown if not given.
            columns: Values of the further columns `columns` of each row, by name; unknown where not given.

        Raises:
            UnknownNameError: A head does not ship.
        """
        wanted = self.check_heads(heads)
        contexts = [Context()] * len(creatives) if contexts is None else list(contexts)
        results = self._pair_results(creatives, wanted)
        words = self._words_of(creatives, wanted)
        notes = self._add_picture_heads(creatives, words, contexts, wanted, results)
        self._add_relevance(creatives, wanted, results)
        further = [{} for _ in creatives] if columns is None else list(columns)
        self._add_funnel(creatives, words, list(zip(contexts, further, strict=True)), wanted, results, notes)
        return [
            Assessment(
                content_hash=creative.content_hash,
                heads=tuple(results[row]),
                not_scored=self._not_scored(creative, wanted, results[row]),
                warnings=(
                    *copy_notes(creative.copy, self._vectors.text_encoder),
                    *filter(None, notes[row]),
                    *(self._serving.instead[each.head] for each in results[row] if each.head in self._serving.instead),
                ),
                context=context.known,
            )
            for row, (creative, context) in enumerate(zip(creatives, contexts, strict=True))
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

    def _pair_results(self, creatives: Sequence[Creative], wanted: Sequence[str]) -> list[list[HeadResult]]:
        """Results of the wanted heads for each creative; none for one without an image or copy."""
        results: list[list[HeadResult]] = [[] for _ in creatives]
        pairs = [(row, c.image, c.copy) for row, c in enumerate(creatives) if c.image is not None and c.copy]
        asked = [head for head in self._pair_heads if head.name in wanted]
        if not pairs or not asked:
            return results
        rows, images, texts = zip(*pairs, strict=True)
        image, text, device = self._encode(images, texts, max(head.image_dim for head in asked))
        for head in asked:
            found = head.results(image[:, : head.image_dim], text, device.type, precision_of(device))
            for row, result in zip(rows, found, strict=True):
                results[row].append(self._ranks.add(result))
        return results

    def _words_of(self, creatives: Sequence[Creative], wanted: Sequence[str]) -> list[Words]:
        """The words in each picture, unknown where there is none or no head asks."""
        found = [Words(None, "")] * len(creatives)
        rows = [row for row, creative in enumerate(creatives) if creative.image is not None]
        if self.reads_words.isdisjoint(wanted) or not rows:
            return found
        for row, word in zip(rows, words_of_all([creatives[row] for row in rows], self.words), strict=True):
            found[row] = word
        return found

    def _add_picture_heads(
        self,
        creatives: Sequence[Creative],
        words: Sequence[Words],
        contexts: Sequence[Context],
        wanted: Sequence[str],
        results: list[list[HeadResult]],
    ) -> list[list[str]]:
        """Add what the heads say that need nothing but a picture; gives what is to be said about each creative."""
        notes: list[list[str]] = [[] for _ in creatives]
        asked = [head for head in (self._appeal, self._ctr) if head is not None and head.name in wanted]
        rows = [row for row, creative in enumerate(creatives) if creative.image is not None]
        reading = [head.name for head in (self._appeal, self._ctr, self._funnel) if head and head.name in wanted]
        names = " and ".join(part for part in (", ".join(reading[:-1]), *reading[-1:]) if part)
        unknown = WORDS_UNKNOWN.format(f"{names} {'was' if len(reading) == 1 else 'were'}")
        for row in rows if reading else ():
            notes[row].append(words[row].problem or (unknown if words[row].text is None else ""))
        if not asked or not rows:
            return notes
        ads, seen = [creatives[row] for row in rows], [contexts[row] for row in rows]
        texts = [words[row].text for row in rows]
        for head in asked:
            found = head.results(ads, texts, seen) if isinstance(head, CtrHead) else head.results(ads, texts)
            for row, result in zip(rows, found, strict=True):
                results[row].append(self._ranks.add(result))
        if self._ctr in asked and self._ctr is not None:
            for row, context in zip(rows, seen, strict=True):
                notes[row].append(self._ctr.problem(context))
        return notes

    def _add_relevance(
        self, creatives: Sequence[Creative], wanted: Sequence[str], results: list[list[HeadResult]]
    ) -> None:
        """Add how well each ad answers its query."""
        if (head := self._relevance) is None or head.name not in wanted:
            return
        rows = [row for row, creative in enumerate(creatives) if not lacks(creative, head.name)]
        for row, result in zip(rows, head.results([creatives[row] for row in rows]), strict=True):
            results[row].append(self._ranks.add(result))

    def _add_funnel(
        self,
        creatives: Sequence[Creative],
        words: Sequence[Words],
        shown: Sequence[tuple[Context, Mapping[str, Any]]],
        wanted: Sequence[str],
        results: list[list[HeadResult]],
        notes: list[list[str]],
    ) -> None:
        """Add the chain from impression to conversion, and what is to be said about it."""
        if (head := self._funnel) is None or head.name not in wanted:
            return
        rows = [row for row, creative in enumerate(creatives) if not lacks(creative, head.name)]
        ads, seen = [creatives[row] for row in rows], [shown[row] for row in rows]
        contexts, further = [context for context, _ in seen], [columns for _, columns in seen]
        found = head.results(ads, [words[row].text for row in rows], contexts, further)
        for row, own, result in zip(rows, seen, found, strict=True):
            results[row].append(self._ranks.add(result))
            notes[row].append(head.problem(*own))

    def _not_scored(self, creative: Creative, wanted: Sequence[str], results: Sequence[HeadResult]) -> dict[str, str]:
        """Why each head that was asked for is missing."""
        absent = [head for head in wanted if head not in {result.head for result in results}]
        return {head: self._serving.unserved.get(head) or missing(creative, head) for head in absent}

    def _encode(
        self, images: Sequence[AdImage], texts: Sequence[str], width: int
    ) -> tuple[np.ndarray, np.ndarray, torch.device]:
        """Vectors of both modalities, and the one device that they were computed on."""
        while True:
            device = self._vectors.device
            image, text = self._vectors.images(images, width=width), self._vectors.texts(texts)
            if self._vectors.device == device:  # else the GPU's memory ended in between: begin again on the CPU
                return image, text, device


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
