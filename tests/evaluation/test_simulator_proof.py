from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from sklearn.linear_model import LogisticRegression

from adlab.errors import ConfigError, InputError
from adlab.evaluation import simulator, simulator_audit
from adlab.evaluation.simulator import SimulatorProof, prove_simulator
from adlab.evaluation.simulator_audit import (
    CEILINGS,
    KNOWN,
    TASKS,
    baselines,
    judged,
    leaks,
    oracles,
    row_leaks,
    score_test,
)
from adlab.evaluation.simulator_fit import centring, coefficient_names, design, fit_logistic, planted
from adlab.evaluation.simulator_pictures import STATISTICS, measure_picture, measure_pictures
from adlab.evaluation.simulator_recovery import DrawnLog, recover
from adlab.evaluation.simulator_report import findings, write_report
from adlab.simulator.ad import SimulatedAd
from adlab.simulator.coefficients import Coefficients
from adlab.simulator.contexts import context_table
from adlab.simulator.plan import plan_ad
from adlab.simulator.settings import SimulationSettings
from adlab.simulator.truth import standard_response


def flat_render(seed, index, spec):
    """A stand-in for the renderer: fast, and it shows background and clutter."""
    plan = plan_ad(seed, index)
    pixels = np.random.default_rng(index).integers(0, 1 + int(200 * plan.factors.clutter), (spec.height, spec.width, 3))
    return SimulatedAd(plan=plan, image=Image.fromarray(pixels.astype(np.uint8)), elements=())


@pytest.fixture(scope="module")
def log():
    settings = SimulationSettings(ads=600, impressions=1_200_000, aggregate=True, contexts_per_ad=60, seed=2)
    return DrawnLog(settings)


@pytest.fixture(scope="module")
def pictures(log):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("adlab.evaluation.simulator_pictures.render", flat_render)
        patch.setattr("adlab.evaluation.simulator_pictures.SIDE", 64)
        return measure_pictures(log.settings, workers=1)


def test_the_design_times_the_coefficients_is_the_response(log):
    model = standard_response()
    rows = np.arange(500)
    for outcome in ("click", "convert"):
        values = np.array([model.coefficients.of(outcome)[name] for name in coefficient_names()])
        made = design(log.ads.take(log.ad[rows]), log.contexts.take(rows)) @ values
        true = model.log_odds(log.ads.take(log.ad[rows]), log.contexts.take(rows), outcome)
        np.testing.assert_allclose(made - made.mean(), true - true.mean(), atol=1e-9)


def test_centring_is_a_projection_and_leaves_what_is_centred():
    project = centring()
    np.testing.assert_allclose(project @ project, project, atol=1e-12)
    effects = standard_response().effects["click"]
    truth = dict(zip(coefficient_names(), planted(Coefficients().click), strict=True))
    assert truth["appeal"] == 1.1
    assert truth["age_band.50+"] == pytest.approx(effects.levels["age_band"][8])
    assert truth["hour.12"] == pytest.approx(effects.levels["hour"][12])
    assert truth["background_season.red.winter"] == pytest.approx(effects.background_month[7, 0])


def test_the_fit_is_that_of_scikit_learn(log):
    part = np.arange(4000)
    rows = log.trials("click")
    rows = rows._replace(**{name: getattr(rows, name)[part] for name in ("ad", "trials", "successes")})
    rows = rows._replace(contexts=rows.contexts.take(part))
    fit = fit_logistic(rows)
    x = design(rows.ads.take(rows.ad), rows.contexts)
    weights = np.concatenate([rows.successes, rows.trials - rows.successes])
    other = LogisticRegression(C=1e7, max_iter=2000, tol=1e-9)
    other.fit(np.concatenate([x, x]), np.repeat([1, 0], len(x)), sample_weight=weights)
    np.testing.assert_allclose(fit.values, centring() @ other.coef_[0], atol=2e-3)
    assert fit.rank == len(coefficient_names()) - 22  # two by ten for levels and margins, one colour, one place


