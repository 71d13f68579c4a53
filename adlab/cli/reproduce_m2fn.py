"""`reproduce m2fn`: M2FN's tables on rated ads and on a simulated log."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from adlab.cli import console, options

HELP = """Reproduce the tables of M2FN, on rated ads and on a simulated log.

Rated ads: cross-validated by ad, M2FN against every baseline, the ablations of modules and of attributes, and where
conditional batch norm helps. Simulated log: Tables 4, 5, 7 and 8 beside the paper's, against the known ceiling. A
stopped run goes on where it was when the same command is given again."""
EPILOG = """\
Output: m2fn.md in the folder --out, with the numbers of each half in m2fn/; its
path is printed. The report is written anew from the halves measured so far.

\b
Exit codes:
  0    the report is written
  2    the call cannot be used, or the data are missing
  130  stopped by Ctrl-C

\b
Examples:
  python -m adlab reproduce m2fn
  python -m adlab reproduce m2fn --part real --data ../shared/data/bad-ads

\b
Nearer to the paper's size, on a GPU (the simulated half):
  python -m adlab reproduce m2fn --part simulated --preset paper \\
      --device cuda --image-size 224 --ads 30000 --rows 250000 \\
      --epochs 100 --pixel-epochs 0
"""


def m2fn(
    part: Annotated[Literal["real", "simulated", "all"], typer.Option(help="Which half to measure.")] = "all",
    data: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="The bad-ads folder, for rated ads.  [default: bad-ads in ADLAB_DATA]"),
    ] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder of the report.")] = Path("docs/reproduction"),
    seed: options.Seed = 0,
    ads: Annotated[int, typer.Option(min=20, metavar="N", help="Simulated ads, 20 or more.")] = 1600,
    rows: Annotated[
        int, typer.Option(min=20, metavar="N", help="Rows of the simulated log, as many as ads or more.")
    ] = 6400,
    image_size: Annotated[
        int, typer.Option(min=64, metavar="PX", help="Side of simulated ads, a multiple of 32.")
    ] = 96,
    epochs: Annotated[int, typer.Option(min=1, metavar="N", help="Passes over the simulated log.")] = 8,
    pixel_epochs: Annotated[
        int,
        typer.Option(min=0, metavar="N", help="Further passes, with low-level fusion; 0 trains it from the start."),
    ] = 1,
    seeds: Annotated[int, typer.Option(min=1, metavar="N", help="Trainings of M2FN and NIMA on it.")] = 3,
    preset: Annotated[
        Literal["compact", "paper"], typer.Option(help="Network on the simulated log: the shipped kind, or Table 3's.")
    ] = "compact",
    budget_minutes: options.Budget = None,
    device: options.Device = "auto",
) -> int:
    """Reproduce M2FN; gives the exit code."""
    budget = options.check_budget(budget_minutes)
    halves = ("real", "simulated") if part == "all" else (part,)
    folder = options.data_folder(data, "bad-ads") if "real" in halves else None
    with console.waiting("Loading …"):
        from adlab.evaluation.m2fn import reproduce_m2fn
        from adlab.evaluation.m2fn_settings import M2FNReproduction
        from adlab.evaluation.m2fn_simulated_study import SimulatedStudy

    study = SimulatedStudy(
        ads=ads,
        rows=rows,
        image_size=image_size,
        epochs=epochs,
        pixel_epochs=pixel_epochs,
        seeds=seeds,
        preset=preset,
    )
    how = M2FNReproduction(data=folder, out=out, seed=seed, budget_minutes=budget, device=device, simulated=study)
    with console.progress("Measuring") as advance:
        report = reproduce_m2fn(how, halves, advance)
    typer.echo(f"Report: {report}")
    return 0
