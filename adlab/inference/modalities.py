"""Ads read by picture alone, by words alone and by both, with every head that can: does the image earn its place?

The answer by both is the Assessor's own. What "alone" means for each head stands in `adlab.data.modalities.BASES`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from adlab.data.assessment import Assessment, HeadResult
from adlab.data.creative import Context, Creative
from adlab.data.modalities import BASES, NEVER_ALONE, AdModes, Mode
from adlab.encoders.device import precision_of
from adlab.features.words_in_picture import words_of_all
from adlab.inference.agreement import AgreementHead
from adlab.inference.appeal import AppealHead
from adlab.inference.assessor import Assessor
from adlab.inference.conversion import ConversionHead
from adlab.inference.ctr import CtrHead
from adlab.inference.funnel import FunnelHead
from adlab.inference.needs import parts_lacking
from adlab.inference.relevance import GRADE_NAMES, RelevanceHead
from adlab.models.pair_inputs import InputMode

ALONE = (Mode.IMAGE_ONLY, Mode.TEXT_ONLY)
UNMEASURED = "{}; measured on ads read whole, not on ads read by one part"

Ad = tuple[Creative, str | None, Context]  # with the words in its picture, None where they were not read
Part = Callable[[Ad, Mode, HeadResult], HeadResult]  # the last is the answer by all that the ad has


class Modalities:
    """Reads ads in all modes; read-only, hence thread-safe.

    Args:
        assessor: Whose heads read.

    Attributes:
        heads: Names of the heads that answer in some mode, in the order of the command-line contract.
    """

    def __init__(self, assessor: Assessor) -> None:
        self._assessor = assessor
        self._parts: dict[str, Part] = {}
        if assessor.relevance is not None:
            self._parts[RelevanceHead.name] = self._relevance
        if assessor.appeal is not None:
            self._parts[AppealHead.name] = self._appeal
        if assessor.ctr is not None:
            self._parts[CtrHead.name] = self._ctr
        if assessor.funnel is not None:
            self._parts[FunnelHead.name] = self._funnel
        if assessor.conversion is not None:
            self._parts[ConversionHead.name] = self._conversion
        self.heads = tuple(head for head in assessor.heads if head in self._parts or head == AgreementHead.name)

    def read(self, creative: Creative, heads: Sequence[str] | None = None, context: Context | None = None) -> AdModes:
        """Read one ad; arguments as in `read_batch`."""
        return self.read_batch([creative], heads, [context or Context()])[0]

    def read_batch(
        self,
        creatives: Sequence[Creative],
        heads: Sequence[str] | None = None,
        contexts: Sequence[Context] | None = None,
    ) -> list[AdModes]:
        """Read many ads, in order; what an ad lacks for a mode is told so in `missing`.

        Args:
            creatives: The ads.
            heads: Names of heads, all shipped ones if not given.
            contexts: Who sees each ad, when and where; unknown if not given.

        Raises:
            UnknownNameError: A head does not ship.
        """
        wanted = [head for head in self._assessor.check_heads(heads) if head in self.heads]
        contexts = [Context()] * len(creatives) if contexts is None else list(contexts)
        whole = self._assessor.assess_batch(creatives, wanted, contexts)
        if self._assessor.reads_words & set(wanted):
            words = [found.text for found in words_of_all(creatives, self._assessor.words)]
        else:
            words = [creative.ocr_text for creative in creatives]
        ads = zip(creatives, words, contexts, strict=True)
        return [self._read(ad, assessment, wanted) for ad, assessment in zip(ads, whole, strict=True)]

    def _read(self, ad: Ad, whole: Assessment, wanted: Sequence[str]) -> AdModes:
        results: dict[str, dict[Mode, HeadResult]] = {}
        missing: dict[str, dict[Mode, str]] = {}
        for head in wanted:
            result = whole.head(head)
            if result is None:
                missing[head] = dict.fromkeys(Mode, whole.not_scored[head])
            elif head == AgreementHead.name:
                results[head], missing[head] = {Mode.BOTH: result}, dict.fromkeys(ALONE, NEVER_ALONE)
            else:
                lacks = parts_lacking(ad[0], ad[1], head)
                results[head] = {
                    # An ad without a part is no extrapolation to a head that always reads whole ads: it reads this one.
                    mode: result if lacks and not BASES[head].trained else _alone(self._parts[head](ad, mode, result))
                    for mode in ALONE
                    if mode not in lacks
                }
                if lacks:
                    lacks[Mode.BOTH] = next(iter(lacks.values()))
                    missing[head] = lacks
                else:
                    results[head][Mode.BOTH] = result
        shared = {}
        if ConversionHead.name in results:
            shared[ConversionHead.name] = _alone(self._by_embeddings(ad, "shared"))
        return AdModes(
            content_hash=whole.content_hash, results=results, missing=missing, shared=shared, warnings=whole.warnings
        )

    def _relevance(self, ad: Ad, mode: Mode, whole: HeadResult) -> HeadResult:
        head = self._assessor.relevance
        assert head is not None
        read = head.read([ad[0]], InputMode(mode.value))
        return replace(
            whole,
            value=float(read.grade[0]),
            interval=replace(whole.interval, low=float(read.low[0]), high=float(read.high[0])),
            details=dict(zip(GRADE_NAMES, map(float, read.shares[0]), strict=True)),
        )

    def _appeal(self, ad: Ad, mode: Mode, whole: HeadResult) -> HeadResult:
        head = self._assessor.appeal
        assert head is not None
        found = head.results([ad[0]], [None]) if mode is Mode.IMAGE_ONLY else head.results_of_words([ad[1] or ""])
        return found[0]

    def _ctr(self, ad: Ad, mode: Mode, whole: HeadResult) -> HeadResult:
        head = self._assessor.ctr
        assert head is not None
        creative, words, context = ad
        if mode is Mode.TEXT_ONLY:
            return head.results([creative], [words], [context], picture=False)[0]
        return head.results([replace(creative, title="", description="")], [None], [context])[0]

    def _funnel(self, ad: Ad, mode: Mode, whole: HeadResult) -> HeadResult:
        head = self._assessor.funnel
        assert head is not None
        creative, _, context = ad
        if mode is Mode.IMAGE_ONLY:
            part = replace(creative, title="", description="", seller="", brand="", category="", ocr_text=None)
        else:
            part = replace(creative, image=None, ocr_text=None)
        return head.results([part], [None], [context])[0]

    def _conversion(self, ad: Ad, mode: Mode, whole: HeadResult) -> HeadResult:
        return self._by_embeddings(ad, "image" if mode is Mode.IMAGE_ONLY else "text")

    def _by_embeddings(self, ad: Ad, kept: str) -> HeadResult:
        head, vectors, image = self._assessor.conversion, self._assessor.vectors, ad[0].image
        assert head is not None
        assert image is not None
        pair = vectors.images([image], width=head.image_dim), vectors.texts([ad[0].copy])
        device = vectors.device
        return head.results(*pair, device.type, precision_of(device), kept)[0]


def _alone(result: HeadResult) -> HeadResult:
    """An answer by one part has no rank among whole ads; a head that was not trained so has no measured interval."""
    interval = result.interval
    if not BASES[result.head].trained:
        kind = UNMEASURED.format(interval.kind)
        interval = replace(interval, kind=kind, measured_coverage=None, coverage_n=None)
    return replace(result, interval=interval, percentiles=(), readings=())
