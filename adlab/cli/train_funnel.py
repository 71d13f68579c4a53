"""`train funnel`: from impression to click to conversion, on the simulated log or on a user's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

from adlab.cli import console, options, training_options
from adlab.errors import ConfigError

if TYPE_CHECKING:
    from adlab.cli.console import Advance
    from adlab.data.ad_rows import AskedRole
    from adlab.training.funnel_ads import AdLog

HELP = """Train ESMM with the contrastive task of CL4CVR: the head funnel.

Without --log ads with planted causes are drawn and shown to simulated viewers; no data set is needed. The test ads are
those of the reference set that train focal-sim wrote, which takes up quantiles of the scores; how one network with and
one without the contrastive task see them is kept for the page Latent space.

With --log the table is your own: a row an impression or a group of them, with impressions, clicks and conversions (or
click, conversion and, for rows that stand for several, weight), and what you have of ad_id, image, title, description,
seller, brand, category, gender, age_band, month, weekday, hour, position. Parts are made by ad (or by the column
split), so that all measures are those of new ads. Ids of ads, users and campaigns are no features, because a new ad has
none that the log knows.

A further column becomes a feature with --role: sparse for one level a row (device=sparse), dense for a number
(bid=dense), multi for several levels in a cell, separated by | (interests=multi), hashed for a column of very many
levels. score reads these columns of its table; where it lacks one, or knows a level not at all, the column counts as
missing (a number: as the mean), which the networks met while training. Columns that are left out are named.

Logs of public layouts are read as they are (--layout): ali-ccp (a folder with sample_skeleton_… and common_features_…),
cl4cvr (lines of click, conversion and slots), hillstrom, facebook (KAG_conversion_data.csv, its counts as weights) and
simulated (a folder that simulate has written: its log, its ads and, where it has them, its pictures). A layout that
cannot be mistaken is found, and said. A checkpoint learned from a simulated log is labelled so, and score takes it only
where no other serves the head (ADLAB_MODELS).

A Parquet log of more than 2,000,000 rows, or a folder of Parquet files, is read piece by piece: the rows of the ads
that are trained on are kept in the cache and streamed from there, and of each other part at most 200,000 rows, drawn at
random, are measured on. Memory then grows with the number of ads, not with that of rows.

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
  python -m adlab train funnel --log log.csv --role device=sparse \\
      --role bid=dense
  python -m adlab train funnel --log sim --out models/funnel-sim
"""


def funnel(
    context: typer.Context,
    log: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="Your own log, .csv, .parquet or a folder.  [default: a simulated one]"),
    ] = None,
    layout: Annotated[
        Literal["contract", "ali-ccp", "cl4cvr", "hillstrom", "facebook", "simulated"] | None,
        typer.Option(help="Layout of --log.  [default: that of the table contract, unless another is unmistakable]"),
    ] = None,
    role: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=ROLE", help="A column of --log as a feature: sparse, dense, multi or hashed; can be repeated."
        ),
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
    if log is None and (layout is not None or role):
        raise ConfigError("--layout and --role are for a log of your own; name it with --log.")
    roles = roles_of(role or ())
    with console.waiting("Loading …"):
        from adlab.paths import models_dir
        from adlab.training.funnel import train_funnel
        from adlab.training.funnel_members import OWN, REFERENCE, TRAINING, FunnelTrain
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
            found = _own(log, layout or _found_layout(log), roles, images, advance)
        else:
            collection = FunnelCollection() if ads is None else FunnelCollection(train=ads)
            found = simulated_ad_log(collection, progress=advance)
    with console.progress("Training") as advance:
        manifest = train_funnel(how, found, advance, context.find_root().obj)
    training_options.summary(manifest)
    return 0


def roles_of(given: Sequence[str]) -> dict[str, AskedRole]:
    """Columns and roles of `--role`; whether there are such is told where the log is read.

    Raises:
        ConfigError: A text is no NAME=ROLE, or names a column twice.
    """
    roles: dict[str, AskedRole] = {}
    for text in given:
        name, equals, role = (part.strip() for part in text.rpartition("="))
        if not (name and equals and role):
            raise ConfigError(f"--role is {text!r}; give a column and its role, such as device=sparse.")
        if name in roles:
            raise ConfigError(f"--role names {name!r} twice; give each column one role.")
        roles[name] = cast("AskedRole", role)
    return roles


def _own(log: Path, layout: str, roles: dict[str, AskedRole], images: Path | None, advance: Advance) -> AdLog:
    """The log; what is to be said of how it was read is said."""
    from adlab.training.funnel_own import own_ad_log

    found = own_ad_log(log, layout=layout, roles=roles, images=images, progress=advance)
    for note in found.notes:
        console.err().print(note, soft_wrap=True)
    return found


def _found_layout(log: Path) -> str:
    """The layout of a log, said where it is not that of the table contract."""
    from adlab.data.log_layouts import CONTRACT, layout_of

    layout = layout_of(log)
    if layout != CONTRACT:
        console.err().print(f"{log.name} is read in the layout {layout!r}; --layout says otherwise.", soft_wrap=True)
    return layout
