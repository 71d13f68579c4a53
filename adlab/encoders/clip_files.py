"""Files of a CLIP as transformers publishes it: how network, tokenizer and preprocessing are read from them."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import shorten
from typing import Any, NamedTuple

from adlab.encoders.spec import sha256_of_file
from adlab.errors import WeightsUnavailableError

WEIGHTS = "model.safetensors"
MEAN = (0.48145466, 0.4578275, 0.40821073)  # what CLIP was published with
STD = (0.26862954, 0.26130258, 0.27577711)


class Pixels(NamedTuple):
    """What pictures go through.

    Attributes:
        resize: Length of the shorter side before the centre is cut out, in pixels.
        mean: Of red, green and blue, 0–1.
        std: Likewise.
    """

    resize: int
    mean: tuple[float, ...]
    std: tuple[float, ...]


def load_model(folder: Path) -> tuple[Any, str]:
    """The `CLIPModel`, float32 and frozen, and the sha256 of its weights.

    Raises:
        WeightsUnavailableError: A file is missing or cannot be read, or the tensors do not fit the config.
    """
    # The concrete modules: the package's top level would import every architecture it knows.
    from safetensors import SafetensorError
    from safetensors.torch import load_file
    from transformers.models.clip.configuration_clip import CLIPConfig
    from transformers.models.clip.modeling_clip import CLIPModel

    file = folder / WEIGHTS
    if not file.is_file():
        raise unfit(folder, f"the folder has no {WEIGHTS}")
    try:
        model = CLIPModel(CLIPConfig.from_json_file(folder / "config.json"))
        state = load_file(file)
    except (SafetensorError, OSError, ValueError, TypeError, AttributeError) as error:
        raise unfit(folder, f"a file cannot be read: {shorten(str(error), 300)}") from error
    wanted = model.state_dict().keys()
    if missing := sorted(key for key in wanted if key not in state):
        raise unfit(folder, f"{len(missing)} tensors are missing, the first is {missing[0]}")
    try:
        model.load_state_dict({key: state[key] for key in wanted})
    except RuntimeError as error:
        raise unfit(folder, f"the tensors have other shapes: {shorten(str(error), 300)}") from error
    return model.float().eval().requires_grad_(False), sha256_of_file(file)


def load_tokenizer(folder: Path, max_tokens: int):  # type: ignore[no-untyped-def]  # tokenizers ships no types
    """The tokenizer of `tokenizer.json`, or of `vocab.json` and `merges.txt` where there are only those.

    It cuts at the maximum, does not pad, and takes marks in a text for plain characters.

    Raises:
        WeightsUnavailableError: The files are missing or cannot be read.
    """
    from tokenizers import Tokenizer
    from transformers.models.clip.tokenization_clip import CLIPTokenizer

    file, vocabulary, merges = (folder / name for name in ("tokenizer.json", "vocab.json", "merges.txt"))
    try:
        if file.is_file():
            layout = file.read_text(encoding="utf-8")
        elif vocabulary.is_file() and merges.is_file():
            lines = merges.read_text(encoding="utf-8").splitlines()
            pairs: Any = [tuple(line.split()) for line in lines if line and not line.startswith("#version")]
            words = json.loads(vocabulary.read_text(encoding="utf-8"))
            layout = CLIPTokenizer(vocab=words, merges=pairs).backend_tokenizer.to_str()
        else:
            raise unfit(folder, "the folder has no tokenizer.json, and no vocab.json with merges.txt")
        if "model" not in json.loads(layout):
            raise unfit(folder, "tokenizer.json holds no tokenizer")
    except (ValueError, TypeError) as error:
        raise unfit(folder, f"the tokenizer cannot be read: {shorten(str(error), 300)}") from error
    tokenizer = Tokenizer.from_str(layout)
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    tokenizer.encode_special_tokens = True
    return tokenizer


def load_pixels(folder: Path, side: int) -> Pixels:
    """What `preprocessor_config.json` says; CLIP's published numbers where it is not there or says nothing.

    Args:
        folder: Of the weights.
        side: Of the square that the network takes, in pixels.

    Raises:
        WeightsUnavailableError: The file is no JSON, or its numbers do not fit.
    """
    file = folder / "preprocessor_config.json"
    if not file.is_file():
        return Pixels(side, MEAN, STD)
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
        size = said.get("size", side)
        mean, std = (tuple(map(float, said.get(name, own))) for name, own in (("image_mean", MEAN), ("image_std", STD)))
        pixels = Pixels(int(size["shortest_edge"] if isinstance(size, dict) else size), mean, std)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise unfit(folder, f"preprocessor_config.json cannot be read: {error}") from error
    if len(pixels.mean) != 3 or len(pixels.std) != 3 or min(pixels.std) <= 0 or pixels.resize < side:
        raise unfit(folder, f"preprocessor_config.json does not fit pictures of {side} px: {pixels}")
    return pixels


def unfit(folder: Path, reason: str) -> WeightsUnavailableError:
    """The error for a folder that is no CLIP, or a damaged one."""
    remedy = (
        "Give a folder written by transformers: CLIPModel.from_pretrained(NAME).save_pretrained(FOLDER), and the same "
        "with CLIPProcessor."
    )
    return WeightsUnavailableError("CLIP", [str(folder)], [remedy], reason=reason)
