"""Orthogonality of shared and private embeddings (FOCAL Ad, Eq. 4; FOCAL Ad, §3, item 3)."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from adlab.losses.shapes import check_same_shape


class OrthogonalityLoss(nn.Module):
    """Inner products that should vanish, batch mean.

        L_ortho = ½ (|s_Aᵀ p_A| + |s_Bᵀ p_B|)                    (FOCAL Ad, Eq. 4)
                + |p_Aᵀ p_B|          if `across_modalities`      (FOCAL Ad, §3, item 3)

    §3 sums over modalities and over ordered pairs of modalities; both sums are halved here, as Eq. 4 halves
    its own. §3 prints the signed inner product ψ(u, v) = ⟨u, v⟩. It is unbounded below and rewards embeddings
    that point apart, so the absolute value of Eq. 4 is taken for it too; `signed=True` gives what is printed.

    Args:
        across_modalities: Whether the private embeddings of image and text are held apart too.
        signed: Whether the sign of inner products is kept, as §3 prints.
        normalised: Whether embeddings are scaled to length 1 first, so that the loss cannot be lowered by
            making them shorter. Eq. 4 does not.
    """

    def __init__(self, *, across_modalities: bool = False, signed: bool = False, normalised: bool = False) -> None:
        super().__init__()
        self.across_modalities = across_modalities
        self.signed = signed
        self.normalised = normalised

    def forward(self, shared_image: Tensor, private_image: Tensor, shared_text: Tensor, private_text: Tensor) -> Tensor:
        """Compute the loss.

        Args:
            shared_image: s_A, (B, D).
            private_image: p_A, (B, D).
            shared_text: s_B, (B, D).
            private_text: p_B, (B, D).

        Returns:
            Scalar; 0 or more unless `signed`.

        Raises:
            InputError: The shapes differ or are not (B, D).
        """
        check_same_shape(
            shared_image=shared_image,
            private_image=private_image,
            shared_text=shared_text,
            private_text=private_text,
        )
        within = self._inner(shared_image, private_image) + self._inner(shared_text, private_text)
        loss = within / 2
        if self.across_modalities:
            loss = loss + self._inner(private_image, private_text)
        return loss.mean()

    def _inner(self, u: Tensor, v: Tensor) -> Tensor:
        if self.normalised:
            u, v = F.normalize(u, dim=1), F.normalize(v, dim=1)
        product = (u * v).sum(dim=1)  # (B,)
        return product if self.signed else product.abs()
