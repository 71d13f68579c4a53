"""The captions of the Explain page follow what the network does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adlab.app.explain_words import UNTESTED, evidence_lines, names_of, reading_words
from adlab.explain.deletion import Deletion, DeletionCurve
from adlab.explain.fusion_maps import STEPS
from adlab.models.m2fn_config import M2FNConfig

CONFIG = M2FNConfig.ratings(aux_dim=4, outputs=7)


def evidence(area: float) -> Deletion:
    def flat(level: float) -> DeletionCurve:
        return DeletionCurve(shares=(0.0, 1.0), targets=(level, level))

    return Deletion(curve=flat(area), centre=flat(3), random=(flat(4),) * 19, baseline="blur", parts=(8, 8))


def test_every_step_has_a_name_in_the_order_of_the_maps():
    assert tuple(names_of(CONFIG)) == STEPS
    assert [name[:4] for name, _ in names_of(CONFIG).values()] == ["1 · ", "2 · ", "3 · ", "4 · "]


@pytest.mark.parametrize(("low", "said"), [(False, "first convolution"), (True, "given the ad’s shape")])
def test_the_first_map_is_called_what_it_is(low, said):
    config = replace(CONFIG, low=low)
    assert said in names_of(config)["conditioned"][1]
    assert ("is off in this model" in reading_words(config, 5)) is not low


def test_attention_and_fusion_that_are_off_are_not_claimed():
    assert "attention is off" in names_of(replace(CONFIG, attention=False))["attention"][1]
    assert "joins" in names_of(CONFIG)["fusion"][1]
    assert "joins" not in names_of(replace(CONFIG, high=False, branches=False))["fusion"][1]


def test_a_map_without_evidence_says_so_and_evidence_is_not_prettified():
    found = {"backbone": evidence(1), "fusion": evidence(5)}
    lines = evidence_lines(found, names_of(CONFIG))
    assert lines["conditioned"] == lines["attention"] == UNTESTED
    assert lines["backbone"].startswith("✓ Better than chance on this ad (p = 0.05)")
    assert lines["fusion"].startswith("✗ No better than chance on this ad (p = 1.00)")
