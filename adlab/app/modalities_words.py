"""What the Modalities page says: names of the modes, and what the picture adds to one answer."""

from __future__ import annotations

from adlab.app.head_words import words_for
from adlab.data.assessment import HeadResult
from adlab.data.modalities import BASES, AdModes, Mode
from adlab.data.score_text import number

QUESTION = "Does the image earn its place?"
LEAD = "The same ad read by its picture alone, by its words alone, and by both; by every model that can."
NAMES = {Mode.IMAGE_ONLY: "Picture alone", Mode.TEXT_ONLY: "Words alone", Mode.BOTH: "Both"}
SHARED_NAME = "Shared part alone"
SHARED_NOTE = "what picture and copy have in common (FOCAL Ad)"
PRIVATE_NOTE = "added by what each says for itself"
NEEDS_BOTH = "needs both"
TRAINED = "Trained on ads without a picture and without words, too."
ONE_PART = "has one part only"
EXTRAPOLATES = "Extrapolated"
NOT_TRAINED = (
    "Never trained on ads that lack a part: an answer by one part is an extrapolation, and the interval is the one "
    "measured on whole ads."
)
ONE_AD = (
    "An answer that moves shows what this model reads, not what people would do. Whether the picture makes answers "
    "better is a question for a table of ads with outcomes."
)


def gain_words(modes: AdModes, head: str) -> tuple[str, str]:
    """What the picture adds to the answer for one ad: the change, and how sure it is; or why there is none to tell."""
    both, words = modes.result(head, Mode.BOTH), modes.result(head, Mode.TEXT_ONLY)
    if both is None or words is None:
        return "", " ".join(dict.fromkeys(modes.missing.get(head, {}).values()))
    return _change(both, words, "it")


def change_words(more: HeadResult, less: HeadResult) -> str:
    """How one answer differs from another of the same head; empty where no difference would be seen."""
    if number(more.value, more.unit) == number(less.value, less.unit):
        return ""
    higher = "higher" if more.value > less.value else "lower"
    if more.unit == "probability":
        ratio = more.value / less.value
        return f"{ratio:.1f} times as high" if ratio >= 1.95 else f"{100 * abs(ratio - 1):.0f} % {higher}"
    return f"{abs(more.value - less.value):.1f} {'grades' if more.unit == 'grade' else 'steps'} {higher}"


def private_words(modes: AdModes, head: str) -> tuple[str, str]:
    """What the private parts add to FOCAL's shared part: the change, and how sure it is; nothing without that part."""
    both, shared = modes.result(head, Mode.BOTH), modes.shared.get(head)
    if both is None or shared is None:
        return "", ""
    return _change(both, shared, "them")


def basis_lines(head: str) -> list[str]:
    """What the answers by one part are, one line each."""
    basis = BASES[head]
    if not basis.image_only:
        return []
    return [
        f"{NAMES[Mode.IMAGE_ONLY]}: {basis.image_only}",
        f"{NAMES[Mode.TEXT_ONLY]}: {basis.text_only}",
        *([f"{SHARED_NAME}: {basis.shared}"] if basis.shared else []),
        TRAINED if basis.trained else NOT_TRAINED,
    ]


def absent_words(heads: tuple[str, ...]) -> str:
    """Which heads have no checkpoint, or nothing."""
    if not heads:
        return ""
    *first, last = (words_for(head).title for head in heads)
    titles = f"{', '.join(first)} and {last}" if first else last
    return f"Not installed, so left out: {titles}. Restore the folder models/ to see what they say."


def _change(more: HeadResult, less: HeadResult, part: str) -> tuple[str, str]:
    change = change_words(more, less)
    if not change:
        return "Nothing", f"The answer is the same without {part}."
    if _apart(more, less):
        return change, f"The intervals with and without {part} lie apart."
    return change, f"The intervals with and without {part} overlap: not certain."


def _apart(one: HeadResult, other: HeadResult) -> bool:
    return one.interval.low > other.interval.high or other.interval.low > one.interval.high