@pytest.mark.parametrize("outcome", ["click", "convert"])
def test_planted_coefficients_come_back_within_their_intervals(log, outcome):
    found = recover(log, outcome)
    assert found.inside >= 0.87 * len(found.coefficients)
    assert found.p_value > 1e-3
    assert max(abs(c.z) for c in found.coefficients) < 4.5
    appeal = next(c for c in found.coefficients if c.name == "appeal")
    assert appeal.high - appeal.low < (0.1 if outcome == "click" else 0.4)


def test_coefficients_that_were_not_planted_do_not_come_back(log):
    other = DrawnLog(replace(log.settings, coefficients={"click.appeal": 0.5}))
    other.model = log.model
    found = recover(other, "click")
    assert found.p_value < 1e-6
    assert [c.name for c in found.coefficients if abs(c.z) > 5] == ["appeal"]


def test_a_fit_needs_both_outcomes(log):
    rows = log.trials("click")
    with pytest.raises(InputError, match="needs both outcomes"):
        fit_logistic(rows._replace(successes=np.zeros_like(rows.successes)))


def test_oracles_of_one_side_stay_below_the_ceiling_by_their_share():
    rows = {row.known: row for row in oracles(standard_response())}
    assert rows.keys() == KNOWN.keys()
    best = rows["everything"]
    assert best.shares["click"] == pytest.approx(1)
    for name in ("picture: its own causes", "copy: its own causes", "context"):
        assert rows[name].reached["ctr"] == pytest.approx(rows[name].predicted["ctr"], abs=0.01)
        assert rows[name].reached["cvr"] == pytest.approx(rows[name].predicted["cvr"], abs=0.02)
        assert all(rows[name].reached[task] < best.reached[task] - 0.05 for task in TASKS)
    assert rows["picture and copy"].reached["ctr"] < best.reached["ctr"]


def test_plain_models_learn_something_and_stay_below_what_could_be_known(log, pictures):
    rows = {row.name: row for row in baselines(log, pictures)}
    assert rows.keys() == CEILINGS.keys()
    for name, row in rows.items():
        for task in TASKS:
            assert row.reached[task] < row.ceiling[task] + 0.04, (name, task)
    assert rows["context"].reached["ctr"] > 0.56
    assert rows["counts of words"].reached["ctcvr"] > 0.55
    assert rows["pictures, words and context"].ceiling["ctr"] > rows["context"].ceiling["ctr"] + 0.05


def test_nothing_leaks_but_what_the_causes_explain(log, pictures):
    found = leaks(log, pictures)
    assert {row.measure for row in found} == {*STATISTICS, "characters of the title", "number of the ad"}
    assert max(max(abs(row.z_click), abs(row.z_convert)) for row in found) < 4
    single = row_leaks(DrawnLog(SimulationSettings(ads=50, impressions=60_000)))
    assert max(max(abs(row.z_click), abs(row.z_convert)) for row in single) < 4
    assert max(row.auc for row in single) < 0.56


def test_a_planted_leak_is_found(log, pictures):
    clicks = log.of_ads("clicks") / log.of_ads("impressions")
    residual = clicks - judged_rate(log)
    leaking = pictures._replace(statistics=pictures.statistics + 1e6 * residual[:, None])
    assert all(abs(row.z_click) > 6 for row in leaks(log, leaking) if row.measure in STATISTICS)


def judged_rate(log):
    rows = judged(log, np.arange(log.settings.ads))
    return np.bincount(rows.ad, rows.ctr * rows.weights) / np.bincount(rows.ad, rows.weights)


def test_the_score_test_by_hand():
    # Two rows of 100 trials at ½; five successes too many where x is 1, five too few where it is −1.
    z = score_test(np.array([1.0, -1.0]), np.array([100, 100]), np.array([55, 45]), np.array([0.5, 0.5]))
    assert z == pytest.approx(10 / np.sqrt(50))
    with pytest.raises(InputError, match="same in all rows"):
        score_test(np.ones(2), np.ones(2, dtype=int), np.ones(2, dtype=int), np.full(2, 0.5))


