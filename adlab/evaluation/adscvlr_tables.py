"""`reproduce adscvlr --part tables`: Tables 1, 2 and 3, every row on the same pairs, splits and test queries.

A row is scores of the test pairs, one array a seed, kept as soon as it is there: a stopped call goes on with the next.
"""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Mapping
from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np
import torch

from adlab.checkpoints.networks import DEFAULT_IMAGE_ENCODER, load_image_encoder
from adlab.encoders.clip import load_clip
from adlab.encoders.text import load_minilm
from adlab.evaluation.adscvlr_areas import JudgedPairs, Step, by_source, gains
from adlab.evaluation.adscvlr_arms import ARMS, Arm, seen_material, seen_set
from adlab.evaluation.adscvlr_clip import MINILM
from adlab.evaluation.adscvlr_settings import AUTO, AdsCVLRReproduction
from adlab.evaluation.adscvlr_work import Work, World, clip_rows, published_rows
from adlab.evaluation.kept import Arrays, KeptParts
from adlab.features.ad_vocabulary import AdVocabularyConfig, extend, learn_ad_words
from adlab.features.query_ad_tokens import QueryAdTokenizer
from adlab.features.stored import Progress, no_progress
from adlab.metrics.grades import shares_of
from adlab.metrics.relevance import relevant_probability
from adlab.paths import cache_dir
from adlab.training.adscvlr_finetune_data import MODES, GradedSet
from adlab.training.adscvlr_finetune_task import FinetuneTraining
from adlab.training.adscvlr_pretrain_task import PretrainTraining
from adlab.training.adscvlr_readings import read_in_mode
from adlab.training.adscvlr_run import RelevanceRun, finetune, pretrain, start
from adlab.training.adscvlr_sources import Sources, content_of, copies, read_material
from adlab.training.memory import keep_freed_memory
from adlab.training.student_measures import unit_of

LEARNING_RATE = 2e-4  # one short epoch at the final training's 5e-5 leaves rows without the likeness near chance
VERSION = 2  # raise when what is measured changes: kept parts of another version are not read
STEPS = (
    Step("three", "both", "grading in three modes"),
    Step("contrast", "three", "L_CL, the contrast of the modes"),
    Step("contrast", "text", "the picture, three modes and L_CL"),
    Step("likeness", "contrast", "likeness of wholes and match of colours"),
    Step("likeness", MINILM, "all of these, over the plain cosine"),
)


def reproduce_tables(how: AdsCVLRReproduction, progress: Progress = no_progress) -> dict[str, Any]:
    """Measure what the budget allows; a stopped call goes on where it was.

    Args:
        how: Data, sizes, seed and budget.
        progress: Called with (rows done, all rows), while pictures are looked at with pictures.

    Returns:
        Plain JSON: `rows`, each with its name, the paper's AUC by table, seeds, and AUC by source; `steps`, each with
        what is gained by it in AUC, by source; `about`.

    Raises:
        DataUnavailableError: A data set is missing.
        WeightsUnavailableError: A CLIP is asked for and cannot be had.
    """
    keep_freed_memory()
    world = open_world(how, progress)
    kept = KeptParts(cache_dir() / "reproduce" / _identity(world))
    work = work_of(world)
    found = _measure(work, how, kept, progress)
    data = world.material.graded.of("test")
    sources, units = (np.array([of(pair) for pair in data.pairs]) for of in (attrgetter("source"), unit_of))
    test = JudgedPairs(data.grades, sources, units)
    rows = [
        {
            "key": key,
            "name": work[key].name,
            "paper": work[key].paper,
            "seeds": len(scores),
            "auc": by_source(scores, test),
        }
        for key, scores in found.items()
    ]
    return {"rows": rows, "steps": gains(found, STEPS, test), "about": _about(world, found, work)}


def work_of(world: World) -> dict[str, Work]:
    """All rows by key, in the order of the report."""
    arms = {arm.key: Work(arm.name, arm.tables, partial(trained_scores, world, arm)) for arm in ARMS}
    return clip_rows(world) | published_rows(world) | arms


def open_world(how: AdsCVLRReproduction, progress: Progress = no_progress) -> World:
    """Read the data and look at pictures.

    Raises:
        DataUnavailableError: A data set is missing.
        WeightsUnavailableError: A CLIP is asked for and cannot be had.
    """
    clip = None
    if how.clip:
        device = "cuda" if how.device != "cpu" and torch.cuda.is_available() else "cpu"
        clip = load_clip(None if how.clip == AUTO else Path(how.clip), device=device)
    image_encoder, text_encoder = load_image_encoder(DEFAULT_IMAGE_ENCODER), load_minilm()
    sources = Sources(folder=how.data, names=how.sources, simulated_ads=how.simulated_ads, own=how.own)
    material = read_material(sources, image_encoder, text_encoder=text_encoder, seed=how.seed, progress=progress)
    wordpieces = text_encoder.wordpieces()
    words = learn_ad_words(wordpieces, copies(material), AdVocabularyConfig(size=1000))
    return World(how, sources, material, image_encoder, text_encoder, extend(wordpieces, words), clip, progress)


