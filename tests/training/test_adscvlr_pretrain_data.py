"""Pairs of pre-training: what belongs together, and nothing that people judged by its picture."""

from __future__ import annotations

from pathlib import Path

from adlab.data.fashion import Fashion, Product
from adlab.data.flickr8k import Flickr8k
from adlab.data.relevance import RelevancePair, RelevanceSet
from adlab.simulator.plan import plan_ad
from adlab.training.adscvlr_pretrain_data import (
    AGREES,
    captioned_photos,
    category_ids,
    fashion_products,
    simulated_ads,
    texts_alone,
)


def pair(**fields) -> RelevancePair:
    return RelevancePair(**({"query": "shoe", "grade": 3, "labels": "rule", "source": "fashion"} | fields))


def test_only_products_that_fit_in_every_respect_belong_to_their_picture():
    data = RelevanceSet(
        (
            pair(title="red shoe", image="a", product="1"),
            pair(title="blue shoe", image="b", product="2", grade=2),
            pair(title="green shoe", image="c", product="3"),
            pair(title="a lamp", image="d", product="1", source="other"),
        )
    )
    found = fashion_products(data, Fashion((Product(product_id="1", title="x", article_type="Shoes"),), ()))
    assert [(each.title, each.category) for each in found] == [("red shoe", "fashion:Shoes"), ("green shoe", "")]


def test_captions_come_two_by_two_from_the_part_asked_for():
    captions = {"a.jpg": ("one", "two", "three"), "b.jpg": ("four", "five")}
    data = Flickr8k(Path(), ("a.jpg", "b.jpg"), captions, {"a.jpg": "train", "b.jpg": "test"}, ())
    found = captioned_photos(data)
    assert [(each.query, each.title) for each in found] == [("one", "two"), ("three", "")]
    assert {each.image for each in found} == {"flickr8k:a.jpg"}


def test_simulated_copy_contradicts_no_picture():
    plans = [plan_ad(3, index) for index in range(60)]
    kept = {each.image for each in simulated_ads(plans)}
    assert 0 < len(kept) < 60
    assert kept == {f"simulated:{plan.ad_id}" for plan in plans if plan.factors.agreement >= AGREES}


def test_texts_come_once_and_judged_pictures_never():
    data = RelevanceSet(
        (
            pair(title="drill", source="homedepot"),
            pair(title="drill", source="homedepot", grade=0),
            pair(image="flickr8k:a.jpg", source="flickr8k-experts"),
        )
    )
    assert [(each.source, each.title, each.image) for each in texts_alone(data)] == [("homedepot", "drill", "")]


def test_categories_are_numbered_in_order_and_unknown_ones_have_no_number():
    data = RelevanceSet((pair(title="a", image="x", product="1"), pair(title="b", image="y", product="2")))
    products = tuple(Product(product_id=n, title="t", article_type=kind) for n, kind in (("1", "Tops"), ("2", "")))
    assert category_ids(fashion_products(data, Fashion(products, ()))) == {"fashion:Tops": 0}
