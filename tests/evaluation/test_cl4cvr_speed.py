"""The speed part of `reproduce cl4cvr`: trainings from Parquet in processes of their own, and what the report says."""

from __future__ import annotations

import pytest

from adlab.evaluation import cl4cvr_throughput
from adlab.evaluation.cl4cvr_report_speed import throughput_section
from adlab.evaluation.cl4cvr_settings import CL4CVRReproduction, FunnelStudy
from adlab.evaluation.cl4cvr_throughput import reproduce_throughput, sizes_up_to
from adlab.evaluation.cl4cvr_variants import ESMM, FULL
from adlab.paths import cache_dir

TINY = CL4CVRReproduction(study=FunnelStudy(ads=60, impressions=6000, throughput_rows=3000))
GIGA = 2.0**30


@pytest.fixture
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv("ADLAB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_speed_is_measured_from_disk_and_the_log_is_removed(cache, monkeypatch):
    told = []
    found = reproduce_throughput(TINY, lambda *progress: told.append(progress))
    assert [(row["variant"], row["rows"]) for row in found["rows"]] == [(ESMM, 3000), (FULL, 3000)]
    for row in found["rows"]:
        assert row["cpu_seconds"] > 0
        assert row["fitting_cpu_seconds"] > 0
        assert row["disk_bytes"] > 3000
        assert row["peak_bytes"] >= row["start_bytes"] > 1e7
    assert told == [(1, 2), (2, 2)]
    assert not list(cache_dir().glob("log-*"))
    monkeypatch.setattr(cl4cvr_throughput, "streamed_training", None)  # a second call measures nothing
    assert reproduce_throughput(TINY)["rows"] == found["rows"]


def test_logs_grow_by_tens_up_to_what_is_asked_for():
    assert sizes_up_to(10_000_000) == [100_000, 1_000_000, 10_000_000]
    assert sizes_up_to(2_000_000) == [100_000, 1_000_000]
    assert sizes_up_to(3000) == [3000]


def row(rows: int, peak: float, variant: str = FULL) -> dict[str, object]:
    return {
        "variant": variant, "rows": rows, "seconds": 4.0, "cpu_seconds": 2.0, "fitting_cpu_seconds": 0.1,
        "disk_bytes": GIGA / 2, "start_bytes": GIGA / 4, "peak_bytes": peak * GIGA,
    }  # fmt: skip


RESULTS = {"threads": 1, "batch_size": 8, "precision": "float32", "block_rows": 262_144}


def test_speed_is_rows_by_time_beside_the_memory_of_the_training():
    text = "\n".join(throughput_section(RESULTS | {"rows": [row(1000, 1.0)]}))
    assert "| CL4CVR | 1,000 | 250 | 500 | 0.1 | 0.1 | 0.500 | 1.000 |" in text
    assert "0.250 were there before it opened the log" in text
    assert "flat" not in text
    assert "grows" not in text


@pytest.mark.parametrize(("peak", "words"), [(1.02, "+2.0 %: it is flat"), (1.5, "+50.0 %: it grows")])
def test_memory_is_called_flat_only_where_it_is_between_the_largest_logs(peak, words):
    rows = [row(100, 0.5), row(1000, 1.0), row(10_000, peak), row(10_000, 9.0, ESMM)]
    text = "\n".join(throughput_section(RESULTS | {"rows": rows}))
    assert f"- CL4CVR: from 1,000 to 10,000 rows the largest resident memory changes by {words}." in text
    assert "- ESMM" not in text


def test_numbers_stored_before_logs_were_streamed_are_said_to_be_of_memory():
    old = {
        name: value for name, value in row(1000, 1.0).items() if name in ("variant", "rows", "seconds", "cpu_seconds")
    }
    results = {"threads": 1, "batch_size": 8, "precision": "float32", "rows": [old | {"peak_bytes": GIGA}]}
    text = "\n".join(throughput_section(results))
    assert "the simulated log in memory" in text
    assert "| CL4CVR | 1,000 | 250 | 500 | 0.1 | – | – | 1.000 |" in text
