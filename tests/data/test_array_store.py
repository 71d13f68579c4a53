from __future__ import annotations

import fcntl
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from adlab.data import array_store
from adlab.data.array_store import ArrayStore, compute_missing
from adlab.errors import DataUnavailableError, InputError
from adlab.paths import ROOT


def row_of(key: str, shape: tuple[int, ...] = (4,)) -> np.ndarray:
    """A row that tells whose it is, so that a mixed-up or torn row is noticed."""
    return np.random.default_rng(int(key.removeprefix("k"))).integers(0, 2_000, shape).astype(np.float16)


def rows_of(keys: list[str], shape: tuple[int, ...] = (4,)) -> np.ndarray:
    return np.stack([row_of(key, shape) for key in keys]) if keys else np.empty((0, *shape))


def keys_from(start: int, stop: int) -> list[str]:
    return [f"k{i}" for i in range(start, stop)]


def open_store(folder: Path, **changes) -> ArrayStore:
    return ArrayStore(folder, **{"encoder_id": "mobilenet_v2/pool", "shape": (4,), **changes})


@pytest.fixture
def store(tmp_path):
    return open_store(tmp_path)


def test_rows_come_back_in_the_order_asked_for(store):
    store.put(keys_from(0, 10), rows_of(keys_from(0, 10)))
    asked = ["k7", "k0", "k7", "k3"]
    np.testing.assert_array_equal(store.get(asked), rows_of(asked))
    assert store.get(asked).dtype == np.float16
    assert store.get([]).shape == (0, 4)


def test_a_reopened_store_goes_on_where_it_was(tmp_path, store):
    store.put(keys_from(0, 3), rows_of(keys_from(0, 3)))
    again = open_store(tmp_path)
    again.put(keys_from(3, 5), rows_of(keys_from(3, 5)))
    assert len(again) == 5
    assert "k4" in again
    assert "k5" not in again
    np.testing.assert_array_equal(open_store(tmp_path).get(keys_from(0, 5)), rows_of(keys_from(0, 5)))


def test_missing_names_each_absent_key_once_in_order(store):
    store.put(["k1"], rows_of(["k1"]))
    assert store.missing(["k9", "k1", "k3", "k9"]) == ["k9", "k3"]


def test_get_names_the_number_of_missing_keys(store):
    store.put(["k1"], rows_of(["k1"]))
    with pytest.raises(InputError, match=r"2 of 3 keys have no row in 'mobilenet_v2/pool', first 'k8'; compute"):
        store.get(["k8", "k1", "k9", "k8"])


def test_a_key_keeps_its_first_row_across_and_within_calls(store):
    store.put(["k1", "k2", "k1"], np.array([[1] * 4, [2] * 4, [3] * 4]))
    store.put(["k2", "k3"], np.array([[8] * 4, [9] * 4]))
    assert store.get(["k1", "k2", "k3"])[:, 0].tolist() == [1, 2, 9]
    assert store.keys() == ["k1", "k2", "k3"]
    assert os.path.getsize(store.folder / "rows.bin") == 3 * 4 * 2


def test_all_rows_are_one_read_only_memory_map(store):
    assert store.rows().shape == (0, 4)
    store.put(keys_from(0, 3), rows_of(keys_from(0, 3)))
    rows = store.rows()
    assert isinstance(rows, np.memmap)
    np.testing.assert_array_equal(rows, rows_of(store.keys()))
    with pytest.raises(ValueError, match="read-only"):
        rows[0] = 0
    store.put(["k5"], rows_of(["k5"]))
    assert store.rows().shape == (4, 4)


@pytest.mark.parametrize("change", [{"encoder_id": "mobilenet_v2.pool"}, {"shape": (2, 2)}, {"dtype": "float32"}])
def test_another_encoder_shape_or_dtype_is_another_store(tmp_path, store, change):
    store.put(["k1"], rows_of(["k1"]))
    other = open_store(tmp_path, **change)
    assert len(other) == 0
    assert other.folder != store.folder


def test_maps_and_other_dtypes_round_trip(tmp_path):
    values = np.arange(2 * 3 * 5, dtype=np.float32).reshape(2, 3, 5) / 7
    store = ArrayStore(tmp_path, encoder_id="map", shape=(3, 5), dtype="float32")
    store.put(["a", "b"], values)
    np.testing.assert_array_equal(
        ArrayStore(tmp_path, encoder_id="map", shape=(3, 5), dtype="f4").get(["b"]), values[1:]
    )


@pytest.mark.parametrize(
    ("keys", "values", "words"),
    [
        (["a"], np.zeros((2, 4)), r"shape \(2, 4\); give \(1, 4\)"),
        (["a"], np.zeros(4), r"give \(1, 4\)"),
        (["a", ""], np.zeros((2, 4)), "key ''"),
        (["a\nb"], np.zeros((1, 4)), r"key 'a\\nb'"),
        (["a b"], np.zeros((1, 4)), "white space"),
        (["a", "b"], np.array([[0.0] * 4, [0, np.nan, 0, 0]]), "row of 'b' is not finite"),
        (["a"], np.full((1, 4), 1e6), "not finite in float16"),
    ],
)
def test_rows_that_do_not_fit_are_refused_and_nothing_is_written(store, keys, values, words):
    with pytest.raises(InputError, match=words):
        store.put(keys, values)
    assert len(store) == 0
    assert not (store.folder / "rows.bin").exists()


