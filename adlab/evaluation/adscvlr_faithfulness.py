"""`reproduce adscvlr --part faithfulness`: do grades rest on what the attention relevance names?

Words, and apart from them regions, are taken away from test pairs: most relevant first, least relevant first, and in
random orders. Faithful relevance loses the explained grade faster than chance in the first case, slower in the second.
"""

from __future__ import annotations

import hashlib
from functools import partial
from typing import Any

import numpy as np

from adlab.checkpoints.networks import DEFAULT_IMAGE_ENCODER, load_image_encoder
from adlab.checkpoints.store import load_checkpoint
from adlab.data.creative import Creative
from adlab.data.image_intake import AdImage, read_image
from adlab.data.relevance import RelevancePair
from adlab.encoders.text import load_minilm
from adlab.evaluation.adscvlr_settings import AdsCVLRReproduction
from adlab.evaluation.kept import Arrays, KeptParts
from adlab.evaluation.writing import plain_interval
from adlab.explain.pair_explanation import explain_pair
from adlab.explain.perturbation import REGIONS, WORDS, PerturbationConfig, perturb
from adlab.features.stored import Progress, no_progress
from adlab.features.vectors import Vectors
from adlab.inference.relevance import RelevanceHead
from adlab.metrics.bootstrap import bootstrap_interval
from adlab.paths import cache_dir
from adlab.simulator.ad import AdPlan
from adlab.simulator.plan import plan_ad
from adlab.simulator.render import draw
from adlab.training.picture_vectors import picture_key
from adlab.training.relevance_data import SIMULATION_SEED, RelevanceData, read_relevance
from adlab.training.simulated_relevance import SOURCE as SIMULATED
from adlab.training.student_measures import unit_of

VERSION, RESAMPLES = 1, 500
ORDERS = PerturbationConfig(steps=8, random_orders=9)
KINDS = (WORDS, REGIONS)
_COLUMNS = ("most", "least", "random")


def reproduce_faithfulness(how: AdsCVLRReproduction, progress: Progress = no_progress) -> dict[str, Any]:
    """Areas under the curves of the explained grade, by source and kind of part, with intervals by query or picture.

    Args:
        how: Data, checkpoint and number of pairs; a stopped call goes on with the next source.
        progress: Called with (pairs done, all pairs), source by source.

    Returns:
        Plain JSON: `rows` with the three areas and the two differences from random orders.

    Raises:
        DataUnavailableError: A data set is missing.
        UnknownNameError: The checkpoint is not there.
    """
    vectors = Vectors(load_image_encoder(DEFAULT_IMAGE_ENCODER), load_minilm())
    head = RelevanceHead(how.teacher, vectors)
    graded = read_relevance(how.data, how.sources, simulated_ads=how.simulated_ads)
    plans = _plans(how)
    test = graded.of("test").pairs
    sources = sorted({pair.source for pair in test})
    kept = KeptParts(cache_dir() / "reproduce" / _identity(how))
    rows, total = [], len(sources) * how.explained
    for number, source in enumerate(sources):
        pairs = _drawn([pair for pair in test if pair.source == source], how)
        ads = [creative_of(pair, graded, plans) for pair in pairs]
        arrays = kept.get(source, partial(measured, head, ads))
        progress((number + 1) * how.explained, total)
        units = np.array([unit_of(pair) for pair in pairs])
        rows += [row for kind in KINDS if (row := summary(source, kind, arrays[kind], units)) is not None]
    return {"rows": rows, "explained": how.explained, "orders": ORDERS.random_orders}


def measured(head: RelevanceHead, ads: list[Creative]) -> Arrays:
    """Areas of each ad, most and least relevant first and the mean over random orders, by kind, (N, 3); NaN without."""
    found = {kind: np.full((len(ads), len(_COLUMNS)), np.nan) for kind in KINDS}
    for row, ad in enumerate(ads):
        explanation = explain_pair(head, ad)
        temperature = head.settings.temperatures[explanation.mode.value]
        for each in perturb(head.network, explanation, temperature, ORDERS):
            most, least, random = each.areas
            found[each.kind][row] = most, least, random.mean()
    return dict(found)


def summary(source: str, kind: str, areas: np.ndarray, units: np.ndarray) -> dict[str, Any] | None:
    """One row of the report; None where fewer than two units have such parts."""
    there = ~np.isnan(areas).any(axis=1)
    if len(set(units[there].tolist())) < 2:
        return None
    most, least, random = areas[there].T
    own = units[there]
    return {
        "source": source,
        "kind": kind,
        "n": int(there.sum()),
        **{name: float(column.mean()) for name, column in zip(_COLUMNS, (most, least, random), strict=True)},
        "below_random": _interval(random - most, own),
        "above_random": _interval(least - random, own),
    }


def creative_of(pair: RelevancePair, graded: RelevanceData, plans: dict[str, AdPlan]) -> Creative:
    """A graded pair as the product reads it, its picture read or drawn."""
    image = None
    if pair.image in plans:
        image = AdImage.from_pixels(draw(plans[pair.image]).image)
    elif pair.image:
        image = read_image(graded.data.files[pair.image])
    return Creative(
        image=image,
        query=pair.query,
        title=pair.title,
        description=pair.description,
        seller=pair.seller,
        brand=pair.brand,
    )


def _interval(values: np.ndarray, units: np.ndarray) -> dict[str, float]:
    interval = bootstrap_interval(lambda rows: float(values[rows].mean()), units, n_resamples=RESAMPLES)
    return plain_interval(interval)


def _drawn(pairs: list[RelevancePair], how: AdsCVLRReproduction) -> list[RelevancePair]:
    rows = np.random.default_rng(how.seed).permutation(len(pairs))[: how.explained]
    return [pairs[row] for row in np.sort(rows)]


def _plans(how: AdsCVLRReproduction) -> dict[str, AdPlan]:
    count = how.simulated_ads if SIMULATED in how.sources else 0
    return {picture_key(plan): plan for plan in (plan_ad(SIMULATION_SEED, index) for index in range(count))}


def _identity(how: AdsCVLRReproduction) -> str:
    digest = load_checkpoint(how.teacher).manifest.weights_sha256
    settings = (VERSION, digest, how.sources, how.simulated_ads, how.explained, how.seed, ORDERS)
    return f"adscvlr-faithfulness-{hashlib.sha256(repr(settings).encode()).hexdigest()[:12]}"
