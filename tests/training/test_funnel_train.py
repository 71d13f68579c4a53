"""The product's funnel from a log to a checkpoint: small logs of known causes, tiny networks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from helpers.ad_logs import own_log
from scipy import special

from adlab.checkpoints.ctr import Platt
from adlab.checkpoints.funnel import LEVEL, STEPS, WHOLE, ChainCalibration, load_funnel
from adlab.checkpoints.store import load_checkpoint
from adlab.data.assessment import DataKind
from adlab.errors import ConfigError
from adlab.models.funnel_chain import Chain
from adlab.training import funnel_calibration, funnel_members
from adlab.training.funnel import train_funnel
from adlab.training.funnel_ads import Counts, Planted
from adlab.training.funnel_calibration import half_widths, platt
from adlab.training.funnel_comparison import measure_funnel
from adlab.training.funnel_config import Contrast, FunnelTraining
from adlab.training.funnel_fit import Stopping
from adlab.training.funnel_measures import Card, calibration_error, chance_error
from adlab.training.funnel_members import FunnelTrain
from adlab.training.funnel_simulated import FunnelCollection
from adlab.training.funnel_stated import Speaker, Stated

TRUTH = Planted(*(np.zeros(0),) * 4)  # there, and not looked at
FAST = FunnelTraining(epochs=12, batch_size=64, learning_rate=0.01, contrast=Contrast(), precision="float32")


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    return own_log(tmp_path_factory.mktemp("log"))


@pytest.fixture(scope="module")
def trained(log, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    run = FunnelTrain(
        out=folder / "funnel-own", reference="", training=FAST, tower_dims=(8,), members=2, run=folder / "run"
    )
    return run, train_funnel(run, log, command="python -m adlab train funnel --log log.csv")


def test_a_checkpoint_learns_what_was_planted_and_says_whose_data_it_is(trained):
    run, manifest = trained
    assert manifest.data_kind == DataKind.USER_LOG.value
    assert manifest.measure("CTR AUC, context known").value > 0.55
    assert manifest.measure("CVR AUC on clicks, context known").value > 0.55
    assert any("Nothing of the creative is read" in limit for limit in manifest.limits)
    _, network, settings, schema = load_funnel(run.out.name, {}, root=run.out.parent)
    assert (len(network.members), list(settings.modes), schema.names) == (2, [WHOLE], ("gender", "hour"))
    assert abs(sum(settings.weights) - 1) < 1e-9


def test_the_intervals_are_those_of_ads_that_differ(trained):
    _, manifest = trained
    settings = load_funnel("funnel-own", {}, root=trained[0].out.parent)[2]
    # Ads lie 0.3 about their statement in either step: ±0.49 at 90 %, and more for what few counts leave open.
    assert 0.4 < settings.modes[WHOLE].half_widths["pctr"] < 1.0
    assert manifest.measure("interval coverage of pctr, whole").value > 0.6
    assert manifest.measure("calibration error of pctr, relative").value < 0.2


def test_both_numbers_of_the_contrastive_task_stand_on_the_card(trained):
    _, manifest = trained
    names = [measure.name for measure in manifest.measures]
    assert "CVR AUC on clicks, gain by the contrastive task, ads that decide on it" in names
    assert "CVR AUC on clicks, gain by the contrastive task" in names
    assert manifest.training.config["contrast kept"].startswith(("yes", "no"))


def test_a_task_that_harms_is_left_out(log, tmp_path, monkeypatch):
    real = Card.gain
    monkeypatch.setattr(Card, "gain", lambda self, *a: replace(real(self, *a), value=-0.1, low=-0.2, high=-0.05))
    fitted = []
    monkeypatch.setattr(
        funnel_members, "fit_funnel", lambda shape, how, *a, **k: fitted.append(how.contrast) or _blank(shape)
    )
    run = FunnelTrain(out=tmp_path / "m", training=FAST, tower_dims=(4,), members=3, run=tmp_path / "run")
    trainer = funnel_members.FunnelTrainer(run, log, log.schema(), lambda done, total: None)
    trained, contrast, decision = trainer.all(Card("x", planted=False, seed=0))
    assert contrast is None
    assert decision.startswith("no")
    assert [how is None for how in fitted] == [
        True,
        False,
        True,
        True,
        True,
    ]  # ESMM, the task, two members, regressions
    assert trained.members[0] is trained.rivals["esmm"]


def test_a_small_log_is_learned_in_small_steps_and_a_large_one_as_asked():
    sizes = [funnel_members.in_small_steps(funnel_members.TRAINING, rows).batch_size for rows in (100, 6400, 10**6)]
    assert sizes == [64, 100, 1024]


def _blank(shape):
    from adlab.models.funnel_networks import build_funnel

    return funnel_members.Fitted(build_funnel(shape).eval(), 0.0)


def test_a_training_that_is_given_again_trains_nothing(trained, log, monkeypatch):
    run, manifest = trained
    monkeypatch.setattr("adlab.training.funnel_fit.FunnelLoop.run", lambda *a, **k: pytest.fail("trained again"))
    again = train_funnel(run, log, command=manifest.training.command)
    assert again.sha256["weights.safetensors"] == manifest.sha256["weights.safetensors"]
    assert load_checkpoint("funnel-own", run.out.parent).manifest == again


def test_a_calibration_meets_the_shares_and_keeps_the_order_of_few_counts():
    rng = np.random.default_rng(0)
    raw = rng.normal(-1, 1, 4000)
    trials = np.full(4000, 50.0)
    hits = rng.binomial(50, special.expit(0.5 * raw - 2)).astype(float)
    found = platt(raw, trials, hits)
    assert (found.slope, found.intercept) == (pytest.approx(0.5, abs=0.05), pytest.approx(-2, abs=0.05))
    few = platt(raw[:20], trials[:20], hits[:20])
    assert few.slope == 1.0
    stated = special.expit(few.apply(raw[:20]))
    assert stated.mean() == pytest.approx((hits[:20].sum() + 0.5) / 1001, rel=1e-6)
    assert platt(raw, trials, 50 - hits).slope == 1.0  # ranked the wrong way round


def cases_off_by(spread, count, ads, seed=1):
    """Stated chances whose log-odds lie so far from the true ones, one standard deviation."""
    rng = np.random.default_rng(seed)
    true = rng.normal(-2, 1, count)
    stated = special.expit(true + rng.normal(0, spread, count))
    return Stated(Chain(stated, stated, stated), special.expit(true), special.expit(true), np.ones(count), ads)


def test_planted_chances_give_conformal_intervals():
    cases = cases_off_by(0.4, 500, np.arange(500))
    width = half_widths(cases, planted=True)["pctr"]
    stated, true, _ = cases.of("pctr")
    held = np.abs(special.logit(stated) - special.logit(true)) <= width
    assert held.mean() == pytest.approx(LEVEL, abs=0.01)


def test_known_and_unknown_contexts_have_intervals_and_coverage_of_their_own(log, trained, monkeypatch):
    # rows are missed by more than ads, and there are many of them: one width for both would hold too often for ads
    rows, ads = cases_off_by(0.8, 3000, np.repeat(np.arange(300), 10)), cases_off_by(0.3, 300, np.arange(300), 2)
    monkeypatch.setattr(funnel_calibration, "stated_rows", lambda *a: rows)
    monkeypatch.setattr(funnel_calibration, "stated_ads", lambda *a: ads)
    run, _ = trained
    _, network, _, schema = load_funnel("funnel-own", {}, root=run.out.parent)
    found = funnel_calibration.settings_from(
        Speaker(network.networks(), replace(log, planted=TRUTH), schema), log.parts.calibrate, "", 0
    ).modes[WHOLE]
    assert found.half_widths["pctr"] == pytest.approx(1.645 * 0.8, rel=0.1)
    assert found.half_widths_unknown["pctr"] == pytest.approx(1.645 * 0.3, rel=0.1)
    card = Card("x", planted=True, seed=0)
    card.coverage(rows, found, WHOLE, ("pctr",), known=True)
    card.coverage(ads, found, WHOLE, ("pctr",))
    assert [measure.name for measure in card.measures] == [
        "interval coverage of pctr, whole, context known",
        "interval coverage of pctr, whole",
    ]
    assert [measure.value for measure in card.measures] == [pytest.approx(0.9, abs=0.02)] * 2


def test_the_card_has_calibration_and_coverage_for_known_and_for_unknown_contexts(trained):
    _, manifest = trained
    for step in ("pctr", "pcvr", "pctcvr"):
        known, unknown = (
            manifest.measure(f"calibration error of {step}, relative{where}") for where in ("", ", context unknown")
        )
        assert known.aim == unknown.aim == "≤ 0.10"
        assert known.value != unknown.value
        assert manifest.measure(f"interval coverage of {step}, whole, context known").aim == "0.90"
    settings = load_funnel("funnel-own", {}, root=trained[0].out.parent)[2]
    assert settings.modes[WHOLE].half_widths != settings.modes[WHOLE].half_widths_unknown


def test_on_many_rows_of_counts_coverage_is_measured_on_some(monkeypatch):
    count = 5000
    cases = cases_off_by(0.1, count, np.arange(count) // 10)
    seen = []
    monkeypatch.setattr(
        "adlab.training.funnel_measures._inside", lambda stated, *a: seen.append(len(stated)) or np.ones(len(stated))
    )
    calibration = ChainCalibration(
        ctr=Platt(slope=1.0, intercept=0.0), cvr=Platt(slope=1.0, intercept=0.0), half_widths=dict.fromkeys(STEPS, 0.2)
    )
    Card("x", planted=False, seed=0).coverage(cases, calibration, WHOLE, known=True)
    assert seen == [3000] * 3


def test_a_calibration_error_counts_trials():
    stated = np.array([0.1, 0.2, 0.3, 0.4])
    assert calibration_error(stated, stated, np.ones(4)) == 0
    assert calibration_error(stated, stated / 2, np.array([1.0, 2.0, 3.0, 4.0])) == pytest.approx(1.0)


def test_the_calibration_error_of_ads_drawn_by_chance_is_what_a_right_model_shows():
    rng, own, by_chance = np.random.default_rng(0), [], []
    for _ in range(60):
        ads = np.repeat(np.arange(300), 3)
        stated = np.repeat(rng.uniform(0.1, 0.3, 300), 3)
        share = stated * np.repeat(rng.lognormal(-0.32, 0.8, 300), 3)  # right on average; an ad's three cases alike
        trials = rng.integers(1, 5, 900).astype(float)
        own.append(calibration_error(stated, share, trials))
        by_chance.append(chance_error(stated, share, trials, ads))
    assert np.mean(by_chance) == pytest.approx(np.mean(own), rel=0.1)
    assert chance_error(stated, stated, trials, ads) == pytest.approx(0)
    assert chance_error(stated, share, trials, np.arange(900)) < 0.7 * by_chance[-1]  # cases of an ad are not units
    far = chance_error(stated, 2 * share, trials, ads)  # relative, and blind to what is wrong on average
    assert far == pytest.approx(by_chance[-1], rel=0.1)


def test_a_loss_for_stopping_is_that_of_clicks_and_of_conversions_per_impression(log):
    from adlab.models.esmm_config import ESMMConfig
    from adlab.models.funnel_networks import build_funnel
    from adlab.training.funnel_loop import predict_funnel

    schema = log.schema()
    network = build_funnel(ESMMConfig(fields=schema.sizes, tower_dims=(4,)))
    rows = log.rows_of(log.parts.stop)
    batch = Speaker([], log, schema).batch(log.table.take(rows), log.ad[rows], WHOLE)
    counts = Counts(*log.counts).take(rows)
    output = predict_funnel(network.eval(), batch)
    total = 0.0
    for logit, hits in ((output.ctr, counts.clicks), (output.ctcvr, counts.conversions)):
        p = special.expit(logit.double().numpy())
        total -= (hits * np.log(p) + (counts.impressions - hits) * np.log(1 - p)).sum()
    found = Stopping(rows=batch, counts=counts).loss(network, None)
    assert found == pytest.approx(total / counts.impressions.sum(), rel=1e-6)


def test_test_ads_must_not_be_among_those_that_train():
    with pytest.raises(ConfigError, match="these ads train"):
        FunnelCollection(seed=5, test_seed=5, test_first=100)
    with pytest.raises(ConfigError, match="members is 0"):
        FunnelTrain(members=0)


def test_a_card_is_measured_on_test_ads_alone(trained, log):
    run, _ = trained
    _, network, settings, schema = load_funnel("funnel-own", {}, root=run.out.parent)
    card = Card("x", planted=False, seed=0)
    trainer = funnel_members.FunnelTrainer(run, log, schema, lambda done, total: None)
    found, _, _ = trainer.all(Card("y", planted=False, seed=0))
    unknown = measure_funnel(card, Speaker(network.networks(), log, schema), settings, found)
    np.testing.assert_array_equal(unknown.ads, log.parts.test)
    assert {measure.n for measure in card.measures} == {len(log.parts.test)}
