"""Contact sheets: many pictures side by side, to be judged by eye."""

from __future__ import annotations

from collections.abc import Sequence

from PIL import Image, ImageDraw

from adlab.errors import InputError
from adlab.simulator.drawing.palette import RGB


def contact_sheet(
    images: Sequence[Image.Image],
    columns: int,
    *,
    cell: tuple[int, int] | None = None,
    gap: int = 8,
    ground: RGB = (236, 237, 240),
    labels: Sequence[str] = (),
) -> Image.Image:
    """Lay pictures out in rows.

    Args:
        images: Pictures of any mode and size, one or more.
        columns: Pictures to a row, 1 or more.
        cell: Width and height of a cell in pixels; larger pictures are shrunk into it. The largest by default.
        gap: Pixels between cells.
        ground: Colour behind transparent pictures.
        labels: A line of text below each picture; none by default.

    Returns:
        RGB picture.

    Raises:
        InputError: There is no picture or no column, or the labels are not as many as the pictures.
    """
    if not images or columns < 1:
        raise InputError(f"{len(images)} pictures in {columns} columns; give at least one of each.")
    if labels and len(labels) != len(images):
        raise InputError(f"{len(labels)} labels for {len(images)} pictures; give one a picture or none.")
    width, height = cell or (max(i.width for i in images), max(i.height for i in images))
    text = 14 if labels else 0
    rows = -(-len(images) // columns)
    sheet = Image.new(
        "RGB", (gap + min(columns, len(images)) * (width + gap), gap + rows * (height + text + gap)), ground
    )
    draw = ImageDraw.Draw(sheet)
    for number, image in enumerate(images):
        picture = image.copy()
        picture.thumbnail((width, height))
        x, y = gap + number % columns * (width + gap), gap + number // columns * (height + text + gap)
        place = x + (width - picture.width) // 2, y + (height - picture.height) // 2
        sheet.paste(picture, place, picture if picture.mode == "RGBA" else None)
        if labels:
            draw.text((x + 2, y + height + 1), labels[number], fill=(30, 30, 40))
    return sheet
