from __future__ import annotations

import json

import pytest
from helpers.pictures import caption, picture

from adlab.data.assessment import Assessment
from adlab.data.creative import Creative
from adlab.data.image_intake import read_image
from adlab.inference.assessor import Assessor


def test_json_is_exactly_the_assessment(models, pictures, run):
    code, out, err = run("assess", pictures / "1.png", "--title", caption(1), "--query", "a query", "--json")
    assert (code, err) == (0, "")
    creative = Creative(image=read_image(pictures / "1.png"), title=caption(1), query="a query")
    assessment = Assessor(device="cpu").assess(creative)
    assert Assessment.from_dict(json.loads(out)) == assessment
    assert out == assessment.to_json() + "\n"


def test_every_field_of_the_copy_reaches_the_ad(models, pictures, run):
    fields = {name: f"the {name}" for name in ("title", "description", "query", "seller", "brand", "category")}
    options = [part for name, text in fields.items() for part in (f"--{name}", text)]
    _, out, _ = run("assess", pictures / "0.png", *options, "--json")
    assert json.loads(out)["content_hash"] == Creative(image=read_image(pictures / "0.png"), **fields).content_hash


def test_text_says_score_interval_ranks_readings_source_and_limits(models, pictures, run):
    code, out, _ = run("assess", pictures / "1.png", "--title", caption(1))
    result = Assessor(device="cpu").assess(Creative(image=read_image(pictures / "1.png"), title=caption(1))).heads[0]
    words = " ".join(out.split())
    assert code == 0
    assert f"{result.value:.0f} percentile, on a scale of 0 to 100" in words
    assert f"90 % interval {result.interval.low:.0f} – {result.interval.high:.0f}" in words
    for percentile in result.percentiles:
        assert f"percentile among 48 {percentile.description} (reference-tiny)" in words
    for expected in (
        "brightness",
        "Learned from photos with captions written by people: nothing: random weights.",
        "Checkpoint focal-tiny, sha256",
        "Data terms: none.",
        "it held 90 % of 48 held-out cases",
        "What this score is not",
        "Not a forecast of clicks or sales.",
        "Random weights: its numbers mean nothing.",
    ):
        assert expected in words


def test_what_is_lacking_and_what_was_decided_is_said(models, pictures, run):
    picture(3).convert("RGBA").rotate(10).save(pictures / "alpha.png")
    code, out, _ = run("assess", pictures / "alpha.png", "--heads", "agreement")
    assert code == 0
    assert "this ad lacks a title or description" in " ".join(out.split())
    assert "transparency laid on white" in out
    assert "What this score is not" not in out


def test_other_languages_get_a_notice(models, pictures, run):
    _, out, _ = run("assess", pictures / "0.png", "--title", "Le chat est dans la maison avec nous")
    assert "does not look English" in out


def test_brackets_in_words_are_shown_as_they_are(models, pictures, run, monkeypatch):
    monkeypatch.setattr("adlab.inference.copy_notes.NOT_ENGLISH", "[bold]plain[/bold] :smile:")
    _, out, _ = run("assess", pictures / "0.png", "--title", "Le chat est dans la maison avec nous")
    assert "[bold]plain[/bold] :smile:" in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["broken.png"], "is not a picture that can be opened"),
        (["none.png"], "does not exist"),
        (["0.png", "--title", "x" * 20_001], "shorten it"),
        (["0.png", "--title", "A dog", "--heads", "headline"], "'headline' does not ship"),
        (["0.png", "--title", "A dog", "--device", "cuda:7"], "cuda:7"),
        (["0.png", "--titel", "A dog"], "--title"),
        ([], "Usage"),
    ],
)
def test_what_cannot_be_assessed_is_refused_without_a_traceback(models, pictures, run, arguments, words):
    paths = [pictures / argument if argument.endswith(".png") else argument for argument in arguments]
    code, out, err = run("assess", *paths)
    assert (code, out) == (2, "")
    assert words in err
    assert "Traceback" not in err
