"""The chain from impression to click to conversion: of ads that lack something, in contexts that are known in part."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers.pictures import caption, picture
from helpers.tiny_funnel_checkpoint import CONTEXTS, COVERAGE_N, LEVELS
from helpers.tiny_models import CONVERSION, FUNNEL, PAIRS, SIMULATED
from scipy import special

from adlab.checkpoints.funnel import MODES, NO_COPY, NO_PICTURE, PICTURE_ONLY, UNREAD, WHOLE, coverage_name, settings_of
from adlab.checkpoints.manifest import Measure, read_manifest
from adlab.cli.heads import HEADS, values_of
from adlab.data.assessment import DataKind
from adlab.data.creative import Context, Creative
from adlab.data.image_intake import AdImage
from adlab.errors import CheckpointError, ConfigError
from adlab.inference.funnel import FunnelHead
from adlab.models.funnel import FunnelInputs

EVENING = Context(gender="male", age_band="25-29", hour=20, position="2")


def ad(seed: int = 3, **fields: object) -> Creative:
    image = AdImage.from_pixels(picture(seed, 30 + 7 * seed, 40))
    return Creative(**({"image": image, "title": caption(seed), "brand": "Acme"} | fields))


@pytest.fixture(scope="module")
def head(tiny_models, assessor) -> FunnelHead:
    return FunnelHead(FUNNEL, assessor.vectors, root=tiny_models)


def by_hand(head: FunnelHead, one: Creative, rows: list[dict[str, str]]) -> tuple[np.ndarray, np.ndarray]:
    """Members' chances of a click and of a conversion after it in full rows, row by row, (M, K) each."""
    told, calibration = head.told(one, "Two for one"), head.settings.modes[WHOLE]
    found = []
    for row in rows:
        codes = torch.tensor([[2 + LEVELS[name].index(row[name]) for name in LEVELS]])
        with torch.inference_mode():
            output = head.network(FunnelInputs(codes, torch.zeros(1, 0), {}, torch.from_numpy(told.vector)))
        found.append([part[:, 0].double().numpy() for part in (output.ctr, output.cvr)])
    ctr, cvr = (np.stack([pair[place] for pair in found], axis=1) for place in (0, 1))
    return special.expit(calibration.ctr.apply(ctr)), special.expit(calibration.cvr.apply(cvr))


def details(head: FunnelHead, one: Creative, words: str | None = "Two for one", context: Context = EVENING) -> dict:
    return head.results([one], [words], [context])[0].details


def test_a_known_context_is_scored_as_the_networks_say(head):
    one = ad()
    clicks, converts = by_hand(head, one, [{"brand": "Acme", **{k: str(v) for k, v in EVENING.known.items()}}])
    found = details(head, one)
    assert found["pctr"] == pytest.approx(special.expit(special.logit(clicks[:, 0]).mean()), rel=1e-5)
    both = special.expit(special.logit(clicks[:, 0] * converts[:, 0]).mean())
    assert found["pctcvr"] == pytest.approx(both, rel=1e-5)
    middle = special.logit(found["pctr"])
    assert (found["pctr_low"], found["pctr_high"]) == pytest.approx(tuple(special.expit([middle - 0.4, middle + 0.4])))


def test_what_is_unknown_is_averaged_over_the_stored_rows(head):
    one = ad(brand="")
    partly = Context(hour=20, gender="male")
    rows = [stored | {"hour": "20", "gender": "male"} for stored in CONTEXTS]
    clicks, converts = by_hand(head, one, rows)
    weights = np.array(head.settings.weights)
    found = details(head, one, context=partly)
    assert found["pctr"] == pytest.approx(special.expit(special.logit(clicks @ weights).mean()), rel=1e-5)
    both = special.expit(special.logit((clicks * converts) @ weights).mean())
    assert found["pctcvr"] == pytest.approx(both, rel=1e-5)
    assert found["pctr"] != pytest.approx(details(head, one)["pctr"], rel=1e-3)


