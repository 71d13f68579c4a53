"""Funnel networks: ESMM's identities, what is shared, what learns from which rows."""

from __future__ import annotations

import pytest
import torch
from helpers.tiny_funnel import CREATIVE, creatives, tiny_config, tiny_log, tiny_network
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional as F

from adlab.errors import ConfigError, InputError, UnknownNameError
from adlab.losses.entire_space import ClickSpaceLoss, EntireSpaceLoss
from adlab.models.contrast_encoder import ContrastEncoder
from adlab.models.esmm_config import SHARINGS, ESMMConfig
from adlab.models.funnel import FunnelNetwork, funnel_inputs
from adlab.models.funnel_networks import NETWORKS, build_funnel

LOG = tiny_log()
CLICK, CONVERSION = torch.from_numpy(LOG.click), torch.from_numpy(LOG.conversion)
INPUTS = funnel_inputs(LOG, creatives())


def loss_of(network: FunnelNetwork) -> Tensor:
    output = network(INPUTS)
    known = (CLICK, CONVERSION, torch.ones(LOG.rows))
    if network.entire_space:
        return EntireSpaceLoss()(output.ctr, output.ctcvr, *known).total
    return ClickSpaceLoss()(output.ctr, output.cvr, *known).total


def gradients(network: FunnelNetwork, loss: Tensor) -> dict[str, Tensor]:
    network.zero_grad()
    loss.backward()
    found = {name: p.grad for name, p in network.named_parameters() if p.grad is not None}
    return {name: grad.to_dense() if grad.is_sparse else grad.clone() for name, grad in found.items()}


def test_every_sharing_has_a_network():
    assert set(NETWORKS) == set(SHARINGS)


@pytest.mark.parametrize("sharing", SHARINGS)
def test_the_chance_of_click_and_conversion_is_the_product(sharing):
    output = tiny_network(sharing=sharing).double()(
        INPUTS._replace(dense=INPUTS.dense.double(), creative=INPUTS.creative.double())
    )
    assert output.ctr.shape == output.cvr.shape == output.ctcvr.shape == (LOG.rows,)
    torch.testing.assert_close(output.ctcvr.sigmoid(), output.ctr.sigmoid() * output.cvr.sigmoid(), rtol=1e-12, atol=0)


@torch.no_grad()
def test_esmm_equals_its_two_towers_written_out():
    network = tiny_network()
    features = network.forward_features(INPUTS)
    output = network(INPUTS)
    for tower, logits in ((network.ctr_tower, output.ctr), (network.cvr_tower, output.cvr)):
        hidden = F.relu(tower.early[0][0](features))
        hidden = F.relu(tower.late[0](hidden))
        torch.testing.assert_close(logits, tower.out(hidden)[:, 0])


