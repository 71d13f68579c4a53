"""A log of every layout, from its file to a checkpoint that scores; columns that an ad has, lacks, or has strangely."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pytest
import torch
from helpers.layout_logs import WRITERS
from helpers.tiny_models import CONVERSION
from safetensors.torch import load_file

from adlab.checkpoints.funnel import STEPS, load_funnel
from adlab.checkpoints.networks import DEFAULT_IMAGE_ENCODER, load_image_encoder
from adlab.checkpoints.store import REFERENCE, load_checkpoint
from adlab.data.assessment import DataKind
from adlab.data.creative import Context, Creative
from adlab.data.log_layouts import LAYOUTS
from adlab.encoders.text import load_minilm
from adlab.features.vectors import Vectors
from adlab.inference.funnel import KINDS, FunnelHead
from adlab.models.funnel import funnel_inputs
from adlab.training import funnel_measures
from adlab.training.funnel import log_odds_of, train_funnel
from adlab.training.funnel_config import FunnelTraining
from adlab.training.funnel_members import FunnelTrain
from adlab.training.funnel_own import own_ad_log

FAST = FunnelTraining(epochs=3, batch_size=64, learning_rate=0.01, precision="float32")
AD = Creative(title="Shoes for everyone")
ROLES = {"device": "sparse", "bid": "dense", "cats": "multi", "shop": "hashed"}
# What is told of two rows; the second's are likelier to be clicked.
TOLD: dict[str, tuple[Mapping[str, Any], Mapping[str, Any]]] = {
    "contract": ({"device": "desk"}, {"device": "phone"}),
    "ali-ccp": ({"122": "3860"}, {"122": "3861"}),
    "cl4cvr": ({"slot2": "100"}, {"slot2": "103"}),
    "hillstrom": ({"segment": "No E-Mail"}, {"segment": "Mens E-Mail"}),
    "facebook": ({}, {}),
    "simulated": ({}, {}),
}


class Served(NamedTuple):
    """A log, and the head that learned from it."""

    log: Any
    head: FunnelHead
    root: Path


@pytest.fixture(scope="module")
def vectors(tiny_models) -> Vectors:
    return Vectors(load_image_encoder(DEFAULT_IMAGE_ENCODER, root=tiny_models), load_minilm())


@pytest.fixture(scope="module")
def served(tiny_models, vectors, tmp_path_factory):
    """The head of each layout, trained when it is first asked for."""
    found: dict[str, Served] = {}

    def of(layout: str) -> Served:
        if layout not in found:
            folder = tmp_path_factory.mktemp(layout)
            path = WRITERS[layout](folder)
            log = own_ad_log(
                path,
                layout=layout,
                roles=ROLES if layout == "contract" else None,
                checkpoint=CONVERSION,
                root=tiny_models,
            )
            run = FunnelTrain(
                out=folder / "models" / "funnel-own",
                reference="",
                training=FAST,
                tower_dims=(8,),
                members=1,
                dropout=0.0,
                run=folder / "run",
            )
            train_funnel(run, log, root=tiny_models)
            found[layout] = Served(log, FunnelHead("funnel-own", vectors, root=run.out.parent), run.out.parent)
        return found[layout]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(funnel_measures, "RESAMPLES", 20)
        patch.setenv("ADLAB_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield of


def details(head: FunnelHead, columns: Mapping[str, Any], context: Context | None = None) -> dict[str, float]:
    return dict(head.results([AD], [None], [context or Context()], [columns])[0].details)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_log_of_each_layout_ends_in_a_checkpoint_that_scores(served, layout):
    log, head, _ = served(layout)
    (result,) = head.results([AD], [None], [Context()])
    for step in STEPS:
        assert 0 < result.details[f"{step}_low"] < result.details[step] < result.details[f"{step}_high"] < 1
    rates = log.counts.clicks.sum() / log.counts.impressions.sum()
    assert result.details["pctr"] == pytest.approx(rates, rel=0.5)
    simulated = layout == "simulated"
    assert result.provenance.data_kind is (DataKind.SIMULATION if simulated else DataKind.USER_LOG)
    assert ("simulated log" in head.manifest.summary) == simulated
    assert result.interval.kind == KINDS[False]  # counts, not planted chances
    less, more = (details(head, columns) for columns in TOLD[layout])
    assert TOLD[layout][0] == {} or more["pctr"] > 1.1 * less["pctr"]


def test_what_the_facebook_table_tells_of_viewers_is_the_context(served):
    head = served("facebook").head
    assert set(head.levels) == {"gender", "age_band"}
    assert list(head.columns) == ["campaign", "interest"]
    women, men = (details(head, {}, Context(gender=gender))["pctr"] for gender in ("female", "male"))
    assert women > 1.2 * men


def test_an_unknown_level_counts_as_missing_and_is_said(served):
    head = served("contract").head
    nothing = details(head, {})
    for columns in ({"device": "tv"}, {"device": ""}, {"cats": "garden|toys"}, {"cats": None}, {"bid": float("nan")}):
        assert details(head, columns) == nothing, columns
    assert details(head, {"device": "phone"}) != nothing
    assert details(head, {"shop": "a shop that no log knows"}) != nothing  # every text has a bucket
    assert details(head, {"cats": "sport|toys"}) == details(head, {"cats": ["sport"]}) != nothing
    problem = head.problem(Context(), {"device": "tv", "cats": "sport|toys", "shop": "new", "bid": 3.0})
    assert "device is 'tv', which funnel does not know; it counts as missing. Known: desk, phone." in problem
    assert "cats is 'toys'" in problem
    assert not any(word in problem for word in ("sport'", "shop", "bid"))


def test_columns_are_read_as_the_networks_say(served):
    log, head, _ = served("contract")
    given = {"device": "phone", "bid": 2.5, "cats": "home", "shop": "shop 3"}
    context = Context(gender="male", hour=22)
    row = {"gender": ["male"], "hour": ["22"], **{name: [value] for name, value in given.items()}}
    batch = head.schema.encode_unlabelled(pa.table(row))
    with torch.inference_mode():
        ctr = head.network(funnel_inputs(batch)).ctr.double().numpy()[:, :1]
    wanted = 1 / (1 + np.exp(-head.settings.modes["whole"].ctr.apply(ctr)[0, 0]))
    assert details(head, given, context)["pctr"] == pytest.approx(wanted, rel=1e-6)
    number = head.schema.dense[0]
    assert number.mean == pytest.approx(2, abs=0.1)
    unknown = head.schema.encode_unlabelled(pa.table({**row, "bid": pa.array([None], pa.float64())}))
    assert unknown.dense.tolist() == [[0.0, 1.0]]  # the training mean, and that it is one
    assert log.columns == tuple(ROLES)


def test_a_stored_row_holds_no_column_of_a_role(served):
    settings = served("contract").head.settings
    assert all(set(context) == {"gender", "hour"} for context in settings.contexts)
    slots = served("cl4cvr").head.settings
    assert (slots.contexts, slots.weights) == (({},), (1.0,))


def test_the_card_says_how_columns_are_read_and_the_reference_is_met(served):
    for layout in ("contract", "hillstrom"):
        root = served(layout).root
        checkpoint = load_checkpoint("funnel-own", root)
        columns = checkpoint.manifest.training.config["columns"]
        wanted = {"device": "sparse", "bid": "dense", "cats": "multi", "shop": "sparse, hashed"}
        assert layout != "contract" or columns == wanted
        stored = load_file(checkpoint.folder / REFERENCE)
        _, network, _, _ = load_funnel("funnel-own", {}, root=root)
        for name, values in log_odds_of(network.eval(), stored).items():
            torch.testing.assert_close(values, stored[name])
    assert any("none comes back" in limit for limit in checkpoint.manifest.limits)
