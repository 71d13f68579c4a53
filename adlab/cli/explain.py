"""`explain IMAGE`: what one score of one ad rests on, as maps, words and numbers, with a test of whether that holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from adlab.cli import console, options
from adlab.errors import ConfigError, InputError

if TYPE_CHECKING:
    from adlab.data.creative import Creative
    from adlab.features.words_in_picture import Mode
    from adlab.inference.assessor import Assessor

HELP = """Explain one score of one ad.

appeal: four maps over the picture, one a fusion step of M2FN, that say where the mean rating is raised and lowered
(Grad-CAM). relevance: the weight of every word of query and copy and of every region of the picture for one grade
(attention times gradient, rolled over the layers), and how the grade's logit adds up. With --test, parts are taken
away in the order of each explanation and in random orders: what is no better than random explains nothing."""
EPILOG = """\
\b
Output in the folder DIR:
  explanation.json   the score with interval and source, and the explanation
                     with its test, or null where none was asked for
  STEP.png           appeal: a map over the picture for conditioned, backbone,
                     attention and fusion; orange raises, blue lowers
  cells.csv          appeal: all four maps as numbers
  regions.png        relevance: the map of the regions
Its path is printed; with --json the document itself.

\b
Exit codes:
  0    explained
  2    the call or the picture cannot be used, the ad lacks something, or the
       head does not ship
  130  stopped by Ctrl-C

\b
Examples:
  python -m adlab explain ad.jpg --out why --test
  python -m adlab explain ad.jpg --title "Black cotton T-shirt" \\
      --query "orange t-shirt" --head relevance --grade bad --out why
"""
GRADES = ("bad", "fair", "good", "excellent")
SCHEMA_VERSION = 1


def run(
    image: Annotated[Path, typer.Argument(metavar="IMAGE", help="The picture.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder to write to.")],
    head: Annotated[
        Literal["appeal", "relevance"] | None,
        typer.Option(help="Score to explain.  [default: relevance with a query, else appeal]"),
    ] = None,
    title: Annotated[str, typer.Option(help="Headline.", show_default=False)] = "",
    description: Annotated[str, typer.Option(help="Body copy.", show_default=False)] = "",
    query: Annotated[str, typer.Option(help="What the viewer searched for.", show_default=False)] = "",
    seller: Annotated[str, typer.Option(help="Who sells.", show_default=False)] = "",
    brand: Annotated[str, typer.Option(help="Brand named by the ad.", show_default=False)] = "",
    grade: Annotated[
        Literal["bad", "fair", "good", "excellent"] | None,
        typer.Option(help="Grade of relevance to explain.  [default: the likeliest]"),
    ] = None,
    test: Annotated[bool, typer.Option("--test", help="Test the explanation on this ad; up to a minute.")] = False,
    ocr: options.Ocr = "auto",
    as_json: options.AsJson = False,
) -> int:
    """Explain one score; gives the exit code."""
    from adlab.data.creative import Creative
    from adlab.data.image_intake import read_image

    chosen = head or ("relevance" if query.strip() else "appeal")
    if grade is not None and chosen != "relevance":
        raise ConfigError(f"--grade is {grade!r}, but {chosen} has no grades; add --head relevance, or leave it out.")
    texts = {"title": title, "description": description, "query": query, "seller": seller, "brand": brand}
    creative = Creative(image=read_image(image), **texts)
    with console.waiting("Loading the models …"):
        from adlab.inference.assessor import Assessor

        assessor = Assessor(device="cpu", words=ocr)
        assessor.check_heads([chosen])
    with console.waiting("Explaining …"):
        assessment = assessor.assess(creative, [chosen])
        result = assessment.head(chosen)
        if result is None:
            raise InputError(f"{chosen} cannot be explained: {assessment.not_scored[chosen]}")
        out.mkdir(parents=True, exist_ok=True)
        number = None if grade is None else GRADES.index(grade)
        found = (
            _appeal(assessor, creative, out, ocr, test=test)
            if chosen == "appeal"
            else _relevance(assessor, creative, out, number, test=test)
        )
    whole = {"schema_version": SCHEMA_VERSION, "assessment": assessment.to_dict(), "explanation": found}
    text = json.dumps(whole, indent=2, ensure_ascii=False)
    (out / "explanation.json").write_text(text + "\n", encoding="utf-8")
    typer.echo(text if as_json else out / "explanation.json")
    return 0


def _appeal(assessor: Assessor, creative: Creative, out: Path, ocr: Mode, *, test: bool) -> dict[str, Any]:
    from adlab.explain import heat
    from adlab.explain.appeal_maps import appeal_maps, deletions
    from adlab.explain.plain import plain_maps
    from adlab.features.words_in_picture import words_of_all

    head, image = assessor.appeal, creative.image
    assert head is not None  # the head ships
    assert image is not None  # and has scored the picture
    words = words_of_all([creative], ocr)[0].text
    maps = appeal_maps(head, image, words)
    for each in maps:
        drawn = heat.overlay(image.pixels, each.values, heat.common_scale([each.values]))
        (out / f"{each.step}.png").write_bytes(heat.png(drawn))
    heat.cell_table(maps).to_csv(out / "cells.csv", index=False)
    return {
        "head": "appeal",
        "target": "mean rating",
        "words_in_picture": words,
        "maps": plain_maps(maps, deletions(head, image, words, maps) if test else {}),
    }


def _relevance(assessor: Assessor, creative: Creative, out: Path, grade: int | None, *, test: bool) -> dict[str, Any]:
    from adlab.explain import heat
    from adlab.explain.pair_explanation import explain_pair
    from adlab.explain.perturbation import perturb
    from adlab.explain.plain import plain_pair
    from adlab.explain.region_map import over_picture, region_map

    head, image = assessor.relevance, creative.image
    assert head is not None  # the head ships
    explained = explain_pair(head, creative, grade=grade)
    if explained.cells is not None and image is not None:
        drawn = over_picture(image.pixels, region_map(head, image, explained.cells, "regions"))
        (out / "regions.png").write_bytes(heat.png(drawn))
    temperature = head.settings.temperatures[explained.mode.value]
    found = perturb(head.network, explained, temperature) if test else ()
    return {"head": "relevance", "target": GRADES[explained.grade], **plain_pair(explained, found)}
