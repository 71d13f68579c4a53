"""`project TABLE`: where ads lie on a map of a latent space, and how far the map can be trusted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from adlab.cli import ad_table, console, options
from adlab.cli.ad_table import SOME_ERRORS
from adlab.errors import TableError

if TYPE_CHECKING:
    import pandas as pd

    from adlab.projection.latent import LatentSet, MeasuredMap

SUFFIXES = (".csv", ".parquet", ".json")
ERROR, NOTES = "error", "notes"
Space = Literal["shared", "private-image", "private-text", "private"]
Method = Literal["pca", "tsne", "tsne-raw", "umap"]
HELP = """Map ads in a latent space and judge the map.

The spaces are those of a FOCAL checkpoint. TABLE is a .csv (UTF-8) or .parquet file as score takes it, or a
folder whose pictures are each an ad without copy. Every ad that has what the space needs is mapped, none is left
out; the same ads and options give the same map. Pictures and texts that rows share are encoded once and are one
point of a private space.

\b
Spaces:
  shared         what picture and copy have in common; needs both
  private-image  what only the picture says
  private-text   what only the copy says
  private        the last two on one map, two points an ad

\b
Methods:
  tsne      standardise, PCA to at most 50 columns, t-SNE (FOCAL Ad, 7.2)
  tsne-raw  t-SNE on the embeddings as they are (FOCAL Ad, 5)
  umap      UMAP
  pca       the two directions of largest variance; exact, no seed"""
EPILOG = """\b
Output: the rows in their order with the input columns as they were, then
  map_x, map_y  the place on the map; with --space private map_image_x,
                map_image_y, map_text_x and map_text_y
  cosine        of picture and copy in the shared space
  notes         what a row lacks for the space
  error         why a row cannot be read

With them come the numbers beside the map: parameters, trustworthiness, continuity, and for every space what a
cross-validated linear probe reads from it, with its 90 % interval, against chance and against an untrained
network. In JSON they stand under "numbers", otherwise in a file beside OUT that ends in .numbers.json. The label
is the column label, else whether there were conversions, else clicks.

\b
Exit codes:
  0    every row is mapped, or says in notes what it lacks
  2    the call, the table or the checkpoint cannot be used; nothing is
       written
  3    some rows have an error; all others are mapped
  130  stopped by Ctrl-C; nothing is written

\b
Examples:
  python -m adlab project ads.csv --images pictures --out map.csv
  python -m adlab project pictures --space private-image --method umap \\
      --out map.json
"""


def run(
    table: Annotated[Path, typer.Argument(metavar="TABLE", help="Table of ads, or a folder of pictures.")],
    out: Annotated[Path, typer.Option(metavar="OUT", help="File to write: .csv, .parquet or .json.")],
    images: options.Pictures = None,
    space: Annotated[Space, typer.Option(help="Which space.")] = "shared",
    method: Annotated[Method, typer.Option(help="How the map is made.")] = "tsne",
    checkpoint: Annotated[
        str | None, typer.Option(metavar="NAME", help="A FOCAL checkpoint.  [default: the first one installed]")
    ] = None,
    perplexity: Annotated[float, typer.Option(metavar="P", help="Of t-SNE, above 0.")] = 30.0,
    iterations: Annotated[int, typer.Option(min=300, metavar="N", help="Steps of t-SNE, 300 or more.")] = 1000,
    neighbours: Annotated[int, typer.Option(min=2, metavar="N", help="Of UMAP, 2 or more.")] = 15,
    seed: options.Seed = 0,
    device: options.Device = "auto",
) -> int:
    """Map a table; gives the exit code."""
    _check_output(table, out)
    ad_table.check_images(images)
    from adlab.cli.projecting import Wanted, chosen_checkpoint, project, read_ads_of

    chosen_checkpoint(checkpoint)  # before any work
    wanted = Wanted(
        checkpoint=checkpoint,
        space=space,
        method=method,
        perplexity=perplexity,
        iterations=iterations,
        neighbours=neighbours,
        seed=seed,
        device=device,
    )
    rows = read_ads_of(table, images)
    latent, made, frame = project(rows, wanted)
    _write(frame, numbers_of(latent, made, space, method), out)
    failed = int(frame[ERROR].notna().sum())
    console.out().print(_summary(out, frame, latent, made, method, failed), soft_wrap=True)
    return SOME_ERRORS if failed else 0


def numbers_of(latent: LatentSet, made: MeasuredMap, space: str, method: str) -> dict[str, Any]:
    """Everything that stands beside the map, as plain values."""
    findings = latent.findings.to_dict() if latent.findings else None
    return {
        "schema_version": 1,
        "checkpoint": latent.checkpoint,
        "sha256": latent.sha256,
        "space": space,
        "method": method,
        "map": made.to_dict(),
        "findings": findings,
    }


def _write(frame: pd.DataFrame, numbers: dict[str, Any], out: Path) -> None:
    from adlab.data.table import write_table

    if out.suffix.lower() == ".json":
        rows = json.loads(frame.to_json(orient="records"))
        _write_text(json.dumps({"numbers": numbers, "rows": rows}, indent=1, ensure_ascii=False) + "\n", out)
        return
    _write_text(json.dumps(numbers, indent=2, ensure_ascii=False) + "\n", out.with_suffix(".numbers.json"))
    write_table(frame, out)


def _write_text(text: str, out: Path) -> None:
    partial = out.with_name(f".{out.name}.part")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        partial.write_text(text, encoding="utf-8")
        partial.replace(out)
    except OSError as error:
        raise TableError(f"{out.name} cannot be written ({error}); check the folder.") from error
    finally:
        partial.unlink(missing_ok=True)


def _check_output(table: Path, out: Path) -> None:
    """Refuse before any work what would fail after it."""
    if out.suffix.lower() not in SUFFIXES:
        raise TableError(f"--out is {str(out)!r}; name a file that ends in {', '.join(SUFFIXES)}.")
    if out.is_dir():
        raise TableError(f"--out is {str(out)!r}, a folder; name a file in it.")
    if out.resolve() == table.resolve():
        raise TableError(f"--out is the input table {str(table)!r}; name another file, the input is never overwritten.")


def _summary(out: Path, frame: pd.DataFrame, latent: LatentSet, made: MeasuredMap, method: str, failed: int) -> str:
    notes = int(frame[NOTES].notna().sum())
    parts = [f"{len(made.coordinates):,} points"]
    parts += [f"{notes:,} rows with notes"] if notes else []
    parts += [f"{failed:,} with an error"] if failed else []
    lines = [f"{out}: {len(frame):,} rows, {', '.join(parts)}."]
    settings = ", ".join(f"{name} {value}" for name, value in made.parameters.items())
    lines.append(f"  {method} by {latent.checkpoint}: {settings}")
    if made.quality is not None:
        q = made.quality
        lines.append(
            f"  trustworthiness {q.trustworthiness:.3f}, continuity {q.continuity:.3f} "
            f"({q.neighbours} neighbours, {q.measured:,} points measured)"
        )
    for answer in latent.findings.answers if latent.findings else ():
        what = f"  {answer.target} in {answer.space}: "
        if answer.probe is None:
            lines.append(what + answer.reason)
            continue
        p = answer.probe
        beside = "" if p.untrained is None else f", untrained {100 * p.untrained:.1f} %"
        lines.append(
            f"{what}probe {100 * p.accuracy:.1f} % [{100 * p.low:.1f}, {100 * p.high:.1f}], "
            f"chance {100 * p.chance:.1f} %{beside}"
        )
    return "\n".join(lines)
