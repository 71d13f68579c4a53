"""Many trainings on prepared maps, and going on with conditional batch norm."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers.tiny_m2fn import tiny_backbone

from adlab.errors import UnknownNameError
from adlab.losses.emd import EMDLoss
from adlab.metrics.correlation import sprc
from adlab.models.m2fn_config import M2FNConfig
from adlab.training.appeal_conditional import conditional_logits, entry_stage, forward_from, go_on, stage_inputs
from adlab.training.appeal_prepared import calibration_of, fit_prepared
from adlab.training.appeal_task import AppealTraining, RatedTensors, RatingLoss, start_network

ADS, AUX, SIZE = 48, 5, 64
SHAPE = replace(M2FNConfig.ratings(aux_dim=AUX, outputs=7), image_size=SIZE, depth=2, fusion_dim=16, attention_dim=4)
TRAIN = torch.arange(36)


@pytest.fixture(scope="module")
def backbone():
    return tiny_backbone(depth=2)


@pytest.fixture(scope="module")
def squares():
    """Pictures, the later the brighter within eights."""
    generator = torch.Generator().manual_seed(0)
    noise = torch.randint(0, 80, (ADS, SIZE, SIZE, 3), generator=generator)
    return (noise + 22 * (torch.arange(ADS) % 8)[:, None, None, None]).to(torch.uint8)


@pytest.fixture(scope="module")
def data(backbone, squares):
    """Ratings that follow an attribute and the brightness."""
    generator = torch.Generator().manual_seed(1)
    aux = torch.randn(ADS, AUX, generator=generator)
    wanted = 4 + 1.2 * aux[:, 0] + 0.2 * ((torch.arange(ADS) % 8) - 3.5)
    shares = (-(torch.arange(1.0, 8) - wanted[:, None]).square() / 2).softmax(dim=1)
    margin = backbone.margin
    maps = stage_inputs(backbone, squares, 3)[:, :, margin:, margin:].contiguous()
    return RatedTensors(maps, aux, shares)


@pytest.fixture(scope="module")
def trained(backbone, data):
    calibration = calibration_of(SHAPE, backbone, data.maps, TRAIN)
    return fit_prepared(AppealTraining(epochs=25), SHAPE, backbone, calibration, data, TRAIN, [3, 4])


def test_networks_learn_what_holds_for_other_ads_and_each_seed_has_its_own(trained, data):
    steps = torch.arange(1.0, 8)
    other = torch.arange(36, ADS)
    for network, logits in trained:
        assert not network.training
        told, observed = logits.softmax(dim=1) @ steps, data.shares @ steps
        assert sprc(told[other].numpy(), observed[other].numpy()) > 0.6
        torch.testing.assert_close(logits, network.forward_head(data.maps, data.aux).logits, rtol=1e-4, atol=1e-4)
    assert not torch.allclose(trained[0][1], trained[1][1])


def test_equal_seeds_train_equal_networks(backbone, data):
    calibration = calibration_of(SHAPE, backbone, data.maps, TRAIN)
    how = AppealTraining(epochs=1)
    first, second = (
        fit_prepared(how, SHAPE, backbone, calibration, data, TRAIN, seeds)[-1][1] for seeds in ([7], [2, 7])
    )
    torch.testing.assert_close(first, second, rtol=0, atol=0)


def test_maps_are_standardised_over_training_ads_only(backbone, data):
    changed = data.maps.clone()
    changed[36:] += 100
    own, other = (calibration_of(SHAPE, backbone, maps, TRAIN) for maps in (data.maps, changed))
    assert own.buffers.keys() == other.buffers.keys() >= {"map_mean", "moments.std"}
    for name in own.buffers:
        torch.testing.assert_close(own.buffers[name], other.buffers[name])
    torch.testing.assert_close(own.vectors[TRAIN].mean(dim=0), torch.zeros(own.vectors.shape[1]), rtol=0, atol=1e-3)


@pytest.mark.parametrize("attention", [True, False])
def test_scaled_moments_are_those_of_the_whole_network_too(backbone, data, attention):
    plain = calibration_of(SHAPE, backbone, data.maps, TRAIN)
    scaled = plain.scaled(0.25)
    torch.testing.assert_close(scaled.vectors, 0.25 * plain.vectors)
    shape = replace(SHAPE, attention=attention)
    how = AppealTraining(epochs=1)
    ((network, logits),) = fit_prepared(how, shape, backbone, scaled, data, TRAIN, [3])
    torch.testing.assert_close(logits, network.forward_head(data.maps, data.aux).logits, rtol=1e-4, atol=1e-4)
    ((_, other),) = fit_prepared(how, shape, backbone, plain, data, TRAIN, [3])
    assert not torch.allclose(logits, other, atol=1e-3)


def test_the_loss_is_what_its_name_says_and_an_unknown_one_is_refused():
    logits, shares = torch.randn(4, 7), torch.rand(4, 7).softmax(dim=1)
    loss = RatingLoss(AppealTraining(loss="emd", weight_mean=0.0), 7)
    torch.testing.assert_close(loss(logits, shares), EMDLoss()(logits, shares))
    steps = torch.arange(1.0, 8)
    error = ((logits.softmax(dim=1) - shares) @ steps).square().mean()
    heavier = RatingLoss(AppealTraining(loss="emd", weight_mean=2.0), 7)
    torch.testing.assert_close(heavier(logits, shares) - loss(logits, shares), 2 * error)
    with pytest.raises(UnknownNameError, match="kl"):
        AppealTraining(loss="kl")


def test_a_network_says_at_first_what_all_ads_have_in_common(backbone, data):
    network = start_network(SHAPE, backbone, data.shares, 0)
    network.calibrate_map([data.maps])
    told = network.eval().forward_head(data.maps, data.aux).logits.softmax(dim=1)
    torch.testing.assert_close(told, data.shares.mean(dim=0).clamp_min(1e-3).expand(ADS, -1), rtol=1e-2, atol=1e-3)


@pytest.mark.parametrize("blocks", [(1,), (2,), (1, 2)])
def test_cached_inputs_of_a_stage_give_what_the_whole_network_gives(trained, backbone, squares, data, blocks):
    shape = replace(SHAPE, low=True, cbn_blocks=blocks)
    inputs = stage_inputs(backbone, squares, entry_stage(shape))
    own = RatedTensors(*(part[TRAIN] for part in data))
    network = go_on(
        AppealTraining(epochs=2, batch_size=12), trained[0][0], shape, squares[TRAIN], inputs[TRAIN], own, 5
    )
    told = conditional_logits(network, inputs, data.aux)
    whole = network(backbone.scale(squares), data.aux).logits
    torch.testing.assert_close(told, whole, rtol=1e-4, atol=1e-4)
    for number in blocks:  # each was trained
        assert float(network.cbn[str(number)].gamma_net[-1].weight.abs().max()) > 0


def test_going_on_begins_with_what_the_network_said_before(trained, backbone, squares, data):
    """At a vanishing rate nothing is learned: conditional batch norm begins as the identity."""
    own = RatedTensors(*(part[TRAIN] for part in data))
    how = AppealTraining(epochs=1, learning_rate=1e-12, weight_decay=0.0)
    for shape in (SHAPE, replace(SHAPE, low=True, cbn_blocks=(1,))):
        inputs = stage_inputs(backbone, squares, entry_stage(shape))
        network = go_on(how, trained[0][0], shape, squares[TRAIN], inputs[TRAIN], own, 5)
        told = conditional_logits(network, inputs, data.aux)
        np.testing.assert_allclose(told, trained[0][1], rtol=2e-3, atol=2e-3)


def test_a_frozen_backbone_stays_as_it_is(trained, backbone, squares, data):
    before = [parameter.clone() for parameter in backbone.parameters()]
    shape = replace(SHAPE, low=True, cbn_blocks=(1,))
    inputs = stage_inputs(backbone, squares, 1)
    own = RatedTensors(*(part[TRAIN] for part in data))
    network = go_on(AppealTraining(epochs=1), trained[0][0], shape, squares[TRAIN], inputs[TRAIN], own, 5)
    assert all(torch.equal(a, b) for a, b in zip(before, backbone.parameters(), strict=True))
    forward_from(network, inputs[:2], data.aux[:2]).sum().backward()
    assert all(parameter.grad is None for parameter in backbone.parameters())
