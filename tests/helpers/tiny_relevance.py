"""What trainings of AdsCVLR need, small: a network with the real vocabulary, invented regions, pairs of all kinds."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import torch

from adlab.data.relevance import RelevancePair, RelevanceSet
from adlab.encoders.text import load_minilm
from adlab.features.ad_vocabulary import AdVocabulary, extend
from adlab.features.query_ad_tokens import QueryAdTokenizer, TokenLimits
from adlab.models.adscvlr import AdsCVLR
from adlab.models.adscvlr_config import MINILM_VOCABULARY, AdsCVLRConfig
from adlab.models.visual_embedders import grid_boxes
from adlab.training.adscvlr_finetune_data import GradedSet
from adlab.training.adscvlr_pretrain_data import PretrainingPair
from adlab.training.adscvlr_regions import RegionBank
from adlab.training.adscvlr_wholes import WholeBank

WIDTH, REGION_DIM, SIDE = 24, 10, 2
COLOURS = ("red", "blue", "green", "black")
THINGS = ("shoe", "lamp", "drill", "bag")
WORDS = (*COLOURS, *THINGS)
SHARES = {"shop": 0.5, "photos": 0.25, "web": 0.25}


@cache
def vocabulary() -> AdVocabulary:
    """MiniLM's with the separator."""
    return extend(load_minilm().wordpieces())


def tokenizer() -> QueryAdTokenizer:
    return QueryAdTokenizer(vocabulary(), TokenLimits(total=32, description=8))


def network(seed: int = 0) -> AdsCVLR:
    """A small AdsCVLR over the real vocabulary, its token vectors random and frozen."""
    config = AdsCVLRConfig(
        width=WIDTH,
        layers=2,
        heads=4,
        hidden=32,
        max_tokens=32,
        region_dim=REGION_DIM,
        projection_dim=8,
        dropout=0.0,
        attention_dropout=0.0,
    )
    vectors = torch.randn(MINILM_VOCABULARY, WIDTH, generator=torch.Generator().manual_seed(9))
    torch.manual_seed(seed)
    return AdsCVLR(config, vectors)


def bank(keys) -> RegionBank:
    """Regions that say the colour and the thing that the key, such as ``"red shoe"``, names."""
    keys = list(dict.fromkeys(keys))
    features = np.zeros((len(keys), SIDE * SIDE, REGION_DIM), dtype=np.float16)
    for row, key in enumerate(keys):
        features[row, :, COLOURS.index(key.split()[0])] = 3
        features[row, :, len(COLOURS) + THINGS.index(key.split()[1])] = 3
    return RegionBank(features, {key: row for row, key in enumerate(keys)}, grid_boxes(SIDE, SIDE))


def pretraining_pairs() -> list[PretrainingPair]:
    """Every colour of every thing with its picture, and as many texts without one."""
    names = [f"{colour} {thing}" for colour in COLOURS for thing in THINGS]
    seen = [
        PretrainingPair(source="shop", query=f"buy {name}", title=f"the {name}", image=name, category=name.split()[1])
        for name in names
    ]
    return seen + [PretrainingPair(source="web", query=name, title=f"one {name} for sale") for name in names]


def graded_pairs(count: int = 160, seed: int = 0) -> RelevanceSet:
    """Three sources: shop (title and picture; half hide the colour in the title), photos (a picture alone), and web.

    The grade is 3 where colour and thing are as asked, 2 where only the thing is, 0 otherwise.
    """
    rng = np.random.default_rng(seed)
    pairs = []
    for number in range(count):
        asked, shown = ((COLOURS[a], THINGS[b]) for a, b in rng.integers(0, 4, (2, 2)))
        if rng.random() < 0.6:
            shown = (asked[0] if rng.random() < 0.5 else shown[0], asked[1])
        grade = 0 if asked[1] != shown[1] else 3 if asked[0] == shown[0] else 2
        source = ("shop", "photos", "web")[number % 3]
        hidden = source == "shop" and number % 2 == 0
        name = " ".join(shown)
        pairs.append(
            RelevancePair(
                query=" ".join(asked),
                title={"shop": f"the {shown[1]}" if hidden else f"the {name}", "photos": "", "web": name}[source],
                image="" if source == "web" else name,
                grade=grade,
                mean_grade=min(3.0, grade + 0.25),
                confidence=0.5 if source == "photos" else 1.0,
                labels="rule" if source == "shop" else "human",
                source=source,
                product=f"{source}-{number}",
                only_in_image="colour" if hidden else "",
            )
        )
    return RelevanceSet(tuple(pairs))


def graded_set(count: int = 160, seed: int = 0) -> GradedSet:
    """The same as a network reads them."""
    data = graded_pairs(count, seed)
    return GradedSet(data, bank(f"{colour} {thing}" for colour in COLOURS for thing in THINGS), tokenizer())


def whole_vector(text: str) -> np.ndarray:
    """One direction a known word, of length 1; the same for a picture by its key."""
    found = np.array([float(word in text.split()) for word in WORDS], dtype=np.float32)
    return found / np.linalg.norm(found)


def graded_with_wholes(count: int = 240, seed: int = 0) -> GradedSet:
    """Graded pairs whose wholes are known."""
    data = graded_set(count, seed)
    texts = list(dict.fromkeys(text for pair in data.data.pairs for text in (pair.query, pair.title) if text))
    keys = sorted(data.bank.places)
    wholes = WholeBank(
        np.stack([whole_vector(text) for text in texts]),
        {text: row for row, text in enumerate(texts)},
        np.stack([whole_vector(key) for key in keys]),
        np.stack([whole_vector(key.split()[0]) for key in keys]),
        {key: row for row, key in enumerate(keys)},
    )
    return GradedSet(data.data, replace(data.bank, wholes=wholes), tokenizer())
