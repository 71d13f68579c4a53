"""Ads as a funnel's networks see them, without and with CL4CVR's contrastive task: two more spaces of a reference set.

What both towers of such a network read of an ad is a linear map of the ad's creative vector. Two networks began alike
and saw the same rows in the same order, one without the task and one with it; their embeddings of a reference set's ads
stand beside those of FOCAL. They are part of the funnel's checkpoint:

views.safetensors    `<space>/vectors` (N, D), `<space>/weight` (D, V), `<space>/bias` (D,), `<space>/<method>` (N, 2)
config.json          `extras["views"]`: which ads, the findings, parameters and quality of each map
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from adlab.checkpoints.manifest import Manifest
from adlab.errors import CheckpointError, InputError, UnknownNameError
from adlab.projection.latent import MeasuredMap, measured_points
from adlab.projection.maps import METHODS, MapConfig
from adlab.projection.points import PAIR, Points
from adlab.projection.progress import Progress, no_progress
from adlab.projection.quality import Faithfulness
from adlab.projection.reference import Latent, read_arrays
from adlab.projection.view_findings import VIEWS, ViewFindings, find_in_views

if TYPE_CHECKING:
    from torch import Tensor

FILE, EXTRAS = "views.safetensors", "views"
VECTORS, WEIGHT, BIAS = "vectors", "weight", "bias"
TASK = ("weight", "temperature")  # of the settings on the card


@dataclass(frozen=True, kw_only=True)
class View:
    """What one network makes of creative vectors.

    Attributes:
        weight: (D, V).
        bias: (D,).
    """

    weight: NDArray[np.float32]
    bias: NDArray[np.float32]

    def of(self, creatives: NDArray[np.floating]) -> NDArray[np.float32]:
        """Creative vectors, (N, V), as the network's towers read them, (N, D)."""
        return np.asarray(creatives @ self.weight.T + self.bias, dtype=np.float32)


@dataclass(frozen=True, kw_only=True)
class FunnelViews:
    """The two spaces, as the map pages show them.

    Attributes:
        checkpoint: Name of the funnel.
        sha256: Digest of its weights.
        networks: By name of `VIEWS`.
        vectors: Of N ads, by name of `VIEWS`, (N, D).
        maps: By (space, method).
        findings: The numbers.
        task: Weight and temperature of the contrastive task, by these names.
    """

    checkpoint: str
    sha256: str
    networks: dict[str, View]
    vectors: dict[str, NDArray[np.float32]]
    maps: dict[tuple[str, str], MeasuredMap]
    findings: ViewFindings
    task: dict[str, float]

    def points(self, space: str) -> Points:
        """The points of a space: one an ad.

        Raises:
            UnknownNameError: It is none of `VIEWS`.
        """
        if space not in VIEWS:
            raise UnknownNameError("space", space, VIEWS)
        vectors = self.vectors[space]
        return Points(vectors, np.arange(len(vectors)), np.full(len(vectors), PAIR))


