"""`python -m adlab modalities`: columns of every mode, a verdict by outcome, and what is refused."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from adlab.cli import main
from adlab.insights import modes

HEADS = ["--heads", "relevance,conversion"]


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch):
    monkeypatch.setattr(modes, "RESAMPLES", 50)


@pytest.fixture
def graded(ads, tmp_path):
    """The sound ads of the table with a query and a grade each; one row names a broken picture."""
    table = ads.assign(
        query=[f"query {i % 3}" for i in range(len(ads))], relevance_grade=[i % 2 for i in range(len(ads))]
    )
    broken = table.iloc[:1].assign(image="broken.png", ad_id="bad")
    path = tmp_path / "graded.csv"
    pd.concat([table, broken]).to_csv(path, index=False)
    return path


def test_every_mode_has_its_columns_and_the_outcome_its_verdict(models, pictures, graded, tmp_path, capsys):
    out, comparison = tmp_path / "modes.csv", tmp_path / "comparison.json"
    where = ["--images", str(pictures), "--out", str(out), "--comparison", str(comparison)]
    code = main(["modalities", str(graded), *where, *HEADS])
    assert code == 3  # the broken picture
    found, given = pd.read_csv(out), pd.read_csv(graded)
    assert found["ad_id"].tolist() == given["ad_id"].tolist()
    for mode in ("image_only", "text_only", "image_text"):
        assert found[f"relevance_{mode}"].iloc[:-1].notna().all()
        assert (found[f"conversion_{mode}_low"] <= found[f"conversion_{mode}_high"]).iloc[:-1].all()
    assert "image" in found["error"].iloc[-1] or "broken" in found["error"].iloc[-1]
    judged = json.loads(comparison.read_text())
    assert [(one["head"], one["outcome"]) for one in judged] == [
        ("relevance", "relevance_grade"),
        ("conversion", "relevance_grade"),
    ]
    relevance = judged[0]
    assert relevance["resampled"] == "queries"
    assert relevance["differences"]["image_adds"]["value"] == pytest.approx(
        relevance["modes"]["image-text"]["value"] - relevance["modes"]["text-only"]["value"]
    )
    said = " ".join(capsys.readouterr().out.split())
    assert said.count("relevance_grade · ") == 3
    assert said.count("relevance_grade · conversion, shared part alone: AUC ") == 1


def test_focals_shared_part_has_columns_and_is_held_against_everything(models, pictures, graded, tmp_path):
    out, comparison = tmp_path / "modes.csv", tmp_path / "comparison.json"
    where = ["--images", str(pictures), "--out", str(out), "--comparison", str(comparison)]
    main(["modalities", str(graded), *where, *HEADS])
    found, (relevance, conversion) = pd.read_csv(out).iloc[:-1], json.loads(comparison.read_text())
    assert (found["conversion_shared_low"] <= found["conversion_shared"]).all()
    assert (found["conversion_shared"] <= found["conversion_shared_high"]).all()
    assert "relevance_shared" not in found
    assert relevance["shared"] is None
    assert conversion["differences"]["private_adds"]["value"] == pytest.approx(
        conversion["modes"]["image-text"]["value"] - conversion["shared"]["value"]
    )
    assert conversion["shared"]["value"] == pytest.approx(
        roc_auc_score(found["relevance_grade"] >= 1, found["conversion_shared"])
    )


def test_the_answer_by_both_is_that_of_score(models, pictures, ads, tmp_path):
    table, out, scores = tmp_path / "ads.csv", tmp_path / "modes.csv", tmp_path / "scores.csv"
    ads.iloc[:3].to_csv(table, index=False)
    where = ["--images", str(pictures), "--heads", "conversion"]
    assert main(["modalities", str(table), "--out", str(out), *where]) == 0
    assert main(["score", str(table), "--out", str(scores), *where]) == 0
    both, scored = pd.read_csv(out)["conversion_image_text"], pd.read_csv(scores)["conversion"]
    assert both.tolist() == pytest.approx(scored.tolist(), abs=1e-9)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"relevance_image_only": "x"}, "relevance_image_only"),
        ({"conversion_shared": "x"}, "conversion_shared"),
        ({"notes": "x"}, "notes"),
    ],
)
def test_columns_of_ones_own_are_not_overwritten(models, pictures, ads, tmp_path, capsys, change, message):
    table, out = tmp_path / "ads.csv", tmp_path / "modes.csv"
    ads.iloc[:1].assign(**change).to_csv(table, index=False)
    assert main(["modalities", str(table), "--images", str(pictures), "--out", str(out), *HEADS]) == 2
    assert message in capsys.readouterr().err
    assert not out.exists()


def test_the_comparison_never_overwrites_the_table(models, ads, tmp_path, capsys):
    table = tmp_path / "ads.csv"
    ads.to_csv(table, index=False)
    before = table.read_bytes()
    assert main(["modalities", str(table), "--out", str(tmp_path / "o.csv"), "--comparison", str(table)]) == 2
    assert "--comparison" in capsys.readouterr().err
    assert table.read_bytes() == before


@pytest.mark.parametrize(
    ("images", "message"),
    [([], "name a picture; give the folder of the pictures with --images"), (["--images", "no"], "is not a folder")],
)
def test_pictures_without_a_folder_are_refused_before_any_work(models, ads, tmp_path, capsys, images, message):
    table, out = tmp_path / "ads.csv", tmp_path / "modes.csv"
    ads.to_csv(table, index=False)
    assert main(["modalities", str(table), *images, "--out", str(out), *HEADS]) == 2
    assert message in " ".join(capsys.readouterr().err.split())
    assert not out.exists()
