"""`python -m adlab train relevance-student`: AdsCVLR's judgements in a two-tower network (AdsCVLR, §5.6).

The teacher is asked once about every pair, its answers are kept, and the student learns them from vectors of the frozen
encoders. Dev pairs decide the epoch and calibrate, half of them each; test pairs measure student and teacher together.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch

from adlab.checkpoints.ctr import Platt
from adlab.checkpoints.manifest import Manifest, Measure, TrainingRecord
from adlab.checkpoints.relevance_student import KIND, StudentSettings, extras_of
from adlab.checkpoints.store import as_stored, save_checkpoint
from adlab.data.relevance import RelevanceSet
from adlab.features.stored import Progress, no_progress, stored_texts
from adlab.models.pair_inputs import InputMode
from adlab.models.two_tower import TwoTower
from adlab.paths import cache_dir, models_dir
from adlab.training.adscvlr_card import kinds_of, terms_of
from adlab.training.adscvlr_finetune_data import drawn_rows
from adlab.training.adscvlr_likeness import shares_of_sources
from adlab.training.adscvlr_run import precision_here
from adlab.training.adscvlr_sources import Sources, content_of
from adlab.training.conversion import Counts, fit_calibration
from adlab.training.memory import keep_freed_memory
from adlab.training.run import Fit, FitResult, fit, run_name
from adlab.training.student_classroom import Classroom, enter
from adlab.training.student_cost import measure_cost
from adlab.training.student_measures import ReadPairs, measure_student
from adlab.training.student_pairs import AskedPair, asked, further_pairs, in_all_modes, with_less
from adlab.training.student_start import start_student
from adlab.training.student_task import SCORE, ScoredPairs, StudentTask, StudentTraining, student_logits
from adlab.training.student_vectors import PairVectors, copy_cosine

NAME, TEACHER = "relevance-student", "relevance-adscvlr"
SHOWN = 4  # pairs in the reference tensors
LIMITS = (
    "It approximates the AdsCVLR it learned from; where the two differ, the teacher has read more.",
    "Of an ad's words it reads the title alone, or the description where there is no title.",
    "Query and ad meet in one product: it sees less of how their words fit each other than the teacher does.",
    "It gives the probability of Fair or better alone. The right product in another colour is Good, so it hardly tells "
    "colours apart; the teacher's grades do.",
    "A grade says how well an ad answers a query, not whether people will click or buy.",
    "Trained on English copy.",
)


@dataclass(frozen=True, kw_only=True)
class StudentRun:
    """One distillation.

    Attributes:
        sources: Which data.
        teacher: Name of the checkpoint to learn from.
        teacher_root: Folder of the teacher's folder; `models/` if not given.
        out: Checkpoint folder to write.
        training: How it is trained.
        graded: Graded pairs of the training part that the teacher is asked about, by the shares of its own training.
        less: Share of those with picture and copy that are asked about again by one of the two.
        further: Pairs that nobody graded, by the same shares.
        seed: Seed of everything drawn.
        budget_minutes: Time of the student's own training, None for no limit; the teacher's answers come on top.
        run: Folder that keeps the state of a stopped run; in the cache if not given.
        device: ``"cpu"``, ``"cuda"`` or ``"auto"``.
    """

    sources: Sources
    teacher: str = TEACHER
    teacher_root: Path | None = None
    out: Path = field(default_factory=lambda: models_dir() / NAME)
    training: StudentTraining = field(default_factory=StudentTraining)
    graded: int = 80_000
    less: float = 0.5
    further: int = 80_000
    seed: int = 0
    budget_minutes: float | None = 10.0
    run: Path | None = None
    device: str = "auto"


def train_student(run: StudentRun, progress: Progress = no_progress, command: str = "") -> Manifest:
    """Ask the teacher, train, calibrate, measure, and write the checkpoint.

    Args:
        run: What to do.
        progress: Called with (done, total) while pictures are looked at, texts encoded and the teacher asked.
        command: The command line, for the card.

    Returns:
        The manifest of the written checkpoint.

    Raises:
        CheckpointError: The teacher is not intact, or was trained on other encoders.
        DataUnavailableError: A data set is not there.
        UnknownNameError: There is no such teacher.
    """
    keep_freed_memory()
    started = time.monotonic()
    room = enter(run.sources, run.teacher, run.teacher_root, run.device, progress)
    half = precision_here() != "32-true"
    pairs = training_pairs(run, room)
    train = room.scored(pairs, half=half)
    stop = room.scored([pair for _, pair in in_all_modes(room.material.stop.pairs)])
    net = start_student(run.training, train, room.image_encoder, room.teacher.relevance.network, run.seed)
    result = _fit(run, room, net, train, stop)
    net.load_state_dict(as_stored(net.state_dict()))  # measure what ships, rounding included
    net.eval().requires_grad_(False)
    settings = StudentSettings(
        teacher=run.teacher,
        teacher_sha256=room.teacher.relevance.manifest.weights_sha256,
        calibration=_calibration(net, room),
    )
    test = room.material.graded.of("test")
    measures = measures_of(net, settings, room, test)
    manifest = _manifest(run, command, room, net, settings, measures, result, pairs, (time.monotonic() - started) / 60)
    return save_checkpoint(run.out, manifest, net.state_dict(), reference_tensors(net, train.vectors))


def training_pairs(run: StudentRun, room: Classroom) -> list[AskedPair]:
    """Graded pairs, some of them by less, and pairs that nobody graded; each once."""
    graded = room.material.graded.of("train").pairs
    sources = np.array([pair.source for pair in graded])
    shares = shares_of_sources(sources)
    rng = np.random.default_rng([run.seed, 0])
    rows = np.unique(drawn_rows(sources, shares, min(run.graded, len(graded)), rng))
    own = [asked(graded[row]) for row in rows]
    counts = {name: round(run.further * share) for name, share in shares.items()}
    everything = [asked(pair) for pair in graded]
    further = further_pairs(everything, counts, lambda texts: stored_texts(room.text_encoder, texts), rng)
    return list(dict.fromkeys([*own, *with_less(own, run.less, rng), *further]))


def measures_of(net: TwoTower, settings: StudentSettings, room: Classroom, test: RelevanceSet) -> tuple[Measure, ...]:
    """Fidelity, AUC of all by source and mode, gaps, and cost, on pairs that trained and calibrated nothing."""
    numbered = in_all_modes(test.pairs)
    pairs = [pair for _, pair in numbered]
    vectors, modes = room.vectors(pairs), [pair.mode for pair in pairs]
    read = ReadPairs(
        [test.pairs[row] for row, _ in numbered],
        modes,
        _scores(net, settings, vectors, modes),
        room.soft(pairs),
        copy_cosine(vectors),
    )
    rows = np.random.default_rng(0).permutation(len(pairs))
    some = torch.from_numpy(rows)
    mixed = PairVectors(vectors.queries, vectors.images, vectors.copies, vectors.rows[some])
    cost = measure_cost(net, room.teacher, [pairs[row] for row in rows], mixed, room.material.bank, room.text_encoder)
    return (*measure_student(read, "test"), *cost)


def reference_tensors(net: TwoTower, vectors: PairVectors) -> dict[str, torch.Tensor]:
    """A few pairs, those with all parts first, and the logits that come of them."""
    whole = (vectors.rows >= 0).sum(dim=1)
    rows = torch.argsort(whole, descending=True, stable=True)[:SHOWN]
    query, ad = vectors.of(rows)
    with torch.inference_mode():
        return {"query": query, **ad._asdict(), "logits": net(query, ad)}


def _fit(run: StudentRun, room: Classroom, net: TwoTower, train: ScoredPairs, stop: ScoredPairs) -> FitResult:
    encoders = {"image": room.image_encoder.spec.encoder_id, "text": room.text_encoder.spec.encoder_id}
    digest = room.teacher.relevance.manifest.weights_sha256
    name = run_name(
        *(run.out.name, run.sources, run.training, run.graded, run.less, run.further, encoders, digest, run.seed),
        content_of(run.sources),
    )
    task = StudentTask(run.training, net, train, stop, seed=run.seed)
    return fit(
        task,
        Fit(
            epochs=run.training.epochs,
            monitor=SCORE,
            mode="max",
            patience=run.training.patience,
            budget_minutes=run.budget_minutes,
            folder=run.run or cache_dir() / "runs" / name,
            seed=run.seed,
            accelerator={"auto": "auto", "cuda": "cuda"}.get(run.device, "cpu"),
            gradient_clip=1.0,
        ),
    )


def _calibration(net: TwoTower, room: Classroom) -> dict[str, Platt]:
    """Slope and intercept of each mode on dev pairs that decided nothing; none where all or no pairs are Bad."""
    graded = room.material.calibrate.pairs
    numbered = in_all_modes(graded)
    vectors = room.vectors([pair for _, pair in numbered])
    logits, found = student_logits(net, vectors), {}
    for mode in InputMode:
        rows = [place for place, (_, pair) in enumerate(numbered) if pair.mode is mode]
        relevant = np.array([graded[numbered[place][0]].grade > 0 for place in rows], dtype=np.float64)
        found[mode.value] = Platt(slope=1.0, intercept=0.0)
        if 0 < relevant.sum() < len(relevant):
            slope, intercept = fit_calibration(logits[rows], Counts(np.ones(len(rows)), relevant))
            if slope > 0:
                found[mode.value] = Platt(slope=slope, intercept=intercept)
    return found


def _scores(net: TwoTower, settings: StudentSettings, vectors: PairVectors, modes: Sequence[InputMode]) -> np.ndarray:
    logits, found = student_logits(net, vectors), np.zeros(len(modes))
    for mode in InputMode:
        own = [place for place, each in enumerate(modes) if each is mode]
        found[own] = settings.score(logits[own], mode)
    return found


def _manifest(
    run: StudentRun,
    command: str,
    room: Classroom,
    net: TwoTower,
    settings: StudentSettings,
    measures: tuple[Measure, ...],
    result: FitResult,
    pairs: Sequence[AskedPair],
    minutes: float,
) -> Manifest:
    taught, train = room.teacher.relevance.manifest, room.material.graded.of("train")
    stopped = ", ended by its time budget" if result.stopped_by_budget else ""
    return Manifest(
        name=run.out.name,
        kind=KIND,
        summary="How well an ad answers a query, at a fraction of the cost: a two-tower student of AdsCVLR, which "
        "reads an ad once and holds any query against it with one product.",
        heads=(),
        network=asdict(net.config),
        encoders={"image": room.image_encoder.spec.encoder_id, "text": room.text_encoder.spec.encoder_id},
        preprocessing=f"picture by {room.image_encoder.spec.name}; query and title by {room.text_encoder.spec.name}",
        data_kind=taught.data_kind,
        trained_on=f"at second hand, through the scores of {taught.name}: {kinds_of(train)}",
        terms=f"{terms_of(train)}; encoders: {room.image_encoder.spec.data_terms}",
        licence="Apache-2.0, data terms apply",
        training=TrainingRecord(
            command=command,
            seed=run.seed,
            data=f"{len(pairs):,} pairs of the training part that {taught.name} judged, at most {run.further:,} of "
            f"them graded by nobody; epochs by dev pairs, calibration by others; {result.epochs} epochs{stopped}, "
            f"{result.minutes:.1f} minutes apart from the teacher's answers",
            minutes=minutes,
            machine=f"{torch.get_num_threads()} CPU threads, {platform.machine()}" if room.device == "cpu" else "cuda",
            config={
                **asdict(run.training),
                "graded": run.graded,
                "less": run.less,
                "further": run.further,
                "teacher": settings.teacher,
                "teacher_sha256": settings.teacher_sha256,
                "sources": list(run.sources.names),
                "simulated_ads": run.sources.simulated_ads,
            },
        ),
        measures=measures,
        limits=LIMITS,
        extras=extras_of(settings),
    )
