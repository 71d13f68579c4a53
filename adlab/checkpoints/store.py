"""Checkpoint folders on disk: written whole, verified before a tensor is read.

models/<name>/weights.safetensors    float16 tensors (vectors, and what float16 cannot hold, as float32)
models/<name>/config.json            the manifest, with the sha256 of every file, itself included
models/<name>/card.md                generated from the manifest, for people
models/<name>/reference.safetensors  small inputs and outputs that a loaded network must reproduce
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from adlab.checkpoints.card import render_card
from adlab.checkpoints.manifest import CONFIG, SAFE_NAME, Manifest, Measure, read_manifest
from adlab.encoders.spec import sha256_of_file
from adlab.errors import CheckpointError, UnknownNameError
from adlab.paths import models_dir

WEIGHTS, REFERENCE, CARD = "weights.safetensors", "reference.safetensors", "card.md"
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
    if not SAFE_NAME.fullmatch(name) or not (folder / CONFIG).is_file():
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
    for file_name in sorted({WEIGHTS, REFERENCE, CARD} | manifest.sha256.keys() - {CONFIG}):
        file, promised = folder / file_name, manifest.sha256.get(file_name, "")
        if not SAFE_NAME.fullmatch(file_name):
            problems.append(f"{file_name!r} is not the name of a file in the folder")
        elif not file.is_file():
            problems.append(f"{file_name} is missing")
        elif sha256_of_file(file) != promised:
            problems.append(f"{file_name} has another sha256 than config.json says")
    if problems:
        raise CheckpointError(f"The checkpoint {folder} is not intact: {'; '.join(problems)}. Restore the folder.")


def read_extra(checkpoint: Checkpoint, file_name: str) -> dict[str, Tensor]:
    """Tensors of a further file of the checkpoint, already verified, floating-point ones as float32.

    Raises:
        CheckpointError: The checkpoint has no such file.
    """
    if file_name not in checkpoint.manifest.sha256:
        raise CheckpointError(f"{checkpoint.folder} has no {file_name}; restore the folder.")
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
        extra: Further files by name, each ending in ``.safetensors``.

    Returns:
        The manifest with digests.

    Raises:
        CheckpointError: The name does not fit the folder, a name is not one of a file, a tensor is not finite, or
            the reference is too large.
    """
    extra = extra or {}
    _check_names(folder, manifest, extra)
    size = sum(t.numel() * t.element_size() for t in reference.values())
    if size > MAX_REFERENCE_BYTES:
        raise CheckpointError(f"The reference tensors take {size:,} bytes; keep them to {MAX_REFERENCE_BYTES:,}.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as temporary:
        draft = Path(temporary) / folder.name
        draft.mkdir()
        save_file(halve(state), draft / WEIGHTS)
        for file_name, tensors in {REFERENCE: reference, **extra}.items():
            save_file({name: _own(tensor) for name, tensor in tensors.items()}, draft / file_name)
        return _seal(draft, folder, manifest, Path(temporary) / "replaced")


def replace_file(checkpoint: Checkpoint, manifest: Manifest, file_name: str, tensors: Mapping[str, Tensor]) -> Manifest:
    """Write one further file of a checkpoint anew, with its manifest; all other tensors stay byte for byte.

    Args:
        checkpoint: The checkpoint as it is.
        manifest: What it says about itself from now on; the name stays.
        file_name: Of the further file.
        tensors: What it will hold.

    Returns:
        The manifest as written.

    Raises:
        CheckpointError: A name is not allowed.
    """
    folder = checkpoint.folder
    _check_names(folder, manifest, {file_name: tensors})
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as temporary:
        draft = Path(temporary) / folder.name
        shutil.copytree(folder, draft)
        (draft / CONFIG).unlink()
        (draft / CARD).unlink()
        save_file({name: _own(tensor) for name, tensor in tensors.items()}, draft / file_name)
        return _seal(draft, folder, manifest, Path(temporary) / "replaced")


def add_measures(checkpoint: Checkpoint, measures: Sequence[Measure]) -> Manifest:
    """Put further measures onto a checkpoint's card; those it has stay, and so does every tensor, byte for byte.

    Args:
        checkpoint: As it is.
        measures: Those of a name that the card has are left out.

    Returns:
        The manifest as written, or as it was where nothing is new.
    """
    manifest, folder = checkpoint.manifest, checkpoint.folder
    new = tuple(measure for measure in measures if manifest.measure(measure.name) is None)
    if not new:
        return manifest
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as temporary:
        draft = Path(temporary) / folder.name
        shutil.copytree(folder, draft)
        (draft / CONFIG).unlink()
        (draft / CARD).unlink()
        return _seal(
            draft, folder, replace(manifest, measures=(*manifest.measures, *new)), Path(temporary) / "replaced"
        )


def _seal(draft: Path, folder: Path, manifest: Manifest, aside: Path) -> Manifest:
    """Add card and config to the tensors of `draft`, and put it in the folder's place."""
    digests = {file.name: sha256_of_file(file) for file in sorted(draft.iterdir())}
    (draft / CARD).write_text(render_card(replace(manifest, sha256=digests)), encoding="utf-8", newline="\n")
    digests[CARD] = sha256_of_file(draft / CARD)
    complete = replace(manifest, sha256=digests)
    complete = replace(complete, sha256=digests | {CONFIG: complete.content_digest()})
    (draft / CONFIG).write_text(complete.to_json(), encoding="utf-8", newline="\n")
    for file in draft.iterdir():
        file.chmod(0o644)  # safetensors writes for the owner alone; the users of a shared box read too
    _swap(draft, folder, aside)
    return complete


def _check_names(folder: Path, manifest: Manifest, extra: Mapping[str, Mapping[str, Tensor]]) -> None:
    if folder.name != manifest.name:
        raise CheckpointError(f"The checkpoint is {manifest.name!r}, its folder {folder.name!r}; make them equal.")
    if not SAFE_NAME.fullmatch(manifest.name):
        raise CheckpointError(f"A checkpoint cannot be named {manifest.name!r}; use letters, digits, '.', '_' and '-'.")
    for file_name in extra:
        if (
            not SAFE_NAME.fullmatch(file_name)
            or not file_name.endswith(".safetensors")
            or file_name in (WEIGHTS, REFERENCE)
        ):
            raise CheckpointError(f"A further file cannot be named {file_name!r}; give '<letters>.safetensors'.")


def _swap(draft: Path, folder: Path, aside: Path) -> None:
    """Put `draft` where `folder` is; if that fails the old folder is back."""
    if folder.exists():
        folder.rename(aside)
    try:
        draft.rename(folder)
    except OSError:
        if aside.exists():
            aside.rename(folder)
        raise


def _own(tensor: Tensor) -> Tensor:
    # A file cannot hold two tensors that share memory.
    return tensor.detach().cpu().clone(memory_format=torch.contiguous_format)


def halve(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Tensors as they are stored: float16 where the values fit, contiguous; vectors and single numbers as float32.

    Vectors are biases, means and deviations: small files, but dividing by a rounded deviation near 0 is not exact.

    Raises:
        CheckpointError: A tensor holds NaN or infinity.
    """
    stored = {}
    for name, tensor in state.items():
        tensor = _own(tensor)
        if tensor.is_floating_point():
            if not torch.isfinite(tensor).all():
                raise CheckpointError(f"The tensor {name} holds values that are not finite; the training has diverged.")
            fits = tensor.ndim > 1 and (tensor.numel() == 0 or bool(tensor.abs().max() < HALF_MAX))
            tensor = tensor.half() if fits else tensor.float()
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
