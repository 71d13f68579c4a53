"""The scale on which the probability of a rare event is shown."""

from __future__ import annotations

import numpy as np


def rare_scale(largest: float) -> tuple[float, float]:
    """From 0 to the largest value that is to be seen, to two digits upwards, at most 1.

    Clicks and conversions are rare: on a scale up to 1 all ads would look alike.

    Args:
        largest: Above 0.
    """
    digit = 10.0 ** (np.floor(np.log10(largest)) - 1)
    return 0.0, float(min(1.0, np.ceil(largest / digit) * digit))
