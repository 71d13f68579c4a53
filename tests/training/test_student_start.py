"""What the student begins as, by hand: the likeness of its teacher, or the encoders' own similarity."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers import tiny_relevance as tiny
from helpers.tiny_models import save_vision
from torch.nn import functional as F

from adlab.checkpoints.networks import load_image_encoder
from adlab.models.two_tower import TwoTower
from adlab.training.student_start import IMAGE_WEIGHT, SCALE, start_student
from adlab.training.student_task import ScoredPairs, StudentTraining, student_logits
from adlab.training.student_vectors import ABSENT, PairVectors

SEEN, JOINT, WIDTH, COUNT = 1280, 1664, 384, 40


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    root = tmp_path_factory.mktemp("encoder")
    save_vision(root)
    return load_image_encoder(root=root)


def teacher():
    network = tiny.network()
    network.read_likeness(WIDTH)
    with torch.no_grad():
        network.grade.weight.normal_(generator=torch.Generator().manual_seed(2))
    return network


def vectors() -> PairVectors:
    random = torch.Generator().manual_seed(1)
    queries, copies = (F.normalize(torch.randn(COUNT, WIDTH, generator=random)) for _ in range(2))
    images = torch.randn(COUNT, JOINT, generator=random)
    return PairVectors(queries, images, copies, torch.arange(COUNT)[:, None].expand(COUNT, 3))


def joint(encoder, data: PairVectors) -> torch.Tensor:
    """Pictures in the space of texts, 1 long on average."""
    found = data.images[:, SEEN:JOINT] @ encoder.network.net.text_head.text.weight.detach()
    return found / found.norm(dim=1).mean()


def scored(data: PairVectors, logits: torch.Tensor) -> ScoredPairs:
    return ScoredPairs(data, logits.sigmoid(), np.array(["web"] * len(data)))


def said(net: TwoTower, data: PairVectors) -> torch.Tensor:
    return torch.from_numpy(student_logits(net, data)).float()


@torch.no_grad()
def test_the_student_begins_as_the_likeness_of_its_teacher(encoder):
    """On pairs without a picture, and on those without copy: there the likeness is what two towers hold."""
    taught, data = teacher(), vectors()
    first = taught.config.width
    seen, nothing = joint(encoder, data), torch.zeros(COUNT, WIDTH)
    taught.grade.weight[:, first + 4 : first + 6] = 0.0  # of one part where the other is there, too
    raised = taught.grade.weight[1:].mean(dim=0) - taught.grade.weight[0]
    for image, copy in ((seen, nothing), (nothing, data.copies)):
        evidence = taught.wholes_evidence(torch.stack([data.queries, copy, image, nothing], dim=1))
        there = (
            torch.tensor([[float(copy is not nothing), float(image is not nothing)]]) @ raised[first + 2 : first + 4]
        )
        expected = 0.7 * (evidence @ raised[first:] - there) - 0.3
        rows = data.rows.clone()
        rows[:, 1 if image is nothing else 2] = ABSENT
        own = replace(data, rows=rows)
        net = start_student(StudentTraining(hidden_dim=8), scored(own, expected), encoder, taught, 0)
        torch.testing.assert_close(said(net, own), expected, rtol=1e-3, atol=1e-3)
        assert expected.std() > 0.1


@torch.no_grad()
def test_weights_of_a_part_beside_the_other_count_half(encoder):
    taught, data = teacher(), vectors()
    taught.grade.weight.zero_()
    taught.grade.weight[0, taught.config.width + 4] = -1.0
    halved = 0.5 * (data.queries * data.copies).sum(dim=1)
    net = start_student(StudentTraining(hidden_dim=8), scored(data, halved), encoder, taught, 0)
    torch.testing.assert_close(said(net, data), halved, rtol=1e-3, atol=1e-3)
    assert net.log_scale.item() == pytest.approx(math.log(SCALE), abs=1e-3)


@torch.no_grad()
def test_a_teacher_without_likeness_has_a_student_that_begins_as_the_plain_similarity(encoder):
    taught, data = tiny.network(), vectors()
    plain = (data.queries * (data.copies + IMAGE_WEIGHT * joint(encoder, data))).sum(dim=1)
    net = start_student(StudentTraining(hidden_dim=8), scored(data, 3 * plain + 1), encoder, taught, 0)
    torch.testing.assert_close(said(net, data), 3 * plain + 1, rtol=1e-3, atol=1e-3)


@torch.no_grad()
def test_answers_against_the_similarity_do_not_turn_it_round(encoder):
    taught, data = tiny.network(), vectors()
    plain = (data.queries * (data.copies + IMAGE_WEIGHT * joint(encoder, data))).sum(dim=1)
    net = start_student(StudentTraining(hidden_dim=8), scored(data, -3 * plain), encoder, taught, 0)
    assert net.log_scale.item() == pytest.approx(math.log(SCALE))
