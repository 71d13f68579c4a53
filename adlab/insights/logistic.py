"""Logistic regression of clicks on all attributes at once, and a likelihood-ratio test of each.

The attributes enter as levels, unknown values as a level of their own. An attribute is tested by the fall of the
log-likelihood when its known levels are made one, all others kept. Impressions of one ad are alike, so the ratio is
divided by the mean design effect of the attribute's coefficients (Rao and Scott 1984): with H the information and M
the sum over ads of the outer products of their scores, tr(H⁻¹ M H⁻¹ over its block · inverse of H⁻¹'s block) / df. It
is then compared with F(df, A − 1), A being Kish's effective number of ads, (Σn)² / Σn².

The design is a set of one-hot blocks, so its cross-products are contingency tables of weights: a million cells take
tenths of a second a step and no dense matrix, which statsmodels' GLM needs (it is the oracle of the tests).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, xlogy
from scipy.stats import chi2, f, norm, t

from adlab.insights.cells import NO_LEVEL, Cells, FloatArray, IntArray, group_numbers, totals
from adlab.insights.rates import LEVEL

STEPS, TOLERANCE, SINGULAR = 40, 1e-10, 1e-9
FEWEST_ADS = 3  # below, nothing is known of how ads differ


class LevelEffect(NamedTuple):
    """A level, all other attributes equal.

    Attributes:
        level: Its name.
        log_odds: Less the mean over the attribute's impressions.
        low: Lower end of the 95 % interval, from the ad-clustered covariance.
        high: Upper end.
    """

    level: str
    log_odds: float
    low: float
    high: float


class LogisticTest(NamedTuple):
    """Whether an attribute tells something about clicks that the others do not.

    Attributes:
        attribute: Its name.
        df: Coefficients that the test takes away; 0 where the other attributes determine the levels.
        statistic: Twice the difference of the log-likelihoods.
        design_effect: What the ads' differences make the statistic larger by, 1 or more.
        p_value: 0–1; 1 where `df` is 0.
        effects: All known levels.
    """

    attribute: str
    df: int
    statistic: float
    design_effect: float
    p_value: float
    effects: tuple[LevelEffect, ...]


class _Counts(NamedTuple):
    """A design of one-hot blocks, codes (N,) each with 0 the reference, their sizes, and the counts."""

    codes: tuple[IntArray, ...]
    sizes: tuple[int, ...]
    clicks: FloatArray
    impressions: FloatArray


class _Fit(NamedTuple):
    coefficients: tuple[FloatArray, ...]  # by block, 0 first; the intercept is the first block's only number
    log_likelihood: float
    information: FloatArray  # without reference columns, intercept first
    log_odds: FloatArray


def logistic_tests(cells: Cells) -> dict[str, LogisticTest]:
    """Fit all attributes and test each; those with fewer than two levels are left out."""
    names = [name for name, levels in cells.levels.items() if len(levels) > 1]
    if not names or not 0 < cells.clicks.sum() < cells.impressions.sum():
        return {}
    whole = _Counts(
        tuple(_with_unknown(cells, name) for name in names),
        tuple(len(cells.levels[name]) + bool((cells.codes[name] == NO_LEVEL).any()) for name in names),
        cells.clicks,
        cells.impressions,
    )
    counts, numbers = _summed(whole)
    fit = _fitted(counts)
    naive = _inverse(fit.information)
    robust = _clustered(whole, cells.ads, fit.log_odds[numbers], naive)
    tests = {}
    first = 1
    for place, name in enumerate(names):
        known = len(cells.levels[name])
        block = slice(first, first + known - 1)
        first += counts.sizes[place] - 1
        tests[name] = _test(cells, name, _without(counts, place, known), fit, naive, robust, block)
    return tests


def _test(
    cells: Cells, name: str, reduced: _Counts, fit: _Fit, naive: FloatArray, robust: FloatArray | None, block: slice
) -> LogisticTest:
    less = _fitted(reduced)
    df = _rank(fit.information) - _rank(less.information)
    statistic = max(2 * (fit.log_likelihood - less.log_likelihood), 0.0)
    own = naive[block, block]
    effect = 1.0
    if robust is not None and df:
        effect = max(float(np.trace(_inverse(own) @ robust[block, block])) / df, 1.0)
    p_value = 1.0
    if df and robust is None:
        p_value = float(chi2.sf(statistic, df))
    elif df:
        p_value = float(f.sf(statistic / (effect * df), df, degrees_of_freedom(cells)))
    return LogisticTest(name, df, statistic, effect, p_value, _effects(cells, name, fit, naive, robust, block))


def degrees_of_freedom(cells: Cells) -> float:
    """Effective number of ads less 1, at least 1."""
    shown = totals(cells.ads, cells.impressions, len(cells.ad_names))
    return max(float(shown.sum() ** 2 / (shown**2).sum()) - 1, 1.0)


def _effects(
    cells: Cells, name: str, fit: _Fit, naive: FloatArray, robust: FloatArray | None, block: slice
) -> tuple[LevelEffect, ...]:
    place = [n for n, levels in cells.levels.items() if len(levels) > 1].index(name)
    levels, codes = cells.levels[name], cells.codes[name]
    known = codes != NO_LEVEL
    weights = totals(codes[known], cells.impressions[known], len(levels))
    weights /= weights.sum()
    raw = fit.coefficients[1 + place][: len(levels)]
    centring = np.eye(len(levels)) - weights
    covariance = naive if robust is None else robust
    variance = np.einsum("ij,jk,ik->i", centring[:, 1:], covariance[block, block], centring[:, 1:])
    quantile = norm.ppf((1 + LEVEL) / 2) if robust is None else t.ppf((1 + LEVEL) / 2, degrees_of_freedom(cells))
    half = quantile * np.sqrt(np.maximum(variance, 0))
    return tuple(
        LevelEffect(level, float(value), float(value - reach), float(value + reach))
        for level, value, reach in zip(levels, centring @ raw, half, strict=True)
    )


def _with_unknown(cells: Cells, name: str) -> IntArray:
    codes = cells.codes[name]
    return np.where(codes == NO_LEVEL, len(cells.levels[name]), codes)


def _summed(counts: _Counts) -> tuple[_Counts, IntArray]:
    """The same counts with equal combinations added up, and the number of each row's combination."""
    if not counts.codes:
        total = _Counts((), (), counts.clicks.sum(keepdims=True), counts.impressions.sum(keepdims=True))
        return total, np.zeros(len(counts.clicks), dtype=np.int64)
    numbers, size = group_numbers(counts.codes, counts.sizes)
    codes = []
    for code in counts.codes:
        one = np.empty(size, dtype=np.int64)
        one[numbers] = code
        codes.append(one)
    clicks, impressions = (totals(numbers, c, size) for c in (counts.clicks, counts.impressions))
    return _Counts(tuple(codes), counts.sizes, clicks, impressions), numbers


