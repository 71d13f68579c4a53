"""CLIP as transformers publishes it (Radford et al. 2021): pictures and texts in one space, for baselines.

The weights are not part of adlab. They are read from a folder as `CLIPModel.save_pretrained` writes it, or as the model
hub's local cache has it; nothing is fetched.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from adlab.encoders.bert_files import tokenizer_digest
from adlab.encoders.clip_files import load_model, load_pixels, load_tokenizer
from adlab.encoders.device import mixed_precision, move
from adlab.encoders.image import ImageEncoder, ImageEncoding
from adlab.encoders.preprocessing import CentreCrop
from adlab.encoders.spec import EncoderSpec
from adlab.errors import WeightsUnavailableError

HUB = "openai/clip-vit-base-patch32"
_LICENCE, _TERMS = "as published with the weights", "public web pictures with their texts"
_WANTED = ("*.json", "model.safetensors", "merges.txt")


class Clip(NamedTuple):
    """Both halves of one CLIP.

    Attributes:
        image: Its representation ends with the vector in the joint space, of length 1; before that stands the mean over
            the map of patches.
        text: Its representation is the vector in the joint space, of length 1.
    """

    image: ImageEncoder
    text: ClipTexts


class ClipPictures(nn.Module):
    """CLIP's picture half, as `ImageEncoder` takes networks: no classes, a joint space.

    Args:
        model: A `CLIPModel`.
        mean: Of red, green and blue, 0–1.
        std: Likewise.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, model: Any, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        self.vision, self.projection = model.vision_model, model.visual_projection
        self.register_buffer("mean", torch.tensor(mean).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(1, 3, 1, 1), persistent=False)

    def forward(self, squares: Tensor) -> ImageEncoding:
        """(B, S, S, 3) uint8 -> patches as a map, their mean, and the joint space."""
        found = self.vision(pixel_values=(squares.permute(0, 3, 1, 2).float() / 255 - self.mean) / self.std)
        patches = found.last_hidden_state[:, 1:]  # the first is the class token
        side = round(patches.shape[1] ** 0.5)
        aligned = F.normalize(self.projection(found.pooler_output).float(), dim=1)
        feature_map = patches.transpose(1, 2).unflatten(2, (side, side))
        return ImageEncoding(feature_map, patches.mean(dim=1), aligned.new_zeros(len(aligned), 0), aligned)


class ClipTexts:
    """CLIP's text half; read-only after construction, hence thread-safe.

    Args:
        model: A `CLIPModel`, frozen.
        tokenizer: Cuts at the model's maximum, marks beginning and end.
        sha256: Of the file of weights.
        device: Where to compute.
    """

    def __init__(self, model: Any, tokenizer: Any, sha256: str, device: str = "cpu") -> None:
        self._network, self._projection, self._tokenizer = model.text_model, model.text_projection, tokenizer
        self.device = torch.device(device)
        self._network.to(self.device)
        self._projection.to(self.device)
        self.spec = EncoderSpec(
            name="clip-texts",
            modality="text",
            output_dim=int(model.config.projection_dim),
            weights_sha256=sha256,
            preprocessing=f"byte pairs {tokenizer_digest(tokenizer)}, {tokenizer.truncation['max_length']} tokens",
            licence=_LICENCE,
            data_terms=_TERMS,
        )

    @property
    def output_dim(self) -> int:
        """Width of the joint space."""
        return self.spec.output_dim

    def encode(self, texts: Sequence[str], batch_size: int = 64) -> np.ndarray:
        """Vectors of length 1 in the joint space, (N, output_dim) float32, in the order given."""
        out = np.zeros((len(texts), self.output_dim), dtype=np.float32)
        order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
        with torch.inference_mode():
            for start in range(0, len(order), batch_size):
                rows = order[start : start + batch_size]
                out[rows] = self._encode([texts[row] for row in rows]).cpu().numpy()
        return out

    def _encode(self, texts: Sequence[str]) -> Tensor:
        encoded = self._tokenizer.encode_batch_fast(list(texts))
        # Zeros behind the end mark: no word sees what follows it, and the vector is read at the end mark.
        ids = torch.zeros(len(encoded), max(len(each.ids) for each in encoded), dtype=torch.long)
        for row, each in enumerate(encoded):
            ids[row, : len(each.ids)] = torch.tensor(each.ids)
        with mixed_precision(self.device):
            pooled = self._network(input_ids=move(ids, self.device)).pooler_output
            return F.normalize(self._projection(pooled).float(), dim=1)


def load_clip(folder: Path | None = None, *, device: str = "cpu") -> Clip:
    """CLIP from `folder`, `$ADLAB_CLIP` or the model hub's local cache, whichever has it first.

    Args:
        folder: Holds config.json, model.safetensors and tokenizer.json (or vocab.json and merges.txt);
            preprocessor_config.json counts where it is there.
        device: ``"cpu"`` or ``"cuda"``.

    Raises:
        WeightsUnavailableError: No place has it, or what is there is incomplete or damaged.
    """
    given = os.environ.get("ADLAB_CLIP")
    looked_at: list[str] = []
    for place in (folder, Path(given) if given else None):
        if place is not None:
            if (place / "config.json").is_file():
                return _clip(place, device)
            looked_at.append(str(place))
    return _clip(_from_cache(looked_at), device)


def _clip(folder: Path, device: str) -> Clip:
    model, digest = load_model(folder)
    tokenizer = load_tokenizer(folder, int(model.config.text_config.max_position_embeddings))
    side, width = int(model.config.vision_config.image_size), int(model.config.vision_config.hidden_size)
    pixels = load_pixels(folder, side)
    preprocess = CentreCrop(size=side, resize=pixels.resize, interpolation="bicubic")
    spec = EncoderSpec(
        name="clip-pictures",
        modality="image",
        output_dim=width + int(model.config.projection_dim),
        weights_sha256=digest,
        preprocessing=f"{preprocess.description}, mean {pixels.mean}, deviation {pixels.std}",
        licence=_LICENCE,
        data_terms=_TERMS,
    )
    pictures = ImageEncoder(ClipPictures(model, pixels.mean, pixels.std), preprocess, spec, device)
    return Clip(pictures, ClipTexts(model, tokenizer, digest, device))


def _from_cache(looked_at: list[str]) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        return Path(snapshot_download(HUB, allow_patterns=list(_WANTED), local_files_only=True))
    except LocalEntryNotFoundError as error:
        raise WeightsUnavailableError(
            HUB,
            [*looked_at, f"the model hub's local cache, {HUB}"],
            [
                "Set ADLAB_CLIP to a folder with config.json, model.safetensors and tokenizer.json, as CLIPModel and "
                "CLIPProcessor of transformers save them.",
                f"On a machine with a network, run `hf download {HUB}` once: it is then kept in the hub's cache.",
            ],
        ) from error
