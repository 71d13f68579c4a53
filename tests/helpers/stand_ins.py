"""Stand-ins for the modules behind `train`, `reproduce` and `evaluate`: they keep what they were given."""

from __future__ import annotations

import types
from dataclasses import replace
from pathlib import Path

from adlab.checkpoints.manifest import Measure
from helpers.tiny_manifest import manifest

MEASURES = (
    Measure(name="pooled cosine", value=0.9512, n=1000, data="test", low=0.95, high=0.9525),
    Measure(name="seconds per image", value=0.03, n=8, data="test"),
)
TRAINED = replace(manifest("vision-mobilenetv2", "vision"), measures=MEASURES)


class Calls(list):
    """What was handed over."""

    @property
    def config(self):
        return self[0][0]


class Config(types.SimpleNamespace):
    """Takes any field, like the real configurations take theirs."""


def stand_ins(seen: Calls) -> dict[str, types.ModuleType]:
    """Modules by name, whose functions keep what they are given in `seen`."""

    def keep(answer):
        def call(*arguments, **named):
            seen.append((*arguments, *named.values()))
            return answer

        return call

    modules = {
        "adlab.training.vision_run": {"VisionRun": Config, "train_vision": keep(TRAINED)},
        "adlab.training.agreement_run": {"AgreementRun": Config, "train_agreement": keep(TRAINED)},
        "adlab.training.focal_run": {"FocalRun": Config, "train_focal": keep(TRAINED)},
        "adlab.training.student_run": {"StudentRun": Config, "train_student": keep(TRAINED)},
        "adlab.training.focal_sim": {"FocalSimRun": Config, "train_focal_sim": keep(TRAINED)},
        "adlab.evaluation.focal": {"FocalReproduction": Config, "reproduce_focal": keep(Path("there/focal.md"))},
        "adlab.evaluation.adscvlr": {"reproduce_adscvlr": keep(Path("there/adscvlr.md"))},
        "adlab.evaluation.m2fn": {"reproduce_m2fn": keep(Path("there/m2fn.md"))},
        "adlab.evaluation.m2fn_settings": {"M2FNReproduction": Config},
        "adlab.evaluation.checkpoint": {"evaluate_checkpoint": keep(list(MEASURES))},
    }
    made = {}
    for name, members in modules.items():
        made[name] = types.ModuleType(name)
        vars(made[name]).update(members)
    return made
