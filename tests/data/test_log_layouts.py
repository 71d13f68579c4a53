"""A layout that cannot be mistaken is found; everything else is the table contract."""

from __future__ import annotations

import gzip

import pandas as pd
import pytest
from helpers.layout_logs import WRITERS

from adlab.data import ad_row_readers
from adlab.data.log_layouts import LAYOUTS, layout_of


def test_every_layout_has_a_reader_and_a_log_in_the_tests():
    assert set(WRITERS) == set(LAYOUTS)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_log_of_each_layout_is_known_for_what_it_is(tmp_path, layout):
    path = WRITERS[layout](tmp_path)
    assert layout_of(path) == layout
    if path.is_file() and layout in ("cl4cvr", "hillstrom"):
        packed = tmp_path / "packed.csv.gz"
        packed.write_bytes(gzip.compress(path.read_bytes()))
        assert layout_of(packed) == layout


def test_folders_are_known_by_what_they_hold(tmp_path):
    for layout in ("hillstrom", "facebook"):
        (tmp_path / layout).mkdir()
        WRITERS[layout](tmp_path / layout)
        assert layout_of(tmp_path / layout) == layout
    simulated = WRITERS["simulated"](tmp_path)
    assert layout_of(simulated / "log") == "simulated"
    (tmp_path / "empty").mkdir()
    assert layout_of(tmp_path / "empty") == "contract"


def test_ali_ccp_is_known_before_and_after_its_conversion(tmp_path):
    folder = WRITERS["ali-ccp"](tmp_path)
    assert layout_of(folder / "sample_skeleton_train.csv") == "ali-ccp"
    (converted,), _ = ad_row_readers._converted(folder)
    assert layout_of(converted) == "ali-ccp"


@pytest.mark.parametrize(
    "text",
    [
        "ad_id,impressions,clicks,conversions\n1,2,1,0\n",
        "1,0\n",
        "2,0,5,6\n",
        "1,0,a,6\n",
        "gender,age,interest,Impressions,Clicks\nM,30-34,15,7350,1\n",
        "",
    ],
)
def test_anything_else_is_the_table_contract(tmp_path, text):
    path = tmp_path / "log.csv"
    path.write_text(text)
    assert layout_of(path) == "contract"


def test_a_parquet_log_of_the_contract_and_a_missing_file_are_the_contracts(tmp_path):
    pd.DataFrame({"ad_id": ["a"], "click": [1], "conversion": [0], "205": ["x"]}).to_parquet(tmp_path / "log.parquet")
    assert layout_of(tmp_path / "log.parquet") == "contract"
    assert layout_of(tmp_path / "gone.parquet") == layout_of(tmp_path / "gone.csv") == "contract"
