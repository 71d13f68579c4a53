from __future__ import annotations

import hashlib
from collections import Counter

import pytest

from adlab.data.listing import listed
from adlab.data.splits import split_of
from adlab.errors import ConfigError


def place(key: str, seed: int) -> float:
    """The documented rule again: the low 53 bits of the first eight digest bytes, as a share."""
    bits = bin(int(hashlib.sha256(f"{seed}:{key}".encode()).hexdigest()[:16], 16))[2:].zfill(64)
    return int(bits[-53:], 2) / 2**53


@pytest.mark.parametrize("seed", [0, 1, 99])
def test_the_part_follows_from_the_digest_of_seed_and_key(seed):
    for key in map(str, range(300)):
        expected = "train" if place(key, seed) < 0.8 else "dev" if place(key, seed) < 0.9 else "test"
        assert split_of(key, seed=seed) == expected


def test_these_splits_never_change():
    # Written down once: a change would leak test data of shipped checkpoints into training.
    assert (
        "".join(split_of(str(i))[:2] for i in range(30))
        == "trtrtrtrtrtrdetrtrtrtrtrtetrdetrtrtetrtrtrtrtetrtetrtrtrtetr"
    )
    assert [split_of("Größe 靴"), split_of("", seed=-1)] == ["train", "train"]


def test_the_shares_are_met_on_many_keys():
    counts = Counter(split_of(f"product-{i}") for i in range(20_000))
    # Five standard errors of a share of 0.1 in 20,000 draws are 0.011.
    assert counts["train"] / 20_000 == pytest.approx(0.8, abs=0.015)
    assert counts["dev"] / 20_000 == pytest.approx(0.1, abs=0.011)
    assert counts["test"] / 20_000 == pytest.approx(0.1, abs=0.011)


def test_seeds_split_independently():
    keys = [str(i) for i in range(5_000)]
    both = sum(split_of(key, seed=1) == split_of(key, seed=2) for key in keys) / len(keys)
    assert both == pytest.approx(0.8**2 + 0.1**2 + 0.1**2, abs=0.035)


def test_own_parts_can_be_named():
    shares = (("a", 0.5), ("b", 0.5))
    assert Counter(split_of(str(i), shares=shares) for i in range(1_000)).keys() == {"a", "b"}
    assert split_of("x", shares=(("all", 1.0),)) == "all"


def test_thirds_that_miss_one_by_rounding_are_fine():
    shares = tuple((name, 1 / 3) for name in "abc")
    assert {split_of(str(i), shares=shares) for i in range(50)} == set("abc")


@pytest.mark.parametrize(
    "shares", [(), (("a", 0.5),), (("a", 0.5), ("a", 0.5)), (("a", 1.5), ("b", -0.5)), (("a", 1.0), ("b", 0.0))]
)
def test_shares_that_are_no_partition_are_refused(shares):
    with pytest.raises(ConfigError, match="shares are"):
        split_of("key", shares=shares)


def test_long_lists_are_cut_with_a_count():
    assert listed([]) == ""
    assert listed(["a", "b"]) == "a, b"
    assert listed([str(i) for i in range(1_006)]) == "0, 1, 2, 3, 4 and 1,001 more"
    assert listed(["a", "b", "c"], most=2) == "a, b and 1 more"
