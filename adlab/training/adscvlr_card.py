"""Words and numbers for the card of an AdsCVLR, and the small tensors that a loaded one must reproduce."""

from __future__ import annotations

import numpy as np
import torch

from adlab.data.assessment import DataKind
from adlab.data.relevance import RelevanceSet
from adlab.models.adscvlr import AdsCVLR
from adlab.models.adscvlr_config import GRID_DIM
from adlab.models.adscvlr_cost import flops_per_pair
from adlab.models.grade_heads import GradeHeads
from adlab.models.pair_inputs import InputMode, PairInputs
from adlab.training.adscvlr_finetune_data import MODES, GradedSet
from adlab.training.adscvlr_sources import Material
from adlab.training.run import FitResult

SHOWN = 2  # pairs and regions in the reference tensors
LIMITS = (
    "A grade says how well an ad answers a query, not whether people will click or buy.",
    "Rule-made grades (fashion, simulated ads) follow from attributes; nobody judged them.",
    "Few queries are behind the human grades (CrowdFlower has 209), so intervals resample whole queries.",
    "The interval of a grade holds the uncertainty of the grade head alone; the encoder below it is one.",
    "Trained on English copy.",
)
_TERMS = {
    "commercial-ads": "user's own (commercial-ads)",
    "crowdflower": "competition data (CrowdFlower)",
    "homedepot": "competition data (Home Depot)",
    "flickr8k-experts": "research, cite Hodosh et al. 2013 (Flickr8k)",
    "flickr8k-crowd": "research, cite Hodosh et al. 2013 (Flickr8k)",
    "fashion": "MIT as listed (fashion)",
    "simulated": "own simulation",
}


def terms_of(data: RelevanceSet) -> str:
    """Terms of the sources, each once, the strictest first; a source that is not known is named as it is."""
    present = {pair.source for pair in data.pairs}
    known = [_TERMS[name] for name in _TERMS if name in present]
    return "; ".join(dict.fromkeys([*known, *sorted(present - _TERMS.keys())]))


def data_words(material: Material, result: FitResult) -> str:
    """What trained, chose epochs and calibrated."""
    stopped = ", ended by its time budget" if result.stopped_by_budget else ""
    amiss = "".join(f"; {problem.removesuffix('.')}" for problem in material.graded.data.problems)
    return (
        f"{len(material.graded.of('train')):,} graded pairs of the training part, {len(material.pretraining):,} pairs "
        f"of pre-training; epochs and further grade heads by {len(material.stop):,} dev pairs, calibration by "
        f"{len(material.calibrate):,} others; {result.epochs} epochs of fine-tuning{stopped}{amiss}"
    )


def gigaflops(net: AdsCVLR, regions: int) -> float:
    """Cost of grading a pair of 24 tokens and a picture of some regions, 10⁹ operations."""
    return round(flops_per_pair(net.config, tokens=24, regions=regions, states=False) / 1e9, 3)


def data_kind_of(data: RelevanceSet) -> DataKind:
    """The kind of data that pairs are; without any that people judged, a simulation."""
    if "human" not in data.labels:
        return DataKind.SIMULATION
    return DataKind.HUMAN_AND_RULE_LABELS if "rule" in data.labels else DataKind.HUMAN_LABELS


def kinds_of(data: RelevanceSet) -> str:
    """Sources with their numbers, those that people judged first."""
    human, rule = (
        ", ".join(
            f"{source} ({len(part.of_source(source)):,} pairs)"
            for source in sorted({pair.source for pair in part.pairs})
        )
        for part in (data.labelled_by("human"), data.labelled_by("rule"))
    )
    return "; ".join(f"{words}: {names}" for words, names in (("judged by people", human), ("by rule", rule)) if names)


def reference_tensors(net: AdsCVLR, heads: GradeHeads, data: GradedSet) -> dict[str, torch.Tensor]:
    """A few pairs, with few of their regions, and the logits that come of them."""
    rows = np.argsort(-(data.modes == MODES.index(InputMode.IMAGE_TEXT)).astype(int), kind="stable")[:SHOWN]
    full = data.inputs(rows.tolist())
    few = SHOWN if net.config.region_dim <= GRID_DIM else 1  # squares of pixels are wide, and the file is to stay small
    regions, boxes, mask = (None if part is None else part[:, :few].contiguous() for part in full[3:6])
    inputs = PairInputs(full.token_ids, full.segment_ids, full.token_mask, regions, boxes, mask, full.wholes)
    with torch.inference_mode():
        output = net(inputs, states=False)
        spread = heads(output.evidence)
    named = {name: part for name, part in inputs._asdict().items() if part is not None}
    return named | {"grade_logits": output.grade_logits, "head_logits": spread}
