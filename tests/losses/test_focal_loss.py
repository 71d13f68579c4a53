"""The FOCAL objective: how its parts are put together, and that a network learns from it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from adlab.errors import ConfigError, InputError, UnknownNameError
from adlab.losses.contrastive import ContrastiveLoss
from adlab.losses.focal import FocalLoss, FocalLossConfig
from adlab.losses.nt_xent import NTXentLoss
from adlab.losses.temporal_hinge import TemporalHingeLoss
from adlab.models.focal import Focal, FocalConfig, FocalOutput, agreement

FULL = FocalLossConfig(weight_private=0.7, weight_orthogonality=0.3, weight_temporal=0.2, margin=2.0)


def output(seed: int = 0, n: int = 6) -> FocalOutput:
    return FocalOutput(*torch.randn(4, n, 3, generator=torch.Generator().manual_seed(seed)).double())


def test_equation_5_by_hand():
    embeddings = FocalOutput(
        shared_image=torch.tensor([[3.0, 4.0]]),
        private_image=torch.tensor([[1.0, 1.0]]),
        shared_text=torch.tensor([[4.0, 3.0]]),
        private_text=torch.tensor([[-1.0, 0.0]]),
    )
    parts = FocalLoss(FocalLossConfig(kind="paper"))(embeddings)
    # L_sim = 1 − 24/25; L_ortho = ½(7 + 4); λ = 0.05
    assert parts.shared.item() == pytest.approx(0.04, abs=1e-6)
    assert parts.orthogonality.item() == pytest.approx(5.5)
    assert parts.total.item() == pytest.approx(0.04 + 0.05 * 5.5, abs=1e-6)
    assert parts.private.item() == parts.temporal.item() == 0


def test_section_3_is_the_weighted_sum_of_its_parts():
    first, second = output(), output(1)
    groups, sequences = torch.tensor([0, 0, 1, 2, 3, 4]), torch.tensor([0, 0, 0, 1, 1, 1])
    parts = FocalLoss(FULL)(first, second, groups=groups, sequences=sequences)

    shared = ContrastiveLoss(0.1)(first.shared_image, first.shared_text, groups)
    nt_xent, hinge = NTXentLoss(0.1), TemporalHingeLoss(2.0)
    private = nt_xent(first.private_image, second.private_image, groups)
    private = (private + nt_xent(first.private_text, second.private_text)) / 2
    s_a, p_a, s_b, p_b = first
    orthogonality = 0.0
    for i in range(6):
        orthogonality += (abs(s_a[i] @ p_a[i]) + abs(s_b[i] @ p_b[i])) / 2 + abs(p_a[i] @ p_b[i])
    temporal = sum(hinge(torch.hstack(pair), sequences) for pair in ((s_a, p_a), (s_b, p_b))) / 2

    expected = (shared, private, orthogonality / 6, temporal)
    for part, value in zip(parts[1:], expected, strict=True):
        torch.testing.assert_close(part, value)
        assert part > 0
    weighted = shared + 0.7 * private + 0.3 * orthogonality / 6 + 0.2 * temporal
    torch.testing.assert_close(parts.total, weighted)


def test_defaults_are_the_pinned_weights():
    config = FocalLossConfig()
    assert (config.kind, config.temperature) == ("full", 0.1)
    weights = (config.weight_private, config.weight_orthogonality, config.weight_temporal)
    assert weights == (1.0, 0.05, 0.0)


def test_the_two_kinds_share_orthogonality_within_modalities_only():
    paper = FocalLoss(FocalLossConfig(kind="paper"))(output())
    full = FocalLoss(FocalLossConfig(weight_private=0))(output())
    across = (output().private_image * output().private_text).sum(1).abs().mean()
    torch.testing.assert_close(full.orthogonality - paper.orthogonality, across)


def test_options_of_orthogonality_reach_it():
    plain = FocalLoss(FocalLossConfig(kind="paper"))(output()).orthogonality
    signed = FocalLoss(FocalLossConfig(kind="paper", signed_orthogonality=True))(output()).orthogonality
    unit = FocalLoss(FocalLossConfig(kind="paper", normalised_orthogonality=True))(output()).orthogonality
    assert len({plain.item(), signed.item(), unit.item()}) == 3


def test_any_object_with_the_four_names_is_taken():
    named = SimpleNamespace(**output()._asdict())
    config = FocalLossConfig(weight_private=0)
    assert torch.equal(FocalLoss(config)(named).total, FocalLoss(config)(output()).total)


def test_a_needed_view_or_sequence_that_is_missing_is_named():
    with pytest.raises(InputError, match=r"weight_private is 1\.0, but no second view"):
        FocalLoss(FocalLossConfig())(output())
    with pytest.raises(InputError, match=r"weight_temporal is 0\.2, but no sequence numbers"):
        FocalLoss(FULL)(output(), output(1))
    paper = FocalLoss(FocalLossConfig(kind="paper", weight_private=1, weight_temporal=1))
    assert paper(output()).total.isfinite()


def test_a_config_value_outside_its_range_is_refused():
    with pytest.raises(UnknownNameError, match="Did you mean 'paper'"):
        FocalLossConfig(kind="papr")
    for field in ("weight_private", "weight_orthogonality", "weight_temporal", "margin", "temperature"):
        with pytest.raises(ConfigError, match=f"{field} is -0.1"):
            FocalLossConfig(**{field: -0.1})


def train(kind: str, steps: int, seed: int = 0) -> tuple[Focal, torch.Tensor, torch.Tensor, list[float]]:
    """Fit 16 pairs whose image and text have nothing in common: only memory can match them."""
    torch.manual_seed(seed)
    model = Focal(FocalConfig(image_dim=20, text_dim=12, hidden_dim=64, latent_dim=8))
    image, text = torch.randn(16, 20), torch.randn(16, 12)
    loss, curve = FocalLoss(FocalLossConfig(kind=kind)), []
    optimiser = torch.optim.Adam(model.parameters(), lr=5e-3)
    for _ in range(steps):
        second = model(image + 0.05 * torch.randn_like(image), text + 0.05 * torch.randn_like(text))
        total = loss(model(image, text), second).total
        optimiser.zero_grad()
        total.backward()
        optimiser.step()
        curve.append(total.item())
    return model, image, text, curve


@pytest.mark.parametrize(("kind", "below"), [("paper", 0.03), ("full", 0.15)])
def test_one_batch_can_be_over_fitted(kind, below):
    curve = train(kind, 300)[-1]
    assert curve[0] > 10 * below
    assert curve[-1] < below


def test_the_full_loss_tells_true_pairs_from_mismatched_ones():
    model, image, text, _ = train("full", 200)
    true, mismatched = agreement(model(image, text)), agreement(model(image, text.roll(1, dims=0)))
    assert true.min() > mismatched.max()


def test_training_is_decided_by_the_seed():
    assert train("full", 5, seed=1)[-1] == train("full", 5, seed=1)[-1]
    assert train("full", 5, seed=1)[-1] != train("full", 5, seed=2)[-1]


@pytest.mark.parametrize("kind", ["paper", "full"])
def test_every_trainable_parameter_of_the_network_gets_a_gradient(kind):
    torch.manual_seed(0)
    model = Focal(FocalConfig(image_dim=20, text_dim=12))
    image, text = torch.randn(2, 8, 20), torch.randn(2, 8, 12)
    first, second = (model(image[v], text[v]) for v in range(2))
    FocalLoss(FocalLossConfig(kind=kind))(first, second).total.backward()
    assert [n for n, p in model.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0] == []
