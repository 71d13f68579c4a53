from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from adlab.data.creative import Creative
from adlab.data.relevance import RelevancePair
from adlab.encoders.text import load_minilm
from adlab.errors import ConfigError
from adlab.features.ad_vocabulary import extend
from adlab.features.query_ad_tokens import FIELDS, QueryAdTokenizer, TokenLimits, pair_inputs
from adlab.models.pair_inputs import InputMode, check_pair_inputs
from adlab.models.visual_embedders import Regions, grid_boxes

VOCABULARY = extend(load_minilm().wordpieces(), ["faucet"])
WHOLE = QueryAdTokenizer(VOCABULARY)


def ad(query="red shoe", **fields):
    return Creative(query=query, **fields)


def words_of(pair, tokenizer=WHOLE):
    (row,) = tokenizer.tokens([pair])
    return [VOCABULARY.tokenizer.id_to_token(int(i)) for i in row.ids]


def test_fields_stand_in_their_order_with_a_mark_before_each():
    pair = ad(title="Nike Air", seller="Shop", brand="Nike", description="Light and fast")
    assert " ".join(words_of(pair)) == (
        "[CLS] red shoe [##!] nike air [##!] shop [##!] nike [##!] light and fast [SEP]"
    )
    (row,) = WHOLE.tokens([pair])
    assert row.segments.tolist() == [0, 0, 0, *[1] * 12]


def test_an_empty_field_leaves_its_mark_and_marks_behind_the_last_text_are_left_out():
    row = " ".join(words_of(ad(title="Air", description="Fast")))
    assert row == "[CLS] red shoe [##!] air [##!] [##!] [##!] fast [SEP]"
    assert " ".join(words_of(ad(title="Air"))) == "[CLS] red shoe [##!] air [SEP]"
    assert " ".join(words_of(ad("", title="Air"))) == "[CLS] [##!] air [SEP]"


def test_without_ad_text_there_is_only_the_query():
    assert words_of(ad()) == ["[CLS]", "red", "shoe"]


def test_image_only_of_a_pair_is_the_pair_without_its_ad_text():
    whole = pair_inputs(WHOLE.tokens([ad(title="Air"), ad("tall red shoe", description="Fast")]))
    bare = pair_inputs(WHOLE.tokens([ad(), ad("tall red shoe")]))
    seen = whole.in_mode(InputMode.IMAGE_ONLY)
    assert torch.equal(seen.token_mask, bare.token_mask)
    assert torch.equal(seen.token_ids[seen.token_mask], bare.token_ids[bare.token_mask])


def test_a_graded_pair_and_a_creative_give_the_same_row():
    pair = RelevancePair(query="red shoe", title="Air", brand="Nike", grade=1, labels="human", source="s")
    assert words_of(pair) == words_of(ad(title="Air", brand="Nike"))


LONG = {"title": "air " * 40, "seller": "shop " * 10, "brand": "nike " * 10, "description": "fast " * 200}


@pytest.mark.parametrize(
    ("total", "kept"),
    [
        (152, (2, 40, 10, 10, 84)),  # 1 + 2 + 4 marks + 60 + 84 + 1
        (70, (2, 40, 10, 10, 2)),
        (68, (2, 40, 10, 10, 0)),  # the description's mark goes with it: one place is over
        (66, (2, 40, 10, 9, 0)),
        (60, (2, 40, 10, 3, 0)),
        (50, (2, 40, 4, 0, 0)),
        (20, (2, 15, 0, 0, 0)),
        (3, (2, 0, 0, 0, 0)),
        (2, (1, 0, 0, 0, 0)),
    ],
)
def test_the_description_is_cut_first_and_the_query_last(total, kept):
    tokenizer = QueryAdTokenizer(VOCABULARY, TokenLimits(total=total))
    spans = tokenizer.spans(ad(**LONG))
    assert tuple(sum(span.field == name for span in spans) for name in FIELDS) == kept
    assert len(words_of(ad(**LONG), tokenizer)) == len(spans) <= total


def test_training_cuts_descriptions_to_their_own_limit():
    tokenizer = QueryAdTokenizer(VOCABULARY, TokenLimits(description=32))
    spans = tokenizer.spans(ad(title="Air", description="fast " * 90))
    assert sum(span.field == "description" for span in spans) == 32


TEXT = st.text(st.sampled_from("ab Café#![]-é東 "), max_size=60)


@settings(max_examples=60, deadline=None)
@given(TEXT, TEXT, TEXT, TEXT, TEXT, st.integers(2, 152))
def test_no_row_is_longer_than_the_limit_and_spans_fit_it(query, title, seller, brand, description, total):
    pair = ad(query or "q", title=title, seller=seller, brand=brand, description=description)
    tokenizer = QueryAdTokenizer(VOCABULARY, TokenLimits(total=total))
    (row,) = tokenizer.tokens([pair])
    spans = tokenizer.spans(pair)
    assert len(row.ids) == len(row.segments) == len(spans) <= total
    for token, segment, span in zip(row.ids, row.segments, spans, strict=True):
        if span.field:
            assert segment == (span.field != "query")
            assert token != VOCABULARY.separator_id, "copy cannot forge a mark"
            assert 0 <= span.start < span.end <= len(getattr(pair, span.field))


def test_spans_tell_word_and_characters_of_every_token():
    pair = ad("Faucet Café", title="T-Shirt, tshirts")
    found = [(getattr(pair, s.field)[s.start : s.end], s.word) if s.field else None for s in WHOLE.spans(pair)]
    words = ["Faucet", "Café", "T-Shirt,", "tshirts"]
    assert found[:4] == [None, ("Faucet", 0), ("Café", 1), None]
    assert found[4:8] == [("T", 0), ("-", 0), ("Shirt", 0), (",", 0)]
    assert "".join(text for text, word in found[8:-1]) == "tshirts"
    assert {word for _, word in found[8:-1]} == {1}
    assert len(words) == 4
    assert found[-1] is None


def test_a_batch_is_padded_to_its_longest_row_and_no_further():
    rows = WHOLE.tokens([ad(), ad(title="Nike Air")])
    batch = pair_inputs(rows)
    check_pair_inputs(batch)
    assert batch.token_ids.shape == (2, 7)
    assert batch.token_mask.sum(dim=1).tolist() == [3, 7]
    assert batch.token_ids[0, :3].tolist() == rows[0].ids.tolist()
    assert batch.segment_ids[0, 3:].tolist() == [0] * 4
    assert not batch.has_image().any()


def test_regions_join_the_batch_with_their_mask():
    boxes = grid_boxes(2, 2).expand(2, -1, -1)
    mask = torch.tensor([[True] * 4, [False] * 4])
    batch = pair_inputs(WHOLE.tokens([ad(), ad()]), Regions(torch.rand(2, 4, 8).half(), boxes, mask, None))
    check_pair_inputs(batch)
    assert batch.regions.dtype == torch.float32
    assert batch.has_image().tolist() == [True, False]


def test_a_row_does_not_depend_on_what_else_is_asked_for():
    pairs = [ad(), ad("blue hat", title="Hat"), ad("red shoe", title="Hat")]
    together = WHOLE.tokens(pairs)
    for pair, row in zip(pairs, together, strict=True):
        np.testing.assert_array_equal(WHOLE.tokens([pair])[0].ids, row.ids)


def test_limits_outside_their_range_and_empty_batches_are_refused():
    with pytest.raises(ConfigError, match="total is 153"):
        TokenLimits(total=153)
    with pytest.raises(ConfigError, match="description is -1"):
        TokenLimits(description=-1)
    with pytest.raises(ConfigError, match="no pairs"):
        pair_inputs([])
