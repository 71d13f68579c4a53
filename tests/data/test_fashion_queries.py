from __future__ import annotations

from itertools import product as combinations

import numpy as np
import pytest

from adlab.data.fashion import Product, read_fashion
from adlab.data.fashion_colour_test import colour_test
from adlab.data.fashion_queries import draw_ask, fashion_pairs
from adlab.data.fashion_rule import Ask, grade_of
from adlab.data.fashion_words import brand_of, clearly_other, names_a_colour, without_colours, wording
from adlab.data.splits import split_of

HEADER = "id,gender,masterCategory,subCategory,articleType,baseColour,season,year,usage,productDisplayName\n"
TYPES = (("Topwear", "Shirts", "Shirt"), ("Topwear", "Tops", "Top"), ("Shoes", "Formal Shoes", "Shoe"))


@pytest.fixture(scope="module")
def fashion(tmp_path_factory):
    """360 products: brand, gender, type and colour in every combination; two pictures are the same file."""
    folder = tmp_path_factory.mktemp("fashion")
    (folder / "images").mkdir()
    rows = []
    kinds = combinations(
        ("Puma", "Red Tape"), ("Men", "Women"), TYPES, ("Black", "White", "Blue", "Red", "Green"), range(6)
    )
    for number, (brand, gender, (category, kind, noun), colour, copy) in enumerate(kinds):
        rows.append(
            f"{number},{gender},X,{category},{kind},{colour},,,Casual,{brand} {gender} {colour} {noun} {copy}\n"
        )
        (folder / "images" / f"{number}.jpg").write_bytes(str(number).encode())
    train = next(str(n) for n in range(360) if split_of(str(n)) == "train")
    test = next(str(n) for n in range(360) if split_of(str(n)) == "test")
    (folder / "images" / f"{train}.jpg").write_bytes((folder / "images" / f"{test}.jpg").read_bytes())
    (folder / "styles.csv").write_text(HEADER + "".join(rows))
    return read_fashion(folder)


@pytest.fixture(scope="module")
def made(fashion):
    return fashion_pairs(fashion)


def item(**fields):
    given = {"product_id": "1", "title": "Puma Men Red Shirt", "gender": "Men", "sub_category": "Topwear"}
    return Product(**given | {"article_type": "Shirts", "base_colour": "Red", "usage": "Formal"} | fields)


FULL = Ask(noun="Shirts", sub_category="Topwear", colour="Red", gender="Men", brand="Puma", usage="Formal")


@pytest.mark.parametrize(
    ("product", "grade"),
    [
        (item(), 3),
        (item(base_colour="Blue"), 2),
        (item(gender="Women"), 2),
        (item(gender="Unisex"), 3),
        (item(base_colour="Blue", gender="Women"), 1),
        (item(base_colour="Blue", gender="Women", usage="Casual"), 1),
        (item(article_type="Tops"), 1),
        (item(article_type="Tops", base_colour="Blue"), 0),
        (item(article_type="Heels", sub_category="Shoes"), 0),
        (item(base_colour="Maroon"), None),
        (item(title="Shirt"), None),
        (item(article_type="Tops", base_colour="Maroon"), None),
        (item(article_type="Tops", base_colour="Maroon", gender="Women"), 0),
    ],
)
def test_the_rule_grades_as_its_table_says(product, grade):
    assert grade_of(FULL, product, product.base_colour) == grade


def test_the_colour_is_the_pictures():
    assert grade_of(FULL, item(base_colour="Blue"), "Red") == 3
    assert grade_of(FULL, item(), "Blue") == 2


def test_every_pair_has_the_grade_that_the_data_says(fashion, made):
    """Holds grades against the products themselves, by the words of query and title."""
    colour_of_picture = {}
    content = [product.image.read_bytes() for product in fashion.products]
    for key, file in made.data.files.items():
        shown = {
            p.base_colour.lower() for p, c in zip(fashion.products, content, strict=True) if c == file.read_bytes()
        }
        colour_of_picture[key] = shown.pop() if len(shown) == 1 else None  # one file, two products
    pairs = [pair for pair in made.data.pairs if colour_of_picture[pair.image]]
    assert len(pairs) > 500
    for pair in pairs:
        asked = [
            c for c in ("black", "white", "blue", "red", "green") if c in pair.query.replace("red tape", "").split()
        ]
        fits_colour = not asked or colour_of_picture[pair.image] == asked[0]
        if pair.grade == 3:
            assert fits_colour, pair
        if pair.grade == 2 and "tape" not in pair.query and "puma" not in pair.query and "men" not in pair.query:
            assert not fits_colour or "ladies" in pair.query, pair


