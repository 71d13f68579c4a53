"""`train funnel`: a simulated log, or the user's own; what cannot go together is refused."""

from __future__ import annotations

import sys
import types
from dataclasses import replace

import pytest
from helpers.ad_logs import own_table
from helpers.tiny_models import manifest

from adlab.checkpoints.manifest import Measure
from adlab.training import funnel_simulated

TRAINED = replace(
    manifest("funnel-cl4cvr", "funnel"), measures=(Measure(name="CTCVR AUC", value=0.71, n=2000, data="test"),)
)


@pytest.fixture
def trained(monkeypatch):
    """What the training was asked for; the simulated ads are not drawn."""
    asked = []
    module = types.ModuleType("adlab.training.funnel")
    module.train_funnel = lambda how, log, advance, command: asked.append((how, log, command)) or TRAINED
    monkeypatch.setitem(sys.modules, "adlab.training.funnel", module)
    monkeypatch.setattr(funnel_simulated, "simulated_ad_log", lambda collection, **k: collection)
    return asked


def test_without_a_log_the_ads_are_simulated_and_the_reference_set_takes_part(trained, run):
    code, printed, _ = run("train", "funnel", "--ads", "300", "--members", "3", "--seed", "2")
    assert code == 0
    ((how, collection, command),) = trained
    assert (collection.train, how.members, how.seed, how.out.name) == (300, 3, 2, "funnel-cl4cvr")
    assert how.reference == "reference-simulated"
    assert how.training.contrast is not None
    assert command.startswith("python -m adlab train funnel")
    assert "CTCVR AUC" in printed


def test_an_own_log_is_read_and_its_checkpoint_stands_beside_the_shipped_one(trained, run, tmp_path):
    own_table().to_csv(tmp_path / "log.csv", index=False)
    code, _, _ = run("train", "funnel", "--log", str(tmp_path / "log.csv"), "--no-contrast")
    assert code == 0
    ((how, log, _),) = trained
    assert (how.out.name, how.reference, how.training.contrast) == ("funnel-own", "", None)
    assert len(log.ads) == 120


def test_a_log_that_is_too_short_is_refused_with_a_remedy(trained, run, tmp_path):
    own_table(30).to_csv(tmp_path / "log.csv", index=False)
    code, _, err = run("train", "funnel", "--log", str(tmp_path / "log.csv"))
    assert code == 2
    assert "too few to learn from" in " ".join(err.split())
    assert not trained


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--log", "log.csv", "--ads", "100"), "give one of the two"),
        (("--images", "."), "without --log"),
        (("--log", "gone.csv"), "does not exist"),
        (("--budget-minutes", "0"), "above 0"),
    ],
)
def test_what_cannot_go_together_is_refused(trained, run, options, message):
    code, _, err = run("train", "funnel", *options)
    assert code == 2
    assert message in " ".join(err.split())
    assert not trained