def _without(counts: _Counts, place: int, known: int) -> _Counts:
    """The design with the known levels of one block made one; only the unknown level stays apart."""
    merged = np.where(counts.codes[place] < known, 0, 1)
    size = counts.sizes[place] - known + 1
    codes = counts.codes[:place] + ((merged,) if size > 1 else ()) + counts.codes[place + 1 :]
    sizes = counts.sizes[:place] + ((size,) if size > 1 else ()) + counts.sizes[place + 1 :]
    return _summed(counts._replace(codes=codes, sizes=sizes))[0]


def _fitted(counts: _Counts) -> _Fit:
    """Newton's method from the overall rate, with halved steps where the likelihood falls."""
    rate = counts.clicks.sum() / counts.impressions.sum()
    beta = np.zeros(1 + sum(size - 1 for size in counts.sizes))
    beta[0] = np.log(rate / (1 - rate))
    eta = _log_odds(counts, beta)
    likelihood = _log_likelihood(counts, eta)
    for _ in range(STEPS):
        rates = expit(eta)
        information = _cross_products(counts, counts.impressions * rates * (1 - rates))
        step = _inverse(information) @ _column_sums(counts, counts.clicks - counts.impressions * rates)
        for _ in range(STEPS):
            eta = _log_odds(counts, beta + step)
            found = _log_likelihood(counts, eta)
            if found >= likelihood - TOLERANCE * abs(likelihood):
                break
            step = step / 2
        gain, beta, likelihood = found - likelihood, beta + step, found
        if gain < TOLERANCE * abs(likelihood):
            break
    rates = expit(eta)
    information = _cross_products(counts, counts.impressions * rates * (1 - rates))
    return _Fit(tuple(_blocks(counts, beta)), likelihood, information, eta)


