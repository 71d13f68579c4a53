"""Draw the six example ads: `python assets/examples/draw.py` writes the JPEGs beside this file.

Each is a scene of plain shapes with light and shade, a brand name and a call to action, so that it looks like an ad
and needs nobody's photo. The copy that goes with each is in `examples.json`; two of the six do not fit their picture.
"""

from __future__ import annotations

import sys
from pathlib import Path

from brush import Canvas
from outdoors import beach, dog, lake
from PIL import Image, ImageDraw, ImageFont
from things import bicycle, pizza, sneaker

FOLDER = Path(__file__).resolve().parent
FONT = FOLDER.parent / "fonts" / "DejaVuSans-Bold.ttf"
SCENES = {
    "dog": (dog, "Pawfield", "Try a bag"),
    "beach": (beach, "Solmare", "Find your week"),
    "lake": (lake, "Nordtrail", "Shop jackets"),
    "bicycle": (bicycle, "Radwerk", "Book a ride"),
    "pizza": (pizza, "Klarblick", "Get a quote"),
    "sneaker": (sneaker, "Velora", "Listen now"),
}
MARGIN, QUALITY = 28, 86


def finish(canvas: Canvas, brand: str, action: str) -> Image.Image:
    """The scene with a brand name above and a button below."""
    picture = canvas.picture()
    pen = ImageDraw.Draw(picture, "RGBA")
    name_font, button_font = ImageFont.truetype(FONT, 27), ImageFont.truetype(FONT, 19)
    width = pen.textlength(brand, font=name_font)
    pen.rounded_rectangle((MARGIN, MARGIN, MARGIN + width + 32, MARGIN + 48), 24, fill=(255, 255, 255, 225))
    pen.text((MARGIN + 16, MARGIN + 24), brand, font=name_font, fill=(26, 32, 36), anchor="lm")
    width, right, bottom = pen.textlength(action, font=button_font), picture.width - MARGIN, picture.height - MARGIN
    pen.rounded_rectangle((right - width - 40, bottom - 44, right, bottom), 22, fill=(20, 26, 30, 235))
    pen.text((right - 20, bottom - 22), action, font=button_font, fill=(255, 255, 255), anchor="rm")
    return picture


def main(names: list[str]) -> None:
    """Draw the named scenes, all of them if none is named."""
    for name in names or SCENES:
        scene, brand, action = SCENES[name]
        finish(scene(), brand, action).save(FOLDER / f"{name}.jpg", quality=QUALITY, optimize=True)


if __name__ == "__main__":
    main(sys.argv[1:])
