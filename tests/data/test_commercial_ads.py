from __future__ import annotations

import pytest

from adlab.data.commercial_ads import read_commercial_ads
from adlab.errors import DataUnavailableError, TableError

HEADER = "query,title,seller,brand,description,image,label,confidence\n"
SHIRT = "Design a Shirt,Custom T-Shirts,Rush Order Tees,Gildan,Free Editing.,shirt.jpg,Excellent,0.9\n"


def written(tmp_path, rows, header=HEADER):
    (tmp_path / "ads.csv").write_text(header + rows, encoding="utf-8")
    (tmp_path / "shirt.jpg").write_bytes(b"")
    return tmp_path / "ads.csv"


def test_a_row_of_the_published_layout_is_read_whole(tmp_path):
    data = read_commercial_ads(written(tmp_path, SHIRT), tmp_path)
    (pair,) = data.pairs
    assert (pair.query, pair.title, pair.seller) == ("Design a Shirt", "Custom T-Shirts", "Rush Order Tees")
    assert (pair.brand, pair.description, pair.grade, pair.confidence) == ("Gildan", "Free Editing.", 3, 0.9)
    assert (pair.image, pair.labels) == ("commercial-ads:shirt.jpg", "human")
    assert data.files == {"commercial-ads:shirt.jpg": tmp_path / "shirt.jpg"}


@pytest.mark.parametrize(("label", "grade"), [("Bad", 0), ("fair", 1), ("GOOD", 2), ("0", 0), ("3", 3)])
def test_labels_are_names_or_numbers(tmp_path, label, grade):
    table = written(tmp_path, f"q,t,{label}\n", header="query,title,label\n")
    assert read_commercial_ads(table).grades.tolist() == [grade]


def test_every_bad_cell_is_named(tmp_path):
    rows = "q,t,,,,,Superb,1\n,t,,,,,Good,1\nq,t,,,,,Good,7\n"
    with pytest.raises(TableError) as refused:
        read_commercial_ads(written(tmp_path, rows))
    assert set(refused.value.problems) == {
        "row 1, label: 'Superb'; give Bad, Fair, Good or Excellent, or 0 to 3.",
        "row 2, query: empty; give text.",
        "row 3, confidence: '7'; give a number from 0 to 1.",
    }


def test_a_row_without_an_ad_is_named(tmp_path):
    with pytest.raises(TableError, match=r"row 1: .*neither text nor a picture"):
        read_commercial_ads(written(tmp_path, "q,,,,,,Good,1\n"))


def test_a_missing_picture_is_reported_and_the_text_stays(tmp_path):
    data = read_commercial_ads(written(tmp_path, "q,t,,,,gone.jpg,Good,1\n"), tmp_path)
    assert data.pairs[0].image == ""
    assert data.problems == ("image is not in the folder: 1 (gone.jpg).",)


def test_a_picture_outside_the_folder_is_refused(tmp_path):
    with pytest.raises(TableError, match=r"row 1: .*leads out of the images folder"):
        read_commercial_ads(written(tmp_path, "q,t,,,,../x.jpg,Good,1\n"), tmp_path)


def test_missing_columns_and_folders_are_named(tmp_path):
    with pytest.raises(DataUnavailableError, match=r"lacks the columns \['label'\]"):
        read_commercial_ads(written(tmp_path, "q\n", header="query\n"))
    with pytest.raises(DataUnavailableError, match="no folder of pictures"):
        read_commercial_ads(written(tmp_path, SHIRT), tmp_path / "pictures")
