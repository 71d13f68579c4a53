from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from helpers.pictures import caption, picture

from adlab.cli import main
from adlab.data.creative import Creative
from adlab.data.image_intake import read_image
from adlab.inference.assessor import Assessor
from adlab.paths import ROOT

COLUMNS = ["agreement", "agreement_low", "agreement_high"]
CONVERSION, APPEAL = (["conversion", "conversion_low", "conversion_high"], ["appeal", "appeal_low", "appeal_high"])
CTR = ["ctr", "ctr_low", "ctr_high"]
GRADES = ("relevance_bad", "relevance_fair", "relevance_good", "relevance_excellent", "relevance_student")
RELEVANCE = ["relevance", "relevance_low", "relevance_high", *GRADES]
FUNNEL = [f"{name}{end}" for name in ("pctr", "pcvr", "pctcvr") for end in ("", "_low", "_high")]
FILLED = [*COLUMNS, *CONVERSION, *APPEAL, "appeal_std", *CTR, *FUNNEL]
ALL_COLUMNS = [*FILLED[: -len(FUNNEL)], *RELEVANCE, *FUNNEL]
NO_QUERY = "relevance: Needs a query and an image or a title or description; this ad lacks a query."
WITHOUT_QUERY = ("--heads", "agreement,conversion,appeal,ctr")


def scored(
    ads: pd.DataFrame, folder: Path, pictures: Path | None, *options: str, suffix: str = ".csv"
) -> tuple[int, pd.DataFrame]:
    """Write `ads`, score them, and read what came out."""
    table, out = folder / f"ads{suffix}", folder / f"scores{suffix}"
    if suffix == ".csv":
        ads.to_csv(table, index=False)
    else:
        ads.to_parquet(table)
    where = ["--images", str(pictures)] if pictures else []
    code = main(["score", str(table), *where, "--out", str(out), *options])
    if not out.exists():
        return code, pd.DataFrame()
    return code, pd.read_csv(out, dtype={"ad_id": str}) if suffix == ".csv" else pd.read_parquet(out)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_every_ad_is_scored_in_order_and_its_columns_are_kept(models, pictures, ads, tmp_path, suffix):
    code, out = scored(ads, tmp_path, pictures, suffix=suffix)
    assert code == 0
    assert list(out.columns) == ["ad_id", "image", "title", *ALL_COLUMNS, "notes", "error"]
    assert out["ad_id"].tolist() == ads["ad_id"].tolist()
    assert out["title"].tolist() == ads["title"].tolist()
    assert out[FILLED].notna().all(axis=None)
    assert out[RELEVANCE].isna().all(axis=None)
    assert (out["agreement_low"] <= out["agreement"]).all()
    assert (out["agreement"] <= out["agreement_high"]).all()
    assert out["agreement"].between(0, 100).all()
    assert out["agreement"].nunique() > 3
    assert (out["conversion_low"] <= out["conversion"]).all()
    assert (out["conversion"] <= out["conversion_high"]).all()
    assert out["conversion"].between(0, 1).all()
    assert (out["appeal_low"] <= out["appeal"]).all()
    assert (out["appeal"] <= out["appeal_high"]).all()
    assert out["appeal"].between(1, 7).all()
    assert (out["notes"] == NO_QUERY).all()
    assert out["error"].isna().all()


def test_cells_are_kept_as_they_were_written(models, tmp_path):
    ads = pd.DataFrame(
        {"ad_id": ["007", "8"], "title": [" A dog ", "A cat"], "age_band": ["23", "50+"], "hour": ["05", ""]},
        dtype="str",
    )
    scored(ads, tmp_path, None)
    out = pd.read_csv(tmp_path / "scores.csv", dtype="str", keep_default_na=False)
    pd.testing.assert_frame_equal(out[ads.columns], ads)


def test_scores_are_those_of_the_assessor_one_ad_at_a_time(models, pictures, ads, tmp_path):
    _, out = scored(ads, tmp_path, pictures)
    assessor = Assessor(device="cpu")
    for row in range(len(ads)):
        creative = Creative(image=read_image(pictures / f"{row}.png"), title=caption(row))
        result = assessor.assess(creative).heads[0]
        expected = [result.value, result.interval.low, result.interval.high]
        assert out.loc[row, COLUMNS].tolist() == pytest.approx(expected, abs=1e-3)


