"""The two-tower student: stored ads, absent parts, and that it can learn from a teacher."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from adlab.errors import ConfigError, InputError, UnknownNameError
from adlab.losses.distillation import ScoreDistillationLoss
from adlab.models.two_tower import AdVectors, TwoTower, TwoTowerConfig

SCORES = pytest.mark.parametrize("score", ["cosine", "dot"])


def student(seed: int = 0, **fields: Any) -> TwoTower:
    torch.manual_seed(seed)
    sizes = {"query_dim": 6, "image_dim": 7, "copy_dim": 5, "hidden_dim": 16, "latent_dim": 8}
    return TwoTower(TwoTowerConfig(**(sizes | fields))).eval()


def data(n: int = 9, seed: int = 1) -> tuple[torch.Tensor, AdVectors]:
    generator = torch.Generator().manual_seed(seed)
    rows = torch.arange(n)
    query, image, copy = (torch.randn(n, width, generator=generator) for width in (6, 7, 5))
    return query, AdVectors(image, copy, rows % 4 != 1, rows % 4 != 2)


def rows(ad: AdVectors, index: torch.Tensor) -> AdVectors:
    return AdVectors(*(part[index] for part in ad))


@torch.no_grad()
@SCORES
def test_ads_can_be_stored_and_scored_later_one_by_one_or_all_at_once(score):
    made, (query, ad) = student(score=score), data()
    together = made(query, ad)
    queries, ads = made.embed_query(query), made.embed_ad(ad)
    assert ads.shape == (9, 8)
    torch.testing.assert_close(made.score(queries, ads), together)
    torch.testing.assert_close(made.score_all(queries, ads).diagonal(), together, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(made.score_all(queries, ads)[3, 7], made.score(queries[3], ads[7]), atol=1e-6, rtol=1e-5)
    alone = torch.cat([made(query[i : i + 1], rows(ad, torch.tensor([i]))) for i in range(9)])
    torch.testing.assert_close(alone, together, atol=1e-6, rtol=1e-5)


@torch.no_grad()
def test_a_cosine_is_bounded_by_its_scale_and_a_dot_product_grows():
    (query, ad), made = data(), student(score="cosine")
    assert made.embed_ad(ad).norm(dim=1).tolist() == pytest.approx([1.0] * 9, abs=1e-5)
    assert made(query, ad).abs().max() <= made.log_scale.exp() + made.bias.abs() + 1e-5
    assert student(score="dot").embed_ad(ad).norm(dim=1).std() > 0


@torch.no_grad()
def test_an_absent_part_does_not_matter_whatever_stands_there_but_its_absence_does():
    made, (query, ad) = student(), data()
    made.fit_standardisation([query], [ad])
    expected = made(query, ad)
    image = torch.where(ad.has_image[:, None], ad.image, float("nan"))
    copy = torch.where(ad.has_copy[:, None], ad.copy, 1e6)
    torch.testing.assert_close(made(query, ad._replace(image=image, copy=copy)), expected)
    without = ad._replace(has_image=torch.zeros(9, dtype=torch.bool))
    assert torch.equal((made(query, without) != expected), ad.has_image)


@torch.no_grad()
def test_standardisation_is_that_of_the_parts_that_are_there():
    made, (query, ad) = student(), data()
    made.fit_standardisation([query[:4], query[4:]], [rows(ad, torch.arange(5)), rows(ad, torch.arange(5, 9))])
    torch.testing.assert_close(made.query_scale.mean, query.mean(0))
    torch.testing.assert_close(made.image_scale.mean, ad.image[ad.has_image].mean(0))
    torch.testing.assert_close(made.copy_scale.std, ad.copy[ad.has_copy].std(0, correction=0))
    other = student(seed=5)
    other.load_state_dict(made.state_dict())
    assert torch.equal(other(query, ad), made(query, ad))


@SCORES
def test_the_student_learns_its_teacher_s_scores(score):
    made, (query, ad), loss = student(score=score, dropout=0.0), data(), ScoreDistillationLoss()
    teacher = torch.linspace(0.05, 0.95, 9)
    optimiser = torch.optim.Adam(made.parameters(), 1e-2)
    first = loss(made(query, ad), teacher).item()
    for _ in range(150):
        optimiser.zero_grad()
        step = loss(made(query, ad), teacher)
        step.backward()
        optimiser.step()
    assert step.item() < 0.005 < first


@SCORES
def test_every_parameter_gets_a_gradient(score):
    made, (query, ad) = student(score=score), data()
    (made(query, ad) * torch.linspace(-1, 2, 9)).sum().backward()
    silent = [name for name, p in made.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    assert silent == []


@pytest.mark.parametrize("absent", ["image_dim", "copy_dim"])
def test_a_student_of_one_modality_is_built_without_the_other(absent):
    made, (query, ad) = student(**{absent: 0}), data()
    name = absent.removesuffix("_dim")
    part = ad._replace(**{name: torch.zeros(9, 0), f"has_{name}": torch.zeros(9, dtype=torch.bool)})
    made.fit_standardisation([query], [part])
    assert made(query, part).shape == (9,)


def test_what_does_not_fit_is_refused():
    made, (query, ad) = student(), data()
    with pytest.raises(InputError, match=r"query vectors have shape \(9, 5\), this student takes \(N, 6\)"):
        made(query[:, :5], ad)
    with pytest.raises(InputError, match="image vectors have shape"):
        made.embed_ad(ad._replace(image=ad.copy))
    with pytest.raises(ConfigError, match="both 0"):
        TwoTowerConfig(image_dim=0, copy_dim=0)
    with pytest.raises(ConfigError, match="depth is 0"):
        TwoTowerConfig(depth=0)
    with pytest.raises(UnknownNameError, match=r"Did you mean 'cosine'\?"):
        TwoTowerConfig(score="cosin")


def joint() -> TwoTower:
    return student(image_dim=7, copy_dim=5, latent_dim=9, score="dot", skip=True)


@torch.no_grad()
def test_a_student_can_start_as_a_similarity_of_the_encoders_own_vectors():
    made, query, image, copy = joint(), *(torch.randn(3, width) for width in (6, 7, 5))
    maps = [torch.randn(9, width) for width in (6, 7, 5)]
    made.start_from(*maps, scale=4.0, bias=-1.5)
    yes, no = torch.ones(3, dtype=torch.bool), torch.zeros(3, dtype=torch.bool)
    asked, seen, read = query @ maps[0].T, image @ maps[1].T, copy @ maps[2].T
    together = made(query, AdVectors(image, copy, yes, yes))
    torch.testing.assert_close(together, 4 * (asked * (seen + read)).sum(dim=1) - 1.5, atol=1e-3, rtol=1e-4)
    alone = made(query, AdVectors(torch.full_like(image, torch.nan), copy, no, yes))
    torch.testing.assert_close(alone, 4 * (asked * read).sum(dim=1) - 1.5, atol=1e-3, rtol=1e-4)
    made.query_tower[1].bias.fill_(0.3)  # what the MLPs learn is added
    assert not torch.allclose(made(query, AdVectors(image, copy, yes, yes)), together)


def test_a_start_that_does_not_fit_is_refused():
    maps = [torch.zeros(9, width) for width in (6, 7, 5)]
    with pytest.raises(ConfigError, match="skip is False"):
        student().start_from(*maps, scale=1.0, bias=0.0)
    with pytest.raises(ConfigError, match=r"image has shape \(9, 8\); give \(9, 7\)"):
        joint().start_from(maps[0], torch.zeros(9, 8), maps[2], scale=1.0, bias=0.0)
    with pytest.raises(ConfigError, match="scale is 0"):
        joint().start_from(*maps, scale=0.0, bias=0.0)