def test_measures_of_a_picture_by_hand():
    picture = Image.new("RGB", (32, 32), (0, 0, 255))
    picture.paste((255, 255, 255), (16, 0, 32, 32))
    statistics, histogram, thumbnail = measure_picture(picture)
    found = dict(zip(STATISTICS, statistics, strict=True))
    assert (found["top left pixel"], found["middle pixel"]) == (29, 255)
    assert (found["mean red"], found["mean blue"]) == (127.5, 255)
    assert found["mean saturation"] == 127.5
    assert found["edges"] == pytest.approx((255 - 29) / 31 / 2)
    assert (histogram[3], histogram[63], histogram.sum()) == (0.5, 0.5, 1)
    assert thumbnail.reshape(16, 16, 3)[0, 0].tolist() == [0, 0, 1]


@pytest.fixture(scope="module", autouse=True)
def fewer_rows():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("adlab.simulator.ceiling._ROWS", 1 << 14)
        yield


@pytest.fixture(scope="module")
def proven(tmp_path_factory):
    """Two reports of the same proof, the first's progress, and the results of both."""
    folder = tmp_path_factory.mktemp("proof")
    seen, results = [], []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ADLAB_CACHE", str(folder / "cache"))
        patch.setattr("adlab.evaluation.simulator_pictures.render", flat_render)
        patch.setattr("adlab.evaluation.simulator_pictures.SIDE", 64)
        patch.setattr(simulator, "CONTEXTS_PER_AD", 20)
        patch.setattr(simulator, "DRAWING_SOURCES", ())
        patch.setattr(simulator, "SHEET_ADS", 9)
        patch.setattr(simulator_audit, "_PENALTIES", (0.01,))
        patch.setattr(
            simulator, "write_report", lambda found, *rest: results.append(found) or write_report(found, *rest)
        )
        proof = SimulatorProof(out=folder / "docs", ads=60, rows=20_000, impressions_per_row=10, workers=1)
        report = prove_simulator(proof, lambda done, total: seen.append((done, total)), "the command")
        drawn = ["shares.png", "context.png", "interactions.png", "recovery.png", "ceilings.png", "rates.png"]
        (folder / "again" / "simulator").mkdir(parents=True)
        patch.setattr(simulator, "draw_figures", lambda *_: drawn)
        patch.setattr(simulator, "measure_pictures", None)  # kept from the first run
        again = prove_simulator(replace(proof, out=folder / "again"), command="the command")
    return report, again, seen, results


def test_the_report_is_generated_with_all_it_links_to(proven):
    report, _, seen, _ = proven
    text = report.read_text()
    assert text.startswith("# The ad simulator\n\nGenerated by `the command`")
    for part in text.split("](")[1:]:
        assert (report.parent / part.partition(")")[0]).is_file()
    numbers = json.loads((report.parent / "simulator" / "simulator.json").read_text())
    assert {"oracles", "baselines", "leaks", "recoveries", "ceiling"} <= numbers.keys()
    assert f"{numbers['ceiling']['ctr_auc']:.3f} (CTR)" in text
    assert seen[-1][0] == seen[-1][1]
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    sheet = Image.open(report.parent / "simulator" / "contact-sheet.jpg")
    assert sheet.width > sheet.height


def test_a_second_run_measures_the_same(proven):
    first, second = proven[3]
    assert first == replace(second, speed=first.speed)

    def lines(path):
        return [line for line in path.read_text().splitlines() if "Speed" not in line]

    assert lines(proven[0]) == lines(proven[1])


def test_the_findings_say_when_something_leaks_or_lies_above(proven):
    found = proven[3][0]
    assert "no leak is found" in findings(found)[4]
    bad = replace(found.leaks[0], z_click=-9.0)
    assert "something leaks" in findings(replace(found, leaks=(bad,)))[4]
    high = replace(found.baselines[0], reached=dict.fromkeys(TASKS, 0.99))
    assert "colour histogram lies above" in findings(replace(found, baselines=(high,)))[3]


def test_contexts_of_a_drawn_log_are_those_of_its_columns(log):
    again = context_table(log.frame.head(50))
    for codes, other in zip(log.contexts.take(slice(0, 50)), again, strict=True):
        np.testing.assert_array_equal(codes, other)


@pytest.mark.parametrize(("name", "value"), [("ads", 49), ("rows", 9999), ("impressions_per_ad", 99)])
def test_a_proof_on_too_little_is_refused(name, value):
    with pytest.raises(ConfigError, match=f"{name} is {value}"):
        SimulatorProof(**{name: value})
