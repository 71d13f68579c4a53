"""What the student is asked about, as rows of vectors: near queries, less of an ad, parts that are not read."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from helpers import tiny_relevance as tiny

from adlab.data.relevance import RelevancePair
from adlab.models.pair_inputs import InputMode
from adlab.models.two_tower import TwoTower, TwoTowerConfig
from adlab.training.student_measures import ReadPairs, measure_student
from adlab.training.student_pairs import asked, further_pairs, in_all_modes, nearest, with_less
from adlab.training.student_task import ScoredPairs, StudentTask, StudentTraining, student_logits
from adlab.training.student_vectors import ABSENT, PairVectors, copy_cosine

PAIRS = tiny.graded_pairs(90).pairs


def vectors_of(texts) -> np.ndarray:
    """Colour and thing one-hot, of length 1: near queries share one of them."""
    rows = [[word in text for word in (*tiny.COLOURS, *tiny.THINGS)] for text in texts]
    found = np.array(rows, dtype=np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def test_nearest_leaves_a_row_itself_out():
    vectors = vectors_of(["red shoe", "red shoe", "red lamp", "blue drill"])
    assert nearest(vectors, 1)[:2, 0].tolist() == [1, 0]
    assert set(nearest(vectors, 2)[2]) == {0, 1}


def test_further_pairs_are_ads_with_other_queries_of_their_source_that_nobody_graded():
    graded = [asked(pair) for pair in PAIRS]
    made = further_pairs(graded, {"web": 60, "shop": 60}, vectors_of, np.random.default_rng(0))
    known = {(pair.query, pair.title, pair.image) for pair in graded}
    assert len(made) > 60
    assert {pair.source for pair in made} == {"web", "shop"}
    assert not known & {(pair.query, pair.title, pair.image) for pair in made}
    for source in ("web", "shop"):
        own = [pair for pair in graded if pair.source == source]
        assert {pair.query for pair in made if pair.source == source} <= {pair.query for pair in own}
        assert {pair.title for pair in made if pair.source == source} <= {pair.title for pair in own}
    assert {pair.mode for pair in made if pair.source == "web"} == {InputMode.TEXT_ONLY}
    assert {pair.mode for pair in made if pair.source == "shop"} == set(InputMode)


def test_half_of_the_further_queries_are_near_the_ads_own():
    queries = [f"{cluster}-{number}" for cluster in range(5) for number in range(30)]
    pairs = [asked(RelevancePair(query=query, title=query, grade=3, labels="rule", source="web")) for query in queries]
    made = further_pairs(
        pairs,
        {"web": 4000},
        lambda texts: np.eye(5, dtype=np.float32)[[int(text[0]) for text in texts]],
        np.random.default_rng(0),
    )
    near = np.mean([pair.query[0] == pair.title[0] for pair in made])
    assert near == pytest.approx(0.5 + 0.5 * 29 / 149, abs=0.03)  # by chance a fifth of any are near, too


def test_less_of_a_pair_is_one_of_the_two_and_never_all():
    less = with_less([asked(pair) for pair in PAIRS], 1.0, np.random.default_rng(0))
    whole = [pair for pair in PAIRS if pair.image and pair.title]
    assert len(less) == len(whole)
    assert {pair.mode for pair in less} == {InputMode.IMAGE_ONLY, InputMode.TEXT_ONLY}


def test_every_mode_that_a_pair_allows_comes_once():
    found = in_all_modes(PAIRS)
    counts = {source: 3 if source == "shop" else 1 for source in ("shop", "photos", "web")}
    for row, pair in enumerate(PAIRS):
        own = [each.mode for number, each in found if number == row]
        assert len(own) == len(set(own)) == counts[pair.source]


def pair_vectors(count: int = 40, seed: int = 0) -> PairVectors:
    generator = torch.Generator().manual_seed(seed)
    queries, copies = (torch.nn.functional.normalize(torch.randn(n, 6, generator=generator)) for n in (9, 11))
    images = torch.randn(7, 5, generator=generator)
    rows = torch.stack([torch.randint(n, (count,), generator=generator) for n in (9, 7, 11)], dim=1)
    rows[::3, 1], rows[1::3, 2] = ABSENT, ABSENT
    return PairVectors(queries, images, copies, rows)


def test_parts_that_are_not_read_are_zero_and_flagged():
    data = pair_vectors()
    query, ad = data.of(torch.tensor([0, 1, 2]))
    assert ad.has_image.tolist() == [False, True, True]
    assert ad.has_copy.tolist() == [True, False, True]
    assert not ad.image[0].any()
    assert not ad.copy[1].any()
    torch.testing.assert_close(query[1], data.queries[data.rows[1, 0]])
    cosine = copy_cosine(data)
    assert np.isnan(cosine[1])
    assert cosine[2] == pytest.approx(float(query[2] @ ad.copy[2]))


def test_a_student_learns_a_teacher_of_its_own_kind():
    data = pair_vectors(200)
    config = {"query_dim": 6, "image_dim": 5, "copy_dim": 6, "hidden_dim": 16, "latent_dim": 6, "score": "dot"}
    torch.manual_seed(1)
    teacher = TwoTower(TwoTowerConfig(**config, dropout=0.0)).eval()
    torch.nn.init.constant_(teacher.log_scale, 2.0)
    soft = torch.from_numpy(student_logits(teacher, data)).sigmoid().float()
    torch.manual_seed(2)
    net = TwoTower(TwoTowerConfig(**config, dropout=0.0))
    scored = ScoredPairs(data, soft, np.array(["web"] * len(data)))
    task = StudentTask(StudentTraining(epochs=60, batch_size=50, warm_up=0.0, learning_rate=1e-2), net, scored, scored)
    optimiser = task.configure_optimizers()["optimizer"]
    before = np.abs(torch.from_numpy(student_logits(net, data)).sigmoid().numpy() - soft.numpy()).mean()
    for _ in range(60):
        for rows in torch.arange(200).split(50):
            optimiser.zero_grad()
            query, ad = data.of(rows)
            task.loss(net(query, ad), soft[rows]).backward()
            optimiser.step()
    after = np.abs(torch.from_numpy(student_logits(net, data)).sigmoid().numpy() - soft.numpy()).mean()
    assert after < before / 4


def test_linear_maps_learn_at_a_rate_of_their_own_and_are_not_drawn_to_zero():
    data = pair_vectors()
    scored = ScoredPairs(data, torch.full((len(data),), 0.5), np.array(["web"] * len(data)))
    shape = {"query_dim": 6, "image_dim": 5, "copy_dim": 6, "hidden_dim": 16, "latent_dim": 6, "score": "dot"}
    config = StudentTraining(learning_rate=1e-3, start_rate=1e-5, weight_decay=0.3, warm_up=0.0)
    net = TwoTower(TwoTowerConfig(**shape, skip=True))
    mlps, maps = StudentTask(config, net, scored, scored).configure_optimizers()["optimizer"].param_groups
    assert {id(each) for each in maps["params"]} == {id(net.query_skip.weight), id(net.ad_skip.weight)}
    assert len(mlps["params"]) + 2 == len(list(net.parameters()))
    assert (mlps["initial_lr"], mlps["weight_decay"]) == (1e-3, 0.3)
    assert (maps["initial_lr"], maps["weight_decay"]) == (1e-5, 0.0)
    plain = StudentTask(config, TwoTower(TwoTowerConfig(**shape)), scored, scored)
    assert len(plain.configure_optimizers()["optimizer"].param_groups) == 1


def test_measures_hold_student_and_teacher_against_each_other_on_the_same_pairs():
    numbered = in_all_modes(PAIRS)
    graded = [PAIRS[row] for row, _ in numbered]
    rng = np.random.default_rng(0)
    teacher = np.array([pair.grade / 4 + 0.1 for pair in graded]) + rng.uniform(0, 0.05, len(graded))
    cosine = np.where([pair.mode is InputMode.IMAGE_ONLY for _, pair in numbered], np.nan, rng.random(len(graded)))
    modes = [pair.mode for _, pair in numbered]
    measures = measure_student(ReadPairs(graded, modes, teacher * 0.5, teacher, cosine), "test")
    by_name = {measure.name: measure for measure in measures}
    gap = by_name["AUC less the teacher's: web, text-only"]
    assert (gap.value, gap.low, gap.high) == (0.0, 0.0, 0.0)  # half of a score ranks as the score does
    assert by_name["AUC: web, text-only"].value == 1.0
    assert by_name["correlation with the teacher: text-only"].value == pytest.approx(1.0)
    text = [row for row, mode in enumerate(modes) if mode is InputMode.TEXT_ONLY]
    assert by_name["mean difference from the teacher: text-only"].value == pytest.approx(teacher[text].mean() / 2)
    assert "AUC of MiniLM's cosine: shop, text-only" in by_name
    assert "AUC of MiniLM's cosine: photos, image-only" not in by_name
