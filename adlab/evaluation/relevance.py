"""Measures of an AdsCVLR and of its student, taken again on the test part, with two tests that no training takes.

What a teacher says of a pair is kept in the cache: a stopped call goes on where it was, and the student's call finds
the teacher's answers there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import torch

from adlab.checkpoints.manifest import Manifest, Measure
from adlab.checkpoints.relevance_student import load_student
from adlab.checkpoints.relevance_student import settings_of as student_settings
from adlab.checkpoints.store import load_checkpoint
from adlab.data.fashion import read_fashion
from adlab.data.fashion_colour_test import colour_test
from adlab.data.fashion_queries import SOURCE as FASHION
from adlab.data.flickr8k import read_flickr8k
from adlab.data.flickr8k_judgements import image_key
from adlab.data.relevance import OWN_PAIRS as OWN
from adlab.errors import CheckpointError
from adlab.evaluation.relevance_tests import (
    GALLERY,
    Gallery,
    all_with_all,
    captioned,
    gallery_of,
    measure_colour,
    measure_retrieval,
)
from adlab.features.stored import Progress, no_progress, stored_texts
from adlab.metrics.grades import shares_of
from adlab.metrics.relevance import expected_grade
from adlab.models.pair_inputs import InputMode
from adlab.models.two_tower import TwoTower
from adlab.training.adscvlr_finetune_data import MODES, GradedSet
from adlab.training.adscvlr_measures import measure_relevance
from adlab.training.adscvlr_readings import Readings, readable
from adlab.training.adscvlr_regions import region_bank
from adlab.training.adscvlr_sources import Sources
from adlab.training.adscvlr_wholes import whole_bank
from adlab.training.picture_vectors import Pictures
from adlab.training.relevance_data import FLICKR8K
from adlab.training.student_classroom import Classroom, enter
from adlab.training.student_cost import measure_speed
from adlab.training.student_pairs import AskedPair, asked
from adlab.training.student_run import measures_of
from adlab.training.student_task import student_logits
from adlab.training.teacher_scores import Teacher, teacher_logits

CAPTIONS = 1  # a photo, where pairs are read one by one
Files = dict[str, Path]


def measure_teacher(
    manifest: Manifest,
    folder: Path,
    device: str = "cpu",
    *,
    gallery: int = GALLERY,
    sources: Sources | None = None,
    progress: Progress = no_progress,
) -> list[Measure]:
    """Measure an AdsCVLR on test pairs, by the colour test and by retrieval.

    The coverage of its interval is not measured again: the heads that it is to hold do not ship.

    Args:
        manifest: Of the checkpoint.
        folder: Holds the data sets.
        device: ``"cpu"`` or ``"cuda"``.
        gallery: Photos of the retrieval, each with one caption: the cost grows with its square.
        sources: Which data, all by default.
        progress: Called with (pairs done, pairs to do) of each stage.

    Raises:
        CheckpointError: The checkpoint was trained on other encoders.
        DataUnavailableError: A data set is missing.
    """
    sources = sources or Sources(folder=folder)
    sources = _with_whole_table(sources, manifest)
    room = enter(sources, manifest.name, None, device, progress, dev=False)
    test = room.material.graded.of("test")
    data = GradedSet(test, room.material.bank, room.teacher.tokenizer)
    temperatures = room.teacher.relevance.settings.temperatures
    readings = {mode: _reading(room, data, mode) for mode in MODES if len(readable(data, mode))}
    found = list(measure_relevance(data, readings, {mode: temperatures[mode.value] for mode in MODES}, "test"))
    mixed = [asked(test.pairs[row]) for row in np.random.default_rng(0).permutation(len(test))]
    found.append(measure_speed(room.teacher, mixed, room.material.bank))
    ask = partial(teacher_grades, room)
    return [*found, *further_tests(sources, ask, partial(asked_all, ask), gallery, CAPTIONS)]


def measure_pupil(
    manifest: Manifest,
    folder: Path,
    device: str = "cpu",
    *,
    sources: Sources | None = None,
    progress: Progress = no_progress,
) -> list[Measure]:
    """Measure a two-tower student against the judges and against its teacher, by the colour test and by retrieval.

    Args:
        manifest: Of the checkpoint.
        folder: Holds the data sets.
        device: Where the teacher computes.
        sources: Which data, all by default.
        progress: Called with (pairs done, pairs to do) of each stage.

    Raises:
        CheckpointError: The teacher at hand is another one than the student's.
        DataUnavailableError: A data set is missing.
        UnknownNameError: The teacher is not there.
    """
    settings = student_settings(manifest)
    taught = load_checkpoint(settings.teacher).manifest
    if taught.weights_sha256 != settings.teacher_sha256:
        raise CheckpointError(
            f"{manifest.name} learned from another {settings.teacher} than the one at hand; train it again."
        )
    sources = sources or Sources(folder=folder)
    sources = _with_whole_table(sources, manifest)
    room = enter(sources, settings.teacher, None, device, progress, dev=False)
    encoders = {"image": room.image_encoder.spec.encoder_id, "text": room.text_encoder.spec.encoder_id}
    net = load_student(manifest.name, encoders).network
    found = measures_of(net, settings, room, room.material.graded.of("test"))
    ask, alike = partial(student_scores, room, net), partial(all_products, room, net)
    return [*found, *further_tests(sources, ask, alike, None, None)]


def _with_whole_table(sources: Sources, manifest: Manifest) -> Sources:
    """One's own table is measured on as a whole where the checkpoint has learned from none, else on its test part."""
    if sources.own is None or OWN in manifest.trained_on:
        return sources
    return replace(sources, own=replace(sources.own, whole=True))


