"""What the contrastive task has changed: rates and kept neighbours by hand, and judgements that must fall."""

from __future__ import annotations

import json

import numpy as np
import pytest

from adlab.projection.view_findings import (
    MASKS,
    VIEWS,
    WITH,
    WITHOUT,
    Difference,
    ViewFindings,
    find_in_views,
    found_again,
    kept_neighbours,
)

ADS, WIDTH = 120, 8
CLASSES = np.arange(ADS) % 2


def vectors(seed: int = 0, ads: int = ADS) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(ads, WIDTH)).astype(np.float32)


def repeated(seed: int = 0) -> np.ndarray:
    """Every number stands many times, so that a mask loses little."""
    return vectors(seed).repeat(64, axis=1)


def labelled(seed: int = 0) -> np.ndarray:
    """As `repeated`, and one of the numbers tells the class."""
    found = repeated(seed)
    found[:, :64] += 3 * CLASSES[:, None]
    return found


def test_an_ad_is_found_again_as_a_slow_loop_finds_it():
    x, rng, hits = vectors(ads=8), np.random.default_rng(3), np.zeros(8)
    for _ in range(MASKS):
        first, second = (x * (rng.random(WIDTH) < 0.5) for _ in range(2))
        for ad in range(8):
            cosines = [first[ad] @ b / (np.linalg.norm(first[ad]) * np.linalg.norm(b)) for b in second]
            hits[ad] += int(np.argmax(cosines)) == ad
    np.testing.assert_allclose(found_again(x, seed=3), hits / MASKS)


def test_what_is_said_twice_survives_masks_and_a_length_changes_nothing():
    assert found_again(repeated()).mean() > 0.9 > found_again(vectors()).mean()
    lengths = np.linspace(0.1, 10, ADS)[:, None].astype(np.float32)
    np.testing.assert_array_equal(found_again(vectors() * lengths), found_again(vectors()))


def test_masks_are_the_same_for_all_ads():
    same = np.repeat(vectors(ads=1), ADS, axis=0)
    assert found_again(same).mean() == pytest.approx(1 / ADS)  # equal ads stay equal: the first is taken for all


def test_neighbours_are_kept_by_a_rotation_and_lost_by_chance():
    x = vectors()
    turn, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(WIDTH, WIDTH)))
    assert kept_neighbours(x, (x @ turn).astype(np.float32)) == 1
    assert kept_neighbours(x, vectors(9)) == pytest.approx(10 / (ADS - 1), abs=0.03)


def test_two_of_four_kept_neighbours_by_hand():
    line = np.arange(13, dtype=np.float32)[:, None]
    moved = line.copy()
    moved[0] = 100.0  # the first now has the last ten nearest instead of the next ten, eight of which are both
    here = set(range(1, 11))
    there = set(range(3, 13))
    ours = len(here & there) / 10
    # All others lose the first where they had it.
    rest = []
    for point in range(1, 13):
        before = set(np.argsort(np.abs(line[:, 0] - point), kind="stable")[1:11])
        after = set([i for i in np.argsort(np.abs(moved[:, 0] - point), kind="stable") if i != point][:10])
        rest.append(len(before & after) / 10)
    assert kept_neighbours(line, moved) == pytest.approx((ours + sum(rest)) / 13)


@pytest.fixture(scope="module")
def found() -> ViewFindings:
    """With the task, the label stands in the vectors and every number is said many times."""
    return find_in_views({WITHOUT: vectors(2), WITH: labelled()}, vectors(4), None, CLASSES, label="conversion")


def test_a_view_that_says_more_is_judged_so_by_whole_intervals(found):
    assert found.read.low > 0
    assert found.found_more.low > 0
    assert found.found_more.value == pytest.approx(found.found[WITH] - found.found[WITHOUT])
    assert found.answer(WITH).probe.accuracy > 0.9
    assert found.answer(WITH).probe.learned
    assert found.kept_by_chance is None


def test_exchanged_views_give_the_opposite(found):
    views = {WITH: vectors(2), WITHOUT: labelled()}
    turned = find_in_views(views, vectors(4), labelled(), CLASSES, label="conversion")
    assert turned.read.value == pytest.approx(-found.read.value)
    assert turned.found_more.high < 0
    assert turned.kept == pytest.approx(turned.kept_by_chance)  # `other` is the view without


def test_few_ads_are_not_judged_by_a_probe_but_still_found_again():
    x = vectors(ads=6)
    few = find_in_views({WITHOUT: x, WITH: x}, x, x, np.arange(6) % 2, label="conversion")
    assert few.read is None
    assert all("independent ads" in few.answer(space).reason for space in VIEWS)
    assert few.found_more == Difference(0, 0, 0)
    assert few.kept == few.kept_by_chance == 1


def test_findings_survive_json(found):
    assert ViewFindings.from_dict(json.loads(json.dumps(found.to_dict()))) == found
