"""Small logs about ads with known causes, as the product's funnel is trained on them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from scipy import special

from adlab.training.funnel_ads import AdLog
from adlab.training.funnel_own import own_ad_log


def own_table(ads: int = 120, seed: int = 0, **rates: float) -> pd.DataFrame:
    """Four rows an ad, one a gender and hour; women click more, at night people buy more, and ads differ."""
    rng = np.random.default_rng(seed)
    level = {"click": -2.0, "convert": -1.5} | rates
    rows = []
    for ad in range(ads):
        click, convert = 0.3 * rng.standard_normal(2)
        for gender in ("female", "male"):
            for hour in (9, 22):
                shown = int(rng.integers(50, 400))
                clicks = rng.binomial(shown, special.expit(level["click"] + click + 0.8 * (gender == "female")))
                bought = rng.binomial(clicks, special.expit(level["convert"] + convert + 0.8 * (hour == 22)))
                rows.append((f"ad-{ad}", gender, hour, shown, clicks, bought))
    return pd.DataFrame(rows, columns=["ad_id", "gender", "hour", "impressions", "clicks", "conversions"])


def own_log(folder: Path, table: pd.DataFrame | None = None) -> AdLog:
    """The log of a table without creatives."""
    path = folder / "log.csv"
    (own_table() if table is None else table).to_csv(path, index=False)
    return own_ad_log(path)
