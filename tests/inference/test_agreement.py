from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.pictures import caption, picture
from helpers.tiny_models import FOCAL, MEMBERS, PAIRS, REFERENCE
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from adlab.checkpoints.networks import load_image_encoder
from adlab.checkpoints.store import load_checkpoint, read_extra, save_checkpoint
from adlab.encoders.text import load_minilm
from adlab.errors import CheckpointError, UnknownNameError
from adlab.inference.agreement import AgreementHead
from adlab.metrics.percentile import mid_rank_percentile
from adlab.metrics.spread import spread_interval

percentiles = st.floats(0, 100)


@pytest.fixture(scope="module")
def ids(tiny_models) -> dict[str, str]:
    return dict(load_checkpoint(FOCAL, tiny_models).manifest.encoders)


@pytest.fixture(scope="module")
def head(tiny_models, ids) -> AgreementHead:
    return AgreementHead(FOCAL, ids, root=tiny_models)


@pytest.fixture(scope="module")
def features(tiny_models) -> tuple[np.ndarray, np.ndarray]:
    """The features of the reference set's own pairs."""
    image = load_image_encoder(root=tiny_models).encode([picture(i) for i in range(PAIRS)])
    return image, load_minilm().encode([caption(i) for i in range(PAIRS)])


# The interval.


def test_the_interval_is_the_spread_of_members_on_the_probit_scale_by_hand():
    """Members at −1, −½, 0, ½, 1 on the probit scale: the 5 and 95 % quantiles are ∓0.9."""
    members = 100 * stats.norm.cdf([[-1.0], [-0.5], [0.0], [0.5], [1.0]])
    low, high = spread_interval(np.array([50.0]), members, 1.0)
    assert low[0] == pytest.approx(100 * stats.norm.cdf(-0.9))
    assert high[0] == pytest.approx(100 * stats.norm.cdf(0.9))
    low, high = spread_interval(np.array([50.0]), members, 2.0)
    assert low[0] == pytest.approx(100 * stats.norm.cdf(-1.8))
    low, high = spread_interval(np.array([50.0]), members, 1.0, level=0.5)
    assert high[0] == pytest.approx(100 * stats.norm.cdf(0.5))


def test_members_that_agree_give_an_interval_of_no_width():
    low, high = spread_interval(np.array([30.0]), np.full((5, 1), 30.0), 3.0)
    assert low[0] == pytest.approx(30)
    assert high[0] == pytest.approx(30)


@given(
    value=arrays(float, 4, elements=percentiles),
    members=arrays(float, (5, 4), elements=percentiles),
    scale=st.floats(0, 20),
)
def test_the_interval_holds_the_value_and_stays_on_the_scale(value, members, scale):
    low, high = spread_interval(value, members, scale)
    assert (low <= value).all()
    assert (value <= high).all()
    assert (low >= 0).all()
    assert (high <= 100).all()


@given(members=arrays(float, (5, 1), elements=percentiles), scale=st.floats(0, 5), more=st.floats(0, 5))
def test_a_larger_stretch_never_narrows_the_interval(members, scale, more):
    value = np.median(members, axis=0)
    low, high = spread_interval(value, members, scale)
    wider_low, wider_high = spread_interval(value, members, scale + more)
    assert wider_low[0] <= low[0] + 1e-9
    assert wider_high[0] >= high[0] - 1e-9


# The scores.


def test_the_cosine_is_the_mean_over_members_of_the_shared_embeddings(head, features, tiny_models):
    """Against a slow transcription: one pair and one member at a time."""
    image, text = (torch.from_numpy(x).double() for x in features)
    scores = head.score(*features)
    for row in (0, 7, 30):
        cosines = []
        for member in head.network.members:
            output = member(image[row : row + 1], text[row : row + 1])
            s_a, s_b = output.shared_image[0], output.shared_text[0]
            cosines.append(float(s_a @ s_b / (s_a.norm() * s_b.norm())))
        assert len(cosines) == MEMBERS
        assert scores.cosine[row] == pytest.approx(np.mean(cosines), abs=1e-12)


