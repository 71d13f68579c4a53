"""One ad by its parts: each head's answer by hand, what an ad lacks, and heads that do not see a part."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers.pictures import caption, picture
from torch.nn import functional as F

from adlab.data.creative import Context, Creative
from adlab.data.image_intake import AdImage
from adlab.data.modalities import BASES, NEVER_ALONE, Mode
from adlab.inference.conversion import ConversionHead
from adlab.inference.modalities import Modalities
from adlab.inference.relevance import STUDENT
from adlab.metrics.distribution import histogram_mean
from adlab.models.m2fn_ensemble import mean_distribution
from adlab.models.pair_inputs import InputMode

CALM = {"ocr_text": "Big sale today", "query": "red shoe"}


def ad(seed: int = 0, **fields: object) -> Creative:
    image = AdImage.from_pixels(picture(seed, 40, 30))
    return Creative(**({"image": image, "title": caption(seed), **CALM} | fields))


@pytest.fixture(scope="module")
def reader(assessor) -> Modalities:
    return Modalities(assessor)


def test_modes_are_those_of_adscvlr():
    assert {mode.value for mode in Mode} == {mode.value for mode in InputMode}


def test_every_head_that_has_a_basis_for_one_part_answers_in_all_modes(reader):
    found = reader.read(ad())
    assert reader.heads == tuple(head for head in reader.heads if head in BASES)
    for head in set(reader.heads) - {"agreement"}:
        assert set(found.results[head]) == set(Mode)
        assert found.gain(head) == found.results[head][Mode.BOTH].value - found.results[head][Mode.TEXT_ONLY].value


def test_the_answer_by_both_parts_is_the_assessors_own(reader, assessor):
    context = Context(gender="female", hour=9)
    found, assessment = reader.read(ad(), context=context), assessor.assess(ad(), context=context)
    for result in assessment.heads:
        assert found.result(result.head, Mode.BOTH) == result


def test_agreement_has_no_answer_by_one_part(reader):
    found = reader.read(ad(), ["agreement"])
    assert set(found.results["agreement"]) == {Mode.BOTH}
    assert found.missing["agreement"] == {Mode.IMAGE_ONLY: NEVER_ALONE, Mode.TEXT_ONLY: NEVER_ALONE}
    assert found.gain("agreement") is None


def test_relevance_by_one_part_is_that_of_an_ad_that_never_had_the_other(reader, assessor):
    found = reader.read(ad(), ["relevance"]).results["relevance"]
    alone = {Mode.IMAGE_ONLY: ad(title=""), Mode.TEXT_ONLY: ad(image=None, ocr_text=None)}
    for mode, other in alone.items():
        expected = assessor.assess(other, ["relevance"]).heads[0]
        assert found[mode].value == pytest.approx(expected.value, abs=1e-9)
        grades = {name: value for name, value in expected.details.items() if name != STUDENT}
        assert found[mode].details == pytest.approx(grades, abs=1e-9)
        assert found[mode].interval.low == pytest.approx(expected.interval.low, abs=1e-9)


def test_the_conversion_head_is_the_assessors_own_and_loaded_once(assessor, monkeypatch):
    monkeypatch.setattr(ConversionHead, "__init__", lambda *args, **options: pytest.fail("loaded a second time"))
    found = Modalities(assessor).read(ad(), ["conversion"])
    assert set(found.results["conversion"]) == set(Mode)
    assert found.result("conversion", Mode.IMAGE_ONLY).provenance.sha256 == assessor.conversion.manifest.weights_sha256


def test_conversion_by_the_picture_adds_up_its_own_terms_only(reader, assessor):
    found, head, one = reader.read(ad(), ["conversion"]), assessor.conversion, ad()
    with torch.inference_mode():
        output = head.network(
            torch.from_numpy(assessor.vectors.images([one.image], width=head.image_dim)).double(),
            torch.from_numpy(assessor.vectors.texts([one.copy])).double(),
        )
        width = head.regression.config.latent_dim
        unit = {name: F.normalize(part, dim=-1)[:, 0] for name, part in output._asdict().items()}

        def stated(blocks: dict[str, int], product: bool = False) -> float:
            """Log-odds from the blocks of the regression's weights, in the order of `SPACES["full"]`."""
            total = head.regression.bias.clone()
            for name, place in blocks.items():
                total += (head.regression.weight[:, place * width : (place + 1) * width] * unit[name]).sum(1)
            if product:
                both = unit["shared_image"] * unit["shared_text"]
                total += (head.regression.weight[:, 4 * width :] * both).sum(1)
            logit = head.calibration.apply(total.numpy()).mean()
            return float(1 / (1 + np.exp(-logit)))

    results = found.results["conversion"]
    assert results[Mode.IMAGE_ONLY].value == pytest.approx(stated({"shared_image": 0, "private_image": 1}), rel=1e-9)
    assert results[Mode.TEXT_ONLY].value == pytest.approx(stated({"shared_text": 2, "private_text": 3}), rel=1e-9)
    shared = stated({"shared_image": 0, "shared_text": 2}, product=True)
    assert found.shared["conversion"].value == pytest.approx(shared, rel=1e-9)


