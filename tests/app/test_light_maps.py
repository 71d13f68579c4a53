"""A shipped map is only read and drawn: what makes maps, and what places ads on them, must not be loaded for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MAKERS = ("torch", "torchvision", "transformers", "lightning", "sklearn", "openTSNE", "umap", "numba")
HEAVY = (*MAKERS, "scipy")
SHOWN = """
from adlab.app import latent, latent_reference
from adlab.app.components.latent_chart import colour_choices, figure
from adlab.app.latent_shown import twin_table
shown = latent_reference.shown(latent.checkpoints()["focal-tiny"])
for (space, method), made in shown.ads.maps.items():
    for colour in colour_choices(shown.ads):
        figure(shown.ads, space, method, made, colour).to_json()
    twin_table(shown, method, {space: made.coordinates})
assert shown.ads.maps
"""


def loaded(code: str, models: Path, heavy: tuple[str, ...] = HEAVY) -> str:
    code += f"\nimport sys; print([name for name in {heavy} if name in sys.modules])"
    environment = {"ADLAB_MODELS": str(models), "PATH": ""}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1]


def test_the_latent_space_page_loads_no_heavy_library(tiny_models):
    assert loaded("from adlab.app.components import latent_page", tiny_models) == "[]"


def test_the_simulator_page_loads_what_draws_and_no_more(tiny_models):
    assert loaded("from adlab.app.components import simulator_page", tiny_models, MAKERS) == "[]"


def test_shipped_maps_are_drawn_without_what_makes_maps(tiny_models):
    assert loaded(SHOWN, tiny_models) == "[]"
