"""`reproduce adscvlr --part auction`: Table 5 as an auction replayed on simulated traffic.

A viewer types a query; ads compete for one slot. A relevance filter keeps the half of the ads that it finds most
relevant; among those the highest bid × click rate wins and pays the least that would still have won. Whether the viewer
clicks follows from the planted response to the ad and from how well it answers the query by the simulator's rule.

Everything about it is made: ads, bids, viewers, and how much irrelevance costs. It shows what a better filter does to
clicks and revenue under these assumptions; it is no online test.

| part of the market            | here                                                                   |
|-------------------------------|------------------------------------------------------------------------|
| ads                           | simulated ads of the test part                                         |
| query                         | drawn around one of them, as the simulator draws queries               |
| candidates                    | 20: half of them offer the product asked for or a near one, half any   |
| bid                           | log-normal, of an ad once and for all                                  |
| click rate that ranks         | planted, of the ad alone: a perfect click model that ignores queries   |
| true log-odds of a click      | those, less 1.5, 0.7, 0.2, 0 for Bad, Fair, Good, Excellent            |
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy import special

from adlab.checkpoints.relevance_student import load_student
from adlab.checkpoints.store import list_checkpoints
from adlab.errors import InputError
from adlab.evaluation.adscvlr_settings import STUDENT, AdsCVLRReproduction
from adlab.evaluation.writing import plain_interval
from adlab.features.stored import Progress, no_progress
from adlab.metrics.bootstrap import bootstrap_interval
from adlab.models.pair_inputs import InputMode
from adlab.simulator.ad import AdPlan
from adlab.simulator.catalogue import CATEGORY_OF
from adlab.simulator.draws import Draws
from adlab.simulator.population import factor_table
from adlab.simulator.relevance import draw_ask, judge
from adlab.simulator.response import ResponseModel
from adlab.training.adscvlr_sources import Sources
from adlab.training.picture_vectors import picture_key
from adlab.training.simulated_relevance import SOURCE as SIMULATED
from adlab.training.student_classroom import enter
from adlab.training.student_pairs import AskedPair
from adlab.training.student_task import student_logits
from adlab.training.student_vectors import copy_cosine

CANDIDATES, KEPT = 20, 10  # ads that compete, ads that a filter lets through
COST_OF_GRADE = np.array([-1.5, -0.7, -0.2, 0.0])  # on the log-odds of a click, by planted grade
SPREAD_OF_BIDS, RESERVE = 0.5, 0.05
BASELINE = "text-only two-tower: cosine of MiniLM"
RESAMPLES = 1000
_SLOTS = 16  # random numbers that a query is drawn from


class Market(NamedTuple):
    """A auctions of C candidates.

    Attributes:
        pairs: Query and ad of each, A·C, auction by auction.
        grades: Planted, (A, C), 0–3.
        rates: Click rate of the ad alone, (A, C).
        bids: (A, C).
    """

    pairs: list[AskedPair]
    grades: np.ndarray
    rates: np.ndarray
    bids: np.ndarray


class Outcome(NamedTuple):
    """What came of auctions, each (A,).

    Attributes:
        clicks: Chance of a click.
        revenue: Expected, a view.
        grades: Planted grade of the ad shown.
    """

    clicks: np.ndarray
    revenue: np.ndarray
    grades: np.ndarray


def reproduce_auction(how: AdsCVLRReproduction, progress: Progress = no_progress) -> dict[str, Any]:
    """CTR and RPM of each filter relative to the text-only one, with intervals that resample auctions.

    Args:
        how: Checkpoint, number of auctions and seed; the teacher's answers are kept.
        progress: Called with (pairs done, pairs to do).

    Returns:
        Plain JSON: `rows`, and what was assumed.

    Raises:
        UnknownNameError: The checkpoint is not there.
    """
    sources = Sources(folder=how.data, names=(SIMULATED,), simulated_ads=how.simulated_ads)
    room = enter(sources, how.teacher, None, how.device, progress)
    test = {pair.image for pair in room.material.graded.of("test").pairs}
    plans = [plan for key, plan in room.pictures.plans.items() if key in test]
    market = make_market(plans, how.auctions, how.seed)
    vectors = room.vectors(market.pairs)
    shape = market.grades.shape
    scores = {BASELINE: copy_cosine(vectors).reshape(shape), "AdsCVLR": room.soft(market.pairs).reshape(shape)}
    if STUDENT in list_checkpoints():
        encoders = {"image": room.image_encoder.spec.encoder_id, "text": room.text_encoder.spec.encoder_id}
        net = load_student(STUDENT, encoders).network
        scores["two-tower student of AdsCVLR"] = student_logits(net, vectors).reshape(shape)
    scores["planted grade (ceiling)"] = market.grades + 1e-6 * scores[BASELINE]
    scores["no filter"] = np.zeros(shape)
    outcomes = {
        name: replay(market, score, CANDIDATES if name == "no filter" else KEPT) for name, score in scores.items()
    }
    return {
        "rows": [compared(name, outcome, outcomes[BASELINE]) for name, outcome in outcomes.items()],
        "ads": len(plans),
        "auctions": how.auctions,
        "cost_of_grade": COST_OF_GRADE.tolist(),
        "baseline": BASELINE,
    }


def make_market(plans: Sequence[AdPlan], auctions: int, seed: int = 0) -> Market:
    """Queries, candidates, bids and planted truth.

    Args:
        plans: Ads, `CANDIDATES` or more.
        auctions: How many.
        seed: Of all that is drawn.

    Raises:
        InputError: There are too few ads.
    """
    if len(plans) < CANDIDATES:
        raise InputError(f"There are {len(plans)} ads; an auction needs {CANDIDATES} or more.")
    rng = np.random.default_rng([seed, 5])
    rates = ResponseModel().average(factor_table([plan.factors for plan in plans])).ctr
    bids = rng.lognormal(0.0, SPREAD_OF_BIDS, len(plans))
    offers = np.array([plan.category for plan in plans])
    pairs: list[AskedPair] = []
    grades, chosen = np.zeros((auctions, CANDIDATES), dtype=np.int64), np.zeros((auctions, CANDIDATES), dtype=np.int64)
    for auction in range(auctions):
        origin = plans[int(rng.integers(len(plans)))]
        ask = draw_ask(origin.factors, origin.brand, origin.attribute, Draws(rng.random(_SLOTS).tolist()))
        near = rng.permutation(np.flatnonzero(offers == CATEGORY_OF[ask.kind]))[: CANDIDATES // 2]
        others = np.setdiff1d(np.arange(len(plans)), near)
        rows = rng.permutation([*near, *rng.choice(others, CANDIDATES - len(near), replace=False)])
        chosen[auction] = rows
        for place, row in enumerate(rows):
            plan = plans[row]
            grades[auction, place] = judge(ask, plan.factors, plan.brand, plan.attribute).grade
            pairs.append(_asked(ask.text, plan))
    return Market(pairs, grades, rates[chosen], bids[chosen])


def replay(market: Market, scores: np.ndarray, kept: int) -> Outcome:
    """Filter, rank, charge, and let viewers click.

    Args:
        market: The auctions.
        scores: Relevance by some system, (A, C); ties keep the order of candidates.
        kept: Ads that the filter lets through, 2 or more.
    """
    auctions = np.arange(len(scores))
    passed = np.argsort(-scores, axis=1, kind="stable")[:, :kept]
    value = np.take_along_axis(market.bids * market.rates, passed, axis=1)
    order = np.argsort(-value, axis=1, kind="stable")
    winner = passed[auctions, order[:, 0]]
    runner_up = value[auctions, order[:, 1]]
    rates, grades = market.rates[auctions, winner], market.grades[auctions, winner]
    price = np.maximum(runner_up / rates, RESERVE)
    clicks = special.expit(special.logit(rates) + COST_OF_GRADE[grades])
    return Outcome(clicks, clicks * price, grades)


def compared(name: str, outcome: Outcome, baseline: Outcome) -> dict[str, Any]:
    """Means of one filter, and its change against the baseline in the same auctions, with intervals."""
    found: dict[str, Any] = {"name": name, "grade": float(outcome.grades.mean())}
    for key, own, other in (
        ("ctr", outcome.clicks, baseline.clicks),
        ("rpm", outcome.revenue, baseline.revenue),
    ):
        found[key] = float(own.mean())
        found[f"relative_{key}"] = _relative(own, other)
    return found


def _relative(own: np.ndarray, other: np.ndarray) -> dict[str, float]:
    """Ratio of the means less 1, on the same resample of auctions each time."""
    interval = bootstrap_interval(
        lambda rows: float(own[rows].mean() / other[rows].mean() - 1), np.arange(len(own)), n_resamples=RESAMPLES
    )
    return plain_interval(interval)


def _asked(query: str, plan: AdPlan) -> AskedPair:
    return AskedPair(
        source=SIMULATED,
        query=query,
        title=plan.title,
        seller=plan.seller,
        brand=plan.brand,
        description=plan.description,
        image=picture_key(plan),
        mode=InputMode.IMAGE_TEXT,
    )
