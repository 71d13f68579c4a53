"""`modalities TABLE`: every row by picture, by words and by both, and what the picture adds by the table's outcomes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from adlab.cli import ad_table, console, options
from adlab.cli.ad_table import SOME_ERRORS
from adlab.cli.heads import ERROR, NOTES
from adlab.errors import InputError, TableError

if TYPE_CHECKING:
    import pandas as pd

    from adlab.data.modalities import AdModes
    from adlab.insights.modes import ModeComparison

HELP = """Read ads by picture alone, by words alone and by both.

Does the image earn its place? TABLE is a table of ads as `score` takes it. Every head reads each row three times: by
the picture alone, by the words alone, and by both, which is what `score` says. A head that was never trained on ads
without a part extrapolates where it answers by the other alone; the comparison says which do.

Where the table holds outcomes (relevance_grade; impressions with clicks or conversions; rating_1 and so on), each
reading is judged by them: AUC or rank correlation, and the paired difference between readings with a 90 % bootstrap
interval that resamples whole queries, else ads."""
EPILOG = """\b
Output: the rows in their order with the input columns as they were, then for
each head, such as relevance,
  relevance_image_only, relevance_text_only, relevance_image_text
           its answers, each with _low and _high; empty where an ad lacks
           what is read
  conversion_shared
           the same by what picture and copy share alone (FOCAL Ad)
  notes    why an answer is missing
  error    why a row cannot be read
and on the standard output one sentence a head and outcome, and one on the
shared part of FOCAL Ad; with --comparison all measures, differences and
intervals as JSON.

\b
Exit codes:
  0    every row was read, or says in notes what it lacks
  2    the call or the table cannot be used, or a head does not ship;
       nothing is written
  3    some rows have an error; all others are read
  130  stopped by Ctrl-C; nothing is written

\b
Examples:
  python -m adlab modalities ads.csv --images pictures --out modes.csv
  python -m adlab modalities graded.csv --images pictures --out modes.csv \\
      --heads relevance --comparison comparison.json
"""


def run(
    table: options.Table,
    out: options.TableOut,
    images: options.Pictures = None,
    comparison: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where to write the comparison as JSON.  [default: nowhere]")
    ] = None,
    heads: options.Heads = None,
    ocr: options.Ocr = "auto",
    device: options.Device = "auto",
    batch_size: options.BatchSize = 32,
) -> int:
    """Read a table by each part; gives the exit code."""
    wanted = options.heads_of(heads)
    ad_table.check_output(table, out)
    ad_table.check_images(images)
    if comparison is not None and (comparison.is_dir() or comparison.resolve() in (table.resolve(), out.resolve())):
        raise InputError(f"--comparison is {str(comparison)!r}; name another file than TABLE and OUT.")
    from adlab.data.table import read_table, write_table

    kept, ads = ad_table.validated(read_table(table), table, images)
    with console.waiting("Loading the models …"):
        from adlab.inference.assessor import Assessor
        from adlab.inference.modalities import Modalities

        assessor = Assessor(device=device, batch_size=batch_size, words="off" if ocr == "off" else "cached")
        chosen, reader = assessor.check_heads(wanted), Modalities(assessor)
        chosen = tuple(head for head in chosen if head in reader.heads)
    taken = [name for name in (*columns_of([], chosen), NOTES, ERROR) if name in kept]
    if taken:
        raise TableError(
            "The table has columns of names that modalities writes itself.",
            [f"column {name!r}; leave it out or rename it." for name in taken],
        )
    wanted_words = ocr == "auto" and bool(assessor.reads_words & set(chosen))
    words = ad_table.words_in_pictures(ads, images, wanted=wanted_words)
    found, errors = _read(ads, images, words.texts if words else None, reader, chosen, batch_size)
    columns = columns_of(found, chosen)
    notes = [None if modes is None else notes_of(modes) or None for modes in found]
    import pandas as pd

    texts_columns = {
        name: pd.Series(cells, index=kept.index, dtype="str") for name, cells in ((NOTES, notes), (ERROR, errors))
    }
    write_table(kept.assign(**columns, **texts_columns), out)
    judged = compare_all(ads, found, chosen)
    _say(out, judged, len(ads), sum(error is not None for error in errors))
    if comparison is not None:
        from adlab.insights.mode_verdict import comparison_dict

        comparison.parent.mkdir(parents=True, exist_ok=True)
        plain = [comparison_dict(one) for one in judged]
        comparison.write_text(json.dumps(plain, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return SOME_ERRORS if any(error is not None for error in errors) else 0


def columns_of(ads: Sequence[AdModes | None], heads: Sequence[str]) -> dict[str, Any]:
    """Each head's answers by mode, and by its shared part where it has one, as columns."""
    from adlab.data.modalities import column_name, readings_of

    columns: dict[str, list[float]] = {}
    for head in heads:
        for reading in readings_of(head):
            results = [modes.reading(head, reading) if modes else None for modes in ads]
            name = column_name(head, reading)
            columns[name] = [r.value if r else float("nan") for r in results]
            columns[f"{name}_low"] = [r.interval.low if r else float("nan") for r in results]
            columns[f"{name}_high"] = [r.interval.high if r else float("nan") for r in results]
    return columns


def notes_of(modes: AdModes) -> str:
    """Why answers are missing, each reason once a head, and what qualifies all of them."""
    parts = [f"{head}: {' '.join(dict.fromkeys(reasons.values()))}" for head, reasons in modes.missing.items()]
    return " ".join([*parts, *modes.warnings])


def compare_all(table: pd.DataFrame, ads: Sequence[AdModes | None], heads: Sequence[str]) -> tuple[ModeComparison, ...]:
    """Each head by each outcome of the table."""
    from adlab.insights.modes import compare_heads

    with console.waiting("Comparing with what came of the ads …"):
        return compare_heads(table, ads, heads)


def _read(
    ads: pd.DataFrame, images: Path | None, texts: Any, reader: Any, heads: Sequence[str], batch_size: int
) -> tuple[list[AdModes | None], list[str | None]]:
    """The answers of each row, and why one cannot be read."""
    from adlab.cli.scoring import batches, read_ads
    from adlab.data.creative import Creative

    found: list[AdModes | None] = [None] * len(ads)
    errors: list[str | None] = [None] * len(ads)
    done = 0
    with console.progress("Reading by each part") as advance:
        for batch in batches(read_ads(ads, images, texts), batch_size):
            sound = [(ad.row, ad.creative, ad.context) for ad in batch if isinstance(ad.creative, Creative)]
            for ad in batch:
                if isinstance(ad.creative, str):
                    errors[ad.row] = ad.creative
            if sound:
                rows, creatives, contexts = zip(*sound, strict=True)
                for row, modes in zip(rows, reader.read_batch(creatives, heads, contexts), strict=True):
                    found[row] = modes
            done += len(batch)
            advance(done, len(ads))
    return found, errors


def _say(out: Path, judged: Sequence[ModeComparison], rows: int, failed: int) -> None:
    from adlab.insights.mode_verdict import private_words, verdict_words

    console.out().print(f"{out}: {rows:,} rows{f', {failed:,} with an error' if failed else ''}.", soft_wrap=True)
    if not judged:
        console.out().print("The table has no outcomes, so nothing says which reading is right.", soft_wrap=True)
    for one in judged:
        for words in filter(None, (verdict_words(one), private_words(one))):
            console.out().print(f"{one.outcome} · {words}", soft_wrap=True, markup=False, highlight=False)
