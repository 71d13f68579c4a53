"""From any colour layout that Pillow decodes to upright 8-bit RGB, saying what was decided on the way."""

from __future__ import annotations

import numpy as np
from PIL import Image

from adlab.errors import ImageError

# EXIF and TIFF 6.0, tag 274: where row 0 and column 0 of the stored picture belong.
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ORIENTATION, _BITS_PER_SAMPLE, _PHOTOMETRIC, _WHITE_IS_ZERO = 274, 258, 262, 0
_CONVERTIBLE = {"1", "L", "P", "RGB", "RGBX", "CMYK", "YCbCr"}


def to_rgb(picture: Image.Image, label: str) -> tuple[Image.Image, tuple[str, ...]]:
    """Convert a decoded picture to upright 8-bit RGB, transparency on white.

    Args:
        picture: As Pillow opened and loaded it, at its first frame.
        label: What to call it in messages.

    Returns:
        The picture, and notes on what was decided, in words for the user.

    Raises:
        ImageError: Its colour mode has no fixed white (floating point, 32-bit, LAB).
    """
    notes: list[str] = []
    if picture.format != "MPO" and getattr(picture, "is_animated", False):
        notes.append("several pages: first page used" if picture.format == "TIFF" else "animated: first frame used")
    # Read after loading: PNG may hold it behind the pixels, and Pillow turns a TIFF itself and drops the tag.
    turn = _UPRIGHT.get(picture.getexif().get(_ORIENTATION, 1))
    rgb = _flatten(picture, label, notes)
    if turn is not None:
        rgb = rgb.transpose(turn)
        notes.append("turned upright as the camera recorded it")
    return rgb, tuple(notes)


def _flatten(picture: Image.Image, label: str, notes: list[str]) -> Image.Image:
    if picture.mode.startswith("I;16"):
        notes.append("16-bit: scaled to 8 bits")
        return _from_16_bits(picture, notes)
    if picture.mode in ("RGBa", "La"):
        picture = picture.convert(picture.mode.upper())  # alpha was multiplied in; divide it out again
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        return _on_white(picture.convert("RGBA"), notes)
    if picture.mode not in _CONVERTIBLE:
        raise ImageError(
            f"{label} has the colour mode {picture.mode!r}, which has no fixed white; save it as 8-bit RGB."
        )
    if picture.mode == "CMYK":
        notes.append("CMYK: converted to RGB without its colour profile")
    return picture.convert("RGB")


def _on_white(rgba: Image.Image, notes: list[str]) -> Image.Image:
    if rgba.getchannel("A").getextrema()[0] == 255:
        return rgba.convert("RGB")
    notes.append("transparency laid on white")
    return Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba).convert("RGB")


def _from_16_bits(picture: Image.Image, notes: list[str]) -> Image.Image:
    """Keep the high byte, which is also what Pillow does with 16-bit colour."""
    tags = getattr(picture, "tag_v2", {})
    bits = int(tags.get(_BITS_PER_SAMPLE, (16,))[0])  # a 12-bit TIFF comes as 16 bits with white at 4095
    values = np.asarray(picture).astype(np.uint16)
    grey = np.minimum(values >> (bits - 8), 255).astype(np.uint8)
    if tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO:
        grey = 255 - grey
    see_through = values == picture.info.get("transparency", -1)
    if see_through.any():
        notes.append("transparency laid on white")
        grey[see_through] = 255
    return Image.fromarray(grey).convert("RGB")
