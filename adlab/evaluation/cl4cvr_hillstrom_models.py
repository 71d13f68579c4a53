"""The models of the Hillstrom part: plain ones, networks without ESMM's product, ESMM, and the paper's variants."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray
from scipy.special import log_expit, logit
from sklearn.base import ClassifierMixin
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import OneHotEncoder

from adlab.data.feature_schema import FeatureSchema
from adlab.data.funnel_batch import FunnelBatch
from adlab.data.hillstrom import FIELDS
from adlab.evaluation.cl4cvr_gradients import ROWS, follow
from adlab.evaluation.cl4cvr_training import scores_of, seconds_since
from adlab.evaluation.cl4cvr_variants import ESMM, FULL_12, MAIN, STARTS
from adlab.evaluation.kept import Arrays
from adlab.models.esmm_config import ESMMConfig
from adlab.models.funnel_networks import build_funnel
from adlab.training.funnel_config import Contrast, FunnelTraining
from adlab.training.funnel_loop import FunnelLoop

EPOCHS, BATCH, RATE, TOWER = 5, 256, 1e-3, (64, 32)
LOGISTIC, TREES = "logistic", "trees"


@dataclass(frozen=True, kw_only=True)
class Model:
    """One way to learn the funnel.

    Attributes:
        name: Its name.
        label: What a table calls it.
        sharing: Of the network, "" for a plain model.
        contrast: The contrastive task, if any.
    """

    name: str
    label: str
    sharing: str = ""
    contrast: Contrast | None = None


def models() -> tuple[Model, ...]:
    """Every model: baselines, ESMM, and the paper's variants at both starts of τ and α."""
    networks = [
        Model(name=name, label=label, sharing=name)
        for name, label in (
            ("single-task", "single task"),
            ("shared-bottom", "shared bottom"),
            ("mmoe", "MMoE"),
            (ESMM, "ESMM"),
        )
    ]
    # All of it before its parts: where time is short, these are the ones to leave out.
    full, *steps = (MAIN[-1], *MAIN[1:-1])
    contrasted = [
        Model(name=full.name, label=full.label, sharing="esmm", contrast=full.contrast(*STARTS[0])),
        Model(name=FULL_12, label="CL4CVR, τ = 12", sharing="esmm", contrast=full.contrast(*STARTS[1])),
        *(Model(name=v.name, label=v.label, sharing="esmm", contrast=v.contrast(*STARTS[0])) for v in steps),
    ]
    plain = [
        Model(name=LOGISTIC, label="logistic regression"),
        Model(name=TREES, label="gradient-boosted trees"),
    ]
    return (*plain, *networks, *contrasted)


def cross_validated(model: Model, table: pa.Table, folds: NDArray[np.int64], seed: int) -> Arrays:
    """Scores of every row by a model that was trained on the other folds.

    Args:
        model: What to train.
        table: The log.
        folds: Number of each row's fold, (N,).
        seed: Of initial values, order and masks.

    Returns:
        "scores", (3, N): log-odds of a click, of a conversion once there is one, and the logarithm or log-odds of both;
        and "seconds".
    """
    since = seconds_since()
    scores = np.empty((3, table.num_rows), dtype=np.float32)
    for fold in np.unique(folds):
        own = table.filter(pa.array(folds != fold))
        schema = FeatureSchema.fit(FIELDS, [own])
        train, test = schema.encode(own), schema.encode(table.filter(pa.array(folds == fold)))
        predict = _network_scores if model.sharing else _plain_scores
        scores[:, folds == fold] = predict(model, schema, train, test, seed)
    return {"scores": scores, **since()}


def fold_gradients(model: Model, table: pa.Table, folds: NDArray[np.int64], seed: int) -> Arrays:
    """What a model's contrastive task does to the embeddings in the training that leaves the first fold out.

    Args:
        model: With a contrastive task.
        table: The log.
        folds: Number of each row's fold, (N,).
        seed: As `cross_validated`; also of the rows that are looked at.

    Returns:
        As `adlab.evaluation.cl4cvr_gradients.follow`, and "seconds".
    """
    since = seconds_since()
    own = table.filter(pa.array(folds != folds.min()))
    schema = FeatureSchema.fit(FIELDS, [own])
    train = schema.encode(own)
    rows = train.take(np.random.default_rng(seed).permutation(train.rows)[:ROWS])
    return {**follow(_loop(model, schema, train, seed), rows), **since()}


def _loop(model: Model, schema: FeatureSchema, train: FunnelBatch, seed: int) -> FunnelLoop:
    torch.manual_seed(seed)
    shape = ESMMConfig(fields=schema.sizes, dense=len(schema.dense_names), sharing=model.sharing, tower_dims=TOWER)
    training = FunnelTraining(epochs=EPOCHS, batch_size=BATCH, learning_rate=RATE, contrast=model.contrast)
    return FunnelLoop(build_funnel(shape), training, train, seed=seed)


def _network_scores(
    model: Model, schema: FeatureSchema, train: FunnelBatch, test: FunnelBatch, seed: int
) -> NDArray[np.float32]:
    loop = _loop(model, schema, train, seed)
    loop.run()
    return scores_of(loop.task.network, test)


def _plain_scores(
    model: Model, schema: FeatureSchema, train: FunnelBatch, test: FunnelBatch, seed: int
) -> NDArray[np.float32]:
    """Clicks learned from all rows, conversions from clicked ones; the chance of both is the product."""
    one_hot = OneHotEncoder(categories=[np.arange(size) for size in schema.sizes], sparse_output=False)
    one_hot.fit(train.sparse)

    def inputs(rows: FunnelBatch) -> NDArray[np.float64]:
        levels = one_hot.transform(rows.sparse) if model.name == LOGISTIC else rows.sparse
        return np.concatenate([levels, rows.dense], axis=1).astype(np.float64)

    clicked = train.click > 0
    click = _fitted(model.name, seed, inputs(train), train.click)
    convert = _fitted(model.name, seed, inputs(train)[clicked], train.conversion[clicked])
    odds = [logit(part.predict_proba(inputs(test))[:, 1]) for part in (click, convert)]
    return np.stack([*odds, log_expit(odds[0]) + log_expit(odds[1])]).astype(np.float32)


def _fitted(name: str, seed: int, x: NDArray[np.float64], y: NDArray[np.float32]) -> ClassifierMixin:
    estimator = (
        LogisticRegression(max_iter=500)
        if name == LOGISTIC
        else HistGradientBoostingClassifier(max_iter=100, learning_rate=0.05, max_leaf_nodes=15, random_state=seed)
    )
    return estimator.fit(x, y.astype(np.int64))
