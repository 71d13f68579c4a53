"""Splits that depend on the key alone: the same on every machine, in every version, beside any other data."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence

from adlab.errors import ConfigError

DEFAULT_SHARES = (("train", 0.8), ("dev", 0.1), ("test", 0.1))
_RESOLUTION = 2**53  # integers below this are exact as floats


def split_of(key: str, *, seed: int = 0, shares: Sequence[tuple[str, float]] = DEFAULT_SHARES) -> str:
    """Put a key into one part of the data by the SHA-256 of seed and key.

    Args:
        key: Identifier of the unit to split by, for example a product id.
        seed: Another seed gives an independent split.
        shares: Names of the parts and their expected shares, which sum to 1.

    Returns:
        The name of the key's part.

    Raises:
        ConfigError: The shares are not positive numbers that sum to 1, or a name is given twice.
    """
    names = [name for name, _ in shares]
    if len(set(names)) != len(names) or not all(share > 0 for _, share in shares):
        raise ConfigError(f"shares are {tuple(shares)!r}; give each part one name and a share above 0.")
    if not math.isclose(total := math.fsum(share for _, share in shares), 1, abs_tol=1e-9):
        raise ConfigError(f"shares are {tuple(shares)!r}, {total:g} in all; make them sum to 1.")
    digest = hashlib.sha256(f"{seed}:{key}".encode()).digest()
    place = int.from_bytes(digest[:8], "big") % _RESOLUTION / _RESOLUTION
    edge = 0.0
    for name, share in shares:
        edge += share
        if place < edge:
            return name
    return names[-1]
