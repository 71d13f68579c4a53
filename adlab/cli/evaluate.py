"""`evaluate CHECKPOINT`: measure a shipped checkpoint again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from adlab.cli import console, graded_pairs, options

if TYPE_CHECKING:
    from adlab.checkpoints.manifest import Manifest, Measure

HELP = """Measure a checkpoint again, beside its card.

The numbers on a card were measured when the checkpoint was made; this takes them again on the data at hand. A
checkpoint trained on simulated ads needs no data: its test ads are drawn again. The measures of appeal-m2fn are
cross-validated: its folds are trained again, which takes minutes. So does relevance-adscvlr, which is asked about
40,000 pairs for the retrieval of 200 photos, of the 500 that nobody judged; what it says is kept in the cache.

With --table relevance is measured on your own graded pairs instead: on all of them, or on their test part where the
checkpoint has learned from such a table."""
EPILOG = """\
Output: a table with each measure, the value measured now with its 90 % interval and n, the value on the card, and
their difference; with --json a list of these. With --add the card takes up the measures that it lacks.

\b
Exit codes:
  0    measured
  2    there is no such checkpoint, it is not intact, or its data are missing
  130  stopped by Ctrl-C

\b
Examples:
  python -m adlab evaluate vision-mobilenetv2 --data ../shared/data
  python -m adlab evaluate focal-agreement --json
  python -m adlab evaluate focal-sim
  python -m adlab evaluate ctr-m2fn
  python -m adlab evaluate relevance-adscvlr --add
  python -m adlab evaluate relevance-adscvlr --table pairs.csv \\
      --images pictures
"""


def run(
    checkpoint: Annotated[str, typer.Argument(metavar="CHECKPOINT", help="A name that `models` lists.")],
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder of the public data sets.  [default: ADLAB_DATA]")
    ] = None,
    table: graded_pairs.Table = None,
    images: graded_pairs.Images = None,
    table_labels: graded_pairs.Labels = None,
    device: options.Device = "auto",
    as_json: options.AsJson = False,
    add: Annotated[
        bool, typer.Option("--add", help="Put measures that the card does not have onto it; all others stay.")
    ] = False,
) -> int:
    """Measure a checkpoint again; gives the exit code."""
    with console.waiting(f"Measuring {checkpoint} …"):
        from adlab.checkpoints.store import add_measures, load_checkpoint
        from adlab.evaluation.checkpoint import evaluate_checkpoint

        own = graded_pairs.own_of(table, images, table_labels)
        loaded = load_checkpoint(checkpoint)
        manifest = loaded.manifest
        measures = evaluate_checkpoint(checkpoint, lambda: options.data_folder(data), device, own)
        if add:
            add_measures(loaded, measures)
    if as_json:
        plain = [asdict(measure) | {"card": _on_card(manifest, measure)} for measure in measures]
        typer.echo(json.dumps(plain, indent=2, ensure_ascii=False))
    else:
        _show(manifest, measures)
    return 0


def _on_card(manifest: Manifest, measure: Measure) -> float | None:
    found = manifest.measure(measure.name)
    return found.value if found else None


def _show(manifest: Manifest, measures: Sequence[Measure]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(manifest.name), title_justify="left", box=None, pad_edge=False)
    table.add_column("measure")
    for heading in ("measured", "90 % interval", "n", "card", "difference"):
        table.add_column(heading, justify="right")
    for measure in measures:
        card = _on_card(manifest, measure)
        table.add_row(
            Text(measure.name),
            f"{measure.value:.4g}",
            "" if measure.low is None or measure.high is None else f"{measure.low:.4g} – {measure.high:.4g}",
            f"{measure.n:,}",
            "not on it" if card is None else f"{card:.4g}",
            "" if card is None else f"{measure.value - card:+.2g}",
        )
    console.out().print(table)
