"""`train relevance` and `relevance-student`: AdsCVLR on graded pairs, and its fast student."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from adlab.cli import console, graded_pairs, options, training_options
from adlab.errors import ConfigError

HELP = f"""Train AdsCVLR on graded pairs of a query and an ad: the head relevance.

A transformer over words and regions of the picture starts from the text encoder, is pre-trained on what belongs
together, and learns grades, Bad to Excellent, from CrowdFlower, Home Depot, Flickr8k judgements, fashion products and
simulated ads, with the picture, without it, and by it alone. Its grades also rest on the likeness of the whole query
to the whole copy and picture by the frozen encoders, and on how well the picture's colours match the query. The card
keeps human and rule-made grades apart.

--preset paper is the published network: RoBERTa's layers, vocabulary and token vectors, all trained, rows of 152
tokens, a caption decoder of 12 blocks in pre-training, and grades without the likeness of wholes. Its checkpoint, in
models/relevance-paper, carries all it needs; training it takes a GPU. The paper's regions are those of
--visual roi.

Regions of the picture are cells of the image encoder's map (--visual grid), squares of pixels (patch), or the 20 most
confident boxes of Faster R-CNN (roi). The detector's weights are those of --detector-weights, of the file that
ADLAB_DETECTOR names, or torchvision's published ones; whoever grades with such a checkpoint needs the same, or the next
one grades and says so. Checkpoints on squares and boxes go to models/relevance-patch and models/relevance-roi.

{graded_pairs.TABLE_WORDS} It joins the public data sets, or stands alone with --sources none.
Parts are made by query, picture and product (title with seller). The checkpoint then goes to models/relevance-own and
serves before the one that ships, which answers where the former cannot be used here, and says so."""
STUDENT_HELP = """Distil AdsCVLR into its two-tower student, which reads an ad once.

The teacher is asked about graded pairs of the training part, the same with less of the ad, and queries put to other
ads, which nobody graded; its answers are kept in the cache. A small network learns them from vectors of the encoders.
The card holds student and teacher against each other and the judges, and what a pair costs each."""
EPILOG = f"""{training_options.CODES}\b
Examples:
  python -m adlab train relevance --budget-minutes 90
  python -m adlab train relevance --no-contrast --pairs 15000 \\
      --out models/relevance-plain
  python -m adlab train relevance --visual roi \\
      --detector-weights detector.pth --out models/relevance-roi
  python -m adlab train relevance --preset paper --visual roi \\
      --text-weights roberta-base --device cuda
  python -m adlab train relevance --table pairs.csv --images pictures
  python -m adlab train relevance --table pairs.csv --sources none
"""
STUDENT_EPILOG = f"""{training_options.CODES}\b
Examples:
  python -m adlab train relevance-student
  python -m adlab train relevance-student --teacher models/relevance-plain \\
      --further 200000 --out models/student-plain
  python -m adlab train relevance-student --teacher relevance-own \\
      --table pairs.csv --sources none --out models/student-own
