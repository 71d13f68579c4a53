"""`python -m adlab train relevance`: AdsCVLR on every graded source, serving `relevance`.

The network starts from a trained text network's layers, is pre-trained on what belongs together, fine-tuned on grades,
rounded as it is stored, and only then calibrated and measured.
"""

from __future__ import annotations

import platform
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import torch

from adlab.checkpoints.kept_tokenizer import TOKENIZER, tokenizer_tensors
from adlab.checkpoints.manifest import Manifest, TrainingRecord
from adlab.checkpoints.networks import DEFAULT_IMAGE_ENCODER, load_image_encoder
from adlab.checkpoints.relevance import HEAD, HEADS, KIND, RelevanceSettings, extras_of
from adlab.checkpoints.store import as_stored, save_checkpoint
from adlab.encoders.image import ImageEncoder
from adlab.encoders.text import TextEncoder, load_minilm
from adlab.features.ad_vocabulary import AdVocabulary, AdVocabularyConfig, extend, learn_ad_words
from adlab.features.query_ad_tokens import TRAINING_DESCRIPTION, QueryAdTokenizer, TokenLimits
from adlab.features.region_embedders import cell_classifier, embedder
from adlab.features.stored import Progress, no_progress
from adlab.models.adscvlr import AdsCVLR
from adlab.models.bert_weights import from_text_encoder
from adlab.paths import cache_dir, models_dir
from adlab.training.adscvlr_balance import balance
from adlab.training.adscvlr_calibration import calibrate, coverage
from adlab.training.adscvlr_card import (
    LIMITS,
    data_kind_of,
    data_words,
    gigaflops,
    kinds_of,
    reference_tensors,
    terms_of,
)
from adlab.training.adscvlr_finetune_data import MODES, GradedSet
from adlab.training.adscvlr_finetune_task import SCORE, AdsCVLRFinetuneTask, FinetuneTraining
from adlab.training.adscvlr_likeness import start_from_likeness
from adlab.training.adscvlr_measures import measure_gains, measure_relevance
from adlab.training.adscvlr_preset import COMPACT, shape_of, shape_words, text_network
from adlab.training.adscvlr_pretrain_batches import PretrainingSet
from adlab.training.adscvlr_pretrain_data import category_ids
from adlab.training.adscvlr_pretrain_task import AdsCVLRPretrainTask, PretrainTraining
from adlab.training.adscvlr_readings import read_in_mode, readable
from adlab.training.adscvlr_regions import standardise_regions
from adlab.training.adscvlr_sources import Material, Sources, content_of, copies, read_material
from adlab.training.adscvlr_visual import region_words, resumes_as, visual_settings, visual_terms, visual_words
from adlab.training.memory import keep_freed_memory
from adlab.training.run import Fit, FitResult, fit, run_name

NAME, OWN_NAME, PAPER_NAME = "relevance-adscvlr", "relevance-own", "relevance-paper"
PRETRAINING_SHARE = 1 / 3  # of a time budget


@dataclass(frozen=True, kw_only=True)
class RelevanceRun:
    """One training of AdsCVLR.

    Attributes:
        sources: Which data.
        out: Checkpoint folder to write.
        pretraining: How it is pre-trained; None to leave that out.
        training: How it is fine-tuned.
        vocabulary: Which words of ads are appended.
        limits: Where rows are cut, in training and in the product alike.
        preset: ``"compact"`` or ``"paper"``, `adlab.training.adscvlr_preset`; it decides shape and text network.
        text_weights: Folder of the text network of `paper`; searched for without.
        layers: Blocks of the network, the first ones of the text network's; None for all.
        likeness: Whether grades also rest on the likeness of whole query, copy and picture, and on the match of query
            and colours; without, as in the paper.
        visual: What regions of pictures are: ``"grid"``, ``"patch"`` or ``"roi"``.
        detector_weights: File of the detector of ``"roi"``; searched for without.
        members: Further grade heads, whose spread is the interval.
        seed: Seed of everything drawn while training.
        budget_minutes: Time for pre-training and fine-tuning together, a third for the former; None for no limit.
            Reading, regions and measures come on top.
        run: Folder that keeps the state of a stopped run; in the cache if not given.
        device: ``"cpu"``, ``"cuda"`` or ``"auto"``.
    """

    sources: Sources
    out: Path = field(default_factory=lambda: models_dir() / NAME)
    pretraining: PretrainTraining | None = field(default_factory=PretrainTraining)
    training: FinetuneTraining = field(default_factory=FinetuneTraining)
    vocabulary: AdVocabularyConfig = field(default_factory=lambda: AdVocabularyConfig(size=1000))
    limits: TokenLimits = field(default_factory=lambda: TokenLimits(total=64, description=TRAINING_DESCRIPTION))
    preset: str = COMPACT
    text_weights: Path | None = None
    layers: int | None = None
    likeness: bool = True
    visual: str = "grid"
    detector_weights: Path | None = None
    members: int = 5
    seed: int = 0
    budget_minutes: float | None = None
    run: Path | None = None
    device: str = "auto"


