from __future__ import annotations

from collections import Counter

import pytest

from adlab import paths
from adlab.data.fashion import read_fashion
from adlab.data.image_intake import read_image
from adlab.data.splits import split_of
from adlab.errors import DataUnavailableError

HEADER = "id,gender,masterCategory,subCategory,articleType,baseColour,season,year,usage,productDisplayName\n"
SHIRT = "15970,Men,Apparel,Topwear,Shirts,Navy Blue,Fall,2011,Casual,Turtle Check Men Navy Blue Shirt\n"


def layout(folder, rows, images=("15970",)):
    (folder / "images").mkdir()
    for name in images:
        (folder / "images" / f"{name}.jpg").write_bytes(b"")
    (folder / "styles.csv").write_text(HEADER + rows, encoding="utf-8")
    return folder


def test_a_product_is_read_with_all_its_attributes(tmp_path):
    data = read_fashion(layout(tmp_path, SHIRT))
    (product,) = data.products
    assert (product.product_id, product.title) == ("15970", "Turtle Check Men Navy Blue Shirt")
    assert (product.gender, product.master_category, product.sub_category) == ("Men", "Apparel", "Topwear")
    assert (product.article_type, product.base_colour, product.season) == ("Shirts", "Navy Blue", "Fall")
    assert (product.year, product.usage) == (2011, "Casual")
    assert product.image == tmp_path / "images" / "15970.jpg"
    assert product.split == split_of("15970")
    assert data.problems == ()


@pytest.mark.parametrize("name", ["Shirt, blue, large", '"Shirt, blue, large"'])
def test_commas_in_a_name_belong_to_the_name_with_or_without_quotes(tmp_path, name):
    (product,) = read_fashion(layout(tmp_path, SHIRT.replace("Turtle Check Men Navy Blue Shirt", name))).products
    assert product.title == "Shirt, blue, large"
    assert product.usage == "Casual"


def test_unknown_attributes_are_empty(tmp_path):
    (product,) = read_fashion(layout(tmp_path, "15970,Men,Apparel,Topwear,Shirts,NA,,,NA,Shirt\n")).products
    assert (product.base_colour, product.season, product.year, product.usage) == ("", "", None, "")


@pytest.mark.parametrize(("cell", "year"), [("2012", 2012), ("2012.0", 2012), ("n/a", None)])
def test_a_year_is_a_number_or_unknown(tmp_path, cell, year):
    assert read_fashion(layout(tmp_path, SHIRT.replace("2011", cell))).products[0].year == year


def test_flaws_are_reported_not_fatal(tmp_path):
    rows = (
        SHIRT + SHIRT.replace("Turtle", "Second") + SHIRT.replace("15970", "8") + "9,Men\n" + SHIRT.replace("15970", "")
    )
    rows += "10,Men,Apparel,Topwear,Shirts,Blue,Fall,2011,Casual,\n"
    data = read_fashion(layout(tmp_path, rows, images=("15970", "10", "77")))
    assert [product.product_id for product in data.products] == ["15970", "8", "10"]
    assert data.products[0].title.startswith("Turtle")
    assert data.products[1].image is None
    assert data.problems == (
        "row cannot be used, it has too few cells or no id: 2 (4, 5).",
        "product id is repeated, the first row counts: 1 (15970).",
        "product has no image: 1 (8).",
        "image has no product: 1 (77).",
        "product has no title: 1 (10).",
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read"),
        (b"", "has the columns"),
        (b"id,name\n1,x\n", "has the columns"),
        (HEADER.encode() + b"1,\xff", "cannot be read"),
        (HEADER.encode(), "holds no product"),
    ],
)
def test_a_file_of_another_layout_says_what_to_do(tmp_path, content, words):
    (tmp_path / "images").mkdir()
    if content is not None:
        (tmp_path / "styles.csv").write_bytes(content)
    with pytest.raises(DataUnavailableError, match=f"{words}.*Unpack the fashion product images"):
        read_fashion(tmp_path)


def test_a_missing_folder_says_what_to_do(tmp_path):
    with pytest.raises(DataUnavailableError, match=r"images/ is missing\. Unpack"):
        read_fashion(tmp_path / "nowhere")


def test_the_public_data_is_read_whole():
    folder = paths.data_dir()
    if folder is None or not (folder / "fashion").is_dir():
        pytest.skip("the fashion data is not on this machine; set ADLAB_DATA to the folder that holds fashion/")
    data = read_fashion(folder / "fashion")
    assert len(data.products) == 8_083
    assert data.problems == ()
    shares = Counter(product.split for product in data.products)
    assert shares["train"] / len(data.products) == pytest.approx(0.8, abs=0.02)
    assert all(product.title and product.article_type for product in data.products)
    assert read_image(data.products[0].image).width <= 160
