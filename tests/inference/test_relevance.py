"""Query relevance: the grade by hand in each mode, alone as in a batch, and what an ad lacks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers.pictures import caption, picture
from helpers.tiny_models import PAIRS, RELEVANCE, STUDENT
from PIL import Image

from adlab.checkpoints.relevance import Relevance
from adlab.data.assessment import DataKind, HeadResult
from adlab.data.creative import Creative
from adlab.data.image_intake import AdImage
from adlab.encoders.text import load_minilm
from adlab.errors import CheckpointError, InputError
from adlab.features.ad_vocabulary import extend
from adlab.features.colour_histogram import colour_histogram
from adlab.features.query_ad_tokens import QueryAdTokenizer, TokenLimits, pair_inputs
from adlab.features.vectors import Vectors
from adlab.inference.relevance import GRADE_NAMES, RelevanceHead
from adlab.inference.relevance_student import RelevanceStudent
from adlab.models.pair_inputs import InputMode
from adlab.models.visual_embedders import grid_regions

MODES = list(InputMode)


def ad(seed: int = 0, **fields: object) -> Creative:
    image = AdImage.from_pixels(picture(seed, 30 + 7 * seed, 40))
    return Creative(**({"image": image, "query": caption(seed + 1), "title": caption(seed), "brand": "Acme"} | fields))


@pytest.fixture(scope="module")
def head(tiny_models, assessor) -> RelevanceHead:
    return RelevanceHead(RELEVANCE, assessor.vectors, root=tiny_models)


@pytest.fixture(scope="module")
def tokenizer(head) -> QueryAdTokenizer:
    return QueryAdTokenizer(
        extend(load_minilm().wordpieces(), head.settings.words), TokenLimits(total=48, description=16)
    )


def numbers(result: HeadResult) -> dict[str, float]:
    interval = {"low": result.interval.low, "high": result.interval.high}
    return {"value": result.value, **interval, **result.details}


def by_hand(
    head: RelevanceHead, tokenizer: QueryAdTokenizer, one: Creative, mode: InputMode
) -> tuple[np.ndarray, np.ndarray]:
    """Shares of the grades, and expected grades by the further heads, from the pixels on."""
    settings, encoder = head.settings, head._vectors.image_encoder
    shown = one if mode is not InputMode.IMAGE_ONLY else Creative(image=one.image, query=one.query)
    regions = None
    with torch.inference_mode():
        if mode is not InputMode.TEXT_ONLY:
            seen = encoder.forward(encoder.prepare([one.image.pixels])).feature_map
            regions = grid_regions(seen.clone(), side=settings.side)
            regions = regions._replace(features=regions.features.half())  # as training stores them
        wholes = torch.zeros(1, 4, 384)
        texts = load_minilm().encode([one.query, one.title])
        wholes[0, 0] = torch.from_numpy(texts[0])
        if mode is not InputMode.IMAGE_ONLY:
            wholes[0, 1] = torch.from_numpy(texts[1])
        if mode is not InputMode.TEXT_ONLY:
            joint = encoder.forward(encoder.prepare([one.image.pixels])).aligned.clone()
            into_texts = joint @ encoder.network.net.text_head.text.weight
            wholes[0, 2] = into_texts[0] / into_texts[0].norm()
            wholes[0, 3] = torch.from_numpy(colour_histogram(one.image.pixels))
        output = head.network(pair_inputs(tokenizer.tokens([shown]), regions, wholes))
        shares = (output.grade_logits[0].double() / settings.temperatures[mode.value]).softmax(dim=0)
        members = (head.heads(output.evidence)[:, 0].double() / settings.temperatures[mode.value]).softmax(dim=1)
    return shares.numpy(), members.numpy() @ np.arange(4)


@pytest.mark.parametrize("mode", MODES)
def test_each_mode_says_what_the_network_says_of_the_pixels_and_words(head, tokenizer, mode):
    one = ad(2)
    shares, members = by_hand(head, tokenizer, one, mode)
    read = head.read([one], mode)
    np.testing.assert_allclose(read.shares[0], shares, atol=1e-6)
    assert read.grade[0] == pytest.approx(shares @ np.arange(4), abs=1e-6)
    assert read.mode is mode
    odds = np.log(members / (3 - members))
    own = np.log(read.grade[0] / (3 - read.grade[0]))
    ends = own + head.settings.stretch * (np.quantile(odds, [0.05, 0.95]) - odds.mean())
    assert (read.low[0], read.high[0]) == pytest.approx(tuple(3 / (1 + np.exp(-ends))), abs=1e-5)
    assert read.low[0] < read.grade[0] < read.high[0]


def test_the_three_modes_differ_and_an_ad_is_read_with_all_that_it_has(head):
    one = ad(1)
    grades = {mode: float(head.read([one], mode).grade[0]) for mode in MODES}
    assert len({round(grade, 6) for grade in grades.values()}) == 3
    for mode, own in {
        InputMode.IMAGE_TEXT: one,
        InputMode.IMAGE_ONLY: replace(one, title="", brand=""),
        InputMode.TEXT_ONLY: replace(one, image=None),
    }.items():
        assert head.modes(own)[0] is mode
        assert head.results([own])[0].value == pytest.approx(grades[mode], abs=1e-6)


def test_an_ad_has_the_same_numbers_alone_in_a_batch_and_from_any_thread(tiny_models, assessor):
    ads = [ad(seed, description=" ".join(caption(i) for i in range(seed + 1))) for seed in range(4)]
    ads += [Creative(query="red shoe", title=caption(9)), Creative(image=ads[0].image, query="red shoe")]
    together = RelevanceHead(RELEVANCE, assessor.vectors, root=tiny_models).results(ads)
    fresh = RelevanceHead(RELEVANCE, assessor.vectors, root=tiny_models)
    with ThreadPoolExecutor(4) as pool:
        alone = list(pool.map(lambda one: fresh.results([one])[0], reversed(ads)))
    for one, other in zip(together, alone[::-1], strict=True):
        # The last bit of a matrix product depends on its size, and regions are rounded to half precision after it.
        assert numbers(one) == pytest.approx(numbers(other), abs=1e-3)
        assert one.provenance == other.provenance
    assert len({result.value for result in together}) == len(ads)


def test_a_result_has_its_scale_interval_source_and_distribution(head):
    (result,) = head.results([ad(3)])
    assert (result.head, result.unit, result.scale) == ("relevance", "grade", (0.0, 3.0))
    assert result.interval.low <= result.value <= result.interval.high
    assert (result.interval.measured_coverage, result.interval.coverage_n, result.interval.level) == (0.87, PAIRS, 0.9)
    assert result.provenance.checkpoint == RELEVANCE
    assert result.provenance.data_kind is DataKind.HUMAN_LABELS
    shares = [result.details[name] for name in GRADE_NAMES]
    assert sum(shares) == pytest.approx(1)
    assert result.value == pytest.approx(np.dot(shares, np.arange(4)))


def test_the_student_stands_beside_the_teacher_where_one_ships(tiny_models, assessor):
    head = RelevanceHead(RELEVANCE, assessor.vectors, student=STUDENT, root=tiny_models)
    ads = [ad(1, query="tea"), ad(2, query="green tea"), Creative(query="tea", title="Tea")]
    found = head.results(ads)
    own = RelevanceStudent(STUDENT, assessor.vectors, root=tiny_models).scores(ads)
    assert [result.details["relevance_student"] for result in found] == own.tolist()
    plain = RelevanceHead(RELEVANCE, assessor.vectors, root=tiny_models).results(ads)
    assert "relevance_student" not in plain[0].details
    assert [result.value for result in plain] == [result.value for result in found]


def test_another_query_needs_no_further_look_at_the_picture(tiny_models, assessor, monkeypatch):
    vectors = Vectors(assessor.vectors.image_encoder, assessor.vectors.text_encoder)
    head = RelevanceHead(RELEVANCE, vectors, root=tiny_models)
    one, passes, forward = ad(5), [], vectors.image_encoder.forward
    monkeypatch.setattr(vectors.image_encoder, "forward", lambda squares: passes.append(1) or forward(squares))
    vectors.images([one.image])  # as the other heads ask for it
    first = head.results([one])[0].value
    assert head.results([replace(one, query="something else")])[0].value != first
    assert head.results([one])[0].value == first
    assert len(passes) == 1


def test_what_an_ad_lacks_is_said_in_words(head):
    one = ad()
    blank = AdImage.from_pixels(Image.new("RGB", (8, 8)))
    assert head.lacks(one) == []
    assert head.lacks(replace(one, query="")) == ["a query"]
    assert head.lacks(Creative(query="shoe", brand="Acme")) == ["an image or a title or description"]
    assert head.lacks(Creative(brand="Acme")) == ["a query", "an image or a title or description"]
    assert head.lacks(Creative(query="shoe", image=blank)) == []
    assert head.modes(replace(one, query="")) == ()


def test_an_ad_that_lacks_something_is_refused_with_what_it_lacks(head):
    one = ad()
    with pytest.raises(InputError, match="lacks a query"):
        head.results([replace(one, query="")])
    with pytest.raises(InputError, match="lacks what this mode reads"):
        head.read([replace(one, image=None)], InputMode.IMAGE_TEXT)
    with pytest.raises(InputError, match="'text-only'"):
        head.read([Creative(image=one.image, query="shoe")], InputMode.TEXT_ONLY)


def test_no_ads_give_no_readings(head):
    read = head.read([], InputMode.TEXT_ONLY)
    assert read.shares.shape == (0, 4)
    assert [len(part) for part in read[2:]] == [0, 0, 0]
    assert head.results([]) == []


def test_words_that_do_not_extend_the_vocabulary_are_refused(head, assessor, monkeypatch):
    settings = replace(head.settings, words=("the",))
    loaded = Relevance(head.manifest, settings, head.network, head.heads, load_minilm().wordpieces())
    monkeypatch.setattr("adlab.inference.relevance.load_relevance", lambda *a, **k: loaded)
    with pytest.raises(CheckpointError, match="'the' is in the vocabulary"):
        RelevanceHead(RELEVANCE, assessor.vectors)
