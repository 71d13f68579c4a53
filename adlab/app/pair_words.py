"""What the Explain page says of a grade's words and regions, plain text; every sentence follows from the numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adlab.app.head_words import GRADES
from adlab.app.wording import COPY_NAMES

if TYPE_CHECKING:
    from adlab.explain.pair_explanation import PairExplanation, Word
    from adlab.explain.perturbation import Perturbation

KINDS = {"words": "Words", "regions": "Regions of the picture"}
READING = (
    "Attention × gradient, rolled over the layers of the network (Chefer et al. 2021): how far each word and each part "
    "of the picture raises the logit of the grade explained, or lowers it. It says what this model’s grade rests on, "
    "not what a person would look at. Words and regions also work through each other, so a weight is no effect of that "
    "word alone: the test below takes parts away and asks again. Words and regions are taken out of what is read "
    "together; the likeness of the wholes, where a grade rests on it, is kept."
)
REGION_NOTE = (
    "The network sees the picture as {count} regions, each about a {part} of its side wide and aware of its "
    "surroundings; between their middles the map is interpolated."
)
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
    words = sum(abs(word.weight) for word in found.words)
    regions = 0.0 if found.cells is None else float(abs(found.cells).sum())
    total = (words + regions) / (1 - found.marks) if found.marks < 1 else 0.0
    if not total:
        return "No part has any weight."
    shares = [f"{100 * words / total:.0f} % of all weight lies on words"]
    if found.cells is not None:
        shares.append(f"{100 * regions / total:.0f} % on the picture")
    return f"{', '.join(shares)}, {100 * found.marks:.0f} % on the marks between fields, which are not shown."


def parts_line(found: PairExplanation) -> str:
    """How the logit of the grade adds up; nothing where the network reads words and regions alone."""
    if found.parts is None:
        return ""
    name, parts = GRADES[found.grade], [f"words and regions read together {_signed(found.parts.stream)}"]
    if found.parts.copy:
        parts.append(f"likeness of the whole query to the whole copy {_signed(found.parts.copy)}")
    if found.parts.picture:
        parts.append(f"likeness of the whole query to the whole picture {_signed(found.parts.picture)}")
    total = found.parts.stream + found.parts.copy + found.parts.picture
    return (
        f"The logit of {name} stands {_signed(total)} from the mean of the four grades: {'; '.join(parts)}. "
        "Colours and map show where the first of these comes from; the others are read from whole texts and pictures."
    )


def word_tip(word: Word, grade: int) -> str:
    """What a word's colour stands for."""
    if not word.read:
        return "cut off: not read"
    if word.weight == 0:
        return f"no weight for {GRADES[grade]}"
    return f"{'raises' if word.weight > 0 else 'lowers'} {GRADES[grade]} by {abs(word.weight):.2g}"


def evidence_line(found: Perturbation, grade: int) -> str:
    """What taking parts away says of the explanation, in one or two sentences."""
    most, least, random = found.areas
    name, mean = GRADES[grade], float(random.mean())
    if found.parts < FEWEST:
        return (
            f"Too few to tell from chance: {found.parts} parts have few orders. The probability of {name} averages "
            f"{_percent(most)} most relevant first, {_percent(least)} least relevant first."
        )
    first = (
        f"Taken away most relevant first, the probability of {name} averages {_percent(most)} on the way, against "
        f"{_percent(mean)} in {len(random)} random orders (rank p = {found.p_value:.2f}): "
        f"{'faster than chance' if found.better_than_random else 'no faster than chance'}."
    )
    held = "it holds better than chance" if found.p_value_least <= 0.05 else "it holds no better than chance"
    return f"{first} Least relevant first, {held}: {_percent(least)} (rank p = {found.p_value_least:.2f})."


def region_note(side: int) -> str:
    """How coarse the map is."""
    return REGION_NOTE.format(count=side**2, part=PARTS.get(side, f"{side}th part"))


def _signed(number: float) -> str:
    return f"{number:+.1f}".replace("-", "−")


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