def test_the_product_of_the_shown_values_holds_to_the_bit(head):
    ads = [ad(seed) for seed in range(4)]
    for result in head.results(ads, [None] * 4, [Context(hour=hour) for hour in (1, 9, 14, 20)]):
        assert result.details["pctr"] * result.details["pcvr"] == result.details["pctcvr"] == result.value
        for step in ("pctr", "pcvr", "pctcvr"):
            assert result.details[f"{step}_low"] < result.details[step] < result.details[f"{step}_high"]


def test_all_columns_of_the_contract_come_of_a_result(head):
    (result,) = head.results([ad()], ["x"], [EVENING])
    assert list(values_of(result)) == list(HEADS["funnel"].columns)
    assert values_of(result)["pctcvr_high"] == result.interval.high


def test_an_ad_that_lacks_something_is_calibrated_as_such(head):
    kinds = {
        WHOLE: (ad(), "words"),
        UNREAD: (ad(), None),
        NO_PICTURE: (Creative(title="Words alone"), None),
        NO_COPY: (ad(title=""), ""),
        PICTURE_ONLY: (ad(title=""), None),
    }
    assert list(kinds) == list(MODES)
    halves = []
    for mode, (one, words) in kinds.items():
        assert head.told(one, words).mode == mode
        (result,) = head.results([one], [words], [EVENING])
        halves.append(special.logit(result.details["pctr_high"]) - special.logit(result.details["pctr"]))
        assert result.interval.measured_coverage == pytest.approx(0.9 - 0.01 * MODES.index(mode))
        assert result.interval.coverage_n == COVERAGE_N
    np.testing.assert_allclose(halves, [0.4, 0.5, 0.6, 0.7, 0.8])


def test_intervals_are_those_of_what_is_known_of_the_context(tiny_models, assessor):
    head = FunnelHead(FUNNEL, assessor.vectors, root=tiny_models)
    pooled = head.settings.modes[WHOLE]
    own = {"pctr": 0.3, "pcvr": 0.9, "pctcvr": 0.2}
    head.settings.modes[WHOLE] = replace(pooled, half_widths_unknown=own)
    known = Measure(name=coverage_name(WHOLE, "pctcvr", known=True), value=0.77, n=5, data="random ads")
    head.manifest = replace(head.manifest, measures=(*head.manifest.measures, known))
    anyone = ad(brand="")
    cases = {
        "all": (ad(), EVENING, pooled.half_widths, 0.77),
        "nothing": (anyone, Context(), own, 0.9),
        "hour": (anyone, Context(hour=20), {"pctr": 0.4, "pcvr": 0.9, "pctcvr": 0.6}, 0.77),
        "brand": (ad(), Context(), {"pctr": 0.4, "pcvr": 0.9, "pctcvr": 0.6}, 0.77),
        "a level that it does not know": (anyone, Context(position="sidebar"), own, 0.9),
    }
    assert (pooled.half_widths["pctr"], pooled.half_widths["pctcvr"]) == (0.4, 0.6)
    for name, (one, context, widths, covered) in cases.items():
        (result,) = head.results([one], ["Two for one"], [context])
        for step, half in widths.items():
            low, high = (special.logit(result.details[f"{step}_{end}"]) for end in ("low", "high"))
            assert (high - low) / 2 == pytest.approx(half), (name, step)
        assert result.interval.measured_coverage == covered, name


def test_a_checkpoint_with_one_width_for_both_serves_as_it_did(head):
    assert head.settings.modes[WHOLE].half_widths_unknown is None
    (plain,) = head.results([ad(brand="")], ["x"], [Context()])
    half = special.logit(plain.details["pctr_high"]) - special.logit(plain.details["pctr"])
    assert half == pytest.approx(0.4)


def test_picture_copy_words_brand_and_context_all_matter(head):
    base = details(head, ad())["pctcvr"]
    others = [
        details(head, ad(title="Another title")),
        details(head, replace(ad(), image=ad(5).image)),
        details(head, ad(), "other words"),
        details(head, ad(brand="Bolt")),
        *(
            details(head, ad(), context=replace(EVENING, **{name: value}))
            for name, value in (
                ("gender", "female"),
                ("age_band", "50+"),
                ("hour", 3),
                ("position", "3"),
            )
        ),
    ]
    assert min(abs(other["pctcvr"] / base - 1) for other in others) > 1e-6


