"""`reproduce adscvlr`: AdsCVLR's tables, retrieval, a simulated auction, and the faithfulness of its explanations."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from adlab.cli import console, graded_pairs, options
from adlab.errors import ConfigError

HELP = """Reproduce the tables of AdsCVLR, and test its explanations.

Tables 1 to 3: baselines and ablations on the same splits, our AUC by data set beside the paper's. Folds: what the
grades start from, cross-validated over the photos that Flickr8k's judges saw. Table 4: retrieval of photos. Table 5: an
auction replayed on simulated traffic. Faithfulness: words and regions taken away in the order of their relevance,
against random orders. The last three read the checkpoint --teacher, and relevance-student where it ships. A stopped run
goes on where it was when the same command is given again.

With --table your own graded pairs, which people judged, have a column of their own in the tables."""
EPILOG = """\
Output: adscvlr.md in the folder --out, with the numbers of each part in adscvlr/;
its path is printed. The report is written anew from the parts measured so far.

\b
Processor time with the defaults, on one core:
  tables         hours: 13 trainings of 15,000 pairs, twice, each 5 to 15 min.
  folds          2 min
  retrieval      5 min: 40,000 pairs of 200 photos; with --gallery 500, which
                 is all there are, 250,000 pairs and half an hour
  auction        minutes: 20,000 pairs
  faithfulness   minutes

\b
Exit codes:
  0    the report is written
  2    the call cannot be used, or data, a checkpoint or a CLIP that is asked
       for are missing
  130  stopped by Ctrl-C

\b
Examples:
  python -m adlab reproduce adscvlr --part retrieval
  python -m adlab reproduce adscvlr --part tables --budget-minutes 60
  python -m adlab reproduce adscvlr --part tables --pairs 2000 --seeds 1 \\
      --out quick
  python -m adlab reproduce adscvlr --part tables --table pairs.csv \\
      --images pictures --sources none --out own
"""


def adscvlr(
    part: Annotated[
        Literal["tables", "folds", "retrieval", "auction", "faithfulness", "all"], typer.Option(help="What to measure.")
    ] = "all",
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of the public data sets.  [default: ADLAB_DATA]")
    ] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder of the report.")] = Path("docs/reproduction"),
    sources: graded_pairs.Names = None,
    table: graded_pairs.Table = None,
    images: graded_pairs.Images = None,
    teacher: Annotated[
        str, typer.Option(metavar="NAME", help="Checkpoint of AdsCVLR in models/; the tables need none.")
    ] = "relevance-adscvlr",
    pairs: Annotated[int, typer.Option(min=1, metavar="N", help="Pairs of each training of the tables.")] = 15_000,
    seeds: Annotated[int, typer.Option(min=1, metavar="N", help="Trainings of each row.")] = 2,
    layers: Annotated[int, typer.Option(min=1, max=6, metavar="N", help="Blocks of the networks trained.")] = 6,
    clip: Annotated[
        str,
        typer.Option(
            metavar="FOLDER",
            help="A CLIP of transformers for CLIP's rows of the tables as well; auto: ADLAB_CLIP, or the hub's cache.",
        ),
    ] = "",
    simulated_ads: Annotated[int, typer.Option(min=1, metavar="N", help="Ads of the simulated source.")] = 10_000,
    gallery: Annotated[
        int,
        typer.Option(
            min=2, metavar="N", help="Photos of the retrieval, all with all; at most the 500 that nobody judged."
        ),
    ] = 200,
    auctions: Annotated[int, typer.Option(min=2, metavar="N", help="Simulated auctions.")] = 1_000,
    explained: Annotated[int, typer.Option(min=2, metavar="N", help="Explanations tested, of each source.")] = 60,
    seed: options.Seed = 0,
    budget_minutes: options.Budget = None,
    device: options.Device = "auto",
) -> int:
    """Reproduce AdsCVLR; gives the exit code."""
    budget = options.check_budget(budget_minutes)
    if part != "tables" and (table is not None or sources is not None):
        raise ConfigError(f"--table and --sources are for --part tables, and --part is {part}; leave them out.")
    with console.waiting("Loading …"):
        from adlab.evaluation.adscvlr import reproduce_adscvlr
        from adlab.evaluation.adscvlr_settings import PARTS, AdsCVLRReproduction

        read = graded_pairs.sources_of(data, sources, table, images)
    how = AdsCVLRReproduction(
        data=read.folder,
        sources=read.names,
        own=read.own,
        out=out,
        teacher=teacher,
        simulated_ads=simulated_ads,
        pairs=pairs,
        seeds=seeds,
        layers=layers,
        clip=clip,
        gallery=gallery,
        auctions=auctions,
        explained=explained,
        seed=seed,
        budget_minutes=budget,
        device=device,
    )
    with console.progress("Measuring") as advance:
        report = reproduce_adscvlr(how, PARTS if part == "all" else (part,), advance)
    typer.echo(f"Report: {report}")
    return 0
