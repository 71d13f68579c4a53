"""Table 7's plain regressions on attributes alone, by scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray

from adlab.errors import UnknownNameError
from adlab.evaluation.m2fn_simulated_study import MOST_IMPRESSIONS
from adlab.training.ctr_task import ClickData, mean_ctr

MOST_ROWS = 2000  # of the support vector machines, whose time grows with their square
PENALTIES = (1.0, 10.0, 100.0, 1000.0)
BOX, TUBE = 1.0, 0.2  # of the support vector machines; rates are relative to their mean


def plain_predictions(
    name: str, data: ClickData, rows: Mapping[str, NDArray[np.int64]], seed: int
) -> NDArray[np.float64]:
    """Click rates of the test rows, (K,).

    Linear regression has a ridge penalty, chosen on the dev rows: with more columns of texts than ads, least squares
    alone would learn every training ad by heart.

    Args:
        name: ``"linear"``, ``"svm-rbf"`` or ``"svm-poly"``.
        data: Rows with the attributes to use.
        rows: Of each split.
        seed: Decides which rows a support vector machine is given where there are too many.

    Raises:
        UnknownNameError: There is no such regression.
    """
    from sklearn.linear_model import Ridge
    from sklearn.svm import SVR

    train = rows["train"]
    if name.startswith("svm") and len(train) > MOST_ROWS:
        train = np.sort(np.random.default_rng(seed).choice(train, MOST_ROWS, replace=False))
    base = mean_ctr(data, torch.from_numpy(train))

    def of(some: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Attributes, rates relative to their mean, and weights."""
        index = torch.from_numpy(some)
        vectors = data.attributes.vectors(index, data.ads[index]).double().numpy()
        shown = data.impressions[index].double().numpy()
        rates = data.clicks[index].double().numpy() / shown / base
        weights = np.minimum(shown, MOST_IMPRESSIONS)
        return vectors, rates, weights / weights.mean()

    x, y, weights = of(train)
    if name == "linear":
        dev_x, dev_y, dev_weights = of(rows["dev"])
        fitted = [Ridge(penalty).fit(x, y, weights) for penalty in PENALTIES]
        errors = [float((dev_weights * (model.predict(dev_x) - dev_y) ** 2).sum()) for model in fitted]
        model = fitted[int(np.argmin(errors))]
    elif name in ("svm-rbf", "svm-poly"):
        model = SVR(kernel=name.removeprefix("svm-"), C=BOX, epsilon=TUBE).fit(x, y, weights)
    else:
        raise UnknownNameError("regression", name, ("linear", "svm-rbf", "svm-poly"))
    return np.asarray(model.predict(of(rows["test"])[0]) * base, dtype=np.float64)
