"""Contrasts of colours: what they hold, in which part, and that they are the same again."""

from __future__ import annotations

from itertools import product as combinations

import pytest

from adlab.data.fashion import read_fashion
from adlab.data.fashion_contrasts import colour_contrasts
from adlab.data.fashion_queries import picture_keys
from adlab.data.splits import split_of

HEADER = "id,gender,masterCategory,subCategory,articleType,baseColour,season,year,usage,productDisplayName\n"


@pytest.fixture(scope="module")
def fashion(tmp_path_factory):
    """240 products: gender, type and colour in every combination, ten times; maroon is nearly red and brown."""
    folder = tmp_path_factory.mktemp("fashion")
    (folder / "images").mkdir()
    kinds = combinations(
        ("Men", "Women"), ("Shirts", "Tops"), ("Black", "Blue", "Red", "Maroon", "Brown", "Multi"), range(10)
    )
    rows = []
    for number, (gender, kind, colour, copy) in enumerate(kinds):
        rows.append(f"{number},{gender},X,Topwear,{kind},{colour},,,Casual,Puma {gender} {colour} {kind} {copy}\n")
        (folder / "images" / f"{number}.jpg").write_bytes(str(number).encode())
    (folder / "styles.csv").write_text(HEADER + "".join(rows))
    return read_fashion(folder)


@pytest.mark.parametrize("part", ["train", "test"])
def test_pictures_differ_from_the_right_one_in_colour_alone_and_are_of_the_part(fashion, part):
    found = colour_contrasts(fashion, part, others=3)
    product_of = {key: name for name, key in picture_keys(fashion.products).items()}
    products = {one.product_id: one for one in fashion.products}
    assert len(found) > 10
    for contrast in found:
        assert split_of(contrast.query) == part
        right = products[product_of[contrast.right]]
        assert right.base_colour.lower() in contrast.query.lower()
        assert len(contrast.wrong) == 3
        for key in contrast.wrong:
            wrong = products[product_of[key]]
            assert (wrong.article_type, wrong.gender) == (right.article_type, right.gender)
            assert wrong.base_colour != right.base_colour
            assert split_of(wrong.product_id) == part
            assert "Multi" not in (wrong.base_colour, right.base_colour)  # no plain colour, so nothing is clear
            assert {wrong.base_colour, right.base_colour} not in ({"Maroon", "Red"}, {"Maroon", "Brown"})


def test_draws_are_the_same_again_and_others_with_another_seed(fashion):
    first = colour_contrasts(fashion)
    assert first == colour_contrasts(fashion)
    assert first != colour_contrasts(fashion, seed=1)
    assert len({contrast.query for contrast in colour_contrasts(fashion, queries_per_product=1)}) < len(
        {contrast.query for contrast in first}
    )
