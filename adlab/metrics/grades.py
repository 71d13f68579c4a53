"""From logits of the four grades to shares, to the expected grade without ends, and to its interval.

Grades are 0 Bad – 3 Excellent; an expected grade's share of 3 has log-odds, on which members spread about evenly.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from adlab.metrics.relevance import BEST_GRADE, expected_grade
from adlab.metrics.spread import logit_interval

_EDGE = 1e-6  # expected grades are held this far from 0 and 3, as a share of 3, before they are put on the logit scale


def shares_of(logits: np.ndarray) -> np.ndarray:
    """Softmax over the last axis, (…, 4) float64."""
    exp = np.exp(logits - logits.max(axis=-1, keepdims=True))
    shares: np.ndarray = exp / exp.sum(axis=-1, keepdims=True)
    return shares


def grade_log_odds(logits: np.ndarray, temperature: np.ndarray | float = 1.0) -> np.ndarray:
    """Expected grades on a scale without ends: log-odds of their share of 3, (M, N, 4) -> (M, N).

    Args:
        logits: Of the members.
        temperature: Of each pair, (N,), or of all.
    """
    scaled = logits / np.asarray(temperature)[..., None]
    means = np.stack([expected_grade(shares_of(member)) for member in scaled]) / BEST_GRADE
    found: np.ndarray = special.logit(np.clip(means, _EDGE, 1 - _EDGE))
    return found


def centred(log_odds: np.ndarray, own: np.ndarray) -> np.ndarray:
    """Members moved so that their mean is what the network's own head says, (M, N).

    Args:
        log_odds: Of the members, as `grade_log_odds` gives them, (M, N).
        own: Of the own head, (N,).
    """
    moved: np.ndarray = log_odds - log_odds.mean(axis=0) + own
    return moved


def grade_interval(log_odds: np.ndarray, stretch: float) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper end of the expected grade, 0–3, each (N,).

    Args:
        log_odds: As `centred` gives them, (M, N).
        stretch: Of the spread over members.
    """
    low, high = logit_interval(log_odds, stretch)
    return BEST_GRADE * low, BEST_GRADE * high
