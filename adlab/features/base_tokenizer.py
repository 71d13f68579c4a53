"""What a base tokenizer calls its marks and words: WordPiece (BERT, MiniLM) and byte-level BPE (RoBERTa).

|                   | WordPiece                      | byte-level BPE                                  |
|-------------------|--------------------------------|-------------------------------------------------|
| start, end        | ``[CLS]``, ``[SEP]``           | ``<s>``, ``</s>``                               |
| hidden word       | ``[MASK]``                     | ``<mask>``                                      |
| padding           | ``[PAD]``                      | ``<pad>``                                       |
| a word            | lower case, without its space  | as written, with the space before it            |
| mark ``##!``      | ``[##!]``                      | ``[ ##! ]``                                     |

Copy cannot spell either name of the mark: WordPiece splits words at every bracket, and byte-level BPE writes a space
as another character.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from adlab.errors import InputError

WORDPIECE, BPE = "WordPiece", "BPE"
SEPARATORS = {WORDPIECE: "[##!]", BPE: "[ ##! ]"}
_MARKS = {WORDPIECE: ("[CLS]", "[SEP]", "[MASK]", "[PAD]"), BPE: ("<s>", "</s>", "<mask>", "<pad>")}


class Marks(NamedTuple):
    """Ids of the marks.

    Attributes:
        start: Stands first in a row.
        end: Stands last in a row, and behind a title that is written.
        mask: Stands for a hidden word.
        pad: Stands behind the end in the encoder's own batches; ours hide what fills them up.
    """

    start: int
    end: int
    mask: int
    pad: int


def kind_of(tokenizer: Any) -> str:
    """`WORDPIECE` or `BPE`.

    Raises:
        InputError: It is neither.
    """
    kind, before = type(tokenizer.model).__name__, type(tokenizer.pre_tokenizer).__name__
    if kind == WORDPIECE or (kind == BPE and before == "ByteLevel"):
        return kind
    raise InputError(
        f"The tokenizer is neither WordPiece nor byte-level BPE (model {kind}, pre-tokenizer {before}); give "
        "TextEncoder.wordpieces()."
    )


def marks_of(tokenizer: Any) -> Marks:
    """The tokenizer's own marks.

    Raises:
        InputError: It is of another kind, or lacks one of them.
    """
    names = _MARKS[kind_of(tokenizer)]
    ids = [tokenizer.token_to_id(name) for name in names]
    if lacking := [name for name, number in zip(names, ids, strict=True) if number is None]:
        raise InputError(f"The tokenizer lacks {' and '.join(lacking)}; give that of a published BERT or RoBERTa.")
    return Marks(*ids)


def count_words(tokenizer: Any, texts: Iterable[str]) -> Counter[str]:
    """In how many distinct texts each word occurs: one listing that repeats a word a thousand times counts once.

    Words are the tokenizer's. WordPiece: lower case, without accents, split at punctuation. Byte-level BPE: as written,
    with the space before it, so that one word is another at the beginning of a text.
    """
    counts: Counter[str] = Counter()
    normalizer, parts = tokenizer.normalizer, tokenizer.pre_tokenizer
    for text in dict.fromkeys(texts):
        normal = normalizer.normalize_str(text) if normalizer else text
        counts.update({word for word, _ in parts.pre_tokenize_str(normal)})
    if kind_of(tokenizer) == WORDPIECE:
        return counts
    from tokenizers.decoders import ByteLevel

    decoder = ByteLevel()
    return Counter({decoder.decode([word]): count for word, count in counts.items()})


def entry_of(tokenizer: Any, word: str) -> str:
    """How the vocabulary spells a word that `count_words` gives, if it has it as one token."""
    if kind_of(tokenizer) == WORDPIECE:
        return word
    return "".join(part for part, _ in tokenizer.pre_tokenizer.pre_tokenize_str(word))