def test_the_percentile_of_a_reference_pair_is_its_rank_among_them(head, features):
    scores = head.score(*features)
    ranks = mid_rank_percentile(scores.cosine, np.sort(scores.cosine))
    np.testing.assert_allclose(scores.percentile, ranks, atol=1.5 * 100 / PAIRS)
    assert scores.percentile.min() < 3 < 97 < scores.percentile.max()


def test_the_percentile_rises_with_the_cosine(head, features):
    image, text = features
    scores = head.score(np.repeat(image[:8], 48, axis=0), np.tile(text, (8, 1)))
    order = np.argsort(scores.cosine)
    assert (np.diff(scores.percentile[order]) >= 0).all()
    assert (np.diff(scores.percentile_mismatched[order]) >= 0).all()
    assert len(np.unique(scores.percentile)) > 100


def test_a_pair_scores_the_same_alone_and_among_others_to_the_last_digits(head, features):
    image, text = features
    together = head.score(image, text)
    for row in range(0, PAIRS, 7):
        single = head.score(image[row : row + 1], text[row : row + 1])
        for name in ("cosine", "percentile", "percentile_mismatched", "low", "high", "readings"):
            np.testing.assert_allclose(getattr(single, name)[0], getattr(together, name)[row], atol=1e-9, err_msg=name)


def test_a_reading_is_the_probes_rank_on_normalised_private_embeddings(head, features, tiny_models):
    image, text = (torch.from_numpy(x).double() for x in features)
    probes = read_extra(load_checkpoint(FOCAL, tiny_models), "probes.safetensors")
    for index, space in enumerate(("private_image", "private_text")):
        stacked = []
        for member in head.network.members:
            private = getattr(member(image, text), space)
            stacked.append(private / private.norm(dim=1, keepdim=True))
        raw = torch.cat(stacked, dim=1) @ probes[f"{index}/weight"].double() + probes[f"{index}/bias"].double()
        ranks = mid_rank_percentile(raw.numpy(), np.sort(raw.numpy()))
        np.testing.assert_allclose(head.score(*features).readings[:, index], ranks, atol=1.5 * 100 / PAIRS)


def test_every_result_has_its_value_inside_its_interval(head, features):
    for result in head.results(*features):
        assert 0 <= result.interval.low <= result.value <= result.interval.high <= 100


# Checkpoints that do not fit.


@pytest.fixture
def resaved(tiny_models, tmp_path):
    """Write the head's checkpoint or its reference set again with changes, in a folder of its own."""

    def save(name: str, *, extra=None, **changes: object) -> Path:
        for other in (FOCAL, REFERENCE):
            checkpoint = load_checkpoint(other, tiny_models)
            files = [f for f in checkpoint.manifest.sha256 if f.endswith(".safetensors")]
            tensors = {f: read_extra(checkpoint, f) for f in files}
            state, reference = tensors.pop("weights.safetensors"), tensors.pop("reference.safetensors")
            manifest = replace(checkpoint.manifest, sha256={})
            if other == name:
                manifest, tensors = replace(manifest, **changes), tensors | (extra or {})
            save_checkpoint(tmp_path / other, manifest, state, reference, tensors)
        return tmp_path

    return save


def extras_of(tiny_models: Path, name: str) -> dict:
    return dict(load_checkpoint(name, tiny_models).manifest.extras)


def test_saved_again_unchanged_it_scores_the_same(resaved, head, ids, features):
    """The fixture itself: what the refusals below refuse is the change, not the saving."""
    again = AgreementHead(FOCAL, ids, root=resaved(""))
    np.testing.assert_array_equal(again.score(*features).percentile, head.score(*features).percentile)


