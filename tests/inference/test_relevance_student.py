"""The two-tower student: its score by hand in each mode, alone as in a batch, ads read once."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers.pictures import caption, picture
from helpers.tiny_models import STUDENT

from adlab.data.creative import Creative
from adlab.data.image_intake import AdImage
from adlab.errors import InputError
from adlab.inference.relevance_student import RelevanceStudent
from adlab.models.pair_inputs import InputMode
from adlab.models.two_tower import AdVectors


def ad(seed: int = 0, **fields: object) -> Creative:
    image = AdImage.from_pixels(picture(seed, 30 + 7 * seed, 40))
    return Creative(**({"image": image, "query": caption(seed + 1), "title": caption(seed), "brand": "Acme"} | fields))


@pytest.fixture
def student(tiny_models, assessor) -> RelevanceStudent:
    return RelevanceStudent(STUDENT, assessor.vectors, root=tiny_models)


def by_hand(student: RelevanceStudent, one: Creative, copy: str, mode: InputMode) -> float:
    """From pixels and words on; the checkpoint's slopes and intercepts are written in `tiny_models`."""
    image_encoder, text_encoder = student._vectors.image_encoder, student._vectors.text_encoder
    image = torch.zeros(1, 1664) if one.image is None else torch.from_numpy(image_encoder.encode([one.image.pixels]))
    text = torch.from_numpy(text_encoder.encode([copy])) if copy else torch.zeros(1, 384)
    parts = AdVectors(image, text, torch.tensor([one.image is not None]), torch.tensor([bool(copy)]))
    with torch.inference_mode():
        logit = float(student.network(torch.from_numpy(text_encoder.encode([one.query])), parts))
    slope, intercept = {"image-text": (2.0, 0.5), "image-only": (1.5, -0.5), "text-only": (1.0, 0.25)}[mode.value]
    return 1 / (1 + np.exp(-(slope * logit + intercept)))


def test_the_score_by_hand_in_each_mode(student):
    cases = [
        (ad(1), caption(1), InputMode.IMAGE_TEXT),
        (ad(2, title="", brand=""), "", InputMode.IMAGE_ONLY),
        (ad(3, image=None), caption(3), InputMode.TEXT_ONLY),
        (ad(4, image=None, title="", description="Red shoes"), "Red shoes", InputMode.TEXT_ONLY),
        (ad(5, title=""), "Acme", InputMode.IMAGE_TEXT),
    ]
    expected = [by_hand(student, one, copy, mode) for one, copy, mode in cases]
    np.testing.assert_allclose(student.scores([one for one, _, _ in cases]), expected, atol=1e-5)
    assert np.ptp(expected) > 0.01


def test_a_score_does_not_depend_on_who_else_is_scored(student):
    ads = [ad(row) for row in range(6)]
    together = student.scores(ads)
    np.testing.assert_array_equal(np.concatenate([student.scores([one]) for one in ads]), together)
    assert student.scores([]).shape == (0,)


def test_an_ad_is_read_once_whatever_is_asked_and_a_changed_one_again(student, monkeypatch):
    calls = []
    embed = student.network.embed_ad
    monkeypatch.setattr(student.network, "embed_ad", lambda parts: calls.append(1) or embed(parts))
    one = ad(1)
    first = student.scores([one, replace(one, query="something else")])
    assert len(calls) == 1
    assert first[0] != first[1]
    student.scores([replace(one, title="another title")])
    assert len(calls) == 2
    student.scores([replace(one, image=ad(2).image)])
    assert len(calls) == 3
    assert student.ad_vectors([one]).shape == (1, 384)
    assert len(calls) == 3


def test_what_an_ad_lacks_is_named(student):
    with pytest.raises(InputError, match="1 ads have no query"):
        student.scores([ad(1), ad(2, query="")])
    with pytest.raises(InputError, match="neither a picture nor copy"):
        student.scores([Creative(query="shoes")])
