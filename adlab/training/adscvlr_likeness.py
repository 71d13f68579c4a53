"""Likeness and match before fine-tuning: a softmax regression on them, which the single stream then adds to.

Adam's small steps would take many epochs to find weights that a convex fit finds in seconds; and what the frozen
encoders know is then in the grades from the first step, so that the stream learns what they leave over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from adlab.data.fashion_contrasts import ColourContrast
from adlab.errors import InputError
from adlab.models.adscvlr import AdsCVLR
from adlab.models.grade_heads import GradeHeads
from adlab.models.pair_inputs import InputMode, wholes_in_mode
from adlab.training.adscvlr_colours import learn_match
from adlab.training.adscvlr_finetune_data import MODES, GradedSet, drawn_rows
from adlab.training.adscvlr_heads import learn

STRENGTH = 1e-3  # pull of the weights towards 0
PAIRS = 40_000  # most that the regression learns from; those with picture and copy also by one of the two alone
# Of each source: a convex fit can be shown all of a small source, which the stream would learn by heart.
SHARES = {
    "crowdflower": 0.15,
    "homedepot": 0.35,
    "flickr8k-experts": 0.05,
    "flickr8k-crowd": 0.05,
    "fashion": 0.3,
    "simulated": 0.1,
    "commercial-ads": 0.5,
}


def start_from_likeness(
    net: AdsCVLR,
    train: GradedSet,
    contrasts: Sequence[ColourContrast] = (),
    *,
    shares: Mapping[str, float] | None = None,
    pairs: int = PAIRS,
    seed: int = 0,
) -> None:
    """Let the grades read likeness and match, with the weights that these would have alone.

    Args:
        net: That does not read it yet; changed in place.
        train: Pairs whose wholes are known.
        contrasts: What the match of query and colours is learned from; the grades read none without.
        shares: Of each source in what is learned from, `SHARES` by default.
        pairs: How many are learned from; none twice.
        seed: Of the draw.

    Raises:
        ConfigError: A source has no share, or the network reads a likeness already.
        InputError: The wholes of the pairs are unknown, or pictures or queries of the contrasts are.
    """
    rng = np.random.default_rng([seed, 7])
    rows = np.unique(drawn_rows(train.sources, shares or SHARES, min(pairs, len(train)), rng))
    wholes = train.bank.wholes_of([train.data.pairs[row] for row in rows])
    if wholes is None or train.bank.wholes is None:
        raise InputError("The wholes of the pairs are unknown; give a bank that has them.")
    net.read_likeness(wholes.shape[2], learn_match(contrasts, train.bank.wholes, seed=seed) if contrasts else None)
    whole = train.modes[rows] == MODES.index(InputMode.IMAGE_TEXT)
    evidence, labelled = [], []
    for mode in MODES:
        able = whole | (train.modes[rows] == MODES.index(mode))
        evidence.append(net.wholes_evidence(wholes_in_mode(wholes[able], mode)).numpy())
        labelled.append(rows[able])
    own = np.concatenate(labelled)
    heads = GradeHeads(1, evidence[0].shape[1])
    learn(heads, np.concatenate(evidence), train.grades[own], train.confidences[own][None], strength=STRENGTH)
    with torch.no_grad():
        net.grade.weight[:, net.config.width :] = heads.weight[0]
        net.grade.bias.copy_(heads.bias[0])


def shares_of_sources(sources: np.ndarray) -> dict[str, float]:
    """Shares of the sources there are, adding up to 1; a source without a stated share gets the mean of the others."""
    present = sorted(set(sources.tolist()))
    raw = {name: SHARES.get(name, float(np.mean(list(SHARES.values())))) for name in present}
    return {name: share / sum(raw.values()) for name, share in raw.items()}
