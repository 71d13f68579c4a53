"""True probabilities where some of the context is open: averaged over whom, when and where it may be."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from adlab.simulator.coefficients import OUTCOMES
from adlab.simulator.contexts import UNKNOWN, ContextTable
from adlab.simulator.population import FactorTable, context_nodes
from adlab.simulator.response import AdRates, ResponseModel, ad_part, context_part, cross_part
from adlab.simulator.truth import standard_response

_CHUNK = 256  # ads × 1,024 contexts at a time


def expected_rates(ads: FactorTable, contexts: ContextTable, model: ResponseModel | None = None) -> AdRates:
    """Probabilities of ads in contexts, row by row, averaged over every field that is unknown.

    With all fields known this is the probability itself; with none known it is `ResponseModel.average`. The averages
    run over 1,024 points of the context distribution and are within 0.5 % of the rate.

    Args:
        ads: (N,).
        contexts: (N,); −1 is unknown.
        model: The response; the table of coefficients as it stands, if not given.
    """
    response, nodes = model or standard_response(), context_nodes()
    ctr, ctcvr = np.empty(ads.rows), np.empty(ads.rows)
    for start in range(0, ads.rows, _CHUNK):
        part = slice(start, start + _CHUNK)
        some, filled = ads.take(part), _filled(contexts.take(part), nodes)
        background, place = (np.repeat(codes, nodes.rows) for codes in (some.background, some.text_position))
        chances = []
        for outcome in OUTCOMES:
            effects = response.effects[outcome]
            around = context_part(effects, filled) + cross_part(effects, background, place, filled)
            base = response.intercepts[outcome] + ad_part(effects, some)
            chances.append(expit(base[:, None] + around.reshape(some.rows, nodes.rows)))
        clicks, converts = chances
        ctr[part], ctcvr[part] = clicks.mean(axis=1), (clicks * converts).mean(axis=1)
    return AdRates(ctr, ctcvr / ctr, ctcvr)


def _filled(contexts: ContextTable, nodes: ContextTable) -> ContextTable:
    """Each context at every node, what is known of it kept, (N · nodes,)."""
    return ContextTable(
        *(
            np.where(codes[:, None] == UNKNOWN, open_codes, codes[:, None]).ravel()
            for codes, open_codes in zip(contexts, nodes, strict=True)
        )
    )
