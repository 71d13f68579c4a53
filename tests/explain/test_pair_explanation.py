"""What a grade rests on, by word, region and word's look; and whether taking those parts away bears it out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.pictures import picture
from helpers.tiny_models import RELEVANCE

from adlab.data.creative import Creative
from adlab.data.image_intake import AdImage
from adlab.errors import ConfigError, InputError
from adlab.explain.attention_relevance import pair_relevance
from adlab.explain.grade_parts import grade_parts
from adlab.explain.pair_explanation import explain_pair, words_of
from adlab.explain.perturbation import REGIONS, WORDS, PerturbationConfig, perturb, probabilities, removals
from adlab.features.query_ad_tokens import TokenSpan
from adlab.inference.assessor import Assessor
from adlab.inference.relevance import RelevanceHead
from adlab.models.pair_inputs import InputMode

AD = Creative(
    image=AdImage.from_pixels(picture(3, 60, 40)),
    query="quilted blue jacket",
    title="Ombrielle jacket, quilted",
    brand="Ombrielle",
    description=" ".join(f"word{number}" for number in range(30)),
)


@pytest.fixture(scope="module")
def head(tiny_models: Path) -> RelevanceHead:
    found = Assessor(models=tiny_models, device="cpu").relevance
    assert found is not None
    assert found.manifest.name == RELEVANCE
    return found


def test_a_word_weighs_as_much_as_its_tokens_together():
    spans = [TokenSpan("", -1, 0, 0), TokenSpan("query", 0, 0, 3), TokenSpan("query", 0, 3, 5), TokenSpan("", -1, 0, 0)]
    spans += [TokenSpan("title", 1, 4, 8), TokenSpan("", -1, 0, 0)]
    one = Creative(query="tee", title="the tee cap")
    words = words_of(one, spans, np.array([9.0, 1.0, -3.0, 9.0, 0.5, 9.0]), InputMode.TEXT_ONLY)
    assert [(word.field, word.text, word.weight, word.places) for word in words] == [
        ("query", "tee", -2.0, (1, 2)),
        ("title", "the", 0.0, ()),
        ("title", "tee", 0.5, (4,)),
        ("title", "cap", 0.0, ()),
    ]


def test_weights_are_those_of_attention_and_gradient_and_looks_are_the_words_rows(head):
    found = explain_pair(head, AD)
    raw = pair_relevance(head.network, found.inputs)
    row = raw.of_tokens()[0].double().numpy()
    for number, word in enumerate(found.words):
        assert word.weight == pytest.approx(row[list(word.places)].sum(), abs=1e-12)
        if word.read:
            seen = raw.relevance.signed[0, list(word.places), raw.tokens :].mean(dim=0).double().numpy()
            np.testing.assert_allclose(found.looks[number].ravel(), seen, atol=1e-7)
    np.testing.assert_allclose(found.cells.ravel(), raw.of_regions()[0])
    named = [place for word in found.words for place in word.places]
    mass = np.abs(row).sum() + np.abs(found.cells).sum()
    assert found.marks == pytest.approx(np.abs(np.delete(row, named)).sum() / mass)
    assert 0 < found.marks < 1


def test_every_word_of_the_ad_is_named_and_what_was_cut_off_is_known(head):
    found = explain_pair(head, AD)
    assert [word.text for word in found.words if word.field == "query"] == AD.query.split()
    described = [word for word in found.words if word.field == "description"]
    assert len(described) == 30
    assert described[0].read
    assert not described[-1].read
    assert described[-1].weight == 0
    assert not found.looks[-1].any()


def test_the_likeliest_grade_is_explained_unless_another_is_asked_for(head):
    found = explain_pair(head, AD)
    assert found.grade == int(found.shares.argmax())
    np.testing.assert_allclose(found.shares, head.read([AD], InputMode.IMAGE_TEXT).shares[0], atol=1e-6)
    other = (found.grade + 1) % 4
    asked = explain_pair(head, AD, grade=other)
    assert asked.grade == other
    assert [word.weight for word in asked.words] != [word.weight for word in found.words]
    with pytest.raises(InputError, match="from 0 to 3"):
        explain_pair(head, AD, grade=4)


def test_without_a_picture_there_are_no_regions_and_without_copy_no_words_but_the_query(head):
    text = explain_pair(head, AD, InputMode.TEXT_ONLY)
    assert text.cells is None
    assert text.looks is None
    image = explain_pair(head, AD, InputMode.IMAGE_ONLY)
    assert {word.field for word in image.words} == {"query"}
    assert image.cells.shape == (2, 2)
    with pytest.raises(InputError, match="a query"):
        explain_pair(head, replace(AD, query=""))


def test_the_strongest_words_have_the_sign_asked_for_and_are_no_trifles(head):
    found = explain_pair(head, AD)
    word = found.words[0]
    weights = {"a": 0.5, "b": 2.0, "c": 0.1, "d": -0.3, "e": -0.1, "f": 0.0}
    one = replace(found, words=tuple(replace(word, text=text, weight=weight) for text, weight in weights.items()))
    assert [each.text for each in one.strongest(1)] == ["b", "a"]  # c has a twentieth of b's weight
    assert [each.text for each in one.strongest(1, 1)] == ["b"]
    assert [each.text for each in one.strongest(-1)] == ["d"]
    assert replace(found, words=()).strongest(1) == ()


def test_parts_are_away_in_order_by_hand():
    shares, away = removals(np.array([0.1, 3.0, -2.0, 1.0]), PerturbationConfig(steps=4, random_orders=2))
    assert shares.tolist() == [0, 0.25, 0.5, 0.75, 1]
    most, least = away[:2].astype(int).tolist()
    assert most == [[0, 0, 0, 0], [0, 1, 0, 0], [0, 1, 0, 1], [1, 1, 0, 1], [1, 1, 1, 1]]
    assert least == [[0, 0, 0, 0], [0, 0, 1, 0], [1, 0, 1, 0], [1, 0, 1, 1], [1, 1, 1, 1]]
    assert away.shape == (4, 5, 4)
    assert (away.sum(axis=2) == [0, 1, 2, 3, 4]).all()
    assert removals(np.array([1.0, 2.0]), PerturbationConfig())[0].tolist() == [0, 0.5, 1]
    with pytest.raises(InputError, match="two or more"):
        removals(np.array([1.0]), PerturbationConfig())


def test_curves_are_the_grade_of_ads_whose_words_nothing_attends_to(head):
    found, config = explain_pair(head, AD), PerturbationConfig(steps=3, random_orders=2)
    by_kind = {each.kind: each for each in perturb(head.network, found, 0.8, config)}
    assert set(by_kind) == {WORDS, REGIONS}
    words = by_kind[WORDS]
    assert words.most[0] == pytest.approx(found.shares[found.grade], abs=1e-6)
    assert [words.least[0], words.random[0, 0]] == pytest.approx([words.most[0]] * 2, abs=1e-6)
    assert words.most[-1] == pytest.approx(words.least[-1], abs=1e-6)
    first = sorted((word for word in found.words if word.read), key=lambda word: -word.weight)
    gone = [place for word in first[: round(len(first) / 3)] for place in word.places]
    mask = found.inputs.token_mask.clone()
    mask[0, gone] = False
    alone = found.inputs._replace(token_mask=mask)
    expected = probabilities(head.network, alone, found.grade, 0.8)[0]
    assert words.most[1] == pytest.approx(expected, abs=1e-6)
    regions = by_kind[REGIONS]
    assert regions.parts == 4
    blind = found.inputs._replace(region_mask=torch.zeros_like(found.inputs.region_mask))
    assert regions.most[-1] == pytest.approx(probabilities(head.network, blind, found.grade, 0.8)[0], abs=1e-6)
    assert np.ptp(regions.most) > 1e-4


def test_the_parts_of_a_grade_are_the_logit_above_the_mean_of_all_and_vanish_with_what_is_hidden(head):
    for mode in InputMode:
        found = explain_pair(head, AD, mode, grade=2)
        with torch.inference_mode():
            logits = head.network(found.inputs).grade_logits[0].double()
        assert sum(found.parts) == pytest.approx(float(logits[2] - logits.mean()), abs=1e-5)
        assert (found.parts.copy == 0) == (mode is InputMode.IMAGE_ONLY)
        assert (found.parts.picture == 0) == (mode is InputMode.TEXT_ONLY)
        assert (found.parts.colours == 0) == (mode is InputMode.TEXT_ONLY)
        empty = head.network.config.evidence * [0.0]
        assert grade_parts(head.network, torch.tensor([empty]), 2).copy == 0
    with pytest.raises(InputError, match="has shape"):
        grade_parts(head.network, torch.zeros(2, 3), 2)


def test_areas_and_ranks_by_hand(head):
    found = perturb(head.network, explain_pair(head, AD), 0.8, PerturbationConfig(steps=2, random_orders=3))[0]
    shares, most, least = np.array([0, 0.5, 1]), np.array([1.0, 0.2, 0.0]), np.array([1.0, 0.9, 0.0])
    random = np.array([[1.0, 0.5, 0.0], [1.0, 0.1, 0.0], [1.0, 0.95, 0.0]])
    one = replace(found, shares=shares, most=most, least=least, random=random)
    assert one.areas[:2] == pytest.approx((0.35, 0.7))
    assert one.areas[2] == pytest.approx([0.5, 0.3, 0.725])
    assert one.p_value == 0.5  # one random order of three is at least as low
    assert one.p_value_least == 0.5
    assert not one.better_than_random


def test_settings_out_of_range_are_named():
    with pytest.raises(ConfigError, match="steps is 1"):
        PerturbationConfig(steps=1)
