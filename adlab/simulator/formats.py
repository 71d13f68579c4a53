"""Sizes of ads: the common formats by name, or any size."""

from __future__ import annotations

from dataclasses import dataclass

from adlab.errors import ConfigError, UnknownNameError

# Width and height in pixels; the first three are shapes and may have any size.
FORMATS: dict[str, tuple[int, int]] = {
    "1:1": (224, 224),
    "4:5": (224, 280),
    "9:16": (216, 384),
    "300x250": (300, 250),
    "728x90": (728, 90),
}
MIN_SIDE, MAX_SIDE = 64, 2048
ELEMENTS = ("shadow", "product", "clutter", "headline", "subline", "price", "badge", "button", "brand")


@dataclass(frozen=True, kw_only=True)
class RenderSpec:
    """How an ad is drawn.

    Attributes:
        width: Pixels across, 64–2048.
        height: Pixels down, 64–2048; width and height are at most twelve to one.
        without: Elements to leave out, all else as it was: what the picture would be without them.

    Raises:
        ConfigError: A side is out of range.
        UnknownNameError: An element to leave out is none.
    """

    width: int = 224
    height: int = 224
    without: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, side in (("width", self.width), ("height", self.height)):
            if not MIN_SIDE <= side <= MAX_SIDE:
                raise ConfigError(f"{name} is {side}; give {MIN_SIDE} to {MAX_SIDE} pixels.")
        if max(self.width, self.height) > 12 * min(self.width, self.height):
            raise ConfigError(f"{self.width} × {self.height} is too narrow; give at most twelve to one.")
        for name in self.without:
            if name not in ELEMENTS:
                raise UnknownNameError("element", name, ELEMENTS)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.width, self.height


def spec_of(name: str, scale: float = 1.0) -> RenderSpec:
    """The settings of a common format.

    Args:
        name: One of `FORMATS`.
        scale: Enlarges it; 2 doubles both sides.

    Raises:
        UnknownNameError: The format is none of the known ones.
        ConfigError: The result is too small or too large.
    """
    if name not in FORMATS:
        raise UnknownNameError("ad format", name, FORMATS)
    width, height = FORMATS[name]
    return RenderSpec(width=round(width * scale), height=round(height * scale))
