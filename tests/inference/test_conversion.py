"""The conversion head, on tiny checkpoints."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.pictures import caption, picture
from helpers.tiny_models import CONVERSION, FOCAL, PAIRS, SIMULATED
from scipy import special

from adlab.checkpoints.conversion import COVERAGE
from adlab.checkpoints.networks import build_network, load_image_encoder
from adlab.checkpoints.store import load_checkpoint, read_extra, save_checkpoint
from adlab.data.assessment import DataKind
from adlab.encoders.text import load_minilm
from adlab.errors import CheckpointError
from adlab.inference.conversion import ConversionHead
from adlab.metrics.spread import logit_interval
from adlab.models.focal_conversion import ConversionConfig, ConversionRegression


@pytest.fixture(scope="module")
def ids(tiny_models) -> dict[str, str]:
    return dict(load_checkpoint(CONVERSION, tiny_models).manifest.encoders)


@pytest.fixture(scope="module")
def head(tiny_models, ids) -> ConversionHead:
    return ConversionHead(CONVERSION, ids, root=tiny_models)


@pytest.fixture(scope="module")
def features(tiny_models) -> tuple[np.ndarray, np.ndarray]:
    image = load_image_encoder(root=tiny_models).encode([picture(i) for i in range(PAIRS)], detailed=True)
    return image, load_minilm().encode([caption(i) for i in range(PAIRS)])


# The interval.


def test_the_interval_is_the_stretched_spread_of_log_odds_by_hand():
    """Members at −2, −1, 0, 1, 2 about a mean of 0: the 5 and 95 % quantiles are ∓1.8, doubled ∓3.6."""
    logits = np.array([[-2.0], [-1.0], [0.0], [1.0], [2.0]])
    low, high = logit_interval(logits, 2.0)
    assert low[0] == pytest.approx(special.expit(-3.6))
    assert high[0] == pytest.approx(special.expit(3.6))


def test_the_interval_holds_the_value_and_grows_with_the_stretch():
    logits = np.random.default_rng(0).exponential(size=(5, 200))
    value = special.expit(logits.mean(axis=0))
    widths = []
    for scale in (0.0, 0.5, 1.0, 3.0):
        low, high = logit_interval(logits, scale)
        assert (low <= value).all()
        assert (value <= high).all()
        widths.append((high - low).mean())
    assert widths == sorted(widths)
    assert widths[0] == pytest.approx(0, abs=1e-12)


# The score.


def test_the_score_is_the_mean_of_the_members_calibrated_log_odds(tiny_models, head, features):
    checkpoint = load_checkpoint(CONVERSION, tiny_models)
    stored = read_extra(checkpoint, "conversion.safetensors")
    regression = ConversionRegression(ConversionConfig(members=5, latent_dim=8))
    regression.load_state_dict(stored)
    with torch.inference_mode():
        raw = regression(build_network(checkpoint)(*(torch.from_numpy(x) for x in features))).numpy()
    expected = 1 / (1 + np.exp(-(0.5 * raw.mean(axis=0) - 5.0)))
    scores = head.score(*features)
    np.testing.assert_allclose(scores.probability, expected, rtol=1e-4)
    assert scores.probability.std() > 0


def test_the_reference_ads_rank_evenly_among_themselves(head, features):
    percentile = head.score(*features).percentile
    assert abs(percentile.mean() - 50) < 2
    assert percentile.max() > 95
    assert percentile.min() < 5


def test_one_ad_scores_alone_as_among_many(head, features):
    together = head.score(*features)
    for row in (0, 7, PAIRS - 1):
        alone = head.score(features[0][row : row + 1], features[1][row : row + 1])
        assert alone.probability[0] == pytest.approx(together.probability[row], abs=1e-12)
        assert alone.low[0] == pytest.approx(together.low[row], abs=1e-12)


def test_a_result_says_that_it_was_learned_from_a_simulation(head, features):
    result = head.results(*features, "cuda", "mixed float16")[0]
    assert (result.head, result.unit) == ("conversion", "probability")
    assert result.provenance.data_kind is DataKind.SIMULATION
    assert (result.provenance.checkpoint, result.provenance.device) == (CONVERSION, "cuda")
    assert result.interval.low <= result.value <= result.interval.high
    assert (result.interval.measured_coverage, result.interval.coverage_n) == (0.88, PAIRS)
    assert [(p.reference, p.n) for p in result.percentiles] == [(SIMULATED, PAIRS)]


def test_the_scale_ends_just_above_everything_it_has_to_show(head, features):
    results, scores = head.results(*features), head.score(*features)
    largest = max(scores.probability.max(), scores.high.max())
    for result in results:
        low, high = result.scale
        assert low == 0
        assert result.interval.high <= high <= 1
        assert scores.probability.max() <= high < 1.1 * largest
        assert float(f"{high:.2g}") == pytest.approx(high)


# What does not fit.


@pytest.fixture
def resaved(tiny_models, tmp_path):
    """Writes the checkpoint again with something changed, beside the others."""

    def save(*, name: str = CONVERSION, regression: dict[str, torch.Tensor] | None = None, **fields: object) -> Path:
        for folder in tiny_models.iterdir():
            if folder.name != name:
                (tmp_path / folder.name).symlink_to(folder)
        checkpoint = load_checkpoint(name, tiny_models)
        extras = {
            file: read_extra(checkpoint, file)
            for file in ("conversion.safetensors", "quantiles.safetensors")
            if (checkpoint.folder / file).is_file()
        }
        if regression is not None:
            extras["conversion.safetensors"] = regression
        reference = read_extra(checkpoint, "reference.safetensors")
        manifest = replace(checkpoint.manifest, **fields)  # type: ignore[arg-type]
        save_checkpoint(tmp_path / name, manifest, checkpoint.state, reference, extras)
        return tmp_path

    return save


def test_other_encoders_are_refused(tiny_models):
    with pytest.raises(CheckpointError, match="trained on the image encoder"):
        ConversionHead(CONVERSION, {"image": "another", "text": "one"}, root=tiny_models)


def test_a_checkpoint_of_another_head_is_refused(tiny_models, ids):
    with pytest.raises(CheckpointError, match="extras that do not serve conversion"):
        ConversionHead(FOCAL, ids, root=tiny_models)


def test_a_regression_of_another_shape_is_refused(resaved, ids):
    root = resaved(regression={"weight": torch.zeros(5, 3), "bias": torch.zeros(5)})
    with pytest.raises(CheckpointError, match="does not fit its regression"):
        ConversionHead(CONVERSION, ids, root=root)


def test_a_regression_for_other_members_is_refused(resaved, tiny_models, ids):
    extras = load_checkpoint(CONVERSION, tiny_models).manifest.extras
    other = extras["conversion"]["regression"] | {"members": 4}
    root = resaved(extras=extras | {"conversion": extras["conversion"] | {"regression": other}})
    with pytest.raises(CheckpointError, match="the network gives something else"):
        ConversionHead(CONVERSION, ids, root=root)


def test_a_reference_set_without_its_quantiles_is_refused(resaved, ids):
    root = resaved(name=SIMULATED, extras={"groups": {}})
    with pytest.raises(CheckpointError, match="holds no quantiles of conversion"):
        ConversionHead(CONVERSION, ids, root=root)


def test_the_measured_coverage_is_the_cards(tiny_models):
    assert load_checkpoint(CONVERSION, tiny_models).manifest.measure(COVERAGE).value == 0.88
