"""Which checkpoint answers for a head, and what is said where one was passed over."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import pytest
from helpers.own_relevance import LEARNED, OWN, damage, with_own
from helpers.pictures import caption, picture
from helpers.tiny_models import RELEVANCE

from adlab.data.assessment import DataKind
from adlab.data.creative import Creative
from adlab.data.image_intake import AdImage
from adlab.errors import CheckpointError, WeightsUnavailableError
from adlab.inference.assessor import Assessor
from adlab.inference.serving import Serving, candidates

AD = Creative(image=AdImage.from_pixels(picture(1, 40, 40)), title=caption(1), query="a dog on the beach", ocr_text="")


def manifests(**own: bool) -> dict[str, Mock]:
    """A checkpoint a name that serves relevance, by whether it learned from the user's own table."""
    trained_on = {True: LEARNED, False: "judged by people: crowdflower (9 pairs)"}
    return {
        name: Mock(heads=("relevance",), data_kind=DataKind.HUMAN_LABELS, trained_on=trained_on[of_own])
        for name, of_own in own.items()
    }


def building(**errors: Exception):
    """Loads a name as itself, or fails as the name is said to."""

    def build(name: str) -> str:
        if name in errors:
            raise errors[name]
        return name

    return build


def fresh(root: Path) -> Assessor:
    return Assessor(models=root, device="cpu", words="off")


def test_a_checkpoint_of_ones_own_log_or_table_comes_before_those_that_ship():
    shipped, own = (
        Mock(heads=("funnel",), data_kind=kind, trained_on="") for kind in (DataKind.SIMULATION, DataKind.USER_LOG)
    )
    assert candidates("funnel", {"funnel-cl4cvr": shipped, "funnel-own": own}) == ["funnel-own", "funnel-cl4cvr"]
    assert candidates("funnel", {"funnel-cl4cvr": shipped, "other": shipped}) == ["funnel-cl4cvr", "other"]
    assert candidates("relevance", manifests(a=False, b=True, c=True)) == ["b", "c", "a"]
    assert candidates("appeal", manifests(a=False)) == candidates("funnel", {}) == []


def test_the_first_that_can_be_used_answers_and_all_before_it_are_named():
    serving = Serving(manifests(shipped=False, damaged=True, detecting=True))
    wanting = WeightsUnavailableError("fasterrcnn", ["here"], ["Set ADLAB_DETECTOR."])
    build = building(damaged=CheckpointError("a file\nis missing."), detecting=wanting)
    assert serving.load("relevance", build) == "shipped"
    assert serving.unserved == {}
    assert serving.instead == {
        "relevance": "relevance was scored by shipped instead. The checkpoint damaged cannot be used here. a file is "
        "missing. The checkpoint detecting cannot be used here. The weights 'fasterrcnn' cannot be had. looked at: "
        "here remedy: Set ADLAB_DETECTOR."
    }
    assert Serving(manifests(own=True)).load("funnel", building()) is None


def test_weights_that_are_not_at_hand_stop_nobody_and_damage_to_what_ships_does():
    wanting, broken = WeightsUnavailableError("fasterrcnn", [], []), CheckpointError("The checkpoint is not intact.")
    serving = Serving(manifests(a=False, b=False))
    assert serving.load("relevance", building(a=wanting)) == "b"
    alone = Serving(manifests(a=False))
    assert alone.load("relevance", building(a=wanting)) is None
    assert alone.unserved["relevance"].startswith("The checkpoint a cannot be used here. The weights 'fasterrcnn'")
    for errors in ({"a": broken}, {"a": broken, "own": wanting}, {"a": broken, "own": broken}):
        with pytest.raises(CheckpointError, match="not intact"):
            Serving(manifests(a=False, b=False, own="own" in errors)).load("relevance", building(**errors))


@pytest.mark.parametrize("fault", ["a damaged file", "another encoder"])
def test_what_ships_answers_for_ones_own_checkpoint_that_cannot_be_used(tiny_models, tmp_path, fault):
    changes = {"encoders": {"image": "vision-of-last-year", "text": "none"}} if fault == "another encoder" else {}
    root = with_own(tiny_models, tmp_path, **changes)
    if fault == "a damaged file":
        damage(root / OWN)
    found, silent = fresh(root).assess_batch([AD, replace(AD, query="")])
    assert found.head("relevance") == fresh(tiny_models).assess(AD).head("relevance")
    assert found.not_scored == {}
    (warning,) = (each for each in found.warnings if OWN in each)
    reason = (
        "not intact: weights.safetensors has another sha256" if not changes else "image encoder vision-of-last-year"
    )
    assert warning.startswith(f"relevance was scored by {RELEVANCE} instead. The checkpoint {OWN} cannot be used here.")
    assert reason in warning
    assert not any(OWN in each for each in silent.warnings)  # nothing was scored for it


def test_ones_own_checkpoint_answers_without_a_word_where_it_is_in_order(tiny_models, tmp_path):
    found = fresh(with_own(tiny_models, tmp_path)).assess(AD)
    assert found.head("relevance").provenance.checkpoint == OWN
    assert not any(OWN in each for each in found.warnings)


def test_the_other_heads_score_where_nothing_answers_for_ones_own_checkpoint(tiny_models, tmp_path):
    root = with_own(tiny_models, tmp_path)
    shutil.rmtree(root / RELEVANCE)
    in_order = fresh(root)
    damage(root / OWN)
    assessor = fresh(root)
    assert assessor.heads == in_order.heads
    assert assessor.relevance is None
    found = assessor.assess(AD)
    assert {result.head for result in found.heads} == set(assessor.heads) - {"relevance"}
    asked = assessor.assess(AD, ["relevance"])
    assert asked.heads == ()
    assert asked.not_scored == {"relevance": found.not_scored["relevance"]}
    assert asked.not_scored["relevance"].startswith(f"The checkpoint {OWN} cannot be used here. ")
    assert "weights.safetensors has another sha256" in asked.not_scored["relevance"]
    assert assessor.fingerprint != in_order.fingerprint  # though no manifest changed


def test_damage_to_a_checkpoint_that_ships_is_never_passed_over(tiny_models, tmp_path):
    root = with_own(tiny_models, tmp_path)
    damage(root / OWN)
    damage(root / RELEVANCE)
    with pytest.raises(CheckpointError, match=rf"{RELEVANCE} is not intact"):
        fresh(root)
