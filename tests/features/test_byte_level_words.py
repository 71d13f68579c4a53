"""Ad words and rows of tokens on byte-level BPE, RoBERTa's tokenizer."""

from __future__ import annotations

import json

import pytest
from helpers.tiny_roberta import COPY, tokenizer
from tokenizers import Tokenizer

from adlab.data.creative import Creative
from adlab.encoders.bert_files import plain_copy
from adlab.errors import InputError
from adlab.features.ad_vocabulary import AdVocabularyConfig, extend, learn_ad_words
from adlab.features.query_ad_tokens import QueryAdTokenizer, TokenLimits

MARKED = "[ ##! ]"


@pytest.fixture(scope="module")
def base():
    return plain_copy(tokenizer()._tokenizer)


@pytest.fixture(scope="module")
def vocabulary(base):
    return extend(base, [" Bluetooth", "Bluetooth", " café"])


def pieces(tokens, text):
    return tokens.encode(text, add_special_tokens=False).tokens


def test_words_are_learned_with_their_space_and_case_and_ranked_by_what_they_save(base):
    copy = ["buy Bluetooth", "the Bluetooth", "Bluetooth shoe", "a faucet", "50% 100 !!!", "a café"]
    words = learn_ad_words(base, copy, AdVocabularyConfig(min_count=1, min_pieces=4))
    cost = {word: len(pieces(base, word)) - 1 for word in words}
    assert set(words) == {" Bluetooth", "Bluetooth", " faucet", " café"}
    assert words[0] == " Bluetooth"
    assert cost[" Bluetooth"] * 2 > cost["Bluetooth"]
    assert learn_ad_words(base, copy, AdVocabularyConfig(min_count=2, min_pieces=4)) == (" Bluetooth",)


def test_added_words_are_one_token_and_base_tokens_keep_their_ids(base, vocabulary):
    for entry, number in base.get_vocab(with_added_tokens=True).items():
        assert vocabulary.tokenizer.token_to_id(entry) == number
    size = vocabulary.base_size
    assert size == base.get_vocab_size() == vocabulary.separator_id
    assert vocabulary.words == (" Bluetooth", "Bluetooth", " café")
    coded = vocabulary.tokenizer.encode("Bluetooth Bluetooth café bluetooth", add_special_tokens=False).ids
    assert coded[:3] == [size + 2, size + 1, size + 3]
    assert max(coded[3:]) < size, "another spelling is no ad word"
    assert vocabulary.pieces[1] == tuple(base.encode(" Bluetooth", add_special_tokens=False).ids)
    assert vocabulary.pieces[0] == (base.token_to_id("</s>"),)


def test_text_without_ad_words_is_spelled_as_before(base, vocabulary):
    for text in [*COPY, "Running-shoes, 50% off! – it's cafés’", " two  spaces", "BLUETOOTHS"]:
        assert pieces(vocabulary.tokenizer, text) == pieces(base, text)


def test_the_marks_are_the_tokenizers_own(base, vocabulary):
    names = ("<s>", "</s>", "<mask>", "<pad>")
    assert vocabulary.marks == tuple(base.token_to_id(name) for name in names) == (0, 2, 4, 1)


def test_copy_cannot_forge_a_mark(vocabulary):
    for text in (f"a {MARKED} [##!] <s> </s> <mask> <pad> [ĠĠ##!Ġ]", "[##!]", MARKED, "[Ġ##!Ġ]", "<s>"):
        ids = vocabulary.tokenizer.encode(text, add_special_tokens=False).ids
        assert not {vocabulary.separator_id, *vocabulary.marks} & set(ids), text


def test_a_mark_outside_the_models_vocabulary_keeps_its_id(base):
    layout = json.loads(base.to_str())
    last = max(layout["model"]["vocab"].values())
    moved = {entry: number for entry, number in layout["model"]["vocab"].items() if entry != "<mask>"}
    swapped = next(entry for entry, number in moved.items() if number == last)
    layout["model"]["vocab"] = {entry: 4 if entry == swapped else number for entry, number in moved.items()}
    layout["added_tokens"] = [
        mark | ({"id": last} if mark["content"] == "<mask>" else {}) for mark in layout["added_tokens"]
    ]
    outside = plain_copy(Tokenizer.from_str(json.dumps(layout)))
    assert outside.token_to_id("<mask>") == last
    found = extend(outside, [" Bluetooth"])
    assert (found.marks.mask, found.tokenizer.token_to_id("<mask>")) == (last, last)
    assert found.tokenizer.encode("a Bluetooth", add_special_tokens=False).ids[-1] == last + 2


@pytest.mark.parametrize(
    ("words", "named"),
    [([" red"], "' red' is in the vocabulary"), (["two words"], "one word"), ([" a-b"], "one word")],
)
def test_words_that_cannot_be_added_are_refused(base, words, named):
    with pytest.raises(InputError, match=named):
        extend(base, words)


def test_another_kind_of_tokenizer_is_refused(base):
    from tokenizers.models import Unigram

    with pytest.raises(InputError, match="neither WordPiece nor byte-level BPE"):
        extend(Tokenizer(Unigram([("<unk>", 0.0)], 0, False)))
    layout = json.loads(base.to_str())
    layout["pre_tokenizer"] = {"type": "Whitespace"}
    with pytest.raises(InputError, match="pre-tokenizer Whitespace"):
        extend(Tokenizer.from_str(json.dumps(layout)))


def test_a_row_has_the_marks_of_the_tokenizer_and_the_fields_in_their_order(vocabulary):
    rows = QueryAdTokenizer(vocabulary)
    (row,) = rows.tokens([Creative(query="red lamp", title="the Bluetooth", description="buy")])
    names = [vocabulary.tokenizer.id_to_token(int(number)) for number in row.ids]
    assert (names[0], names[-1]) == ("<s>", "</s>")
    assert [name for name in names if name in (MARKED, "ĠBluetooth")] == [MARKED, "ĠBluetooth", *[MARKED] * 3]
    assert row.segments.tolist().count(0) == 1 + len(pieces(vocabulary.tokenizer, "red lamp"))


@pytest.mark.parametrize("trims", [True, False])
def test_spans_name_the_word_behind_the_space_that_its_token_begins_with(base, vocabulary, trims):
    layout = json.loads(base.to_str())
    layout["post_processor"] = None  # nothing then takes the space off the token's place in the text
    untrimmed = extend(plain_copy(Tokenizer.from_str(json.dumps(layout))), vocabulary.words)
    rows = QueryAdTokenizer(vocabulary if trims else untrimmed, TokenLimits(total=40))
    pair = Creative(query="red lamp", title="buy the Bluetooth lamp")
    spans = rows.spans(pair)
    assert len(spans) == len(rows.tokens([pair])[0].ids)
    (found,) = [span for span in spans if pair.title[span.start : span.end] == "Bluetooth" and span.field == "title"]
    assert found.word == 2
    assert [span.word for span in spans if span.field == "query"][-1] == 1
    assert all(pair.title[span.start] != " " for span in spans if span.field == "title" and span.end > span.start)
