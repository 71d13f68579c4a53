"""Logs whose truth is known to have no effect of any attribute, while ads differ."""

from __future__ import annotations

import numpy as np
import pandas as pd


def clustered_log(
    rng: np.random.Generator,
    *,
    ads: int,
    spread: float = 0.6,
    cells: int = 40,
    levels: int = 4,
    noise: float = 0.2,
    sizes: float = 0.0,
):
    """A log without any effect of its attributes: each ad has a rate of its own, shown in some contexts."""
    size = ads * cells
    base = np.repeat(rng.normal(-3, spread, ads), cells)
    impressions = np.ceil(rng.lognormal(3.5, 1, size)).astype(int)
    if sizes:  # some ads have far more impressions than others
        impressions = np.ceil(impressions * np.repeat(rng.lognormal(1, sizes, ads), cells)).astype(int)
    rate = 1 / (1 + np.exp(-(base + rng.normal(0, noise, size))))
    return pd.DataFrame(
        {
            "ad_id": np.repeat([f"ad-{i}" for i in range(ads)], cells),
            "hour": rng.integers(0, 24, size),
            "x": rng.integers(0, levels, size).astype(str),
            "of_ad": np.repeat(rng.integers(0, levels, ads).astype(str), cells),
            "impressions": impressions,
            "clicks": rng.binomial(impressions, rate),
        }
    )
