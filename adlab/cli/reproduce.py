"""`reproduce focal` and its like for the other papers, and `simulator`: generated reports, or our own proof."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from adlab.cli import console, options, reproduce_adscvlr, reproduce_cl4cvr, reproduce_m2fn

HELP = """Reproduce the tables and figures of FOCAL Ad on Flickr8k.

Table 1 side by side with ours over several seeds with intervals, the noise sweep, collapse measures, linear probes
of each space, the paper's loss against the full one, and the figures. The report says which encoders were used.
A stopped run goes on where it was when the same command is given again."""
EPILOG = """\
Output: focal.md in the folder --out with its figures; its path is printed. The report is generated from the run.

\b
Exit codes:
  0    the report is written
  2    the call cannot be used, the data are missing, or encoder weights
       cannot be had
  130  stopped by Ctrl-C

\b
Examples:
  python -m adlab reproduce focal
  python -m adlab reproduce focal --image-encoder resnet18 \\
      --text-encoder bert-base-uncased --seeds 10
"""
SIMULATOR_HELP = """Prove that the ad simulator does what it says.

Planted coefficients recovered by a fit, the ceiling of every task, a shortcut audit with plain models on pixels, words
and context, tests for leaks, and a contact sheet of 48 ads. Pictures once measured are kept for the next call."""
SIMULATOR_EPILOG = """\
Output: simulator.md in the folder --out and simulator/ beside it with figures,
contact sheet and numbers; the path of the report is printed.

\b
Exit codes:
  0    the report is written
  2    the call cannot be used
  130  stopped by Ctrl-C

\b
Examples:
  python -m adlab reproduce simulator
  python -m adlab reproduce simulator --ads 500 --rows 100000 --out quick
"""


def app() -> typer.Typer:
    """The group of `reproduce`."""
    group = typer.Typer(
        help="Reproduce a paper's tables, or the simulator's proof.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    group.command("focal", help=HELP, epilog=EPILOG)(focal)
    group.command("adscvlr", help=reproduce_adscvlr.HELP, epilog=reproduce_adscvlr.EPILOG)(reproduce_adscvlr.adscvlr)
    group.command("m2fn", help=reproduce_m2fn.HELP, epilog=reproduce_m2fn.EPILOG)(reproduce_m2fn.m2fn)
    group.command("cl4cvr", help=reproduce_cl4cvr.HELP, epilog=reproduce_cl4cvr.EPILOG)(reproduce_cl4cvr.cl4cvr)
    group.command("simulator", help=SIMULATOR_HELP, epilog=SIMULATOR_EPILOG)(simulator)
    return group


def focal(
    context: typer.Context,
    data: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="The Flickr8k folder.  [default: flickr8k in ADLAB_DATA]"),
    ] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder of the report.")] = Path("docs/reproduction"),
    image_encoder: options.ImageEncoder = options.IMAGE_ENCODER,
    text_encoder: options.TextEncoder = options.TEXT_ENCODER,
    seeds: Annotated[
        int, typer.Option(min=1, metavar="N", help="Number of seeds, 1 or more; the paper's intervals ask for 5.")
    ] = 5,
    budget_minutes: options.Budget = None,
    device: options.Device = "auto",
) -> int:
    """Reproduce FOCAL Ad; gives the exit code."""
    budget = options.check_budget(budget_minutes)
    folder = options.data_folder(data, "flickr8k")
    with console.waiting("Loading …"):
        from adlab.evaluation.focal import FocalReproduction, reproduce_focal

    how = FocalReproduction(
        data=folder,
        out=out,
        image_encoder=image_encoder,
        text_encoder=text_encoder,
        seeds=seeds,
        budget_minutes=budget,
        device=device,
    )
    with console.progress("Measuring") as advance:
        report = reproduce_focal(how, advance, context.find_root().obj)
    typer.echo(f"Report: {report}")
    return 0


def simulator(
    context: typer.Context,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder of the report.")] = Path("docs"),
    ads: Annotated[int, typer.Option(min=50, metavar="N", help="Ads drawn and audited, 50 or more.")] = 2000,
    rows: Annotated[
        int, typer.Option(min=10_000, metavar="N", help="Rows of each log that is fitted, 10000 or more.")
    ] = 1_000_000,
    seed: options.Seed = 0,
) -> int:
    """Prove the simulator; gives the exit code."""
    with console.waiting("Loading …"):
        from adlab.evaluation.simulator import SimulatorProof, prove_simulator

    with console.progress("Measuring") as advance:
        proof = SimulatorProof(out=out, ads=ads, rows=rows, seed=seed)
        report = prove_simulator(proof, advance, context.find_root().obj)
    typer.echo(f"Report: {report}")
    return 0
