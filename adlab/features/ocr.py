"""The words in a picture, by rapidocr, with their boxes: read once per picture and kept on disk.

The models come with the package, so nothing is fetched; they load with the first picture that is not in the cache.
Before reading, a picture is enlarged up to `MAX_ENLARGEMENT` times, for small print, or reduced, so that it has no
more than `MAX_PIXELS`. Text upside down is not turned.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
import uuid
import warnings
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from adlab.data.image_intake import AdImage
from adlab.errors import WordsError
from adlab.features.reading_order import reading_order
from adlab.paths import cache_dir

MAX_PIXELS = 1_200_000  # more takes longer and reads no better on screenshots of ads
MAX_ENLARGEMENT = 2.0
MIN_CONFIDENCE = 0.5
MAX_THREADS = 4
_NARROWEST = 32  # pixels a side: the detector takes nothing narrower
_SETTINGS: dict[str, Any] = {
    "Global.text_score": MIN_CONFIDENCE,
    "Global.use_cls": False,  # no search for lines that stand on their heads
    "Global.use_preprocess_img": False,  # scaled here
    "Global.use_vertical_padding": False,  # on banners it takes half as long again and finds fewer words
    "Det.limit_type": "max",
    "Det.limit_side_len": 100_000,
    "Rec.rec_batch_num": 1,  # a line's text must not depend on the width of the others; on a CPU it is faster, too
}
_LAYOUT = 1  # raise when boxes are ordered or stored otherwise


@dataclass(frozen=True, kw_only=True)
class TextBox:
    """One line, or a part of one, as it was found.

    Attributes:
        text: What it says, not empty.
        confidence: The recogniser's, `MIN_CONFIDENCE` to 1.
        corners: x and y in pixels of the picture as it was given; clockwise from the text's top left.
    """

    text: str
    confidence: float
    corners: tuple[tuple[float, float], ...]

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom in pixels."""
        xs, ys = zip(*self.corners, strict=True)
        return min(xs), min(ys), max(xs), max(ys)


@dataclass(frozen=True, kw_only=True)
class OcrText:
    """All words in a picture.

    Attributes:
        boxes: In the order of reading; none where there is no text.
    """

    boxes: tuple[TextBox, ...] = ()

    @property
    def text(self) -> str:
        """The words in the order of reading, with single spaces; empty where there are none."""
        return " ".join(" ".join(box.text for box in self.boxes).split())


def read_text(image: AdImage) -> OcrText:
    """The words in a picture, from the cache or read now; one picture at a time in a process.

    Args:
        image: Any picture that was taken in.

    Raises:
        WordsError: The engine failed on this picture.
    """
    if (stored := stored_text(image)) is not None:
        return stored
    with _TURN:
        if (stored := stored_text(image)) is not None:  # read by another thread meanwhile
            return stored
        found = _recognised(image.pixels)
        _store(image, found)  # before the next thread looks
    return found


def stored_text(image: AdImage) -> OcrText | None:
    """The words in a picture where the cache knows them; never reads the picture."""
    return stored_text_of(image.content_hash)


def stored_text_of(content_hash: str) -> OcrText | None:
    """The same by the picture's content hash; a damaged entry counts as none."""
    try:
        rows = json.loads(_entry(content_hash).read_text(encoding="utf-8"))["boxes"]
        return OcrText(boxes=tuple(_box(*row) for row in rows))
    except (OSError, ValueError, LookupError, TypeError):
        return None


@cache
def reader_id() -> str:
    """What reads: the package's version and a digest of the settings; texts of another reader are not shared."""
    settings = {"pixels": MAX_PIXELS, "enlargement": MAX_ENLARGEMENT, "layout": _LAYOUT, **_SETTINGS}
    digest = hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:8]
    return f"rapidocr-{version('rapidocr')}-{digest}"


def processors() -> int:
    """Processors that this process may use, where the system tells; threads beyond them only wait in turn."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class _Engine:
    """rapidocr's engine, loaded when first needed."""

    def __init__(self) -> None:
        self.threads = min(MAX_THREADS, processors())
        self._engine: Any = None

    def load(self) -> Any:
        if self._engine is None:
            from rapidocr import RapidOCR  # one second

            pool = "EngineConfig.onnxruntime.{}_op_num_threads"
            threads = {pool.format("intra"): self.threads, pool.format("inter"): 1}
            # Its level is set by this name, on a logger of its own; the root logger is not touched.
            self._engine = RapidOCR(params={**_SETTINGS, **threads, "Global.log_level": "critical"})
        return self._engine

    def __call__(self, pixels: NDArray[np.uint8]) -> Any:
        return self.load()(pixels)


_ENGINE = _Engine()
_TURN = threading.Lock()  # the engine keeps state from call to call


def load_engine(*, threads: int | None = None) -> None:
    """Load the models now rather than with the first picture.

    Args:
        threads: Threads of the engine, from its first loading on; as many as processors, at most `MAX_THREADS`, by
            default. One suits a process that is one of many.
    """
    with _TURN:
        _ENGINE.threads = threads or _ENGINE.threads
        _ENGINE.load()


def _recognised(picture: Image.Image) -> OcrText:
    scale = min(MAX_ENLARGEMENT, (MAX_PIXELS / (picture.width * picture.height)) ** 0.5)
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    scaled = picture.resize(size, Image.Resampling.BICUBIC, reducing_gap=3.0)
    if min(size) < _NARROWEST:
        larger = Image.new("RGB", (max(size[0], _NARROWEST), max(size[1], _NARROWEST)), "white")
        larger.paste(scaled)
        scaled = larger
    try:
        output = _ENGINE(np.ascontiguousarray(np.asarray(scaled)[..., ::-1]))  # it takes blue, green, red
    except _engine_errors() as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[-1]
        raise WordsError(
            f"The words in the picture cannot be read ({reason}); give them as ocr_text, or go on without."
        ) from error
    if output.txts is None:
        return OcrText()
    ratio = np.array([picture.width / size[0], picture.height / size[1]])
    limit = np.array(picture.size)
    boxes = [
        _box(text, round(float(score), 4), np.clip(corners * ratio, 0, limit).round(1).tolist())
        for text, score, corners in zip(output.txts, output.scores, output.boxes, strict=True)
        if text.strip()
    ]
    return OcrText(boxes=tuple(boxes[place] for place in reading_order([box.bounds for box in boxes])))


def _engine_errors() -> tuple[type[Exception], ...]:
    """What the engine raises on a picture; asked for only once something was raised, when its parts are loaded."""
    import cv2
    from rapidocr.inference_engine.onnxruntime.main import ONNXRuntimeError

    return ONNXRuntimeError, cv2.error


def _box(text: str, confidence: float, corners: list[list[float]]) -> TextBox:
    points = tuple((float(x), float(y)) for x, y in corners)
    if len(points) != 4 or not isinstance(text, str):
        raise ValueError(f"{text!r} with {len(points)} corners is no box of text")
    return TextBox(text=text, confidence=float(confidence), corners=points)


def _entry(content_hash: str) -> Path:
    return cache_dir() / "ocr" / reader_id() / content_hash[:2] / f"{content_hash}.json"


def _store(image: AdImage, found: OcrText) -> None:
    """Keep a text; a disk that refuses costs time later, not the text."""
    path = _entry(image.content_hash)
    draft = path.with_name(f".{uuid.uuid4().hex}.part")
    rows = [[box.text, box.confidence, box.corners] for box in found.boxes]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps({"boxes": rows}, ensure_ascii=False), encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        warnings.warn(f"The text of a picture could not be kept ({error}); it will be read again.", stacklevel=3)
