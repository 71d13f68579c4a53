"""`reproduce cl4cvr`: CL4CVR's variants on a simulated log, under sparsity and on real rows; and speed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from adlab.cli import console, options

HELP = """Reproduce the comparisons of CL4CVR, on a simulated log and on real rows.

Simulated log: ESMM, embedding masking, its rivals, FNE, SPI and all of it, against the known ceiling, with paired
intervals, both readings of the masks, with and without creative features; then the gain against the number of
conversions. Exposure: a log of many ids with few rows each, where networks overfit. Hillstrom mailing: cross-validated
against plain and multi-task baselines. Throughput: what a row costs as the log grows. A stopped run goes on where it
was when the same command is given again."""
EPILOG = """\
Output: cl4cvr.md in the folder --out, with the numbers of each part in cl4cvr/;
its path is printed. The report is written anew from the parts measured so far.

\b
Exit codes:
  0    the report is written
  2    the call cannot be used, or the data or a checkpoint are missing
  130  stopped by Ctrl-C

\b
Examples:
  python -m adlab reproduce cl4cvr
  python -m adlab reproduce cl4cvr --part hillstrom --data hillstrom.csv.gz
  python -m adlab reproduce cl4cvr --part simulated --impressions 200000 \\
      --ads 500 --seeds 2 --side-seeds 1 --no-creatives --out quick
"""


def cl4cvr(
    part: Annotated[
        Literal["simulated", "sparsity", "exposure", "hillstrom", "throughput", "all"],
        typer.Option(help="What to measure."),
    ] = "all",
    data: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="The Hillstrom file or its folder.  [default: hillstrom in ADLAB_DATA]"),
    ] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder of the report.")] = Path("docs/reproduction"),
    seed: options.Seed = 0,
    ads: Annotated[int, typer.Option(min=20, metavar="N", help="Simulated ads, 20 or more.")] = 2000,
    impressions: Annotated[
        int, typer.Option(min=2000, metavar="N", help="Impressions of the simulated log, 2000 or more.")
    ] = 2_000_000,
    side_rows: Annotated[
        int, typer.Option(min=1, metavar="N", help="Most training rows of tuning, rivals and sparsity.")
    ] = 500_000,
    seeds: Annotated[int, typer.Option(min=1, metavar="N", help="Trainings of each main variant.")] = 5,
    side_seeds: Annotated[int, typer.Option(min=1, metavar="N", help="Trainings of each rival and share.")] = 3,
    creatives: Annotated[
        bool, typer.Option(help="Whether networks see the ads' frozen vectors, or know them by ids alone.")
    ] = True,
    throughput_rows: Annotated[
        int, typer.Option(min=1, metavar="N", help="Rows of the largest log that is only timed.")
    ] = 10_000_000,
    repeats: Annotated[int, typer.Option(min=1, metavar="N", help="Draws of Hillstrom's five folds.")] = 3,
    budget_minutes: options.Budget = None,
) -> int:
    """Reproduce CL4CVR; gives the exit code."""
    budget = options.check_budget(budget_minutes)
    parts = ("simulated", "sparsity", "exposure", "hillstrom", "throughput") if part == "all" else (part,)
    table = None
    if "hillstrom" in parts:
        table = data if data is not None and data.is_file() else options.data_folder(data, "hillstrom")
    with console.waiting("Loading …"):
        from adlab.evaluation.cl4cvr import reproduce_cl4cvr
        from adlab.evaluation.cl4cvr_settings import CL4CVRReproduction, FunnelStudy

    study = FunnelStudy(
        ads=ads,
        impressions=impressions,
        side_rows=side_rows,
        seeds=seeds,
        side_seeds=side_seeds,
        creatives=creatives,
        throughput_rows=throughput_rows,
    )
    how = CL4CVRReproduction(data=table, out=out, seed=seed, budget_minutes=budget, study=study, repeats=repeats)
    with console.progress("Measuring") as advance:
        report = reproduce_cl4cvr(how, parts, advance)
    typer.echo(f"Report: {report}")
    return 0