def views_of(
    networks: Mapping[str, View],
    untrained: View,
    other: View | None,
    creatives: NDArray[np.float32],
    classes: NDArray[np.int64],
    *,
    label: str,
    ads: dict[str, Any],
    methods: Iterable[str] = METHODS,
    seed: int = 0,
    progress: Progress = no_progress,
) -> Latent:
    """Embeddings, maps and numbers, as what a funnel's training adds to its checkpoint.

    Args:
        networks: By name of `VIEWS`.
        untrained: What both began with.
        other: Of a network with the task that began differently; None without one.
        creatives: Creative vectors of N ads, (N, V).
        classes: Class of each ad by the label, (N,).
        label: Name of the label.
        ads: What names the ads, as `ads_of` gives it.
        methods: By which methods.
        seed: Of all solvers, folds and masks.
        progress: Called with (maps done, all maps).
    """
    import torch

    seen = {space: networks[space].of(creatives).astype(np.float16).astype(np.float32) for space in VIEWS}
    findings = find_in_views(
        seen,
        untrained.of(creatives),
        None if other is None else other.of(creatives),
        classes,
        label=label,
        seed=seed,
    )
    tensors: dict[str, Tensor] = {}
    for space in VIEWS:
        parts = {VECTORS: seen[space], WEIGHT: networks[space].weight, BIAS: networks[space].bias}
        tensors |= {f"{space}/{name}": torch.from_numpy(part).half() for name, part in parts.items()}
    maps, wanted = [], [(space, method) for space in VIEWS for method in methods]
    for done, (space, method) in enumerate(wanted, start=1):
        try:
            made = measured_points(seen[space], MapConfig(method=method, seed=seed))
        except InputError:
            continue  # too few ads for the method
        tensors[f"{space}/{method}"] = torch.from_numpy(made.coordinates).half()
        maps.append({"space": space, "method": method, **made.to_dict()})
        progress(done, len(wanted))
    return Latent(ads | {"findings": findings.to_dict(), "maps": maps}, {FILE: tensors})


def ads_of(reference: Manifest) -> dict[str, Any]:
    """What names the ads of a simulated reference set, to tell later whether it still holds the same.

    Returns:
        `reference`, its name; `n`; `ads`, a digest of their ids. Empty for a set that is not simulated.
    """
    simulator = (reference.extras.get("latent") or {}).get("simulator")
    if not simulator:
        return {}
    names = drawn_names(simulator)
    digest = hashlib.sha256("\n".join(names).encode()).hexdigest()
    return {"reference": reference.name, "n": len(names), "ads": digest}


def drawn_names(simulator: Mapping[str, Any]) -> list[str]:
    """Ids of the ads that a reference set's `seed` and `index` draw, in their order."""
    return [f"sim-{simulator['seed']}-{int(index):06d}" for index in simulator["index"]]


def are_of(funnel: Manifest, reference: Manifest) -> bool:
    """Whether a funnel holds views of the very ads of a reference set."""
    stored, ads = funnel.extras.get(EXTRAS), ads_of(reference)
    return isinstance(stored, dict) and bool(ads) and {name: stored.get(name) for name in ads} == ads


def read_views(folder: Path, funnel: Manifest) -> FunnelViews:
    """The views that a funnel's checkpoint holds.

    Args:
        folder: Of the checkpoint.
        funnel: Its manifest.

    Raises:
        CheckpointError: There are none, the file is damaged, or a part is missing or does not fit.
    """
    if not isinstance(stored := funnel.extras.get(EXTRAS), dict):
        raise CheckpointError(f"{funnel.name} holds no views of ads; train it again beside its reference set.")
    arrays = {name: part.astype(np.float32) for name, part in read_arrays(folder, funnel, FILE).items()}
    try:
        networks = {space: View(weight=arrays[f"{space}/{WEIGHT}"], bias=arrays[f"{space}/{BIAS}"]) for space in VIEWS}
        vectors = {space: arrays[f"{space}/{VECTORS}"] for space in VIEWS}
        maps = {
            (made["space"], made["method"]): MeasuredMap(
                coordinates=arrays[f"{made['space']}/{made['method']}"],
                parameters=made["parameters"],
                quality=Faithfulness(**made["quality"]) if made["quality"] else None,
            )
            for made in stored["maps"]
        }
        if {len(part) for part in (*vectors.values(), *(made.coordinates for made in maps.values()))} != {stored["n"]}:
            raise ValueError(f"not all spaces and maps hold {stored['n']} ads")
        return FunnelViews(
            checkpoint=funnel.name,
            sha256=funnel.weights_sha256,
            networks=networks,
            vectors=vectors,
            maps=maps,
            findings=ViewFindings.from_dict(stored["findings"]),
            task={name: float(funnel.training.config["contrast"][name]) for name in TASK},
        )
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{folder} has views that cannot be read ({error!r}); restore the folder.") from error
