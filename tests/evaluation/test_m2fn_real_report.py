"""The section on rated ads, from made-up numbers."""

from __future__ import annotations

import pytest

from adlab.evaluation.m2fn_real_report import real_section


def near(value, width=0.05):
    return {"value": value, "low": value - width, "high": value + width}


def row(name, value, **more):
    measures = {
        "sprc_mean": near(value),
        "lcc_mean": near(value + 0.01),
        "sprc_std": near(0.08),
        "lcc_std": near(0.09),
    }
    return {"name": name, "repeats": 2, **measures, **more}


@pytest.fixture
def results():
    gain = {"name": "m2fn", "over": "mean of ridges", **near(0.02, 0.01)}
    return {
        "about": {
            "ads": 375,
            "labels": 57,
            "image_encoder": "vision-x",
            "text_encoder": "minilm-x",
            "seed": 0,
            "repeats": 5,
            "folds": 10,
            "conditional_repeats": 2,
            "conditional_folds": 5,
            "conditional_size": 160,
            "conditional_epochs": 3,
            "epochs": 30,
            "members": {"m2fn": 2},
            "resamples": 1000,
        },
        "ceiling": {"reliability_mean": 0.75, "largest_mean": 0.866, "reliability_std": 0.2, "largest_std": 0.447},
        "table": [
            row("cat", 0.50),
            row("m2fn", 0.571),
            row("mean of ridges", 0.551),
            row("m2fn+category", 0.62),
            row("ridge: attributes+category", 0.6),
            row("high", 0.56),
            row("image-only", 0.44),
        ],
        "attributes": [row("full", 0.6), row("full − ocr", 0.5, gain={"over": "full", **near(-0.1)})],
        "conditional": [row("{0,0,0,0}", 0.56), row("{1,0,0,0}", 0.57, gain={"over": "{0,0,0,0}", **near(0.01)})],
        "low": [row("O × × ×", 0.5), row("O O × ×", 0.52)],
        "gains": {
            "without": gain,
            "scales": None,
            "with": {"name": "m2fn+category", "over": "ridge: attributes+category", **near(0.02)},
            "modules": [{"name": "m2fn", "over": "cat", **near(0.071)}],
            "low": [{"name": "O O × ×", "over": "O × × ×", **near(0.02, 0.01)}],
        },
        "missing": ["conditional: {0,1,0,0} (0 of 2 repeats)"],
        "cpu_minutes": 41.2,
    }


def test_the_section_says_which_aim_is_reached_and_whether_the_gain_may_be_chance(results):
    text = real_section(results)
    assert "M2FN without the category: SPRC 0.571 [0.521, 0.621], aim ≥ 0.56 reached." in text
    assert "mean of the ridges: +0.020 [+0.010, +0.030], above zero." in text
    assert "M2FN with the category: SPRC 0.620 [0.570, 0.670], aim ≥ 0.63 missed." in text
    assert "ridge on attributes: +0.020 [-0.030, +0.070], which may be chance." in text
    results["table"][3]["sprc_mean"] = near(0.64)
    results["gains"]["with"] = {**results["gains"]["with"], **near(-0.1)}
    changed = real_section(results)
    assert "aim ≥ 0.63 reached" in changed
    assert "-0.050], below zero." in changed


def test_tables_are_sorted_and_keep_what_reads_the_category_apart(results):
    text = real_section(results)
    without, with_category = text.split("| without the category |")[1].split("| with the category |")
    names = [line.split("|")[1].strip() for line in without.splitlines()[2:] if line.startswith("|")]
    assert names == [
        "**M2FN**, `ratings` shape",
        "mean of the ridges",
        "cat: picture and attributes side by side",
        "image-only",
    ]
    assert "| **M2FN**, `ratings` shape | 0.620 [0.570, 0.670] |" in with_category
    assert "| O × × O | 0.560" in text  # "high" stands among the modules


def test_conditional_batch_norm_is_said_to_help_only_where_it_stands_above(results):
    said = (
        "at {1,0,0,0} stands highest of 1 placements, +0.010 [-0.040, +0.060] over the same network without it, which"
    )
    assert said in real_section(results)
    results["conditional"][1]["gain"] = {"over": "{0,0,0,0}", **near(-0.06)}
    assert "None of 1 placements of conditional batch norm stands above" in real_section(results)
    results["conditional"] = results["conditional"][:1]
    assert "placements" not in real_section(results)


def test_numbers_of_the_paper_stand_beside_ours_and_what_is_missing_is_said(results):
    text = real_section(results)
    assert "| {1,0,0,0} | 2 | 0.570" in text
    assert "| 0.630 |" in text
    assert "Not measured for want of time: conditional, 0 of 2 repeats: {0,1,0,0}." in text
    assert "the roots, 0.87 and 0.45" in text
    assert "41 minutes of CPU time" in text
    assert "2 draws (of 5 asked for; a draw takes long) of 10 folds by ad" in text
    results["missing"], results["about"]["repeats"] = [], 2
    assert "Not measured" not in real_section(results)
    assert "\n\n375 web ads" in real_section(results)
    assert ". 2 draws of 10 folds by ad" in real_section(results)


def test_rescaled_inputs_stand_for_m2fn_with_the_category_and_what_was_tried_stands_beside(results):
    assert "### Scales" not in real_section(results)
    results["table"].append(row("m2fn scaled+category", 0.633))
    results["about"]["scales"] = {"m2fn scaled+category": {"category": 4.0, "picture": 0.25}}
    results["about"]["tried"] = {
        "draws": [77, 78],
        "settings": [{"name": "one", "sprc": [0.61, None]}, {"name": "other", "sprc": [0.62, 0.63]}],
    }
    results["gains"]["scales"] = near(0.013, 0.02)
    text = real_section(results)
    assert "M2FN with the category: SPRC 0.633 [0.583, 0.683], aim ≥ 0.63 reached." in text
    assert "*Rescaled* means category × 4 and picture × 0.25," in text
    said = "0.633 [0.583, 0.683] against 0.620 [0.570, 0.670], +0.013 [-0.007, +0.033], which may be chance."
    assert said in text
    assert "| draw 77 | draw 78 |" in text
    assert text.index("| one | 0.610 |  |") < text.index("| other | 0.620 | 0.630 |")
    assert text.count("| **M2FN**, `ratings` shape, rescaled | 0.633") == 1
