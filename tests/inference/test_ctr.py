"""The click rate: for whom and when, averaged over what is unknown."""

from __future__ import annotations

import itertools
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers.pictures import caption, picture
from helpers.tiny_models import APPEAL, CTR, PAIRS, SIMULATED
from scipy import special

from adlab.checkpoints.ctr import settings_of
from adlab.checkpoints.manifest import read_manifest
from adlab.data.assessment import DataKind
from adlab.data.creative import Context, Creative
from adlab.data.image_intake import AdImage
from adlab.errors import CheckpointError, ConfigError
from adlab.features.ctr_attributes import vectors_of
from adlab.features.dominant_colour import dominant_colour
from adlab.inference.assessor import Assessor
from adlab.inference.ctr import CtrHead

EVENING = Context(gender="male", age_band="25-29", month=12, weekday=5, hour=20, position="2")


def ad(seed: int, **fields: object) -> Creative:
    image = AdImage.from_pixels(picture(seed, 30 + 7 * seed, 40))
    return Creative(**({"image": image, "title": caption(seed), "ocr_text": "Two for one"} | fields))


@pytest.fixture(scope="module")
def head(tiny_models, assessor) -> CtrHead:
    return CtrHead(CTR, assessor.vectors, root=tiny_models)


def by_hand(head: CtrHead, one: Creative, contexts: list[Context]) -> np.ndarray:
    """Members' probabilities in full contexts, each by a pass over the picture of its own: (M, K)."""
    network, calibration = head.network, head.settings.calibration
    backbone = network.networks()[0].backbone
    square = head._vectors.image_encoder.prepare([one.image.pixels])
    rates = []
    for context in contexts:
        aux = vectors_of(
            head.schema, one, dominant_colour(one.image.pixels).name, one.ocr_text, [context], head._vectors.texts
        )
        with torch.inference_mode():
            logits = network(backbone.scale(square), torch.from_numpy(aux))[:, 0, 0].double().numpy()
        rates.append(special.expit(calibration.slope * logits + calibration.intercept))
    return np.stack(rates, axis=1)


def test_a_known_context_is_scored_as_the_network_says(head):
    one = ad(3)
    rates = by_hand(head, one, [EVENING])[:, 0]
    swept = head.sweep(one, one.ocr_text, [EVENING])
    assert swept.probability[0] == pytest.approx(special.expit(special.logit(rates).mean()), rel=1e-5)
    logit = special.logit(swept.probability[0])
    ends = special.expit([logit - 0.6, logit + 0.6])
    assert (swept.low[0], swept.high[0]) == pytest.approx(tuple(ends), rel=1e-9)


def test_what_is_unknown_is_averaged_over_the_stored_contexts(head):
    one, partly = ad(3), Context(hour=20, gender="male")
    stored = [replace(Context(**fields), hour=20, gender="male") for fields in head.settings.contexts]
    mean = by_hand(head, one, stored) @ np.array(head.settings.weights)
    expected = special.expit(special.logit(mean).mean())
    assert head.sweep(one, one.ocr_text, [partly]).probability[0] == pytest.approx(expected, rel=1e-5)
    assert head.sweep(one, one.ocr_text, [EVENING]).probability[0] != pytest.approx(expected, rel=1e-3)


def test_a_sweep_is_each_context_alone_and_looks_at_the_picture_once(head, monkeypatch):
    contexts = [Context(weekday=day, hour=hour) for day, hour in itertools.product(range(1, 8), range(24))]
    one, looked = ad(5), []
    real = head.network.forward_features
    monkeypatch.setattr(head.network, "forward_features", lambda pixels: looked.append(1) or real(pixels))
    together = head.sweep(one, one.ocr_text, contexts)
    assert len(looked) == 1
    alone = [head.sweep(one, one.ocr_text, [context]) for context in contexts[::40]]
    for name in together._fields:
        np.testing.assert_allclose(getattr(together, name)[::40], [getattr(x, name)[0] for x in alone], rtol=1e-5)
    assert np.ptp(together.probability) > 1e-4
    assert [len(part) for part in head.sweep(one, "", [])] == [0] * 6


def test_a_lift_is_the_rate_relative_to_the_ad_s_average_member_by_member(head):
    one = ad(3)
    stored = [Context(**fields) for fields in head.settings.contexts]
    average = by_hand(head, one, stored) @ np.array(head.settings.weights)
    logs = np.log(by_hand(head, one, [EVENING])[:, 0] / average)
    swept = head.sweep(one, one.ocr_text, [EVENING, Context()])
    centre = logs.mean()
    assert swept.lift[0] == pytest.approx(np.exp(centre), rel=1e-5)
    ends = (np.exp(centre - 0.3), np.exp(centre + 0.3))
    assert (swept.lift_low[0], swept.lift_high[0]) == pytest.approx(ends, rel=1e-5)
    assert swept.lift[1] == swept.lift_low[1] == swept.lift_high[1] == pytest.approx(1)


def test_the_interval_of_a_lift_is_that_of_what_differs_from_its_base(head):
    one = ad(3)
    base = replace(EVENING, hour=None, weekday=None)
    others = [EVENING, replace(base, gender="female", age_band="0-14"), replace(base, hour=3, position="1"), base]
    swept = head.sweep(one, one.ocr_text, others, base)
    halves = np.log(swept.lift_high / swept.lift)
    np.testing.assert_allclose(halves, [0.05, 0.1, 0.3, 0.0], atol=1e-9)
    alone = head.sweep(one, one.ocr_text, [*others, base]).probability
    np.testing.assert_allclose(swept.lift, alone[:-1] / alone[-1], rtol=0.02)  # members' means of logarithms and rates
    assert swept.lift[3] == pytest.approx(1)


