"""Settings of all tests: one thread a process, a cache of their own, nothing fetched; fixtures they share."""

from __future__ import annotations

import ctypes
import gc
import os
import sys

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["HF_HUB_OFFLINE"] = "1"

from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pandas as pd
import pytest
import torch

torch.set_num_threads(1)
# The same examples each time; no deadline, because a busy machine is not a defect.
hypothesis.settings.register_profile("adlab", deadline=None, derandomize=True)
hypothesis.settings.load_profile("adlab")


def pytest_collection_finish() -> None:
    """What the imports made stays; without it a collection of garbage takes a hundredth of the time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="module", autouse=True)
def _memory_is_given_back() -> Iterator[None]:
    """After each file: networks in reference cycles go, and glibc returns the pages that they lay in."""
    yield
    gc.collect()
    if sys.platform == "linux" and hasattr(library := ctypes.CDLL(None), "malloc_trim"):
        library.malloc_trim(0)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADLAB_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A models folder with tiny random checkpoints; read-only: copy it before altering a file."""
    from helpers.tiny_models import save_tiny_models

    return save_tiny_models(tmp_path_factory.mktemp("tiny") / "models")


@pytest.fixture(scope="session", autouse=True)
def table_checks_are_loaded() -> None:
    """Import what pandera imports at its first check here, on the main thread.

    Tables are checked by jobs on threads of their own. Under pytest the import rewrites assertions, and Python 3.11
    fails now and then when two threads build syntax trees at once ("AST constructor recursion depth mismatch").
    """
    from adlab.data.table import validate

    validate(pd.DataFrame({"ad_id": ["a"], "impressions": [1], "clicks": [0]}), needs_creative=False)
