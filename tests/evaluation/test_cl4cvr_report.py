"""`cl4cvr.md` from made-up numbers: what it claims follows from the intervals."""

from __future__ import annotations

import json

import pytest

from adlab.errors import UnknownNameError
from adlab.evaluation import cl4cvr
from adlab.evaluation.cl4cvr import reproduce_cl4cvr
from adlab.evaluation.cl4cvr_report import SECTIONS, render, write_report
from adlab.evaluation.cl4cvr_report_gradients import reason
from adlab.evaluation.cl4cvr_report_real import hillstrom_section
from adlab.evaluation.cl4cvr_report_simulated import LABELS, simulated_section
from adlab.evaluation.cl4cvr_report_sparsity import sparsity_section
from adlab.evaluation.cl4cvr_settings import CL4CVRReproduction
from adlab.evaluation.cl4cvr_summary import summary
from adlab.evaluation.cl4cvr_variants import ESMM, FULL, PAPER, PUBLIC_CODE, PUBLIC_ESMM
from adlab.evaluation.cl4cvr_words import judged, over_seeds, reversed_difference, verdict
from adlab.evaluation.cl4cvr_world import NEW, TEST

SETTINGS = {
    "ads": 60,
    "impressions": 6000,
    "side_rows": 2000,
    "seeds": 2,
    "side_seeds": 1,
    "rows": {"train": 4000, "dev": 300, TEST: 600, NEW: 500},
    "test_ads": {TEST: 50, NEW: 6},
    "clicks": 160,
    "conversions": 9,
    "side_conversions": 5,
    "conversions_a_batch": 2.25,
    "identical_pairs_a_batch": 0.5,
    "fields": ["ad_id", "hour"],
    "creative_dim": 4,
    "batch_size": 1024,
    "optimiser": "adam",
    "learning_rate": 0.001,
    "precision": "float32",
}

GRADIENTS = {"temperature": 0.1, "weight": 0.01, "size": [0.5, 2.0], "cosine": [-0.02, 0.04], "turned": [0.1, 0.325]}


def area(value, width=0.01):
    one = {"value": value, "low": value - width, "high": value + width, "by_seed": [value, value]}
    return {measure: dict(one) for measure in ("ctr", "cvr", "ctcvr")}


def difference(value, low, high, seeds_low=None, seeds_high=None, wins=2):
    one = {"value": value, "low": low, "high": high, "by_seed": [value] * 2, "wins": wins}
    one |= {"seeds_low": low if seeds_low is None else seeds_low, "seeds_high": seeds_high or high}
    return {measure: dict(one) for measure in ("ctr", "cvr", "ctcvr")}


def table(values):
    above = {name: difference(v - values[ESMM], 0.001, 0.01) for name, v in values.items() if name != ESMM}
    drawn = {name: {"ctr": 0.7, "cvr": None, "ctcvr": 0.8} for name in values}
    full = {name: difference(0.0, -0.01, 0.01) for name in values if name != FULL}
    areas = {name: area(v) for name, v in values.items()}
    return {"areas": areas, "drawn": drawn, "above_esmm": above, "full_above": full}


@pytest.fixture
def results():
    """As the paper has it, in its order."""
    values = {name: published[0] for name, published in PAPER.items()}
    side = values | {"esmm-ids": 0.71, "full-ids": 0.72}
    ceiling = {"ctr": 0.9, "cvr": 0.91, "ctcvr": 0.92}
    dev = {"temperature": 0.1, "weight": 0.01, "dev": ceiling, TEST: ceiling}
    return {
        "settings": SETTINGS,
        "ceilings": {TEST: ceiling, NEW: ceiling},
        "tuning": [dev],
        "tuned": {"temperature": 0.1, "weight": 0.01},
        "best_rival": None,
        "main": {TEST: table(values), NEW: table(values)},
        "side": {TEST: table(side), NEW: table(side)},
        "cost": {ESMM: {"seconds": 2.0, "cpu_seconds": 1.0}},
        "gradients": {"places": [0.0, 1.0], "runs": [GRADIENTS]},
        "missing": [],
    }