def test_a_level_that_the_head_does_not_know_is_averaged_over_and_said(head):
    strange, plain = replace(EVENING, position="sidebar"), replace(EVENING, position=None)
    assert details(head, ad(), context=strange)["pctcvr"] == details(head, ad(), context=plain)["pctcvr"]
    assert "position is 'sidebar'" in head.problem(strange)
    assert head.problem(EVENING) == head.problem(Context(month=3)) == ""


def test_a_brand_that_no_log_knows_is_averaged_over_without_a_word(head, assessor):
    assert details(head, ad(brand="Nova")) == details(head, ad(brand=""))
    assert not any("Nova" in warning for warning in assessor.assess(ad(brand="Nova")).warnings)


def test_a_result_says_that_it_was_simulated_and_ranks_the_ad_by_its_average(head):
    one = ad(brand="")
    (evening,), (plain,) = (head.results([one], ["x"], [context]) for context in (EVENING, Context()))
    assert plain.provenance.data_kind is DataKind.SIMULATION
    assert plain.unit == "probability"
    assert plain.details["pctcvr_average"] == plain.value
    assert evening.value != pytest.approx(plain.value, rel=1e-4)
    assert evening.details["pctcvr_average"] == plain.value
    assert [(p.reference, p.n) for p in evening.percentiles] == [(SIMULATED, PAIRS)]
    assert evening.percentiles == plain.percentiles
    assert plain.percentiles[0].value == pytest.approx(100 * (plain.value - 1e-4) / (0.02 - 1e-4), abs=0.2)
    assert plain.percentiles[0].description == "random simulated ads, each averaged over all contexts"


def test_an_ad_gets_the_same_chain_alone_and_in_a_batch(head):
    ads, contexts = [ad(seed) for seed in range(4)], [Context(hour=seed) for seed in range(4)]
    together = head.results(ads, ["w"] * 4, contexts)
    alone = [head.results([one], ["w"], [context])[0] for one, context in zip(ads, contexts, strict=True)]
    assert [result.details for result in together] == [result.details for result in alone]
    assert len({result.value for result in together}) == 4


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda own: own["contexts"][0].pop("hour"), "a stored context has no hour"),
        (lambda own: own["contexts"][1].update(position="9"), "a stored context has no position"),
        (lambda own: own["schema"]["sparse"].pop(0), "the schema gives"),
        (lambda own: own.update(weights=[0.5, 0.4]), "adding up to 1"),
        (lambda own: own["modes"].pop("no copy"), "modes are"),
        (lambda own: own["modes"]["no copy"]["half_widths"].pop("pcvr"), "half_widths are of"),
        (
            lambda own: own["modes"]["no copy"].update(half_widths_unknown={"pctr": 0.1}),
            "half_widths_unknown are of",
        ),
        (lambda own: own.pop("creative"), "do not serve funnel"),
        (lambda own: own["creative"].update(parts=["focal"]), "numbers, the vectors"),
    ],
)
def test_settings_that_do_not_fit_are_refused(tiny_models, assessor, monkeypatch, change, message):
    real = read_manifest(tiny_models / FUNNEL)
    own = json.loads(json.dumps(real.extras["funnel"]))
    change(own)
    altered = replace(real, extras={"funnel": own})
    from adlab.checkpoints import funnel, store

    checkpoint = store.load_checkpoint(FUNNEL, tiny_models)
    monkeypatch.setattr(funnel, "load_checkpoint", lambda *a: replace(checkpoint, manifest=altered))
    with pytest.raises(CheckpointError, match=message):
        FunnelHead(FUNNEL, assessor.vectors, root=tiny_models)


def test_a_checkpoint_of_another_kind_is_refused(tiny_models, assessor):
    with pytest.raises(CheckpointError, match="do not serve funnel"):
        FunnelHead(CONVERSION, assessor.vectors, root=tiny_models)


def test_a_checkpoint_keeps_at_most_eight_contexts(tiny_models):
    settings = settings_of(read_manifest(tiny_models / FUNNEL))
    with pytest.raises(ConfigError, match="9 contexts"):
        replace(settings, contexts=settings.contexts[:1] * 9, weights=(1 / 9,) * 9)
