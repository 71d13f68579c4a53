"""`train relevance` and `relevance-student`: AdsCVLR on graded pairs, and its fast student."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from adlab.cli import console, options, training_options

HELP = """Train AdsCVLR on graded pairs of a query and an ad: the head relevance.

A transformer over words and regions of the picture starts from the text encoder, is pre-trained on what belongs
together, and learns grades, Bad to Excellent, from CrowdFlower, Home Depot, Flickr8k judgements, fashion products and
simulated ads, with the picture, without it, and by it alone. Its grades also rest on the likeness of the whole query
to the whole copy and picture by the frozen encoders, and on how well the picture's colours match the query. The card
keeps human and rule-made grades apart."""
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
"""
STUDENT_EPILOG = f"""{training_options.CODES}\b
Examples:
  python -m adlab train relevance-student
  python -m adlab train relevance-student --teacher models/relevance-plain \\
      --further 200000 --out models/student-plain
"""
DataSets = Annotated[Path | None, typer.Option(metavar="DIR", help="Folder with the data sets.  [default: ADLAB_DATA]")]


def relevance(
    context: typer.Context,
    data: DataSets = None,
    out: training_options.Out = None,
    pairs: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Pairs an epoch.  [default: as the training says]")
    ] = None,
    no_contrast: Annotated[bool, typer.Option("--no-contrast", help="Leave out the contrast of the modes.")] = False,
    no_pretraining: Annotated[bool, typer.Option("--no-pretraining", help="Leave out the pre-training.")] = False,
    no_likeness: Annotated[
        bool, typer.Option("--no-likeness", help="Grades from [CLS] alone, as in the paper.")
    ] = False,
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
    folder = options.data_folder(data)
    with console.waiting("Loading …"):
        from adlab.training.adscvlr_finetune_task import FinetuneTraining
        from adlab.training.adscvlr_pretrain_task import PretrainTraining
        from adlab.training.adscvlr_run import RelevanceRun, train_relevance
        from adlab.training.adscvlr_sources import Sources

    how = RelevanceRun(
        sources=Sources(folder=folder),
        pretraining=None if no_pretraining else PretrainTraining(**training_options.given(pairs=pairs)),
        training=FinetuneTraining(**training_options.given(pairs=pairs, contrast_weight=0.0 if no_contrast else None)),
        likeness=not no_likeness,
        visual=visual,
        detector_weights=detector_weights,
        run=run,
        seed=seed,
        budget_minutes=budget,
        device=device,
        **training_options.given(out=out),
    )
    return training_options.carry_out("Looking at pictures", train_relevance, how, context)


def student(
    context: typer.Context,
    data: DataSets = None,
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
    folder = options.data_folder(data)
    with console.waiting("Loading …"):
        from adlab.training.adscvlr_sources import Sources
        from adlab.training.student_run import StudentRun, train_student

    place = Path(teacher)
    how = StudentRun(
        sources=Sources(folder=folder),
        teacher=place.name,
        teacher_root=place.parent if place.parent != Path() else None,
        run=run,
        seed=seed,
        budget_minutes=budget,
        device=device,
        **training_options.given(out=out, graded=graded, further=further),
    )
    return training_options.carry_out("Asking the teacher", train_student, how, context)
