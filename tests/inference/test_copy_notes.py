"""What is said of copy before any score of it: other languages, and ends that nothing reads."""

from __future__ import annotations

import numpy as np
import pytest

from adlab.encoders.text import MINILM_MAX_TOKENS, load_minilm
from adlab.inference.copy_notes import NOT_ENGLISH, copy_notes

PIECES = MINILM_MAX_TOKENS - 2  # [CLS] and [SEP] take two places


@pytest.fixture(scope="module")
def encoder():
    return load_minilm()


@pytest.mark.parametrize(
    ("copy", "notes"),
    [
        ("", ()),
        ("A bag for the city and the road", ()),
        (" ".join(["bag"] * PIECES), ()),
        ("die Tasche mit dem Gutschein und der Kollektion", (NOT_ENGLISH,)),
    ],
)
def test_nothing_is_said_of_english_copy_that_is_read_to_its_end(encoder, copy, notes):
    assert copy_notes(copy, encoder) == notes


@pytest.mark.parametrize("further", [1, 1000])
def test_copy_whose_end_is_not_read_says_how_far_it_is(encoder, further):
    (note,) = copy_notes(" ".join(["bag"] * (PIECES + further)), encoder)
    assert f"no more than the first {PIECES} of its {PIECES + further:,} words." in note


def test_what_lies_behind_the_words_read_changes_nothing_and_what_lies_before_does(encoder):
    text = " ".join(["handmade", "leather", "bags"] * 100)
    read = encoder.words_read(text)
    words = text.split()
    with_other_end = " ".join([*words[:read], *["boats"] * 50])
    with_other_last = " ".join([*words[: read - 1], "boats", *words[read:]])
    same, end, last = encoder.encode([text, with_other_end, with_other_last])
    assert np.allclose(same, end, atol=1e-6)
    assert not np.allclose(same, last, atol=1e-4)


def test_a_word_of_which_only_the_beginning_is_read_counts_as_read(encoder):
    text = " ".join([*["bag"] * (PIECES - 1), "unbelievability", "bag"])
    assert encoder.words_read(text) == PIECES
