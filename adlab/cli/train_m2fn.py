"""`train appeal` and `ctr`: M2FN on rated web ads, or on a simulated log of clicks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from adlab.cli import console, options, training_options

APPEAL_HELP = """Train M2FN on rated web ads and its reference set: the head appeal.

An ensemble reads the picture, its shape and the words in it (OCR) and states how people would rate the ad, 1 to 7. It
is measured and calibrated by cross-validation; what ships is trained on all ads."""
CTR_HELP = """Train M2FN on a simulated log of clicks: the head ctr.

Ads with planted causes are drawn; their clicks follow from the planted response to ad, audience, time and slot. An
ensemble reads picture, dominant colour, copy, the words in the picture and the context. No data set is needed. The test
ads are those of the reference set that train focal-sim wrote, which takes up quantiles of the scores."""
APPEAL_EPILOG = f"""{training_options.CODES}\b
Examples:
  python -m adlab train appeal
  python -m adlab train appeal --data ../shared/data/bad-ads --seed 1 \\
      --out models/appeal-other
"""
CTR_EPILOG = f"""{training_options.CODES}\b
Examples:
  python -m adlab train ctr
  python -m adlab train ctr --members 3 --budget-minutes 5
"""


def appeal(
    context: typer.Context,
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The bad-ads folder.  [default: bad-ads in ADLAB_DATA]")
    ] = None,
    out: training_options.Out = None,
    members: training_options.Networks = 5,
    seed: options.Seed = 0,
) -> int:
    """Train M2FN on rated ads; gives the exit code."""
    folder = options.data_folder(data, "bad-ads")
    with console.waiting("Loading …"):
        from adlab.training.appeal import AppealRun, train_appeal

    how = AppealRun(data=folder, members=members, seed=seed, **training_options.given(out=out))
    with console.progress("Reading words in pictures") as advance, console.progress("Cross-validating") as fold:
        manifest = train_appeal(how, advance, fold, context.find_root().obj)
    training_options.summary(manifest)
    return 0


def ctr(
    context: typer.Context,
    out: training_options.Out = None,
    members: training_options.Networks = 5,
    run: training_options.Run = None,
    seed: options.Seed = 0,
    budget_minutes: options.Budget = None,
) -> int:
    """Train M2FN on a simulated log of clicks; gives the exit code."""
    budget = options.check_budget(budget_minutes)
    with console.waiting("Loading …"):
        from adlab.training.ctr import CtrRun, train_ctr

    how = CtrRun(members=members, run=run, seed=seed, budget_minutes=budget, **training_options.given(out=out))
    return training_options.carry_out("Drawing and looking at ads", train_ctr, how, context)