def train_relevance(run: RelevanceRun, progress: Progress = no_progress, command: str = "") -> Manifest:
    """Pre-train, fine-tune, calibrate, measure, and write the checkpoint.

    Args:
        run: What to do.
        progress: Called with (pictures seen, all pictures).
        command: The command line, for the card.

    Returns:
        The manifest of the written checkpoint.

    Raises:
        DataUnavailableError: A data set is not there.
        InputError: A part of the data is too small.
        WeightsUnavailableError: The weights of the detector or of the text network cannot be had.
    """
    keep_freed_memory()
    started = time.monotonic()
    image_encoder, text_encoder = load_image_encoder(DEFAULT_IMAGE_ENCODER), load_minilm()
    text = text_network(run.preset, text_encoder, run.text_weights)
    looks = embedder(
        run.visual, image_encoder, side=run.sources.side, detector_weights=run.detector_weights, device=_where(run)
    )
    wanted = run.pretraining is not None
    material = read_material(
        run.sources,
        image_encoder,
        text_encoder=text_encoder if run.likeness else None,
        embedder=looks,
        seed=run.seed,
        pretraining=wanted,
        progress=progress,
    )
    wordpieces = text.wordpieces()
    vocabulary = extend(wordpieces, learn_ad_words(wordpieces, copies(material), run.vocabulary))
    tokenizer = QueryAdTokenizer(vocabulary, run.limits)
    net = start(run, vocabulary, text, material)
    encoders = {"image": image_encoder.spec.encoder_id, "text": text_encoder.spec.encoder_id}
    if text is not text_encoder and not run.likeness:
        del encoders["text"]  # the network reads nothing of it
    folder = run.run or cache_dir() / "runs" / run_name(
        run.out.name, run.sources, run.pretraining, run.training, run.vocabulary, run.limits, run.layers,
        run.likeness, encoders, run.seed, content_of(run.sources), *resumes_as(looks),
        text.spec.encoder_id,
    )  # fmt: skip
    earlier = 0.0  # minutes of calls that this one went on from
    if run.pretraining is not None:
        net, done = pretrain(run, run.pretraining, net, material, tokenizer, image_encoder, folder / "pretraining")
        earlier = done.all_minutes - done.minutes
    result = finetune(run, net, material, tokenizer, folder / "finetuning")
    stop, held, test = (
        GradedSet(data, material.bank, tokenizer)
        for data in (material.stop, material.calibrate, material.graded.of("test"))
    )
    share = balance(net, stop) if run.likeness else 1.0
    net.load_trainable_state(as_stored(net.trainable_state()))  # measure what ships, rounding included
    net.eval().requires_grad_(False)
    fitted = calibrate(net, stop, held, members=run.members, seed=run.seed)
    readings = {mode: read_in_mode(net, test, mode) for mode in MODES if len(readable(test, mode))}
    said = test, readings, fitted.temperatures, "test"
    measures = (*measure_relevance(*said), *measure_gains(*said), coverage(net, test, fitted))
    settings = RelevanceSettings(
        words=vocabulary.words,
        total=run.limits.total,
        description=run.limits.description,
        side=run.sources.side,
        temperatures={mode.value: fitted.temperatures[mode] for mode in MODES},
        stretch=fitted.stretch,
        members=run.members,
        text_network=text.spec.encoder_id if text is not text_encoder else "",
        **visual_settings(looks),
    )
    trained = material.graded.of("train")
    manifest = Manifest(
        name=run.out.name,
        kind=KIND,
        summary="How well an ad answers a query, from its picture and its copy, in four grades from Bad to Excellent: "
        f"AdsCVLR{shape_words(run.preset, net.config, text)} on {visual_words(looks)}"
        f"{', on the likeness of whole query, copy and picture' if run.likeness else ''}"
        f"{', and on the match of query and colours' if net.match else ''}, "
        "with or without either of the two.",
        heads=(HEAD,),
        network=asdict(net.config),
        encoders=encoders,
        preprocessing=f"letterbox {image_encoder.preprocess.size} px, {region_words(looks)}; up to "
        f"{run.limits.total} tokens, {run.limits.description} of the description",
        data_kind=data_kind_of(trained),
        trained_on=kinds_of(trained),
        terms=f"{terms_of(trained)}; encoders: {image_encoder.spec.data_terms}{visual_terms(looks)}",
        licence="Apache-2.0, data terms apply",
        training=TrainingRecord(
            command=command,
            seed=run.seed,
            data=data_words(material, result),
            minutes=(time.monotonic() - started) / 60 + earlier + result.all_minutes - result.minutes,
            machine=f"{torch.get_num_threads()} CPU threads, {platform.machine()}",
            config={
                "finetuning": asdict(run.training),
                "pretraining": asdict(run.pretraining) if run.pretraining else "none",
                "share of the stream beside the likeness": share,
                "precision": precision_here(),
                "preset": run.preset,
                "text network": text.spec.encoder_id,
                "GFLOPs a pair (24 tokens and a picture)": gigaflops(net, looks.shape[0]),
            },
        ),
        measures=measures,
        limits=LIMITS,
        extras=extras_of(settings),
    )
    reference = reference_tensors(net, fitted.heads, test)
    further = {HEADS: fitted.heads.state_dict()}
    if settings.text_network:
        further[TOKENIZER] = tokenizer_tensors(wordpieces)
    return save_checkpoint(run.out, manifest, net.trainable_state(), reference, further)


