"""Conditional batch norm on rated ads: Table 5's placements, and the rows of Tables 6 and 7 with low-level fusion.

Every network is trained on cached maps first and then goes on for a few epochs, with conditional batch norm or without.
The `ratings` shape ends after four of the backbone's five stages, so Table 5's fifth flag has no place here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from adlab.evaluation.kept import Arrays
from adlab.evaluation.m2fn_real_folds import FoldStudy, shape_for, tensors
from adlab.evaluation.m2fn_real_variants import WITHOUT, modules
from adlab.models.m2fn import M2FN
from adlab.training.appeal_conditional import conditional_logits, entry_stage, go_on, stage_inputs
from adlab.training.appeal_prepared import calibration_of, fit_prepared
from adlab.training.appeal_task import AppealTraining

GO_ON = AppealTraining(epochs=3, batch_size=16)
# Unique name -> stages with conditional batch norm, attention, high-level fusion; the most important first.
PLACEMENTS: dict[str, tuple[tuple[int, ...], bool, bool]] = {
    "{0,0,0,0}": ((), True, True),
    "{1,0,0,0}": ((1,), True, True),
    "{0,0,0,1}": ((4,), True, True),
    "{0,0,1,0}": ((3,), True, True),
    "{1,1,1,1}": ((1, 2, 3, 4), True, True),
    "{0,1,0,0}": ((2,), True, True),
    "{0,0,1,1}": ((3, 4), True, True),
    "{1,1,1,0}": ((1, 2, 3), True, True),
}
LOW: dict[str, tuple[tuple[int, ...], bool, bool]] = {
    "O × × ×": ((), False, False),
    "O O × ×": ((1,), False, False),
    "O × O ×": ((), True, False),
    "O O O ×": ((1,), True, False),
    "O × × O": ((), False, True),
    "O O × O": ((1,), False, True),
}


@dataclass(kw_only=True)
class ConditionalStudy:
    """Placements of conditional batch norm on common folds.

    Attributes:
        folds: Ads, backbone, shape and folds; its ads' `squares` are what the backbone sees.
        training: The epochs that follow the training on cached maps.
    """

    folds: FoldStudy
    training: AppealTraining = GO_ON
    _inputs: dict[int, Tensor] = field(default_factory=dict)
    _starts: dict[tuple[int, int, bool, bool], M2FN] = field(default_factory=dict)

    def measure(self, blocks: tuple[int, ...], attention: bool, high: bool, repeat: int) -> Arrays:
        """Out-of-fold shares of one repeat, ``"shares"`` (1, N, K)."""
        study, ads = self.folds, self.folds.ads
        found = np.zeros((1, *ads.counts.shape), dtype=np.float32)
        for number, (train, test) in enumerate(study.draws()[repeat]):
            vectors = ads.vectors(train, WITHOUT)
            start = self._start(repeat, number, attention, high, vectors, train)
            shape = replace(start.config, low=bool(blocks), cbn_blocks=blocks or (1,))
            inputs, aux = self.inputs(entry_stage(shape)), torch.from_numpy(vectors)
            rows = torch.from_numpy(train)
            data = tensors(ads, vectors, self.maps())
            own = type(data)(*(part[rows] for part in data))
            seed = study.seed * 10_000 + repeat * 100 + number
            network = go_on(self.training, start, shape, ads.squares[rows], inputs[rows], own, seed)
            shown = torch.from_numpy(test)
            found[0, test] = conditional_logits(network, inputs[shown], aux[shown]).softmax(dim=1).numpy()
        return {"shares": found}

    def inputs(self, stage: int) -> Tensor:
        """What a stage takes in of every ad; one stage beside the last is held at a time, they are large."""
        if stage not in self._inputs:
            last = self.folds.shape.depth + 1
            self._inputs = {key: value for key, value in self._inputs.items() if key == last}
            self._inputs[stage] = stage_inputs(self.folds.backbone, self.folds.ads.squares, stage)
        return self._inputs[stage]

    def maps(self) -> Tensor:
        """The backbone's map of every ad, without margin."""
        margin = self.folds.backbone.margin
        return self.inputs(self.folds.shape.depth + 1)[:, :, margin:, margin:].contiguous()

    def _start(
        self,
        repeat: int,
        number: int,
        attention: bool,
        high: bool,
        vectors: NDArray[np.float32],
        train: NDArray[np.int64],
    ) -> M2FN:
        """The network trained without conditional batch norm, the same for every placement."""
        key = (repeat, number, attention, high)
        if key not in self._starts:
            study = self.folds
            shape = shape_for(study, modules(attention=attention, high=high), vectors.shape[1])
            data, rows = tensors(study.ads, vectors, self.maps()), torch.from_numpy(train)
            calibration = calibration_of(study.shape, study.backbone, data.maps, rows)
            seeds = [study.seed * 10_000 + repeat * 100 + number]
            trained = fit_prepared(AppealTraining(), shape, study.backbone, calibration, data, rows, seeds)
            self._starts[key] = trained[0][0]
        return self._starts[key]


def conditional_parts(study: ConditionalStudy) -> dict[str, Callable[[], Arrays]]:
    """What is to be measured, by the name that it is kept under, in order."""
    parts: dict[str, Callable[[], Arrays]] = {}
    for group in (PLACEMENTS, LOW):
        for repeat in range(study.folds.repeats):
            for name, row in group.items():
                parts[f"conditional-{name}-{repeat}"] = partial(study.measure, *row, repeat)
    return parts
