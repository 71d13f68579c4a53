"""`train vision`: the image encoder, distilled from an ImageNet teacher."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from adlab.cli import console, options, training_options

TEACHER = "mobilenet_v2_imagenet_tf_same.safetensors"
HELP = """Train the image encoder.

A MobileNetV2 is distilled from an ImageNet teacher and aligned with the text encoder on Flickr8k captions and
fashion titles. What the teacher and the frozen first stages put out is computed once and cached."""
EPILOG = f"""{training_options.CODES}\b
Examples:
  python -m adlab train vision
  python -m adlab train vision --budget-minutes 80 --set epochs=12
"""


def vision(
    context: typer.Context,
    teacher: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The teacher's weights, safetensors.  [default: weights/ beside --data]"),
    ] = None,
    data: training_options.PairFolders = None,
    out: training_options.Out = None,
    run: training_options.Run = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="NAME=VALUE", help="A setting of the training, such as epochs=12; can be repeated."
        ),
    ] = None,
    seed: options.Seed = 0,
    budget_minutes: options.Budget = None,
    device: options.Device = "auto",
) -> int:
    """Train the image encoder; gives the exit code."""
    budget = options.check_budget(budget_minutes)
    folder = options.data_folder(data)
    with console.waiting("Loading …"):
        from adlab.cli.settings import changed
        from adlab.training.vision import VisionTraining
        from adlab.training.vision_run import VisionRun, train_vision

    how = VisionRun(
        teacher=teacher or folder.resolve().parent / "weights" / TEACHER,
        data=folder,
        seed=seed,
        run=run,
        budget_minutes=budget,
        device=device,
        training=changed(VisionTraining(seed=seed), settings or ()),
        **training_options.given(out=out),
    )
    return training_options.carry_out("Caching pictures", train_vision, how, context)
