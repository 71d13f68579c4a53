"""What serves `relevance` beside the network: temperatures, further grade heads, the interval from their spread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from adlab.checkpoints.manifest import Measure
from adlab.checkpoints.relevance import COVERAGE
from adlab.checkpoints.store import as_stored
from adlab.metrics.bootstrap import bootstrap_interval
from adlab.metrics.calibration import fit_temperature
from adlab.metrics.grades import centred, grade_log_odds
from adlab.models.adscvlr import AdsCVLR
from adlab.models.grade_heads import GradeHeads
from adlab.models.pair_inputs import InputMode
from adlab.training.adscvlr_finetune_data import MODES, GradedSet
from adlab.training.adscvlr_heads import LabelledEvidence, fit_heads, fit_stretch, inside
from adlab.training.adscvlr_measures import units_of
from adlab.training.adscvlr_readings import Readings, read_in_mode, readable

HELD_OUT = 2  # heads that do not ship: the interval is fitted to hold what they say


@dataclass(frozen=True)
class Calibrated:
    """What was fitted.

    Attributes:
        temperatures: Of each mode.
        heads: Those that ship.
        held_out: Those that do not.
        stretch: Of the spread of the former, so that the interval holds the latter.
    """

    temperatures: dict[InputMode, float]
    heads: GradeHeads
    held_out: GradeHeads
    stretch: float


def calibrate(net: AdsCVLR, stop: GradedSet, held: GradedSet, *, members: int, seed: int = 0) -> Calibrated:
    """Fit heads on dev pairs that chose the epoch, everything else on dev pairs that decided nothing.

    Heads learned from training pairs would be surer than the network's own on pairs that it has not seen.

    Args:
        net: Trained, and rounded as it is stored.
        stop: Dev pairs that chose the epoch; heads learn from them.
        held: Dev pairs that chose no epoch.
        members: Heads that ship.
        seed: Of the resamples.

    Raises:
        InputError: There are fewer than two queries.
    """
    temperatures = mode_temperatures(net, held)
    read = natural(net, stop, np.arange(len(stop)))
    states = LabelledEvidence(
        read.evidence, stop.grades[read.rows], stop.confidences[read.rows], units_of(stop)[read.rows]
    )
    together = fit_heads(net.grade, states, members + HELD_OUT, seed=seed)
    state = as_stored(together.state_dict())
    heads, held_out = GradeHeads(members, net.config.evidence), GradeHeads(HELD_OUT, net.config.evidence)
    heads.load_state_dict({name: part[:members] for name, part in state.items()})
    held_out.load_state_dict({name: part[members:] for name, part in state.items()})
    found = Calibrated(temperatures, heads, held_out, 1.0)
    return Calibrated(temperatures, heads, held_out, fit_stretch(*_both(net, held, found)))


def coverage(net: AdsCVLR, data: GradedSet, fitted: Calibrated) -> Measure:
    """How often the interval holds what the held-out heads say.

    Args:
        net: The network.
        data: Pairs on which nothing was fitted.
        fitted: As `calibrate` gives it.
    """
    held = inside(*_both(net, data, fitted), fitted.stretch)
    interval = bootstrap_interval(lambda rows: float(held[rows].mean()), units_of(data), n_resamples=500)
    return Measure.of(
        COVERAGE,
        interval,
        n=len(held),
        data="test pairs, each with all it has",
        aim="0.90",
        note="share of grade heads learned from other resamples of the queries whose expected grade is inside the "
        "interval; the encoder is the same for all, so what another encoder would say is not in it",
    )


def mode_temperatures(net: AdsCVLR, data: GradedSet) -> dict[InputMode, float]:
    """The temperature of each mode; 1 where no pair can be read in it."""
    found = dict.fromkeys(MODES, 1.0)
    for mode in MODES:
        if len(readable(data, mode)):
            read = read_in_mode(net, data, mode)
            found[mode] = fit_temperature(read.logits, data.grades[read.rows])
    return found


def natural(net: AdsCVLR, data: GradedSet, rows: np.ndarray) -> Readings:
    """Pairs read with all that each has.

    Args:
        net: Trained.
        data: The pairs.
        rows: Numbers of those wanted, (K,).
    """
    parts = []
    for number, mode in enumerate(MODES):
        own = rows[data.modes[rows] == number]
        if len(own):
            parts.append(read_in_mode(net, data, mode, own))
    return Readings(*(np.concatenate(fields) for fields in zip(*parts, strict=True)))


def _both(net: AdsCVLR, data: GradedSet, fitted: Calibrated) -> tuple[np.ndarray, np.ndarray]:
    """Log-odds of the expected grade by the shipped heads about the own one, and by the others, (M, N) and (H, N)."""
    read = natural(net, data, np.arange(len(data)))
    temperature = np.array([fitted.temperatures[MODES[kind]] for kind in data.modes[read.rows]])
    order, evidence = np.argsort(read.rows), torch.from_numpy(read.evidence)
    with torch.inference_mode():
        logits = [heads(evidence).double().numpy() for heads in (fitted.heads, fitted.held_out)]
    shipped, others = (grade_log_odds(each, temperature) for each in logits)
    own = grade_log_odds(read.logits[None], temperature)[0]
    return centred(shipped, own)[:, order], others[:, order]
