"""How well a funnel's scores rank clicks, conversions of clicks, and clicks that convert."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from adlab.errors import InputError
from adlab.metrics.arrays import binary, check_length, vector
from adlab.metrics.ranking import auc


class FunnelAUC(NamedTuple):
    """Areas under the ROC curve, 0–1; None where one class is missing.

    Attributes:
        ctr: Clicks, over all rows.
        cvr: Conversions, over clicked rows.
        ctcvr: Conversions, over all rows.
    """

    ctr: float | None
    cvr: float | None
    ctcvr: float | None


def funnel_auc(
    ctr: ArrayLike,
    cvr: ArrayLike,
    ctcvr: ArrayLike,
    clicks: ArrayLike,
    conversions: ArrayLike,
    weights: ArrayLike | None = None,
) -> FunnelAUC:
    """The three areas that ESMM and CL4CVR report.

    Args:
        ctr: Scores of a click, (N,), higher means more likely.
        cvr: Scores of a conversion once there is a click, (N,).
        ctcvr: Scores of a click that converts, (N,).
        clicks: 0 or 1, (N,).
        conversions: 0 or 1, 1 only where there is a click, (N,).
        weights: How many impressions each row stands for, (N,); one each if not given.

    Raises:
        InputError: A shape or value does not fit, or a row converts without a click.
    """
    x = vector("ctr", ctr)
    clicked, converted = binary("clicks", clicks, len(x)), binary("conversions", conversions, len(x))
    w = None if weights is None else vector("weights", weights)
    for name, given in (("cvr", np.asarray(cvr)), ("ctcvr", np.asarray(ctcvr)), ("weights", x if w is None else w)):
        check_length(name, given, len(x))
    if (converted > clicked).any():
        raise InputError(f"Row {int(np.argmax(converted > clicked))} converts without a click; correct the log.")
    rows = clicked == 1
    return FunnelAUC(
        _auc(x, clicked, w),
        _auc(np.asarray(cvr)[rows], converted[rows], None if w is None else w[rows]),
        _auc(np.asarray(ctcvr), converted, w),
    )


def _auc(scores: ArrayLike, labels: ArrayLike, weights: ArrayLike | None) -> float | None:
    kinds = np.asarray(labels) if weights is None else np.asarray(labels)[np.asarray(weights) > 0]
    return auc(scores, labels, weights) if len(np.unique(kinds)) == 2 else None
