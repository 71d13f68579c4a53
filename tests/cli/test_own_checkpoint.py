"""The command line where a checkpoint of one's own cannot be used."""

from __future__ import annotations

import shutil

import pandas as pd
from helpers.own_relevance import OWN, damage, with_own
from helpers.pictures import caption
from helpers.tiny_models import RELEVANCE

from adlab.cli import main


def test_score_fills_the_other_heads_and_says_in_notes_why_one_is_empty(tiny_models, pictures, tmp_path, monkeypatch):
    root = with_own(tiny_models, tmp_path)
    shutil.rmtree(root / RELEVANCE)
    damage(root / OWN)
    monkeypatch.setenv("ADLAB_MODELS", str(root))
    ads = pd.DataFrame([{"image": "0.png", "title": caption(0), "query": "a dog"}])
    ads.to_csv(tmp_path / "ads.csv", index=False)
    table, out = str(tmp_path / "ads.csv"), tmp_path / "scores.csv"
    heads = ("--heads", "agreement,relevance")
    assert main(["score", table, "--images", str(pictures), "--out", str(out), *heads]) == 0
    (row,) = pd.read_csv(out).to_dict("records")
    assert row["agreement"] > 0
    assert pd.isna(row["relevance"])
    assert pd.isna(row["error"])
    assert f"relevance: The checkpoint {OWN} cannot be used here. " in row["notes"]
