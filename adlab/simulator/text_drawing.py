"""Words in pictures: typefaces by role, breaking lines, and the masks of the words, all of them kept for reuse."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, pairwise

from PIL import Image, ImageDraw, ImageFont

from adlab.paths import assets_dir

_EDGE = 3  # pixels around a line's mask, for letters that reach beyond their place
_REFERENCE = 100  # size at which words are measured before their size is known


@dataclass(frozen=True, kw_only=True)
class Typefaces:
    """The typefaces of one style of brand, by file name without ending.

    Attributes:
        display: For headlines and the wordmark.
        text: For smaller words.
        strong: For prices, badges and buttons.
        capitals: Whether headlines look best in capitals.
    """

    display: str
    text: str
    strong: str
    capitals: bool = False


TYPEFACES: dict[str, Typefaces] = {
    "modern": Typefaces(display="Poppins-Bold", text="Poppins-Medium", strong="Poppins-Bold"),
    "classic": Typefaces(display="Fraunces-Bold", text="WorkSans-Medium", strong="WorkSans-Bold"),
    "bold": Typefaces(display="Anton-Regular", text="WorkSans-Medium", strong="WorkSans-Bold", capitals=True),
    "elegant": Typefaces(display="DMSerifDisplay-Regular", text="Poppins-Medium", strong="Poppins-Medium"),
    "friendly": Typefaces(display="Nunito-ExtraBold", text="Nunito-SemiBold", strong="Nunito-ExtraBold"),
    "sporty": Typefaces(display="Oswald-SemiBold", text="WorkSans-Medium", strong="Oswald-SemiBold", capitals=True),
}
# Other display faces that sit well with a style, for variety.
ALTERNATIVES: dict[str, tuple[str, ...]] = {
    "modern": ("Poppins-Bold", "Montserrat-ExtraBold", "WorkSans-Bold"),
    "classic": ("Fraunces-Bold", "DMSerifDisplay-Regular"),
    "bold": ("Anton-Regular", "Montserrat-ExtraBold", "LeagueGothic-Regular"),
    "elegant": ("DMSerifDisplay-Regular", "Fraunces-Bold"),
    "friendly": ("Nunito-ExtraBold", "Pacifico-Regular", "Poppins-Bold"),
    "sporty": ("Oswald-SemiBold", "LeagueGothic-Regular", "Anton-Regular"),
}


@lru_cache(maxsize=1024)
def font(name: str, size: int) -> ImageFont.FreeTypeFont:
    """A typeface at a size in pixels; the basic layout engine, so that every machine sets the same."""
    path = assets_dir() / "fonts" / f"{name}.ttf"
    return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=8192)
def _width(text: str, name: str) -> float:
    """Width of a text at the reference size."""
    return font(name, _REFERENCE).getlength(text)


@lru_cache(maxsize=64)
def heights(name: str) -> tuple[float, float]:
    """Height of a capital and depth of a descender, as shares of the size."""
    face = font(name, _REFERENCE)
    return -face.getbbox("H", anchor="ls")[1] / _REFERENCE, face.getbbox("gp", anchor="ls")[3] / _REFERENCE


@dataclass(frozen=True, kw_only=True)
class Setting:
    """Words set in lines.

    Attributes:
        lines: The lines.
        face: Typeface.
        size: Size in pixels.
        tracking: Pixels between letters beyond the usual.
    """

    lines: tuple[str, ...]
    face: str
    size: int
    tracking: int = 0

    @property
    def leading(self) -> int:
        """Pixels from one base line to the next."""
        capital, descent = heights(self.face)
        return max(round(self.size * (capital + descent + 0.12)), 1)

    @property
    def height(self) -> int:
        """Pixels from the top of the first line's capitals to the depth of the last line."""
        capital, descent = heights(self.face)
        return round(self.size * (capital + descent)) + self.leading * (len(self.lines) - 1)


