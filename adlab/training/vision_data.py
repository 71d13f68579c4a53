"""What the training of the image encoder reads: views of pictures, the teacher's answers to them, and their texts.

The first stages of the network stay frozen, so their output is computed once per view and kept on disk together
with the teacher's answers; an epoch then costs a third of what it would from pixels.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageEnhance
from torch.utils.data import Dataset

from adlab.encoders.mobilenet import VisionNet, scale_pixels
from adlab.encoders.preprocessing import Letterbox
from adlab.errors import DataUnavailableError
from adlab.training.teacher import Teacher

Progress = Callable[[int, int], None]
VIEW_RECIPE = 2  # raise it when `view_of` changes: views cached before are then made anew


@dataclass(frozen=True, kw_only=True)
class Pictures:
    """Pictures with the texts that describe them.

    Attributes:
        paths: One file a picture.
        texts: At least one text a picture.
    """

    paths: tuple[Path, ...]
    texts: tuple[tuple[str, ...], ...]

    def __len__(self) -> int:
        return len(self.paths)


def view_of(image: Image.Image, view: int, seed: int, letterbox: Letterbox) -> np.ndarray:
    """One view of a picture as a (size, size, 3) uint8 square.

    View 0 is the picture itself, view 1 its mirror image; later ones are crops of 40–100 % of the area, with a
    side ratio of 3:4 to 4:3, brightness and contrast changed by up to a fifth, half of them mirrored. Hues stay as
    they are: captions name colours.
    """
    if view > 1:
        rng = np.random.default_rng([seed, view])
        area = rng.uniform(0.4, 1.0) * image.width * image.height
        ratio = np.exp(rng.uniform(np.log(3 / 4), np.log(4 / 3))) * image.width / image.height
        width = min(image.width, round(np.sqrt(area * ratio)))
        height = min(image.height, round(np.sqrt(area / ratio)))
        left = int(rng.integers(0, image.width - width + 1))
        top = int(rng.integers(0, image.height - height + 1))
        image = image.crop((left, top, left + width, top + height))
        image = ImageEnhance.Brightness(image).enhance(rng.uniform(0.8, 1.2))
        image = ImageEnhance.Contrast(image).enhance(rng.uniform(0.8, 1.2))
        mirrored = bool(rng.random() < 0.5)
    else:
        mirrored = view == 1
    square = letterbox(image)
    return np.ascontiguousarray(square[:, ::-1]) if mirrored else square


class ViewCache:
    """Stem outputs, teacher features and teacher logits of every view of a list of pictures, on disk as float16.

    Args:
        folder: Where the three arrays lie.
        count: Number of pictures.
        views: Views a picture.
        stem_shape: Shape of one stem output, (C, H, W).

    Raises:
        DataUnavailableError: The folder holds arrays of other shapes.
    """

    def __init__(self, folder: Path, count: int, views: int, stem_shape: tuple[int, ...]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._done_file = folder / "done"
        shapes = {"stem": stem_shape, "pooled": (1280,), "logits": (1000,)}
        mode = "r+" if self._done_file.exists() else "w+"
        self.arrays = {
            name: np.lib.format.open_memmap(folder / f"{name}.npy", mode, np.float16, (count, views, *shape))
            for name, shape in shapes.items()
        }
        for name, shape in shapes.items():
            if self.arrays[name].shape != (count, views, *shape):
                raise DataUnavailableError(
                    f"{folder / name}.npy has shape {self.arrays[name].shape}, not {(count, views, *shape)}; "
                    "delete the folder, it is a cache."
                )
        if mode == "w+":
            self._mark_done(0)

    @property
    def done(self) -> int:
        """Pictures whose views are complete; a killed run goes on from here."""
        return int(self._done_file.read_text())

    def _mark_done(self, pictures: int) -> None:
        draft = self._done_file.with_suffix(".part")
        draft.write_text(str(pictures))
        draft.replace(self._done_file)  # a kill leaves the old number or the new one, never half of it

    def fill(
        self,
        open_image: Callable[[int], Image.Image],
        net: VisionNet,
        teacher: Teacher,
        stem: int,
        progress: Progress,
    ) -> None:
        """Compute what is missing, 16 pictures at a time; every 256 pictures are made safe on disk."""
        count, views = self.arrays["pooled"].shape[:2]
        letterbox = Letterbox(size=net.config.image_size)
        for start in range(self.done, count, 16):
            rows = range(start, min(start + 16, count))
            squares = [view_of(open_image(row), view, row, letterbox) for row in rows for view in range(views)]
            pixels = scale_pixels(torch.from_numpy(np.stack(squares)))
            with torch.inference_mode():
                answer = teacher(pixels)
                outputs = {
                    "stem": net.forward_stem(pixels, stem),
                    "pooled": answer.pooled,
                    "logits": answer.class_logits,
                }
            for name, value in outputs.items():
                shape = (len(rows), views, *value.shape[1:])
                self.arrays[name][rows.start : rows.stop] = value.reshape(shape).numpy().astype(np.float16)
            if rows.stop % 256 == 0 or rows.stop == count:  # flushing walks the whole file: not after every batch
                for array in self.arrays.values():
                    array.flush()
                self._mark_done(rows.stop)
            progress(rows.stop, count)


def cache_name(paths: Sequence[Path], *parts: object) -> str:
    """A folder name that changes with the files (name and size), how views are made, and all else that matters."""
    digest = hashlib.sha256("|".join(str(part) for part in (VIEW_RECIPE, *parts)).encode())
    for path in paths:
        digest.update(f"{path.name}:{path.stat().st_size}".encode())
    return digest.hexdigest()[:16]


class VisionDataset(Dataset[dict[str, torch.Tensor]]):
    """A random view of a picture and a random mixture of its texts, for each index.

    Args:
        cache: Filled cache of the pictures.
        texts: Text embeddings, one (K, D) array a picture.
        groups: A whole number a picture; pictures of one group are not each other's negatives.
        rows: The pictures to draw from.
        seed: With the row, decides the draw; None takes view 0 and the mean of the texts.
        mixture: Parameter of the Dirichlet distribution that texts are mixed by: towards 0 one of them, far above 1
            their mean.
    """

    def __init__(
        self,
        cache: ViewCache,
        texts: Sequence[np.ndarray],
        groups: np.ndarray,
        rows: np.ndarray,
        seed: int | None = None,
        mixture: float = 0.5,
    ) -> None:
        self.cache, self.texts, self.groups, self.rows = cache, texts, groups, rows
        self.seed, self.mixture = seed, mixture

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> dict[str, torch.Tensor]:
        row = int(self.rows[index])
        texts = self.texts[row]
        view, weights = 0, np.full(len(texts), 1 / len(texts), dtype=np.float32)
        if self.seed is not None:
            rng = np.random.default_rng([self.seed, row])
            view = int(rng.integers(self.cache.arrays["pooled"].shape[1]))
            # Some captions name what others leave out: a mixture is a less noisy partner than any one of them.
            weights = rng.dirichlet(np.full(len(texts), self.mixture)).astype(np.float32)
        return {
            "group": torch.tensor(int(self.groups[row])),
            "text": torch.from_numpy((weights[:, None] * texts).sum(0)),
            **{name: torch.from_numpy(np.array(array[row, view])) for name, array in self.cache.arrays.items()},
        }