def test_appeal_by_words_does_not_depend_on_the_picture_and_is_that_of_the_average_picture(reader, assessor):
    by_words = [reader.read(ad(seed), ["appeal"]).results["appeal"][Mode.TEXT_ONLY] for seed in (0, 1)]
    assert by_words[0].value == by_words[1].value
    head = assessor.appeal
    aux = torch.from_numpy(
        head.schema.encode(
            [{"words": np.log1p(3)}], {"ocr": assessor.vectors.texts(["Big sale today"])}
        )  # the shape is unknown
    )
    with torch.inference_mode():
        logits = []
        for member in head.network.networks():
            average = torch.zeros(1, len(member.moments.mean))
            logits.append(member.head(member.fusion(average, aux)))
        shares = mean_distribution(torch.stack(logits).double(), head.settings.temperature).numpy()
    assert by_words[0].value == pytest.approx(float(histogram_mean(shares)[0]), abs=1e-6)


def test_appeal_by_the_picture_is_that_of_unread_words(reader, assessor):
    found = reader.read(ad(), ["appeal"]).results["appeal"][Mode.IMAGE_ONLY]
    assert found.value == assessor.appeal.score([ad().image], [None]).mean[0]


def test_click_rate_by_words_does_not_depend_on_the_picture_and_that_by_the_picture_not_on_words(reader):
    swapped = ad(0, image=ad(1).image)
    one, other = reader.read(ad(), ["ctr"]), reader.read(swapped, ["ctr"])
    assert one.results["ctr"][Mode.TEXT_ONLY].value == other.results["ctr"][Mode.TEXT_ONLY].value
    assert one.results["ctr"][Mode.BOTH].value != other.results["ctr"][Mode.BOTH].value
    said = reader.read(ad(title="Other words", description="entirely", ocr_text="so"), ["ctr"])
    assert one.results["ctr"][Mode.IMAGE_ONLY].value == said.results["ctr"][Mode.IMAGE_ONLY].value
    assert one.results["ctr"][Mode.TEXT_ONLY].value != said.results["ctr"][Mode.TEXT_ONLY].value


def test_an_extrapolated_answer_has_no_measured_interval_and_no_rank(reader):
    found = reader.read(ad())
    for head in ("conversion", "appeal", "ctr"):
        alone, both = found.results[head][Mode.IMAGE_ONLY], found.results[head][Mode.BOTH]
        assert both.interval.measured_coverage is not None
        assert both.percentiles
        assert alone.interval.measured_coverage is None
        assert "not on ads read by one part" in alone.interval.kind
        assert alone.percentiles == ()


def test_an_ad_without_a_part_has_one_answer_and_says_why(reader):
    bare = reader.read(ad(title="", ocr_text=""))
    assert set(bare.results["relevance"]) == {Mode.IMAGE_ONLY}
    assert bare.missing["relevance"][Mode.TEXT_ONLY].startswith("This ad has neither title")
    assert bare.missing["appeal"][Mode.BOTH] == "This ad has no words in its picture."
    assert set(bare.missing["conversion"]) == set(Mode)
    unseen = reader.read(ad(image=None, ocr_text=None))
    assert set(unseen.results["relevance"]) == {Mode.TEXT_ONLY}
    assert unseen.missing["relevance"][Mode.BOTH] == "This ad has no picture."
    assert set(unseen.missing["appeal"]) == set(Mode)


def test_an_ad_that_has_one_part_only_gets_the_assessors_own_answer_by_it(reader, assessor):
    bare = ad(title="", ocr_text="")  # no copy, and a picture that is known to hold no words
    found, whole = reader.read(bare, ["appeal", "ctr"]), assessor.assess(bare, ["appeal", "ctr"])
    for head in ("appeal", "ctr"):
        assert set(found.results[head]) == {Mode.IMAGE_ONLY}
        assert found.result(head, Mode.IMAGE_ONLY) == whole.head(head)


def test_a_batch_gives_what_each_ad_gets_alone(reader):
    ads = [ad(0), ad(1, title=""), ad(2, query=""), ad(3, image=None, ocr_text=None)]
    for together, one in zip(reader.read_batch(ads), ads, strict=True):
        alone = reader.read(one)
        assert together.missing == alone.missing
        values = [{h: {m: r.value for m, r in by.items()} for h, by in x.results.items()} for x in (together, alone)]
        assert values[0].keys() == values[1].keys()
        assert all(values[0][head] == pytest.approx(values[1][head], abs=1e-5) for head in values[0])


def test_words_that_were_not_read_are_said_so(tiny_models, assessor, reader, monkeypatch):
    monkeypatch.setattr(assessor, "words", "off")
    found = reader.read(replace(ad(), ocr_text=None), ["appeal"])
    assert set(found.results["appeal"]) == {Mode.IMAGE_ONLY}
    assert found.missing["appeal"][Mode.TEXT_ONLY] == "The words in its picture were not read."


def test_the_answers_as_plain_json_carry_their_basis(reader):
    plain = reader.read(ad()).to_dict()
    assert plain["results"]["relevance"]["image-only"]["unit"] == "grade"
    assert plain["bases"]["relevance"]["trained"] is True
    assert plain["bases"]["appeal"]["trained"] is False
