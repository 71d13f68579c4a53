"""AUC and retrieval: by hand, pair by pair, and what must hold."""

from __future__ import annotations

import numpy as np
import pytest

from adlab.errors import InputError
from adlab.metrics.ranking import auc, mid_ranks, retrieval_ranks, retrieval_recall


def test_auc_by_hand():
    # pairs (positive, negative): 3>1, 3=3 counts half, 2>1, 2<3 → 2.5 of 4
    assert auc([3, 2, 1, 3], [1, 1, 0, 0]) == 2.5 / 4


@pytest.mark.parametrize("levels", [3, 1000])
def test_auc_equals_the_share_of_pairs_in_order_ties_counting_half(levels):
    rng = np.random.default_rng(0)
    scores, labels = rng.integers(levels, size=60), rng.integers(2, size=60)
    wins = [1.0 if p > n else 0.5 if p == n else 0.0 for p in scores[labels == 1] for n in scores[labels == 0]]
    assert auc(scores, labels) == pytest.approx(sum(wins) / len(wins), abs=1e-12)


def test_auc_sees_order_only_and_mirrors_when_scores_are_reversed():
    rng = np.random.default_rng(1)
    scores, labels = rng.normal(size=50), rng.integers(2, size=50)
    assert auc(np.exp(3 * scores), labels) == auc(scores, labels)
    assert auc(-scores, labels) == pytest.approx(1 - auc(scores, labels))
    assert auc(np.zeros(50), labels) == 0.5


def test_auc_of_one_class_is_refused():
    with pytest.raises(InputError, match="3 ones and 0 zeros"):
        auc([1, 2, 3], [1, 1, 1])


@pytest.mark.parametrize("levels", [3, 1000])
def test_auc_with_weights_is_that_of_rows_repeated_as_often(levels):
    rng = np.random.default_rng(2)
    scores, labels, weights = rng.integers(levels, size=50), rng.integers(2, size=50), rng.integers(0, 5, size=50)
    repeated = np.repeat(np.arange(50), weights)
    assert auc(scores, labels, weights) == pytest.approx(auc(scores[repeated], labels[repeated]), abs=1e-12)
    assert auc(scores, labels, np.full(50, 2.5)) == pytest.approx(auc(scores, labels), abs=1e-12)


def test_auc_with_weights_that_leave_one_class_is_refused():
    with pytest.raises(InputError, match="weigh 3 for ones and 0 for zeros"):
        auc([1, 2], [1, 0], [3, 0])
    with pytest.raises(InputError, match="weights hold -1"):
        auc([1, 2], [1, 0], [3, -1])
    with pytest.raises(InputError, match="weights has 1 rows where 2"):
        auc([1, 2], [1, 0], [3])


def test_mid_ranks_share_ties():
    assert mid_ranks([5, 1, 5, 9]).tolist() == [2.5, 1.0, 2.5, 4.0]


# images × texts; texts 0 and 1 belong to image 0, text 2 to image 1, texts 3 and 4 to image 2
SIMILARITY = np.array(
    [
        [0.1, 0.9, 0.3, 0.2, 0.0],
        [0.8, 0.2, 0.7, 0.1, 0.3],
        [0.9, 0.8, 0.6, 0.5, 0.4],
    ]
)
GROUPS = np.array([0, 0, 1, 2, 2])


def test_ranks_by_hand():
    ranks = retrieval_ranks(SIMILARITY, GROUPS)
    # image 1's own text (0.7) is behind 0.8; image 2's best own (0.5) is behind 0.9, 0.8, 0.6
    assert ranks.image_to_text.tolist() == [1, 2, 4]
    # text 0's image (0.1) is behind both others; 1 and 2 lead their columns; 3 and 4 too
    assert ranks.text_to_image.tolist() == [3, 1, 1, 1, 1]


def test_recall_by_hand():
    recall = retrieval_recall(SIMILARITY, GROUPS, ks=(1, 2, 4))
    assert recall.image_to_text == {1: 1 / 3, 2: 2 / 3, 4: 1.0}
    assert recall.text_to_image == {1: 0.8, 2: 0.8, 4: 1.0}


def test_ranks_equal_a_search_down_the_sorted_list():
    rng = np.random.default_rng(2)
    similarity = rng.normal(size=(12, 60))
    groups = rng.permutation(np.repeat(np.arange(12), 5))
    ranks = retrieval_ranks(similarity, groups)
    for i in range(12):
        order = sorted(range(60), key=lambda t: -similarity[i, t])
        assert ranks.image_to_text[i] == 1 + next(r for r, t in enumerate(order) if groups[t] == i)
    for t in range(60):
        order = sorted(range(12), key=lambda i: -similarity[i, t])
        assert ranks.text_to_image[t] == 1 + order.index(groups[t])


def test_any_own_text_counts_and_a_further_one_never_hurts():
    rng = np.random.default_rng(3)
    similarity, groups = rng.normal(size=(8, 24)), np.arange(24) % 8
    fewer = retrieval_recall(similarity[:, :16], groups[:16], ks=(3,)).image_to_text[3]
    foreign_removed = similarity.copy()
    foreign_removed[groups[16:], np.arange(16, 24)] = 10  # the third own text is found at once
    assert retrieval_recall(foreign_removed, groups, ks=(1,)).image_to_text[1] == 1.0 >= fewer


def test_a_collapsed_model_that_finds_all_alike_scores_nothing():
    recall = retrieval_recall(np.ones((20, 100)), np.arange(100) % 20, ks=(10,))
    assert recall.image_to_text[10] == recall.text_to_image[10] == 0.0


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ([0, 0, 1, 2], "groups has 4 rows where 5"),
        ([0, 0, 1, 2, 3], "run from 0 to 3"),
        ([0, 0, 1, 2, -1], "run from -1"),
        ([0, 0, 0, 2, 2], "Image 1 has no text"),
        ([0.0, 0.0, 1.0, 2.0, 2.0], "float64"),
    ],
)
def test_groups_that_do_not_fit_are_refused(groups, message):
    with pytest.raises(InputError, match=message):
        retrieval_ranks(SIMILARITY, groups)


def test_a_cut_off_below_one_is_refused():
    with pytest.raises(InputError, match=r"ks are \(0, 1\)"):
        retrieval_recall(SIMILARITY, GROUPS, ks=(0, 1))
