"""FOCAL Ad, §4.6: logistic regression on the embeddings."""

from __future__ import annotations

import math

import pytest
import torch

from adlab.errors import ConfigError, InputError, UnknownNameError
from adlab.models.focal import FocalOutput, agreement
from adlab.models.focal_conversion import SPACES, ConversionConfig, ConversionRegression, joined

MEMBERS, ROWS, WIDTH = 3, 4, 2


def output(seed: int = 0) -> FocalOutput:
    return FocalOutput(*torch.randn(4, MEMBERS, ROWS, WIDTH, generator=torch.Generator().manual_seed(seed)))


def config(**fields: object) -> ConversionConfig:
    return ConversionConfig(members=MEMBERS, latent_dim=WIDTH, **fields)  # type: ignore[arg-type]


def test_log_odds_by_hand():
    """One member, one ad: s_A = (1, 0), p_A = (0, 1), s_B = (0.6, 0.8), p_B = (−1, 0) after scaling to length 1."""
    regression = ConversionRegression(ConversionConfig(members=1, latent_dim=2))
    vectors = [[5.0, 0.0], [0.0, 0.1], [3.0, 4.0], [-2.0, 0.0]]
    embedded = FocalOutput(*(torch.tensor([[vector]]) for vector in vectors))
    with torch.no_grad():
        regression.weight.copy_(torch.tensor([[1.0, 2, 3, 4, 5, 6, 7, 8, 9, 10]]))
        regression.bias.fill_(0.5)
    # 1·1 + 4·1 + 5·0.6 + 6·0.8 − 7·1 + 9·(1·0.6) + 10·(0·0.8) + 0.5
    assert regression(embedded).item() == pytest.approx(1 + 4 + 3 + 4.8 - 7 + 5.4 + 0.5, abs=1e-5)


@pytest.mark.parametrize("spaces", SPACES)
@pytest.mark.parametrize("product", [True, False])
def test_log_odds_equal_a_slow_loop(spaces, product):
    regression = ConversionRegression(config(spaces=spaces, product=product))
    torch.manual_seed(1)
    with torch.no_grad():
        regression.weight.normal_()
        regression.bias.normal_()
    embedded = output()
    found = regression(embedded)
    for m in range(MEMBERS):
        for row in range(ROWS):
            unit = {
                name: [x / math.hypot(*part[m, row].tolist()) for x in part[m, row].tolist()]
                for name, part in embedded._asdict().items()
            }
            read = [x for name in SPACES[spaces] for x in unit[name]]
            if product:
                read += [a * b for a, b in zip(unit["shared_image"], unit["shared_text"], strict=True)]
            expected = sum(w * x for w, x in zip(regression.weight[m].tolist(), read, strict=True))
            assert found[m, row].item() == pytest.approx(expected + regression.bias[m].item(), abs=1e-4)


def test_the_product_block_sums_to_the_cosine_of_the_shared_embeddings():
    block = joined(output(), config(spaces="shared"))[..., 2 * WIDTH :]
    torch.testing.assert_close(block.sum(dim=-1), agreement(output()))


def test_the_length_of_an_embedding_does_not_matter():
    regression = ConversionRegression(config())
    with torch.no_grad():
        regression.weight.normal_()
    longer = FocalOutput(*(7 * part for part in output()))
    torch.testing.assert_close(regression(longer), regression(output()))


@pytest.mark.parametrize(
    ("spaces", "moved", "matters"),
    [("shared", "private_image", False), ("text", "shared_image", False), ("full", "private_text", True)],
)
def test_a_space_that_is_not_read_has_no_influence(spaces, moved, matters):
    regression = ConversionRegression(config(spaces=spaces, product=False))
    with torch.no_grad():
        regression.weight.normal_()
    other = output()._replace(**{moved: getattr(output(9), moved)})
    assert torch.equal(regression(output()), regression(other)) is not matters


def test_every_parameter_gets_a_gradient():
    regression = ConversionRegression(config())
    regression(output()).square().sum().backward()  # zero weights: only the bias term could be missed
    regression.zero_grad()
    (regression(output()) + 1).square().sum().backward()
    for name, parameter in regression.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_unusable_settings_and_shapes_are_refused():
    with pytest.raises(UnknownNameError, match="spaces"):
        config(spaces="everything")
    with pytest.raises(ConfigError, match="members is 0"):
        ConversionConfig(members=0, latent_dim=2)
    single = FocalOutput(*(part[:1] for part in output()))
    with pytest.raises(InputError, match="with 3 members"):
        ConversionRegression(config())(single)
