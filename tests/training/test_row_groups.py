"""Rows with the same features have one number, others have another."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.tiny_funnel import tiny_log

from adlab.data.funnel_batch import Bag
from adlab.training.row_groups import row_groups

LOG = tiny_log(40)


def test_rows_taken_twice_are_alike_and_no_others():
    twice = LOG.take(np.array([*range(40), 3, 3, 17]))
    groups = row_groups(twice)
    assert groups[40] == groups[41] == groups[3]
    assert groups[42] == groups[17]
    assert len(set(groups[:40].tolist())) == 40
    assert (row_groups(LOG) == groups[:40]).all()


def test_labels_weights_and_the_order_of_a_list_are_no_features():
    first = LOG._replace(bags=LOG.bags | {"tags": Bag(np.tile([1, 4], 40), np.arange(0, 81, 2))})
    other = LOG._replace(
        bags=LOG.bags | {"tags": Bag(np.tile([4, 1], 40), np.arange(0, 81, 2))},
        click=1 - LOG.click,
        weight=LOG.weight + 1,
    )
    assert (row_groups(first) == row_groups(other)).all()


@pytest.mark.parametrize("part", ["sparse", "dense", "ad", "bags"])
def test_every_kind_of_feature_counts(part):
    if part == "bags":
        bag = LOG.bags["cats"]
        changed = LOG._replace(bags=LOG.bags | {"cats": bag._replace(values=(bag.values + 1) % 4)})
        rows = np.diff(bag.offsets) > 0
    else:
        changed = LOG._replace(**{part: getattr(LOG, part) + 1})
        rows = np.ones(40, dtype=bool)
    assert ((row_groups(LOG) != row_groups(changed)) == rows).all()


def test_the_same_code_in_another_field_is_another_row():
    log = LOG._replace(
        sparse=np.array([[1, 2], [2, 1]]), bags={}, dense=np.zeros((2, 0), np.float32), ad=np.zeros(2, int)
    )
    assert len(set(row_groups(log).tolist())) == 2


def test_lists_of_zeros_of_different_length_differ_and_both_zeros_are_one_number():
    log = LOG._replace(
        sparse=np.zeros((2, 1), int),
        dense=np.array([[0.0], [-0.0]], np.float32),
        bags={"a": Bag(np.array([0, 0, 0]), np.array([0, 1, 3]))},
        ad=np.zeros(2, int),
        click=np.zeros(2, np.float32),
    )
    assert len(set(row_groups(log).tolist())) == 2
    assert len(set(row_groups(log._replace(bags={})).tolist())) == 1
