"""Training of a funnel network: learns, repeats, stops and goes on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers.tiny_funnel import creatives, tiny_config, tiny_log, tiny_network

from adlab.errors import CheckpointError, ConfigError, InputError, UnknownNameError
from adlab.layers.embedding_masks import KINDS
from adlab.metrics.funnel import funnel_auc
from adlab.models.esmm_config import SHARINGS
from adlab.models.funnel_networks import build_funnel
from adlab.training.funnel_config import FALSE_NEGATIVES, Contrast, FunnelTraining
from adlab.training.funnel_loop import FunnelLoop, predict_funnel

LOG = tiny_log(300)
QUICK = FunnelTraining(epochs=2, batch_size=64, learning_rate=0.01, precision="float32")
CONTRAST = replace(QUICK, contrast=Contrast(weight=0.1))


def loop(config: FunnelTraining = QUICK, seed: int = 0, **network) -> FunnelLoop:
    return FunnelLoop(tiny_network(**network), config, LOG, creatives(), seed)


def state(found: FunnelLoop) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in found.task.state_dict().items()}


def equal(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_an_epoch_reads_every_row_once_and_the_last_step_may_be_shorter():
    numbered = LOG._replace(ad=np.arange(LOG.rows))
    source = FunnelLoop(tiny_network(), QUICK, numbered, creatives()).data
    seen = [np.concatenate([batch.ad for batch, _ in source.batches(epoch)]) for epoch in (0, 1)]
    assert all(sorted(order.tolist()) == list(range(300)) for order in seen)
    assert not np.array_equal(*seen)
    told = []
    run = loop().run(progress=lambda done, total: told.append((done, total)))
    assert run.rows == 600
    assert run.finished
    assert told == [(step, 10) for step in range(1, 11)]


@pytest.mark.parametrize("config", [QUICK, CONTRAST, replace(CONTRAST, optimiser="adagrad")])
def test_one_seed_gives_one_result_and_another_another(config):
    results = []
    for seed in (0, 0, 1):
        training = loop(config, seed, dropout=0.2)
        torch.rand(seed + 3)  # the global generator has no say
        training.run()
        results.append(state(training))
    assert equal(results[0], results[1])
    assert not equal(results[0], results[2])


@pytest.mark.parametrize("config", [CONTRAST, replace(CONTRAST, optimiser="adagrad")])
@pytest.mark.parametrize("stop", [2, 5, 7])
def test_a_stopped_run_goes_on_as_if_it_had_never_been_stopped(config, stop, tmp_path):
    whole = loop(config, dropout=0.2)
    whole.run()
    first = loop(config, dropout=0.2)
    assert not first.run(max_steps=stop).finished
    torch.save(first.state_dict(), tmp_path / "state.pt")
    second = FunnelLoop(build_funnel(tiny_config(dropout=0.2)), config, LOG, creatives(), 0)
    second.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
    assert second.run().finished
    assert equal(state(whole), state(second))


def test_every_step_draws_masks_of_its_own_and_another_seed_others():
    drawn = {}
    for seed in (0, 1):
        training = loop(CONTRAST, seed)
        own = drawn.setdefault(seed, [])
        training.task.views.register_forward_hook(lambda _, given, out, own=own: own.append(given[1].initial_seed()))
        training.run()
        assert len(set(own)) == len(own) == training.all_steps
    assert not set(drawn[0]) & set(drawn[1])


def test_a_budget_stops_after_a_step_and_never_before_the_first():
    training = loop()
    run = training.run(budget_minutes=1e-9)
    assert (training.steps, run.finished, run.rows) == (1, False, 64)
    assert training.run(budget_minutes=10).finished


def test_the_state_of_another_log_is_refused():
    other = FunnelLoop(tiny_network(), QUICK, LOG.slice(0, 200), creatives())
    with pytest.raises(CheckpointError, match="log of 300 rows, this one has 200"):
        other.load_state_dict(loop().state_dict())
    with pytest.raises(InputError, match="no row"):
        FunnelLoop(tiny_network(), QUICK, LOG.slice(0, 0), creatives())


@pytest.mark.parametrize("sharing", SHARINGS)
def test_planted_causes_are_learned(sharing):
    log, test = tiny_log(4000, seed=1), tiny_log(6000, seed=2)
    torch.manual_seed(0)
    network = build_funnel(tiny_config(sharing=sharing))
    training = FunnelLoop(network, replace(QUICK, epochs=4, batch_size=160, learning_rate=0.02), log, creatives())
    first = training.run(max_steps=20).losses["total"]
    assert training.run().losses["total"] < first
    output = predict_funnel(network, test, creatives())
    found = funnel_auc(*output, test.click, test.conversion, test.weight)
    assert min(found) > 0.66  # the best possible: 0.78, 0.78 and 0.80


@pytest.mark.parametrize("masking", KINDS)
@pytest.mark.parametrize("false_negatives", FALSE_NEGATIVES)
def test_every_contrast_lowers_its_own_loss(masking, false_negatives):
    contrast = Contrast(weight=1.0, masking=masking, false_negatives=false_negatives, temperature=0.5)
    training = loop(replace(QUICK, contrast=contrast, epochs=8))
    first = training.run(max_steps=5).losses["contrast"]
    assert training.run().losses["contrast"] < first - 0.02


def test_the_contrast_reaches_embeddings_and_encoder_and_only_on_demand():
    moved = []
    for config in (QUICK, CONTRAST):
        training = loop(config)
        before = state(training)
        training.run(max_steps=1)
        moved.append({name for name, tensor in state(training).items() if not torch.equal(before[name], tensor)})
    plain, contrast = moved
    assert not any(name.startswith("encoder") for name in plain)
    assert {name for name in contrast if name.startswith("encoder")} == {
        f"encoder.layers.{part}.{kind}" for part in ("early.0.0", "late.0", "out") for kind in ("weight", "bias")
    }
    one, other = loop(QUICK), loop(CONTRAST)
    one.run(max_steps=1), other.run(max_steps=1)
    assert not torch.equal(one.task.network.embedding.table, other.task.network.embedding.table)


def test_weights_count_relative_to_their_mean():
    one, other = loop(), FunnelLoop(tiny_network(), QUICK, LOG._replace(weight=LOG.weight * 8), creatives())
    one.run(), other.run()
    for a, b in zip(state(one).values(), state(other).values(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-6)


def test_bfloat16_trains_to_nearly_the_same_loss():
    losses = [loop(replace(CONTRAST, epochs=6, precision=p)).run().losses["total"] for p in ("float32", "bfloat16")]
    assert losses[1] == pytest.approx(losses[0], rel=0.02)
    training = loop(replace(CONTRAST, precision="bfloat16"))
    training.run()
    assert {p.dtype for p in training.task.parameters()} == {torch.float32}


def test_one_thread_and_eight_train_alike():
    results, before = [], torch.get_num_threads()
    try:
        for threads in (1, 8):
            torch.set_num_threads(threads)
            training = loop(CONTRAST)
            training.run()
            results.append(predict_funnel(training.task.network, LOG, creatives()))
    finally:
        torch.set_num_threads(before)
    for one, eight in zip(*results, strict=True):
        torch.testing.assert_close(one, eight, rtol=0, atol=1e-3)


def test_predictions_do_not_depend_on_how_rows_are_cut(monkeypatch):
    network = tiny_network()
    whole = predict_funnel(network, LOG, creatives())
    monkeypatch.setattr("adlab.training.funnel_loop.PREDICTION_ROWS", 7)
    for a, b in zip(predict_funnel(network, LOG, creatives()), whole, strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-5)


def test_the_caller_s_generator_is_left_as_it_was():
    torch.manual_seed(5)
    wanted = torch.rand(1)
    torch.manual_seed(5)
    network = tiny_network()
    torch.manual_seed(5)
    FunnelLoop(network, CONTRAST, LOG, creatives()).run(max_steps=2)
    assert torch.equal(torch.rand(1), wanted)


def test_the_public_code_s_settings():
    config = FunnelTraining.public_code()
    assert (config.epochs, config.batch_size, config.optimiser, config.learning_rate) == (2, 64, "adagrad", 0.1)
    assert config.contrast == Contrast(weight=0.01, temperature=12.0, masking="complementary", false_negatives="cosine")


def test_settings_out_of_range_are_refused():
    for make, message in (
        (lambda: FunnelTraining(epochs=0), "epochs is 0"),
        (lambda: FunnelTraining(learning_rate=0), "learning_rate is 0"),
        (lambda: Contrast(weight=0), "weight is 0"),
        (lambda: Contrast(keep=1), "keep is 1"),
    ):
        with pytest.raises(ConfigError, match=message):
            make()
    for make, message in (
        (lambda: FunnelTraining(optimiser="adamw"), "Did you mean 'adam'"),
        (lambda: FunnelTraining(precision="float16"), "Did you mean 'bfloat16'"),
        (lambda: Contrast(masking="complement"), "Did you mean 'complementary'"),
        (lambda: Contrast(false_negatives="equal"), "Unknown false_negatives 'equal'"),
    ):
        with pytest.raises(UnknownNameError, match=message):
            make()