@pytest.mark.parametrize(
    ("low", "high", "seeds_low", "seeds_high", "told"),
    [
        (0.001, 0.01, 0.002, 0.02, 1),
        (0.001, 0.01, -0.002, 0.02, 0),  # told apart by ads, not by seeds
        (-0.001, 0.01, 0.002, 0.02, 0),
        (-0.01, -0.001, -0.02, -0.002, -1),
        (-0.01, -0.001, -0.02, 0.002, 0),
    ],
)
def test_a_difference_counts_only_where_both_intervals_leave_zero_out(low, high, seeds_low, seeds_high, told):
    found = difference(0.0, low, high, seeds_low, seeds_high)["cvr"]
    assert verdict(found) == told
    words = {1: "A is above B", 0: "A is not told apart from B", -1: "A is below B"}
    said = judged(found, "cvr", of="A", over="B")
    assert said.startswith(words[told])
    assert ("over trainings" in said) == (told == 0 and low * high > 0)  # else the interval shown seems to contradict


def test_one_seed_is_said_to_be_one():
    found = difference(0.1, 0.05, 0.2, wins=1)["cvr"] | {"by_seed": [0.1], "seeds_low": None}
    assert over_seeds(found) == "one seed, above 0"
    assert verdict(found) == 1
    assert judged(found, "cvr", of="A", over="B").endswith(", in one training alone.")


def test_gradients_are_told_by_setting_and_place_with_the_range_of_their_cosine(results):
    text = "\n\n".join(simulated_section(results))
    assert "| 0.1 | 0.01 | 100 % | 2.000 | +0.040 | 32.5 % |" in text
    assert "between -0.020 and +0.040" in text
    results["gradients"]["runs"] = []
    assert "of the epoch" not in "\n\n".join(simulated_section(results))


def test_the_paper_stands_beside_ours_and_an_equal_order_has_correlation_one(results):
    text = "\n\n".join(simulated_section(results))
    assert "| CL4CVR (EM + FNE + SPI) | +0.0079 | +0.0066 | +0.0079 [+0.0010, +0.0100] |" in text
    assert "over 5 variants: 1.00 (industrial), 0.90 (Taobao)" in text
    assert "- CL4CVR (EM + FNE + SPI) is above ESMM in CVR AUC" in text
    assert "- CL4CVR is not told apart from EM + SPI in CVR AUC" in text
    assert "FNE has next to nothing to take away" in text
    assert "| ceiling | 0.9000 | 0.9100 | 0.9200 |" in text
    assert "### With and without creative features" in text
    assert "| ESMM, new ads | without | 0.7100 [0.7000, 0.7200] |" in text
    assert "| ESMM | 1 | 4,000 |" in text


def test_creative_vectors_are_judged_with_less_without_by_whole_intervals(results):
    known, new = (results["side"][part] for part in (TEST, NEW))
    # ESMM is stored as ids alone − with, CL4CVR as with − ids alone: both are told the one way round
    known["above_esmm"]["esmm-ids"] = difference(0.008, 0.002, 0.009, 0.001, 0.010)
    known["full_above"]["full-ids"] = difference(-0.007, -0.009, -0.002, -0.010, -0.001, wins=0)
    new["above_esmm"]["esmm-ids"] = difference(-0.03, -0.05, -0.01, -0.06, 0.002, wins=0)  # seeds leave it open
    new["full_above"]["full-ids"] = difference(0.03, 0.01, 0.05, 0.005, 0.06)
    new["full_above"]["full-ids"]["cvr"] |= {"low": -0.001}
    text = "\n\n".join(simulated_section(results))
    assert "| ESMM, known ads | -0.0080 [-0.0090, -0.0020] |" in text
    assert "| [-0.0100, -0.0010], above 0 in 0 of 2 |" in text
    assert "| CL4CVR, known ads | -0.0070 [-0.0090, -0.0020] |" in text
    assert "| ESMM, new ads | +0.0300 [+0.0100, +0.0500] |" in text
    assert "| [-0.0020, +0.0600], above 0 in 2 of 2 |" in text
    assert "- ESMM, known ads: the vectors lower CTR AUC, CVR AUC, CTCVR AUC." in text
    assert "- ESMM, new ads: the vectors are not told apart from ids alone in CTR AUC, CVR AUC, CTCVR AUC." in text
    apart = "the vectors raise CTR AUC, CTCVR AUC; they are not told apart from ids alone in CVR AUC"
    assert f"- CL4CVR, new ads: {apart}." in text
    short = summary({"simulated": {"results": results}})
    assert f"on new ads {apart} (CTR AUC +0.0300 [+0.0100, +0.0500], CVR AUC +0.0300 [-0.0010, +0.0500]" in short
    assert short.count("Do creative features help?") == 1


