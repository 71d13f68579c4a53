"""What `cl4cvr.md` says in short follows from the intervals."""

from __future__ import annotations

import pytest

from adlab.evaluation.cl4cvr_report_simulated import simulated_section
from adlab.evaluation.cl4cvr_report_weight import tuning_section
from adlab.evaluation.cl4cvr_settings import FunnelStudy
from adlab.evaluation.cl4cvr_summary import summary
from adlab.evaluation.cl4cvr_variants import FULL
from adlab.evaluation.cl4cvr_words import verdict
from adlab.evaluation.cl4cvr_world import DEV, NEW, TEST

RUN = {"temperature": 0.1, "weight": 0.01, "size": [0.5, 2.0], "cosine": [-0.02, 0.04], "turned": [0.1, 0.3]}


def difference(value, low, high, seeds_low, seeds_high):
    one = {"value": value, "low": low, "high": high, "seeds_low": seeds_low, "seeds_high": seeds_high}
    return {m: one | {"by_seed": [value] * 2, "wins": 2 * (value > 0)} for m in ("ctr", "cvr", "ctcvr")}


def student(value, low, high):
    return {"value": value, "seeds_low": low, "seeds_high": high, "wins": 2, "by_seed": [value] * 2}


def simulated(own):
    main = {part: {"above_esmm": {FULL: own}} for part in (TEST, NEW)}
    side = {part: {"above_esmm": {}, "full_above": {}} for part in (TEST, NEW)}
    return {"simulated": {"command": "", "results": {"main": main, "side": side, "gradients": {"runs": [RUN]}}}}


@pytest.mark.parametrize(
    ("own", "told"),
    [
        (difference(0.0, -0.001, 0.001, -0.002, 0.002), "not told apart from"),
        (difference(0.007, 0.001, 0.01, 0.002, 0.009), "above"),
        (difference(-0.01, -0.02, -0.001, -0.02, -0.001), "below"),
    ],
)
def test_the_papers_gain_is_set_against_our_widest_interval(own, told):
    text = summary(simulated(own))
    assert f"CL4CVR is {told} ESMM in CVR AUC" in text
    place = "inside" if own["cvr"]["value"] == 0.007 else "outside"
    assert f"+0.0079 (industrial, {place} our interval) and +0.0066 (Taobao, {place} our interval)" in text
    assert f"Of 1 variants, {int(told != 'not told apart from')} can be told apart" in text
    assert "cosine of -0.02 to +0.04" in text
    assert "τ = 0.1, α = 0.01: 0.500 to 2.000" in text


def test_few_conversions_ids_and_real_customers_have_a_line_each():
    gain = difference(0.01, 0.001, 0.02, 0.001, 0.02)
    found = {m: {"at_best": student(0.01, 0.001, 0.02), "by_epoch": [student(-0.3, -1, 1)] * 3} for m in gain}
    worlds = [{"focus": focus, "above_esmm": {FULL: found}} for focus in (2.0, 0.0)]
    text = summary(
        {
            "sparsity": {"results": {"points": [{"above_esmm": gain}, {"above_esmm": difference(0, -1, 1, -1, 1)}]}},
            "exposure": {"results": {"worlds": worlds}},
            "hillstrom": {"results": {"above_esmm": {FULL: gain}}},
        }
    )
    assert text.startswith("## In short")
    assert "at 1, below at 0 and not told apart at 1 of 2 thinned logs" in text
    assert "exposure that follows taste**, CL4CVR − ESMM: at the best epoch of each CVR AUC +0.0100" in text
    assert text.count("after epoch 3 CVR AUC -0.3000") == 2
    assert "CL4CVR at τ = 0.1, α = 0.01 is above ESMM in CVR AUC" in text
    assert "One seed each" not in text
    assert summary({}) == ""


def test_a_line_on_thinned_logs_says_when_each_was_trained_on_once():
    points = [{"above_esmm": {"cvr": difference(0.01, 0.001, 0.02, None, None)["cvr"]}}]
    assert "of 1 thinned logs. One seed each" in summary({"sparsity": {"results": {"points": points}}})


def test_a_student_interval_alone_decides_and_one_seed_decides_nothing():
    assert verdict(student(0.1, 0.01, 0.2)) == 1
    assert verdict(student(-0.1, -0.2, -0.01)) == -1
    assert verdict(student(0.1, None, None)) == 0


def test_pairs_are_ordered_by_their_ratio():
    def row(temperature, weight, area):
        found = {"ctr": area, "cvr": area, "ctcvr": area}
        return {"temperature": temperature, "weight": weight, DEV: found, TEST: found}

    tuning = [row(0.1, 0.1, 0.6), row(12.0, 0.1, 0.8), row(0.1, 0.01, 0.7)]
    text = tuning_section({"tuning": tuning, "tuned": {"temperature": 12.0, "weight": 0.1}})
    assert "with α/τ: -1.00." in text
    assert "Rank correlation" not in tuning_section({"tuning": tuning[:2], "tuned": tuning[0]})


def test_a_small_run_says_what_the_whole_one_is():
    own = FunnelStudy()
    settings = {
        "ads": 60, "impressions": own.impressions, "side_rows": own.side_rows, "seeds": 2, "side_seeds": own.side_seeds,
        "rows": {"train": 4000, DEV: 300, TEST: 600, NEW: 500}, "test_ads": {TEST: 50, NEW: 6}, "clicks": 160,
        "conversions": 9, "side_conversions": 5, "conversions_a_batch": 2.25, "identical_pairs_a_batch": 5.0,
        "fields": ["ad_id"], "creative_dim": 0, "batch_size": 1024, "optimiser": "adam", "learning_rate": 0.001,
        "precision": "float32",
    }  # fmt: skip
    empty = {"areas": {}, "drawn": {}, "above_esmm": {}, "full_above": {}}
    ceiling = dict.fromkeys(("ctr", "cvr", "ctcvr"), 0.9)
    results = {
        "settings": settings, "ceilings": {TEST: ceiling, NEW: ceiling}, "tuning": [], "cost": {}, "best_rival": None,
        "tuned": {"temperature": 0.1, "weight": 0.01}, "main": {TEST: empty, NEW: empty},
        "side": {TEST: empty, NEW: empty}, "gradients": {"places": [], "runs": []},
    }  # fmt: skip
    assert "(ads 60 of 2,000; seeds 2 of 5)" in "\n".join(simulated_section(results))
    settings |= {"ads": own.ads, "seeds": own.seeds}
    assert "Smaller than" not in "\n".join(simulated_section(results))
