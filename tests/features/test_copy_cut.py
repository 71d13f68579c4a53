"""Words that AdsCVLR does not read, against the row that it does read."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adlab.data.creative import Creative
from adlab.encoders.text import load_minilm
from adlab.features.ad_vocabulary import extend
from adlab.features.copy_cut import CutField, cut_fields
from adlab.features.query_ad_tokens import FIELDS, QueryAdTokenizer, TokenLimits

VOCABULARY = extend(load_minilm().wordpieces(), ["faucet"])
SHIPPED = QueryAdTokenizer(VOCABULARY, TokenLimits(total=64, description=32))


def ad(**fields):
    return Creative(**{"query": "red shoe"} | fields)


def test_copy_that_fits_is_not_cut():
    assert cut_fields(SHIPPED, ad(title="Light running shoe", description="fast " * 32)) == ()
    assert cut_fields(SHIPPED, ad()) == ()


def test_the_33rd_word_of_a_description_is_not_read():
    assert cut_fields(SHIPPED, ad(title="Shoe", description="fast " * 33)) == (CutField("description", 32, 33),)


def test_a_long_title_leaves_no_room_for_brand_and_description():
    # [CLS] and [SEP], two words of query, a mark: 59 of 64 are left for the title.
    cut = cut_fields(SHIPPED, ad(title="air " * 70, brand="nike", description="fast " * 3))
    assert cut == (CutField("title", 59, 70), CutField("brand", 0, 1), CutField("description", 0, 3))


def test_a_word_that_is_read_in_part_counts_as_read():
    tokenizer = QueryAdTokenizer(VOCABULARY, TokenLimits(total=64, description=1))
    assert len(VOCABULARY.tokenizer.encode("unbelievableness", add_special_tokens=False).ids) > 1
    assert cut_fields(tokenizer, ad(description="unbelievableness")) == ()
    assert cut_fields(tokenizer, ad(description="unbelievableness now")) == (CutField("description", 1, 2),)


def test_an_end_that_has_no_tokens_is_not_cut_off():
    assert VOCABULARY.tokenizer.encode("\u200b", add_special_tokens=False).ids == []
    assert cut_fields(SHIPPED, ad(title="Shoe \u200b")) == ()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 60), min_size=5, max_size=5), st.integers(2, 80))
def test_what_is_not_cut_is_all_in_the_row(counts, total):
    texts = {name: "shoe " * count for name, count in zip(FIELDS, counts, strict=True)} | {"category": "x"}
    pair = Creative(**texts)
    tokenizer = QueryAdTokenizer(VOCABULARY, TokenLimits(total=total, description=32))
    (row,) = tokenizer.tokens([pair])
    read = int((row.ids == VOCABULARY.tokenizer.token_to_id("shoe")).sum())
    assert sum(counts) - read == sum(field.words - field.read for field in cut_fields(tokenizer, pair))


@pytest.mark.parametrize("word", ["shoe", "cut,off", "кроссовки", "50%"])
def test_words_read_and_words_cut_add_up(word):
    (cut,) = cut_fields(SHIPPED, ad(title="Shoe", description=f"{word} " * 50))
    assert cut.words == 50
    assert 0 < cut.read < 50
