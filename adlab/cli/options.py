"""Options that several commands share, and what they turn into."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from adlab.errors import ConfigError, DataUnavailableError, InputError
from adlab.paths import data_dir

Device = Annotated[
    Literal["auto", "cpu", "cuda"], typer.Option(help="Where to compute; auto takes CUDA where there is one.")
]
Table = Annotated[Path, typer.Argument(metavar="TABLE", help="Table of ads, .csv or .parquet.")]
TableOut = Annotated[Path, typer.Option(metavar="OUT", help="Table to write, .csv or .parquet.")]
Pictures = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Folder of the pictures; may be left out when no row names one."),
]
BatchSize = Annotated[int, typer.Option(min=1, metavar="N", help="Most rows a batch, 1 or more.")]
Heads = Annotated[
    str | None,
    typer.Option(metavar="A,B,…", help="Heads to score, separated by commas.  [default: every shipped head]"),
]
Ocr = Annotated[
    Literal["auto", "off", "cached"],
    typer.Option(
        help="When to read the words in pictures, for heads that need them: auto reads those not read before, "
        "cached reads none, off does without."
    ),
]
Seed = Annotated[int, typer.Option(min=0, metavar="N", help="Seed of everything drawn.")]
Budget = Annotated[
    float | None,
    typer.Option(
        metavar="MINUTES", help="Stop after this time with the best state so far, above 0.  [default: no limit]"
    ),
]
ImageEncoder = Annotated[
    str,
    typer.Option(metavar="NAME", help="A shipped image encoder, or one of torchvision; resnet18 is the paper's."),
]
TextEncoder = Annotated[str, typer.Option(metavar="NAME", help="minilm, or bert-base-uncased, the paper's.")]
IMAGE_ENCODER, TEXT_ENCODER = "vision-mobilenetv2", "minilm"
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


def heads_of(given: str | None) -> tuple[str, ...] | None:
    """The heads named by `--heads`, each once, in the order given; None where it was left out.

    Raises:
        InputError: The list is empty.
    """
    if given is None:
        return None
    names = tuple(dict.fromkeys(name.strip() for name in given.split(",") if name.strip()))
    if not names:
        raise InputError(f"--heads is {given!r}; name heads separated by commas, or leave it out for all.")
    return names


def check_budget(minutes: float | None) -> float | None:
    """The time budget.

    Raises:
        ConfigError: It is not above 0.
    """
    if minutes is not None and not minutes > 0:
        raise ConfigError(f"--budget-minutes is {minutes:g}; give a number above 0.")
    return minutes


def data_folder(given: Path | None, part: str = "") -> Path:
    """The folder given by `--data`, or `part` of the public data sets.

    Raises:
        DataUnavailableError: Neither is a folder.
    """
    public = data_dir()
    folder = given if given is not None else public / part if public else None
    if folder is None:
        raise DataUnavailableError("No data folder was found; name it with --data, or set ADLAB_DATA.")
    if not folder.is_dir():
        raise DataUnavailableError(f"There is no folder {str(folder)!r}; give another with --data.")
    return folder
