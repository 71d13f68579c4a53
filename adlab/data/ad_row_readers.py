"""Logs of every layout from disk, as rows about ads."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from adlab.data import ali_ccp
from adlab.data.ad_rows import (
    KNOWN_OF_A_NEW_AD,
    MIN_IMPRESSIONS,
    READ_OF_AN_AD,
    ROWS,
    AdRows,
    AskedRole,
    contract_rows,
    rows_of_log,
)
from adlab.data.cl4cvr_text import read_cl4cvr_text
from adlab.data.facebook_ads import read_facebook_ads
from adlab.data.feature_fields import FieldSpec
from adlab.data.feature_schema import AD
from adlab.data.funnel_labels import LABELS
from adlab.data.funnel_log import FunnelLog
from adlab.data.hillstrom import read_hillstrom
from adlab.data.listing import listed
from adlab.data.log_layouts import (
    ADS,
    ALI_CCP,
    CL4CVR,
    COMMON,
    CONTRACT,
    FACEBOOK,
    HILLSTROM,
    LAYOUTS,
    LOG,
    SIMULATED,
    SKELETON,
)
from adlab.data.table import read_table
from adlab.data.table_check import validate
from adlab.errors import DataUnavailableError, TableError, UnknownNameError
from adlab.paths import cache_dir

IMAGES = "images"  # of a folder that simulate has written
Roles = Mapping[str, AskedRole]


def read_ad_rows(path: Path, layout: str = CONTRACT, roles: Roles | None = None) -> AdRows:
    """Read a log.

    Args:
        path: A file, or a folder where the layout has one.
        layout: One of `LAYOUTS`.
        roles: For columns that are no features by themselves.

    Raises:
        UnknownNameError: There is no such layout, role or column.
        TableError: The log cannot be used.
        DataUnavailableError: The file is missing or has another layout.
        ConfigError: A column with a role names the ad, or is an outcome.
    """
    readers: dict[str, Callable[[Path, Roles], AdRows]] = {
        CONTRACT: lambda given, asked: contract_rows(read_table(given), given.name, asked),
        ALI_CCP: _ali_ccp,
        CL4CVR: lambda given, asked: rows_of_log(read_cl4cvr_text(given), asked, unit=ROWS, parted_by="row"),
        HILLSTROM: lambda given, asked: rows_of_log(
            read_hillstrom(given), asked, ad="row", unit="customers", parted_by="customer"
        ),
        FACEBOOK: lambda given, asked: rows_of_log(
            read_facebook_ads(given), asked, ad=AD, part="fb_campaign", parted_by="Facebook campaign"
        ),
        SIMULATED: _simulated,
    }
    if layout not in readers:
        raise UnknownNameError("layout", layout, LAYOUTS)
    return readers[layout](path, roles or {})


def _ali_ccp(path: Path, roles: Roles) -> AdRows:
    """Ali-CCP: its text, which is converted once and kept, or what was converted before."""
    files, problems = ([path], ()) if path.suffix.lower() == ".parquet" else _converted(path)
    try:
        tables = [pq.read_table(file) for file in files]
    except (pa.ArrowException, OSError) as error:
        raise DataUnavailableError(f"{str(path)!r} cannot be read ({error}); give Ali-CCP as it comes.") from error
    table = pa.concat_tables(tables)
    known = (*ali_ccp.SINGLE, *ali_ccp.MULTI, *ali_ccp.HISTORIES)
    lacking = [name for name in (*LABELS, ali_ccp.AD) if name not in table.column_names]
    if lacking:
        raise DataUnavailableError(f"{str(path)!r} has no column {lacking[0]}; give Ali-CCP as it comes.")
    names = [n for n in known if n in table.column_names and n != ali_ccp.AD and table[n].null_count < table.num_rows]
    fields = ali_ccp.ali_ccp_fields(names, min_count=MIN_IMPRESSIONS)
    return rows_of_log(FunnelLog(table, fields, problems), roles, ad=ali_ccp.AD, parted_by="item")


def _converted(path: Path) -> tuple[list[Path], tuple[str, ...]]:
    """The Parquet files of Ali-CCP's text; each pair of files is converted once."""
    skeletons = sorted(path.glob(SKELETON)) if path.is_dir() else [path]
    if not skeletons:
        raise DataUnavailableError(f"{str(path)!r} holds no {SKELETON}; unpack Ali-CCP there.")
    files, problems = [], []
    for skeleton in skeletons:
        part = skeleton.name.removeprefix(SKELETON.rstrip("*"))
        common = skeleton.with_name(COMMON.rstrip("*") + part)
        if not (skeleton.is_file() and common.is_file()):
            raise DataUnavailableError(f"{str(skeleton)!r} and {common.name!r} beside it are needed; unpack both.")
        identity = "|".join(f"{f.resolve()}:{f.stat().st_size}:{f.stat().st_mtime_ns}" for f in (skeleton, common))
        out = cache_dir() / "logs" / f"ali-ccp-{hashlib.sha256(identity.encode()).hexdigest()[:16]}.parquet"
        if not out.is_file():
            report = ali_ccp.convert_ali_ccp(skeleton, common, out)
            if report.without_click:
                problems.append(
                    f"{skeleton.name}: purchase without a click, left out: {report.without_click:,} samples."
                )
            if report.without_common:
                problems.append(f"{skeleton.name}: no features of the viewer: {report.without_common:,} samples.")
        files.append(out)
    return files, tuple(problems)


def _simulated(path: Path, roles: Roles) -> AdRows:
    """What `simulate` has written: the parts of its log joined with its ads; nothing of its truth is read."""
    folder = path.parent if path.name == LOG else path
    ads, parts = folder / ADS, folder / LOG
    if not ads.is_file() or not parts.is_dir():
        raise DataUnavailableError(
            f"{str(path)!r} has no {ADS} beside a folder {LOG}; give the folder that simulate has finished."
        )
    try:
        log = pq.read_table(parts)
    except (pa.ArrowException, OSError) as error:
        raise TableError(f"{str(parts)!r} is not sound Parquet ({str(error).splitlines()[0]}).") from error
    wanted = [AD, *READ_OF_AN_AD, *KNOWN_OF_A_NEW_AD]
    shown = read_table(ads)
    shown = validate(shown[[name for name in wanted if name in shown]], needs_creative=False)
    names = pd.Series(log[AD].cast(pa.string()).to_pylist())
    place = pd.Index(shown[AD]).get_indexer(names)
    if (place < 0).any():
        raise TableError(f"{ADS} lacks {listed(sorted(set(names[place < 0])))}, which the log shows; simulate anew.")
    texts = [n for n in KNOWN_OF_A_NEW_AD if n in shown and n not in log.column_names and (shown[n] != "").any()]
    for name in texts:
        levels = pa.DictionaryArray.from_arrays(pa.array(place.astype(np.int32)), pa.array(shown[name].astype(str)))
        log = log.append_column(name, levels.cast(pa.string()))
    specs = tuple(FieldSpec(name=name) for name in KNOWN_OF_A_NEW_AD if name in log.column_names)
    rows = rows_of_log(FunnelLog(log, specs), roles, ad=AD)
    first = shown.iloc[place[~names.duplicated()]].reset_index(drop=True)
    return replace(rows, ads=first, images=folder / IMAGES if (folder / IMAGES).is_dir() else None)