def _blocks(counts: _Counts, beta: FloatArray) -> list[FloatArray]:
    edges = np.cumsum([1, *(size - 1 for size in counts.sizes)])
    parts = np.split(beta, edges[:-1])
    return [parts[0], *(np.concatenate([[0.0], part]) for part in parts[1:])]


def _log_odds(counts: _Counts, beta: FloatArray) -> FloatArray:
    intercept, *blocks = _blocks(counts, beta)
    eta = np.full(len(counts.clicks), intercept[0])
    for code, block in zip(counts.codes, blocks, strict=True):
        eta += block[code]
    return eta


def _log_likelihood(counts: _Counts, eta: FloatArray) -> float:
    rates = expit(eta)
    misses = counts.impressions - counts.clicks
    return float((xlogy(counts.clicks, rates) + xlogy(misses, expit(-eta))).sum())


def _column_sums(counts: _Counts, weights: FloatArray) -> FloatArray:
    """X'w."""
    parts = [totals(code, weights, size)[1:] for code, size in zip(counts.codes, counts.sizes, strict=True)]
    return np.concatenate([[weights.sum()], *parts])


def _cross_products(counts: _Counts, weights: FloatArray) -> FloatArray:
    """X'WX, block by block as contingency tables."""
    edges = np.cumsum([1, *(size - 1 for size in counts.sizes)])
    product = np.zeros((edges[-1], edges[-1]))
    product[0] = product[:, 0] = _column_sums(counts, weights)
    for i, (first, rows) in enumerate(zip(counts.codes, counts.sizes, strict=True)):
        for j in range(i, len(counts.codes)):
            columns = counts.sizes[j]
            table = totals(first * columns + counts.codes[j], weights, rows * columns).reshape(rows, columns)
            product[edges[i] : edges[i + 1], edges[j] : edges[j + 1]] = table[1:, 1:]
            product[edges[j] : edges[j + 1], edges[i] : edges[i + 1]] = table[1:, 1:].T
    return product


def _clustered(whole: _Counts, ads: IntArray, log_odds: FloatArray, naive: FloatArray) -> FloatArray | None:
    """Covariance of the coefficients with the ad as sampling unit; None with too few ads to know."""
    count = int(ads.max()) + 1
    if count < FEWEST_ADS:
        return None
    residuals = whole.clicks - whole.impressions * expit(log_odds)
    scores = [totals(ads, residuals, count)[:, None]]
    for code, size in zip(whole.codes, whole.sizes, strict=True):
        scores.append(totals(ads * size + code, residuals, count * size).reshape(count, size)[:, 1:])
    score = np.hstack(scores)
    return np.asarray(naive @ (score.T @ score) @ naive * count / (count - 1))


def _inverse(matrix: FloatArray) -> FloatArray:
    """Generalised inverse of a symmetric matrix, its diagonal made 1 first; bears aliased columns."""
    scale = np.outer(_scale(matrix), _scale(matrix))
    return np.asarray(np.linalg.pinv(matrix / scale, rcond=SINGULAR, hermitian=True) / scale)


def _rank(matrix: FloatArray) -> int:
    scale = _scale(matrix)
    return int(np.linalg.matrix_rank(matrix / np.outer(scale, scale), tol=SINGULAR * len(matrix), hermitian=True))


def _scale(matrix: FloatArray) -> NDArray[np.float64]:
    diagonal = np.diag(matrix)
    return np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
