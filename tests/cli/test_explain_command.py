"""`python -m adlab explain`: maps, words and numbers behind one score, with their test, and what is refused."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from helpers.pictures import caption
from PIL import Image

from adlab.data.creative import Creative
from adlab.data.image_intake import read_image
from adlab.explain.fusion_maps import STEPS
from adlab.explain.pair_explanation import explain_pair
from adlab.inference.assessor import Assessor


def explained(out, folder):
    document = json.loads((folder / "explanation.json").read_text(encoding="utf-8"))
    assert out.strip() in (str(folder / "explanation.json"), json.dumps(document, indent=2, ensure_ascii=False))
    return document


def test_appeal_has_a_map_a_step_in_pixels_and_in_numbers(models, pictures, run, tmp_path):
    code, out, err = run("explain", pictures / "1.png", "--out", tmp_path / "why", "--ocr", "off")
    assert (code, err) == (0, "")
    document = explained(out, tmp_path / "why")
    assert [each["step"] for each in document["explanation"]["maps"]] == list(STEPS)
    assert all(each["evidence"] is None for each in document["explanation"]["maps"])
    size = read_image(pictures / "1.png").pixels.size
    for step in STEPS:
        assert Image.open(tmp_path / "why" / f"{step}.png").size == size
    cells = pd.read_csv(tmp_path / "why" / "cells.csv")
    assert set(cells["step"]) == set(STEPS)
    assert cells["value"].abs().max() > 0
    creative = Creative(image=read_image(pictures / "1.png"))
    said = Assessor(device="cpu", words="off").assess(creative, ["appeal"]).to_dict()
    assert document["assessment"] == said


def test_a_query_turns_to_relevance_and_the_explanation_is_that_of_the_package(models, pictures, run, tmp_path):
    words = {"title": caption(1), "query": "a query"}
    options = [part for name, text in words.items() for part in (f"--{name}", text)]
    code, out, _ = run("explain", pictures / "1.png", *options, "--out", tmp_path / "why", "--json")
    assert code == 0
    found = explained(out, tmp_path / "why")["explanation"]
    head = Assessor(device="cpu").relevance
    own = explain_pair(head, Creative(image=read_image(pictures / "1.png"), **words))
    assert found["grade"] == own.grade
    assert [word["text"] for word in found["words"]] == [word.text for word in own.words]
    assert [word["weight"] for word in found["words"]] == pytest.approx([word.weight for word in own.words])
    assert Image.open(tmp_path / "why" / "regions.png").size == read_image(pictures / "1.png").pixels.size
    assert found["evidence"] is None


def test_the_grade_asked_for_is_explained_and_tested(models, pictures, run, tmp_path):
    words = ("--title", "one two three four five six", "--query", "a query of some words")
    code, out, _ = run("explain", pictures / "1.png", *words, "--grade", "good", "--test", "--out", tmp_path / "why")
    assert code == 0
    found = explained(out, tmp_path / "why")["explanation"]
    assert (found["target"], found["grade"]) == ("good", 2)
    assert set(found["evidence"]) == {"words", "regions"}
    for evidence in found["evidence"].values():
        assert 0 < evidence["p_value"] <= 1
        assert evidence["better_than_random"] == (evidence["p_value"] <= 0.05)


def test_the_maps_of_appeal_are_tested_one_by_one(models, pictures, run, tmp_path):
    code, out, _ = run("explain", pictures / "1.png", "--ocr", "off", "--test", "--out", tmp_path / "why")
    assert code == 0
    evidence = [each["evidence"] for each in explained(out, tmp_path / "why")["explanation"]["maps"]]
    assert all(0 < each["p_value"] <= 1 and each["random_maps"] >= 19 for each in evidence)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["0.png", "--grade", "bad"], "appeal has no grades"),
        (["0.png", "--head", "relevance"], "relevance cannot be explained"),
        (["broken.png"], "is not a picture that can be opened"),
        (["0.png", "--head", "ctr"], "ctr"),
    ],
)
def test_what_cannot_be_explained_says_so_and_writes_nothing(models, pictures, run, tmp_path, arguments, words):
    code, _, err = run("explain", pictures / arguments[0], *arguments[1:], "--out", tmp_path / "why")
    assert code == 2
    assert words in " ".join(err.split())
    assert not (tmp_path / "why").exists()
