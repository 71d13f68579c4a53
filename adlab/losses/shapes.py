"""Checks of what losses are given: a wrong shape would broadcast into a wrong loss without a word."""

from __future__ import annotations

from torch import Tensor

from adlab.errors import ConfigError, InputError


def check_same_shape(**tensors: Tensor) -> None:
    """Check that named tensors have one shape (B, D), B and D at least 1.

    Raises:
        InputError: A tensor is not two-dimensional or empty, or the shapes differ.
    """
    shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    first = next(iter(shapes.values()))
    if len(set(shapes.values())) > 1 or len(first) != 2 or 0 in first:
        given = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise InputError(f"The loss was given {given}; give tensors of one shape (B, D), neither of them 0.")


def check_ids(name: str, ids: Tensor, batch: int) -> None:
    """Check that `ids` is a whole-number tensor of shape (batch,).

    Raises:
        InputError: The shape or the type does not fit.
    """
    if ids.shape != (batch,) or ids.is_floating_point() or ids.is_complex():
        raise InputError(f"{name} has shape {tuple(ids.shape)} and type {ids.dtype}; give whole numbers, ({batch},).")


def check_positive(name: str, value: float) -> None:
    """Check that a hyper-parameter is a finite number above 0.

    Raises:
        ConfigError: It is not.
    """
    if not 0 < value < float("inf"):
        raise ConfigError(f"{name} is {value!r}; give a finite number above 0.")


def check_not_negative(name: str, value: float) -> None:
    """Check that a hyper-parameter is a finite number, 0 or above.

    Raises:
        ConfigError: It is not.
    """
    if not 0 <= value < float("inf"):
        raise ConfigError(f"{name} is {value!r}; give a finite number of 0 or more.")


def check_vectors(**tensors: Tensor) -> None:
    """Check that named tensors have one shape (B,), B at least 1.

    Raises:
        InputError: A tensor is not one-dimensional or empty, or the shapes differ.
    """
    shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    first = next(iter(shapes.values()))
    if len(set(shapes.values())) > 1 or len(first) != 1 or 0 in first:
        given = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise InputError(f"The loss was given {given}; give tensors of one shape (B,), B not 0.")


def check_distributions(name: str, shares: Tensor) -> None:
    """Check that the rows of a tensor (B, K) are distributions: 0 or more, adding up to 1.

    Raises:
        InputError: A row is not one; counts have to be divided by their sum first.
    """
    sums = shares.sum(dim=1)
    off = (sums - 1).abs().max().item()
    if not off < 1e-3 or not bool((shares >= 0).all()):
        worst = sums[(sums - 1).abs().argmax()].item()
        raise InputError(
            f"{name} has a row that adds up to {worst:g}, its smallest value is {shares.min().item():g}; "
            "give shares of 0 or more that add up to 1 in each row."
        )


def check_share(name: str, value: float) -> None:
    """Check that a hyper-parameter is a share from 0 to 1.

    Raises:
        ConfigError: It is not.
    """
    if not 0 <= value <= 1:
        raise ConfigError(f"{name} is {value!r}; give a share from 0 to 1.")


def check_same_leading(**tensors: Tensor) -> None:
    """Check that named tensors have one shape (B, N), either of which may be 0.

    Raises:
        InputError: A tensor is not two-dimensional, or the shapes differ.
    """
    shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    first = next(iter(shapes.values()))
    if len(set(shapes.values())) > 1 or len(first) != 2:
        given = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise InputError(f"Given were {given}; give tensors that agree in their first two axes, (B, N).")


def check_classes(name: str, classes: Tensor, logits: Tensor, *, unknown: int | None = None) -> None:
    """Check that there is one class a row of logits (N, K), each from 0 to K − 1; N may be 0.

    Args:
        name: Of the classes.
        classes: (N,) whole numbers.
        logits: (N, K).
        unknown: A number that stands for a class that is not known.

    Raises:
        InputError: A shape, a type or a class does not fit.
    """
    if logits.ndim != 2:
        raise InputError(f"The logits have shape {tuple(logits.shape)}; give (N, K).")
    check_ids(name, classes, len(logits))
    known = classes if unknown is None else classes[classes != unknown]
    if len(known) and not 0 <= int(known.min()) <= int(known.max()) < logits.shape[1]:
        raise InputError(
            f"{name} go from {int(known.min())} to {int(known.max())}; the logits have classes 0 to "
            f"{logits.shape[1] - 1}."
        )


def check_binary(name: str, labels: Tensor) -> None:
    """Check that labels are 0 or 1, or False or True.

    Raises:
        InputError: One is neither.
    """
    if not bool(((labels == 0) | (labels == 1)).all()):
        raise InputError(f"{name} go from {labels.min().item():g} to {labels.max().item():g}; give 0 or 1.")


def check_weights(name: str, weights: Tensor, batch: int) -> None:
    """Check that there is one finite weight a row, 0 or more.

    Raises:
        InputError: The shape differs, or a weight is outside its range.
    """
    if weights.shape != (batch,):
        raise InputError(f"{name} has shape {tuple(weights.shape)}; give one number a row, ({batch},).")
    if batch and not (weights.min() >= 0 and weights.max() < float("inf")):
        raise InputError(
            f"{name} goes from {weights.min().item():g} to {weights.max().item():g}; give finite numbers of 0 or more."
        )
