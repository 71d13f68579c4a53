"""What the two-tower student begins as: as much of its teacher as two towers can hold.

AdsCVLR reads its grades from a single stream, and from the likeness of wholes beside it (`adlab.models.likeness`).
The likeness is bilinear in the vectors that the student reads:

    ⟨q, (w_c + √W·D_c)·c⟩ + ⟨q, (w_v + √W·D_v)·v⟩,      v ≈ Tᵀ·i

with q, c and i the vectors of query and copy and of the picture in the joint space; T that space's map of texts; and w
and D the weights by which the likeness raises the grades from Fair on above Bad. Scale and bias are those of a logistic
regression on the teacher's answers. What the stream adds is left for the towers to learn. The teacher's match of query
and colours is left out: a product in another colour is Good, so that it hardly changes the probability of Fair or
better. A teacher without likeness has a student that begins as the plain similarity of the encoders' vectors.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from adlab.encoders.image import ImageEncoder, ShippedNetwork
from adlab.encoders.mobilenet import MAP_CHANNELS
from adlab.models.adscvlr import AdsCVLR
from adlab.models.two_tower import TwoTower, TwoTowerConfig
from adlab.training.conversion import Counts, fit_calibration
from adlab.training.student_task import ScoredPairs, StudentTraining, student_logits
from adlab.training.student_vectors import PairVectors

SCALE = 8.0  # that of the product, and not of the maps: their rate of learning is in proportion to their size
IMAGE_WEIGHT = 0.5  # of a picture beside copy in a plain similarity
REGRESSED = 20_000  # training pairs that scale and bias rest on
_WIDE = 2048  # pairs at once


class Maps(NamedTuple):
    """Linear maps into a latent space of W numbers.

    Attributes:
        query: (W, W).
        image: (W, image_dim).
        copy: (W, W).
    """

    query: Tensor
    image: Tensor
    copy: Tensor


def start_student(
    config: StudentTraining, train: ScoredPairs, encoder: ImageEncoder, teacher: AdsCVLR, seed: int
) -> TwoTower:
    """A student as the module says, standardised on training pairs.

    Where the image encoder has no joint space, pictures begin at 0.

    Args:
        config: How it is trained.
        train: Training pairs.
        encoder: What looked at the pictures.
        teacher: Whose likeness it begins as.
        seed: Of initial values, and of the pairs that scale and bias rest on.
    """
    vectors = train.vectors
    text_dim, image_dim = vectors.queries.shape[1], vectors.images.shape[1]
    maps = _alike(teacher, _to_texts(vectors, encoder, text_dim))
    shape = TwoTowerConfig(
        query_dim=text_dim,
        image_dim=image_dim,
        copy_dim=text_dim,
        hidden_dim=config.hidden_dim,
        latent_dim=text_dim,
        score="dot",
        dropout=config.dropout,
        skip=True,
    )
    torch.manual_seed(seed)
    net = TwoTower(shape)
    net.start_from(*maps, scale=SCALE, bias=0.0)
    queries, images, copies = vectors.queries.split(_WIDE), vectors.images, vectors.copies
    net.query_scale.fit(queries)
    if len(images):
        net.image_scale.fit(images.split(_WIDE))
    if len(copies):
        net.copy_scale.fit(copies.split(_WIDE))
    _regress(net, train, seed)
    return net


def _to_texts(train: PairVectors, encoder: ImageEncoder, text_dim: int) -> Tensor:
    """From pictures to the space of texts, (W, image_dim), about 1 long: ⟨T·q, i⟩ = ⟨q, Tᵀ·i⟩."""
    found = torch.zeros(text_dim, train.images.shape[1])
    if isinstance(encoder.network, ShippedNetwork) and len(train.images):
        text = encoder.network.net.text_head.text.weight.detach().cpu().float()
        aligned = slice(MAP_CHANNELS, MAP_CHANNELS + text_dim)
        length = (train.images[:, aligned] @ text).norm(dim=1).mean()
        found[:, aligned] = text.T / float(length.clamp_min(1e-6))
    return found


def _alike(teacher: AdsCVLR, to_texts: Tensor) -> Maps:
    """The likeness of wholes."""
    width = len(to_texts)
    eye = torch.eye(width)
    if not teacher.config.whole_dim:
        return Maps(eye, IMAGE_WEIGHT * to_texts, eye)
    weight = teacher.grade.weight.detach().cpu().float()[:, teacher.config.width :]
    own = weight[1:].mean(dim=0) - weight[0]
    cosines, beside, products = own[:2], own[4:6], own[6 : 6 + 2 * width].unflatten(0, (2, width))
    # Some weights hold only beside the other part; half of them is right on the average of pairs with and without it.
    copy, picture = (cosines + beside / 2)[:, None] + math.sqrt(width) * products
    return Maps(eye, (picture / SCALE)[:, None] * to_texts, torch.diag(copy / SCALE))


def _regress(net: TwoTower, train: ScoredPairs, seed: int) -> None:
    """Scale and bias by the teacher's answers; a scale that would turn the order round stays as it is."""
    rows = torch.from_numpy(np.random.default_rng(seed).permutation(len(train.vectors))[:REGRESSED])
    some = PairVectors(train.vectors.queries, train.vectors.images, train.vectors.copies, train.vectors.rows[rows])
    soft = train.soft[rows].double().numpy()
    slope, bias = fit_calibration(student_logits(net, some), Counts(np.ones(len(rows)), soft))
    with torch.no_grad():
        if slope > 0:
            net.log_scale.add_(math.log(slope))
        net.bias.fill_(bias)