"""


def relevance(
    context: typer.Context,
    data: graded_pairs.DataSets = None,
    sources: graded_pairs.Names = None,
    table: graded_pairs.Table = None,
    images: graded_pairs.Images = None,
    table_labels: graded_pairs.Labels = None,
    table_share: Annotated[
        float | None,
        typer.Option(metavar="SHARE", help="Of --table in an epoch of fine-tuning, above 0, below 1.  [default: 1/3]"),
    ] = None,
    out: training_options.Out = None,
    pairs: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Pairs an epoch.  [default: as the training says]")
    ] = None,
    no_contrast: Annotated[bool, typer.Option("--no-contrast", help="Leave out the contrast of the modes.")] = False,
    no_pretraining: Annotated[bool, typer.Option("--no-pretraining", help="Leave out the pre-training.")] = False,
    likeness: Annotated[
        bool | None,
        typer.Option(
            "--likeness/--no-likeness",
            help="Grades also from the likeness of wholes, or from [CLS] alone, as in the paper.  [default: on for "
            "compact, off for paper]",
        ),
    ] = None,
    preset: Annotated[
        Literal["compact", "paper"],
        typer.Option(help="compact, on the shipped encoders; or paper, 12 × 768 × 12 from RoBERTa, rows of 152."),
    ] = "compact",
    text_weights: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Folder of RoBERTa for paper.  [default: ADLAB_ROBERTA, or the model hub's cache]"
        ),
    ] = None,
    visual: Annotated[
        Literal["grid", "patch", "roi"],
        typer.Option(help="Regions of pictures: cells of a map, squares of pixels, or a detector's boxes."),
    ] = "grid",
    detector_weights: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Weights of the detector of roi.  [default: ADLAB_DETECTOR, or published]"),
    ] = None,
    run: training_options.Run = None,
    seed: options.Seed = 0,
    budget_minutes: options.Budget = None,
    device: options.Device = "auto",
) -> int:
    """Train AdsCVLR; gives the exit code."""
    budget = options.check_budget(budget_minutes)
    if table_share is not None and table is None:
        raise ConfigError("--table-share is given without --table; give the table that it belongs to.")
    with console.waiting("Loading …"):
        from adlab.paths import models_dir
        from adlab.training.adscvlr_finetune_task import FinetuneTraining, with_own_share
        from adlab.training.adscvlr_preset import COMPACT, pretraining_defaults, run_defaults
        from adlab.training.adscvlr_pretrain_task import PretrainTraining
        from adlab.training.adscvlr_run import OWN_NAME, PAPER_NAME, RelevanceRun, train_relevance

        read = graded_pairs.sources_of(data, sources, table, images, table_labels)
    shares = None if table_share is None else with_own_share(table_share, read.names)
    before = pretraining_defaults(preset) | training_options.given(pairs=pairs)
    own = {OWN_NAME: table is not None, PAPER_NAME: preset != COMPACT, f"relevance-{visual}": visual != "grid"}
    if out is None and any(own.values()):  # what ships stays
        out = models_dir() / next(name for name, meant in own.items() if meant)
    how = RelevanceRun(
        sources=read,
        pretraining=None if no_pretraining else PretrainTraining(**before),
        training=FinetuneTraining(
            **training_options.given(pairs=pairs, contrast_weight=0.0 if no_contrast else None, shares=shares)
        ),
        preset=preset,
        text_weights=text_weights,
        visual=visual,
        detector_weights=detector_weights,
        run=run,
        seed=seed,
        budget_minutes=budget,
        device=device,
        **run_defaults(preset) | training_options.given(out=out, likeness=likeness),
    )
    return training_options.carry_out("Looking at pictures", train_relevance, how, context)


def student(
    context: typer.Context,
    data: graded_pairs.DataSets = None,
    sources: graded_pairs.Names = None,
    table: graded_pairs.Table = None,
    images: graded_pairs.Images = None,
    table_labels: graded_pairs.Labels = None,
    teacher: Annotated[
        str, typer.Option(metavar="NAME", help="Checkpoint to learn from: a name in models/, or its folder.")
    ] = "relevance-adscvlr",
    out: training_options.Out = None,
    graded: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Graded pairs to ask about.  [default: 80000]")
    ] = None,
    further: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="Pairs that nobody graded.  [default: 80000]")
    ] = None,
    run: training_options.Run = None,
    seed: options.Seed = 0,
    budget_minutes: Annotated[
        float,
        typer.Option(metavar="MINUTES", help="Time of the student's own training, the teacher's answers left out."),
    ] = 10.0,
    device: options.Device = "auto",
) -> int:
    """Train the student; gives the exit code."""
    budget = options.check_budget(budget_minutes)
    with console.waiting("Loading …"):
        from adlab.training.student_run import StudentRun, train_student

        read = graded_pairs.sources_of(data, sources, table, images, table_labels)
    place = Path(teacher)
    how = StudentRun(
        sources=read,
        teacher=place.name,
        teacher_root=place.parent if place.parent != Path() else None,
        run=run,
        seed=seed,
        budget_minutes=budget,
        device=device,
        **training_options.given(out=out, graded=graded, further=further),
    )
    return training_options.carry_out("Asking the teacher", train_student, how, context)
