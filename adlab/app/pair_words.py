"""What the Explain page says of a grade's words and regions, plain text; every sentence follows from the numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from adlab.app.head_words import GRADES
from adlab.app.wording import COPY_NAMES, unbroken

if TYPE_CHECKING:
    from adlab.checkpoints.relevance import RelevanceSettings
    from adlab.explain.pair_explanation import PairExplanation, Word
    from adlab.explain.perturbation import Perturbation

KINDS = {"words": "Words", "regions": "Regions of the picture"}
READING = (
    "Attention × gradient, rolled over the layers of the network (Chefer et al. 2021): how far each word and each part "
    "of the picture raises the logit of the grade explained, or lowers it. It says what this model’s grade rests on, "
    "not what a person would look at. Words and regions also work through each other, so a weight is no effect of that "
    "word alone: the test above takes parts away and asks again. Words and regions are taken out of what is read "
    "together; the likeness of the wholes and the match of colours, where a grade rests on them, are kept."
)
REGION_NOTE = (
    "The network sees the picture as {count} regions, each about a {part} of its side wide and aware of its "
    "surroundings; between their middles the map is interpolated."
)
SQUARE_NOTE = (
    "The network sees the picture as {count} squares of its pixels, each a {part} of its side wide and by itself; a "
    "square has one colour, its weight."
)
BOX_NOTE = (
    "The network sees the picture as the boxes that a detector found, {count} at most, and nothing between them; where "
    "boxes overlap, their weights add up. The strongest ones are outlined."
)
LEVEL = 0.05  # of each test by itself
SMALL = 0.1  # share of all weight below which a map in full colour would mislead
FEWEST = 4  # parts, below which one order in twenty is no better than the best one
PARTS = {2: "half", 3: "third", 4: "quarter", 5: "fifth", 7: "seventh"}


def strongest_line(found: PairExplanation) -> str:
    """The words that speak most for and against the grade."""
    name = GRADES[found.grade]
    sides = []
    for sign, verb in ((1, "raise"), (-1, "lower")):
        words = found.strongest(sign)
        if words:
            listed = ", ".join(f"“{word.text}” ({field_name(word)})" for word in words)
            sides.append(f"{listed} {verb if len(words) > 1 else f'{verb}s'} {name} most")
    return f"{'; '.join(sides)}." if sides else f"No word raises or lowers {name}."


def field_name(word: Word) -> str:
    """Where a word stands, such as "query"."""
    return COPY_NAMES[word.field].lower().removeprefix("search ")


def mass_line(found: PairExplanation) -> str:
    """How the weight is shared between words, picture, and the marks between fields."""
    words, picture = _shares(found)
    if not words and not picture:
        return "No part has any weight."
    shares = [f"{_percent(words)} of all weight lies on words"]
    if found.cells is not None:
        shares.append(f"{_percent(picture)} on the picture")
    return f"{', '.join(shares)}, {_percent(found.marks)} on the marks between fields, which are not shown."


def picture_line(found: PairExplanation) -> str:
    """What full colour in the map is worth beside the words; nothing where the picture has a good part of the weight.

    The map is coloured by its own largest value, so that a picture that hardly counts would look as if it did.
    """
    words, picture = _shares(found)
    if found.cells is None or picture >= SMALL or not words:
        return ""
    share = _percent(picture) if picture >= 0.005 else "less than 1 %"
    return f"Of all weight the whole picture holds {share}: full colour here is little beside a word’s."


def cut_line(found: PairExplanation) -> str:
    """How many words the network did not read, or nothing."""
    cut = sum(not word.read for word in found.words)
    if not cut:
        return ""
    return (
        f"{cut:,} of {len(found.words):,} words were cut off: the network reads a limited number and has not seen them."
    )


def _shares(found: PairExplanation) -> tuple[float, float]:
    """Shares of all weight that lie on words and on the picture; 0 where nothing has any."""
    words = sum(abs(word.weight) for word in found.words)
    regions = 0.0 if found.cells is None else float(abs(found.cells).sum())
    total = (words + regions) / (1 - found.marks) if found.marks < 1 else 0.0
    return (words / total, regions / total) if total else (0.0, 0.0)


def parts_line(found: PairExplanation) -> str:
    """How the logit of the grade adds up; nothing where the network reads words and regions alone."""
    if found.parts is None:
        return ""
    name, parts = GRADES[found.grade], [f"words and regions read together {_signed(found.parts.stream)}"]
    if found.parts.copy:
        parts.append(f"likeness of the whole query to the whole copy {_signed(found.parts.copy)}")
    if found.parts.picture:
        parts.append(f"likeness of the whole query to the whole picture {_signed(found.parts.picture)}")
    if found.parts.colours:
        parts.append(f"match of the query and the picture's colours {_signed(found.parts.colours)}")
    total = sum(found.parts)
    return (
        f"The logit of {name} stands {_signed(total)} from the mean of the four grades: {'; '.join(parts)}. "
        "Shaded words and map show where the first of these comes from; whole texts and pictures give the others."
    )


def word_tip(word: Word, grade: int) -> str:
    """What a word's colour stands for."""
    if not word.read:
        return "cut off: not read"
    if word.weight == 0:
        return f"no weight for {GRADES[grade]}"
    return f"{'raises' if word.weight > 0 else 'lowers'} {GRADES[grade]} by {abs(word.weight):.2g}"


