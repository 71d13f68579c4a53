"""A vocabulary for ads: the base tokens keep their ids, ``##!`` and frequent words of ads are appended (AdsCVLR, §4.2).

After AdaLM (Yao et al. 2021), which grows a domain vocabulary and starts each new token as the mean of the pieces that
spelled it before. AdaLM adds tokens until the corpus hardly gets more likely; here a word is worth what it saves:
(pieces − 1) tokens in every text that has it, and the `size` words that save most are added. Each token less is a
place less to attend to, which is what long copy costs.

``##!`` marks where a field ends. BERT's vocabulary has an entry of that name already, an exclamation mark inside a
word, so the mark is appended under a name that copy cannot spell (`adlab.features.base_tokenizer`).

In byte-level BPE a word is found whole before pieces are merged (`ignore_merges`). Words of the base are found whole,
too, and become what merging makes of them: each entry of its vocabulary was once merged from a word.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from adlab.errors import ConfigError, InputError
from adlab.features.base_tokenizer import BPE, SEPARATORS, Marks, count_words, entry_of, kind_of, marks_of

_WORD = re.compile(r" ?[^\W_]*[^\W\d_][^\W_]*")  # letters and digits, at least one letter


@dataclass(frozen=True, kw_only=True)
class AdVocabularyConfig:
    """Which words are worth a token.

    Attributes:
        size: Most words added.
        min_count: Distinct texts that a word has to occur in.
        min_pieces: Pieces that the base tokenizer has to break it into.

    Raises:
        ConfigError: A number is outside its range.
    """

    size: int = 2000
    min_count: int = 5
    min_pieces: int = 2

    def __post_init__(self) -> None:
        for name, least in (("size", 0), ("min_count", 1), ("min_pieces", 2)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise ConfigError(f"{name} is {value!r}; give a whole number of {least} or more.")


class AdVocabulary(NamedTuple):
    """A base tokenizer with tokens appended.

    Attributes:
        tokenizer: Encodes text; tokens of the base have their ids in the base.
        base_size: V; appended tokens have the ids V, V + 1 …
        tokens: Entries that are appended: the mark ``##!`` and then the words, the one that saves most first.
        pieces: For each of them the base ids that it starts from, `TokenEmbedding.start_from_pieces`.
        words: The words appended: what a checkpoint keeps, for `extend`.
        marks: The tokenizer's own.
    """

    tokenizer: Any
    base_size: int
    tokens: tuple[str, ...]
    pieces: tuple[tuple[int, ...], ...]
    words: tuple[str, ...]
    marks: Marks

    @property
    def separator_id(self) -> int:
        """Id of the mark ``##!``."""
        return self.base_size


def learn_ad_words(tokenizer: Any, texts: Iterable[str], config: AdVocabularyConfig | None = None) -> tuple[str, ...]:
    """The words of ad copy that save the most tokens, best first.

    Args:
        tokenizer: The base, as `TextEncoder.wordpieces` gives it.
        texts: Ad copy to train on, titles and descriptions one by one.
        config: Which words are worth a token.
    """
    config = config or AdVocabularyConfig()
    saved = {
        word: count * (len(pieces) - 1)
        for word, count in count_words(tokenizer, texts).items()
        if count >= config.min_count
        and _WORD.fullmatch(word)
        and len(pieces := _pieces(tokenizer, word)) >= config.min_pieces
    }
    return tuple(sorted(saved, key=lambda word: (-saved[word], word))[: config.size])


def extend(tokenizer: Any, words: Sequence[str] = ()) -> AdVocabulary:
    """Append the mark ``##!`` and words to a tokenizer's vocabulary.

    Args:
        tokenizer: The base, as `TextEncoder.wordpieces` gives it. It is left as it is.
        words: As `learn_ad_words` or a checkpoint gives them.

    Raises:
        InputError: The tokenizer is of another kind, lacks a mark or has the separator already, or a word is in the
            vocabulary, comes twice, or is none to the tokenizer.
    """
    from tokenizers import Tokenizer

    kind, layout = kind_of(tokenizer), json.loads(tokenizer.to_str())
    vocabulary = tokenizer.get_vocab(with_added_tokens=True)
    if sorted(vocabulary.values()) != list(range(len(vocabulary))):
        raise InputError("The tokenizer's ids are not 0, 1, 2 …; give TextEncoder.wordpieces().")
    _check_words(tokenizer, kind, vocabulary, words)
    base_size, marks = len(vocabulary), marks_of(tokenizer)
    tokens = (SEPARATORS[kind], *(entry_of(tokenizer, word) for word in words))
    # Marks that the base adds to its model's vocabulary become part of it: their ids would move behind the new entries.
    layout["model"]["vocab"] = vocabulary | {token: base_size + place for place, token in enumerate(tokens)}
    if kind == BPE and words:
        layout["model"]["ignore_merges"] = True
    extended = Tokenizer.from_str(json.dumps(layout))
    extended.no_truncation()
    extended.no_padding()
    extended.encode_special_tokens = True
    pieces = ((marks.end,), *(_pieces(tokenizer, word) for word in words))  # the end parts things, as ##! does
    return AdVocabulary(extended, base_size, tokens, pieces, tuple(words), marks)


def _check_words(tokenizer: Any, kind: str, vocabulary: Mapping[str, int], words: Sequence[str]) -> None:
    if SEPARATORS[kind] in vocabulary:
        raise InputError(f"The tokenizer has {SEPARATORS[kind]!r} already; give the base tokenizer.")
    if len(set(words)) < len(words):
        twice = next(word for word, count in Counter(words).items() if count > 1)
        raise InputError(f"The word {twice!r} is given twice; give each word once.")
    for word in words:
        if entry_of(tokenizer, word) in vocabulary:
            raise InputError(f"The word {word!r} is in the vocabulary already; leave it out.")
        if count_words(tokenizer, [word]) != Counter([word]):
            raise InputError(f"{word!r} is not one word to the tokenizer; give words as learn_ad_words does.")


def _pieces(tokenizer: Any, word: str) -> tuple[int, ...]:
    return tuple(tokenizer.encode(word, add_special_tokens=False).ids)
