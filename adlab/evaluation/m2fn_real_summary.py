"""From out-of-fold predictions on rated ads to the numbers of the report, as plain JSON.

A correlation is taken in each repeat of the folds and averaged over repeats; averaging the predictions first would
compare ensembles that nobody trains. Its interval resamples ads, the same ads in every repeat.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from adlab.evaluation.kept import Arrays
from adlab.evaluation.m2fn_real_conditional import LOW, PLACEMENTS
from adlab.evaluation.m2fn_real_variants import WITH_CATEGORY, Mean, plain_models
from adlab.evaluation.writing import plain_interval
from adlab.metrics.bootstrap import bootstrap_interval, paired_bootstrap_difference
from adlab.metrics.distribution import histogram_mean, histogram_std

LEVEL, SPLITS = 0.9, 200
ABLATED = ("high", "attention")  # networks that are rows of the modules' ablation only
MEASURES = {"sprc_mean": ("mean", True), "lcc_mean": ("mean", False)}
MEASURES |= {"sprc_std": ("std", True), "lcc_std": ("std", False)}


class Predicted(NamedTuple):
    """Out-of-fold statements of one model, (R, N) each."""

    mean: NDArray[np.float64]
    std: NDArray[np.float64]


class Observed(NamedTuple):
    """What the ads got, (N,) each."""

    mean: NDArray[np.float64]
    std: NDArray[np.float64]


def summarise(
    found: dict[str, Arrays], counts: NDArray[np.int64], resamples: int, about: dict[str, Any]
) -> dict[str, Any]:
    """All numbers.

    Args:
        found: Measured parts, ``"<group>-<name>-<repeat>"``.
        counts: Ratings of each ad per step, (N, K).
        resamples: Of each bootstrap.
        about: What the run was, taken over as it is.
    """
    observed = Observed(histogram_mean(counts), histogram_std(counts))
    main = _with_means({**_predicted(found, "plain"), **_predicted(found, "network")})
    attributes = _predicted(found, "attributes")
    conditional = _predicted(found, "conditional")
    rivals = [name for name in main if not name.startswith("m2fn") and name.removesuffix("+category") not in ABLATED]
    without = [name for name in rivals if not _reads_category(name)]
    groups = {
        "table": _rows(main, observed, resamples),
        "attributes": _rows(attributes, observed, resamples, beside="full"),
        "conditional": _rows(_only(conditional, PLACEMENTS), observed, resamples, beside="{0,0,0,0}"),
        "low": _rows(_only(conditional, LOW), observed, resamples),
    }
    return {
        "about": about,
        "ceiling": ceiling(counts),
        **groups,
        "gains": {
            "without": _gains(main, "m2fn", without, observed, resamples),
            "with": _gains(main, _first(main, WITH_CATEGORY), rivals, observed, resamples),
            "scales": _gain(main, *WITH_CATEGORY, observed, resamples) if set(WITH_CATEGORY) <= main.keys() else None,
            "modules": [_gain(main, "m2fn", name, observed, resamples) for name in _ablation(main)],
            "low": [
                _gain(conditional, *pair, observed, resamples)
                for pair in (("O O × ×", "O × × ×"), ("O O O ×", "O × O ×"), ("O O × O", "O × × O"))
                if set(pair) <= conditional.keys()
            ],
        },
        "missing": _missing(found, about),
        "cpu_minutes": sum(float(arrays["seconds"]) for arrays in found.values()) / 60,
    }


def ceiling(counts: NDArray[np.int64]) -> dict[str, float]:
    """How far other raters' judgements would get: reliabilities of mean and standard deviation, and their roots.

    Ratings of each ad are split into halves at random; the mean correlation of the halves is stepped up to all raters
    (Spearman–Brown). Its root is the largest correlation that anything can reach in expectation with what was observed.
    """
    rng = np.random.default_rng(0)
    ratings = [np.repeat(np.arange(1, counts.shape[1] + 1), row) for row in counts]
    correlations: dict[str, list[float]] = {"mean": [], "std": []}
    for _ in range(SPLITS):
        drawn = [rng.permutation(own) for own in ratings]
        first, second = ([own[half::2] for own in drawn] for half in (0, 1))
        correlations["mean"].append(_correlation([own.mean() for own in first], [own.mean() for own in second]))
        correlations["std"].append(_correlation([own.std() for own in first], [own.std() for own in second]))
    found = {}
    for name, values in correlations.items():
        half = max(0.0, float(np.mean(values)))
        found[f"reliability_{name}"] = 2 * half / (1 + half)
        found[f"largest_{name}"] = found[f"reliability_{name}"] ** 0.5
    return found


def mean_correlation(predicted: NDArray[np.float64], observed: NDArray[np.float64], *, ranks: bool) -> float:
    """Mean over repeats of the correlation, of mid-ranks or of values: (R, N) and (N,); NaN where one is constant."""
    both = [rankdata(values, axis=1) if ranks else values for values in (predicted, observed[None])]
    x, y = (values - values.mean(axis=1, keepdims=True) for values in both)
    size = np.sqrt((x**2).sum(axis=1) * (y**2).sum(axis=1))
    return float(((x * y).sum(axis=1) / size).mean()) if (size > 0).all() else float("nan")


def _predicted(found: dict[str, Arrays], group: str) -> dict[str, Predicted]:
    """Models of a group by name, on the repeats that all of them have."""
    by_name: dict[str, dict[int, Arrays]] = {}
    for part, arrays in found.items():
        own, _, rest = part.partition("-")
        if own == group:
            name, _, repeat = rest.rpartition("-")
            by_name.setdefault(name, {})[int(repeat)] = arrays
    if not by_name:
        return {}
    common = sorted(set.intersection(*(set(repeats) for repeats in by_name.values())))
    return {name: _stacked([repeats[repeat] for repeat in common]) for name, repeats in by_name.items()}


def _stacked(repeats: Sequence[Arrays]) -> Predicted:
    means, stds = [], []
    for arrays in repeats:
        if "shares" in arrays:
            together = arrays["shares"].astype(np.float64).mean(axis=0)  # members
            means.append(histogram_mean(together))
            stds.append(histogram_std(together))
        else:
            means.append(arrays["mean"].astype(np.float64))
            stds.append(arrays["std"].astype(np.float64))
    return Predicted(np.stack(means), np.stack(stds))


def _with_means(models: dict[str, Predicted]) -> dict[str, Predicted]:
    repeats = min((len(predicted.mean) for predicted in models.values()), default=0)
    found = {name: Predicted(*(part[:repeats] for part in predicted)) for name, predicted in models.items()}
    for model in plain_models():
        if isinstance(model, Mean) and set(model.of) <= found.keys():
            parts = [found[name] for name in model.of]
            found[model.name] = Predicted(*(np.mean(values, axis=0) for values in zip(*parts, strict=True)))
    return found


def _only(models: dict[str, Predicted], names: dict[str, Any]) -> dict[str, Predicted]:
    return {name: models[name] for name in names if name in models}


def _first(models: dict[str, Predicted], names: Sequence[str]) -> str:
    """The first of some models that was measured; the last where none was."""
    return next((name for name in names if name in models), names[-1])


def _reads_category(name: str) -> bool:
    return name.endswith("category")


def _ablation(main: dict[str, Predicted]) -> list[str]:
    return [name for name in ("image-only", "cat", "attention", "high") if "m2fn" in main and name in main]


def _rows(
    models: dict[str, Predicted], observed: Observed, resamples: int, beside: str | None = None
) -> list[dict[str, Any]]:
    """A row a model; with the gain over one of them where it is named."""
    rows = []
    for name, predicted in models.items():
        row: dict[str, Any] = {"name": name, "repeats": len(predicted.mean)}
        for measure, (what, ranks) in MEASURES.items():
            x, y = getattr(predicted, what), getattr(observed, what)
            statistic = partial(_on_rows, x, y, ranks)
            row[measure] = plain_interval(
                bootstrap_interval(statistic, np.arange(len(y)), level=LEVEL, n_resamples=resamples)
            )
        if beside in models and name != beside:
            row["gain"] = _gain(models, name, beside, observed, resamples)
        rows.append(row)
    return rows


def _gains(
    models: dict[str, Predicted], name: str, rivals: Sequence[str], observed: Observed, resamples: int
) -> dict[str, Any] | None:
    """The gain over the best rival."""
    own = [rival for rival in rivals if rival in models]
    if name not in models or not own:
        return None
    best = max(own, key=lambda rival: mean_correlation(models[rival].mean, observed.mean, ranks=True))
    return _gain(models, name, best, observed, resamples)


def _gain(models: dict[str, Predicted], name: str, other: str, observed: Observed, resamples: int) -> dict[str, Any]:
    """SPRC of the mean of one model minus that of another, both on the same ads each time."""
    mine, theirs, y = models[name].mean, models[other].mean, observed.mean
    found = paired_bootstrap_difference(
        partial(_on_rows, mine, y, True),
        partial(_on_rows, theirs, y, True),
        np.arange(len(y)),
        level=LEVEL,
        n_resamples=resamples,
    )
    return {"name": name, "over": other, **plain_interval(found)}


def _on_rows(
    predicted: NDArray[np.float64], observed: NDArray[np.float64], ranks: bool, rows: NDArray[np.int64]
) -> float:
    return mean_correlation(predicted[:, rows], observed[rows], ranks=ranks)


def _correlation(first: Sequence[float], second: Sequence[float]) -> float:
    return mean_correlation(np.asarray([first]), np.asarray(second), ranks=False)


def _missing(found: dict[str, Arrays], about: dict[str, Any]) -> list[str]:
    """Rows that not all repeats were measured of, for want of time."""
    wanted = {"network": (about["members"], about["repeats"])}
    wanted["attributes"] = (about["attribute_networks"], about["repeats"])
    wanted["conditional"] = ([*PLACEMENTS, *LOW], about["conditional_repeats"])
    lacking = []
    for group, (names, repeats) in wanted.items():
        for name in names:
            done = sum(f"{group}-{name}-{repeat}" in found for repeat in range(repeats))
            if done < repeats:
                lacking.append(f"{group}: {name} ({done} of {repeats} repeats)")
    return lacking
