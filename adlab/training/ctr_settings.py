"""What serves `ctr` beside its networks: calibration, the contexts that stand for all, and the interval."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import special

from adlab.checkpoints.conversion import Calibration
from adlab.checkpoints.ctr import MOST_CONTEXTS, CtrSettings
from adlab.checkpoints.manifest import Measure
from adlab.models.m2fn_ensemble import M2FNEnsemble
from adlab.simulator.contexts import context_table
from adlab.training.conversion import Counts, fit_calibration, fit_interval_scale
from adlab.training.ctr_data import ClickCollection, ClickLog, context_rows
from adlab.training.ctr_late_task import AdsWithContexts
from adlab.training.ctr_measures import ON, Stated
from adlab.training.ctr_scores import averaged, case_logits, context_logits, partly_known, row_logits
from adlab.training.standing_contexts import Standing, averaging_error, standing_contexts

QUADRATURE_ADS = 40


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
    calibration = Calibration(slope=slope, intercept=intercept, interval_scale=1.0)
    fitted, checked = np.array_split(parts.calibrate[: 2 * QUADRATURE_ADS], 2)
    cases = partly_known(fitted, seed)
    standing = standing_contexts(special.expit(calibration.apply(case_logits(ensemble, data, cases))), MOST_CONTEXTS)
    chosen = context_rows(cases.candidates.take(standing.places))
    settings = CtrSettings(
        calibration=calibration,
        schema=data.attributes.schema.to_plain(),
        contexts=tuple({name: v if isinstance(v, str) else int(v or 0) for name, v in row.items()} for row in chosen),
        weights=tuple(float(weight) for weight in standing.weights),
        lift_scale=1.0,
        reference=reference,
    )
    unknown = stated_ads(ensemble, data, log, parts.calibrate, settings)
    logits = np.concatenate([calibration.apply(raw), unknown.logits], axis=1)
    scale = fit_interval_scale(logits, np.concatenate([log.ctr[rows], unknown.planted]))
    known = Stated(calibration.apply(raw), log.ctr[rows], log.ads[rows], log.impressions[rows].astype(float))
    lift = stated_lifts(known, unknown)
    error = _averaging(ensemble, data, calibration, standing, checked, seed)
    return replace(
        settings,
        calibration=replace(calibration, interval_scale=scale),
        lift_scale=fit_interval_scale(lift.logits, lift.planted),
    ), error


def stated_rows(
    ensemble: M2FNEnsemble, data: AdsWithContexts, log: ClickLog, ads: np.ndarray, calibration: Calibration
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


def stated_lifts(known: Stated, unknown: Stated) -> Stated:
    """Rates in known contexts relative to the ad's average, members' and planted.

    A lift is above 0 and not a probability; its logarithm stands for log-odds, so that what holds intervals of
    probabilities against the truth does the same here.

    Args:
        known: Rows of the log.
        unknown: The same ads, nothing known of their context.
    """
    place = {ad: number for number, ad in enumerate(unknown.ads.tolist())}
    own = np.array([place[ad] for ad in known.ads.tolist()])
    members = special.log_expit(known.logits) - special.log_expit(unknown.logits[:, own])
    truth = special.expit(np.log(known.planted / unknown.planted[own]))
    return Stated(members, truth, known.ads, known.weights)


def _averaging(
    ensemble: M2FNEnsemble,
    data: AdsWithContexts,
    calibration: Calibration,
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
