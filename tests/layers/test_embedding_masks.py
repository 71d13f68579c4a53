"""The two views: what each masking keeps, and that the generator alone decides."""

from __future__ import annotations

import pytest
import torch

from adlab.errors import ConfigError, InputError, UnknownNameError
from adlab.layers.embedding_masks import KINDS, TwoViews

GROUPS = torch.tensor([0, 0, 0, 1, 1, 1, 2, 2, 2, 3])
ONES = torch.ones(6, 10)


def views(kind: str, seed: int = 0, features: torch.Tensor = ONES, **options) -> tuple[torch.Tensor, torch.Tensor]:
    first, second = TwoViews(kind, GROUPS, **options)(features, torch.Generator().manual_seed(seed))
    return first, second


@pytest.mark.parametrize("seed", range(5))
def test_complementary_views_share_nothing_and_together_are_the_whole(seed):
    features = torch.randn(6, 10)
    first, second = views("complementary", seed, features)
    assert torch.equal(first + second, features)
    assert not (first * second).any()


@pytest.mark.parametrize("kind", ["independent", "complementary", "feature"])
def test_all_rows_of_a_batch_lose_the_same_elements(kind):
    for view in views(kind):
        assert torch.equal(view, view[:1].expand(6, -1))
        assert set(view.unique().tolist()) <= {0.0, 1.0}


@pytest.mark.parametrize("kind", ["independent", "complementary"])
@pytest.mark.parametrize("keep", [0.3, 0.5, 0.9])
def test_elements_are_kept_at_the_rate_asked_for(kind, keep):
    kept = torch.stack([torch.stack(views(kind, seed, keep=keep))[:, 0] for seed in range(2000)])
    second = keep if kind == "independent" else 1 - keep
    torch.testing.assert_close(kept.mean(0), torch.tensor([[keep], [second]]).expand(2, 10), rtol=0, atol=0.04)


def test_independent_views_overlap_as_chance_has_it():
    both = torch.stack([views("independent", seed)[0][0] * views("independent", seed)[1][0] for seed in range(2000)])
    torch.testing.assert_close(both.mean(0), torch.full((10,), 0.25), rtol=0, atol=0.04)


@pytest.mark.parametrize("seed", range(8))
def test_feature_views_keep_whole_fields_half_of_them_each(seed):
    first, second = (view[0] for view in views("feature", seed))
    kept = [first[group == GROUPS].unique().tolist() for group in range(4)]
    assert sorted(kept) == [[0.0], [0.0], [1.0], [1.0]]
    assert torch.equal(first + second, torch.ones(10))


def test_feature_views_do_not_always_keep_the_same_fields():
    assert len({tuple(views("feature", seed)[0][0].tolist()) for seed in range(40)}) == 6


def test_dropout_differs_by_row_and_keeps_the_mean():
    first, second = views("dropout", features=torch.ones(4000, 10), keep=0.8)
    assert first[:20].unique(dim=0).shape[0] > 1
    assert not torch.equal(first, second)
    assert first.unique().tolist() == [0.0, 1.25]
    assert first.mean().item() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("kind", KINDS)
def test_equal_generators_draw_equal_masks_and_others_do_not(kind):
    torch.manual_seed(1)
    one = views(kind, 3)
    torch.manual_seed(2)  # the global generator has no say
    for a, b in zip(one, views(kind, 3), strict=True):
        assert torch.equal(a, b)
    assert any(not torch.equal(one[0], views(kind, seed)[0]) for seed in range(4, 8))


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_reach_what_is_kept_and_nothing_else(kind):
    features = torch.ones(6, 10, requires_grad=True)
    first, second = TwoViews(kind, GROUPS)(features, torch.Generator().manual_seed(0))
    (first + second).sum().backward()
    assert torch.equal(features.grad, (first + second).detach())


def test_what_cannot_be_masked_is_refused():
    with pytest.raises(UnknownNameError, match="Did you mean 'feature'"):
        TwoViews("features", GROUPS)
    with pytest.raises(ConfigError, match="keep is 1"):
        TwoViews("independent", GROUPS, keep=1)
    with pytest.raises(ConfigError, match="There is 1 field"):
        TwoViews("feature", torch.zeros(4, dtype=torch.int64))
    with pytest.raises(InputError, match=r"shape \(6, 9\); these masks take \(B, 10\)"):
        views("independent", features=ONES[:, :9])
