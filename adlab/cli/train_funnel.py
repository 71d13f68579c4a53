"""`train funnel`: from impression to click to conversion, on the simulated log or on a user's own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from adlab.cli import console, options, training_options
from adlab.errors import ConfigError

HELP = """Train ESMM with the contrastive task of CL4CVR: the head funnel.

Without --log ads with planted causes are drawn and shown to simulated viewers; no data set is needed. The test ads are
those of the reference set that train focal-sim wrote, which takes up quantiles of the scores; how one network with and
one without the contrastive task see them is kept for the page Latent space.

With --log the table is your own: a row an impression or a group of them, with impressions, clicks and conversions, and
what you have of ad_id, image, title, description, seller, brand, category, gender, age_band, month, weekday, hour,
position. Parts are made by ad (or by the column split), so that all measures are those of new ads. Ids of ads, users
and campaigns are no features, because a new ad has none that the log knows.

The contrastive task is left out where it lowers the ranking of conversions on ads kept for this decision; the card
holds both numbers."""
EPILOG = """Output: the checkpoint folder --out; its measures are printed.

\b
Exit codes:
  0    trained and written
  2    the call or the log cannot be used: too few ads or conversions, say,
       and how many are needed
  130  stopped by Ctrl-C; networks that were finished are kept

\b
Examples:
  python -m adlab train funnel
  python -m adlab train funnel --log log.csv --images pictures
  python -m adlab train funnel --log log.parquet --no-contrast \\
      --out models/funnel-spring
"""


def funnel(
    context: typer.Context,
    log: Annotated[
        Path | None, typer.Option(metavar="TABLE", help="Your own log, .csv or .parquet.  [default: a simulated one]")
    ] = None,
    images: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of the pictures that --log names.")] = None,
    ads: Annotated[
        int | None,
        typer.Option(min=20, metavar="N", help="Simulated ads to train on.  [default: 2800]"),
    ] = None,
    no_contrast: Annotated[bool, typer.Option("--no-contrast", help="Leave out the contrastive task.")] = False,
    out: training_options.Out = None,
    members: training_options.Networks = 5,
    run: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Folder of the networks already trained.  [default: in the cache]"),
    ] = None,
    seed: options.Seed = 0,
    budget_minutes: options.Budget = None,
) -> int:
    """Train the funnel; gives the exit code."""
    budget = options.check_budget(budget_minutes)
    if log is not None and ads is not None:
        raise ConfigError("--ads is for simulated ads and --log for your own; give one of the two.")
    if images is not None and log is None:
        raise ConfigError("--images is given without --log; the simulated ads are drawn.")
    with console.waiting("Loading …"):
        from adlab.paths import models_dir
        from adlab.training.funnel import train_funnel
        from adlab.training.funnel_members import OWN, REFERENCE, TRAINING, FunnelTrain
        from adlab.training.funnel_own import own_ad_log
        from adlab.training.funnel_simulated import FunnelCollection, simulated_ad_log

    how = FunnelTrain(
        out=out or models_dir() / OWN if log is not None else out or FunnelTrain().out,
        reference="" if log is not None else REFERENCE,
        training=replace(TRAINING, contrast=None) if no_contrast else TRAINING,
        members=members,
        seed=seed,
        budget_minutes=budget,
        run=run,
    )
    with console.progress("Looking at ads") as advance:
        if log is not None:
            found = own_ad_log(log, images=images, progress=advance)
        else:
            collection = FunnelCollection() if ads is None else FunnelCollection(train=ads)
            found = simulated_ad_log(collection, progress=advance)
    with console.progress("Training") as advance:
        manifest = train_funnel(how, found, advance, context.find_root().obj)
    training_options.summary(manifest)
    return 0