def test_labels_are_rule_made_and_all_grades_occur(made):
    assert made.data.labels == {"rule"}
    assert set(made.data.grades.tolist()) == {0, 1, 2, 3}


def test_no_query_product_or_picture_is_in_two_parts(made):
    assert set(made.parts) == {"train", "dev", "test", ""}, "the shared picture is left out of train"
    for unit in ("query", "product", "image"):
        found = {}
        for name, part in zip(made.data.units(unit), made.parts, strict=True):
            if part:
                found.setdefault(name, set()).add(part)
        assert all(len(parts) == 1 for parts in found.values())


def test_products_are_in_the_part_of_their_id(made):
    for pair, part in zip(made.data.pairs, made.parts, strict=True):
        assert part in ("", split_of(pair.product))


def test_hidden_colours_are_in_no_title_and_each_text_stands_beside_both_pictures(made):
    hidden = [pair for pair in made.data.pairs if pair.only_in_image]
    assert len(hidden) > 100
    assert not any(names_a_colour(f"{pair.title} {pair.brand}") for pair in hidden)
    swapped = {}
    for pair in hidden:
        swapped.setdefault((pair.query, pair.product), set()).add(pair.grade)
    assert sum(grades == {2, 3} for grades in swapped.values()) > 30


def test_the_same_data_gives_the_same_pairs_and_another_seed_others(fashion, made):
    assert fashion_pairs(fashion).data.pairs == made.data.pairs
    assert fashion_pairs(fashion, seed=1).data.pairs != made.data.pairs


def test_more_queries_can_be_made_around_each_product(fashion, made):
    assert len(fashion_pairs(fashion, queries_per_product=3).data) > 2 * len(made.data)


def test_colour_test_holds_one_query_and_text_against_two_pictures(fashion):
    found = colour_test(fashion, "train")
    assert len(found.right) == len(found.wrong) > 100
    own_text = 0
    for right, wrong in zip(found.right.pairs, found.wrong.pairs, strict=True):
        assert (right.query, right.title, right.brand) == (wrong.query, wrong.title, wrong.brand)
        assert right.image != wrong.image
        assert (right.grade, wrong.grade) == (3, 2)
        assert not names_a_colour(right.title)
        own_text += found.right.files[right.image].stem == right.product
    share = own_text / len(found.right)
    assert 0.4 < share < 0.6, "the text is the right product's as often as the wrong one's"


def test_colour_test_uses_queries_and_products_of_its_part_only(fashion):
    for part in ("dev", "test"):
        found = colour_test(fashion, part)
        assert len(found.right) > 0
        assert {split_of(pair.product) for pair in found.right.pairs} == {part}
        assert {split_of(pair.query) for pair in found.right.pairs} == {part}


@pytest.mark.parametrize(
    ("title", "left"),
    [
        ("Puma Men Navy Blue & White Shirt", "Puma Men Shirt"),
        ("Red Tape Men Off White T-Shirt", "Tape Men T-Shirt"),
        ("Fred Perry Men Shirt", "Fred Perry Men Shirt"),
        ("Casio Men Blue/Black Watch G-100", "Casio Men Watch G-100"),
        ("Skin Care Cream", "Skin Care"),
    ],
)
def test_colour_words_are_taken_out_whole(title, left):
    assert without_colours(title) == left


@pytest.mark.parametrize(
    ("asked", "own", "other"),
    [("Red", "Blue", True), ("Red", "Red", False), ("Red", "Maroon", False), ("Red", "Multi", False)],
)
def test_only_colours_that_nobody_confuses_are_clearly_other(asked, own, other):
    assert clearly_other(asked, own) is other


def test_a_query_names_all_that_is_asked_for():
    rng = np.random.default_rng(0)
    asked = {"noun": "Formal Shoes", "colour": "Navy Blue", "brand": "Puma", "gender": "Women"}
    texts = {wording(asked, rng) for _ in range(200)}
    assert len(texts) > 50
    assert all("navy blue" in text and "puma" in text and "shoes" in text for text in texts)
    assert all("women" in text or "ladies" in text for text in texts)


def test_a_query_whose_words_are_never_accepted_is_not_made():
    assert draw_ask(item(), np.random.default_rng(0), lambda text: False) is None


def test_an_occasion_that_the_article_names_is_not_asked_for_twice():
    product = item(article_type="Formal Shoes")
    ask = draw_ask(product, np.random.default_rng(0), lambda text: True, only=("usage", "colour"))
    assert (ask.usage, ask.colour) == ("", "Red")


def test_the_brand_is_what_stands_before_the_gender():
    assert brand_of(item(title="United Colors of Benetton Men Shirt")) == "United Colors of Benetton"
    assert brand_of(item(title="A very long name of things Men Shirt")) == ""
    assert brand_of(item(title="Shirt")) == ""
