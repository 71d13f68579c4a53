"""The smallest training of AdsCVLR that goes through all of it: one block, a few pairs, one epoch of each stage."""

from __future__ import annotations

from typing import Any

from adlab.features.ad_vocabulary import AdVocabularyConfig
from adlab.features.query_ad_tokens import TokenLimits
from adlab.training.adscvlr_finetune_task import FinetuneTraining
from adlab.training.adscvlr_pretrain_task import PretrainTraining


def brief() -> dict[str, Any]:
    """Fields of `RelevanceRun` that make it brief."""
    return {
        "pretraining": PretrainTraining(epochs=1, pairs=16, batch_size=8, decoder_layers=1, title_tokens=8),
        "training": FinetuneTraining(epochs=1, pairs=24, batch_size=8),
        "vocabulary": AdVocabularyConfig(size=3),
        "limits": TokenLimits(total=24, description=6),
        "layers": 1,
        "members": 2,
        "device": "cpu",
    }