def test_a_stretched_interval_is_wider(resaved, head, ids, features, tiny_models):
    root = resaved(FOCAL, extras=extras_of(tiny_models, FOCAL) | {"interval_scale": 2.0})
    plain, wide = head.score(*features), AgreementHead(FOCAL, ids, root=root).score(*features)
    assert ((wide.high - wide.low) >= (plain.high - plain.low) - 1e-9).all()
    assert (wide.high - wide.low).mean() > 1.1 * (plain.high - plain.low).mean()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"interval_scale": "wide"}, "do not serve agreement"),
        ({"interval_scale": float("inf")}, "interval_scale is inf"),
        ({"interval_scale": -1}, "interval_scale is -1"),
        ({"readings": [{"space": "shared image"}]}, "reading 0 is"),
        ({"readings": None}, "do not serve agreement"),
    ],
    ids=str,
)
def test_extras_that_do_not_serve_are_refused_when_loading(resaved, ids, tiny_models, change, said):
    root = resaved(FOCAL, extras=extras_of(tiny_models, FOCAL) | change)
    with pytest.raises(CheckpointError, match=said):
        AgreementHead(FOCAL, ids, root=root)


def test_missing_extras_are_refused_when_loading(resaved, ids):
    with pytest.raises(CheckpointError, match=r"do not serve agreement: KeyError\('reference'\)"):
        AgreementHead(FOCAL, ids, root=resaved(FOCAL, extras={}))


def test_a_reference_set_that_is_not_there_is_named(resaved, ids, tiny_models):
    root = resaved(FOCAL, extras=extras_of(tiny_models, FOCAL) | {"reference": "reference-tine"})
    with pytest.raises(UnknownNameError, match=r"checkpoint 'reference-tine'\. Did you mean 'reference-tiny'"):
        AgreementHead(FOCAL, ids, root=root)


def test_an_unknown_kind_of_data_is_refused(resaved, ids):
    with pytest.raises(CheckpointError, match="'hearsay' is not a valid DataKind"):
        AgreementHead(FOCAL, ids, root=resaved(FOCAL, data_kind="hearsay"))


def test_quantiles_of_fewer_members_are_refused(resaved, ids, tiny_models):
    quantiles = read_extra(load_checkpoint(REFERENCE, tiny_models), "quantiles.safetensors")
    fewer = quantiles | {"true/member_cosine": quantiles["true/member_cosine"][:4]}
    with pytest.raises(CheckpointError, match="the quantiles true/member_cosine are missing or misshapen"):
        AgreementHead(FOCAL, ids, root=resaved(REFERENCE, extra={"quantiles.safetensors": fewer}))


@pytest.mark.parametrize("key", ["true/cosine", "mismatched/cosine", "true/reading_1"])
def test_missing_quantiles_are_named_when_loading(resaved, ids, tiny_models, key):
    quantiles = read_extra(load_checkpoint(REFERENCE, tiny_models), "quantiles.safetensors")
    del quantiles[key]
    with pytest.raises(CheckpointError, match=f"the quantiles {key} are missing"):
        AgreementHead(FOCAL, ids, root=resaved(REFERENCE, extra={"quantiles.safetensors": quantiles}))


def test_a_probe_of_another_width_is_refused(resaved, ids, tiny_models):
    probes = read_extra(load_checkpoint(FOCAL, tiny_models), "probes.safetensors")
    shorter = probes | {"1/weight": probes["1/weight"][:-1]}
    with pytest.raises(CheckpointError, match="the probe of reading 1 has shapes"):
        AgreementHead(FOCAL, ids, root=resaved(FOCAL, extra={"probes.safetensors": shorter}))


def test_a_group_without_its_n_is_refused(resaved, ids):
    groups = {"groups": {"true": {"n": 3, "description": "x"}, "mismatched": {"n": 3}}}
    with pytest.raises(CheckpointError, match="the group mismatched is not there"):
        AgreementHead(FOCAL, ids, root=resaved(REFERENCE, extras=groups))


def test_another_kind_of_checkpoint_is_refused(tiny_models):
    with pytest.raises(CheckpointError, match="'vision' checkpoint; the agreement head needs 'focal'"):
        AgreementHead("vision-mobilenetv2", {}, root=tiny_models)
