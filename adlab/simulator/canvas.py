"""The picture while it is drawn, and the record of which pixels each element has."""

from __future__ import annotations

import numpy as np
from PIL import Image

from adlab.simulator.ad import Element
from adlab.simulator.templates import RGB

_SEEN, _COVERING = 24, 215  # opacity from which a pixel is the element's, and from which it hides what is behind


class Canvas:
    """A picture that remembers what was put where.

    Args:
        ground: RGB picture that everything is put on; it is drawn into.
        without: Elements to leave out.
    """

    def __init__(self, ground: Image.Image, without: tuple[str, ...] = ()) -> None:
        self.image = ground
        self._without = without
        self._layers: dict[str, np.ndarray] = {}

    def stamp(self, name: str, mask: Image.Image, at: tuple[int, int], colour: RGB) -> None:
        """Put a colour through a mask (L) with its upper left corner at a place."""
        if name not in self._without:
            self.image.paste(colour, at, mask)
            self._record(name, mask, at)

    def place(self, name: str, picture: Image.Image, at: tuple[int, int]) -> None:
        """Put an RGBA picture at a place."""
        if name not in self._without:
            mask = picture.getchannel("A")
            self.image.paste(picture, at, mask)
            self._record(name, mask, at)

    def elements(self) -> tuple[Element, ...]:
        """The elements of which something is to be seen, from back to front."""
        found = []
        covered = np.zeros(self.image.size[::-1], bool)
        for name in reversed(self._layers):
            opacity = self._layers[name]
            seen = (opacity >= _SEEN) & ~covered
            covered |= opacity >= _COVERING
            rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
            if len(rows):
                box = (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
                found.append(Element(name=name, box=box, mask=seen))
        return tuple(reversed(found))

    def _record(self, name: str, mask: Image.Image, at: tuple[int, int]) -> None:
        width, height = self.image.size
        x, y = at
        left, top, right, bottom = max(x, 0), max(y, 0), min(x + mask.width, width), min(y + mask.height, height)
        if left >= right or top >= bottom:
            return
        if name not in self._layers:
            self._layers[name] = np.zeros((height, width), np.uint8)
        target = self._layers[name][top:bottom, left:right]
        np.maximum(target, np.asarray(mask)[top - y : bottom - y, left - x : right - x], out=target)
