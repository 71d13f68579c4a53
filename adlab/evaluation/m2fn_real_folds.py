"""Out-of-fold predictions on rated ads, by networks and by plain models, on the same repeated folds."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LinearRegression, RidgeCV
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

from adlab.evaluation.kept import Arrays
from adlab.evaluation.m2fn_real_data import RealAds
from adlab.evaluation.m2fn_real_scales import PICTURE
from adlab.evaluation.m2fn_real_variants import Network, Plain, Shape
from adlab.metrics.distribution import histogram_mean, histogram_std
from adlab.models.backbones import StagedBackbone
from adlab.models.m2fn_config import M2FNConfig
from adlab.training.appeal_folds import PENALTIES, folds_of
from adlab.training.appeal_prepared import Calibration, calibration_of, fit_prepared
from adlab.training.appeal_task import RatedTensors

Folds = list[tuple[NDArray[np.int64], NDArray[np.int64]]]
SVM_COSTS = (0.1, 1.0, 10.0)


@dataclass(kw_only=True)
class FoldStudy:
    """What every model is measured with.

    Attributes:
        ads: The rated ads.
        backbone: Frozen.
        shape: M2FN's, from which all others follow.
        repeats: Draws of folds.
        folds: Parts of each draw.
        seed: Of the draws and of all that is trained.
    """

    ads: RealAds
    backbone: StagedBackbone
    shape: M2FNConfig
    repeats: int
    folds: int
    seed: int
    _calibrations: dict[tuple[int, int], Calibration] = field(default_factory=dict)

    def calibration(self, repeat: int, fold: int) -> Calibration:
        """How maps are standardised over a fold's training ads; computed once."""
        if (repeat, fold) not in self._calibrations:
            train = torch.from_numpy(self.draws()[repeat][fold][0])
            found = calibration_of(self.shape, self.backbone, self.ads.maps, train)
            self._calibrations[repeat, fold] = found
        return self._calibrations[repeat, fold]

    def draws(self) -> list[Folds]:
        """The folds of each repeat; the same for every model."""
        return [folds_of(len(self.ads), self.folds, self.seed * 1000 + repeat) for repeat in range(self.repeats)]


def tensors(ads: RealAds, vectors: NDArray[np.float32], maps: torch.Tensor) -> RatedTensors:
    """Maps, attributes and shares of all ads."""
    return RatedTensors(maps, torch.from_numpy(vectors), torch.from_numpy(ads.shares))


def shape_for(study: FoldStudy, shape: Shape, width: int) -> M2FNConfig:
    """The network's config, its attribute vector as wide as it is."""
    config = shape(study.shape)
    return replace(config, aux_dim=width) if config.aux else config


def measure_network(study: FoldStudy, network: Network, repeat: int) -> Arrays:
    """Out-of-fold shares of one repeat by each member alone, ``"shares"`` (M, N, K)."""
    ads = study.ads
    found = np.zeros((network.members, *ads.counts.shape), dtype=np.float32)
    for number, (train, test) in enumerate(study.draws()[repeat]):
        vectors = ads.vectors(train, network.attributes, network.scales)
        shape = shape_for(study, network.shape, vectors.shape[1])
        rows = torch.from_numpy(train)
        seeds = [((study.seed * 100 + repeat) * 100 + number) * 10 + member for member in range(network.members)]
        calibration = study.calibration(repeat, number).scaled(network.scales.get(PICTURE, 1.0))
        data = tensors(ads, vectors, ads.maps)
        trained = fit_prepared(network.training, shape, study.backbone, calibration, data, rows, seeds)
        for member, (_, logits) in enumerate(trained):
            found[member, test] = logits[test].softmax(dim=1).numpy()
    return {"shares": found}


def measure_plain(study: FoldStudy, plain: Plain, repeat: int) -> Arrays:
    """Out-of-fold means and standard deviations of one repeat, ``"mean"`` and ``"std"`` (N,)."""
    ads = study.ads
    targets = {"mean": histogram_mean(ads.counts), "std": histogram_std(ads.counts)}
    found = {name: np.zeros(len(ads)) for name in targets}
    for train, test in study.draws()[repeat]:
        features = _features(ads, plain, train)
        for name, target in targets.items():
            model = _model(plain.model).fit(features[train], target[train])
            found[name][test] = model.predict(features[test])
    return dict(found)


def _features(ads: RealAds, plain: Plain, train: NDArray[np.int64]) -> NDArray[np.float64]:
    """(N, F) of all ads; standardisation follows in the model."""
    if plain.reads == "moments":
        deviation, mean = torch.std_mean(ads.maps.double(), dim=(2, 3), correction=0)
        return np.asarray(torch.cat([mean, deviation], dim=1).numpy())
    if plain.reads == "words":
        return ads.text.astype(np.float64)
    if plain.reads == "shape":
        numbers = np.array([[float(row[name] or 0) for name in ("aspect", "area", "words")] for row in ads.rows])
        return np.concatenate([numbers, numbers**2], axis=1)
    chosen = ("category",) if plain.reads == "category" else plain.attributes
    return ads.vectors(train, chosen).astype(np.float64)


def _model(name: str) -> Pipeline:
    """The model behind standardisation; what it leaves open is chosen among the training ads."""
    if name == "linear":
        return make_pipeline(StandardScaler(), LinearRegression())
    if name == "ridge":
        return make_pipeline(StandardScaler(), RidgeCV(PENALTIES))
    kernel = name.removeprefix("svm-")
    return make_pipeline(StandardScaler(), GridSearchCV(SVR(kernel=kernel), {"C": SVM_COSTS}, cv=5))