def test_the_public_code_stands_beside_its_own_training_without_the_task(results):
    assert "The contrastive task beside the same" not in "\n".join(simulated_section(results))  # stored before
    side = results["side"][TEST]
    side["above_same_without"] = {PUBLIC_CODE: difference(-0.002, -0.004, -0.001, -0.005, -0.0005, wins=0)}
    text = "\n".join(simulated_section(results))
    own, without = LABELS[PUBLIC_CODE], LABELS[PUBLIC_ESMM]
    assert f"| {own} − {without} | -0.0020 [-0.0040, -0.0010] |" in text
    assert f"- {own} is below {without} in CVR AUC" in text
    assert "batch of 64 holds 0.14 conversions" in text  # 2.25 in 1,024


def test_a_log_without_creative_vectors_says_nothing_of_them(results):
    for part in results["side"].values():
        for stored in part.values():
            for name in ("esmm-ids", "full-ids"):
                stored.pop(name, None)
    assert "creative features" not in "\n".join(simulated_section(results))
    assert "creative features" not in summary({"simulated": {"results": results}})


def test_a_difference_turned_round_takes_its_intervals_along():
    found = difference(0.3, 0.1, 0.4, 0.2, 0.5)["cvr"] | {"by_seed": [0.7, -0.1]}
    turned = reversed_difference(found)
    assert turned == {
        "value": -0.3, "low": -0.4, "high": -0.1, "seeds_low": -0.5, "seeds_high": -0.2, "by_seed": [-0.7, 0.1],
        "wins": 1,
    }  # fmt: skip
    assert reversed_difference(found | {"seeds_low": None, "seeds_high": None})["seeds_high"] is None


def test_an_opposite_order_is_said(results):
    turned = {name: 1 - published[0] for name, published in PAPER.items()}
    results["main"][TEST] = table(turned)
    assert "over 5 variants: -1.00 (industrial)" in "\n".join(simulated_section(results))


def test_a_gain_that_grows_with_few_conversions_has_a_correlation_below_zero(results):
    points = [
        {
            "thinned": "conversions",
            "share": share,
            "conversions": 1000 * share,
            "areas": {ESMM: area(0.7), FULL: area(0.71)},
            "above_esmm": difference(0.01 / share, low, 0.2),
        }
        for share, low in ((1.0, -0.1), (0.5, 0.001), (0.1, 0.001))
    ]
    text = "\n".join(sparsity_section({"settings": SETTINGS, "tuned": results["tuned"], "points": points}))
    assert "above 0 at 2, below 0 at 0 and not told apart from 0 at 1 of 3 points" in text
    assert "with the number of conversions: -1.00" in text
    assert "One seed each: the chance of a training is in no interval." in text
    several = {"settings": SETTINGS | {"side_seeds": 3}, "tuned": results["tuned"], "points": points}
    assert "One seed each" not in "\n".join(sparsity_section(several))
    whole = run([0.01, 0.02], [0.0, 0.0]) | {"thinned": "conversions", "share": 1.0}
    fewest = run([0.4, 0.5], [0.0, 0.0]) | {"thinned": "clicks", "share": 0.1}
    several["gradients"] = {"places": [0.0, 1.0], "runs": [whole, fewest]}
    text = "\n".join(sparsity_section(several))
    assert f"- nothing thinned: {reason(whole)}." in text
    assert f"- clicks thinned to 0.1: {reason(fewest)}." in text
    assert "0.010 to 0.500 times as long" in summary({"sparsity": {"results": several}})


def hillstrom(names=(), area_of_esmm=0.6, **more):
    """Stored results with ESMM and some models above it."""
    settings = {
        "rows": 100, "clicks": 20, "conversions": 5, "folds": 5, "repeats": 1, "tower_dims": [8], "epochs": 2,
        "batch_size": 8, "learning_rate": 0.1, "conversions_a_batch": 1.0, "identical_pairs_a_batch": 0.5,
        "problems": [],
    }  # fmt: skip
    return {
        "settings": settings,
        "models": [{"name": name, "label": name.upper()} for name in (ESMM, *names)],
        "areas": {ESMM: area(area_of_esmm)},
        "above_esmm": {name: difference(-0.01, -0.02, -0.001, -0.02, -0.001, wins=0) for name in names},
        "missing": [],
    } | more


def run(sizes, cosines, temperature=0.1):
    turned = [0.1] * len(sizes)
    return {"temperature": temperature, "weight": 0.01, "size": sizes, "cosine": cosines, "turned": turned}


