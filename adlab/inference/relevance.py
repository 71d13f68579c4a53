"""The `relevance` head: how well an ad answers a query, in four grades (AdsCVLR, learned mostly from human labels).

An ad is read with all that it has: picture and copy, the picture alone, or the copy alone. Each of these has its own
temperature. The value is the expected grade by the network's own head; further heads, learned from other resamples of
the queries, spread around it, and their spread is the interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from adlab.checkpoints.relevance import COVERAGE, HEAD, LEVEL, load_relevance
from adlab.data.assessment import DataKind, HeadResult, Interval
from adlab.data.creative import Creative
from adlab.data.image_intake import AdImage
from adlab.encoders.preprocessing import Letterbox
from adlab.errors import CheckpointError, InputError
from adlab.features.ad_vocabulary import extend
from adlab.features.colour_histogram import beside_wholes, colour_histogram
from adlab.features.query_ad_tokens import QueryAdTokenizer, TokenLimits, pair_inputs
from adlab.features.vectors import VectorCache, Vectors
from adlab.features.whole_copy import whole_copy
from adlab.inference.pair_head import provenance_of
from adlab.inference.picture_regions import PictureRegions
from adlab.inference.relevance_student import RelevanceStudent
from adlab.metrics.grades import centred, grade_interval, grade_log_odds, shares_of
from adlab.metrics.relevance import BEST_GRADE, expected_grade
from adlab.models.pair_inputs import AD_TEXT, COLOURS, IMAGE, QUERY, WHOLES, InputMode, PairInputs
from adlab.models.visual_embedders import Regions

GRADE_NAMES = ("relevance_bad", "relevance_fair", "relevance_good", "relevance_excellent")  # in order, from 0
STUDENT = "relevance_student"  # its probability of Fair or better
PICTURES_KEPT = 1024  # colours of 2 KB each
SPREAD = "grade heads learned from other resamples of the queries; they share one encoder, whose error is not in it"


class ModeReading(NamedTuple):
    """What the network says of N ads in one input mode.

    Attributes:
        mode: What of each ad was read beside the query.
        shares: Probability of Bad, Fair, Good and Excellent, (N, 4).
        grade: Expected grade, 0–3, (N,).
        low: Lower end of its 90 % interval, (N,).
        high: Upper end, (N,).
    """

    mode: InputMode
    shares: np.ndarray
    grade: np.ndarray
    low: np.ndarray
    high: np.ndarray


class RelevanceHead:
    """The loaded head; read-only but for a cache that threads may share.

    Pairs pass the network one by one, on the CPU: a batch would round otherwise, and costs hardly less.

    Args:
        name: Checkpoint name.
        vectors: The encoders at hand; pictures go through them.
        student: Checkpoint of the fast student whose answer stands beside; None where there is none.
        root: Folder of the checkpoints.

    Attributes:
        letterbox: How pictures are brought to the square that regions divide; a detector's boxes lie on the picture.
        student: The fast student, or None.

    Raises:
        UnknownNameError: There is no such checkpoint.
        CheckpointError: The checkpoint is not intact, lacks something, or was trained on other encoders.
        WeightsUnavailableError: The weights of its detector are not at hand.
    """

    name = HEAD

    def __init__(self, name: str, vectors: Vectors, *, student: str | None = None, root: Path | None = None) -> None:
        loaded = load_relevance(name, vectors.text_encoder, vectors.encoder_ids["image"], root=root)
        self.manifest, self.settings, self.network, self.heads, wordpieces = loaded
        limits = TokenLimits(total=self.settings.total, description=self.settings.description)
        try:
            self._data_kind = DataKind(self.manifest.data_kind)
            vocabulary = extend(wordpieces, self.settings.words)
        except (InputError, ValueError) as error:
            raise CheckpointError(f"{name} has words or a data_kind that do not serve {HEAD}: {error}.") from error
        self.tokenizer = QueryAdTokenizer(vocabulary, limits)
        self._vectors, self._colours = vectors, VectorCache(PICTURES_KEPT)
        self._regions = PictureRegions(self.settings, vectors)
        self.student = RelevanceStudent(student, vectors, root=root) if student else None
        preprocess = vectors.image_encoder.preprocess
        width = self.network.config.whole_dim
        if width and not width == vectors.image_encoder.text_dim == vectors.text_encoder.output_dim:
            raise CheckpointError(
                f"{name} reads vectors of wholes of width {width}, the encoders at hand share none of that width; give "
                "those it was trained on."
            )
        if not isinstance(preprocess, Letterbox):
            raise CheckpointError(f"{name} divides whole pictures into regions; give an image encoder that crops none.")
        self.letterbox = preprocess

    def lacks(self, creative: Creative) -> list[str]:
        """What an ad lacks to be graded, in words; nothing if it can be."""
        missing = [] if creative.query else ["a query"]
        return missing if creative.image or creative.copy else [*missing, "an image or a title or description"]

    def modes(self, creative: Creative) -> tuple[InputMode, ...]:
        """The modes that an ad can be read in, the one that reads all of it first; none where it `lacks` something."""
        if self.lacks(creative):
            return ()
        has_text = bool(creative.title or creative.seller or creative.brand or creative.description)
        if creative.image is None:
            return (InputMode.TEXT_ONLY,)
        return tuple(InputMode) if has_text else (InputMode.IMAGE_ONLY,)

    def results(self, creatives: Sequence[Creative]) -> list[HeadResult]:
        """One typed result an ad, read with all that it has.

        Args:
            creatives: Each with a query, and a picture or copy.

        Raises:
            InputError: An ad lacks something.
        """
        provenance = provenance_of(self.manifest, self._data_kind, "cpu", "float32")
        coverage = self.manifest.measure(COVERAGE)
        found = []
        for creative in creatives:
            read = self.read([creative], next(iter(self.modes(creative)), InputMode.IMAGE_TEXT))
            details = dict(zip(GRADE_NAMES, map(float, read.shares[0]), strict=True))
            if self.student is not None:
                details[STUDENT] = float(self.student.scores([creative])[0])
            interval = Interval(
                low=float(read.low[0]),
                high=float(read.high[0]),
                level=LEVEL,
                kind=f"spread of {self.heads.members} {SPREAD}",
                measured_coverage=coverage.value if coverage else None,
                coverage_n=coverage.n if coverage else None,
            )
            found.append(
                HeadResult(
                    head=HEAD,
                    value=float(read.grade[0]),
                    unit="grade",
                    scale=(0.0, float(BEST_GRADE)),
                    interval=interval,
                    percentiles=(),
                    provenance=provenance,
                    details=details,
                )
            )
        return found

    def read(self, creatives: Sequence[Creative], mode: InputMode) -> ModeReading:
        """Read ads in one mode.

        Args:
            creatives: N ads, each with what the mode reads.
            mode: What of each is read beside the query.

        Raises:
            InputError: An ad cannot be read in this mode.
        """
        own, members = np.zeros((len(creatives), BEST_GRADE + 1)), []
        temperature = self.settings.temperatures[mode.value]
        for row, creative in enumerate(creatives):
            with torch.inference_mode():
                output = self.network(self.inputs(creative, mode), states=False)
                own[row] = output.grade_logits[0].double().numpy()
                members.append(self.heads(output.evidence)[:, 0].double().numpy())
        if not members:
            return ModeReading(mode, own, *(np.zeros(0) for _ in range(3)))
        shares = shares_of(own / temperature)
        grade = expected_grade(shares)
        spread = grade_log_odds(np.stack(members, axis=1), temperature)
        low, high = grade_interval(centred(spread, grade_log_odds(own[None], temperature)[0]), self.settings.stretch)
        return ModeReading(mode, shares, grade, np.minimum(low, grade), np.maximum(high, grade))

    def inputs(self, creative: Creative, mode: InputMode) -> PairInputs:
        """What the network reads of one ad in a mode, as a batch of one.

        Raises:
            InputError: The ad cannot be read in this mode.
        """
        if mode not in self.modes(creative):
            lacks = " and ".join(self.lacks(creative)) or "what this mode reads"
            raise InputError(f"The ad cannot be read in the mode {mode.value!r}: it lacks {lacks}.")
        regions = None if mode is InputMode.TEXT_ONLY or creative.image is None else self.regions(creative.image)
        wholes = self.wholes(creative) if self.network.config.whole_dim else None
        return pair_inputs(self.tokenizer.tokens([creative]), regions, wholes).in_mode(mode)

    def wholes(self, creative: Creative) -> torch.Tensor:
        """Query, copy, picture and its colours as wholes, zeros for what is not there, as a batch of one: (1, 4, W)."""
        copy, encoder = whole_copy(creative), self._vectors.image_encoder
        found = np.zeros((1, WHOLES, self.network.config.whole_dim), dtype=np.float32)
        texts = {QUERY: creative.query} | ({AD_TEXT: copy} if copy else {})
        found[0, list(texts)] = self._vectors.texts(list(texts.values()))
        if creative.image is not None:
            found[0, IMAGE] = encoder.as_text(self._vectors.images([creative.image]))[0]
            found[0, COLOURS] = beside_wholes(self._histogram(creative.image)[None], found.shape[2])[0]
        return torch.from_numpy(found)

    def _histogram(self, image: AdImage) -> np.ndarray:
        kept = self._colours.get(image.content_hash)
        if kept is None:
            kept = colour_histogram(image.pixels)
            self._colours.put(image.content_hash, kept)
        return kept

    def regions(self, image: AdImage) -> Regions:
        """The regions of one picture, kept by its content, as a batch of one."""
        return self._regions.of(image)
