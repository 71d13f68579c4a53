"""The planted causes of a simulated ad: what the renderer shows, the copy says, and the response depends on.

A cause is *shared* if picture and copy both carry it, *image-private* if only the picture does, *text-private* if
only the title and description do. Words that are drawn into the picture belong to the picture; they never repeat
what is text-private.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from adlab.errors import ConfigError

# M2FN, Table 1, "dominant color". "multiple" is a background's only: a product has one colour.
COLOURS = ("black", "blue", "brown", "green", "grey", "pink", "red", "white", "yellow")
BACKGROUND_COLOURS = ("black", "blue", "brown", "green", "grey", "multiple", "pink", "red", "white", "yellow")
TEXT_POSITIONS = ("top", "bottom", "left", "right")
SHARES = ("appeal", "contrast", "clutter", "cta", "urgency", "specificity")


@dataclass(frozen=True, kw_only=True)
class Factors:
    """What is planted in one ad.

    Attributes:
        kind: Product in the picture, a name of the catalogue.
        colour: Its colour, one of `COLOURS`.
        copy_kind: Product that title and description speak of; `kind` unless the ad contradicts itself.
        copy_colour: Colour that they name; empty where they are silent.
        appeal: Shared. How much the product is wanted, 0–1: the better version of it is drawn with a finer finish
            and described as such.
        contrast: Image-private. How well words stand out from what is behind them, 0–1.
        clutter: Image-private. How much else is in the picture, 0–1.
        cta: Image-private. How visible the call-to-action button is, 0 (none) – 1.
        background: Image-private. Dominant colour of the picture, one of `BACKGROUND_COLOURS`.
        text_position: Image-private. Where the words are, one of `TEXT_POSITIONS`.
        participation: Image-private. Whether the words in the picture ask the viewer to take part.
        urgency: Text-private. How much title and description press, 0–1.
        length: Text-private. Words in title and description together, 4–60.
        specificity: Text-private. Share of sentences that state a fact that can be checked, 0–1.

    Raises:
        ConfigError: A value is outside its range.
    """

    kind: str
    colour: str
    copy_kind: str
    copy_colour: str
    appeal: float
    contrast: float
    clutter: float
    cta: float
    background: str
    text_position: str
    participation: bool
    urgency: float
    length: int
    specificity: float

    def __post_init__(self) -> None:
        for name in SHARES:
            if not 0 <= getattr(self, name) <= 1:
                raise ConfigError(f"{name} is {getattr(self, name)}; give a number from 0 to 1.")
        for name, valid in (
            ("colour", COLOURS),
            ("copy_colour", ("", *COLOURS)),
            ("background", BACKGROUND_COLOURS),
            ("text_position", TEXT_POSITIONS),
        ):
            if getattr(self, name) not in valid:
                raise ConfigError(f"{name} is {getattr(self, name)!r}; give one of {', '.join(filter(None, valid))}.")
        if not 4 <= self.length <= 60:
            raise ConfigError(f"length is {self.length}; give 4 to 60 words.")

    @property
    def agreement(self) -> float:
        """Shared. How well picture and copy agree, 0–1: other product 0, other colour 0.4, silent 0.8, all said 1."""
        if self.copy_kind != self.kind:
            return 0.0
        if not self.copy_colour:
            return 0.8
        return 1.0 if self.copy_colour == self.colour else 0.4

    def as_row(self) -> dict[str, object]:
        """All factors and the agreement, as a row of a table."""
        return {f.name: getattr(self, f.name) for f in fields(self)} | {"agreement": self.agreement}