def test_shuffled_and_repeated_rows_get_the_scores_of_their_ad(models, pictures, ads, tmp_path):
    _, straight = scored(ads, tmp_path, pictures)
    rows = [3, 0, 5, 3, 1, 1, 4, 2, 0, 3]
    code, out = scored(ads.iloc[rows], tmp_path, pictures)
    assert code == 0
    assert out["ad_id"].tolist() == [f"00{row}" for row in rows]
    np.testing.assert_allclose(out[COLUMNS], straight[COLUMNS].iloc[rows], atol=1e-3)


def test_a_batch_of_one_and_of_sixty_four_give_the_same(models, pictures, ads, tmp_path):
    _, one = scored(ads, tmp_path, pictures, "--batch-size", "1")
    _, many = scored(ads, tmp_path, pictures, "--batch-size", "64")
    np.testing.assert_allclose(one[COLUMNS], many[COLUMNS], atol=1e-3)


def test_rows_that_lack_something_say_so_and_rows_that_cannot_be_read_have_an_error(models, pictures, tmp_path):
    rows = [
        {"ad_id": "good", "image": "0.png", "title": caption(0)},
        {"ad_id": "no image", "title": caption(1)},
        {"ad_id": "no copy", "image": "2.png"},
        {"ad_id": "query only", "query": "red shoes"},
        {"ad_id": "broken", "image": "broken.png", "title": caption(3)},
        {"ad_id": "missing", "image": "none.png", "title": caption(3)},
        {"ad_id": "outside", "image": "../ads.csv", "title": caption(3)},
        {"ad_id": "nothing"},
        {"ad_id": "also good", "image": "1.png", "description": caption(1)},
    ]
    code, out = scored(pd.DataFrame(rows), tmp_path, pictures, *WITHOUT_QUERY)
    out = out.set_index("ad_id")
    assert code == 3
    assert out.index.tolist() == [row["ad_id"] for row in rows]
    assert out.index[out["agreement"].notna()].tolist() == ["good", "also good"]
    assert out.index[out["appeal"].notna()].tolist() == ["good", "no copy", "also good"]
    assert out.index[out["notes"].notna()].tolist() == ["no image", "no copy", "query only"]
    assert out.index[out["error"].notna()].tolist() == ["broken", "missing", "outside", "nothing"]
    assert out.loc["no image", "notes"] == (
        "agreement: Needs an image and a title or description; this ad lacks an image. "
        "conversion: Needs an image and a title or description; this ad lacks an image. "
        "appeal: Needs an image; this ad lacks an image. ctr: Needs an image; this ad lacks an image."
    )
    assert "lacks a title or description" in out.loc["no copy", "notes"]
    assert "broken.png" in out.loc["broken", "error"]
    assert "none.png does not exist" in out.loc["missing", "error"]
    assert "leads out of the images folder" in out.loc["outside", "error"]
    assert "neither an image nor text" in out.loc["nothing", "error"]


def test_a_lacking_need_alone_is_no_error(models, tmp_path):
    code, out = scored(pd.DataFrame({"title": [caption(0), caption(1)]}), tmp_path, None)
    assert code == 0
    assert out["agreement"].isna().all()
    assert out["notes"].str.contains("lacks an image").all()


def test_a_head_named_twice_is_scored_once(models, pictures, ads, tmp_path, capsys):
    code, out = scored(ads, tmp_path, pictures, "--heads", "agreement, agreement")
    assert code == 0
    assert capsys.readouterr().out.count("with agreement") == 1
    assert list(out.columns) == ["ad_id", "image", "title", *COLUMNS, "notes", "error"]


def test_what_qualifies_a_score_stands_in_the_notes(models, pictures, tmp_path):
    picture(0).convert("RGBA").rotate(10).save(pictures / "alpha.png")
    rows = [
        {"image": "0.png", "title": "Le chat est dans la maison avec nous"},
        {"image": "1.png", "title": caption(1)},
        {"image": "alpha.png", "title": caption(2)},
    ]
    code, out = scored(pd.DataFrame(rows), tmp_path, pictures, *WITHOUT_QUERY)
    assert code == 0
    assert out.loc[2, "notes"] == "image: transparency laid on white."
    assert "does not look English" in out.loc[0, "notes"]
    assert pd.isna(out.loc[1, "notes"])
    assert out["agreement"].notna().all()


def test_formulas_are_escaped_in_csv_and_kept_in_parquet(models, pictures, ads, tmp_path):
    ads = ads.assign(title="=cmd|' /C calc'!A0", campaign="+1 for all")
    _, out = scored(ads, tmp_path, pictures)
    assert (out["title"] == "'=cmd|' /C calc'!A0").all()
    assert (out["campaign"] == "'+1 for all").all()
    _, out = scored(ads, tmp_path, pictures, suffix=".parquet")
    assert (out["title"] == "=cmd|' /C calc'!A0").all()


