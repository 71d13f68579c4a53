"""What the commands of `train` share: options, the words on exit codes, and the measures at the end."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from adlab.cli import console

if TYPE_CHECKING:
    from adlab.checkpoints.manifest import Manifest

CODES = """Output: the checkpoint folder --out; its measures are printed.

\b
Exit codes:
  0    trained and written; a time budget that ends a training early is said
       on the card
  2    the call cannot be used, the data are missing, or encoder weights
       cannot be had
  130  stopped by Ctrl-C; the state of the last epoch is kept

"""
Out = Annotated[Path | None, typer.Option(metavar="DIR", help="Checkpoint folder to write.  [default: in models/]")]
Run = Annotated[
    Path | None,
    typer.Option(
        "--run", metavar="DIR", help="Folder of the training's state, to resume from.  [default: in the cache]"
    ),
]
Models = Annotated[int, typer.Option(min=1, metavar="N", help="Models in the ensemble, 1 or more.")]
Networks = Annotated[int, typer.Option(min=1, metavar="N", help="Networks in the ensemble, 1 or more.")]
PairFolders = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Folder with flickr8k/ and fashion/.  [default: ADLAB_DATA]")
]

How = TypeVar("How")


def given(**values: Any) -> dict[str, Any]:
    """The values that are not None, so that a configuration keeps its own default where an option was left out."""
    return {name: value for name, value in values.items() if value is not None}


def carry_out(
    words: str, train: Callable[[How, Callable[[int, int], None], str], Manifest], how: How, context: typer.Context
) -> int:
    """Train, write the checkpoint and say what was measured; gives the exit code.

    Args:
        words: What the bar counts.
        train: Takes what to do, what to tell of progress, and the command line for the card.
        how: What to do.
        context: Of the command.
    """
    with console.progress(words) as advance:
        manifest = train(how, advance, context.find_root().obj)
    summary(manifest)
    return 0


def summary(manifest: Manifest) -> None:
    """The measures that were taken, one a line."""
    from adlab.cli.models import measure_words

    lines = [f"{manifest.name}: trained in {manifest.training.minutes:.0f} minutes."]
    lines += [f"  {measure_words(measure)}" for measure in manifest.measures]
    console.out().print("\n".join(lines), soft_wrap=True)
