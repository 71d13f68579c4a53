"""What heads need, and what is said of an ad that lacks it."""

from __future__ import annotations

import itertools

import pytest
from helpers.pictures import picture

from adlab.cli.heads import HEADS
from adlab.data.creative import Creative
from adlab.data.image_intake import AdImage
from adlab.data.modalities import BASES, Mode
from adlab.inference.needs import NEEDS, WORDS, lacks, missing, parts_lacking


def ads():
    """Every mixture of picture, copy and query that is an ad at all."""
    for image, title, query in itertools.product([True, False], repeat=3):
        if image or title or query:
            yield Creative(
                image=AdImage.from_pixels(picture(0)) if image else None,
                title="Red shoes" if title else "",
                query="shoes" if query else "",
            )


def test_every_head_of_the_contract_but_those_to_come_has_its_needs():
    assert set(NEEDS) == set(HEADS) - {"headline"}


@pytest.mark.parametrize(
    ("head", "scored"),
    [
        ("agreement", lambda image, copy, query: image and copy),
        ("conversion", lambda image, copy, query: image and copy),
        ("appeal", lambda image, copy, query: image),
        ("ctr", lambda image, copy, query: image),
        ("relevance", lambda image, copy, query: query and (image or copy)),
        ("funnel", lambda image, copy, query: image or copy),
    ],
)
def test_a_head_lacks_nothing_exactly_when_its_needs_are_met(head, scored):
    for ad in ads():
        assert (not lacks(ad, head)) == bool(scored(ad.image is not None, bool(ad.copy), bool(ad.query)))


def test_everything_that_is_lacking_is_named_in_the_order_of_the_needs():
    ad = Creative(seller="Acme")
    assert missing(ad, "relevance") == (
        "Needs a query and an image or a title or description; this ad lacks a query and an image or a title or "
        "description."
    )
    assert missing(Creative(query="shoes"), "appeal") == "Needs an image; this ad lacks an image."


def test_every_head_that_answers_by_words_alone_says_which_words():
    assert set(WORDS) == {head for head, basis in BASES.items() if basis.text_only}


@pytest.mark.parametrize(
    ("head", "words", "fields", "said"),
    [
        ("relevance", "", {}, "This ad has neither title, seller, brand nor description."),
        ("relevance", "", {"brand": "Acme"}, None),
        ("conversion", "Big sale", {"brand": "Acme"}, "This ad has neither title nor description."),
        ("funnel", "Big sale", {"title": "Shoes"}, None),
        ("appeal", "", {"title": "Shoes"}, "This ad has no words in its picture."),
        ("appeal", None, {"title": "Shoes"}, "The words in its picture were not read."),
        ("appeal", "Big sale", {}, None),
        ("ctr", None, {}, "The words in its picture were not read."),
        ("ctr", None, {"title": "Shoes"}, None),
        ("ctr", "", {}, "This ad has neither copy nor words in its picture."),
    ],
)
def test_words_that_an_ad_lacks_for_an_answer_by_words_alone_are_named(head, words, fields, said):
    ad = Creative(image=AdImage.from_pixels(picture(0)), **fields)
    assert parts_lacking(ad, words, head) == ({} if said is None else {Mode.TEXT_ONLY: said})


def test_an_ad_without_a_picture_lacks_it_and_never_has_unread_words():
    assert parts_lacking(Creative(title="Shoes"), None, "ctr") == {Mode.IMAGE_ONLY: "This ad has no picture."}
    found = parts_lacking(Creative(query="shoes"), None, "appeal")
    assert found[Mode.TEXT_ONLY] == "This ad has no words in its picture."