def test_its_own_output_can_be_scored_again(models, pictures, ads, tmp_path):
    broken = pd.concat([ads, pd.DataFrame({"ad_id": ["bad"], "image": ["broken.png"], "title": ["Broken"]})])
    _, first = scored(broken, tmp_path, pictures)
    picture(6).save(pictures / "broken.png")  # the picture was replaced by a sound one
    again, table = tmp_path / "again.csv", tmp_path / "scores.csv"
    assert main(["score", str(table), "--images", str(pictures), "--out", str(again)]) == 0
    second = pd.read_csv(again, dtype={"ad_id": str})
    assert list(second.columns) == list(first.columns)
    np.testing.assert_allclose(second[COLUMNS][:6], first[COLUMNS][:6], atol=1e-3)
    assert pd.isna(first.loc[6, "agreement"])
    assert second.loc[6, "agreement"] >= 0
    assert second["error"].isna().all()


def test_the_click_rate_of_a_row_is_that_of_its_own_audience_and_time(models, pictures, tmp_path):
    shown = [{}, {"hour": 20, "gender": "male"}, {"age_band": 34, "position": "sidebar"}, {"age_band": "30-34"}]
    rows = [{"image": "1.png", "title": caption(1), "ocr_text": "Sale", **context} for context in shown]
    code, out = scored(pd.DataFrame(rows), tmp_path, pictures, "--heads", "ctr,appeal")
    assert code == 0
    plain, evening, sidebar, thirties = out["ctr"]
    assert len({round(rate, 9) for rate in (plain, evening, thirties)}) == 3
    assert sidebar == pytest.approx(thirties)  # years are binned, and a slot that it does not know is averaged over
    assert out["appeal"].nunique() == 1
    assert out["notes"].notna().tolist() == [False, False, True, False]
    assert "position is 'sidebar'" in out.loc[2, "notes"]


@pytest.mark.parametrize("column", ["agreement", "notes", "error", "agreement_low"])
def test_a_column_of_the_users_own_is_never_overwritten(models, pictures, ads, tmp_path, capsys, column):
    code, out = scored(ads.assign(**{column: "mine"}), tmp_path, pictures)
    assert (code, len(out)) == (2, 0)
    assert f"column '{column}'; rename it" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--heads", "agrement"], ["Unknown head 'agrement'", "Did you mean 'agreement'"]),
        (["--heads", "agreement,headline"], ["'headline' does not ship", "shipped ones are agreement"]),
        (["--heads", " , "], ["--heads is ' , '"]),
        (["--batch-size", "0"], ["--batch-size"]),
        (["--device", "tpu"], ["tpu"]),
        (["--ocr", "perhaps"], ["perhaps"]),
        (["--verbose"], ["--verbose", "score --help"]),
    ],
)
def test_an_unusable_call_names_what_is_wrong(models, pictures, ads, tmp_path, capsys, arguments, words):
    code, out = scored(ads, tmp_path, pictures, *arguments)
    assert (code, len(out)) == (2, 0)
    captured = capsys.readouterr()
    assert captured.out == ""
    for word in words:
        assert word in captured.err


@pytest.mark.parametrize("ocr", ["auto", "off", "cached"])
def test_ocr_is_accepted(models, tmp_path, ocr):
    code, _ = scored(pd.DataFrame({"title": ["A dog"]}), tmp_path, None, "--ocr", ocr)
    assert code == 0


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("image,title\n", "no row below the header"),
        ("", "is empty"),
        ("ad_id,cost\n1,2\n", "no column holds an image or copy"),
        ("title,month\nA dog,13\nA cat,May\n", "2 problems"),
        ('title,image\n"A dog,0.png\n', "not sound CSV"),
    ],
)
def test_an_unusable_table_is_refused_before_any_model_is_loaded(tmp_path, models, capsys, monkeypatch, content, words):
    monkeypatch.setattr("adlab.inference.assessor.Assessor.__init__", _must_not_run)
    table = tmp_path / "ads.csv"
    table.write_text(content)
    assert main(["score", str(table), "--out", str(tmp_path / "out.csv")]) == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out.csv").exists()


def test_pictures_without_a_folder_are_refused(models, ads, tmp_path, capsys):
    code, _ = scored(ads, tmp_path, None)
    assert code == 2
    assert "6 rows of ads.csv name a picture; give the folder of the pictures with --images" in capsys.readouterr().err


