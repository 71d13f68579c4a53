"""What is known of a kind of product besides its name: who draws it and how far it may be posed."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from adlab.simulator.drawing.sketch import Sketch


class Kind(NamedTuple):
    """A kind of product.

    Attributes:
        draw: Puts its parts into a sketch; the generator sets its shape.
        tilt: Largest turn of its pose to either side, in degrees.
        mirror: Whether it may be seen from the other side.
        squeeze: Largest share by which its width is foreshortened.
    """

    draw: Callable[[Sketch, np.random.Generator], None]
    tilt: float = 8.0
    mirror: bool = True
    squeeze: float = 0.08
