"""Simulated logs of clicks: rows, truth, splits, attribute vectors, and what is seen of the drawn ads."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers.tiny_m2fn import tiny_backbone

from adlab.data.creative import Context
from adlab.encoders.preprocessing import Letterbox
from adlab.encoders.text import load_minilm
from adlab.errors import ConfigError
from adlab.features.dominant_colour import dominant_colour
from adlab.simulator.contexts import context_table
from adlab.simulator.plan import plan_ad
from adlab.simulator.population import factor_table
from adlab.simulator.render import draw
from adlab.simulator.response import ResponseModel
from adlab.training import ctr_pictures
from adlab.training.ctr_data import (
    CONTEXT_FIELDS,
    ClickAttributes,
    ClickCollection,
    click_attributes,
    click_log,
    click_schema,
    context_rows,
    drawn_words,
)
from adlab.training.ctr_pictures import FrozenEye, see_ads

SMALL = ClickCollection(seed=3, train=20, dev=4, test=6, contexts_per_ad=6, impressions=3000)
SIZE = 64


@pytest.fixture(scope="module")
def log():
    return click_log(SMALL)


@pytest.fixture(scope="module")
def attributes(log, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ADLAB_CACHE", str(tmp_path_factory.mktemp("cache")))
        return click_attributes(log, ["red", "blue"] * (SMALL.ads // 2), load_minilm())


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ADLAB_CACHE", str(tmp_path))


def test_every_row_has_the_probability_that_the_simulator_states_for_its_ad_and_context(log):
    row = len(log.ads) // 2
    plan = plan_ad(SMALL.seed, int(log.ads[row]))
    context = Context(**context_rows(log.contexts)[row])
    stated = ResponseModel().ctr(factor_table([plan.factors]), context_table([context]))
    assert log.ctr[row] == pytest.approx(stated[0], rel=1e-12)
    assert log.plans[log.ads[row]] == plan


def test_clicks_agree_with_the_true_probabilities(log):
    expected = (log.impressions * log.ctr).sum()
    spread = np.sqrt((log.impressions * log.ctr * (1 - log.ctr)).sum())
    assert abs(log.clicks.sum() - expected) < 4 * spread
    assert np.corrcoef(log.observed, log.ctr)[0, 1] > 0.6


def test_rows_of_few_impressions_are_left_out_and_the_others_stay(log):
    every, strict = click_log(replace(SMALL, min_impressions=1)), click_log(replace(SMALL, min_impressions=500))
    assert log.impressions.min() >= 100
    assert len(log.ads) == (every.impressions >= 100).sum() > len(strict.ads) == (every.impressions >= 500).sum()
    least = int(log.impressions[0])  # a row of just as many stays
    assert len(click_log(replace(SMALL, min_impressions=least)).ads) == (every.impressions >= least).sum()


def test_no_ad_has_rows_in_two_splits_and_every_row_is_in_one(log):
    numbers = {name: set(log.ads[rows].tolist()) for name, rows in log.rows.items()}
    assert numbers["train"] <= set(range(20))
    assert numbers["dev"] <= set(range(20, 24))
    assert numbers["test"] <= set(range(24, 30))
    assert sorted(np.concatenate(list(log.rows.values())).tolist()) == list(range(len(log.ads)))


def test_average_is_of_the_ad_over_all_contexts(log):
    assert log.average == pytest.approx(ResponseModel().average(log.factors).ctr)
    assert len(log.average) == SMALL.ads


def test_an_ad_is_shown_in_a_context_once():
    crowded = click_log(replace(SMALL, contexts_per_ad=60, min_impressions=1))
    keys = np.stack([crowded.ads, *crowded.contexts], axis=1)
    assert len(np.unique(keys, axis=0)) == len(keys)


def test_equal_collections_give_equal_logs(log):
    again = click_log(SMALL)
    assert np.array_equal(again.clicks, log.clicks)
    assert not np.array_equal(click_log(replace(SMALL, seed=4)).clicks[:20], log.clicks[:20])


def test_a_collection_without_enough_impressions_says_so():
    with pytest.raises(ConfigError, match="fewer than two rows; give more impressions"):
        click_log(replace(SMALL, impressions=20))
    with pytest.raises(ConfigError, match="min_impressions is 0"):
        ClickCollection(min_impressions=0)


def test_the_two_parts_are_the_vector_that_the_schema_gives_for_the_whole_row(log, attributes):
    rows = torch.tensor([0, 7, len(log.ads) - 1])
    ads = torch.from_numpy(log.ads)[rows]
    plans = [log.plans[ad] for ad in ads]
    encoder = load_minilm()
    whole = click_schema(encoder.output_dim).encode(
        [
            context_rows(log.contexts)[row] | {"colour": ("red", "blue")[ad % 2]}
            for row, ad in zip(rows, ads, strict=True)
        ],
        {
            "title": encoder.encode([plan.title for plan in plans]),
            "description": np.stack(
                [encoder.encode([p.description])[0] if p.description else np.zeros(384) for p in plans]
            ),
            "ocr": encoder.encode([drawn_words(plan) for plan in plans]),
        },
    )
    assert attributes.vectors(rows, ads).numpy() == pytest.approx(whole, abs=1e-5)
    assert attributes.schema.width == whole.shape[1] == 68 + 3 * 384


def test_attributes_that_are_not_kept_have_no_columns(log, attributes):
    kept = attributes.keep(["gender", "colour", "ocr"])
    assert kept.schema.width == 2 + 10 + 384 == kept.vectors(torch.tensor([0]), torch.tensor([0])).shape[1]
    full, rows, ads = attributes.schema.slices, torch.arange(9), torch.from_numpy(log.ads[:9])
    everything, some = attributes.vectors(rows, ads), kept.vectors(rows, ads)
    for name in ("gender", "colour", "ocr"):
        assert torch.equal(some[:, kept.schema.slices[name]], everything[:, full[name]])


def test_keeping_every_attribute_changes_nothing(attributes):
    same: ClickAttributes = attributes.keep([*CONTEXT_FIELDS, "colour", "title", "description", "ocr"])
    assert same.schema == attributes.schema
    assert torch.equal(same.context, attributes.context)
    assert torch.equal(same.ad, attributes.ad)


def test_drawn_words_are_those_of_the_plan_and_none_is_empty():
    plan = plan_ad(3, 0)
    words = drawn_words(replace(plan, price="", badge="-30%", button="Shop now"))
    assert words.startswith(plan.headline)
    assert words.endswith(f"-30% Shop now {plan.brand}")
    assert "  " not in words


def test_maps_are_the_backbones_own_of_the_drawn_picture(cache):
    plans = [plan_ad(3, index) for index in range(3)]
    backbone = tiny_backbone(depth=3)
    seen = see_ads(plans, eye=FrozenEye(backbone, "tiny", SIZE), square=SIZE)
    squares = np.stack([Letterbox(size=SIZE)(draw(plan).image) for plan in plans])
    with torch.inference_mode():
        maps = backbone(backbone.scale(torch.from_numpy(squares)))
    assert torch.equal(seen.squares, torch.from_numpy(squares))
    assert seen.maps.dtype == torch.float16
    assert torch.allclose(seen.maps.float(), maps, rtol=2e-3, atol=1e-3)
    assert seen.colours == tuple(dominant_colour(draw(plan).image).name for plan in plans)


def test_a_second_look_takes_maps_and_colours_from_the_cache(cache, monkeypatch):
    plans = [plan_ad(3, index) for index in range(3)]
    eye = FrozenEye(tiny_backbone(depth=3), "tiny", SIZE)
    first = see_ads(plans, eye=eye)
    monkeypatch.setattr(ctr_pictures, "dominant_colour", lambda _: pytest.fail("a colour was computed again"))
    monkeypatch.setattr(FrozenEye, "look", lambda *_: pytest.fail("a map was computed again"))
    second = see_ads(plans, eye=eye)
    assert torch.equal(first.maps, second.maps)
    assert first.colours == second.colours
    assert second.squares is None


def test_another_backbone_depth_or_size_has_maps_of_its_own(cache):
    plans = [plan_ad(3, 0)]
    deep = see_ads(plans, eye=FrozenEye(tiny_backbone(depth=4), "tiny", SIZE)).maps
    large = see_ads(plans, eye=FrozenEye(tiny_backbone(depth=4), "tiny", 96)).maps
    other = see_ads(plans, eye=FrozenEye(tiny_backbone(seed=2, depth=4), "other", SIZE)).maps
    assert deep.shape == other.shape == (1, 96, 4, 4)
    assert large.shape == (1, 96, 6, 6)
    assert not torch.equal(deep, other)


def test_the_rows_of_some_ads_are_theirs_under_new_numbers(log):
    ads = np.array([25, 3, 21])
    own = log.of_ads(ads)
    assert [plan.index for plan in own.plans] == ads.tolist()
    for place, ad in enumerate(ads):
        rows, kept = np.flatnonzero(log.ads == ad), np.flatnonzero(own.ads == place)
        np.testing.assert_array_equal(own.clicks[kept], log.clicks[rows])
        np.testing.assert_array_equal(own.ctr[kept], log.ctr[rows])
        np.testing.assert_array_equal(own.contexts.hour[kept], log.contexts.hour[rows])
        assert own.average[place] == log.average[ad]
    np.testing.assert_array_equal(own.rows["train"], np.flatnonzero(own.ads == 1))
    np.testing.assert_array_equal(own.rows["dev"], np.flatnonzero(own.ads == 2))
    np.testing.assert_array_equal(own.rows["test"], np.flatnonzero(own.ads == 0))
