"""Checkpoint folders on disk: written whole, verified before a tensor is read.

    models/<name>/weights.safetensors    float16 tensors (float32 where half precision would overflow)
    models/<name>/config.json            the manifest, with the sha256 of the other files
    models/<name>/card.md                generated from the manifest, for people
    models/<name>/reference.safetensors  small inputs and outputs that a loaded network must reproduce
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from adlab.checkpoints.card import render_card
from adlab.checkpoints.manifest import Manifest, read_manifest
from adlab.encoders.spec import sha256_of_file
from adlab.errors import CheckpointError, UnknownNameError
from adlab.paths import models_dir

WEIGHTS, REFERENCE, CONFIG, CARD = "weights.safetensors", "reference.safetensors", "config.json", "card.md"
MAX_REFERENCE_BYTES = 50_000
HALF_MAX = 6.0e4


@dataclass(frozen=True)
class Checkpoint:
    """A verified checkpoint.

    Attributes:
        manifest: What it says about itself.
        state: Its tensors by name, floating-point ones as float32.
        folder: Where it lies.
    """

    manifest: Manifest
    state: dict[str, Tensor]
    folder: Path


def list_checkpoints(root: Path | None = None) -> dict[str, Manifest]:
    """All checkpoints under `root` (default `models/`) by name, in name order.

    Raises:
        CheckpointError: A folder with a `config.json` is not in order.
    """
    root = root or models_dir()
    folders = sorted(p.parent for p in root.glob(f"*/{CONFIG}"))
    return {folder.name: read_manifest(folder) for folder in folders}


def load_checkpoint(name: str, root: Path | None = None) -> Checkpoint:
    """Verify and read one checkpoint.

    Raises:
        UnknownNameError: There is no checkpoint of that name; the ones there are are named.
        CheckpointError: A file is missing, or its sha256 is not the one in the manifest.
    """
    root = root or models_dir()
    folder = root / name
    if Path(name).name != name or not (folder / CONFIG).is_file():
        valid = [p.parent.name for p in root.glob(f"*/{CONFIG}")]
        raise UnknownNameError("checkpoint", name, valid, note=f"Looked in {root}.")
    manifest = read_manifest(folder)
    verify(folder, manifest)
    return Checkpoint(manifest, _read_tensors(folder / WEIGHTS), folder)


def verify(folder: Path, manifest: Manifest) -> None:
    """Compare every file with the digest in the manifest.

    Raises:
        CheckpointError: A file is missing or altered; all such files are named.
    """
    problems = []
    for file_name in sorted({WEIGHTS} | manifest.sha256.keys()):
        file, promised = folder / file_name, manifest.sha256.get(file_name, "")
        if Path(file_name).name != file_name or not file.is_file():
            problems.append(f"{file_name} is missing")
        elif sha256_of_file(file) != promised:
            problems.append(f"{file_name} has another sha256 than config.json says")
    if problems:
        raise CheckpointError(f"The checkpoint {folder} is not intact: {'; '.join(problems)}. Restore the folder.")


def read_extra(checkpoint: Checkpoint, file_name: str) -> dict[str, Tensor]:
    """Tensors of a further file of the checkpoint, already verified, floating-point ones as float32."""
    return _read_tensors(checkpoint.folder / file_name)


def save_checkpoint(
    folder: Path,
    manifest: Manifest,
    state: Mapping[str, Tensor],
    reference: Mapping[str, Tensor],
    extra: Mapping[str, Mapping[str, Tensor]] | None = None,
) -> Manifest:
    """Write a checkpoint folder; an older one of that name is replaced only when the new one is complete.

    Args:
        folder: Where to; its last part must be the manifest's name.
        manifest: Without digests.
        state: The tensors; stored as float16 where they fit.
        reference: Inputs and outputs for `tests`, at most 50 kB.
        extra: Further safetensors files by name.

    Returns:
        The manifest with digests.

    Raises:
        CheckpointError: The name does not fit the folder, a tensor is not finite, or the reference is too large.
    """
    if folder.name != manifest.name:
        raise CheckpointError(f"The checkpoint is named {manifest.name!r}, its folder {folder.name!r}; make them equal.")
    size = sum(t.numel() * t.element_size() for t in reference.values())
    if size > MAX_REFERENCE_BYTES:
        raise CheckpointError(f"The reference tensors take {size:,} bytes; keep them to {MAX_REFERENCE_BYTES:,}.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as temporary:
        draft = Path(temporary) / folder.name
        draft.mkdir()
        save_file(halve(state), draft / WEIGHTS)
        save_file({k: v.contiguous() for k, v in reference.items()}, draft / REFERENCE)
        for file_name, tensors in (extra or {}).items():
            save_file({k: v.contiguous() for k, v in tensors.items()}, draft / file_name)
        digests = {file.name: sha256_of_file(file) for file in sorted(draft.iterdir())}
        complete = replace(manifest, sha256=digests)
        (draft / CONFIG).write_text(complete.to_json(), encoding="utf-8")
        (draft / CARD).write_text(render_card(complete), encoding="utf-8")
        if folder.exists():
            shutil.rmtree(folder)
        draft.rename(folder)
    return complete


def halve(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Tensors as they are stored: float16 where the values fit, contiguous.

    Raises:
        CheckpointError: A tensor holds NaN or infinity.
    """
    stored = {}
    for name, tensor in state.items():
        tensor = tensor.detach().cpu().contiguous()
        if tensor.is_floating_point():
            if not torch.isfinite(tensor).all():
                raise CheckpointError(f"The tensor {name} holds values that are not finite; the training has diverged.")
            if tensor.numel() == 0 or tensor.abs().max() < HALF_MAX:
                tensor = tensor.half()
        stored[name] = tensor
    return stored


def as_stored(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The float32 values that loading gives back after the rounding of `halve`: what measures must be taken on."""
    return {name: t.float() if t.is_floating_point() else t for name, t in halve(state).items()}


def _read_tensors(file: Path) -> dict[str, Tensor]:
    try:
        tensors = load_file(file)
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{file} cannot be read as safetensors ({error}); restore it.") from error
    return {name: t.float() if t.is_floating_point() else t for name, t in tensors.items()}
