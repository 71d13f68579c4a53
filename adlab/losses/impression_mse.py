"""Squared error of predicted click-through rates, weighted by impressions (M2FN, Eq. 1)."""

from __future__ import annotations

from torch import Tensor, nn

from adlab.errors import InputError
from adlab.losses.shapes import check_positive, check_vectors


class ImpressionWeightedMSELoss(nn.Module):
    """A rate seen on many impressions is known better, and counts for more.

        L = 1/N · Σ_n w_n · (ŷ_n − y_n)²                                  (M2FN, Eq. 1)

    The paper's w_n is the number of impressions. Here it is that number over `reference_impressions`, which at 1 is
    the paper's; the mean of the training rows there keeps the loss, and with it the learning rate that fits, the same
    for a log of any size. It is a constant and not the mean of the batch: a row's loss must not depend on its company.

    Args:
        reference_impressions: The number of impressions that weighs 1, above 0.

    Raises:
        ConfigError: `reference_impressions` is not above 0.
    """

    def __init__(self, reference_impressions: float = 1.0) -> None:
        super().__init__()
        check_positive("reference_impressions", reference_impressions)
        self.reference_impressions = reference_impressions

    def forward(self, predicted: Tensor, observed: Tensor, impressions: Tensor) -> Tensor:
        """Compute the loss.

        Args:
            predicted: ŷ, (B,).
            observed: y, (B,), on the scale of the prediction, for example clicks over impressions.
            impressions: (B,), 0 or more; a row of 0 does not count.

        Returns:
            Scalar, 0 or more.

        Raises:
            InputError: The shapes differ or are not (B,), or a number of impressions is below 0.
        """
        check_vectors(predicted=predicted, observed=observed, impressions=impressions)
        if not bool((impressions >= 0).all()):
            raise InputError(f"impressions go down to {impressions.min().item():g}; give numbers of 0 or more.")
        weights = impressions / self.reference_impressions
        return (weights * (predicted - observed) ** 2).mean()
