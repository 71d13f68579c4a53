from __future__ import annotations

import gzip
import zipfile

import pytest

from adlab.data.crowdflower_relevance import read_crowdflower_relevance, without_markup
from adlab.errors import DataUnavailableError, TableError

HEADER = "id,query,product_title,product_description,median_relevance,relevance_variance\n"
ROWS = 'a,light bulb,LED Bulb,"A <b>bright</b>\n bulb",4,0.471\nb,light bulb,led  bulb,,1,0\n'


def written(tmp_path, rows, header=HEADER):
    (tmp_path / "relevance.csv.gz").write_bytes(gzip.compress((header + rows).encode()))
    return tmp_path


def test_median_becomes_grade_and_deviation_becomes_confidence(tmp_path):
    data = read_crowdflower_relevance(written(tmp_path, ROWS))
    first, second = data.pairs
    assert (first.query, first.title, first.description) == ("light bulb", "LED Bulb", "A bright bulb")
    assert data.grades.tolist() == [3, 0]
    assert data.confidences.tolist() == pytest.approx([1 - 0.471 / 1.5, 1.0])
    assert data.labels == {"human"}
    assert first.unit("product") == second.unit("product"), "one title is one product"
    assert first.image == ""


def test_a_file_can_be_given_itself_and_need_not_be_compressed(tmp_path):
    (tmp_path / "mine.csv").write_text(HEADER + ROWS)
    assert len(read_crowdflower_relevance(tmp_path / "mine.csv")) == 2


def test_every_bad_cell_is_named_with_row_column_value_and_remedy(tmp_path):
    rows = "a,q,t,d,5,0\nb,,t,d,2,0\nc,q,t,d,2.5,9\nd,q,t,d,x,0\n"
    with pytest.raises(TableError) as refused:
        read_crowdflower_relevance(written(tmp_path, rows))
    assert "relevance.csv.gz" in str(refused.value)
    assert set(refused.value.problems) == {
        "row 1, median_relevance: '5'; give a number from 1 to 4.",
        "row 4, median_relevance: 'x'; give a number from 1 to 4.",
        "row 3, relevance_variance: '9'; give a number from 0 to 1.5.",
        "row 3, median_relevance: 2.5; give a whole number from 1 to 4.",
        "row 2, query: empty; give text.",
    }


def test_a_missing_column_or_file_is_named_with_what_to_do(tmp_path):
    with pytest.raises(DataUnavailableError, match=r"relevance\.csv\.gz"):
        read_crowdflower_relevance(tmp_path)
    folder = written(tmp_path, "a,q\n", header="id,query\n")
    with pytest.raises(DataUnavailableError, match=r"lacks the columns \['product_title'"):
        read_crowdflower_relevance(folder)


@pytest.mark.parametrize("damage", ["not gzip", "cut off", "altered", "empty"])
def test_a_damaged_file_is_one_clear_error(tmp_path, damage):
    file = written(tmp_path, ROWS * 50) / "relevance.csv.gz"
    sound = file.read_bytes()
    altered = sound[:20] + bytes(255 - byte for byte in sound[20:40]) + sound[40:]
    content = {"not gzip": b"no gzip", "cut off": sound[:-30], "altered": altered, "empty": gzip.compress(b"")}[damage]
    file.write_bytes(content)
    with pytest.raises(DataUnavailableError, match=r"relevance\.csv\.gz' cannot be read"):
        read_crowdflower_relevance(tmp_path)


def test_a_zip_file_as_published_is_read(tmp_path):
    with zipfile.ZipFile(tmp_path / "train.csv.zip", "w") as archive:
        archive.writestr("train.csv", HEADER + ROWS)
    assert len(read_crowdflower_relevance(tmp_path)) == 2


@pytest.mark.parametrize(
    ("page", "seen"),
    [
        ("<ul><li>Red&nbsp;shoe</li></ul>", "Red\xa0shoe"),
        ("<style>p {margin: 0px}</style>Blue", "Blue"),
        ("under 5 < 6 and 7 > 3", "under 5 < 6 and 7 > 3"),
        ("cut off <script>var a = 1", "cut off"),
    ],
)
def test_markup_of_web_pages_is_taken_off(page, seen):
    assert " ".join(without_markup(page).split(" ")).strip() == seen
