"""Reference sets that carry their maps: written by a training, read in a moment and without torch.

Beside the embeddings in `weights.safetensors`, a reference set with maps has

points.safetensors   `image_of` and `text_of` (int32), the picture and the text of each ad; `column/<number>`
maps.safetensors     `<space>/<method>`, coordinates (float16)
config.json          `extras["latent"]`: columns, label, findings, parameters and quality of each map, what may be shown
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from adlab.checkpoints.manifest import Manifest, read_manifest
from adlab.errors import CheckpointError
from adlab.projection.columns import Column
from adlab.projection.findings import Findings, find
from adlab.projection.latent import LatentSet, MeasuredMap, all_maps
from adlab.projection.maps import METHODS
from adlab.projection.points import Embeddings, points_of
from adlab.projection.progress import Progress, no_progress
from adlab.projection.quality import Faithfulness

if TYPE_CHECKING:
    from torch import Tensor

WEIGHTS, POINTS, MAPS = "weights.safetensors", "points.safetensors", "maps.safetensors"
EXTRAS = "latent"
PARTS = ("shared_image", "private_image", "shared_text", "private_text")
LABEL, MISMATCHED, TRUE = "pair", "mismatched pair", "true pair"


class Latent(NamedTuple):
    """What a training adds to a reference set.

    Attributes:
        extras: For the manifest's extras, under `EXTRAS`.
        files: Further files for `save_checkpoint`.
    """

    extras: dict[str, Any]
    files: dict[str, dict[str, Tensor]]


def latent_of(
    embeddings: Embeddings,
    columns: tuple[Column, ...],
    *,
    label: str,
    untrained: Embeddings | None,
    display: str,
    why: str = "",
    simulator: dict[str, Any] | None = None,
    methods: Iterable[str] = METHODS,
    seed: int = 0,
    progress: Progress = no_progress,
) -> Latent:
    """Maps of every space by every method, and the numbers beside them, as files of a reference set.

    Args:
        embeddings: The embeddings that the set stores; they are rounded to float16 here as they are there, so that
            new ads meet the spaces that were mapped.
        columns: What is known about each ad and may be published.
        label: Name of the column that the first expectation of FOCAL Ad, §7.2, is judged by; empty for none.
        untrained: The same ads through an untrained network of the same shape.
        display: ``"simulated"`` if pictures and copy can be drawn again and shown, ``"no"`` if they must not be.
        why: Why they must not be shown, a sentence for the reader.
        simulator: With ``"simulated"``: `seed` of the collection and `index` of each ad, the arguments of `render`.
        methods: By which methods.
        seed: Of all solvers and folds.
        progress: Called with (maps done, all maps).
    """
    import torch

    stored = _rounded(embeddings)
    maps = all_maps(stored, methods=methods, seed=seed, progress=progress)
    classes = next((column.classes() for column in columns if column.name == label), None)
    findings = find(stored, classes, untrained, label=label, seed=seed)
    extras = {
        "n": len(stored),
        "columns": [{"name": c.name, "levels": list(c.levels), "meaning": c.meaning} for c in columns],
        "label": label,
        "findings": findings.to_dict(),
        "maps": [{"space": space, "method": method, **made.to_dict()} for (space, method), made in maps.items()],
        "display": display,
        "why": why,
        "simulator": simulator,
    }
    points = {"image_of": torch.from_numpy(stored.image_of).int(), "text_of": torch.from_numpy(stored.text_of).int()}
    points |= {f"column/{number}": torch.from_numpy(np.asarray(c.values)) for number, c in enumerate(columns)}
    places = {f"{space}/{method}": torch.from_numpy(made.coordinates).half() for (space, method), made in maps.items()}
    return Latent(extras, {POINTS: points, MAPS: places})


def paired(parts: dict[str, NDArray[np.floating]]) -> tuple[Embeddings, Column]:
    """N matched pairs, and the same texts beside other pictures: each picture with the text half the list away.

    Args:
        parts: `PARTS`, (N, D) each, row by row matched.

    Returns:
        2·N ads, and the column that tells true from mismatched pairs.
    """
    count = len(parts["shared_image"])
    own, other = np.arange(count), (np.arange(count) + count // 2) % count
    embeddings = Embeddings(
        **{name: np.asarray(parts[name], dtype=np.float32) for name in PARTS},
        image_of=np.concatenate([own, own]),
        text_of=np.concatenate([own, other]),
    )
    codes = np.repeat(np.array([1, 0], dtype=np.int32), count)
    meaning = "whether the text was written for the picture, or for another one"
    return embeddings, Column(name=LABEL, values=codes, levels=(MISMATCHED, TRUE), meaning=meaning)


def reference_folder(focal: Manifest, models: Path) -> Path:
    """Folder of the reference set that a FOCAL checkpoint names.

    Raises:
        CheckpointError: It names none, or the folder is not there.
    """
    name = focal.extras.get("reference")
    if not isinstance(name, str) or not (models / name / "config.json").is_file():
        raise CheckpointError(f"{focal.name} has no reference set here ({name!r}); there is nothing to map by itself.")
    return models / name


def read_latent(folder: Path, checkpoint: Manifest) -> LatentSet:
    """A reference set as the map pages show it; one without maps gives its true and mismatched pairs, not yet mapped.

    Args:
        folder: Of the reference set.
        checkpoint: Manifest of the FOCAL checkpoint it belongs to.

    Raises:
        CheckpointError: A file is missing, damaged, or does not fit the others.
    """
    manifest = read_manifest(folder)
    weights = {name: values.astype(np.float32) for name, values in read_arrays(folder, manifest, WEIGHTS).items()}
    lacking = [name for name in PARTS if name not in weights]
    if lacking:
        raise CheckpointError(f"{manifest.name} has no embeddings {', '.join(lacking)}; train its checkpoint again.")
    embeddings, column = paired(weights)
    unmapped = LatentSet(
        name=manifest.name,
        checkpoint=checkpoint.name,
        sha256=checkpoint.weights_sha256,
        embeddings=embeddings,
        columns=(column,),
        label=LABEL,
        why="The set holds no pictures and no texts, only what a network made of them.",
        terms=manifest.terms,
    )
    latent = manifest.extras.get(EXTRAS)
    if latent is None:
        return unmapped
    try:
        return _with_maps(
            unmapped, weights, latent, read_arrays(folder, manifest, POINTS), read_arrays(folder, manifest, MAPS)
        )
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{folder} has maps that cannot be read ({error!r}); restore the folder.") from error


def simulator_of(folder: Path) -> dict[str, Any] | None:
    """What `render` needs to draw the ads of a simulated reference set again, or None."""
    latent = read_manifest(folder).extras.get(EXTRAS) or {}
    found: dict[str, Any] | None = latent.get("simulator")
    return found


def _with_maps(
    unmapped: LatentSet,
    weights: dict[str, NDArray[np.float32]],
    latent: dict[str, Any],
    points: dict[str, NDArray[np.generic]],
    places: dict[str, NDArray[np.generic]],
) -> LatentSet:
    embeddings = Embeddings(
        **{name: weights[name] for name in PARTS},
        image_of=points["image_of"].astype(np.int64),
        text_of=points["text_of"].astype(np.int64),
    )
    columns = tuple(
        Column(
            name=c["name"], values=_numbers(points[f"column/{number}"]), levels=tuple(c["levels"]), meaning=c["meaning"]
        )
        for number, c in enumerate(latent["columns"])
    )
    maps = {}
    for made in latent["maps"]:
        quality = Faithfulness(**made["quality"]) if made["quality"] else None
        coordinates = places[f"{made['space']}/{made['method']}"].astype(np.float32)
        if len(coordinates) != len(points_of(embeddings, made["space"]).rows):
            raise ValueError(f"the map {made['space']}/{made['method']} has {len(coordinates)} points")
        maps[made["space"], made["method"]] = MeasuredMap(
            coordinates=coordinates, parameters=made["parameters"], quality=quality
        )
    return replace(
        unmapped,
        embeddings=embeddings,
        columns=columns,
        label=latent["label"],
        findings=Findings.from_dict(latent["findings"]),
        maps=maps,
        display=latent["display"],
        why=latent["why"],
    )


def _numbers(values: NDArray[np.generic]) -> NDArray[np.float32] | NDArray[np.int32]:
    return values.astype(np.int32) if np.issubdtype(values.dtype, np.integer) else values.astype(np.float32)


def _rounded(embeddings: Embeddings) -> Embeddings:
    parts = {name: getattr(embeddings, name).astype(np.float16).astype(np.float32) for name in PARTS}
    return Embeddings(**parts, image_of=embeddings.image_of, text_of=embeddings.text_of)


def read_arrays(folder: Path, manifest: Manifest, file_name: str) -> dict[str, NDArray[np.generic]]:
    """Arrays of one file of a checkpoint, verified, without torch.

    Raises:
        CheckpointError: The file is missing, damaged, or not the one that the manifest names.
    """
    from hashlib import file_digest

    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    file = folder / file_name
    try:
        with file.open("rb") as content:
            digest = file_digest(content, "sha256").hexdigest()
        if digest != manifest.sha256.get(file_name):
            raise CheckpointError(f"{file} has another sha256 than config.json says; restore the folder.")
        found: dict[str, NDArray[np.generic]] = load_file(file)
    except (SafetensorError, OSError) as error:
        raise CheckpointError(f"{file} cannot be read as safetensors ({error}); restore the folder.") from error
    return found
