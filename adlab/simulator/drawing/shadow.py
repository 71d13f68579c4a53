"""The soft shadow that a cut-out throws on its ground."""

from __future__ import annotations

from PIL import Image, ImageFilter

from adlab.errors import InputError


def draw_shadow(
    picture: Image.Image, *, strength: float = 0.4, softness: float = 0.03, squash: float = 0.0
) -> tuple[Image.Image, tuple[int, int]]:
    """The shadow of a picture with a transparent ground, under light from the upper left.

    Args:
        picture: RGBA cut-out.
        strength: Opacity at its darkest, 0–1.
        softness: Width of its soft border, as a share of the picture's longer side.
        squash: 0 for a shadow on a wall behind the picture; above 0 for one on the floor below it, of that height as
            a share of the picture's height.

    Returns:
        RGBA layer, and the offset (x, y) in pixels from the picture's upper left corner to the layer's: paste the layer
        there first, then the picture.

    Raises:
        InputError: The picture is not RGBA, or a share is out of range.
    """
    if picture.mode != "RGBA":
        raise InputError(f"The picture has mode {picture.mode}; give an RGBA picture.")
    for name, value in (("strength", strength), ("softness", softness), ("squash", squash)):
        if not 0 <= value <= 1:
            raise InputError(f"{name} is {value}; give a number from 0 to 1.")
    width, height = picture.size
    blur = max(1, round(softness * max(width, height)))
    alpha = picture.getchannel("A")
    dx, dy = round(blur * 0.6), blur
    if squash:
        tall = max(2, round(height * squash))
        alpha = alpha.resize((width, tall), Image.Resampling.BOX)
        dx, dy = round(blur * 0.5), height - round(tall * 0.62)
    pad = 2 * blur
    # Blurred at a quarter of the size: the eye cannot tell, and it is the slowest step otherwise.
    coarse = max(1, blur // 3)
    small = Image.new("L", ((alpha.width + 2 * pad) // coarse + 1, (alpha.height + 2 * pad) // coarse + 1))
    inner = max(1, alpha.width // coarse), max(1, alpha.height // coarse)
    small.paste(alpha.resize(inner, Image.Resampling.BOX), (pad // coarse, pad // coarse))
    small = small.filter(ImageFilter.GaussianBlur(blur / coarse / 1.4)).point(lambda value: value * strength)
    mask = small.resize((small.width * coarse, small.height * coarse), Image.Resampling.BILINEAR)
    layer = Image.new("RGBA", mask.size, (18, 16, 30, 0))
    layer.putalpha(mask)
    return layer, (dx - pad, dy - pad)
