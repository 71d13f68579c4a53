"""The words in an ad's picture, wherever they come from: given with the ad, read before, or read now.

A text given with the ad always wins, also an empty one, which says that there are no words. An ad without a picture
has none. What was read is tidied and cut as a given text is, so that the same words give the same numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from adlab.data.creative import MAX_TEXT_CHARACTERS, Creative, tidy
from adlab.data.image_intake import AdImage
from adlab.errors import WordsError
from adlab.features.ocr import OcrText, read_text, stored_text

Mode = Literal["auto", "cached", "off"]


class Words(NamedTuple):
    """The words in one picture.

    Attributes:
        text: Single spaces; empty where there are none, None where they are not known.
        problem: Why they could not be read, a full sentence; empty if nothing failed.
    """

    text: str | None
    problem: str = ""


def words_of(creative: Creative, mode: Mode = "auto") -> str | None:
    """The words in the picture of one ad, empty where there are none.

    Args:
        creative: The ad.
        mode: ``"auto"`` takes the text given, else one read before, else reads the picture; ``"cached"`` never
            reads; ``"off"`` takes the text given only.

    Returns:
        The words, or None where they are not known.

    Raises:
        WordsError: The picture had to be read and cannot be.
    """
    if creative.ocr_text is not None:
        return creative.ocr_text
    if creative.image is None:
        return ""
    if mode == "off":
        return None
    found = read_text(creative.image) if mode == "auto" else stored_text(creative.image)
    return None if found is None else text_of(found)


def words_of_all(creatives: Sequence[Creative], mode: Mode = "auto") -> list[Words]:
    """The words in the pictures of many ads, in order; a picture that several ads share is looked at once.

    A picture that cannot be read says why in its place, and the others are read. This process reads, one picture
    after the other; read long lists ahead with `ocr_pool.read_all`, which uses every processor.
    """
    known: dict[str, Words] = {}
    words = []
    for creative in creatives:
        image = creative.image if creative.ocr_text is None else None
        if image is None:
            words.append(Words(words_of(creative, mode)))
            continue
        if image.content_hash not in known:
            known[image.content_hash] = _words_in(image, mode)
        words.append(known[image.content_hash])
    return words


def text_of(found: OcrText) -> str:
    """What was read, as `Creative.ocr_text` takes it."""
    return tidy(found.text)[:MAX_TEXT_CHARACTERS].rstrip()


def _words_in(image: AdImage, mode: Mode) -> Words:
    try:
        return Words(words_of(Creative(image=image), mode))
    except WordsError as error:
        return Words(None, str(error))
