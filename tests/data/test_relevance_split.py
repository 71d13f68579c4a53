from __future__ import annotations

from itertools import product as combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adlab.data.relevance import UNITS, RelevancePair, RelevanceSet
from adlab.data.relevance_split import LEFT_OUT, components, keep_apart, split_by_components, split_by_unit, unit_folds
from adlab.errors import ConfigError, InputError, UnknownNameError

HALVES = (("train", 0.5), ("test", 0.5))


def pairs(*units):
    """Pairs of (query, image, product), "" where there is none."""
    return RelevanceSet(
        tuple(
            RelevancePair(query=q, title="t", image=i, product=p, grade=1, labels="human", source="s")
            for q, i, p in units
        )
    )


def parts_of_units(data, parts):
    found = {}
    for pair, part in zip(data.pairs, parts, strict=True):
        for unit in UNITS:
            if part != LEFT_OUT and pair.unit(unit):
                found.setdefault((unit, pair.unit(unit)), set()).add(part)
    return found


def islands(n):
    """n islands of three pairs that hang together through a query and a product."""
    rows = []
    for k in range(n):
        rows += [(f"q{k}", "", f"p{k}"), (f"q{k}", f"i{k}", ""), (f"r{k}", "", f"p{k}")]
    return pairs(*rows)


def test_pairs_that_hang_together_through_others_are_one_component():
    data = pairs(("a", "1", ""), ("b", "1", "x"), ("c", "", "x"), ("d", "", "y"))
    assert components(data).tolist() == [0, 0, 0, 1]
    assert components(data, apart=["query"]).tolist() == [0, 1, 2, 3]


def test_equal_names_of_different_units_do_not_tie_pairs():
    data = pairs(("a", "b", ""), ("b", "c", ""), ("c", "", "a"))
    assert len(set(components(data).tolist())) == 3


def test_components_lose_no_pair_and_put_no_unit_into_two_parts():
    data = islands(60)
    parts = split_by_components(data)
    assert set(parts) == {"train", "dev", "test"}
    assert all(len(found) == 1 for found in parts_of_units(data, parts).values())


def test_the_part_of_a_component_does_not_depend_on_the_order_of_the_pairs():
    data = islands(40)
    order = np.random.default_rng(0).permutation(len(data))
    parts = np.array(split_by_components(data))
    assert (np.array(split_by_components(data.rows(order))) == parts[order]).all()
    assert split_by_components(data, seed=1) != tuple(parts)


def test_data_that_hangs_together_is_refused_with_the_way_out():
    data = pairs(*[("q", "", f"p{k}") for k in range(9)], ("r", "", "x"))
    with pytest.raises(InputError, match=r"9 of 10 pairs .* split_by_unit"):
        split_by_components(data)


def grid(n_queries, n_images):
    """Every query with every image."""
    return pairs(*[(f"q{a}", f"i{b}", "") for a, b in combinations(range(n_queries), range(n_images))])


def test_dividing_by_a_unit_takes_pairs_from_train_and_none_from_test():
    data = grid(30, 12)
    divided = split_by_unit(data, "query", apart=["query"], shares=HALVES)
    parts = split_by_unit(data, "query", shares=HALVES)
    assert set(divided) == {"train", "test"}
    assert parts == tuple(part if part == "test" else LEFT_OUT for part in divided), "every image is in a test pair"


def test_a_pair_that_is_left_out_claims_nothing_for_its_other_units():
    data = pairs(("q1", "i1", ""), ("q2", "i1", "p"), ("q3", "", "p"))
    assert keep_apart(data, ["test", "dev", "train"], ["train", "dev", "test"]) == ("test", LEFT_OUT, "train")


def test_every_value_is_measured_once_and_train_shares_nothing_with_test():
    rng = np.random.default_rng(3)
    data = pairs(*[(f"q{rng.integers(50)}", f"i{rng.integers(20)}", "") for _ in range(150)])
    folds = unit_folds(data, "image", n_folds=4)
    measured = np.concatenate([fold.test for fold in folds])
    assert sorted(measured.tolist()) == list(range(150))
    for fold in folds:
        assert len(fold.train) + len(fold.test) + len(fold.left_out) == 150
        train, test = data.rows(fold.train), data.rows(fold.test)
        for unit in ("query", "image"):
            assert not set(train.units(unit)) & set(test.units(unit))
        assert len(fold.train) > 0


def test_folds_over_images_alone_leave_nothing_out():
    for fold in unit_folds(grid(5, 10), "image", apart=["image"]):
        assert len(fold.left_out) == 0
        assert len(fold.test) == 10


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("abcd"), st.sampled_from(["", *"1234"]), st.sampled_from(["", *"xyz"])), min_size=1
    )
)
def test_no_unit_is_ever_in_two_parts(units):
    data = pairs(*units)
    parts = split_by_unit(data, "query", shares=HALVES)
    assert all(len(found) == 1 for found in parts_of_units(data, parts).values())


def test_wrong_calls_are_refused():
    data = grid(3, 3)
    with pytest.raises(UnknownNameError, match="unit 'picture'"):
        split_by_unit(data, "query", apart=["picture"])
    with pytest.raises(ConfigError, match="n_folds is 4"):
        unit_folds(data, "image", n_folds=4)
    with pytest.raises(InputError, match="has no product"):
        unit_folds(data, "product")
    with pytest.raises(InputError, match="2 parts for 9 pairs"):
        keep_apart(data, ["train", "test"], ["train", "test"])
    with pytest.raises(ConfigError, match="No unit"):
        components(data, apart=[])