def start(run: RelevanceRun, vocabulary: AdVocabulary, text_encoder: TextEncoder, material: Material) -> AdsCVLR:
    """The network before training: a text network's layers, ad words as the mean of their pieces, regions standardised.

    Raises:
        ConfigError: The text network has fewer layers than are asked for, or other tokens than its tokenizer.
    """
    shape = replace(
        shape_of(run.preset, text_encoder, vocabulary, run.layers),
        visual=material.bank.visual,
        region_dim=material.bank.features.shape[2],
    )
    torch.manual_seed(run.seed)
    net = from_text_encoder(text_encoder, shape)
    net.tokens.start_from_pieces(vocabulary.pieces)
    if material.bank.places:
        standardise_regions(net, material.bank, seed=run.seed)
    return net


def pretrain(
    run: RelevanceRun,
    training: PretrainTraining,
    net: AdsCVLR,
    material: Material,
    tokenizer: QueryAdTokenizer,
    image_encoder: ImageEncoder,
    folder: Path,
) -> tuple[AdsCVLR, FitResult]:
    """The network after pre-training, in its best state by the loss on dev pairs; and what came of the training."""
    categories = category_ids(material.pretraining)
    train, dev = (
        PretrainingSet(pairs, material.bank, tokenizer, categories, title_tokens=training.title_tokens)
        for pairs in (material.pretraining, material.pretraining_dev)
    )
    seen = material.bank.places and not material.bank.classes
    classifier = cell_classifier(image_encoder) if seen else None
    task = AdsCVLRPretrainTask(training, net, classifier, train, dev, categories=len(categories), seed=run.seed)
    result = fit(task, _how(run, folder, training.epochs, "val_loss", "min", PRETRAINING_SHARE))
    return task.net, result


def finetune(
    run: RelevanceRun, net: AdsCVLR, material: Material, tokenizer: QueryAdTokenizer, folder: Path
) -> FitResult:
    """Fine-tune in place; the best state by rank correlation on dev pairs."""
    train, stop = (GradedSet(data, material.bank, tokenizer) for data in (material.graded.of("train"), material.stop))
    if run.likeness:
        start_from_likeness(net, train, material.contrasts, seed=run.seed)
    task = AdsCVLRFinetuneTask(run.training, net, train, stop, seed=run.seed)
    share = 1.0 if run.pretraining is None else 1 - PRETRAINING_SHARE
    return fit(task, _how(run, folder, run.training.epochs, SCORE, "max", share, run.training.patience))


def _how(
    run: RelevanceRun, folder: Path, epochs: int, monitor: str, mode: str, share: float, patience: int | None = None
) -> Fit:
    return Fit(
        epochs=epochs,
        monitor=monitor,
        mode=mode,
        patience=patience,
        budget_minutes=share * run.budget_minutes if run.budget_minutes else None,
        folder=folder,
        seed=run.seed,
        accelerator={"auto": "auto", "cuda": "cuda"}.get(run.device, "cpu"),
        precision=precision_here(),
        gradient_clip=1.0,
    )


def _where(run: RelevanceRun) -> str:
    return "cuda" if run.device != "cpu" and torch.cuda.is_available() else "cpu"


def precision_here() -> str:
    """Mixed bfloat16 where products in it are fast: on a GPU, or with the CPU's own instructions for it."""
    native = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return "bf16-mixed" if native or torch.cuda.is_available() else "32-true"