@pytest.mark.parametrize(
    ("sizes", "cosines", "told"),
    [
        ([0.01, 0.09], [-0.9, 0.9], "too faint to help or to harm much"),
        ([0.2, 1.4], [-0.1, 0.19], "says next to nothing of clicks and conversions"),
        ([0.2, 1.4], [0.2, 0.9], "it pulls where the labels pull"),
        ([0.2, 1.4], [-0.9, -0.2], "it pulls against the labels"),
        ([0.2, 1.4], [0.0, 0.9], "now with the labels and now not"),
        ([0.01, 1.4], [0.0, 0.0], "says next to nothing of clicks and conversions, though not all the way"),
    ],
)
def test_a_reason_follows_from_size_and_direction_of_the_gradient(sizes, cosines, told):
    found = reason(run(sizes, cosines))
    assert told in found
    assert f"{min(sizes):.3f} to {max(sizes):.3f} times as long" in found
    assert f"cosine of {min(cosines):+.2f} to {max(cosines):+.2f}" in found
    assert ("though" in told) == ("though" in found)


def test_hillstrom_has_a_reason_at_either_start_and_says_that_none_is_tuned():
    apart = {"full-12": difference(0.0, -0.01, 0.01)}
    gradients = {"places": [0.0, 1.0], "runs": {FULL: run([0.2, 0.7], [0.0, 0.1])}}
    gradients["runs"]["full-12"] = run([0.001, 0.002], [0.0, 0.1], 12.0)
    found = hillstrom((FULL, "full-12"), gradients=gradients)
    found["above_esmm"] |= apart
    text = "\n".join(hillstrom_section(found))
    assert "- CL4CVR at τ = 0.1, α = 0.01 is below ESMM in CTCVR AUC" in text
    assert "- CL4CVR at τ = 12, α = 0.01 is not told apart from ESMM in CVR AUC" in text
    assert "τ and α are fixed here" in text
    assert "the training of 2 epochs that leaves the first fold out" in text
    assert "| CL4CVR at τ = 12, α = 0.01 | 12 | 0.01 | 100 % | 0.002 | +0.100 | 10.0 % |" in text
    assert f"- CL4CVR at τ = 12, α = 0.01: {reason(gradients['runs']['full-12'])}." in text
    short = summary({"hillstrom": {"results": found}})
    assert "in CVR AUC (-0.0100 [-0.0200, -0.0010])" in short
    assert short.count("Why? There, the contrastive gradient is") == 2
    assert "too faint to help or to harm much" in short
    del found["gradients"]  # as it was stored before gradients were followed
    assert "Gradient of" not in "\n".join(hillstrom_section(found))
    assert "Why?" not in summary({"hillstrom": {"results": found}})


@pytest.mark.parametrize(("area_of_esmm", "hardly"), [(0.52, True), (0.7, False)])
def test_an_area_near_chance_is_said_to_tell_hardly_anything(area_of_esmm, hardly):
    text = "\n".join(hillstrom_section(hillstrom(area_of_esmm=area_of_esmm)))
    assert ("hardly tells which visitors buy" in text) == hardly
    assert "5 folds, drawn once;" in text


def test_a_part_measured_alone_stands_beside_those_stored_before(results, monkeypatch, tmp_path):
    asked = []
    for name in ("left", "right"):

        def measure(how, progress, name=name):
            asked.append(name)
            return {"value": how.seed + 1 / 3, "missing": ["x"] if name == "left" else []}

        monkeypatch.setitem(cl4cvr.PARTS, name, measure)
        monkeypatch.setitem(SECTIONS, name, lambda found, name=name: [f"## {name}", f"It is {found['value']:.2f}."])
    report = reproduce_cl4cvr(CL4CVRReproduction(out=tmp_path, seed=4), ["left"])
    text = report.read_text()
    assert "It is 4.33." in text
    assert "time was up**: x." in text
    assert "Not measured here: `python -m adlab reproduce cl4cvr --part right`." in text
    reproduce_cl4cvr(CL4CVRReproduction(out=tmp_path, seed=5), ["right"])
    both = report.read_text()
    assert both.index("It is 4.33.") < both.index("It is 5.33.")
    assert asked == ["left", "right"]
    stored = json.loads((tmp_path / "cl4cvr" / "right.json").read_text())
    assert stored["results"] == {"value": 5.33333, "missing": []}
    assert write_report(tmp_path).read_text() == both


def test_nothing_measured_is_said_for_every_part():
    assert render({}).count("Not measured here") == len(SECTIONS)


def test_an_unknown_part_is_refused_before_anything_is_measured(monkeypatch, tmp_path):
    monkeypatch.setitem(cl4cvr.PARTS, "simulated", lambda *_: pytest.fail("measured"))
    with pytest.raises(UnknownNameError, match="middle"):
        reproduce_cl4cvr(CL4CVRReproduction(out=tmp_path), ["simulated", "middle"])
