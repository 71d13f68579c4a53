"""FOCAL Ad, Eq. 4 and §3, item 3: by hand, as written, and what must hold."""

from __future__ import annotations

import pytest
import torch

from adlab.errors import InputError
from adlab.losses.orthogonality import OrthogonalityLoss

# one pair: s_A·p_A = −4, s_B·p_B = 6, p_A·p_B = −3
S_A, P_A = torch.tensor([[2.0, 0.0]]), torch.tensor([[-2.0, 1.0]])
S_B, P_B = torch.tensor([[0.0, -6.0]]), torch.tensor([[1.0, -1.0]])


def embeddings(seed: int = 0) -> list[torch.Tensor]:
    return list(torch.randn(4, 7, 5, generator=torch.Generator().manual_seed(seed)).double())


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, 5.0),  # ½(4 + 6)
        ({"across_modalities": True}, 8.0),  # + 3
        ({"signed": True}, 1.0),  # ½(−4 + 6)
        ({"signed": True, "across_modalities": True}, -2.0),  # − 3
    ],
)
def test_loss_by_hand(options, expected):
    assert OrthogonalityLoss(**options)(S_A, P_A, S_B, P_B).item() == pytest.approx(expected)


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("across", [False, True])
def test_loss_is_half_of_section_3_in_loops_and_equation_4_within_modalities(signed, across):
    s_a, p_a, s_b, p_b = embeddings()

    def psi(u, v):
        value = sum(x * y for x, y in zip(u.tolist(), v.tolist(), strict=True))
        return value if signed else abs(value)

    printed = 0.0
    for i in range(7):
        shared, private = {"A": s_a[i], "B": s_b[i]}, {"A": p_a[i], "B": p_b[i]}
        for j in "AB":
            printed += psi(shared[j], private[j])
            for other in "AB":
                if across and other != j:
                    printed += psi(private[j], private[other])
    loss = OrthogonalityLoss(across_modalities=across, signed=signed)(s_a, p_a, s_b, p_b)
    assert loss.item() == pytest.approx(printed / 2 / 7, abs=1e-12)


def test_loss_is_zero_when_shared_and_private_are_orthogonal():
    e = torch.eye(4)
    rows = [e[i].repeat(3, 1) * (i + 2) for i in range(4)]
    for options in ({}, {"across_modalities": True}, {"signed": True}, {"normalised": True}):
        assert OrthogonalityLoss(**options)(*rows).item() == 0.0


def test_loss_does_not_change_when_all_embeddings_are_rotated():
    rotation = torch.linalg.qr(torch.randn(5, 5, generator=torch.Generator().manual_seed(3)).double()).Q
    loss = OrthogonalityLoss(across_modalities=True)
    torch.testing.assert_close(loss(*[t @ rotation for t in embeddings()]), loss(*embeddings()))


def test_length_counts_as_in_equation_4_unless_normalised():
    shorter = [0.1 * t for t in embeddings()]
    plain, scaled = OrthogonalityLoss(), OrthogonalityLoss(normalised=True)
    assert plain(*shorter).item() == pytest.approx(0.01 * plain(*embeddings()).item())
    assert scaled(*shorter).item() == pytest.approx(scaled(*embeddings()).item())
    parallel = torch.full((2, 3), 4.0)
    assert scaled(parallel, parallel, parallel, -parallel).item() == pytest.approx(1.0)


def test_a_shape_that_differs_is_named():
    with pytest.raises(InputError, match=r"private_text \(1, 3\)"):
        OrthogonalityLoss()(S_A, P_A, S_B, torch.zeros(1, 3))
