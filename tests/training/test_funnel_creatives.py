"""Simulated ads as frozen vectors: one an ad, in the log's own order, apart from what FOCAL was trained on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from helpers.tiny_models import CONVERSION, VISION

from adlab.checkpoints.manifest import read_manifest
from adlab.data.feature_schema import FeatureSchema
from adlab.data.funnel_log import contract_fields
from adlab.errors import CheckpointError, ConfigError
from adlab.features.dominant_colour import COLOUR_NAMES, dominant_colour
from adlab.paths import models_dir
from adlab.simulator.collection import ad_rows
from adlab.simulator.log import splits_of
from adlab.simulator.render import render
from adlab.simulator.settings import SimulationSettings
from adlab.simulator.simulation import simulate
from adlab.training.funnel_creatives import (
    FOCAL,
    CreativeVectors,
    simulated_tables,
    simulated_vectors,
    words_of,
)

SETTINGS = SimulationSettings(ads=8, impressions=1000, seed=4, unseen_share=0.3)


@pytest.fixture(scope="module")
def vectors(tiny_models: Path, tmp_path_factory: pytest.TempPathFactory) -> CreativeVectors:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ADLAB_CACHE", str(tmp_path_factory.mktemp("cache")))
        return simulated_vectors(SETTINGS, checkpoint=CONVERSION, root=tiny_models)


def test_every_ad_has_one_vector_and_the_log_points_to_it(vectors):
    log = pa.concat_tables(simulated_tables(SETTINGS))
    assert vectors.matrix.shape == (8, 4 * 8 + 10 + 384)
    assert np.isfinite(vectors.matrix).all()
    schema = FeatureSchema.fit(contract_fields(log.column_names), [log])
    batch = schema.encode(log, vectors.index)
    assert [vectors.names[row] for row in batch.ad] == log["ad_id"].to_pylist()
    assert schema.encode(log).ad.tolist() == [-1] * 1000  # the switch


def test_colour_and_words_are_those_of_the_drawn_ad(vectors):
    start = 4 * 8
    for index in (0, 3, 7):
        ad = render(SETTINGS.seed, index)
        name = COLOUR_NAMES[vectors.matrix[index, start : start + 10].argmax()]
        assert name == dominant_colour(ad.image).name
        counts = {name: np.zeros(8, dtype=np.int64) for name in ("impressions", "clicks", "conversions")}
        row = ad_rows(SETTINGS, SETTINGS.response(), range(index, index + 1), counts, None)
        assert words_of(ad.plan) == row["ocr_text"][0]


def test_the_scale_is_that_of_the_training_ads(vectors):
    train = splits_of(SETTINGS) == 0
    assert 0 < train.sum() < 8
    numbers = np.r_[0:32]
    assert vectors.matrix[train][:, numbers].mean(axis=0) == pytest.approx(np.zeros(32), abs=1e-4)
    assert np.abs(vectors.matrix[~train][:, numbers].mean(axis=0)).max() > 0.1


def test_the_same_settings_give_the_same_vectors(vectors, tiny_models):
    again = simulated_vectors(SETTINGS, checkpoint=CONVERSION, root=tiny_models)
    assert np.array_equal(again.matrix, vectors.matrix)


def test_the_log_in_memory_is_the_log_on_disk(tmp_path):
    simulate(SETTINGS, tmp_path / "sim", workers=1)
    on_disk = pq.read_table(tmp_path / "sim" / "log" / "part-00000.parquet")
    assert next(simulated_tables(SETTINGS)).to_pylist() == on_disk.to_pylist()


def test_ads_that_focal_was_trained_on_are_refused():
    trained_on = read_manifest(models_dir() / FOCAL).training.config["collection"]["seed"]
    with pytest.raises(ConfigError, match=f"trained on what came of the ads of seed {trained_on}"):
        simulated_vectors(SimulationSettings(ads=2, impressions=10, seed=trained_on))


def test_another_kind_of_checkpoint_is_refused(tiny_models):
    with pytest.raises(CheckpointError, match="'vision' checkpoint"):
        simulated_vectors(SETTINGS, checkpoint=VISION, root=tiny_models)
