"""The command line: `main` runs one command and gives its exit code.

Exit codes: 0 done, 2 a call or input that cannot be used, 3 some rows have an error (`score`, `modalities`,
`project`), 130 stopped by Ctrl-C. Results go to standard output; progress, warnings and errors to standard error.
Nothing heavy is imported before a command runs.
"""

from __future__ import annotations

import shlex
import sys
import warnings
from collections.abc import Sequence
from typing import Annotated, Any, TextIO

import typer

import adlab
from adlab.cli import assess, evaluate, explain, modalities, models, project, reproduce, score, simulate, train
from adlab.errors import AdlabError

__all__ = ["main"]

PROGRAM = "python -m adlab"
UNUSABLE, INTERRUPTED = 2, 130
STOPPED = "Stopped by Ctrl-C; no result was written."
RESUME = {
    "train": " The training goes on from its last epoch when the same command is given again.",
    "simulate": " The simulation goes on where it was when the same command is given again.",
}
EPILOG = """\b
Files and folders:
  ADLAB_MODELS   folder of the checkpoints (default: models/ beside the package)
  ADLAB_DATA     folder of the public data sets (default: ../shared/data)
  ADLAB_CACHE    folder of derived data, which can be deleted at any time

\b
Exit codes:
  0    done
  2    the call or its input cannot be used; the message says why
  3    done, but some rows have an error (score, modalities, project)
  130  stopped by Ctrl-C

\b
Examples:
  python -m adlab assess ad.jpg --title "Two shoes, one price" --description "Until Sunday."
  python -m adlab score ads.csv --images pictures --out scores.csv
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: The arguments after `python -m adlab`; those of the process if not given.

    Returns:
        The exit code.
    """
    given = list(sys.argv[1:] if argv is None else argv)
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning
            code = _app()(
                args=given, prog_name=PROGRAM, standalone_mode=False, obj=shlex.join([*PROGRAM.split(), *given])
            )
    except AdlabError as error:
        typer.echo(f"Error: {error}", err=True)
        return UNUSABLE
    except typer.TyperException as error:
        typer.echo(_usage_words(error), err=True)
        return error.exit_code
    except SystemExit as stop:
        if not isinstance(stop.__context__, KeyboardInterrupt):
            raise
        code = INTERRUPTED  # how Lightning leaves on Ctrl-C
    if code == INTERRUPTED:
        typer.echo(STOPPED + RESUME.get(given[0], ""), err=True)
    return int(code or 0)


def _app() -> typer.Typer:
    settings = {"max_content_width": 100, "help_option_names": ["-h", "--help"]}
    app = typer.Typer(
        help="Assess ad creatives: how an ad is likely to do, why, and what to change.",
        epilog=EPILOG,
        add_completion=False,
        no_args_is_help=True,
        rich_markup_mode=None,
        context_settings=settings,
    )
    app.callback()(_root)
    for module in (assess, score, explain, modalities, project, models, evaluate, simulate):
        command = module.__name__.rpartition(".")[2]
        app.command(command, help=module.HELP, epilog=module.EPILOG, no_args_is_help=module is not models)(module.run)
    for name, group in (("train", train.app()), ("reproduce", reproduce.app())):
        app.add_typer(group, name=name)
    return app


def _print_version(given: bool) -> None:
    if given:
        typer.echo(f"adlab {adlab.__version__}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and stop.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """Options of the program itself."""


def _usage_words(error: typer.TyperException) -> str:
    context: Any = getattr(error, "ctx", None)
    message = error.format_message()
    if context is None or message == context.get_help():
        return message
    return f"Error: {message}\n{context.get_usage()}\nHelp: {context.command_path} --help"


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    typer.echo(f"Warning: {message}", err=True)
