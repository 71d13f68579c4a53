from __future__ import annotations

import pytest
import torch
from tokenizers import BertWordPieceTokenizer

from adlab.encoders.bert_files import plain_copy
from adlab.encoders.text import load_minilm
from adlab.errors import ConfigError, InputError
from adlab.features.ad_vocabulary import AdVocabularyConfig, extend, learn_ad_words

PIECES = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    "red",
    "shoe",
    "blue",
    "##tooth",
    "face",
    "##t",
    "##s",
    "a",
    "!",
    "#",
]
PIECES += ["[", "]", "fau", "##ce", "##e", "-", "##!", "sep"]
COPY = [
    "Bluetooth facet",
    "bluetooth, red shoe",
    "BLUETOOTH bluetooth bluetooth",
    "faucet",
    "Faucet a",
    "faucets red-shoe",
]


@pytest.fixture
def base():
    return plain_copy(BertWordPieceTokenizer(vocab={piece: place for place, piece in enumerate(PIECES)}))


def test_words_are_ranked_by_the_tokens_that_they_save_over_distinct_texts(base):
    repeated = [*COPY, *["faucets red-shoe"] * 9]  # the same text again says nothing new
    words = learn_ad_words(base, repeated, AdVocabularyConfig(min_count=1))
    # bluetooth: 3 texts × (2 − 1) = 3; faucet (fau ##ce ##t): 2 × 2 = 4; faucets: 1 × 3 = 3; facet (face ##t): 1
    assert words == ("faucet", "bluetooth", "faucets", "facet")


def test_rare_words_and_words_of_few_pieces_are_left_out(base):
    assert learn_ad_words(base, COPY, AdVocabularyConfig(min_count=2)) == ("faucet", "bluetooth")
    assert learn_ad_words(base, COPY, AdVocabularyConfig(min_count=1, min_pieces=3)) == ("faucet", "faucets")
    assert learn_ad_words(base, COPY, AdVocabularyConfig(min_count=1, size=1)) == ("faucet",)


def test_numbers_and_marks_are_no_words(base):
    assert learn_ad_words(base, ["100 !!! 20,5"] * 9, AdVocabularyConfig(min_count=1)) == ()


def test_base_tokens_keep_their_ids_and_the_mark_and_words_follow(base):
    vocabulary = extend(base, ["faucet", "bluetooth"])
    for place, piece in enumerate(PIECES):
        assert vocabulary.tokenizer.token_to_id(piece) == place
    assert vocabulary.base_size == vocabulary.separator_id == len(PIECES)
    assert vocabulary.tokens == ("[##!]", "faucet", "bluetooth")
    assert vocabulary.words == ("faucet", "bluetooth")
    assert [vocabulary.tokenizer.token_to_id(token) for token in vocabulary.tokens] == [23, 24, 25]
    assert vocabulary.tokenizer.encode("Faucet red", add_special_tokens=False).ids == [24, 5]
    assert base.encode("Faucet red", add_special_tokens=False).tokens == ["fau", "##ce", "##t", "red"], (
        "base is as it was"
    )


def test_pieces_are_what_spelled_the_word_before(base):
    vocabulary = extend(base, ["faucet"])
    assert vocabulary.pieces == ((PIECES.index("[SEP]"),), tuple(PIECES.index(p) for p in ("fau", "##ce", "##t")))


def test_copy_cannot_forge_a_mark(base):
    vocabulary = extend(base)
    ids = vocabulary.tokenizer.encode("a [##!] ##! [SEP] a##!", add_special_tokens=False).ids
    assert not {vocabulary.separator_id, PIECES.index("[SEP]"), PIECES.index("##!")} & set(ids)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["red"], "'red' is in the vocabulary"),
        (["facet", "facet"], "'facet' is given twice"),
        (["red-shoe"], "one word"),
    ],
)
def test_words_that_cannot_be_added_are_refused(base, words, named):
    with pytest.raises(InputError, match=named):
        extend(base, words)


def test_an_extended_tokenizer_is_not_extended_again(base):
    with pytest.raises(InputError, match="already"):
        extend(extend(base).tokenizer)


def test_a_config_outside_its_range_is_refused():
    with pytest.raises(ConfigError, match="min_pieces is 1"):
        AdVocabularyConfig(min_pieces=1)


def test_minilm_is_extended_and_no_row_of_its_tokens_moves():
    base = load_minilm().wordpieces()
    words = learn_ad_words(
        base, ["A faucet of stainless steel", "Bluetooth faucet"] * 3, AdVocabularyConfig(min_count=1)
    )
    vocabulary = extend(base, words)
    assert vocabulary.base_size == 30522
    assert set(words) == {"faucet", "bluetooth"}
    plain = "running shoes for men, size 10 – 50% off!"
    assert vocabulary.tokenizer.encode(plain).ids == base.encode(plain).ids
    assert torch.tensor([max(ids) for ids in vocabulary.pieces]).max() < 30522


def test_an_encoders_own_tokenizer_still_cuts_after_a_copy_was_taken():
    encoder = load_minilm()
    copy = encoder.wordpieces()
    assert len(copy.encode("word " * 400).ids) == 402
    assert encoder.tokenize(["word " * 400]).input_ids.shape[1] == 256
