from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers.pictures import caption, picture

COUNT = 14


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Fourteen pictures."""
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for seed in range(COUNT):
        picture(seed).save(pictures / f"{seed:02d}.png")
    return pictures


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Fourteen ads; two share a picture and copy."""
    rows = [{"ad_id": f"00{i}", "image": f"{i:02d}.png", "title": caption(i), "price": i} for i in range(COUNT)]
    rows.append({**rows[0], "ad_id": "again"})
    file = tmp_path / "ads.csv"
    pd.DataFrame(rows).to_csv(file, index=False)
    return file


def test_every_ad_has_a_place_in_order_and_the_numbers_stand_beside_it(models, run, table, folder, tmp_path):
    out = tmp_path / "map.csv"
    code, words, err = run("project", table, "--images", folder, "--out", out, "--method", "pca")
    assert (code, err) == (0, "")
    frame = pd.read_csv(out, dtype={"ad_id": str})
    assert list(frame.columns) == ["ad_id", "image", "title", "price", "map_x", "map_y", "cosine", "notes", "error"]
    assert frame["ad_id"].tolist() == [*(f"00{i}" for i in range(COUNT)), "again"]
    assert frame[["map_x", "map_y"]].notna().all(axis=None)
    assert frame.loc[0, "map_x"] == pytest.approx(frame.loc[COUNT, "map_x"], abs=1e-4)
    numbers = json.loads((tmp_path / "map.numbers.json").read_text())
    assert numbers["map"]["n"] == COUNT + 1
    assert numbers["checkpoint"] == "focal-tiny"
    assert "15 rows, 15 points" in words


def test_the_same_call_gives_the_same_map_in_every_format(models, run, table, folder, tmp_path):
    places = []
    for suffix in ("csv", "parquet", "json"):
        out = tmp_path / f"map.{suffix}"
        assert run("project", table, "--images", folder, "--out", out, "--iterations", 300)[0] == 0
        if suffix == "json":
            content = json.loads(out.read_text())
            assert content["numbers"]["map"]["parameters"]["iterations"] == 300
            places.append(pd.DataFrame(content["rows"])[["map_x", "map_y"]].to_numpy())
        else:
            frame = pd.read_csv(out) if suffix == "csv" else pd.read_parquet(out)
            places.append(frame[["map_x", "map_y"]].to_numpy())
    np.testing.assert_allclose(places[0], places[1], atol=1e-4)
    np.testing.assert_allclose(places[0], places[2], atol=1e-4)


def test_a_folder_is_mapped_by_its_pictures(models, run, folder, tmp_path):
    out = tmp_path / "map.csv"
    assert run("project", folder, "--out", out, "--space", "private-image", "--method", "pca")[0] == 0
    frame = pd.read_csv(out)
    assert frame["image"].tolist() == [f"{i:02d}.png" for i in range(COUNT)]
    assert frame["map_x"].nunique() == COUNT


def test_both_private_spaces_give_two_places_a_row(models, run, table, folder, tmp_path):
    out = tmp_path / "map.csv"
    assert run("project", table, "--images", folder, "--out", out, "--space", "private", "--method", "pca")[0] == 0
    frame = pd.read_csv(out)
    places = frame[["map_image_x", "map_image_y", "map_text_x", "map_text_y"]]
    assert places.notna().all(axis=None)
    assert not np.allclose(places["map_image_x"], places["map_text_x"])


def test_rows_that_lack_something_say_so_and_rows_that_cannot_be_read_have_an_error(
    models, run, table, folder, tmp_path
):
    frame = pd.read_csv(table, dtype=str)
    frame.loc[1, "title"], frame.loc[2, "image"] = "", "none.png"
    frame.to_csv(table, index=False)
    out = tmp_path / "map.csv"
    code, words, _ = run("project", table, "--images", folder, "--out", out, "--method", "pca")
    done = pd.read_csv(out)
    assert code == 3
    assert done.index[done["map_x"].isna()].tolist() == [1, 2]
    assert "needs an image and a title or description" in done.loc[1, "notes"]
    assert "none.png" in done.loc[2, "error"]
    assert "1 with an error" in words


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--out", "map.txt"], ".csv, .parquet, .json"),
        (["--out", "map.csv", "--checkpoint", "focal-tinny"], "Did you mean 'focal-tiny'"),
        (["--out", "map.csv"], "--images"),
        (["--out", "map.csv", "--method", "tnse"], "tnse"),
        (["--out", "map.csv", "--images", "nowhere"], "not a folder"),
    ],
)
def test_an_unusable_call_is_one_clear_error_and_writes_nothing(models, run, table, tmp_path, arguments, reason):
    placed = [str(tmp_path / a) if a.startswith("map.") else a for a in arguments]
    code, _, err = run("project", table, *placed)
    assert code == 2
    assert reason in err
    assert not list(tmp_path.glob("map.*"))


def test_a_table_with_columns_of_ours_and_an_empty_folder_are_refused(models, run, table, folder, tmp_path):
    pd.read_csv(table).assign(map_x=1).to_csv(table, index=False)
    code, _, err = run("project", table, "--images", folder, "--out", tmp_path / "map.csv")
    assert (code, "column 'map_x'" in err) == (2, True)
    shutil.rmtree(folder)
    folder.mkdir()
    code, _, err = run("project", folder, "--out", tmp_path / "map.csv")
    assert (code, "holds no picture" in err) == (2, True)