def test_appeal_and_click_rate_share_one_look_at_a_picture(tiny_models, monkeypatch):
    fresh = Assessor(models=tiny_models, device="cpu", words="off")
    looked = []
    for network in (fresh.appeal.network, fresh.ctr.network):
        real = network.forward_features
        monkeypatch.setattr(network, "forward_features", lambda pixels, real=real: looked.append(1) or real(pixels))
    fresh.assess(ad(4), ["appeal", "ctr"])
    assert len(looked) == 1


def test_copy_words_colour_and_context_all_matter(head):
    one = ad(3)
    base = head.sweep(one, "x", [EVENING]).probability[0]
    others = [
        head.sweep(ad(3, title="Another title"), "x", [EVENING]),
        head.sweep(ad(3, description="More of it"), "x", [EVENING]),
        head.sweep(one, "other words", [EVENING]),
        head.sweep(one, None, [EVENING]),
        *(
            head.sweep(one, "x", [replace(EVENING, **change)])
            for change in (
                {"gender": "female"},
                {"age_band": "40-44"},
                {"month": 1},
                {"weekday": 1},
                {"hour": 3},
                {"position": "4"},
            )
        ),
    ]
    assert min(abs(other.probability[0] - base) for other in others) > 1e-7


def test_a_result_says_that_it_was_simulated_and_ranks_the_ad_by_its_average(assessor):
    one = ad(3)
    plain, evening = (assessor.assess(one, ["ctr"], context) for context in (None, EVENING))
    result, other = plain.head("ctr"), evening.head("ctr")
    assert result.provenance.data_kind is DataKind.SIMULATION
    assert (result.unit, result.details["ctr_average"]) == ("probability", pytest.approx(result.value))
    assert other.value != pytest.approx(result.value, rel=1e-4)
    assert other.details["ctr_average"] == pytest.approx(result.value)
    assert [(p.reference, p.n) for p in other.percentiles] == [(SIMULATED, PAIRS)]
    assert other.percentiles[0].value == pytest.approx(result.percentiles[0].value)
    assert result.percentiles[0].value == pytest.approx(100 * (result.value - 0.005) / 0.195, abs=0.2)
    assert result.percentiles[0].description == "random simulated ads, each averaged over all contexts"
    assert (result.interval.measured_coverage, other.interval.measured_coverage) == (0.89, 0.91)
    assert other.scale[0] == 0
    assert other.interval.high <= other.scale[1] <= 1
    assert (plain.context, evening.context) == ({}, EVENING.known)


def test_a_level_that_the_head_does_not_know_is_averaged_over_and_said(assessor, head):
    one = ad(3)
    strange = assessor.assess(one, ["ctr"], Context(hour=20, position="sidebar"))
    known = assessor.assess(one, ["ctr"], Context(hour=20))
    assert strange.head("ctr").value == pytest.approx(known.head("ctr").value)
    assert [w for w in strange.warnings if "position is 'sidebar'" in w and "1, 2, 3, 4" in w]
    assert known.warnings == ()
    assert head.problem(Context(low_category="shoes")) == ""  # a field that it does not read at all


def test_an_ad_without_a_picture_says_what_it_lacks(assessor):
    assert assessor.assess(Creative(title="Words alone"), ["ctr"]).not_scored == {
        "ctr": "Needs an image; this ad lacks an image."
    }


def test_an_ad_gets_the_same_rate_alone_and_in_a_batch(tiny_models, assessor):
    ads = [ad(seed) for seed in range(6)]
    contexts = [Context(hour=seed) for seed in range(6)]
    together = [a.head("ctr").value for a in assessor.assess_batch(ads, ["ctr"], contexts)]
    fresh = Assessor(models=tiny_models, device="cpu", words="off")
    alone = [fresh.assess(one, ["ctr"], context).head("ctr").value for one, context in zip(ads, contexts, strict=True)]
    np.testing.assert_allclose(together, alone, rtol=1e-6)
    assert np.std(together) > 1e-5


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda own: own["contexts"][0].pop("hour"), "a stored context has no hour"),
        (lambda own: own["schema"]["levels"].pop(0), "wide"),
        (lambda own: own.update(weights=[0.5, 0.4]), "adding up to 1"),
        (lambda own: own.pop("calibration"), "do not serve ctr"),
    ],
)
def test_settings_that_do_not_fit_are_refused(tiny_models, assessor, monkeypatch, change, message):
    real = read_manifest(tiny_models / CTR)
    own = json.loads(json.dumps(real.extras["ctr"]))
    change(own)
    altered = replace(real, extras={"ctr": own})
    monkeypatch.setattr("adlab.inference.ctr.load_m2fn", lambda *a, **k: (altered, assessor.ctr.network))
    with pytest.raises(CheckpointError, match=message):
        CtrHead(CTR, assessor.vectors, root=tiny_models)


def test_a_checkpoint_keeps_at_most_eight_contexts(tiny_models):
    settings = settings_of(read_manifest(tiny_models / CTR))
    with pytest.raises(ConfigError, match="9 contexts"):
        replace(settings, contexts=settings.contexts[:1] * 9, weights=(1 / 9,) * 9)


def test_the_assessor_works_without_it(tiny_models, tmp_path):
    shutil.copytree(tiny_models, tmp_path / "models", ignore=shutil.ignore_patterns(CTR))
    without = Assessor(models=tmp_path / "models", device="cpu", words="off")
    assert without.ctr is None
    assert "ctr" not in without.heads
    assert without.appeal.manifest.name == APPEAL