def evidence_line(found: Perturbation, grade: int) -> str:
    """What taking parts away says of the explanation, in one or two sentences: whether it holds, and by how much."""
    most, least, random = found.areas
    name, mean = GRADES[grade], float(random.mean())
    if found.parts < FEWEST:
        return (
            f"Too few to tell from chance: {found.parts} parts have few orders. The probability of {name} averages "
            f"{_percent(most)} most relevant first, {_percent(least)} least relevant first."
        )
    faster = f"faster than chance, by {_points(mean - most)}" if found.better_than_random else "no faster than chance"
    held = "it holds no better than chance"
    if found.p_value_least <= LEVEL:
        held = f"it holds better than chance, by {_points(least - mean)}"
    return (
        f"Taken away most relevant first, the probability of {name} averages {_percent(most)} on the way, against "
        f"{_percent(mean)} in {len(random)} random orders (rank p = {found.p_value:.2f}): {faster}. "
        f"Least relevant first, {held}: {_percent(least)} (rank p = {found.p_value_least:.2f})."
    )


def holds(found: Perturbation) -> bool:
    """Whether the grade falls faster than chance, of parts enough to tell."""
    return found.parts >= FEWEST and found.better_than_random


def several_line(found: Sequence[Perturbation]) -> str:
    """How easily one of the tests is passed by luck, and how small p can get; nothing where nothing was tested."""
    tested = [each for each in found if each.parts >= FEWEST]
    if not tested:
        return ""
    tests, orders = 2 * len(tested), len(tested[0].random)
    return (
        f"{tests} tests, each by itself at 5 %: weights that mean nothing would pass one or more of them on up to one "
        f"ad in {round(1 / (tests * LEVEL))}. With {orders} random orders p cannot be below {1 / (orders + 1):.2f}."
    )


def region_note(settings: RelevanceSettings) -> str:
    """What regions are, and how coarse the map of them is."""
    side = settings.side
    if settings.visual == "roi":
        return BOX_NOTE.format(count=settings.top)
    note = SQUARE_NOTE if settings.visual == "patch" else REGION_NOTE
    return note.format(count=side**2, part=PARTS.get(side, f"{side}th part"))


def _signed(number: float) -> str:
    return f"{number:+.1f}".replace("-", "−")


def _percent(share: float) -> str:
    return unbroken(f"{100 * share:.0f} %")


def _points(difference: float) -> str:
    """A difference between probabilities."""
    points = round(100 * difference)
    return "less than a point" if points < 1 else f"{points} point{'s' if points > 1 else ''}"
