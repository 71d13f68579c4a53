"""What is to be said of an ad's copy before any score of it is believed."""

from __future__ import annotations

from adlab.encoders.text import TextEncoder
from adlab.features.language import looks_english

NOT_ENGLISH = "The copy does not look English; the models were trained on English text, so read its scores with care."
CUT = "The copy is long: the models read no more than the first {read:,} of its {words:,} words."


def copy_notes(copy: str, encoder: TextEncoder) -> tuple[str, ...]:
    """Sentences for the user, none about copy that is English and read to its end.

    Args:
        copy: Title and description as one text; "" without any.
        encoder: That reads it as a whole. A head may read less of it, and says so itself.
    """
    if not copy:
        return ()
    notes = [] if looks_english(copy) else [NOT_ENGLISH]
    read, words = encoder.words_read(copy), len(copy.split())
    return (*notes, CUT.format(read=read, words=words)) if read < words else tuple(notes)
