"""Tables on disk: reading and writing."""

from __future__ import annotations

import csv
import os
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from adlab.data import table
from adlab.data.table import read_table, write_table
from adlab.errors import TableError


def csv_file(folder: Path, content: str | bytes, name: str = "ads.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


# Reading


def test_cells_are_text_exactly_as_written(tmp_path):
    frame = read_table(csv_file(tmp_path, 'ad_id,title,brand,price\n007,"Shoes, ""red""",NA,1.50\n8,,null,-3\n'))
    assert frame.to_dict("list") == {
        "ad_id": ["007", "8"],
        "title": ['Shoes, "red"', ""],
        "brand": ["NA", "null"],
        "price": ["1.50", "-3"],
    }


def test_a_byte_order_mark_windows_line_ends_and_other_scripts_are_read(tmp_path):
    frame = read_table(csv_file(tmp_path, "\ufefftitle,brand\r\nГрюße 靴\u2028x,é\r\n"))
    assert frame.to_dict("list") == {"title": ["Грюße 靴\u2028x"], "brand": ["é"]}


def test_a_line_break_within_quotes_stays_in_its_cell(tmp_path):
    frame = read_table(csv_file(tmp_path, 'title,brand\n"two\nlines",b\n\nlast,c\n'))
    assert frame["title"].tolist() == ["two\nlines", "last"]


def test_parquet_keeps_types_and_named_indices(tmp_path):
    original = pd.DataFrame({"title": ["a", None], "clicks": [1, 2]})
    original.to_parquet(tmp_path / "plain.parquet")
    original.set_index(pd.Index(["x", "y"], name="ad_id")).to_parquet(tmp_path / "indexed.parquet")
    assert read_table(tmp_path / "plain.parquet").columns.tolist() == ["title", "clicks"]
    assert read_table(tmp_path / "indexed.parquet")["ad_id"].tolist() == ["x", "y"]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("ads.xlsx", b"PK", "suffix '.xlsx'.*save the table as .csv or .parquet"),
        ("ads.csv", b"", "is empty"),
        ("ads.csv", b"\n\n", "is empty"),
        (
            "ads.csv",
            "title\nGr\xfc\xdfe\n".encode("latin-1"),
            r"not UTF-8 \(byte b'\\xfc' in line 2\).*CSV UTF-8",
        ),
        ("ads.csv", "title\nshoes\n".encode("utf-16"), "UTF-16.*CSV UTF-8"),
        ("ads.csv", b"title;brand\na;b\n", "separated by ';'.*commas"),
        ("ads.csv", b"title\tbrand\na\tb\n", r"separated by '\\t'.*commas"),
        ("ads.csv", b'title,brand\n"a"x,b\n', "not sound CSV"),
        ("ads.csv", b'title,brand\n"never closed,b\n', "not sound CSV"),
        ("ads.parquet", b"title,brand\na,b\n", "not sound Parquet"),
        ("ads.parquet", b"", "not sound Parquet"),
        ("ads.parquet", b"PAR1" + bytes(40) + b"PAR1", "not sound Parquet"),
    ],
)
def test_an_unreadable_file_says_what_to_do(tmp_path, name, content, words):
    with pytest.raises(TableError, match=words):
        read_table(csv_file(tmp_path, content, name))


def test_all_rows_of_another_length_are_named(tmp_path):
    path = csv_file(tmp_path, "title,brand\na,b\none, two,c\nd,e\nf\n")
    with pytest.raises(TableError) as caught:
        read_table(path)
    assert [problem.split(";")[0] for problem in caught.value.problems] == [
        "row 2 has 3 cells, the header 2",
        "row 4 has 1 cells, the header 2",
    ]


def test_a_missing_table_and_a_folder_are_refused(tmp_path):
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(TableError, match="does not exist"):
        read_table(tmp_path / "none.csv")
    with pytest.raises(TableError, match="is a folder"):
        read_table(tmp_path / "folder.csv")


# Writing


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_what_is_written_is_read_back(tmp_path, suffix):
    frame = pd.DataFrame({"title": ['Größe, "x"\n2', ""], "score": [0.1 + 0.2, np.nan], "n": [1, 2]})
    path = tmp_path / "deep" / f"out{suffix}"
    write_table(frame, path)
    back = read_table(path)
    assert back.columns.tolist() == ["title", "score", "n"]
    assert back["title"].tolist() == frame["title"].tolist()
    assert float(back["score"][0]) == 0.1 + 0.2
    assert back["score"][1] == "" or np.isnan(back["score"][1])


@pytest.mark.parametrize(
    "cell", ["=1+1", "+cmd|x", "-2+3", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x")', "'=1+1", "''@x"]
)
def test_a_formula_is_escaped_with_an_apostrophe_in_csv_that_reading_takes_off_again(tmp_path, cell):
    path = tmp_path / "out.csv"
    frame = pd.DataFrame({"title": [cell], "=head": ["x"]})
    write_table(frame, path)
    with path.open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file)) == [["title", "'=head"], [f"'{cell}", "x"]]
    assert read_table(path).equals(frame)


def test_a_lone_carriage_return_stays_in_its_cell(tmp_path):
    frame = pd.DataFrame({"title": ["one\rtwo", "x"], "brand": ["b", ""]})
    write_table(frame, tmp_path / "out.csv")
    assert read_table(tmp_path / "out.csv").equals(frame)


@pytest.mark.parametrize("cell", ["-5", "+1.5", "-.5e-3", "a=b", "", "'x"])
def test_numbers_and_plain_text_are_not_escaped(tmp_path, cell):
    write_table(pd.DataFrame({"x": [cell], "y": ["z"]}), tmp_path / "out.csv")
    assert read_table(tmp_path / "out.csv")["x"].tolist() == [cell]


def test_negative_numbers_dates_and_gaps_are_written_plainly(tmp_path):
    frame = pd.DataFrame(
        {"a": [-0.5, np.nan], "b": pd.array([-1, None], "Int64"), "c": pd.to_datetime(["2026-01-31"] * 2)}
    )
    write_table(frame.assign(d=["=x", None], e=pd.Categorical(["=y", "z"])), tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text() == "a,b,c,d,e\n-0.5,-1,2026-01-31,'=x,'=y\n,,2026-01-31,,z\n"


def test_parquet_is_not_escaped(tmp_path):
    write_table(pd.DataFrame({"title": ["=1+1"]}), tmp_path / "out.parquet")
    assert read_table(tmp_path / "out.parquet")["title"].tolist() == ["=1+1"]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "out.csv"
    write_table(pd.DataFrame({"title": ["old"]}), path)
    monkeypatch.setattr(table.os, "fsync", lambda _: (_ for _ in ()).throw(OSError("No space left on device")))
    with pytest.raises(TableError, match=re.escape("No space left on device")):
        write_table(pd.DataFrame({"title": ["new"]}), path)
    assert read_table(path)["title"].tolist() == ["old"]
    assert os.listdir(tmp_path) == ["out.csv"]


def test_columns_of_mixed_types_and_other_suffixes_cannot_be_written(tmp_path):
    with pytest.raises(TableError, match="cannot be written"):
        write_table(pd.DataFrame({"x": [1, "a"]}), tmp_path / "out.parquet")
    with pytest.raises(TableError, match=r"name the output \.csv or \.parquet"):
        write_table(pd.DataFrame({"x": [1]}), tmp_path / "out.txt")
    assert os.listdir(tmp_path) == []
