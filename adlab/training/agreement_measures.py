"""What the card of the agreement head says of products and ads: own copy against swapped, near and wrong-coloured."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from adlab.checkpoints.manifest import Measure
from adlab.data.fashion import Product
from adlab.encoders.text import TextEncoder
from adlab.features.stored import Progress, no_progress, stored_texts
from adlab.metrics.bootstrap import bootstrap_interval
from adlab.metrics.ranking import auc
from adlab.models.focal import FocalEnsemble
from adlab.simulator.ad import AdPlan
from adlab.simulator.catalogue import CATEGORY_OF, KINDS
from adlab.simulator.factors import COLOURS
from adlab.simulator.plan import replan
from adlab.training.agreement_data import PairSource
from adlab.training.simulated import creative_of

ON_PRODUCTS, ON_ADS = "fashion products not trained on", "simulated ads not trained on"
SEEN = "the image encoder saw these products with their titles"
COMMON_COLOURS = ("Black", "Blue", "White", "Grey", "Brown", "Red", "Green", "Purple", "Pink")
KINDS_LIST = tuple(CATEGORY_OF)


def cosines(network: FocalEnsemble, image: Tensor, text: Tensor) -> np.ndarray:
    """Cosine of N pictures with N texts by every member, (M, N) float64."""
    double = network.double()
    with torch.inference_mode():
        first = F.normalize(double.encode_image(image.double()).shared, dim=-1)
        second = F.normalize(double.encode_text(text.double()).shared, dim=-1)
    network.float()
    found: np.ndarray = (first * second).sum(dim=-1).numpy()
    return found


def source_cosines(network: FocalEnsemble, source: PairSource, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Cosines of pictures with their first text, and with that of the picture half the list away, (M, N) each."""
    image, text = source.features.image[rows], source.features.text[rows, 0]
    return cosines(network, image, text), cosines(network, image, torch.roll(text, len(rows) // 2, dims=0))


def measure_products(
    network: FocalEnsemble,
    source: PairSource,
    products: Sequence[Product],
    text_encoder: TextEncoder,
    part: str = "test",
    progress: Progress = no_progress,
) -> list[Measure]:
    """Own titles against those of other products, of its sub-category too, and against its own in another colour."""
    rows, rng = source.rows[part], np.random.default_rng(0)
    image, text = source.features.image[rows], source.features.text[rows, 0]
    own, swapped = (part.mean(axis=0) for part in source_cosines(network, source, rows))
    near = [_near(source, products, rows, place, rng) for place in range(len(rows))]
    known = np.array([place for place, other in enumerate(near) if other is not None])
    others = np.array([other for other in near if other is not None])
    renamed = [_in_another_colour(products[row], rng) for row in rows]
    told = np.array([place for place, title in enumerate(renamed) if title])
    wrong = torch.from_numpy(stored_texts(text_encoder, [title for title in renamed if title], progress))
    return [
        _separation("own against another product's title", own, swapped, ON_PRODUCTS, SEEN),
        _separation(
            "own against a title of the same sub-category",
            own[known],
            cosines(network, image[known], text[others]).mean(axis=0),
            ON_PRODUCTS,
            "of another article type, colour or gender",
        ),
        *_colours("products", own[told], cosines(network, image[told], wrong).mean(axis=0), ON_PRODUCTS),
    ]


def measure_ads(
    network: FocalEnsemble,
    image: Tensor,
    plans: Sequence[AdPlan],
    text_encoder: TextEncoder,
    progress: Progress = no_progress,
) -> list[Measure]:
    """Own against another ad's copy, and right against other products and colours in the same words otherwise.

    Args:
        network: The ensemble.
        image: Image features of the ads, (N, image_dim).
        plans: The ads.
        text_encoder: For the copy.
        progress: Called with (done, total) of texts that are new.
    """
    rng = np.random.default_rng(5)
    copies: dict[str, list[str]] = {"own": [], "right": [], "product": [], "near": [], "colour": []}
    for plan in plans:
        kind, colour = plan.factors.kind, plan.factors.colour
        family = [other for other in KINDS[CATEGORY_OF[kind]] if other != kind]
        variants = {
            "right": (kind, colour),
            "product": (_other(KINDS_LIST, kind, rng), colour),
            "near": (family[rng.integers(len(family))], colour),
            "colour": (kind, _other(COLOURS, colour, rng)),
        }
        copies["own"].append(creative_of(plan).copy)
        for name, (copy_kind, copy_colour) in variants.items():
            copies[name].append(creative_of(replan(plan, copy_kind=copy_kind, copy_colour=copy_colour)).copy)
    text = {name: torch.from_numpy(stored_texts(text_encoder, found, progress)) for name, found in copies.items()}
    score = {name: cosines(network, image, features).mean(axis=0) for name, features in text.items()}
    agreement = np.array([plan.factors.agreement for plan in plans])
    good = np.flatnonzero(agreement >= 0.8)
    swapped = cosines(network, image[good], text["own"][np.roll(good, len(good) // 2)]).mean(axis=0)
    own = score["own"]
    return [
        _separation("own against another ad's copy", own[good], swapped, ON_ADS, "ads free of contradiction"),
        _separation("copy of the right against another product", score["right"], score["product"], ON_ADS),
        _separation("copy of the right against a product of its category", score["right"], score["near"], ON_ADS),
        *_colours("simulated ads", score["right"], score["colour"], ON_ADS),
        _unpaired("ads that agree against ads that name another product", own[good], own[agreement == 0]),
        _unpaired("ads that agree against ads that name another colour", own[good], own[agreement == 0.4]),
    ]


def _other(names: Sequence[str], own: str, rng: np.random.Generator) -> str:
    others = [name for name in names if name != own]
    return others[rng.integers(len(others))]


def _near(
    source: PairSource, products: Sequence[Product], rows: np.ndarray, place: int, rng: np.random.Generator
) -> int | None:
    """The place of another product of the same sub-category that differs in type, colour or gender."""
    own = rows[place]
    found = [
        other
        for other, row in enumerate(rows)
        if products[row].sub_category == products[own].sub_category and (source.shown[row] != source.shown[own]).any()
    ]
    return int(rng.choice(found)) if found else None


def _in_another_colour(product: Product, rng: np.random.Generator) -> str:
    """The title with another colour in place of the product's; empty where it names none."""
    named = re.compile(rf"\b{re.escape(product.base_colour)}\b", re.IGNORECASE)
    if not product.base_colour or not named.search(product.title):
        return ""
    others = [colour for colour in COMMON_COLOURS if colour not in product.base_colour]
    return named.sub(others[rng.integers(len(others))], product.title)


def _separation(name: str, right: np.ndarray, wrong: np.ndarray, data: str, note: str = "") -> Measure:
    """AUC of right against wrong copy of the same pictures; a picture is resampled with both."""
    scores = np.stack([right, wrong], axis=1)
    labels = np.array([1, 0])
    interval = bootstrap_interval(
        lambda rows: auc(scores[rows].ravel(), np.tile(labels, len(rows))), np.arange(len(scores)), n_resamples=500
    )
    return Measure.of(f"AUC, {name}", interval, n=scores.size, data=data, note=note)


def _colours(what: str, right: np.ndarray, wrong: np.ndarray, data: str) -> list[Measure]:
    """The right against another colour in otherwise the same copy: among all scores, and picture by picture."""
    higher = (right > wrong) + 0.5 * (right == wrong)
    interval = bootstrap_interval(lambda rows: float(higher[rows].mean()), np.arange(len(higher)), n_resamples=500)
    return [
        _separation(f"copy of the right against another colour, {what}", right, wrong, data),
        Measure.of(
            f"right colour scores above a wrong one, {what}",
            interval,
            n=len(higher),
            data=data,
            note="the same picture with the same copy but for the colour; 0.5 is chance",
        ),
    ]


def _unpaired(name: str, right: np.ndarray, wrong: np.ndarray) -> Measure:
    scores = np.concatenate([right, wrong])
    labels = np.repeat([1, 0], [len(right), len(wrong)])
    interval = bootstrap_interval(lambda rows: auc(scores[rows], labels[rows]), np.arange(len(scores)), n_resamples=500)
    return Measure.of(f"AUC, {name}", interval, n=len(scores), data=ON_ADS, note="each ad with its own copy")
