"""Probes: what a line reads, what it cannot, and what an untrained network reads as well."""

from __future__ import annotations

import numpy as np
import pytest

from adlab.errors import InputError
from adlab.projection.columns import Column
from adlab.projection.findings import Findings, find
from adlab.projection.points import Embeddings
from adlab.projection.probe import probe

N = 400


def planted(strength: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = np.arange(N) % 2
    x = rng.normal(size=(N, 5))
    x[:, 2] += strength * labels
    return x, labels


def test_a_planted_label_is_read_and_noise_is_not():
    x, labels = planted(4.0)
    found = probe(x, labels, np.arange(N))
    assert found.accuracy > 0.95
    assert found.above_chance
    noise = probe(*planted(0.0), np.arange(N))
    assert noise.low < 0.5 < noise.high
    assert not noise.above_chance
    assert found.untrained is None
    assert not found.learned  # nothing to compare with


def test_what_an_untrained_network_reads_as_well_was_not_learned():
    x, labels = planted(4.0)
    same = probe(x, labels, np.arange(N), untrained=planted(4.0, seed=1)[0])
    assert same.above_chance
    assert not same.learned
    assert probe(x, labels, np.arange(N), untrained=planted(0.0, seed=1)[0]).learned


def test_a_rare_class_does_not_make_guessing_look_good():
    rng = np.random.default_rng(0)
    labels = (np.arange(N) < 40).astype(int)
    found = probe(rng.normal(size=(N, 3)), labels, np.arange(N))
    assert found.chance == 0.5
    assert found.accuracy < 0.65


def test_copies_of_an_ad_are_never_on_both_sides():
    rng = np.random.default_rng(0)
    base, labels = rng.normal(size=(N // 4, 30)), rng.integers(2, size=N // 4)
    x, y, groups = (np.repeat(part, 4, axis=0) for part in (base, labels, np.arange(N // 4)))
    apart, together = probe(x, y, np.arange(N)), probe(x, y, groups)
    assert apart.accuracy > together.accuracy + 0.1
    assert together.low < 0.5
    assert together.groups == N // 4


def test_too_few_ads_of_a_class_are_refused_with_the_number():
    x, _ = planted(1.0)
    with pytest.raises(InputError, match="one class only"):
        probe(x, np.zeros(N), np.arange(N))
    with pytest.raises(InputError, match="rarest class has 3 independent ads"):
        probe(x, np.arange(N) < 3, np.arange(N))


def ads(seed: int = 0, label: float = 0.0) -> tuple[Embeddings, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = np.arange(400) % 2
    parts = {name: rng.normal(size=(400, 6)).astype(np.float32) for name in PARTS}
    parts["shared_image"][:, 0] += label * labels
    parts["private_text"][:, 1] += 8
    return Embeddings(**parts, image_of=np.arange(400), text_of=np.arange(400)), labels


PARTS = ("shared_image", "private_image", "shared_text", "private_text")


def test_findings_tell_the_label_in_the_shared_and_the_modality_in_the_private_space():
    trained, labels = ads(label=6.0)
    found = find(trained, labels, ads(seed=1)[0], label="converted")
    shared, private = found.answer("shared", "label"), found.answer("private", "modality")
    assert shared.probe.learned
    assert private.probe.above_chance
    assert not private.probe.learned
    assert found.answer("private-image", "label").probe.low < 0.5
    assert shared.alike > shared.chance + 0.1


def test_without_a_label_only_the_modality_is_judged():
    found = find(ads()[0])
    assert "no label" in found.answer("shared", "label").reason
    assert found.answer("private", "modality").probe is not None
    assert found.label == ""


def test_a_picture_in_ads_of_both_kinds_has_no_label_alone():
    embeddings, _ = ads()
    doubled = Embeddings(
        **{name: getattr(embeddings, name) for name in PARTS},
        image_of=np.tile(np.arange(400), 2),
        text_of=np.concatenate([np.arange(400), np.roll(np.arange(400), 200)]),
    )
    found = find(doubled, np.repeat([1, 0], 400), label="pair")
    assert "Each picture stands in ads of both kinds" in found.answer("private-image", "label").reason
    assert found.answer("shared", "label").probe.groups == 200


def test_cosines_and_separation_by_hand():
    one, other = np.eye(2, dtype=np.float32), np.array([[1, 0], [1, 0]], dtype=np.float32)
    embeddings = Embeddings(
        shared_image=one,
        private_image=one,
        shared_text=other,
        private_text=-other,
        image_of=np.arange(2),
        text_of=np.arange(2),
    )
    found = find(embeddings, np.array([1, 0]))
    assert found.cosines["picture and copy, shared"] == (0.5, 0.5)
    assert found.cosines["shared and private, copy"] == (-1.0, 1.0)
    assert found.separation == 1.0
    assert find(embeddings, np.array([0, 1])).separation == 0.0  # class 1 has the smaller cosine, and that is said


def test_separation_by_words_does_not_depend_on_which_word_comes_first():
    embeddings, classes = ads(label=2.0)
    found = [find(embeddings, numbers, ordered=False).separation for numbers in (classes, 1 - classes)]
    assert found[0] == found[1] >= 0.5


def test_findings_survive_json():
    found = find(*ads(label=2.0), ads(seed=1)[0], label="converted")
    assert Findings.from_dict(found.to_dict()) == found


def test_two_numbers_are_classes_and_three_are_not():
    values = np.array([0.0, 1.0, np.nan, 1.0], dtype=np.float32)
    assert Column(name="c", values=values).classes().tolist() == [0, 1, -1, 1]
    assert Column(name="c", values=np.array([0, 1, 2], dtype=np.float32)).classes() is None
