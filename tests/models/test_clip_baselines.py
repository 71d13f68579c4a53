"""The CLIP baselines: zero-shot before training, scores by kind, and absent parts."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from adlab.errors import ConfigError, UnknownNameError
from adlab.models.clip_baselines import KINDS, ClipBaseline, ClipBaselineConfig
from adlab.models.two_tower import AdVectors

EACH_KIND = pytest.mark.parametrize("kind", KINDS)


def fresh(kind: str, image_dim: int = 6) -> ClipBaseline:
    torch.manual_seed(0)
    return ClipBaseline(ClipBaselineConfig(kind=kind, text_dim=6, image_dim=image_dim, hidden_dim=8)).eval()


def learned(kind: str, image_dim: int = 6) -> ClipBaseline:
    made = fresh(kind, image_dim)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return made


def data(n: int = 6, image_dim: int = 6, *, whole: bool = False) -> tuple[torch.Tensor, AdVectors]:
    generator, rows = torch.Generator().manual_seed(1), torch.arange(n)
    query, image, copy = (torch.randn(n, width, generator=generator) for width in (6, image_dim, 6))
    return query, AdVectors(image, copy, whole | (rows % 3 != 1), whole | (rows % 3 != 2))


@torch.no_grad()
def test_before_training_the_scores_are_the_zero_shot_cosines():
    query, ad = data(whole=True)
    by_image, by_copy = F.cosine_similarity(query, ad.image), F.cosine_similarity(query, ad.copy)
    torch.testing.assert_close(fresh("clip")(query, ad).score, by_image)
    torch.testing.assert_close(fresh("clip_a")(query, ad).score, (by_image + by_copy) / 2)


@torch.no_grad()
def test_scores_after_training_are_those_of_the_embeddings():
    query, ad = data(whole=True)
    out = learned("clip_a")(query, ad)
    for part in out[:3]:
        torch.testing.assert_close(part.norm(dim=1), torch.ones(6))
    expected = [(float(q @ i) + float(q @ t)) / 2 for q, i, t in zip(*out[:3], strict=True)]
    assert out.score.tolist() == pytest.approx(expected, abs=1e-6)
    made = learned("clip_mh")
    out = made(query, ad)
    expected = made.match(torch.cat([out.query * out.image, out.query * out.copy], dim=1)).squeeze(1)
    torch.testing.assert_close(out.score, expected)
    torch.testing.assert_close(made(ad.copy, ad).query, out.copy)  # one tower reads queries and copy


@torch.no_grad()
def test_an_absent_part_leaves_the_other_similarity_whatever_stands_there():
    query, ad = data()
    out = learned("clip_a")(query, ad)
    by_image, by_copy = (out.query * out.image).sum(1), (out.query * out.copy).sum(1)
    torch.testing.assert_close(out.score[~ad.has_image], by_copy[~ad.has_image])
    torch.testing.assert_close(out.score[~ad.has_copy], by_image[~ad.has_copy])
    assert out.image[~ad.has_image].abs().max() == 0
    noisy = ad._replace(image=torch.where(ad.has_image[:, None], ad.image, float("nan")))
    for kind in KINDS:
        torch.testing.assert_close(learned(kind)(query, noisy).score, learned(kind)(query, ad).score)


@torch.no_grad()
@EACH_KIND
def test_a_pair_alone_is_scored_as_in_a_batch(kind):
    made, (query, ad) = learned(kind, 9), data(image_dim=9)
    whole = made(query, ad).score
    alone = [made(query[i : i + 1], AdVectors(*(part[i : i + 1] for part in ad))).score.item() for i in range(6)]
    assert alone == pytest.approx(whole.tolist(), abs=1e-5)


@EACH_KIND
def test_every_parameter_gets_a_gradient(kind):
    made, (query, ad) = learned(kind), data()
    (made(query, ad).score * torch.linspace(-1, 2, 6)).sum().backward()
    silent = [name for name, p in made.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    assert silent == []
    assert (made.match is not None) == (kind == "clip_mh")


def test_what_does_not_fit_is_refused():
    with pytest.raises(UnknownNameError, match="Valid: clip, clip_a, clip_mh"):
        ClipBaselineConfig(kind="vilt")
    with pytest.raises(ConfigError, match="image_dim is 0"):
        ClipBaselineConfig(image_dim=0)
    with pytest.raises(ConfigError, match="dropout is 1"):
        ClipBaselineConfig(dropout=1)
