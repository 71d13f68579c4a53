from __future__ import annotations

import json
import shutil
from dataclasses import replace

import pytest
from helpers.tiny_models import manifest

from adlab.app import shelf
from adlab.app.components.checkpoint_card import (
    anchor,
    contents,
    facts,
    foremost,
    measures_table,
    serves,
    size,
    summary,
)
from adlab.checkpoints.manifest import Measure, TrainingRecord

MEASURES = (
    Measure(name="AUC", value=0.97, low=0.96, high=0.98, n=6000, data="test photos", aim="≥ 0.95"),
    Measure(name="retrieval", value=0.6, n=1000, data="test photos", aim="≥ 0.66", note="baseline 0.60"),
    Measure(name="rank", value=61.2, n=1000, data="test photos"),
)
EVIL = "<script>alert(1)</script>"


def test_measures_are_judged_by_sign_and_word_not_by_colour():
    html = measures_table(manifest("m", "focal", measures=MEASURES), MEASURES)
    assert html.count("✓ met") == html.count("✗ missed") == 1
    for part in ("0.97", "0.96 – 0.98", "6,000", "test photos", "baseline 0.60", "≥ 0.66"):
        assert part in html


def test_the_summary_counts_the_aims():
    assert "1 of 2 aims met" in summary(manifest("m", "focal", measures=MEASURES))
    assert "aims met" not in summary(manifest("m", "focal"))


def test_coverage_is_judged_with_its_side_and_the_rule_stands_below():
    wide = Measure(name="interval coverage", value=0.94, low=0.93, high=0.95, n=2000, data="ads", aim="0.90")
    html = measures_table(manifest("m", "focal", measures=(wide,)), (wide,))
    assert "0.90<b> ≈ near, above</b>" in html
    assert "<dt>Aims</dt>" in html
    assert "<dt>coverage</dt>" in html
    assert "<dt>AUC</dt>" not in html
    assert "ad-terms" not in measures_table(manifest("m", "focal", measures=MEASURES[2:]), MEASURES[2:])


def test_the_contents_lead_to_every_card():
    found = [
        shelf.Checkpoint(manifest(name, "focal", measures=MEASURES), "", 1.0) for name in ("a-model", "<b>other model")
    ]
    html = contents(found)
    for checkpoint in found:
        assert f'href="#{anchor(checkpoint.manifest)}"' in html
        assert f'id="{anchor(checkpoint.manifest)}"' in summary(checkpoint.manifest)
    assert html.count("1 of 2 aims met") == 2
    assert "<b>other" not in html


def named(*aims):
    return tuple(replace(MEASURES[2], name=str(place), aim=aim) for place, aim in enumerate(aims))


@pytest.mark.parametrize(
    ("aims", "shown"),
    [
        (("",) * 6, "0123"),
        (("", "", "", "", "", "0.90"), "0125"),
        (("≥ 1", "", "≥ 1", "≥ 1", "", "≥ 1", "≥ 1"), "02356"),
    ],
)
def test_measures_with_an_aim_and_the_first_others_are_shown_and_the_rest_is_folded(aims, shown):
    first, folded = foremost(named(*aims))
    assert "".join(measure.name for measure in first) == shown
    assert folded


def test_how_well_a_model_orders_is_shown_where_all_aims_are_about_intervals():
    aimed = tuple(replace(MEASURES[0], name=f"interval coverage, {place}", aim="0.90") for place in range(5))
    rankings = tuple(replace(MEASURES[0], name=f"CVR AUC, {place}", aim="") for place in range(8))
    first, folded = foremost((MEASURES[2], *rankings, *aimed))
    assert first == (*rankings[:7], *aimed)
    assert folded
    assert foremost((*rankings, *aimed, MEASURES[0]))[0] == (*aimed, MEASURES[0])  # an aim is about the AUC


def test_a_short_table_is_not_folded():
    assert foremost(MEASURES) == (MEASURES, False)


def test_the_student_is_no_encoder():
    assert serves(manifest("m", "two-tower", heads=())) == "Fast student beside the score of Query relevance"
    assert serves(manifest("m", "mobilenet", heads=())) == "Encoder behind the scores"
    assert serves(manifest("m", "reference", heads=())) == "Reference set behind the percentiles"


def test_a_negative_number_has_a_minus_sign_and_one_thread_no_plural():
    loss = Measure(name="loss", value=-0.25, low=-0.5, high=0.1, n=9, data="pairs, 1 CPU threads")
    html = measures_table(manifest("m", "focal", measures=(loss,)), (loss,))
    assert "<b>−0.25</b>" in html
    assert "−0.5 – 0.1" in html
    assert "1 CPU thread<" in html


@pytest.mark.parametrize(("megabytes", "words"), [(23.36, "23.4 MB"), (0.1, "0.1 MB"), (0.00533, "5.3 kB")])
def test_a_small_file_has_a_size_too(megabytes, words):
    assert size(megabytes) == words


def test_nothing_measured_is_said():
    assert "Nothing was measured" in measures_table(manifest("m", "focal"), ())


def test_words_of_a_manifest_cannot_become_markup():
    evil = manifest("m", "focal", summary=EVIL, terms=EVIL, limits=(EVIL,), measures=(replace(MEASURES[0], name=EVIL),))
    html = summary(evil) + measures_table(evil, evil.measures) + facts(shelf.Checkpoint(evil, "", 1.0))
    assert "<script" not in html


def test_terms_limits_and_training_stand_on_the_card():
    training = TrainingRecord(command="python -m adlab train x", seed=7, data="d", minutes=12.0, machine="2 CPU cores")
    html = facts(shelf.Checkpoint(manifest("m", "focal", terms="research use only", training=training), "", 4.3))
    for part in (
        "research use only",
        "12 minutes on 2 CPU cores, seed 7",
        "Random weights: its numbers mean nothing.",
        "4.3 MB",
    ):
        assert part in html


def test_checkpoints_that_serve_a_score_come_first(tiny_models, monkeypatch):
    monkeypatch.setenv("ADLAB_MODELS", str(tiny_models))
    found = shelf.checkpoints()
    serving = [bool(c.manifest.heads) for c in found.checkpoints]
    assert serving == sorted(serving, reverse=True)
    assert sum(serving) == 6
    assert found.checkpoints[0].card.startswith("# ")
    assert found.problems == ()


def test_a_damaged_folder_does_not_hide_the_others(tiny_models, monkeypatch, tmp_path):
    copy = shutil.copytree(tiny_models, tmp_path / "models")
    file = next(copy.glob("focal-*/config.json"))
    file.write_text(json.dumps(json.loads(file.read_text()) | {"summary": "altered"}))
    monkeypatch.setenv("ADLAB_MODELS", str(copy))
    found = shelf.checkpoints()
    assert len(found.checkpoints) == len(list(copy.iterdir())) - 1
    assert len(found.problems) == 1
    assert "focal" in found.problems[0]


def test_an_empty_folder_is_an_empty_shelf(monkeypatch, tmp_path):
    monkeypatch.setenv("ADLAB_MODELS", str(tmp_path / "nowhere"))
    assert shelf.checkpoints() == shelf.Shelf((), ())
