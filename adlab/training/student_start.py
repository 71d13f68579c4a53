"""What the two-tower student begins as: the similarity of the encoders' own vectors and its teacher's match of colours.

The teacher's match is a bilinear form (`adlab.models.colour_match`), so two towers can hold it whole:

    w·√W·⟨A·q, B·[v, h]⟩ = ⟨F·q, N·[i, h]⟩      F = √(w√W) A,   N = √(w√W) [B_v·Tᵀ, B_h],   v ≈ Tᵀ·i

with i a picture in the joint space, T that space's linear map of texts, h the histogram of its colours, and w what the
match adds to the teacher's log-odds of Fair or better. Graded pairs would teach it badly: few differ in colour alone.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from adlab.encoders.image import ImageEncoder, ShippedNetwork
from adlab.encoders.mobilenet import MAP_CHANNELS
from adlab.features.colour_histogram import BINS
from adlab.models.adscvlr import AdsCVLR
from adlab.models.two_tower import TwoTower, TwoTowerConfig
from adlab.training.student_task import StudentTraining
from adlab.training.student_vectors import PairVectors

FIRST_SCALE, FIRST_BIAS = 8.0, -2.0  # of the cosine of MiniLM: 0.25, 0.5 and 0.75 begin as 0.5, 0.88 and 0.98
IMAGE_WEIGHT = 0.5  # of a picture beside copy, at first
_WIDE = 2048  # pairs at once


def start_student(
    config: StudentTraining, train: PairVectors, encoder: ImageEncoder, teacher: AdsCVLR, seed: int
) -> TwoTower:
    """A student that begins as the similarity of the encoders' own vectors, standardised on training pairs.

    Where the image encoder has no joint space, pictures begin at 0; where the teacher reads no colours, neither does
    the student.

    Args:
        config: How it is trained.
        train: Training pairs, with colours behind the image vectors where the teacher matches them.
        encoder: What looked at the pictures.
        teacher: Whose match of colours it begins with.
        seed: Of initial values.
    """
    text_dim, image_dim = train.queries.shape[1], train.images.shape[1]
    to_texts, of_queries, of_pictures = _to_texts(train, encoder, text_dim), None, None
    if teacher.match is not None:
        of_queries, of_pictures = _match_maps(teacher, to_texts)
    image_map = torch.cat([IMAGE_WEIGHT * to_texts, *([] if of_pictures is None else [of_pictures])])
    shape = TwoTowerConfig(
        query_dim=text_dim,
        image_dim=image_dim,
        copy_dim=text_dim,
        hidden_dim=config.hidden_dim,
        latent_dim=len(image_map),
        score="dot",
        dropout=config.dropout,
        skip=True,
    )
    torch.manual_seed(seed)
    net = TwoTower(shape)
    net.start_from(image_map, of_queries, scale=FIRST_SCALE, bias=FIRST_BIAS)
    queries, images, copies = train.queries.split(_WIDE), train.images, train.copies
    net.query_scale.fit(queries)
    if len(images):
        net.image_scale.fit(images.split(_WIDE))
    if len(copies):
        net.copy_scale.fit(copies.split(_WIDE))
    return net


def reads_colours(teacher: AdsCVLR) -> bool:
    """Whether a student of this teacher sees the histogram of a picture's colours behind its vector."""
    return teacher.match is not None


def _to_texts(train: PairVectors, encoder: ImageEncoder, text_dim: int) -> Tensor:
    """From pictures to the space of texts, (text_dim, image_dim), about 1 long: ⟨T·q, i⟩ = ⟨q, Tᵀ·i⟩."""
    found = torch.zeros(text_dim, train.images.shape[1])
    if isinstance(encoder.network, ShippedNetwork) and len(train.images):
        text = encoder.network.net.text_head.text.weight.detach().cpu().float()
        aligned = slice(MAP_CHANNELS, MAP_CHANNELS + text_dim)
        length = (train.images[:, aligned] @ text).norm(dim=1).mean()
        found[:, aligned] = text.T / float(length.clamp_min(1e-6))
    return found


def _match_maps(teacher: AdsCVLR, to_texts: Tensor) -> tuple[Tensor, Tensor]:
    """F of queries (R, W) and N of pictures (R, image_dim), without the student's own scale."""
    assert teacher.match is not None  # `reads_colours`
    query, picture = (layer.weight.detach().cpu().float() for layer in (teacher.match.query, teacher.match.picture))
    width = query.shape[1]
    grades = teacher.grade.weight[:, -1].detach().cpu().float()  # the match is the last of the evidence
    adds = float(grades[1:].mean() - grades[0]) * math.sqrt(width) / FIRST_SCALE
    each = math.sqrt(abs(adds))
    of_pictures = picture[:, :width] @ to_texts
    of_pictures[:, -BINS:] += picture[:, width : width + BINS]
    return math.copysign(each, adds) * query, each * of_pictures
