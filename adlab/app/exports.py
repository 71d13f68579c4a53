"""Downloads: everything on screen as JSON and CSV, with provenance in every row."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from io import StringIO
from typing import Any

from adlab.app.caching import FOR_AN_AUDIENCE
from adlab.app.history import Entry
from adlab.app.state import Ad
from adlab.data.assessment import Assessment, HeadResult

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def safe_cell(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula gets an apostrophe in front; numbers stay numbers."""
    if isinstance(value, str) and value.lstrip(" ").startswith(FORMULA_STARTS):
        return "'" + value
    return value


def assessment_json(ad: Ad, assessment: Assessment) -> str:
    """The ad's texts and the whole assessment as JSON; of the picture only its name, and words given for it."""
    ad_fields = {"picture": ad.picture.name if ad.picture else None, **ad.copy_fields, **ad.given_words}
    return json.dumps({"ad": ad_fields, "assessment": assessment.to_dict()}, indent=2, ensure_ascii=False) + "\n"


def assessment_csv(ad: Ad, assessment: Assessment) -> str:
    """One row for every number on screen: the score, its percentiles, details and readings."""
    audience = dict.fromkeys(FOR_AN_AUDIENCE, assessment.context)  # no other score depends on it
    return csv_of(
        [
            {**row, **audience.get(head.head, {}), **ad.copy_fields, **ad.given_words}
            for head in assessment.heads
            for row in result_rows(head)
        ]
    )


def history_json(entries: Iterable[Entry]) -> str:
    """All entries as a JSON list, newest first."""
    plain = [
        {"created_at": entry.created.isoformat(), "label": entry.label, "assessment": entry.assessment.to_dict()}
        for entry in entries
    ]
    return json.dumps(plain, indent=2, ensure_ascii=False) + "\n"


def history_csv(entries: Iterable[Entry]) -> str:
    """One row an assessment, scores in the columns of the command line's contract."""
    return csv_of([_history_row(entry) for entry in entries])


def _history_row(entry: Entry) -> dict[str, Any]:
    row: dict[str, Any] = {"created_at": entry.created.isoformat(), "label": entry.label}
    row["content_hash"] = entry.assessment.content_hash
    row |= entry.assessment.context
    for head in entry.assessment.heads:
        row |= {head.head: head.value, f"{head.head}_low": head.interval.low, f"{head.head}_high": head.interval.high}
        row |= head.details
        row[f"{head.head}_checkpoint"] = head.provenance.checkpoint
        row[f"{head.head}_sha256"] = head.provenance.sha256
        row[f"{head.head}_data_kind"] = head.provenance.data_kind.value
    row["warnings"] = " ".join(entry.assessment.warnings)
    return row


def result_rows(head: HeadResult) -> list[dict[str, Any]]:
    """One row for every number of a result, each with its provenance."""
    source, interval = head.provenance, head.interval
    common = {
        "checkpoint": source.checkpoint,
        "sha256": source.sha256,
        "data_kind": source.data_kind.value,
        "trained_on": source.trained_on,
        "terms": source.terms,
        "device": source.device,
        "precision": source.precision,
        "adlab_version": source.adlab_version,
    }

    def row(name: str, value: float, unit: str, **more: Any) -> dict[str, Any]:
        return {"head": head.head, "number": name, "value": value, "unit": unit, **more, **common}

    ends = {"low": interval.low, "high": interval.high, "level": interval.level, "interval_kind": interval.kind}
    rows = [row("score", head.value, head.unit, **ends)]
    for p in head.percentiles:
        rows.append(row("percentile", p.value, "percentile", reference=p.reference, n=p.n, among=p.description))
    rows += [row(name, value, "") for name, value in head.details.items()]
    for r in head.readings:
        words = {"among": r.space, "low_word": r.low_word, "high_word": r.high_word, "probe_r2": r.probe_r2}
        rows.append(row(f"reading: {r.name}", r.percentile, "percentile", **words))
    return rows


def csv_of(rows: list[dict[str, Any]]) -> str:
    """Rows as CSV, whose columns are all that occur; no cell is a formula."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    buffer = StringIO(newline="")
    writer = csv.DictWriter(buffer, columns, restval="")
    writer.writeheader()
    writer.writerows({name: safe_cell(value) for name, value in row.items()} for row in rows)
    return buffer.getvalue()
