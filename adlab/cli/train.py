"""`train vision`, `agreement`, `focal` and the others: make the checkpoints that ship."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from adlab.cli import console, options, train_focal, train_funnel, train_m2fn, train_relevance, train_vision

GROUP_HELP = """Train a checkpoint that ships.

A training is seeded, keeps its state after every epoch, and goes on where it was stopped when the same command is
given again. It ends with a checkpoint folder whose card holds the command, the seed and the measures."""
REFERENCE_HELP = """Score the simulated reference ads with every shipped head.

The ads of the reference set that train focal-sim wrote are drawn again and scored; quantiles of the scores are stored
in the set, so that every head's percentile can be taken among the same ads. Give it again after any training."""
REFERENCE_EPILOG = """Output: the reference set in models/, written anew.

\b
Exit codes:
  0    scored and written
  2    there is no such reference set, or a checkpoint is not intact

\b
Examples:
  python -m adlab train reference
  python -m adlab train reference reference-simulated --device cpu
"""


def app() -> typer.Typer:
    """The group of `train`."""
    group = typer.Typer(help=GROUP_HELP, no_args_is_help=True, rich_markup_mode=None)
    commands: tuple[tuple[str, Callable[..., int], str, str], ...] = (
        ("vision", train_vision.vision, train_vision.HELP, train_vision.EPILOG),
        ("agreement", train_focal.agreement, train_focal.AGREEMENT_HELP, train_focal.AGREEMENT_EPILOG),
        ("focal", train_focal.focal, train_focal.FOCAL_HELP, train_focal.FOCAL_EPILOG),
        ("focal-sim", train_focal.focal_sim, train_focal.FOCAL_SIM_HELP, train_focal.FOCAL_SIM_EPILOG),
        ("appeal", train_m2fn.appeal, train_m2fn.APPEAL_HELP, train_m2fn.APPEAL_EPILOG),
        ("ctr", train_m2fn.ctr, train_m2fn.CTR_HELP, train_m2fn.CTR_EPILOG),
        ("relevance", train_relevance.relevance, train_relevance.HELP, train_relevance.EPILOG),
        ("relevance-student", train_relevance.student, train_relevance.STUDENT_HELP, train_relevance.STUDENT_EPILOG),
        ("funnel", train_funnel.funnel, train_funnel.HELP, train_funnel.EPILOG),
        ("reference", reference, REFERENCE_HELP, REFERENCE_EPILOG),
    )
    for name, command, words, epilog in commands:
        group.command(name, help=words, epilog=epilog)(command)
    return group


def reference(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Reference set of simulated ads.")
    ] = "reference-simulated",
    device: options.Device = "auto",
) -> int:
    """Score the simulated reference ads; gives the exit code."""
    with console.waiting("Loading …"):
        from adlab.checkpoints.reference_set import SCORED
        from adlab.evaluation.reference_scores import score_reference

    with console.progress("Scoring reference ads") as advance:
        manifest = score_reference(name, device=device, progress=advance)
    console.out().print(f"{manifest.name}: holds scores of {', '.join(manifest.extras[SCORED])}.")
    return 0
