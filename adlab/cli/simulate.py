"""`simulate`: ads with planted causes, and the log of their impressions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from adlab.cli import console, options
from adlab.errors import ConfigError

if TYPE_CHECKING:
    from adlab.simulator.simulation import Simulation

HELP = """Simulate ads and their responses.

Every ad has planted causes: what picture and copy share (agreement, appeal), what only the picture shows (contrast,
clutter, button, background, place of the words, invitation), what only the copy says (urgency, length,
specificity). Clicks and conversions follow from them and from who sees the ad, when and where, by one documented
table of coefficients, so the best that any model can reach is known: it stands in the manifest.

The same call gives the same files. A stopped call goes on where it was when it is given again; a finished folder is
left as it is. The rates --ctr and --cvr hold for the whole simulated world: few ads differ from it by chance."""
EPILOG = """\b
Output: the folder --out with
  manifest.json  settings, coefficients, share of each group of causes in the
                 variance of the log-odds, ceilings of AUC and SPRC, counts
  ads.parquet    one row an ad: table contract, causes (cause_…), true rates
                 (true_…); it can be scored as it is
  log/           part-00000.parquet, … in order of time: ad_id, user_id, date,
                 gender, age_band, month, weekday, hour, position,
                 impressions, clicks, conversions. With --aggregate one row
                 an ad and context, without users and days
  images/        with --images: the pictures that the column image names.
                 Without, an ad's picture can be drawn from its ad_id at any
                 time
With --unseen-share both tables have the column split: test, dev (half as
many) or train, by ad.

\b
Coefficients are named by outcome, factor and, where it has levels, level:
click.appeal, convert.specificity, click.background.blue, click.hour.9-11,
click.text_position_age.top. --drift also takes click.base and convert.base.

\b
Exit codes:
  0    written; a time budget that ended it early is said
  2    the call cannot be used, or the folder holds something else
  130  stopped by Ctrl-C; what was written is kept

\b
Examples:
  python -m adlab simulate --ads 2000 --impressions 1000000 --out sim
  python -m adlab simulate --ads 3747 --impressions 500000000 --aggregate \\
      --unseen-share 0.2 --images --size 300x250 --out like-real-ad
  python -m adlab simulate --ads 500 --impressions 200000 --out drifting \\
      --set click.appeal=1.5 --drift click.base=-0.5
"""
PAIR = "NAME=VALUE"


def run(
    ads: Annotated[int, typer.Option(min=1, metavar="N", help="Number of ads, 1 or more.")],
    impressions: Annotated[int, typer.Option(min=1, metavar="M", help="Impressions of all ads together, 1 or more.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder to write: new, empty, or to go on with.")],
    seed: options.Seed = 0,
    aggregate: Annotated[
        bool, typer.Option("--aggregate", help="One row an ad and context, not one an impression.")
    ] = False,
    contexts_per_ad: Annotated[
        int, typer.Option(min=1, metavar="N", help="Contexts of an ad with --aggregate, 1 or more.")
    ] = 50,
    images: Annotated[
        bool, typer.Option("--images/--no-images", help="Write the pictures; they need far more time than the log.")
    ] = False,
    size: Annotated[
        str, typer.Option(metavar="FORMAT", help="1:1, 4:5, 9:16, 300x250, 728x90, or any width and height.")
    ] = "1:1",
    image_format: Annotated[
        Literal["jpeg", "png"], typer.Option(help="Files of the pictures; JPEG has quality 90.")
    ] = "jpeg",
    ctr: Annotated[float, typer.Option(metavar="SHARE", help="Clicks per impression, between 0 and 1.")] = 0.04,
    cvr: Annotated[float, typer.Option(metavar="SHARE", help="Conversions per click, between 0 and 1.")] = 0.08,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar=PAIR, help="A coefficient in log-odds; can be repeated."),
    ] = None,
    drift: Annotated[
        list[str] | None,
        typer.Option(metavar=PAIR, help="Growth of a coefficient from first day to last; can be repeated."),
    ] = None,
    unseen_share: Annotated[
        float, typer.Option(metavar="SHARE", help="Share of the ads in the split test, 0 to 0.6.")
    ] = 0.0,
    budget_minutes: Annotated[
        float | None,
        typer.Option(
            metavar="MINUTES", help="Stop after this time, above 0; the same call goes on.  [default: no limit]"
        ),
    ] = None,
) -> int:
    """Simulate; gives the exit code."""
    budget = options.check_budget(budget_minutes)
    values, drifts = pairs("--set", settings or ()), pairs("--drift", drift or ())
    with console.waiting("Loading …"):
        from adlab.simulator.settings import SimulationSettings
        from adlab.simulator.simulation import simulate

    how = SimulationSettings(
        ads=ads,
        impressions=impressions,
        seed=seed,
        aggregate=aggregate,
        contexts_per_ad=contexts_per_ad,
        images=images,
        size=size_of(size),
        image_format=image_format,
        ctr=ctr,
        cvr=cvr,
        coefficients=values,
        drift=drifts,
        unseen_share=unseen_share,
    )
    with console.progress("Simulating") as advance:
        done = simulate(how, out, progress=advance, budget_minutes=budget)
    console.out().print(summary(done), soft_wrap=True)
    return 0


def pairs(option: str, given: Sequence[str]) -> dict[str, float]:
    """Names and numbers of `--set` and `--drift`.

    Raises:
        ConfigError: A text is no assignment of a number, or names something twice.
    """
    values: dict[str, float] = {}
    for text in given:
        name, equals, number = (part.strip() for part in text.partition("="))
        if not equals or not name:
            raise ConfigError(f"{option} is {text!r}; give name=value, for example click.appeal=1.5.")
        if name in values:
            raise ConfigError(f"{option} names {name!r} twice; give it once.")
        try:
            values[name] = float(number)
        except ValueError:
            raise ConfigError(f"{option} gives {name} the value {number!r}; give a number of log-odds.") from None
    return values


def size_of(text: str) -> tuple[int, int]:
    """Width and height in pixels, of a named format or of a text like "300x250".

    Raises:
        ConfigError: It is neither.
    """
    from adlab.simulator.formats import FORMATS

    if text in FORMATS:
        return FORMATS[text]
    if (sides := re.fullmatch(r"(\d+)[x×](\d+)", text)) is None:
        raise ConfigError(f"--size is {text!r}; give one of {', '.join(FORMATS)}, or width and height like 320x180.")
    return int(sides[1]), int(sides[2])


def summary(done: Simulation) -> str:
    """What lies in the folder, in a few lines."""
    if not done.finished:
        return f"{done.folder}: {done.done} of {done.steps} steps done; give the same command to go on."
    counts, ceilings = done.manifest["counts"], done.manifest["ceilings"]
    cvr = "–" if counts["cvr"] is None else f"{counts['cvr']:.2%}"
    lines = [
        f"{done.folder}: {'was finished already, nothing was done' if done.already else 'finished'}.",
        f"  {counts['ads']:,} ads, {counts['rows']:,} rows, {counts['impressions']:,} impressions, "
        f"{counts['clicks']:,} clicks (CTR {counts['ctr']:.2%}), {counts['conversions']:,} conversions (CVR {cvr}).",
        f"  Best possible AUC: CTR {ceilings['ctr_auc']:.3f}, CVR {ceilings['cvr_auc']:.3f}, "
        f"CTCVR {ceilings['ctcvr_auc']:.3f}.",
    ]
    return "\n".join(lines)
