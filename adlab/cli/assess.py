"""`assess IMAGE`: everything that is said about one ad."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from adlab.cli import console, options
from adlab.cli.heads import choose_heads

HELP = """Assess one ad: its picture and its copy.

IMAGE is a JPEG, PNG, WebP, GIF, BMP or TIFF file of up to 20 MB and 40 million pixels. The copy that is compared
with it is "title. description"; the query is what the viewer searched for, and is no part of the copy.

The click rate and the chain from impression to conversion depend on who sees the ad, when and where; what is not given
is averaged over."""
EPILOG = """\
Output: for each head its score with a 90 % interval, its percentile in named reference sets with their size, what
the model reads from picture and copy, where the number comes from, and what it is not. With --json exactly one
JSON document with schema_version, the same that the app and the Python package give.

\b
Exit codes:
  0    assessed; a head that lacks something says what
  2    the call or the picture cannot be used, or a head does not ship
  130  stopped by Ctrl-C

\b
Examples:
  python -m adlab assess ad.jpg --title "Two shoes, one price" \\
      --description "Running shoes, until Sunday."
  python -m adlab assess ad.png --title "A dog on the beach" --json > ad.json
"""


def run(
    image: Annotated[Path, typer.Argument(metavar="IMAGE", help="The picture.")],
    title: Annotated[str, typer.Option(help="Headline.", show_default=False)] = "",
    description: Annotated[str, typer.Option(help="Body copy.", show_default=False)] = "",
    query: Annotated[str, typer.Option(help="What the viewer searched for.", show_default=False)] = "",
    seller: Annotated[str, typer.Option(help="Who sells.", show_default=False)] = "",
    brand: Annotated[str, typer.Option(help="Brand named by the ad.", show_default=False)] = "",
    category: Annotated[str, typer.Option(help="Product category.", show_default=False)] = "",
    gender: Annotated[str | None, typer.Option(metavar="NAME", help="Of the viewer: female or male.")] = None,
    age: Annotated[float | None, typer.Option(metavar="YEARS", help="Of the viewer, years.")] = None,
    month: Annotated[int | None, typer.Option(metavar="N", help="1 to 12.")] = None,
    weekday: Annotated[int | None, typer.Option(metavar="N", help="1 (Monday) to 7.")] = None,
    hour: Annotated[int | None, typer.Option(metavar="N", help="0 to 23.")] = None,
    position: Annotated[str | None, typer.Option(metavar="SLOT", help="Slot on the page, 1 to 4.")] = None,
    heads: options.Heads = None,
    ocr: options.Ocr = "auto",
    device: options.Device = "auto",
    as_json: options.AsJson = False,
) -> int:
    """Assess one ad; gives the exit code."""
    from adlab.data.creative import Context, Creative, age_band_of
    from adlab.data.image_intake import read_image

    wanted = options.heads_of(heads)
    context = Context(
        gender=gender,
        age_band=None if age is None else age_band_of(age),
        month=month,
        weekday=weekday,
        hour=hour,
        position=position,
    )
    creative = Creative(
        image=read_image(image),
        title=title,
        description=description,
        query=query,
        seller=seller,
        brand=brand,
        category=category,
    )
    with console.waiting("Loading the models …"):
        from adlab.checkpoints.store import list_checkpoints
        from adlab.inference.assessor import Assessor

        manifests = list_checkpoints()
        chosen = choose_heads(wanted, (head for manifest in manifests.values() for head in manifest.heads))
        assessor = Assessor(device=device, words=ocr)
    with console.waiting("Assessing …"):
        assessment = assessor.assess(creative, chosen, context)
    if as_json:
        typer.echo(assessment.to_json())
        return 0
    from adlab.cli.words import describe

    limits = {name: manifest.limits for name, manifest in manifests.items()}
    notes = creative.image.notes if creative.image else ()
    console.out().print(describe(assessment, limits, notes))
    return 0
