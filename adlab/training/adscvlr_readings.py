"""What a trained AdsCVLR says of graded pairs in each input mode, and how well that agrees with their grades."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import torch

from adlab.errors import InputError
from adlab.metrics.correlation import sprc
from adlab.metrics.grades import shares_of
from adlab.metrics.ranking import auc
from adlab.metrics.relevance import expected_grade, relevant_probability
from adlab.models.adscvlr import AdsCVLR
from adlab.models.pair_inputs import InputMode
from adlab.training.adscvlr_finetune_data import MODES, GradedSet

AT_ONCE = 128


class Readings(NamedTuple):
    """What the network says of K pairs.

    Attributes:
        rows: Numbers of the pairs in their set, (K,), ascending.
        logits: Of the four grades, (K, 4) float64.
        evidence: What the grades are read from, (K, E) float32.
    """

    rows: np.ndarray
    logits: np.ndarray
    evidence: np.ndarray


def readable(data: GradedSet, mode: InputMode) -> np.ndarray:
    """Numbers of the pairs that have what a mode reads; all parts of a pair, or fewer than it has."""
    own = data.modes == MODES.index(mode)
    whole = data.modes == MODES.index(InputMode.IMAGE_TEXT)
    return np.flatnonzero(own | whole)


def read_in_mode(net: AdsCVLR, data: GradedSet, mode: InputMode, rows: np.ndarray | None = None) -> Readings:
    """Read pairs in one mode, on the network's device; it is left in eval mode.

    Args:
        net: Trained.
        data: The pairs.
        mode: What of them is read.
        rows: Numbers of pairs that have it, (K,); `readable` by default.

    Raises:
        InputError: A pair lacks what the mode reads.
    """
    able = readable(data, mode)
    wanted = able if rows is None else np.sort(rows)
    if not np.isin(wanted, able).all():
        raise InputError(
            f"Pair {np.setdiff1d(wanted, able)[0]} cannot be read in the mode {mode.value!r}; leave it out."
        )
    device = net.grade.weight.device
    logits = np.zeros((len(wanted), net.grade.out_features))
    evidence = np.zeros((len(wanted), net.config.evidence), np.float32)
    order = np.argsort(data.lengths[wanted], kind="stable")
    net.eval()
    with torch.inference_mode():
        for start in range(0, len(order), AT_ONCE):
            places = order[start : start + AT_ONCE]
            output = net(data.inputs(wanted[places].tolist()).in_mode(mode).to(device), states=False)
            logits[places] = output.grade_logits.double().cpu().numpy()
            evidence[places] = output.evidence.float().cpu().numpy()
    return Readings(wanted, logits, evidence)


def scores_by_source(data: GradedSet, rows: np.ndarray, logits: np.ndarray) -> dict[str, Mapping[str, float]]:
    """AUC of relevant against Bad and Spearman's correlation with the judges' mean, by source.

    A measure that a source does not allow is left out: AUC where all its pairs or none are Bad, correlation where its
    grades or what is said of them are all equal.

    Args:
        data: The pairs.
        rows: Numbers of those that were read, (K,).
        logits: (K, 4).
    """
    shares = shares_of(logits)
    relevant, mean = relevant_probability(shares), expected_grade(shares)
    grades, fine, sources = data.grades[rows], data.data.mean_grades[rows], data.sources[rows]
    found: dict[str, Mapping[str, float]] = {}
    for name in sorted(set(sources.tolist())):
        own = sources == name
        measures = {}
        if 0 < (grades[own] == 0).sum() < own.sum():
            measures["auc"] = auc(relevant[own], (grades[own] > 0).astype(np.int64))
        if np.ptp(fine[own]) > 0 and np.ptp(mean[own]) > 0:
            measures["correlation"] = sprc(mean[own], fine[own])
        found[name] = measures
    return found
