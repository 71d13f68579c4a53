"""Where torchvision's published weights are looked for: a folder given, `$ADLAB_WEIGHTS`, torch's cache, their site.

A file counts only if its sha256 begins as the publisher's file name says.
"""

from __future__ import annotations

import os
import urllib.error
from collections.abc import Sequence
from pathlib import Path

import torch

from adlab.encoders.spec import sha256_of_file
from adlab.errors import WeightsUnavailableError


def published_file(
    name: str, url: str, folder: Path | None = None, *, remedies: Sequence[str] = ()
) -> tuple[Path, str]:
    """The file that a publisher offers under `url`, and its sha256.

    Args:
        name: The weights, as messages name them.
        url: Ends in the file's name, which ends in the beginning of its sha256.
        folder: Where to look first.
        remedies: Further ways to provide them, each a full sentence.

    Raises:
        WeightsUnavailableError: The weights can be had nowhere, or the file is not the published one.
    """
    file_name = url.rsplit("/", 1)[-1]
    promised = file_name.rsplit("-", 1)[-1].removesuffix(".pth")
    given = os.environ.get("ADLAB_WEIGHTS")
    places = [p for p in (folder, Path(given) if given else None, Path(torch.hub.get_dir()) / "checkpoints") if p]
    found = next((place / file_name for place in places if (place / file_name).is_file()), None)
    if found is None:
        try:
            places[-1].mkdir(parents=True, exist_ok=True)
            found = places[-1] / file_name
            torch.hub.download_url_to_file(url, str(found), hash_prefix=promised, progress=False)
        except (urllib.error.URLError, OSError, RuntimeError) as error:
            reason = f"{type(error).__name__} while downloading"
            raise _unavailable(name, file_name, places, reason, remedies) from error
    digest = sha256_of_file(found)
    if not digest.startswith(promised):
        raise _unavailable(name, file_name, [found], f"its sha256 is {digest[:16]}…, not {promised}…", remedies)
    return found, digest


def _unavailable(
    name: str, file_name: str, places: Sequence[Path], reason: str, remedies: Sequence[str]
) -> WeightsUnavailableError:
    return WeightsUnavailableError(
        name,
        [str(place) for place in places],
        [
            f"Put {file_name} into a folder and set ADLAB_WEIGHTS to it.",
            "On a machine with a network, run once: torchvision then keeps the file in its cache.",
            *remedies,
        ],
        reason=reason,
    )
