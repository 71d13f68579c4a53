"""The checkpoints that are installed, read without loading a tensor."""

from __future__ import annotations

from typing import NamedTuple

from adlab.checkpoints.manifest import Manifest, read_manifest
from adlab.errors import CheckpointError
from adlab.paths import models_dir


class Checkpoint(NamedTuple):
    """A checkpoint and its card.

    Attributes:
        manifest: What it says about itself.
        card: The generated card, Markdown; empty where the file is missing.
        megabytes: Size of the weights.
    """

    manifest: Manifest
    card: str
    megabytes: float


class Shelf(NamedTuple):
    """All checkpoints.

    Attributes:
        checkpoints: Those in order, the ones that serve a score first.
        problems: What is wrong with the others, for the user.
    """

    checkpoints: tuple[Checkpoint, ...]
    problems: tuple[str, ...]


def checkpoints() -> Shelf:
    """Read all manifests; one damaged folder does not hide the others."""
    found, problems = [], []
    for folder in sorted(file.parent for file in models_dir().glob("*/config.json")):
        try:
            manifest = read_manifest(folder)
        except CheckpointError as error:
            problems.append(str(error))
            continue
        card, weights = folder / "card.md", folder / "weights.safetensors"
        found.append(
            Checkpoint(
                manifest,
                card.read_text(encoding="utf-8") if card.is_file() else "",
                weights.stat().st_size / 1e6 if weights.is_file() else 0.0,
            )
        )
    found.sort(key=lambda checkpoint: (not checkpoint.manifest.heads, checkpoint.manifest.name))
    return Shelf(tuple(found), tuple(problems))
