"""Which pairs the agreement head learns from, and which texts are no negatives of a picture."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import torch
from helpers.pictures import picture
from helpers.planted_pairs import planted_pairs

from adlab.data.fashion import Product
from adlab.simulator.plan import plan_ad
from adlab.training.agreement_data import (
    SILENT,
    PairSource,
    ad_source,
    distinct_products,
    photo_source,
    products_as_source,
)
from adlab.training.focal import PairFeatures

HEADER = "id,gender,masterCategory,subCategory,articleType,baseColour,season,year,usage,productDisplayName\n"


def features(count: int, texts: int = 1) -> PairFeatures:
    return PairFeatures(torch.zeros(count, 4), torch.zeros(count, texts, 3))


def test_a_text_fits_every_picture_it_does_not_contradict_and_a_silent_one_more_of_them():
    shown = np.array([[0, 1], [0, 2], [5, 1]])
    said = np.array([[[0, 1]], [[0, SILENT]], [[5, 1]]])
    source = PairSource(name="ads", features=features(3), rows={}, shown=shown, said=said)
    fitting = source.fitting(np.array([0, 1, 2]), np.zeros(3, dtype=int))
    assert fitting.tolist() == [[True, True, False], [False, True, False], [False, False, True]]


def test_the_text_asked_about_is_the_one_that_was_drawn():
    source = PairSource(
        name="ads",
        features=features(2, 2),
        rows={},
        shown=np.array([[0], [1]]),
        said=np.array([[[0], [SILENT]], [[1], [SILENT]]]),
    )
    assert source.fitting(np.array([0, 1]), np.array([0, 1])).tolist() == [[True, True], [False, True]]


def test_a_caption_fits_its_own_photo_alone(tmp_path):
    source = photo_source(planted_pairs(tmp_path))
    rows, texts = np.array([3, 3, 8]), np.array([0, 1, 1])
    assert source.fitting(rows, texts).tolist() == [[True, True, False], [True, True, False], [False, False, True]]


def test_titles_of_one_type_colour_and_gender_fit_each_other_s_pictures():
    same = {"article_type": "Shirts", "base_colour": "Blue", "gender": "Men"}
    products = [
        Product(product_id="1", title="One", **same),
        Product(product_id="2", title="Two", **same),
        Product(product_id="3", title="Three", **(same | {"base_colour": "Red"})),
    ]
    source = products_as_source(products, features(3))
    assert source.fitting(np.arange(3), np.zeros(3, dtype=int)).tolist() == [
        [True, True, False],
        [True, True, False],
        [False, False, True],
    ]
    assert source.topic is not None
    assert len(set(source.topic)) == 1
    assert sorted(np.concatenate(list(source.rows.values()))) == [0, 1, 2]


def test_a_picture_stands_on_one_side_of_the_split_even_if_two_products_share_it(tmp_path):
    (tmp_path / "images").mkdir()
    for name, seed in (("1", 0), ("2", 0), ("3", 1), ("4", 2)):
        picture(seed).save(tmp_path / "images" / f"{name}.jpg")
    rows = "".join(
        f"{i},Men,Apparel,Topwear,Shirts,Blue,Fall,2011,Casual,{t}\n" for i, t in zip("1234", "ABC ", strict=True)
    )
    (tmp_path / "styles.csv").write_text(HEADER + rows, encoding="utf-8")
    assert [product.product_id for product in distinct_products(tmp_path)] == ["1", "3"]


def test_only_ads_that_do_not_contradict_themselves_are_learned_from():
    plans = tuple(plan_ad(7, index) for index in range(40))
    assert {plan.factors.agreement for plan in plans} == {0.0, 0.4, 0.8, 1.0}
    everything = SimpleNamespace(
        plans=plans, features=features(40), rows={"train": np.arange(30), "test": np.arange(30, 40)}
    )
    source = ad_source(everything, 3)
    assert source.features.image.shape == (40, 3)
    for part, rows in everything.rows.items():
        assert [row for row in rows if plans[row].factors.agreement >= 0.8] == source.rows[part].tolist()


def test_copy_that_is_silent_about_colour_fits_every_colour_of_the_product():
    plans = tuple(plan_ad(7, index) for index in range(400))
    source = ad_source(SimpleNamespace(plans=plans, features=features(400), rows={"train": np.arange(400)}), 4)
    rows = source.rows["train"]
    fitting = source.fitting(rows, np.zeros(len(rows), dtype=int)).numpy()
    kinds = np.array([plans[row].factors.kind for row in rows])
    colours = np.array([plans[row].factors.colour for row in rows])
    silent = np.array([not plans[row].factors.copy_colour for row in rows])
    expected = (kinds[:, None] == kinds[None]) & (silent[None] | (colours[:, None] == colours[None]))
    np.testing.assert_array_equal(fitting, expected)
    assert (fitting.sum(axis=0)[silent] > 1).any()