@lru_cache(maxsize=4096)
def breaks(words: tuple[str, ...], face: str, count: int) -> tuple[tuple[str, ...], float]:
    """The most even way to break words into lines, and the width of its longest line at the reference size."""
    best: tuple[str, ...] = ()
    best_width = float("inf")
    for cuts in combinations(range(1, len(words)), count - 1):
        ends = (0, *cuts, len(words))
        lines = tuple(" ".join(words[a:b]) for a, b in pairwise(ends))
        width = max(_width(line, face) for line in lines)
        if width < best_width:
            best, best_width = lines, width
    return best, best_width


def fit(
    text: str, face: str, box: tuple[float, float], largest: float, most_lines: int, tracking: float = 0
) -> Setting:
    """Set a text as large as a box allows.

    Args:
        text: The words.
        face: Typeface.
        box: Width and height in pixels.
        largest: Largest size in pixels.
        most_lines: Most lines that it may take.
        tracking: Space between letters beyond the usual, as a share of the size.

    Returns:
        The setting; of two equally large ones that with fewer lines.
    """
    words = tuple(text.split())
    capital, descent = heights(face)
    best: tuple[float, tuple[str, ...]] = (0.0, (text,))
    for count in range(1, min(most_lines, len(words)) + 1):
        lines, width = breaks(words, face, count)
        letters = max(len(line) for line in lines)
        by_width = box[0] * 0.98 / (width / _REFERENCE + letters * tracking)
        by_height = box[1] / ((capital + descent) * count + 0.12 * (count - 1))
        size = min(by_width, by_height, largest)
        if size > best[0] * 1.04:
            best = (size, lines)
    size = max(int(best[0]), 4)
    return Setting(lines=best[1], face=face, size=size, tracking=round(size * tracking))


@lru_cache(maxsize=2048)
def line_mask(text: str, face: str, size: int, tracking: int) -> tuple[Image.Image, int]:
    """Mask (L) of one line, and the pixels from its top to its base line.

    Small words are drawn four times as large and shrunk: the basic layout engine places letters on whole pixels,
    which tears small words apart.
    """
    over = 4 if size < 20 else 2 if size < 40 else 1
    drawn = font(face, size * over)
    capital, descent = heights(face)
    above, below = round(size * max(capital * 1.35, 0.9)) + 1, round(size * descent) + 2
    width = drawn.getlength(text) / over + tracking * (len(text) - 1)
    mask = Image.new("L", ((max(round(width), 1) + 2 * _EDGE) * over, (above + below) * over))
    pen = ImageDraw.Draw(mask)
    if not tracking:
        pen.text((_EDGE * over, above * over), text, fill=255, font=drawn, anchor="ls")
    else:
        x = float(_EDGE * over)
        for letter in text:
            pen.text((round(x), above * over), letter, fill=255, font=drawn, anchor="ls")
            x += drawn.getlength(letter) + tracking * over
    return (mask.reduce(over) if over > 1 else mask), above


@lru_cache(maxsize=1024)
def block_mask(setting: Setting, align: str) -> tuple[Image.Image, int, int]:
    """Mask (L) of set lines.

    Args:
        setting: The lines.
        align: "left", "centre" or "right".

    Returns:
        The mask cut to what is inked, and how far its upper left corner lies right of and below that of the block whose
        top is the top of the first line's capitals (below 0: left, above).
    """
    masks = [line_mask(line, setting.face, setting.size, setting.tracking) for line in setting.lines]
    width = max(mask.width for mask, _ in masks)
    top = max(above for _, above in masks)
    whole = Image.new("L", (width, top + setting.leading * (len(masks) - 1) + masks[-1][0].height - masks[-1][1]))
    for i, (mask, above) in enumerate(masks):
        slack = width - mask.width
        x = {"left": 0, "centre": slack // 2, "right": slack}[align]
        whole.paste(255, (x, top + i * setting.leading - above), mask)
    box = whole.getbbox() or (0, 0, 1, 1)
    capital = round(heights(setting.face)[0] * setting.size)
    return whole.crop(box), box[0] - _EDGE, box[1] - (top - capital)


def longest_line(setting: Setting) -> int:
    """Pixels of the longest line of a setting."""
    return max(
        line_mask(line, setting.face, setting.size, setting.tracking)[0].width - 2 * _EDGE for line in setting.lines
    )
