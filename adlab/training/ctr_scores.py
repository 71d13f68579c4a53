"""What an ensemble of M2FNs says of many simulated ads: in the contexts of the log, and averaged over all contexts."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from scipy import special

from adlab.features.attributes import AttributeSchema
from adlab.models.m2fn_contexts import forward_contexts
from adlab.models.m2fn_ensemble import M2FNEnsemble
from adlab.simulator.contexts import PROBABILITIES, ContextTable, contexts_at
from adlab.training.ctr_data import CONTEXT_FIELDS, context_rows
from adlab.training.ctr_late_task import AdsWithContexts

ADS_AT_ONCE = 32
CANDIDATES, CASES_PER_AD = 256, 6


def row_logits(ensemble: M2FNEnsemble, data: AdsWithContexts, ads: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Raw log-odds of every member for the rows of some ads.

    Returns:
        Numbers of the rows, (R,), and log-odds (M, R).
    """
    rows, logits = [], []
    with torch.inference_mode():
        for part in torch.as_tensor(ads, dtype=torch.long).split(ADS_AT_ONCE):
            batch, own = data.batch(part), data.rows[part]
            found = torch.stack([forward_contexts(net, batch.maps, batch.aux)[..., 0] for net in ensemble.networks()])
            rows.append(own[own >= 0])
            logits.append(found[:, own >= 0])
    return torch.cat(rows).numpy(), torch.cat(logits, dim=1).double().numpy()


def context_logits(
    ensemble: M2FNEnsemble, data: AdsWithContexts, ads: np.ndarray, contexts: ContextTable
) -> np.ndarray:
    """Raw log-odds of every member for each ad in the same K contexts, (M, N, K)."""
    levels = data.attributes.schema.levels
    of_context = AttributeSchema(levels={name: levels[name] for name in CONTEXT_FIELDS})
    vectors = torch.from_numpy(of_context.encode(context_rows(contexts)))
    found = []
    with torch.inference_mode():
        for part in torch.as_tensor(ads, dtype=torch.long).split(ADS_AT_ONCE):
            own = data.attributes.ad[part][:, None].expand(-1, len(vectors), -1)
            aux = torch.cat([vectors.expand(len(part), -1, -1), own], dim=2)
            maps = data.maps[part].float()
            found.append(torch.stack([forward_contexts(net, maps, aux)[..., 0] for net in ensemble.networks()]))
    return torch.cat(found, dim=1).double().numpy()


def averaged(logits: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Log-odds of the weighted mean probability: (M, N, K) and (K,) -> (M, N)."""
    mean: np.ndarray = special.logit(special.expit(logits) @ weights)
    return mean


class Cases(NamedTuple):
    """Ads in contexts of which some fields are known.

    Attributes:
        candidates: Contexts drawn from the distribution, what fills in unknown fields.
        contexts: Of every case and candidate, (cases · candidates,), case by case.
        ads: Number of each case's ad, (cases,).
    """

    candidates: ContextTable
    contexts: ContextTable
    ads: np.ndarray


def partly_known(ads: np.ndarray, seed: int) -> Cases:
    """For each ad one case of which nothing is known, and five in which each field is known every other time."""
    rng = np.random.default_rng([seed, 7])
    candidates = contexts_at(rng.random((CANDIDATES, len(PROBABILITIES))))
    of_case = np.repeat(ads, CASES_PER_AD)
    given = contexts_at(rng.random((len(of_case), len(PROBABILITIES))))
    known = rng.random((len(of_case), len(PROBABILITIES))) < 0.5
    known[::CASES_PER_AD] = False
    merged = [
        np.where(known[:, field, None], values[:, None], filler[None]).ravel()
        for field, (values, filler) in enumerate(zip(given, candidates, strict=True))
    ]
    return Cases(candidates, ContextTable(*merged), of_case)


def case_logits(ensemble: M2FNEnsemble, data: AdsWithContexts, cases: Cases) -> np.ndarray:
    """Raw log-odds, mean over members, (cases, candidates)."""
    rows = []
    for case, ad in enumerate(cases.ads):
        part = cases.contexts.take(slice(case * CANDIDATES, (case + 1) * CANDIDATES))
        rows.append(context_logits(ensemble, data, np.array([ad]), part).mean(axis=0)[0])
    return np.stack(rows)