@torch.no_grad()
def test_mmoe_equals_its_equation_in_loops():
    network = tiny_network(sharing="mmoe")
    features, output = network.forward_features(INPUTS), network(INPUTS)
    weights, biases = network.experts.weight.chunk(3), network.experts.bias.chunk(3)
    opinions = [F.relu(features @ w.T + b) for w, b in zip(weights, biases, strict=True)]
    for gate, tower, logits in (
        (network.ctr_gate, network.ctr_tower, output.ctr),
        (network.cvr_gate, network.cvr_tower, output.cvr),
    ):
        shares = gate(features).softmax(1)
        mixed = sum(shares[:, [j]] * opinions[j] for j in range(3))
        torch.testing.assert_close(logits, tower(mixed)[:, 0], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("sharing", SHARINGS)
def test_every_parameter_gets_a_gradient(sharing):
    network = tiny_network(sharing=sharing)
    found = gradients(network, loss_of(network))
    assert [n for n, _ in network.named_parameters() if n not in found or not found[n].abs().sum() > 0] == []


def test_the_conversion_tower_learns_from_unclicked_rows_and_only_through_the_product():
    network = tiny_network()
    output = network(INPUTS)
    output.ctcvr.retain_grad(), output.cvr.retain_grad()
    EntireSpaceLoss()(output.ctr, output.ctcvr, CLICK, CONVERSION, torch.ones(LOG.rows)).total.backward()
    unclicked = CLICK == 0
    # d log-odds(pq) / d log-odds(q) = (1 − q) / (1 − pq)
    p, q = output.ctr.sigmoid(), output.cvr.sigmoid()
    wanted = output.ctcvr.grad * (1 - q) / (1 - p * q)
    torch.testing.assert_close(output.cvr.grad, wanted.detach(), rtol=1e-4, atol=1e-9)
    assert bool((output.cvr.grad[unclicked] > 0).all())  # an unclicked row did not convert: pCVR goes down


@pytest.mark.parametrize("sharing", ["single-task", "shared-bottom", "mmoe"])
def test_the_baselines_learn_conversions_from_clicked_rows_alone(sharing):
    network = tiny_network(sharing=sharing)
    output = network(INPUTS)
    output.cvr.retain_grad()
    ClickSpaceLoss()(output.ctr, output.cvr, CLICK, CONVERSION, torch.ones(LOG.rows)).total.backward()
    assert bool(((output.cvr.grad != 0) == (CLICK == 1)).all())


def test_detached_conversions_do_not_reach_the_click_tower_and_joint_ones_do():
    for detach in (False, True):
        network = tiny_network(detach_ctr=detach)
        output = network(INPUTS)
        conversions = F.binary_cross_entropy_with_logits(output.ctcvr, CONVERSION)
        reached = {name for name, grad in gradients(network, conversions).items() if grad.abs().sum() > 0}
        assert any(name.startswith("ctr_tower") for name in reached) is not detach
        assert any(name.startswith("cvr_tower") for name in reached)
    joint, detached = (tiny_network(detach_ctr=detach)(INPUTS) for detach in (False, True))
    assert all(torch.equal(a, b) for a, b in zip(joint, detached, strict=True))


def test_single_tasks_share_nothing_and_the_others_their_embeddings():
    for sharing in SHARINGS:
        network = tiny_network(sharing=sharing)
        output = network(INPUTS)
        by_task = []
        for logit in (output.ctr, output.cvr):
            network.zero_grad()
            logit.sum().backward(retain_graph=True)
            by_task.append({n for n, p in network.named_parameters() if p.grad is not None and p.grad.abs().sum() > 0})
        shared = {name.split(".")[0] for name in by_task[0] & by_task[1]}
        wanted = {"esmm": {"embedding"}, "single-task": set(), "shared-bottom": {"embedding", "bottom"}}
        assert shared == wanted.get(sharing, {"embedding", "experts"})


@pytest.mark.parametrize("sharing", SHARINGS)
def test_one_batch_can_be_over_fitted(sharing):
    torch.manual_seed(0)
    network = build_funnel(tiny_config(sharing=sharing, tower_dims=(64, 32)))
    optimiser = torch.optim.Adagrad(network.parameters(), lr=0.1)
    losses = []
    for _ in range(150):
        optimiser.zero_grad()
        loss = loss_of(network)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[0] > 1
    assert losses[-1] < 0.1


@pytest.mark.parametrize("sharing", SHARINGS)
def test_saved_and_reloaded_it_gives_equal_output(sharing, tmp_path):
    network = tiny_network(sharing=sharing)
    save_file(network.state_dict(), tmp_path / "weights.safetensors")
    again = build_funnel(tiny_config(sharing=sharing))
    again.load_state_dict(load_file(tmp_path / "weights.safetensors"))
    assert all(torch.equal(a, b) for a, b in zip(network(INPUTS), again(INPUTS), strict=True))


@pytest.mark.parametrize("sharing", SHARINGS)
def test_a_row_gets_the_same_output_in_any_company_and_on_any_number_of_threads(sharing):
    network = tiny_network(sharing=sharing)
    before = torch.get_num_threads()
    with torch.inference_mode():
        whole = network(INPUTS)
        for row in (0, 17, 63):
            alone = network(funnel_inputs(LOG.slice(row, row + 1), creatives()))
            for a, b in zip(alone, whole, strict=True):
                torch.testing.assert_close(a[0], b[row], rtol=0, atol=1e-5)
        try:
            torch.set_num_threads(8)
            for a, b in zip(network(INPUTS), whole, strict=True):
                torch.testing.assert_close(a, b, rtol=0, atol=1e-5)
        finally:
            torch.set_num_threads(before)


def test_an_ad_without_a_vector_reads_zeros_and_the_vectors_are_left_as_they_are():
    vectors = creatives()
    kept = vectors.copy()
    inputs = funnel_inputs(LOG, vectors)
    nowhere = torch.from_numpy(LOG.ad < 0)
    assert not inputs.creative[nowhere].any()
    assert torch.equal(inputs.creative[~nowhere], torch.from_numpy(vectors[LOG.ad[LOG.ad >= 0]]))
    assert (vectors == kept).all()
    assert funnel_inputs(LOG).creative.shape == (LOG.rows, 0)


def test_creative_vectors_change_the_output_where_they_are_read():
    with_vectors, without = tiny_network(), tiny_network(creative_dim=0)
    assert not torch.equal(with_vectors(INPUTS).cvr, with_vectors(funnel_inputs(LOG, creatives(seed=1))).cvr)
    assert without(funnel_inputs(LOG)).cvr.shape == (LOG.rows,)
    with pytest.raises(InputError, match=rf"vectors have shape \(64, 0\); this embedding takes \(64, {CREATIVE}\)"):
        with_vectors(funnel_inputs(LOG))
    with pytest.raises(InputError, match="names ad 4; there are vectors of 2 ads"):
        funnel_inputs(LOG, creatives()[:2])


def test_one_encoder_projects_both_views_to_the_last_width():
    encoder = ContrastEncoder(20)
    assert encoder(torch.randn(3, 20)).shape == (3, 64)
    assert [p.shape[0] for n, p in encoder.named_parameters() if n.endswith("weight")] == [256, 128, 64]


def test_the_paper_s_towers_have_the_widths_of_the_paper():
    network = build_funnel(ESMMConfig(fields=(100,) * 17))
    shapes = [tuple(p.shape) for n, p in network.cvr_tower.named_parameters() if n.endswith("weight")]
    assert shapes == [(512, 170), (256, 512), (128, 256), (1, 128)]


def test_configurations_that_cannot_be_are_refused():
    for changes, message in (
        ({"fields": (3, 0)}, "fields holds 0"),
        ({"bags": (("a", 3), ("a", 4))}, "each name once"),
        ({"dense": -1}, "dense holds -1"),
        ({"dropout": 1.0}, r"dropout is 1\.0"),
        ({"sharing": "mmoe", "tower_dims": ()}, "mmoe shares the first"),
        ({"sharing": "mmoe", "detach_ctr": True}, "only ESMM"),
    ):
        with pytest.raises(ConfigError, match=message):
            tiny_config(**changes)
    with pytest.raises(UnknownNameError, match="Did you mean 'mmoe'"):
        tiny_config(sharing="mmoo")
    assert ESMMConfig(fields=[3], bags=[["a", 2]], tower_dims=[4]) == ESMMConfig(
        fields=(3,), bags=(("a", 2),), tower_dims=(4,)
    )
