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
"""


def m2fn(
    part: Annotated[Literal["real", "simulated", "all"], typer.Option(help="Which half to measure.")] = "all",
    data: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="The bad-ads folder, for rated ads.  [default: bad-ads in ADLAB_DATA]"),
    ] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder of the report.")] = Path("docs/reproduction"),
    seed: options.Seed = 0,
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

    how = M2FNReproduction(data=folder, out=out, seed=seed, budget_minutes=budget, device=device)
    with console.progress("Measuring") as advance:
        report = reproduce_m2fn(how, halves, advance)
    typer.echo(f"Report: {report}")
    return 0