def trained_scores(world: World, arm: Arm, seed: int) -> np.ndarray:
    """Train one row and score the test pairs: P(grade ≥ Fair) with all an arm sees, NaN where that is nothing.

    Args:
        world: What all rows share.
        arm: Which row.
        seed: Of the training.
    """
    how = world.how
    brief: dict[str, Any] = {"epochs": 1, "pairs": how.pairs, "learning_rate": LEARNING_RATE}
    run = RelevanceRun(
        sources=world.sources,
        out=Path(f"reproduce-{arm.key}"),
        pretraining=PretrainTraining(weights=arm.weights, **brief) if arm.weights else None,
        training=FinetuneTraining(three_modes=arm.three_modes, contrast_weight=arm.contrast, **brief),
        layers=how.layers,
        likeness=arm.likeness,
        seed=seed,
        device=how.device,
    )
    material, tokenizer = seen_material(world.material, arm), QueryAdTokenizer(world.vocabulary, run.limits)
    folder = cache_dir() / "runs" / f"{_identity(world)}-{arm.key}-{seed}"
    net = start(run, world.vocabulary, world.text_encoder, material)
    if run.pretraining is not None:
        net, _ = pretrain(run, run.pretraining, net, material, tokenizer, world.image_encoder, folder / "pretraining")
    finetune(run, net, material, tokenizer, folder / "finetuning")
    shutil.rmtree(folder, ignore_errors=True)  # half a gigabyte; what is kept are the scores
    net.eval().requires_grad_(False)
    whole = world.material.graded.of("test")
    seen, rows = seen_set(whole, arm.sees)
    test = GradedSet(seen, world.material.bank, tokenizer)
    scores = np.full(len(whole), np.nan)
    for number, mode in enumerate(MODES):
        own = np.flatnonzero(test.modes == number)
        if len(own):
            read = read_in_mode(net, test, mode, own)
            scores[rows[read.rows]] = relevant_probability(shares_of(read.logits))
    return scores


def _measure(
    work: Mapping[str, Work], how: AdsCVLRReproduction, kept: KeptParts, progress: Progress
) -> dict[str, list[np.ndarray]]:
    """Scores by row, seed by seed; rows that need no training have one."""
    began, longest = time.monotonic(), 0.0
    found: dict[str, list[np.ndarray]] = {key: [] for key in work}
    todo = [(seed, key) for seed in range(how.seeds) for key in work if seed == 0 or work[key].trained]
    for done, (seed, key) in enumerate(todo):
        name, started = "-".join(filter(None, (key, work[key].weights, str(seed)))), time.monotonic()
        in_time = how.budget_minutes is None or started - began + longest <= 60 * how.budget_minutes
        if kept.has(name) or in_time:
            arrays = kept.get(name, partial(_scored, work[key], how.seed + seed))
            found[key].append(arrays["scores"].astype(np.float64))
            longest = max(longest, time.monotonic() - started)
        progress(done + 1, len(todo))
    return {key: scores for key, scores in found.items() if scores}


def _scored(work: Work, seed: int) -> Arrays:
    return {"scores": work.scores(seed)}


def _about(world: World, found: Mapping[str, list[np.ndarray]], work: Mapping[str, Work]) -> dict[str, Any]:
    """What the run was, and what it lacks."""
    train, test = (world.material.graded.of(part) for part in ("train", "test"))
    missing = [
        each.name for key, each in work.items() if len(found.get(key, [])) < (world.how.seeds if each.trained else 1)
    ]
    return {
        "pairs": world.how.pairs,
        "learning_rate": LEARNING_RATE,
        "seeds": world.how.seeds,
        "train": len(train),
        "test": len(test),
        "pretraining": len(world.material.pretraining),
        "missing": missing,
        "image_encoder": world.image_encoder.spec.encoder_id,
        "text_encoder": world.text_encoder.spec.encoder_id,
        "clip": world.clip.image.spec.encoder_id if world.clip else "",
    }


def _identity(world: World) -> str:
    """Name of what is kept: it changes with all that a row depends on but its seed."""
    how = world.how
    ids = (world.image_encoder.spec.encoder_id, world.text_encoder.spec.encoder_id)
    count = [len(world.material.graded.data), len(world.material.pretraining)]
    settings = (VERSION, how.sources, how.simulated_ads, how.pairs, how.layers, how.seed, ids, count, ARMS)
    own = () if how.own is None else (how.own.images is not None, content_of(world.sources))
    return f"adscvlr-{hashlib.sha256(repr(settings + own).encode()).hexdigest()[:12]}"
