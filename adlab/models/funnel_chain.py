"""From log-odds of clicks and conversions in several contexts to one chain: pCTR, pCVR and pCTCVR of an ad."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

FloatArray = NDArray[np.float64]


class Chain(NamedTuple):
    """Chances of N ads, (N,) each; pctcvr is pctr · pcvr to the bit.

    Attributes:
        pctr: Of a click.
        pcvr: Of a conversion once there is a click.
        pctcvr: Of a click that converts.
    """

    pctr: FloatArray
    pcvr: FloatArray
    pctcvr: FloatArray


def chain_of(ctr: FloatArray, cvr: FloatArray, weights: FloatArray) -> Chain:
    """Average over contexts, then over members.

    Contexts are averaged as chances, which is what many impressions come to; pCVR of an average is therefore that of
    its clicks, pCTCVR over pCTR, and no mean of pCVRs. Members are averaged as log-odds.

    Args:
        ctr: Log-odds of a click, (M, N, K).
        cvr: Log-odds of a conversion once there is a click, (M, N, K).
        weights: Of the K contexts, adding up to 1, (K,).
    """
    clicks = special.expit(ctr)
    pctr = _mean_of_members(clicks @ weights)
    pcvr = _mean_of_members((clicks * special.expit(cvr)) @ weights) / pctr
    return Chain(pctr, pcvr, pctr * pcvr)


def _mean_of_members(chances: FloatArray) -> FloatArray:
    """(M, N) -> (N,)."""
    found: FloatArray = special.expit(special.logit(chances).mean(axis=0))
    return found
