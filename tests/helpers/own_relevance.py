"""A checkpoint of relevance as learned from a table of one's own, beside the tiny ones."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from safetensors.torch import load_file

from adlab.checkpoints.relevance import HEADS
from adlab.checkpoints.store import REFERENCE, load_checkpoint, read_extra, save_checkpoint
from helpers.tiny_models import RELEVANCE

OWN = "relevance-own"
LEARNED = "judged by people: commercial-ads (9 pairs)"


def with_own(tiny_models: Path, folder: Path, **changes: Any) -> Path:
    """The tiny models, and the relevance among them once more as learned from a table of one's own."""
    root = Path(shutil.copytree(tiny_models, folder / "models"))
    found = load_checkpoint(RELEVANCE, root)
    manifest = replace(found.manifest, name=OWN, trained_on=LEARNED, **changes)
    reference = load_file(root / RELEVANCE / REFERENCE)
    save_checkpoint(root / OWN, manifest, found.state, reference, {HEADS: read_extra(found, HEADS)})
    return root


def damage(folder: Path) -> None:
    """One byte more in the weights."""
    with (folder / "weights.safetensors").open("ab") as file:
        file.write(b"\0")
