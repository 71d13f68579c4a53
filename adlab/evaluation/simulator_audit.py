"""Shortcut audit: what can be predicted without understanding, and whether anything leaks that should not.

*Oracles* know some of the true factors perfectly. Their AUC is computed from the true probabilities and compared with
what the share of those factors in the variance predicts: Φ(σ / √2) for known log-odds of standard deviation σ.

*Baselines* are logistic regressions on what is easily had: a colour histogram, a thumbnail, counts of words, the
context. They are trained on the clicks of one part of the ads and judged on others, on the true probabilities.

A *leak* would be a measure that is related to the outcomes beyond what the true log-odds explain. The score test

    z = Σ (y − n p) (x − x̄) / √(Σ n p (1 − p) (x − x̄)²)

with x̄ weighted by n p (1 − p) is standard normal if there is none.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from adlab.errors import InputError
from adlab.evaluation.simulator_fit import design
from adlab.evaluation.simulator_pictures import STATISTICS, PictureMeasures
from adlab.evaluation.simulator_recovery import DrawnLog
from adlab.metrics.arrays import FloatArray
from adlab.simulator.ceiling import auc_of_spread, expected_auc, known_part, oracle_auc, rows_of
from adlab.simulator.coefficients import GROUPS, OUTCOMES, factors_of
from adlab.simulator.contexts import ContextTable
from adlab.simulator.plan import plan_ad
from adlab.simulator.population import FactorTable, Population, population
from adlab.simulator.response import ResponseModel

TASKS = ("ctr", "cvr", "ctcvr")
KNOWN: dict[str, tuple[str, ...]] = {
    "picture: its own causes": factors_of("image"),
    "picture: its own causes and appeal": ("appeal", *factors_of("image")),
    "copy: its own causes": factors_of("text"),
    "copy: its own causes and appeal": ("appeal", *factors_of("text")),
    "context": factors_of("context"),
    "shared causes": factors_of("shared"),
    "picture and copy": factors_of("shared", "image", "text"),
    "everything": factors_of(*GROUPS),
}
CEILINGS = {
    "colour histogram": "picture: its own causes and appeal",
    "thumbnail of 16 × 16": "picture: its own causes and appeal",
    "histogram and thumbnail": "picture: its own causes and appeal",
    "counts of words": "copy: its own causes and appeal",
    "context": "context",
    "pictures, words and context": "everything",
}
_DEV = 5  # of ten folds: those below it train, those above it judge
_PENALTIES = (0.001, 0.01, 0.1, 1.0)


@dataclass(frozen=True, kw_only=True)
class OracleRow:
    """What perfect knowledge of some factors is worth.

    Attributes:
        known: What is known, a name of `KNOWN`.
        shares: Its share in the variance of each outcome's log-odds, by outcome.
        predicted: AUC that the spread of what is known predicts, by task.
        reached: AUC of the oracle, by task.
    """

    known: str
    shares: dict[str, float]
    predicted: dict[str, float]
    reached: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class BaselineRow:
    """What a plain model reaches on ads it has not seen.

    Attributes:
        name: A name of `CEILINGS`.
        oracle: The oracle that knows all that the model could have seen, a name of `KNOWN`.
        reached: AUC by task.
        ceiling: AUC of that oracle on the same rows, by task.
    """

    name: str
    oracle: str
    reached: dict[str, float]
    ceiling: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class LeakRow:
    """One measure that must not tell more than the causes do.

    Attributes:
        measure: Its name.
        z_click: Score test of clicks given their true log-odds.
        z_convert: Of conversions.
        auc: AUC of the measure alone for clicks, the better direction.
    """

    measure: str
    z_click: float
    z_convert: float
    auc: float


class Judged(NamedTuple):
    """Rows that models are judged on.

    Attributes:
        ad: Number of each row's ad, (N,).
        contexts: (N,).
        ctr: True probability of a click, (N,).
        cvr: Of a conversion given a click, (N,).
        weights: Impressions that a row stands for, (N,).
    """

    ad: NDArray[np.int64]
    contexts: ContextTable
    ctr: FloatArray
    cvr: FloatArray
    weights: FloatArray

    def auc(self, scores: FloatArray, task: str) -> float:
        """AUC that scores are expected to reach, for a task of `TASKS`."""
        probability = {"ctr": self.ctr, "cvr": self.cvr, "ctcvr": self.ctr * self.cvr}[task]
        return expected_auc(scores, probability, self.weights * self.ctr if task == "cvr" else self.weights)


def oracles(model: ResponseModel, sample: Population | None = None) -> tuple[OracleRow, ...]:
    """Every oracle of `KNOWN` over the population."""
    rows = sample or population()
    parts = {outcome: model.contributions(*rows, outcome) for outcome in OUTCOMES}
    ctr = model.ctr(*rows)
    whole: dict[str, FloatArray] = {outcome: known_part(part, tuple(part)) for outcome, part in parts.items()}
    found = []
    for name, known in KNOWN.items():
        click, convert = (known_part(parts[outcome], known) for outcome in OUTCOMES)
        spreads = {
            "ctr": click.std(),
            "cvr": float(np.sqrt(np.cov(convert, aweights=ctr, ddof=0))),  # among clicks
            "ctcvr": (click + convert).std(),
        }
        found.append(
            OracleRow(
                known=name,
                shares={
                    outcome: float(np.cov(part, whole[outcome], ddof=0)[0, 1] / whole[outcome].var())
                    for outcome, part in (("click", click), ("convert", convert))
                },
                predicted={task: auc_of_spread(spread) for task, spread in spreads.items()},
                reached=oracle_auc(model, rows, known),
            )
        )
    return tuple(found)


def baselines(log: DrawnLog, pictures: PictureMeasures) -> tuple[BaselineRow, ...]:
    """Train every plain model on half of the ads, choose its penalty on a tenth, judge it on the others.

    Args:
        log: Aggregated log of the collection.
        pictures: Measures of its pictures.
    """
    fold = np.random.default_rng([log.settings.seed, 21]).permutation(log.settings.ads) % 10
    dev, test = (judged(log, np.flatnonzero(part)) for part in (fold == _DEV, fold > _DEV))
    plans = [plan_ad(log.settings.seed, index) for index in range(log.settings.ads)]
    copy = [f"{plan.title}. {plan.description}" for plan in plans]
    words = CountVectorizer(binary=True, ngram_range=(1, 2), min_df=5)
    words.fit([text for text, part in zip(copy, fold, strict=True) if part < _DEV])
    counts = words.transform(copy)
    inputs = {
        "colour histogram": np.sqrt(pictures.histogram),
        "thumbnail of 16 × 16": pictures.thumbnail,
        "histogram and thumbnail": np.concatenate([np.sqrt(pictures.histogram), pictures.thumbnail], axis=1),
        "counts of words": counts,
    }
    scores: dict[str, dict[str, tuple[FloatArray, FloatArray]]] = {}
    for name, columns in inputs.items():
        by_task = {task: _of_ads(log, columns, fold, dev, task) for task in TASKS}
        scores[name] = {task: (by_ad[dev.ad], by_ad[test.ad]) for task, by_ad in by_task.items()}
    scores["context"] = {task: _of_contexts(log, np.flatnonzero(fold < _DEV), dev, test, task) for task in TASKS}
    joined = ("histogram and thumbnail", "counts of words", "context")
    scores["pictures, words and context"] = {
        task: (sum_of([scores[name][task][0] for name in joined]), sum_of([scores[name][task][1] for name in joined]))
        for task in TASKS
    }
    limits = {name: _oracle_on(log, test, KNOWN[name]) for name in dict.fromkeys(CEILINGS.values())}
    return tuple(
        BaselineRow(
            name=name,
            oracle=oracle,
            reached={task: test.auc(scores[name][task][1], task) for task in TASKS},
            ceiling=limits[oracle],
        )
        for name, oracle in CEILINGS.items()
    )


def leaks(log: DrawnLog, pictures: PictureMeasures) -> tuple[LeakRow, ...]:
    """Measures of pictures, files, copy and order, each tested for more than the causes explain.

    Args:
        log: Aggregated log of the collection.
        pictures: Measures of its pictures.
    """
    titles = [len(plan_ad(log.settings.seed, index).title) for index in range(log.settings.ads)]
    measures = {name: pictures.statistics[:, i] for i, name in enumerate(STATISTICS)}
    measures["characters of the title"] = np.array(titles, dtype=np.float64)
    measures["number of the ad"] = np.arange(log.settings.ads, dtype=np.float64)
    shown = judged(log, np.arange(log.settings.ads))
    found = []
    for name, values in measures.items():
        alone = shown.auc(values[shown.ad], "ctr")
        found.append(_leak(log, name, values[log.ad], max(alone, 1 - alone)))
    return tuple(found)


def row_leaks(log: DrawnLog) -> tuple[LeakRow, ...]:
    """What stands in a log of single impressions beside the causes: the order of its rows, and its users.

    Args:
        log: One row an impression.
    """
    chance = log.model.ctr(log.ads.take(log.ad), log.contexts)
    measures = {
        "place of the row in the log": np.arange(len(log.ad), dtype=np.float64),
        "place within a thousand rows": np.arange(len(log.ad), dtype=np.float64) % 1000,
        "number of the user": log.frame["user_id"].to_numpy(dtype=np.float64),
    }
    found = []
    for name, values in measures.items():
        alone = expected_auc(values, chance)
        found.append(_leak(log, name, values, max(alone, 1 - alone)))
    return tuple(found)


def _leak(log: DrawnLog, name: str, values: FloatArray, alone: float) -> LeakRow:
    z = {}
    for outcome in OUTCOMES:
        rows = log.trials(outcome)
        response = log.model.ctr if outcome == "click" else log.model.cvr
        z[outcome] = score_test(values, rows.trials, rows.successes, response(log.ads.take(rows.ad), rows.contexts))
    return LeakRow(measure=name, z_click=z["click"], z_convert=z["convert"], auc=alone)


def score_test(
    values: FloatArray, trials: NDArray[np.integer], successes: NDArray[np.integer], chance: FloatArray
) -> float:
    """The z of the module's docstring.

    Args:
        values: The measure, x, (N,).
        trials: n, (N,).
        successes: y, (N,).
        chance: True probability, p, (N,).

    Raises:
        InputError: The measure is the same in all rows.
    """
    weights = trials * chance * (1 - chance)
    centred = values - np.average(values, weights=weights)
    spread = float(weights @ np.square(centred))
    if spread <= 0:
        raise InputError("The measure is the same in all rows; a test needs one that varies.")
    return float((successes - trials * chance) @ centred / np.sqrt(spread))


def judged(log: DrawnLog, ads: NDArray[np.integer]) -> Judged:
    """The impressions of some ads, with their true probabilities."""
    rows, contexts, weights = rows_of(log.of_ads("impressions")[ads], log.settings.seed)
    taken = log.ads.take(ads[rows])
    return Judged(
        ads[rows].astype(np.int64), contexts, log.model.ctr(taken, contexts), log.model.cvr(taken, contexts), weights
    )


def sum_of(parts: Sequence[FloatArray]) -> FloatArray:
    """Log-odds of models of independent causes, added."""
    return np.asarray(np.sum(parts, axis=0))


def _counts(log: DrawnLog, task: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Trials and successes of every row of the log."""
    trials = "clicks" if task == "cvr" else "impressions"
    return log.frame[trials].to_numpy(), log.frame["clicks" if task == "ctr" else "conversions"].to_numpy()


