"""The one way a picture enters adlab: bytes in, checked 8-bit RGB out, or one clear error.

Page, command line and readers all come through `read_image`, so a file that scores in one place scores in
all, and equal pixels have equal hashes. The content decides what a file is, never its name. The size is
read from the header and checked before a pixel is decoded; Pillow's process-wide settings are left alone,
so threads do not meet. A file that lacks only its end mark is taken in: no pixel is missing. Colour
profiles are not applied: the numbers in the file are taken as sRGB.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from PIL import (
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from adlab.data.image_colour import to_rgb
from adlab.data.png_rows import lacks_rows
from adlab.errors import ImageError

# Importing a driver registers it; otherwise Pillow imports all forty others to look for the missing ones.
_DRIVERS = (JpegImagePlugin, PngImagePlugin, WebPImagePlugin, GifImagePlugin, BmpImagePlugin, TiffImagePlugin)
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
FORMAT_WORDS = "JPEG, PNG, WebP, GIF, BMP or TIFF"
MAX_BYTES = 20 * 2**20
MAX_PIXELS = 40_000_000
MIN_SIDE = 8
MAX_ASPECT = 20

# What Pillow's decoders are known to raise on damaged bytes.
_DECODING = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    AssertionError,
    EOFError,
    MemoryError,
    RuntimeError,
    struct.error,
    zlib.error,
)
_MAGIC = (b"\xff\xd8\xff", b"\x89PNG", b"RIFF", b"GIF8", b"BM", b"II*\x00", b"MM\x00*")
_FOREIGN = (
    (b"%PDF", "a PDF document; export the page as PNG"),
    (b"PK\x03\x04", "a zip archive or office document; unpack it and give the picture inside"),
    (b"<svg", "an SVG drawing; export it as PNG"),
    (b"<!doctype html", "a web page, not the picture on it; save the picture itself"),
    (b"<html", "a web page, not the picture on it; save the picture itself"),
    (b"8BPS", "a Photoshop document; export it as PNG or JPEG"),
    (b"ftyphei", "an HEIC photo; export it as JPEG"),
    (b"ftypmif", "an HEIF photo; export it as JPEG"),
    (b"ftypavif", "an AVIF picture; export it as PNG or JPEG"),
)


@dataclass(frozen=True)
class AdImage:
    """A picture that was taken in; equal and hashed by content, so it can be a cache key.

    Attributes:
        pixels: 8-bit RGB, upright, without metadata; treat it as read-only.
        content_hash: SHA-256 over size and RGB bytes, hexadecimal.
        source_format: One of `FORMATS`, or ``"memory"``.
        notes: What the intake decided on the user's behalf, in words.
    """

    pixels: Image.Image = field(compare=False, repr=False)
    content_hash: str
    source_format: str = field(default="memory", compare=False)
    notes: tuple[str, ...] = field(default=(), compare=False)

    @property
    def width(self) -> int:
        """Width in pixels."""
        return self.pixels.width

    @property
    def height(self) -> int:
        """Height in pixels."""
        return self.pixels.height

    @classmethod
    def from_pixels(cls, pixels: Image.Image, *, source_format: str = "memory", notes: tuple[str, ...] = ()) -> AdImage:
        """Wrap a picture that was drawn or cropped in memory; the pixels are copied.

        Args:
            pixels: 8-bit RGB, any size.
            source_format: Where it came from.
            notes: Words for the user.

        Raises:
            ImageError: `pixels` has another mode.
        """
        if pixels.mode != "RGB":
            raise ImageError(f"The picture has mode {pixels.mode!r}; convert it to RGB first.")
        data = pixels.tobytes()
        digest = hashlib.sha256(f"{pixels.width}x{pixels.height}:".encode())
        digest.update(data)
        clean = Image.frombytes("RGB", pixels.size, data)  # a new picture carries no metadata along
        return cls(clean, digest.hexdigest(), source_format, notes)


def read_image(
    source: bytes | str | Path | BinaryIO,
    *,
    name: str = "",
    max_bytes: int = MAX_BYTES,
    max_pixels: int = MAX_PIXELS,
) -> AdImage:
    """Take in a picture; safe on hostile bytes and from many threads at once.

    Args:
        source: File content, a path, or an open binary file (read from its start where it can seek).
        name: What to call it in messages; the file's name by default.
        max_bytes: Largest file taken in.
        max_pixels: Largest width × height taken in.

    Returns:
        The picture as 8-bit RGB: upright, transparency on white, first frame.

    Raises:
        ImageError: It cannot be read, is too large or small, damaged, or of another kind than `FORMATS`.
    """
    data, label = _bytes_of(source, name, max_bytes)
    if not data:
        raise ImageError(f"{label} is empty (0 bytes); choose the picture again or re-export it.")
    if len(data) > max_bytes:
        raise ImageError(f"{label} is larger than {_megabytes(max_bytes)}; save it smaller or as JPEG.")
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as probe:
            _check_size(probe.size, label, max_pixels)
            probe.verify()  # checks what decoding skips, such as PNG checksums; the object is used up by it
        if data.startswith(b"\x89PNG") and lacks_rows(data):
            raise ImageError(f"{label} is cut off (it lacks pixel rows); export or download it again.")
        with Image.open(BytesIO(data), formats=FORMATS) as picture:
            picture.load()
            rgb, notes = to_rgb(picture, label)
            kind = str(picture.format).replace("MPO", "JPEG")  # a JPEG with further views behind it
            return AdImage.from_pixels(rgb, source_format=kind, notes=notes)
    except ImageError:
        raise
    except (UnidentifiedImageError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _refusal(error, data, label, max_pixels) from error
    except _DECODING as error:
        raise ImageError(
            f"{label} is damaged or cut off ({error or type(error).__name__}); export or download it again."
        ) from error


def _bytes_of(source: bytes | str | Path | BinaryIO, name: str, max_bytes: int) -> tuple[bytes, str]:
    """The content, at most one byte longer than allowed, and what to call it."""
    if isinstance(source, bytes | bytearray | memoryview):
        return bytes(source), name or "The image"
    try:
        if isinstance(source, str | Path):
            path = Path(source)
            label = name or path.name or str(path)
            if not path.is_file():
                what = (
                    "is a folder" if path.is_dir() else "is not a regular file" if path.exists() else "does not exist"
                )
                raise ImageError(f"{label} {what} ({str(path)!r}); give the path of a picture.")
            with path.open("rb") as file:
                return file.read(max_bytes + 1), label
        label = name or Path(str(getattr(source, "name", "") or "The image")).name
        if source.seekable():
            source.seek(0)
        data = source.read(max_bytes + 1)
    except ImageError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a closed file, or a null character in a path
        raise ImageError(f"{name or source!r} cannot be read ({error}); check the path and its permissions.") from error
    if not isinstance(data, bytes):
        raise ImageError(f"{label} is open as text; open it in binary mode ('rb').")
    return data, label


def _check_size(size: tuple[int, int], label: str, max_pixels: int) -> None:
    """Refuse by the header alone, before memory is spent on pixels."""
    width, height = size
    extent = f"{label} is {width} × {height} pixels"
    if width * height > max_pixels:
        raise ImageError(f"{extent}, more than {max_pixels:,} in all; scale it down.")
    if min(size) < MIN_SIDE:
        raise ImageError(f"{extent}; give a picture of at least {MIN_SIDE} pixels a side.")
    if max(size) > MAX_ASPECT * min(size):
        raise ImageError(f"{extent}, longer than {MAX_ASPECT}:1; crop it to the ad itself.")


def _refusal(error: Exception, data: bytes, label: str, max_pixels: int) -> ImageError:
    if not isinstance(error, UnidentifiedImageError):
        return ImageError(f"{label} unpacks to more than {max_pixels:,} pixels ({error}); scale it down.")
    if data.startswith(_MAGIC):
        return ImageError(f"{label} begins like a picture but is damaged or cut off; export or download it again.")
    start = data[:1024].lower()
    for mark, what in _FOREIGN:
        if mark.lower() in start:
            return ImageError(f"{label} is {what}.")
    return ImageError(
        f"{label} is not a picture that can be opened: it begins with {_beginning(data)}, as no known picture does; "
        f"give a {FORMAT_WORDS} file."
    )


def _beginning(data: bytes) -> str:
    """The first eight bytes: the text that they are, or their values."""
    first = data[:8]
    text = first.decode("ascii", errors="replace")
    return f"“{text}”" if text.isprintable() and first.isascii() else f"the bytes {first.hex(' ')}"


def _megabytes(count: int) -> str:
    return f"{count / 2**20:.3g} MB" if count >= 2**20 else f"{count:,} bytes"
