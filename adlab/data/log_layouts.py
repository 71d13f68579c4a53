"""The layouts that a log can have, and which of them a path has where that cannot be mistaken."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from adlab.data import ali_ccp, facebook_ads
from adlab.data.funnel_labels import LABELS

CONTRACT, ALI_CCP, CL4CVR, HILLSTROM = "contract", "ali-ccp", "cl4cvr", "hillstrom"
FACEBOOK, SIMULATED = "facebook", "simulated"
LAYOUTS = (CONTRACT, ALI_CCP, CL4CVR, HILLSTROM, FACEBOOK, SIMULATED)
SKELETON, COMMON = "sample_skeleton*", "common_features*"
ADS, LOG = "ads.parquet", "log"  # of a folder that simulate has written
_FACEBOOK = ("xyz_campaign_id", "fb_campaign_id", "Impressions", "Clicks")
_HILLSTROM = ("recency", "history_segment", "zip_code", "segment", "visit", "conversion")
_LEAST_FIELDS = 3  # of Ali-CCP's, whose names are numbers


def layout_of(path: Path) -> str:
    """The layout of a log; that of the table contract where no other one is unmistakable.

    A path that cannot be read has the contract's: its reader says what is amiss.

    Args:
        path: A file or a folder.
    """
    if path.is_dir():
        return _of_folder(path)
    if path.match(SKELETON):
        return ALI_CCP
    if path.suffix.lower() == ".parquet":
        return _of_parquet(path)
    cells = first_cells(path)
    if set(_FACEBOOK) <= set(cells):
        return FACEBOOK
    if set(_HILLSTROM) <= set(cells):
        return HILLSTROM
    ids = len(cells) > len(LABELS) and all(cell in ("0", "1") for cell in cells[: len(LABELS)])
    return CL4CVR if ids and all(cell == "" or cell.isdigit() for cell in cells) else CONTRACT


def first_cells(path: Path) -> list[str]:
    """The cells of the first line of a text file, unpacked where it ends in .gz; none where it cannot be read."""
    try:
        with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8-sig") as file:
            return [cell.strip().strip('"') for cell in file.readline().split(",")]
    except (OSError, EOFError, UnicodeDecodeError):
        return []


def _of_folder(path: Path) -> str:
    if any(path.glob(SKELETON)):
        return ALI_CCP
    if (path / facebook_ads.FILE).is_file():
        return FACEBOOK
    if len(found := sorted(path.glob("*.csv*"))) == 1 and set(_HILLSTROM) <= set(first_cells(found[0])):
        return HILLSTROM
    folder = path.parent if path.name == LOG else path
    return SIMULATED if (folder / LOG).is_dir() and (folder / ADS).is_file() else CONTRACT


def _of_parquet(path: Path) -> str:
    try:
        names = set(pq.read_schema(path).names)
    except (pa.ArrowException, OSError):
        return CONTRACT
    fields = names & {*ali_ccp.SINGLE, *ali_ccp.MULTI, *ali_ccp.HISTORIES}
    return ALI_CCP if set(LABELS) <= names and ali_ccp.AD in names and len(fields) >= _LEAST_FIELDS else CONTRACT