def _of_ads(log: DrawnLog, columns: FloatArray, fold: NDArray[np.integer], dev: Judged, task: str) -> FloatArray:
    """Log-odds of every ad by a model of its columns; the penalty that does best on dev."""
    trials, successes = (np.bincount(log.ad, count, log.settings.ads) for count in _counts(log, task))
    train = np.flatnonzero((fold < _DEV) & (trials > 0))
    if not sparse.issparse(columns):
        columns = StandardScaler().fit(columns[train]).transform(columns)
    best: tuple[float, FloatArray] | None = None
    for penalty in _PENALTIES:
        model = _logistic(columns[train], trials[train], successes[train], penalty)
        scores = np.asarray(model.decision_function(columns))
        reached = dev.auc(scores[dev.ad], task)
        if best is None or reached > best[0]:
            best = reached, scores
    assert best is not None
    return best[1]


def _of_contexts(
    log: DrawnLog, train: NDArray[np.integer], dev: Judged, test: Judged, task: str
) -> tuple[FloatArray, FloatArray]:
    """Log-odds of the rows of dev and test by a model of the context alone."""
    trials, successes = _counts(log, task)
    kept = np.flatnonzero(np.isin(log.ad, train) & (trials > 0))
    blank = FactorTable(np.zeros((1, log.ads.numbers.shape[1])), *(np.zeros(1, dtype=np.int8) for _ in range(2)))

    def columns(contexts: ContextTable) -> FloatArray:
        return design(blank.take(np.zeros(contexts.rows, dtype=np.int64)), contexts)

    model = _logistic(columns(log.contexts.take(kept)), trials[kept], successes[kept], 1.0)
    first, second = (np.asarray(model.decision_function(columns(rows.contexts))) for rows in (dev, test))
    return first, second


def _logistic(
    columns: FloatArray, trials: NDArray[np.integer], successes: NDArray[np.integer], penalty: float
) -> LogisticRegression:
    """Fit on grouped outcomes: each row once as a success and once as a failure, weighted."""
    stack = sparse.vstack if sparse.issparse(columns) else np.concatenate
    weights = np.concatenate([successes, trials - successes]).astype(np.float64)
    labels = np.repeat([1, 0], len(trials))
    model = LogisticRegression(C=penalty * len(trials) / weights.sum(), max_iter=200)
    return model.fit(stack([columns, columns]), labels, sample_weight=weights)


def _oracle_on(log: DrawnLog, rows: Judged, known: Collection[str]) -> dict[str, float]:
    ads = log.ads.take(rows.ad)
    click, convert = (known_part(log.model.contributions(ads, rows.contexts, outcome), known) for outcome in OUTCOMES)
    scores: Mapping[str, FloatArray] = {"ctr": click, "cvr": convert, "ctcvr": click + convert}
    return {task: rows.auc(scores[task], task) for task in TASKS}
