"""What the student begins as, by hand: the encoders' similarity, and its teacher's match of query and colours."""

from __future__ import annotations

import math

import pytest
import torch
from helpers import tiny_relevance as tiny
from helpers.tiny_models import save_vision
from torch.nn import functional as F

from adlab.checkpoints.networks import load_image_encoder
from adlab.models.colour_match import ColourMatch
from adlab.models.two_tower import AdVectors
from adlab.training.student_start import FIRST_BIAS, FIRST_SCALE, IMAGE_WEIGHT, reads_colours, start_student
from adlab.training.student_task import StudentTraining
from adlab.training.student_vectors import PairVectors

SEEN, JOINT, WIDTH, COUNT = 1280, 1664, 384, 7
BOTH = torch.ones(COUNT, dtype=torch.bool)


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    root = tmp_path_factory.mktemp("encoder")
    save_vision(root)
    return load_image_encoder(root=root)


def teacher(*, match: bool):
    network = tiny.network()
    network.read_likeness(WIDTH, ColourMatch(WIDTH, 4) if match else None)
    with torch.no_grad():
        network.grade.weight.normal_(generator=torch.Generator().manual_seed(2))
    return network


def vectors(width: int) -> PairVectors:
    random = torch.Generator().manual_seed(1)
    queries, copies, colours = (F.normalize(torch.randn(COUNT, WIDTH, generator=random)) for _ in range(3))
    images = torch.cat([torch.randn(COUNT, JOINT, generator=random), colours.abs()], dim=1)[:, :width]
    return PairVectors(queries, images, copies, torch.arange(COUNT)[:, None].expand(COUNT, 3))


def joint(encoder, data: PairVectors) -> torch.Tensor:
    """Pictures in the space of texts, 1 long on average."""
    found = data.images[:, SEEN:JOINT] @ encoder.network.net.text_head.text.weight.detach()
    return found / found.norm(dim=1).mean()


@pytest.mark.parametrize("sign", [1.0, -1.0])
@torch.no_grad()
def test_the_first_logit_is_the_similarity_and_what_the_match_adds_to_the_teachers(encoder, sign):
    taught, data = teacher(match=True), vectors(JOINT + 384)
    taught.grade.weight[:, -1] = sign * torch.tensor([-1.0, 0.5, 1.0, 1.5])
    net = start_student(StudentTraining(hidden_dim=8), data, encoder, taught, 0).eval()
    seen = joint(encoder, data)
    alike = (data.queries * (data.copies + IMAGE_WEIGHT * seen)).sum(dim=1)
    matched = taught.match.score(data.queries, torch.cat([seen, data.images[:, JOINT:]], dim=1))
    expected = FIRST_SCALE * alike + FIRST_BIAS + sign * 2.0 * matched
    found = net(data.queries, AdVectors(data.images, data.copies, BOTH, BOTH))
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)
    assert matched.abs().mean() > 0.01
    without = net(data.queries, AdVectors(data.images, data.copies, ~BOTH, BOTH))
    torch.testing.assert_close(without, FIRST_SCALE * (data.queries * data.copies).sum(dim=1) + FIRST_BIAS)
    assert net.config.latent_dim == WIDTH + 4


@torch.no_grad()
def test_a_teacher_that_matches_no_colours_has_a_student_that_reads_none(encoder):
    taught, data = teacher(match=False), vectors(JOINT)
    assert reads_colours(teacher(match=True))
    assert not reads_colours(taught)
    net = start_student(StudentTraining(hidden_dim=8), data, encoder, taught, 0).eval()
    expected = FIRST_SCALE * IMAGE_WEIGHT * (data.queries * joint(encoder, data)).sum(dim=1) + FIRST_BIAS
    found = net(data.queries, AdVectors(data.images, data.copies, BOTH, ~BOTH))
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)
    assert net.config.latent_dim == WIDTH
    assert net.log_scale.item() == pytest.approx(math.log(FIRST_SCALE))
