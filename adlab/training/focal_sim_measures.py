"""What the card of FOCAL Ad on planted conversions reports: Table 1's comparison, held against the known ceiling.

The planted probability p of every test ad is known, so the AUC that scores are expected to reach over the impressions
of these ads follows without drawing one outcome: an ad counts p times as a conversion and 1 − p times as none.
"""

from __future__ import annotations

import numpy as np

from adlab.checkpoints.conversion import COVERAGE, LEVEL, Calibration
from adlab.checkpoints.manifest import Measure
from adlab.metrics.bootstrap import bootstrap_interval, paired_bootstrap_difference
from adlab.metrics.collapse import effective_rank, mean_pairwise_cosine
from adlab.metrics.correlation import sprc
from adlab.metrics.spread import logit_interval
from adlab.models.focal import FocalOutput
from adlab.models.focal_conversion import ConversionConfig, ConversionRegression
from adlab.simulator.ceiling import expected_auc
from adlab.training.conversion import Counts, calibration_error, covered, fit_counts, fit_regressions
from adlab.training.simulated import SimulatedPairs

RESAMPLES = 300
ON = "simulated ads that trained nothing"
VARIANTS: dict[str, tuple[str, bool, str]] = {
    "full": ("full", False, "all four embeddings, FOCAL Ad, Table 1"),
    "shared": ("shared", False, "shared embeddings only, FOCAL Ad, Table 1"),
    "private": ("private", False, "private embeddings only"),
    "image only": ("image", False, "both embeddings of the picture"),
    "text only": ("text", False, "both embeddings of the copy"),
}


def measure_conversion(
    output: FocalOutput,
    regression: ConversionRegression,
    calibration: Calibration,
    pairs: SimulatedPairs,
    rows: list[np.ndarray],
    strength: float,
    seed: int,
) -> tuple[Measure, ...]:
    """All measures, on the test ads.

    Args:
        output: Embeddings of all ads, (M, N, D) each.
        regression: What serves the head.
        calibration: Likewise.
        pairs: All ads.
        rows: Training ads of each member.
        strength: Penalty of the rivals.
        seed: Of the bootstrap.
    """
    test = pairs.rows["test"]
    planted = pairs.rates.ctcvr[test]
    own = FocalOutput(*(part[:, test] for part in output))
    counts = Counts(pairs.impressions, pairs.conversions)
    scores = {name: _variant(output, counts, regression.config, rows, strength, test, name) for name in VARIANTS}
    rivals = [_auc(values, planted, f"AUC, {name}", VARIANTS[name][2], seed) for name, values in scores.items()]
    raw = _raw_features(pairs, counts, strength, test)
    note = "logistic regression without FOCAL, same penalty"
    return (
        *measure_served(calibration.apply(regression(own).numpy()), calibration, planted, seed),
        *rivals,
        _auc(raw, planted, "AUC, the encoders' own features", note, seed),
        _difference(scores["full"], scores["shared"], planted, seed),
        *_collapse(own),
    )


def measure_served(logits: np.ndarray, calibration: Calibration, planted: np.ndarray, seed: int) -> tuple[Measure, ...]:
    """What can be said of the head from its scores alone.

    Args:
        logits: Calibrated log-odds of the members, (M, N).
        calibration: Of the head.
        planted: Planted probability, (N,).
        seed: Of the bootstrap.
    """
    score = logits.mean(axis=0)
    stated = 1 / (1 + np.exp(-score))
    return (
        _auc(score, planted, "AUC", "what serves the head: all embeddings, and the product of the shared ones", seed),
        _auc(planted, planted, "ceiling: AUC of the planted probability", "no model can rank these ads better", seed),
        _rank(score, planted, seed),
        _coverage(logits, planted, calibration, seed),
        Measure(
            name="calibration error, relative",
            value=calibration_error(stated, planted),
            n=len(planted),
            data=ON,
            note="mean gap of stated and planted probability in ten bins, over the mean planted one "
            f"({planted.mean():.5f})",
        ),
    )