def test_a_folder_of_pictures_that_is_none_is_refused(models, ads, tmp_path, capsys):
    code, _ = scored(ads, tmp_path, tmp_path / "nowhere")
    assert code == 2
    assert "which is not a folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    "out", ["ads.csv", "link.csv", "hard.csv", "x/../ads.csv", "scores.xlsx", "scores", "folder.csv", "ads.csv/x.csv"]
)
def test_an_output_that_cannot_be_is_refused_and_the_input_is_never_overwritten(models, tmp_path, capsys, out):
    table = tmp_path / "ads.csv"
    table.write_text("title\nA dog\n")
    (tmp_path / "link.csv").symlink_to(table)
    (tmp_path / "hard.csv").hardlink_to(table)
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "x").mkdir()
    assert main(["score", str(table), "--out", str(tmp_path / out)]) == 2
    assert "--out is" in capsys.readouterr().err
    assert table.read_text() == "title\nA dog\n"


def test_an_older_output_is_replaced_only_by_a_complete_one(models, ads, pictures, tmp_path, monkeypatch):
    out = tmp_path / "scores.csv"
    out.write_text("older")
    monkeypatch.setattr("adlab.inference.assessor.Assessor.assess_batch", _interrupt)
    code, _ = scored(ads, tmp_path, pictures)
    assert code == 130
    assert out.read_text() == "older"


def test_ctrl_c_ends_with_a_sentence(models, ads, pictures, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("adlab.inference.assessor.Assessor.assess_batch", _interrupt)
    code, _ = scored(ads, tmp_path, pictures, "--ocr", "off")
    assert code == 130
    assert capsys.readouterr().err == "Stopped by Ctrl-C; no result was written.\n"


def test_the_summary_goes_to_standard_output(models, pictures, ads, tmp_path, capsys):
    rows = [{"image": "broken.png"}, {"title": "no picture"}]
    scored(pd.concat([ads, pd.DataFrame(rows)]), tmp_path, pictures, "--heads", "agreement,conversion")
    captured = capsys.readouterr()
    assert (
        captured.out
        == f"{tmp_path / 'scores.csv'}: 8 rows, 6 with agreement, 6 with conversion, 1 with notes, 1 with an error.\n"
    )
    assert captured.err == ""


def test_brackets_in_a_file_name_are_shown_as_they_are(models, tmp_path, capsys):
    folder = tmp_path / "[red]"
    folder.mkdir()
    code, _ = scored(pd.DataFrame({"title": ["A dog"]}), folder, None)
    assert code == 0
    assert capsys.readouterr().out.startswith(f"{folder / 'scores.csv'}: 1 rows, ")


def test_without_any_checkpoint_the_remedy_is_named(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("ADLAB_MODELS", str(tmp_path / "none"))
    code, _ = scored(pd.DataFrame({"title": ["A dog"]}), tmp_path, None)
    assert code == 2
    assert "ADLAB_MODELS" in capsys.readouterr().err


@pytest.mark.slow
def test_a_process_of_its_own_scores_from_csv_to_parquet(tiny_models, pictures, ads, tmp_path):
    ads.to_csv(tmp_path / "ads.csv", index=False)
    call = [sys.executable, "-m", "adlab", "score", "ads.csv", "--images", "pictures", "--out", "new/scores.parquet"]
    environment: dict[str, Any] = {
        "PATH": "",
        "PYTHONPATH": str(ROOT),
        "ADLAB_MODELS": str(tiny_models),
        "OMP_NUM_THREADS": "1",
        "ADLAB_CACHE": str(tmp_path / "cache"),
    }
    done = subprocess.run(call, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert done.stderr.startswith("Reading the words in 6 pictures.\nReading the other 3 takes about ")
    assert done.stderr.count("\n") == 2
    assert (
        done.stdout == "new/scores.parquet: 6 rows, 6 with agreement, 6 with conversion, 6 with appeal, 6 with ctr, "
        "0 with relevance, 6 with funnel, 6 with notes.\n"
    )
    out = pd.read_parquet(tmp_path / "new" / "scores.parquet")
    assert out["ad_id"].tolist() == ads["ad_id"].tolist()
    assert out[COLUMNS].dtypes.map(str).unique().tolist() == ["float64"]
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["scores.parquet"]


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _must_not_run(*_: object, **__: object) -> None:
    raise AssertionError("the models were loaded")
