"""What a checkpoint holds of a network, held against what the network has."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from adlab.errors import CheckpointError


def check_state(network: str, own: Mapping[str, Tensor], given: Mapping[str, Tensor]) -> None:
    """Refuse tensors that are not those of a network, name by name and shape by shape.

    Args:
        network: What the network is called, for the message.
        own: Its tensors.
        given: Those of a checkpoint.

    Raises:
        CheckpointError: A tensor is missing, superfluous or of another shape; the first ones are named.
    """
    problems = [f"{name} is missing" for name in own.keys() - given.keys()]
    problems += [f"{name} has no place" for name in given.keys() - own.keys()]
    problems += [
        f"{name} is {tuple(given[name].shape)}, not {tuple(own[name].shape)}"
        for name in own.keys() & given.keys()
        if given[name].shape != own[name].shape
    ]
    if problems:
        raise CheckpointError(
            f"{len(problems)} tensors do not fit this {network}: {'; '.join(sorted(problems)[:3])}. "
            "Build it with the checkpoint's config."
        )