def _auc(values: np.ndarray, planted: np.ndarray, name: str, note: str, seed: int) -> Measure:
    ads = np.arange(len(planted))
    found = bootstrap_interval(
        lambda picked: expected_auc(values[picked], planted[picked]), ads, n_resamples=RESAMPLES, seed=seed
    )
    return Measure.of(name, found, n=len(ads), data=ON, note=note)


def _variant(
    output: FocalOutput,
    counts: Counts,
    served: ConversionConfig,
    rows: list[np.ndarray],
    strength: float,
    test: np.ndarray,
    name: str,
) -> np.ndarray:
    spaces, product, _ = VARIANTS[name]
    config = ConversionConfig(members=served.members, latent_dim=served.latent_dim, spaces=spaces, product=product)
    regression = fit_regressions(output, counts, config, rows, strength).double()
    own = FocalOutput(*(part[:, test] for part in output))
    logits: np.ndarray = regression(own).mean(dim=0).numpy()
    return logits


def _raw_features(pairs: SimulatedPairs, counts: Counts, strength: float, test: np.ndarray) -> np.ndarray:
    features = np.concatenate([pairs.features.image.numpy(), pairs.features.text[:, 0].numpy()], axis=1).astype(float)
    train = pairs.rows["train"]
    weight, bias = fit_counts(features[train], counts.at(train), strength)
    return np.asarray(features[test] @ weight + bias)


def _difference(full: np.ndarray, shared: np.ndarray, planted: np.ndarray, seed: int) -> Measure:
    found = paired_bootstrap_difference(
        lambda picked: expected_auc(full[picked], planted[picked]),
        lambda picked: expected_auc(shared[picked], planted[picked]),
        np.arange(len(planted)),
        n_resamples=RESAMPLES,
        seed=seed,
    )
    return Measure.of(
        "AUC, full minus shared",
        found,
        n=len(planted),
        data=ON,
        note="Table 1's comparison, paired by ad; part of it is width: full reads twice as many numbers",
    )


def _rank(scores: np.ndarray, planted: np.ndarray, seed: int) -> Measure:
    found = bootstrap_interval(
        lambda picked: sprc(scores[picked], planted[picked]),
        np.arange(len(planted)),
        n_resamples=RESAMPLES,
        seed=seed,
    )
    return Measure.of(
        "rank correlation with the planted probability",
        found,
        n=len(planted),
        data=ON,
        note="Spearman; 1 would be the truth",
    )


def _coverage(logits: np.ndarray, planted: np.ndarray, calibration: Calibration, seed: int) -> Measure:
    inside = covered(logits, planted, calibration.interval_scale).astype(float)
    found = bootstrap_interval(
        lambda picked: float(inside[picked].mean()), np.arange(len(planted)), n_resamples=RESAMPLES, seed=seed
    )
    low, high = logit_interval(logits, calibration.interval_scale)
    return Measure.of(
        COVERAGE,
        found,
        n=len(planted),
        data=ON,
        aim=f"{LEVEL:.2f}",
        note=f"stretch {calibration.interval_scale:.2f} fitted on other ads; the upper end is on average "
        f"{np.exp(np.mean(np.log(high / low))):.2f} times the lower",
    )


def _collapse(own: FocalOutput) -> tuple[Measure, ...]:
    shared = own.shared_image.numpy()
    return (
        Measure(
            name="effective rank of shared image embeddings",
            value=float(np.mean([effective_rank(member) for member in shared])),
            n=shared.shape[1],
            data=ON,
            note=f"directions in even use, of {shared.shape[2]}; 1 would be collapse (mean over members)",
        ),
        Measure(
            name="mean pairwise cosine of shared image embeddings",
            value=float(np.mean([mean_pairwise_cosine(member) for member in shared])),
            n=shared.shape[1],
            data=ON,
            note="1 would be collapse (mean over members)",
        ),
    )
