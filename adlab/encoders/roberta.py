"""RoBERTa (Liu et al. 2019), the text network that AdsCVLR's `paper` preset starts from: roberta-base, 12 × 768 × 12.

It is half a gigabyte, so it is never fetched unasked: it comes from a folder, or from the model hub's cache.
"""

from __future__ import annotations

import os
from pathlib import Path

from adlab.encoders.bert_files import ROBERTA, family_of, lacking_files
from adlab.encoders.text import TextEncoder
from adlab.errors import WeightsUnavailableError

NAME, PUBLISHED = "roberta", "roberta-base"
VARIABLE = "ADLAB_ROBERTA"
HUB = ("FacebookAI/roberta-base", "roberta-base")  # its name today, and the one under which older caches have it
MAX_TOKENS = 512  # the model's published maximum
REMEDIES = (
    f"Name a folder that holds config.json, model.safetensors and tokenizer.json (or vocab.json and merges.txt) with "
    f"--text-weights, or in {VARIABLE}.",
    f"On a machine with a network, run `hf download {HUB[0]} config.json model.safetensors tokenizer.json`: the model "
    "hub's cache is looked at.",
)


def load_roberta(folder: Path | None = None, *, device: str = "cpu") -> TextEncoder:
    """RoBERTa with <s> pooling, from `folder`, else from `$ADLAB_ROBERTA`, else from the model hub's cache.

    A folder that is named and does not hold it is an error: another network is never taken in its place.

    Raises:
        WeightsUnavailableError: No place has it, or the place that is named lacks a file or holds another network.
    """
    named = folder or (Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None)
    place = named or _cached()
    if place is None:
        looked_at = [f"${VARIABLE}, which is not set", *(f"the model hub's cache, {name}" for name in HUB)]
        raise WeightsUnavailableError(PUBLISHED, looked_at, REMEDIES)
    if lacking := lacking_files(place):
        raise WeightsUnavailableError(
            PUBLISHED, [str(place)], REMEDIES, reason=f"the folder lacks {' and '.join(lacking)}"
        )
    if (found := family_of(place)) != ROBERTA:
        reason = f"config.json names the model_type {found!r}"
        raise WeightsUnavailableError(PUBLISHED, [str(place)], REMEDIES, reason=reason)
    return TextEncoder(place, name=NAME, pooling="cls", max_tokens=MAX_TOKENS, licence="MIT", device=device)


def _cached() -> Path | None:
    from huggingface_hub import try_to_load_from_cache

    for name in HUB:
        found = try_to_load_from_cache(name, "model.safetensors")
        if isinstance(found, str):
            return Path(found).parent
    return None
