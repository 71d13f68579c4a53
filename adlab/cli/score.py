"""`score TABLE`: one output row an input row."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from adlab.cli import ad_table, console, options
from adlab.cli.ad_table import SOME_ERRORS
from adlab.cli.heads import ERROR, HEADS, NOTES, choose_heads
from adlab.errors import TableError

if TYPE_CHECKING:
    import pandas as pd

HELP = """Score a table of ads, one output row an input row.

TABLE is a .csv (UTF-8) or .parquet file, one row an ad or an impression group. It needs at least one of the
columns image, title, description, query, seller, brand, category; an empty cell means absent. Further columns
are kept as they are. The column image holds paths relative to the folder given by --images.

Heads that read the words in pictures take them from the column ocr_text; pictures of rows where it is empty are
read before scoring, by all processors, each once: what was read is kept for the next time.

The heads ctr and funnel read who saw an ad, when and where: gender, age_band (or years), month, weekday, hour,
position. What a row leaves empty is averaged over. Where funnel was trained on a log of yours, it also reads the
columns that train funnel --role gave a role; a cell that is empty or holds an unknown level counts as missing. A
checkpoint of your own that cannot be used here is passed over for one that ships, and notes say so.

Rows are scored in batches; the scores do not depend on the batch size. A picture that many rows share is
decoded and encoded once."""
EPILOG = """\b
Columns of the table contract: each may be missing, a cell may be empty, and
one that cannot be used is named with its row.
  ad       ad_id, image, query, title, description, seller, brand, category,
           mid_category, low_category, ocr_text
  context  gender, age_band, month, weekday, hour, position
  log      impressions, clicks, conversions, rating_1 ..., relevance_grade,
           relevance_confidence, user_id, campaign, date, cost, revenue, split

\b
Output: the rows in their order with the input columns as they were, then the
columns of each head, with the ends of a 90 % interval as _low and _high:
  agreement    how well picture and copy agree, a percentile from 0 to 100
               among true pairs
  conversion   probability that an impression ends in a conversion
  appeal       mean rating from 1 to 7; with appeal_std, the deviation of
               ratings
  ctr          probability of a click
  relevance    expected grade from 0 to 3; with the probabilities
               relevance_bad, relevance_fair, relevance_good and
               relevance_excellent, and relevance_student, that of Fair or
               better by the fast student
  pctr, pcvr, pctcvr
               the head funnel: a click, a conversion after it, and both
  notes        what a row lacks for a head, whose columns are then empty, and
               what to know about its scores
  error        why a row cannot be read; its scores are empty

A table that score has written can be scored again: the columns of the scored heads, notes and error are
replaced. In any other table columns of these names are refused, so that nothing of yours is overwritten. OUT is
written whole or not at all, and is never the input table. In CSV, text that a spreadsheet would run as a
formula gets a leading apostrophe.

\b
Exit codes:
  0    every row was scored, or says in notes what it lacks
  2    the call or the table cannot be used, or a head does not ship;
       nothing is written
  3    some rows have an error; all others are scored
  130  stopped by Ctrl-C; nothing is written

\b
Examples:
  python -m adlab score ads.csv --images pictures --out scores.csv
  python -m adlab score ads.parquet --images pictures --out scores.parquet \\
      --heads agreement --batch-size 128
"""


def run(
    table: options.Table,
    out: options.TableOut,
    images: options.Pictures = None,
    heads: options.Heads = None,
    ocr: options.Ocr = "auto",
    device: options.Device = "auto",
    batch_size: options.BatchSize = 32,
) -> int:
    """Score a table; gives the exit code."""
    wanted = options.heads_of(heads)
    ad_table.check_output(table, out)
    ad_table.check_images(images)
    from adlab.checkpoints.store import list_checkpoints
    from adlab.data.table import read_table, write_table

    chosen = choose_heads(wanted, (head for manifest in list_checkpoints().values() for head in manifest.heads))
    kept, ads = ad_table.validated(without_own_columns(read_table(table), chosen), table, images)
    with console.waiting("Loading the models …"):
        from adlab.cli.scoring import score_rows
        from adlab.inference.assessor import Assessor

        # What is not known to it was tried before: the pool below reads, or nothing does.
        assessor = Assessor(device=device, batch_size=batch_size, words="off" if ocr == "off" else "cached")
    further = ad_table.further_columns(ads, assessor.columns if "funnel" in chosen else {})
    wanted_words = ocr == "auto" and bool(assessor.reads_words & set(chosen))
    read = ad_table.words_in_pictures(ads, images, wanted=wanted_words)
    with console.progress("Scoring") as advance:
        scores = score_rows(
            ads,
            assessor,
            images=images,
            heads=chosen,
            batch_size=batch_size,
            read=read,
            columns=further,
            advance=advance,
        )
    write_table(kept.assign(**{str(name): column for name, column in scores.items()}), out)
    failed = int(scores[ERROR].notna().sum())
    console.out().print(_summary(out, scores, chosen, failed), soft_wrap=True)
    return SOME_ERRORS if failed else 0


def without_own_columns(frame: pd.DataFrame, heads: tuple[str, ...]) -> pd.DataFrame:
    """The table without the columns that are about to be written.

    Raises:
        TableError: It has such columns, but is no earlier output: they are the user's own.
    """
    own = [*(column for head in heads for column in HEADS[head].columns), NOTES, ERROR]
    taken = [name for name in own if name in frame.columns]
    earlier_output = {NOTES, ERROR} <= set(frame.columns) and any(
        set(head.columns) <= set(frame.columns) for head in HEADS.values()
    )
    if taken and not earlier_output:
        raise TableError(
            "The table has columns of names that score writes itself.",
            [f"column {name!r}; rename it, for example to 'my_{name}'." for name in taken],
        )
    return frame.drop(columns=taken)


def _summary(out: Path, scores: pd.DataFrame, heads: tuple[str, ...], failed: int) -> str:
    parts = [f"{int(scores[HEADS[head].columns[0]].notna().sum()):,} with {head}" for head in heads]
    notes = int(scores[NOTES].notna().sum())
    parts += [f"{notes:,} with notes"] if notes else []
    parts += [f"{failed:,} with an error"] if failed else []
    return f"{out}: {len(scores):,} rows, {', '.join(parts)}."
