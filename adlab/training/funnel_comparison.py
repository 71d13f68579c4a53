"""The measures of a funnel checkpoint: the ensemble on the test ads, and what its parts are worth."""

from __future__ import annotations

from adlab.checkpoints.funnel import STEPS, WHOLE, FunnelSettings
from adlab.training.funnel_measures import Card
from adlab.training.funnel_members import CL4CVR, ESMM, FIELDS, REGRESSION, UNCALIBRATED, TrainedFunnels
from adlab.training.funnel_stated import Speaker, Stated, stated_ads, stated_rows


def measure_funnel(card: Card, speaker: Speaker, settings: FunnelSettings, trained: TrainedFunnels) -> Stated:
    """Everything on the test ads; gives what is stated of them where nothing is known of their contexts."""
    log, test = speaker.log, speaker.log.parts.test
    calibration, standing = settings.calibration(WHOLE), (settings.contexts, settings.weights)
    known = stated_rows(speaker, test, settings.modes[WHOLE], WHOLE)
    unknown = stated_ads(speaker, test, calibration, standing, WHOLE)
    card.areas(known, "context known")
    card.areas(unknown, "context unknown")
    card.calibration(known, known=True)
    card.calibration(unknown, known=False)
    card.coverage(unknown, calibration, WHOLE)
    card.coverage(known, settings.modes[WHOLE], WHOLE, known=True)
    for mode in log.modes[1:]:
        own = settings.calibration(mode)
        lacking = stated_ads(speaker, test, own, standing, mode)
        card.coverage(lacking, own, mode, STEPS[-1:])
        rows = stated_rows(speaker, test, settings.modes[mode], mode)
        card.coverage(rows, settings.modes[mode], mode, STEPS[-1:], known=True)
        card.areas(lacking, f"context unknown, {mode}", STEPS[-1:], ceiling=False)
    _compare(card, speaker, known, trained)
    return unknown


def _compare(card: Card, speaker: Speaker, known: Stated, trained: TrainedFunnels) -> None:
    """The ensemble against logistic regressions, and one network with a part against one without it."""
    log, schema = speaker.log, speaker.schema

    def alone(name: str, *, creative: bool = True) -> Stated:
        one = Speaker([trained.rivals[name].network], log, schema, creative)
        return stated_rows(one, log.parts.test, UNCALIBRATED, WHOLE)

    for step in STEPS:
        card.gain(step, "gain over logistic regressions", known, alone(REGRESSION), "on the same features")
    if CL4CVR in trained.rivals:
        for step in STEPS:
            card.gain(step, "gain by the contrastive task", alone(CL4CVR), alone(ESMM), "one network each")
    if FIELDS in trained.rivals:
        first = Speaker([trained.members[0].network], log, schema)
        own = stated_rows(first, log.parts.test, UNCALIBRATED, WHOLE)
        for step in STEPS:
            other = alone(FIELDS, creative=False)
            card.gain(step, "gain by the creative", own, other, "one network each; without, an ad is known by nothing")
