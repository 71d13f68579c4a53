"""Fitting the downstream task of FOCAL Ad on counts: regressions, their calibration and their interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from scipy.optimize import brentq
from sklearn.linear_model import LogisticRegression

from adlab.metrics.spread import logit_interval
from adlab.models.focal import FocalEnsemble, FocalOutput
from adlab.models.focal_conversion import ConversionConfig, ConversionRegression, joined

LEVEL = 0.9
MAX_SCALE = 50.0
STRENGTHS = (0.001, 0.01, 0.1, 1.0, 10.0)


@dataclass(frozen=True)
class Counts:
    """What came of ads.

    Attributes:
        impressions: (N,).
        conversions: At most as many, (N,).
    """

    impressions: np.ndarray
    conversions: np.ndarray

    def at(self, rows: np.ndarray) -> Counts:
        """Those of some ads."""
        return Counts(self.impressions[rows], self.conversions[rows])


def fit_counts(inputs: np.ndarray, counts: Counts, strength: float) -> tuple[np.ndarray, float]:
    """Logistic regression on counts: every impression is a case, its ad's inputs and whether it converted.

    Impressions are scaled so that an ad weighs 1 on average: the penalty then means the same for any traffic.

    Args:
        inputs: (N, F).
        counts: Of the same ads.
        strength: Inverse L2 penalty, scikit-learn's C.

    Returns:
        Weights (F,) and bias on the inputs as they are; they are standardised for the fit, so that the penalty
        treats all alike.
    """
    mean, std = inputs.mean(axis=0), inputs.std(axis=0) + 1e-12
    x = (inputs - mean) / std
    unit = counts.impressions.mean()
    weights = np.concatenate([counts.conversions, counts.impressions - counts.conversions]) / unit
    labels = np.repeat([1, 0], len(x))
    fitted = LogisticRegression(C=strength, max_iter=1000, tol=1e-6).fit(np.concatenate([x, x]), labels, weights)
    weight = fitted.coef_[0] / std
    return weight, float(fitted.intercept_[0] - mean @ weight)


def fit_regressions(
    output: FocalOutput, counts: Counts, config: ConversionConfig, rows: list[np.ndarray], strength: float
) -> ConversionRegression:
    """One regression a member, each on the ads that its member was trained on.

    Args:
        output: Embeddings of the ensemble, (M, N, D) each.
        counts: Of the N ads.
        config: What is read.
        rows: Ads of each member, repeats allowed.
        strength: As in `fit_counts`.
    """
    regression = ConversionRegression(config)
    inputs = joined(output, config).double().numpy()
    for member, own in enumerate(rows):
        weight, bias = fit_counts(inputs[member, own], counts.at(own), strength)
        with torch.no_grad():
            regression.weight[member] = torch.from_numpy(weight)
            regression.bias[member] = bias
    return regression.eval().requires_grad_(False)


def mean_log_loss(logits: np.ndarray, counts: Counts) -> float:
    """Negative log-likelihood an impression of log-odds (N,)."""
    positive, negative = np.logaddexp(0, -logits), np.logaddexp(0, logits)
    total = counts.conversions * positive + (counts.impressions - counts.conversions) * negative
    return float(total.sum() / counts.impressions.sum())


def fit_calibration(logits: np.ndarray, counts: Counts) -> tuple[float, float]:
    """Slope and intercept that make log-odds (N,) fit the counts best (Platt 1999)."""
    weight, bias = fit_counts(logits[:, None], counts, strength=1e6)
    return float(weight[0]), bias


def fit_interval_scale(logits: np.ndarray, planted: np.ndarray) -> float:
    """The smallest stretch at which the interval holds the planted probability as often as its level says.

    Args:
        logits: Calibrated log-odds of the members, (M, N).
        planted: Planted probability, (N,).
    """

    def excess(scale: float) -> float:
        return covered(logits, planted, scale).mean() - LEVEL

    if excess(0.0) >= 0:
        return 0.0
    return float(brentq(excess, 0.0, MAX_SCALE, xtol=1e-3)) if excess(MAX_SCALE) > 0 else MAX_SCALE


def covered(logits: np.ndarray, planted: np.ndarray, scale: float) -> np.ndarray:
    """Whether the interval holds the planted probability, (N,)."""
    low, high = logit_interval(logits, scale)
    inside: np.ndarray = (planted >= low) & (planted <= high)
    return inside


def embeddings_of(network: FocalEnsemble, image: torch.Tensor, text: torch.Tensor) -> FocalOutput:
    """Embeddings of pairs in double precision, (M, N, D) each; the network stays as it was."""
    double = network.double()
    with torch.inference_mode():
        output = double(image.double(), text.double())
    network.float()
    return FocalOutput(*output)


def calibration_error(probability: np.ndarray, planted: np.ndarray, bins: int = 10) -> float:
    """Mean gap of stated and planted probability over bins of equal mass, relative to the mean planted one."""
    order = np.argsort(probability, kind="stable")
    gaps = [abs(probability[part].mean() - planted[part].mean()) * len(part) for part in np.array_split(order, bins)]
    return float(sum(gaps) / len(probability) / planted.mean())