@pytest.mark.parametrize("change", [{"encoder_id": ""}, {"shape": (0,)}, {"dtype": "object"}, {"dtype": "flaot"}])
def test_an_unusable_layout_is_refused(tmp_path, change):
    with pytest.raises(InputError, match="give a"):
        open_store(tmp_path, **change)


# Kills and damage


def test_at_whatever_byte_the_key_log_was_cut_the_rows_that_count_are_intact(tmp_path, store):
    keys = keys_from(8, 14)  # the keys are of one and of two digits
    store.put(keys, rows_of(keys))
    log = (store.folder / "keys.log").read_bytes()
    for cut in range(len(log) + 1):
        (store.folder / "keys.log").write_bytes(log[:cut])
        cut_store = open_store(tmp_path)
        assert len(cut_store) == log[:cut].count(b"\n")
        np.testing.assert_array_equal(cut_store.get(cut_store.keys()), rows_of(cut_store.keys()))
        cut_store.put(keys, rows_of(keys))
        np.testing.assert_array_equal(open_store(tmp_path).get(keys), rows_of(keys))


def test_at_whatever_byte_the_rows_were_cut_the_rows_that_count_are_intact(tmp_path, store):
    keys = keys_from(0, 4)
    store.put(keys, rows_of(keys))
    data, log = ((store.folder / name).read_bytes() for name in ("rows.bin", "keys.log"))
    for cut in range(len(data) + 1):
        (store.folder / "rows.bin").write_bytes(data[:cut])
        (store.folder / "keys.log").write_bytes(log)
        cut_store = open_store(tmp_path)
        assert len(cut_store) == cut // 8
        cut_store.put(keys, rows_of(keys))
        np.testing.assert_array_equal(open_store(tmp_path).get(keys), rows_of(keys))


def test_rows_behind_the_last_key_are_dropped(tmp_path, store):
    store.put(["k1"], rows_of(["k1"]))
    with (store.folder / "rows.bin").open("ab") as file:
        file.write(b"\xff" * 13)
    store.put(["k2"], rows_of(["k2"]))
    np.testing.assert_array_equal(open_store(tmp_path).get(["k1", "k2"]), rows_of(["k1", "k2"]))


@pytest.mark.parametrize("step", [1, 2])
def test_a_full_disk_leaves_a_store_that_can_go_on(tmp_path, store, monkeypatch, step):
    store.put(["k1"], rows_of(["k1"]))
    calls = []

    def full(descriptor):
        calls.append(descriptor)
        if len(calls) == step:
            raise OSError("No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(array_store.os, "fsync", full)
        with pytest.raises(DataUnavailableError, match="No space left"):
            store.put(["k2"], rows_of(["k2"]))
    store.put(["k2", "k3"], rows_of(["k2", "k3"]))
    for same in (store, open_store(tmp_path)):
        np.testing.assert_array_equal(same.get(["k1", "k2", "k3"]), rows_of(["k1", "k2", "k3"]))


def test_rows_are_on_the_disk_before_their_keys_are_written(store, monkeypatch):
    seen = []

    def sync(descriptor):
        sizes = [
            path.stat().st_size if (path := store.folder / name).exists() else 0 for name in ("rows.bin", "keys.log")
        ]
        seen.append(sizes)

    monkeypatch.setattr(array_store.os, "fsync", sync)
    store.put(["k1"], rows_of(["k1"]))
    assert seen == [[8, 0], [8, 3]]


WRITER = """
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from test_array_store import keys_from, open_store, rows_of
store = open_store(Path({folder!r}), shape=(700,))
start = len(store)
print("ready", flush=True)
for size in range(1, 10**6):
    keys = keys_from(start, start + size % 40 + 1)
    store.put(keys, rows_of(keys, (700,)))
    start += len(keys)
"""


def start_writer(folder: Path) -> subprocess.Popen:
    code = WRITER.format(tests=str(Path(__file__).parent), folder=str(folder))
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, cwd=ROOT)
    process.stdout.readline()
    return process


def test_after_real_kills_every_row_that_counts_is_intact_and_writing_goes_on(tmp_path):
    pause = random.Random(0)
    counts = [0]
    for _ in range(5):
        process = start_writer(tmp_path)
        time.sleep(0.05 + 0.2 * pause.random())
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL, "the writer ended by itself"
        process.stdout.close()
        store = open_store(tmp_path, shape=(700,))
        counts.append(len(store))
        assert store.keys() == keys_from(0, len(store))
        np.testing.assert_array_equal(store.rows(), rows_of(store.keys(), (700,)))
    assert all(later > earlier for earlier, later in pairwise(counts)), counts


