"""What a first page imports decides how long a visitor looks at nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("torch", "torchvision", "transformers", "scipy", "sklearn", "sqlalchemy", "lightning")
PATH_OF_FIRST_PAINT = (
    "adlab.app.server, adlab.app.scoring, adlab.app.components.frame, adlab.app.components.ad_preview, "
)
PATH_OF_FIRST_PAINT += "adlab.app.components.example_picker, adlab.app.components.editor, adlab.app.components.outcome"
OTHER_PAGES = "adlab.app.shelf, adlab.app.components.checkpoint_card, adlab.app.components.history_list"


@pytest.mark.parametrize("modules", [PATH_OF_FIRST_PAINT, OTHER_PAGES])
def test_a_first_page_loads_no_heavy_library(modules):
    code = f"import sys, {modules}; print([m for m in {HEAVY} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert out.stdout.strip() == "[]"


@pytest.mark.parametrize("page", sorted((ROOT / "pages").glob("*.py")), ids=lambda page: page.stem)
def test_a_page_is_short(page):
    assert len(page.read_text(encoding="utf-8").splitlines()) <= 120
