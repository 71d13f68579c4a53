"""Downloads of the Modalities page: every number on screen, with where it comes from and what "alone" means."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from adlab.app.exports import csv_of, result_rows
from adlab.app.state import Ad
from adlab.data.modalities import BASES, SHARED, AdModes, Mode, column_name, readings_of

if TYPE_CHECKING:
    from adlab.app.modalities_table import ReadTable

SHARED_NAME = "shared embeddings"


def ad_json(ad: Ad, modes: AdModes) -> str:
    """The ad's texts and every head's answer in every mode; of the picture only its name."""
    fields = {"picture": ad.picture.name if ad.picture else None, **ad.copy_fields, **ad.given_words}
    return json.dumps({"ad": fields, "modalities": modes.to_dict()}, indent=2, ensure_ascii=False) + "\n"


def ad_csv(ad: Ad, modes: AdModes) -> str:
    """One row for every number: head, mode, value, interval, provenance."""
    rows: list[dict[str, Any]] = []
    for head, by_mode in modes.results.items():
        answers = {mode.value: result for mode, result in by_mode.items()}
        if head in modes.shared:
            answers[SHARED_NAME] = modes.shared[head]
        for mode, result in answers.items():
            trained = BASES[head].trained or mode == Mode.BOTH.value
            rows += [
                {"head": head, "mode": mode, "trained_so": trained, **row, **ad.copy_fields, **ad.given_words}
                for row in result_rows(result)
            ]
    return csv_of(rows)


def table_csv(read: ReadTable) -> str:
    """The table's rows as they were, then every head's answer in every mode with its interval."""
    rows = []
    for row, modes in enumerate(read.ads):
        cells: dict[str, Any] = {str(name): _plain(value) for name, value in read.table.iloc[row].items()}
        for head in read.heads:
            for reading in readings_of(head):
                result = modes.reading(head, reading) if modes else None
                name = column_name(head, reading)
                cells |= {
                    name: result.value if result else "",
                    f"{name}_low": result.interval.low if result else "",
                    f"{name}_high": result.interval.high if result else "",
                }
        rows.append(cells)
    return csv_of(rows)


def comparisons_csv(read: ReadTable) -> str:
    """One row a head, outcome and number: the measure of each reading, and each difference, with intervals."""
    rows = []
    for one in read.comparisons:
        shown = {mode.value: found for mode, found in one.modes.items()} | dict(one.differences)
        if one.shared is not None:
            shown[SHARED] = one.shared
        common = {"head": one.head, "outcome": one.outcome, "measure": one.measure, "rows": one.rows, "by": one.unit}
        rows += [{**common, "number": name, **found._asdict()} for name, found in shown.items()]
        if one.reason:
            rows.append({**common, "number": "not judged", "reason": one.reason})
    return csv_of(rows)


def table_json(read: ReadTable) -> str:
    """Everything about a table: verdicts, measures, and every row's answers with provenance."""
    from adlab.insights.mode_verdict import comparison_dict

    plain = {
        "table": read.name,
        "notes": list(read.notes),
        "bases": {head: asdict(BASES[head]) for head in read.heads},
        "comparisons": [comparison_dict(one) for one in read.comparisons],
        "rows": [modes.to_dict() if modes else None for modes in read.ads],
    }
    return json.dumps(plain, indent=1, ensure_ascii=False) + "\n"


def _plain(value: Any) -> Any:
    import pandas as pd

    return "" if pd.api.types.is_scalar(value) and pd.isna(value) else value
