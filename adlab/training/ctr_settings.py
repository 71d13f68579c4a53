"""What serves `ctr` beside its networks: calibration, the contexts that stand for all, and the interval."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import special

from adlab.checkpoints.ctr import LEVEL, LIFT_FIELDS, LIFT_GROUPS, CtrSettings, Platt
from adlab.checkpoints.manifest import Measure
from adlab.checkpoints.standing_contexts import MOST_CONTEXTS
from adlab.metrics.conformal import conformal_quantile
from adlab.models.m2fn_ensemble import M2FNEnsemble
from adlab.simulator.contexts import PROBABILITIES, UNKNOWN, ContextTable, context_table, contexts_at
from adlab.simulator.response import ResponseModel
from adlab.training.conversion import Counts, fit_calibration
from adlab.training.ctr_data import CONTEXT_FIELDS, ClickCollection, ClickLog, context_rows
from adlab.training.ctr_late_task import AdsWithContexts
from adlab.training.ctr_measures import ON, Lifts, Stated
from adlab.training.ctr_scores import averaged, case_logits, context_logits, partly_known, row_logits
from adlab.training.standing_contexts import Standing, averaging_error, standing_contexts

QUADRATURE_ADS, LIFT_CONTEXTS = 40, 24


class Ads(NamedTuple):
    """Numbers of the ads of each part.

    Attributes:
        train: Trained on.
        stop: Decide which epoch is best.
        calibrate: Calibration, stored contexts and the interval; they decide on no epoch.
        test: Measured on; the reference set.
    """

    train: np.ndarray
    stop: np.ndarray
    calibrate: np.ndarray
    test: np.ndarray


def parts_of(collection: ClickCollection) -> Ads:
    """The parts of a collection; half of its development ads stop, half calibrate."""
    train, dev = collection.train, collection.train + collection.dev
    middle = train + collection.dev // 2
    return Ads(*(np.arange(a, b) for a, b in ((0, train), (train, middle), (middle, dev), (dev, collection.ads))))


def settings_from(
    ensemble: M2FNEnsemble, data: AdsWithContexts, log: ClickLog, parts: Ads, reference: str, seed: int
) -> tuple[CtrSettings, Measure]:
    """Settings found on ads that decided nothing before, and how well the stored contexts stand for all.

    Args:
        ensemble: Trained.
        data: The log by ad.
        log: The log.
        parts: Numbers of the ads of each part.
        reference: Name of the reference set.
        seed: Of the contexts that are drawn.
    """
    rows, raw = row_logits(ensemble, data, parts.calibrate)
    slope, intercept = fit_calibration(raw.mean(axis=0), Counts(log.impressions[rows], log.clicks[rows]))
    calibration = Platt(slope=slope, intercept=intercept)
    fitted, checked = np.array_split(parts.calibrate[: 2 * QUADRATURE_ADS], 2)
    cases = partly_known(fitted, seed)
    standing = standing_contexts(special.expit(calibration.apply(case_logits(ensemble, data, cases))), MOST_CONTEXTS)
    chosen = context_rows(cases.candidates.take(standing.places))
    settings = CtrSettings(
        calibration=calibration,
        half_width=0.0,
        schema=data.attributes.schema.to_plain(),
        contexts=tuple({name: v if isinstance(v, str) else int(v or 0) for name, v in row.items()} for row in chosen),
        weights=tuple(float(weight) for weight in standing.weights),
        lift_halves=dict.fromkeys(LIFT_GROUPS, 0.0),
        reference=reference,
    )
    unknown = stated_ads(ensemble, data, log, parts.calibrate, settings)
    known = stated_rows(ensemble, data, log, parts.calibrate, calibration)
    half_width = conformal_quantile(np.concatenate([known.errors, unknown.errors]), level=LEVEL)
    lifts = stated_lifts(ensemble, data, log, parts.calibrate, settings, seed)
    halves = {
        name: conformal_quantile(np.abs(one.stated - one.planted).ravel(), level=LEVEL) for name, one in lifts.items()
    }
    error = _averaging(ensemble, data, calibration, standing, checked, seed)
    return replace(settings, half_width=half_width, lift_halves=halves), error


def stated_rows(
    ensemble: M2FNEnsemble, data: AdsWithContexts, log: ClickLog, ads: np.ndarray, calibration: Platt
) -> Stated:
    """Rows of the log of some ads, as the head states them."""
    rows, raw = row_logits(ensemble, data, ads)
    return Stated(calibration.apply(raw), log.ctr[rows], log.ads[rows], log.impressions[rows].astype(float))


def stated_ads(
    ensemble: M2FNEnsemble, data: AdsWithContexts, log: ClickLog, ads: np.ndarray, settings: CtrSettings
) -> Stated:
    """Ads of whose context nothing is known, as the head states them."""
    contexts = context_table(pd.DataFrame(list(settings.contexts)))
    logits = settings.calibration.apply(context_logits(ensemble, data, ads, contexts))
    return Stated(averaged(logits, np.array(settings.weights)), log.average[ads], ads, np.ones(len(ads)))


def stated_lifts(
    ensemble: M2FNEnsemble, data: AdsWithContexts, log: ClickLog, ads: np.ndarray, settings: CtrSettings, seed: int
) -> dict[str, Lifts]:
    """Rates of some ads in drawn contexts relative to their average, by what is known of these contexts.

    The planted rates are those of the log-odds averaged over what is unknown, as the simulator has them.

    Args:
        ensemble: Trained.
        data: The log by ad.
        log: The log.
        ads: Numbers of the ads.
        settings: Calibration and stored contexts.
        seed: Of the contexts that are drawn.
    """
    drawn = contexts_at(np.random.default_rng([seed, 8]).random((LIFT_CONTEXTS, len(PROBABILITIES))))
    average = stated_ads(ensemble, data, log, ads, settings).logits
    anyone = ContextTable(*(np.full(len(ads), UNKNOWN) for _ in PROBABILITIES))
    model, factors = ResponseModel(), log.factors.take(ads)
    base = np.log(model.ctr(factors, anyone))
    found = {}
    for name in LIFT_GROUPS:
        fields = LIFT_FIELDS.get(name, CONTEXT_FIELDS)
        partly = ContextTable(
            *(getattr(drawn, f) if f in fields else np.full(LIFT_CONTEXTS, UNKNOWN) for f in drawn._fields)
        )
        logits = _averaged_in(ensemble, data, ads, settings, partly)  # (M, N, contexts)
        stated = (special.log_expit(logits) - special.log_expit(average)[:, :, None]).mean(axis=0)
        truth = [
            np.log(model.ctr(factors, ContextTable(*(np.full(len(ads), code[place]) for code in partly)))) - base
            for place in range(LIFT_CONTEXTS)
        ]
        found[name] = Lifts(stated, np.stack(truth, axis=1), ads)
    return found


def _averaged_in(
    ensemble: M2FNEnsemble, data: AdsWithContexts, ads: np.ndarray, settings: CtrSettings, partly: ContextTable
) -> np.ndarray:
    """Members' log-odds of ads in partly known contexts, averaged over the stored ones, (M, N, K)."""
    stored = context_table(pd.DataFrame(list(settings.contexts)))
    filled = ContextTable(
        *(
            np.where(own[:, None] == UNKNOWN, filler[None], own[:, None]).ravel()
            for own, filler in zip(partly, stored, strict=True)
        )
    )
    logits = settings.calibration.apply(context_logits(ensemble, data, ads, filled))
    return averaged(logits.reshape(*logits.shape[:2], partly.rows, stored.rows), np.array(settings.weights))


def _averaging(
    ensemble: M2FNEnsemble,
    data: AdsWithContexts,
    calibration: Platt,
    standing: Standing,
    ads: np.ndarray,
    seed: int,
) -> Measure:
    """How far averages over the stored contexts are from averages over the candidates, on other ads."""
    rates = special.expit(calibration.apply(case_logits(ensemble, data, partly_known(ads, seed))))
    return Measure(
        name="averaging error, relative",
        value=averaging_error(rates, standing),
        n=len(rates),
        data=ON,
        note=f"of a rate averaged over the {len(standing.places)} stored contexts, against {rates.shape[1]} drawn ones",
    )
