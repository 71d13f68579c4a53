"""Small logs of every layout, with known causes, as files that a user would give."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from scipy import special

from adlab.simulator.settings import SimulationSettings
from adlab.simulator.simulation import simulate
from helpers.ad_logs import own_table

ROWS = 2000


def contract_log(folder: Path, ads: int = 120) -> Path:
    """The table contract with further columns: half of the rows are on a phone, which clicks more, and bids vary."""
    table = own_table(ads)
    rng = np.random.default_rng(5)
    phone = rng.random(len(table)) < 0.5
    table["clicks"] = np.where(phone, np.minimum(2 * table["clicks"], table["impressions"]), table["clicks"])
    table["device"] = np.where(phone, "phone", "desk")
    table["bid"] = np.round(rng.normal(2, 0.5, len(table)), 2)
    table["cats"] = rng.choice(["sport|shoes", "sport", "home", ""], len(table))
    table["shop"] = [f"shop {number % 7}" for number in range(len(table))]
    path = folder / "log.csv"
    table.to_csv(path, index=False)
    return path


def labels(rows: int, cause: np.ndarray, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Clicks and conversions of single impressions, more where the cause is 1."""
    rng = np.random.default_rng(seed)
    clicks = rng.random(rows) < special.expit(-0.8 + 1.2 * cause)
    return clicks.astype(int), (clicks & (rng.random(rows) < 0.3)).astype(int)


def cl4cvr_log(folder: Path, rows: int = ROWS) -> Path:
    """Clicks follow the second slot; every eighth row lacks the third."""
    rng = np.random.default_rng(1)
    slots = rng.integers(4, size=(rows, 3)) + 100
    clicks, conversions = labels(rows, (slots[:, 1] > 101).astype(float))
    lines = [
        f"{click},{conversion},{one},{two},{'' if row % 8 == 0 else three}"
        for row, (click, conversion, (one, two, three)) in enumerate(zip(clicks, conversions, slots, strict=True))
    ]
    path = folder / "sample.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def hillstrom_log(folder: Path, rows: int = ROWS) -> Path:
    """Visits follow the mailing."""
    rng = np.random.default_rng(2)
    mailed = rng.random(rows) < 0.5
    visits, conversions = labels(rows, mailed.astype(float))
    table = pd.DataFrame(
        {
            "recency": rng.integers(1, 13, rows),
            "history_segment": rng.choice(["1) $0 - $100", "2) $100 - $200"], rows),
            "history": np.round(rng.uniform(30, 900, rows), 2),
            "mens": rng.integers(2, size=rows),
            "womens": rng.integers(2, size=rows),
            "zip_code": rng.choice(["Rural", "Urban"], rows),
            "newbie": rng.integers(2, size=rows),
            "channel": rng.choice(["Phone", "Web"], rows),
            "segment": np.where(mailed, "Mens E-Mail", "No E-Mail"),
            "visit": visits,
            "conversion": conversions,
            "spend": np.where(conversions, 29.99, 0.0),
        }
    )
    path = folder / "hillstrom.csv"
    table.to_csv(path, index=False)
    return path


def facebook_log(folder: Path, ads: int = 300) -> Path:
    """Three ads a Facebook campaign; women click more."""
    rng = np.random.default_rng(3)
    female = rng.random(ads) < 0.5
    shown = rng.integers(500, 3000, ads)
    clicks = rng.binomial(shown, np.where(female, 0.04, 0.02))
    table = pd.DataFrame(
        {
            "Date": "31-08-2023",
            "ad_id": 700_000 + np.arange(ads),
            "xyz_campaign_id": rng.choice([916, 936, 1178], ads),
            "fb_campaign_id": 103_900 + np.arange(ads) // 3,
            "age": rng.choice(["30-34", "35-39"], ads),
            "gender": np.where(female, "F", "M"),
            "interest": rng.choice([15, 16, 20], ads),
            "Impressions": shown,
            "Clicks": clicks,
            "Spent": 1.5,
            "Total_Conversion": clicks,
            "Approved_Conversion": rng.binomial(clicks, 0.2),
        }
    )
    path = folder / "KAG_conversion_data.csv"
    table.to_csv(path, index=False)
    return path


def ali_ccp_log(folder: Path, rows: int = ROWS, items: int = 160) -> Path:
    """A folder with samples and common features; clicks follow the viewer's 122."""
    rng = np.random.default_rng(4)
    viewers = rng.integers(40, size=rows)
    clicks, conversions = labels(rows, (viewers % 2).astype(float))

    def text(*pairs: tuple[str, object]) -> str:
        return "\x01".join(f"{name}\x02{value}\x031.0" for name, value in pairs)

    samples = []
    for row, (viewer, click, conversion) in enumerate(zip(viewers, clicks, conversions, strict=True)):
        own = [("205", row % items), ("206", row % 5), ("301", rng.integers(1, 4))]
        own += [("210", value) for value in rng.choice(6, 2, replace=False)]
        samples.append(f"{row},{click},{conversion},k{viewer},5,{text(*own)}\n")
    common = [f"k{viewer},2,{text(('101', viewer), ('122', 3860 + viewer % 2))}\n" for viewer in range(40)]
    (folder / "sample_skeleton_train.csv").write_text("".join(samples))
    (folder / "common_features_train.csv").write_text("".join(common))
    return folder


def simulated_log(folder: Path, ads: int = 150, *, images: bool = False) -> Path:
    """What `simulate` writes."""
    settings = SimulationSettings(
        ads=ads,
        impressions=400 * ads,
        aggregate=True,
        contexts_per_ad=4,
        ctr=0.15,
        cvr=0.25,
        images=images,
        size=(64, 64),
        image_format="png",
    )
    simulate(settings, folder / "sim", workers=1)
    return folder / "sim"


WRITERS = {
    "contract": contract_log,
    "ali-ccp": ali_ccp_log,
    "cl4cvr": cl4cvr_log,
    "hillstrom": hillstrom_log,
    "facebook": facebook_log,
    "simulated": simulated_log,
}