OVERLAPPING = """
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from test_array_store import keys_from, open_store, rows_of
store = open_store(Path({folder!r}))
for start in range({first}, 120, 7):
    keys = keys_from(start, start + 10)
    store.put(keys, rows_of(keys))
"""


def test_a_writer_waits_for_its_turn(store):
    with (store.folder / "lock").open("a") as other, ThreadPoolExecutor(1) as pool:
        fcntl.flock(other, fcntl.LOCK_EX)
        writing = pool.submit(store.put, ["k1"], rows_of(["k1"]))
        time.sleep(0.2)
        assert not writing.done()
        assert not (store.folder / "rows.bin").exists()
        fcntl.flock(other, fcntl.LOCK_UN)
        writing.result(timeout=10)
    assert "k1" in store


def test_processes_and_threads_that_write_at_once_lose_nothing(tmp_path):
    watcher = open_store(tmp_path)
    code = [OVERLAPPING.format(tests=str(Path(__file__).parent), folder=str(tmp_path), first=i) for i in range(3)]
    processes = [subprocess.Popen([sys.executable, "-c", text], cwd=ROOT) for text in code]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda i: watcher.put([f"k{i}"], rows_of([f"k{i}"])), range(200, 260)))
    assert [process.wait() for process in processes] == [0, 0, 0]
    assert watcher.missing([*keys_from(0, 120), *keys_from(200, 260)]) == []
    for store in (watcher, open_store(tmp_path)):
        assert len(set(store.keys())) == len(store)
        np.testing.assert_array_equal(store.rows(), rows_of(store.keys()))


def test_rows_written_through_another_object_are_seen(tmp_path, store):
    open_store(tmp_path).put(["k1"], rows_of(["k1"]))
    assert store.missing(["k1"]) == []
    np.testing.assert_array_equal(store.get(["k1"]), rows_of(["k1"]))


def test_a_folder_deleted_under_a_running_process_is_an_empty_store(tmp_path, store):
    store.put(["k1", "k2"], rows_of(["k1", "k2"]))
    shutil.rmtree(tmp_path)
    assert store.missing(["k1"]) == ["k1"]
    store.put(["k2"], rows_of(["k2"]))
    np.testing.assert_array_equal(store.get(["k2"]), rows_of(["k2"]))


def test_a_folder_remade_by_another_process_is_not_read_with_the_old_index(tmp_path, store):
    store.put(["k1", "k2"], rows_of(["k1", "k2"]))
    shutil.rmtree(tmp_path)
    open_store(tmp_path).put(["k2", "k1"], rows_of(["k2", "k1"]))
    np.testing.assert_array_equal(store.get(["k1", "k2"]), rows_of(["k1", "k2"]))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("keys.log", b"k1\n\n"),
        ("keys.log", b"k1\nk1\n"),
        ("keys.log", b"\xff\n"),
        ("layout.json", b"{}"),
        ("layout.json", b"x"),
    ],
)
def test_foreign_content_is_named_with_a_remedy(tmp_path, store, name, content):
    store.put(["k1", "k2"], rows_of(["k1", "k2"]))
    (store.folder / name).write_bytes(content)
    with pytest.raises(DataUnavailableError, match=f"{name}' is damaged; delete its folder"):
        open_store(tmp_path)


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DataUnavailableError, match="cannot be used"):
        open_store(tmp_path / "file")


# compute_missing


def test_only_missing_rows_are_computed_in_batches_with_progress(store):
    store.put(["k2"], rows_of(["k2"]))
    batches, progress = [], []

    def load(keys):
        batches.append(keys)
        return rows_of(keys)

    wanted = ["k0", "k1", "k2", "k3", "k1", "k4", "k5"]
    done = compute_missing(store, wanted, load, batch_size=2, on_progress=lambda *step: progress.append(step))
    assert batches == [["k0", "k1"], ["k3", "k4"], ["k5"]]
    assert progress == [(2, 5), (4, 5), (5, 5)]
    assert done == 5
    np.testing.assert_array_equal(store.get(wanted), rows_of(wanted))
    assert compute_missing(store, wanted, load) == 0
    assert len(batches) == 3


def test_a_stopped_computation_goes_on_where_it_was(tmp_path, store):
    def stop_after_one(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compute_missing(store, keys_from(0, 6), rows_of, batch_size=2, on_progress=stop_after_one)
    batches = []
    compute_missing(open_store(tmp_path), keys_from(0, 6), lambda keys: batches.append(keys) or rows_of(keys))
    assert batches == [["k2", "k3", "k4", "k5"]]


def test_a_wrong_batch_size_and_a_loader_that_returns_too_little_are_refused(store):
    with pytest.raises(InputError, match="batch_size is 0"):
        compute_missing(store, ["k1"], rows_of, batch_size=0)
    with pytest.raises(InputError, match=r"give \(2, 4\)"):
        compute_missing(store, ["k1", "k2"], lambda keys: rows_of(keys[:1]))
