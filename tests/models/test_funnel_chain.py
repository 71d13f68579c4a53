"""The chain of an ad, averaged over contexts and members; and an ensemble that is built from its own description."""

from __future__ import annotations

import json

import numpy as np
import torch
from helpers.tiny_funnel import tiny_config
from scipy import special

from adlab.models.focal import FocalConfig
from adlab.models.funnel import FunnelInputs
from adlab.models.funnel_chain import chain_of
from adlab.models.funnel_ensemble import FunnelEnsemble


def test_a_chain_is_the_mean_chance_over_contexts_and_the_mean_log_odds_over_members():
    rng = np.random.default_rng(0)
    ctr, cvr = rng.normal(-3, 1, (2, 3, 4)), rng.normal(-2, 1, (2, 3, 4))
    weights = np.array([0.4, 0.3, 0.2, 0.1])
    found = chain_of(ctr, cvr, weights)
    for ad in range(3):
        clicks, converted = [0.0, 0.0], [0.0, 0.0]
        for member in range(2):
            for context in range(4):
                chance = weights[context] * special.expit(ctr[member, ad, context])
                clicks[member] += chance
                converted[member] += chance * special.expit(cvr[member, ad, context])
        np.testing.assert_allclose(found.pctr[ad], special.expit(np.mean(special.logit(clicks))))
        np.testing.assert_allclose(found.pctcvr[ad], special.expit(np.mean(special.logit(converted))))


def test_the_product_holds_to_the_bit():
    rng = np.random.default_rng(1)
    found = chain_of(rng.normal(-3, 2, (5, 1000, 8)), rng.normal(-3, 2, (5, 1000, 8)), np.full(8, 1 / 8))
    assert (found.pctr * found.pcvr == found.pctcvr).all()
    assert ((found.pcvr > 0) & (found.pcvr < 1)).all()


def test_one_context_and_one_member_are_left_as_they_are():
    found = chain_of(np.array([[[-2.0]]]), np.array([[[-1.0]]]), np.ones(1))
    np.testing.assert_allclose([found.pctr[0], found.pcvr[0]], special.expit([-2.0, -1.0]))


def test_an_ensemble_is_built_from_its_own_description():
    focal = FocalConfig(image_dim=6, text_dim=5, hidden_dim=4, latent_dim=2)
    ensemble = FunnelEnsemble(tiny_config(), 3, focal).eval()
    fields = json.loads(json.dumps(ensemble.fields()))
    other = FunnelEnsemble.from_fields(**fields).eval()
    other.load_state_dict(ensemble.state_dict())
    assert (other.config, other.focal.config) == (ensemble.config, focal)
    bags = {name: (torch.zeros(2, dtype=torch.int64), torch.tensor([0, 1, 2])) for name, _ in other.config.bags}
    inputs = FunnelInputs(torch.zeros(2, 3, dtype=torch.int64), torch.zeros(2, 2), bags, torch.randn(2, 3))
    with torch.inference_mode():
        assert ensemble(inputs).ctr.shape == (3, 2)
        torch.testing.assert_close(other(inputs).ctcvr, ensemble(inputs).ctcvr)
        torch.testing.assert_close(ensemble(inputs).cvr[1], ensemble.networks()[1](inputs).cvr)
