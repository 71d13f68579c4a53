from __future__ import annotations

from pathlib import Path

import pytest

from adlab.inference.assessor import Assessor


@pytest.fixture(scope="session")
def assessor(tiny_models: Path) -> Assessor:
    return Assessor(models=tiny_models, device="cpu")