def further_tests(
    sources: Sources,
    score: Callable[[Files, Sequence[AskedPair]], np.ndarray],
    similarity: Callable[[Files, Gallery], np.ndarray],
    photos: int | None,
    captions: int | None,
) -> list[Measure]:
    """The colour test and retrieval, as far as their data are among the sources.

    Args:
        sources: Which data.
        score: From picture files by key and N pairs to how well they fit, (N,).
        similarity: From picture files by key and a gallery to that of every photo with every caption.
        photos: Of the gallery; all where None.
        captions: Of each; all where None.
    """
    found: list[Measure] = []
    if FASHION in sources.names:
        test = colour_test(read_fashion(sources.folder / "fashion"))
        shown = {pair.image for side in test for pair in side.pairs}
        found += measure_colour(test, partial(score, {key: test.right.files[key] for key in sorted(shown)}))
    if FLICKR8K in sources.names:
        collection = read_flickr8k(sources.folder / "flickr8k")
        gallery = gallery_of(collection, photos, captions)
        files = {image_key(name): collection.path(name) for name in gallery.names}
        found += measure_retrieval(similarity(files, gallery), gallery)
    return found


def teacher_grades(room: Classroom, files: Files, pairs: Sequence[AskedPair]) -> np.ndarray:
    """Expected grades by the teacher of pairs with pictures from files, (N,)."""
    bank = region_bank(room.embedder, files, progress=room.progress)
    if room.teacher.relevance.network.config.whole_dim:
        wholes = whole_bank(pairs, Pictures(files, {}), room.image_encoder, room.text_encoder, room.progress)
        bank = replace(bank, wholes=wholes)
    logits = teacher_logits(room.teacher, pairs, bank, device=room.device, progress=room.progress).astype(np.float64)
    return expected_grade(shares_of(logits / _temperatures(room.teacher, pairs)[:, None]))


def student_scores(room: Classroom, net: TwoTower, files: Files, pairs: Sequence[AskedPair]) -> np.ndarray:
    """Logits by the student of pairs with pictures from files, (N,)."""
    return student_logits(net, room._replace(pictures=Pictures(files, {})).vectors(pairs))


def _temperatures(teacher: Teacher, pairs: Sequence[AskedPair]) -> np.ndarray:
    temperatures = teacher.relevance.settings.temperatures
    return np.array([temperatures[pair.mode.value] for pair in pairs])


def asked_all(ask: Callable[[Files, Sequence[AskedPair]], np.ndarray], files: Files, gallery: Gallery) -> np.ndarray:
    """By asking about every pair."""
    return ask(files, all_with_all(gallery)).reshape(len(gallery.names), -1)


def all_products(room: Classroom, net: TwoTower, files: Files, gallery: Gallery) -> np.ndarray:
    """By one product of all photos with all captions, each read once."""
    flat = [caption for captions in gallery.captions for caption in captions]
    photos = room._replace(pictures=Pictures(files, {})).vectors([captioned(name, flat[0]) for name in gallery.names])
    with torch.inference_mode():
        _, ads = photos.of(torch.arange(len(photos)))
        queries = net.embed_query(torch.from_numpy(stored_texts(room.text_encoder, flat, room.progress)))
        found: np.ndarray = net.score_all(queries, net.embed_ad(ads)).T.double().numpy()
    return found


def _reading(room: Classroom, data: GradedSet, mode: InputMode) -> Readings:
    rows = readable(data, mode)
    pairs = [asked(data.data.pairs[row], mode) for row in rows]
    logits = teacher_logits(room.teacher, pairs, room.material.bank, device=room.device, progress=room.progress)
    return Readings(rows, logits.astype(np.float64), np.zeros((len(rows), 0), dtype=np.float32))
