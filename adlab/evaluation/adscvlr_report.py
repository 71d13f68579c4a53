"""`adscvlr.md`: the reproduction of AdsCVLR as people read it, assembled from the stored numbers of each part."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from adlab.data.relevance_sources import MEANING, with_grader
from adlab.evaluation.adscvlr_settings import AUCTION, FAITHFULNESS, FOLDS, RETRIEVAL, TABLES
from adlab.evaluation.parts import Section, kept_parts, sections_of, write_parts
from adlab.evaluation.writing import markdown_table

NAME = "adscvlr"


def write_report(out: Path) -> Path:
    """Write the report from the parts that are stored in `adscvlr/`; equal numbers give equal files.

    Args:
        out: Folder of the report.

    Returns:
        The report.
    """
    return write_parts(out, NAME, render(kept_parts(out, NAME, SECTIONS)))


def render(stored: Mapping[str, Mapping[str, Any]]) -> str:
    """The report as Markdown.

    Args:
        stored: By part, the command and the results, as `adlab.evaluation.adscvlr` stores them.
    """
    parts = [
        "# AdsCVLR, reproduced",
        "Query–ad relevance with a transformer over words and regions of the picture (AdsCVLR). Generated from stored "
        "numbers, not edited by hand. The paper's query–ad pairs are not published: its tables stand beside ours for "
        "their order, not for their values.",
    ]
    parts += sections_of(stored, SECTIONS, NAME)
    return "\n\n".join(parts) + "\n"


def tables_section(results: dict[str, Any]) -> str:
    """Tables 1–3."""
    about, rows = results["about"], results["rows"]
    sources = sorted({source for row in rows for source in row["auc"]})
    parts = [
        "## Tables 1, 2 and 3: AUC of Fair or better against Bad",
        f"Every row on the same splits: {about['train']:,} training pairs, {about['test']:,} test pairs of queries, "
        "or pictures where there is no copy, that trained nothing. A trained row of our network sees "
        f"{about['pairs']:,} pairs in one epoch of fine-tuning, after as many in one of pre-training where it has "
        f"any, both at a learning rate of {about['learning_rate']:g}, and so is far below what ships; the means are "
        "over seeds. Intervals (90 %) resample queries or pictures "
        f"and hold the seeds fixed. {MEANING} A dash: the row cannot read those ads, or all of them are relevant.",
    ]
    for table in ("1", "2", "3"):
        parts.append(f"### Table {table}")
        own = [row for row in rows if table in row["paper"] or (table == "1" and not row["paper"])]
        headings = ["", "paper, %", *map(with_grader, sources), "seeds"]
        parts.append(
            markdown_table(
                headings,
                (
                    [
                        row["name"],
                        f"{row['paper'][table]:.2f}" if table in row["paper"] else "",
                        *(_percent(row["auc"].get(source)) for source in sources),
                        str(row["seeds"]),
                    ]
                    for row in own
                ),
            )
        )
    if results["steps"]:
        gained = [
            [step["name"], *(_change(step["auc"].get(source), 2) for source in sources)] for step in results["steps"]
        ]
        parts += [
            "### What each step adds",
            "Difference in AUC of two rows of these tables in the same resamples, percentage points; seeds as above.",
            markdown_table(["", *map(with_grader, sources)], gained),
        ]
    parts.append(
        "ViLT (82.23 in the paper) is not built. Table 2 is without pre-training (its best row lies below Table 1's); "
        "the row without a number in the paper tells the three modes apart from their contrast. CLIP reads pictures "
        f"alone. {_clip_words(about.get('clip', ''))}"
    )
    if about["missing"]:
        parts.append(f"Not, or not with every seed, measured in the time given: {', '.join(about['missing'])}.")
    return "\n\n".join(parts)


def _clip_words(encoder: str) -> str:
    """What CLIP's rows stand on, and what is not measured."""
    here = "CLIP, CLIPⓐ and CLIP-MH train a residual network on each frozen encoder's vectors, not the encoders"
    if encoder:
        return f"{here}: on the shipped encoders and on transformers' CLIP (`{encoder}`)."
    return (
        f"{here}, and stand on the shipped encoders. On transformers' CLIP they are not measured: its weights are not "
        "part of adlab; `--clip FOLDER` measures them where they are at hand."
    )


def folds_section(results: dict[str, Any]) -> str:
    """What grades start from, cross-validated over photos."""
    rows = [
        [
            with_grader(row["source"]),
            row["on"],
            f"{row['photos']:,}",
            f"{row['n']:,}",
            *(_interval(row[of]["Spearman"], "") for of in ("cosine", "regression")),
            _interval(row["gain"]),
            *(_interval(row[of]["AUC"], "") for of in ("cosine", "regression")),
        ]
        for row in results["rows"]
    ]
    return "\n\n".join(
        [
            "## Flickr8k's judged photos, cross-validated",
            "Not the network: what its grades start from. AdsCVLR is trained once, and its agreement with the judges "
            "rests on the photos of one test part. The softmax regression on the likeness of whole caption and whole "
            f"photo is learned anew here for each of {results['folds']} folds over the photos, from Flickr8k's "
            "judgements of the other photos alone, so that every judged photo is measured on once; beside it stands "
            "the plain cosine, which learns nothing. The rows of the test part are the same numbers on the photos that "
            "the network is measured on: they say whether those are easier or harder than the others. Captions come "
            "back with other photos and are not kept apart. Intervals (90 %) resample photos and hold the folds fixed.",
            markdown_table(
                [
                    "judged by",
                    "photos",
                    "n photos",
                    "n pairs",
                    "Spearman: cosine",
                    "Spearman: regression",
                    "regression less cosine",
                    "AUC: cosine",
                    "AUC: regression",
                ],
                rows,
            ),
        ]
    )


def retrieval_section(results: dict[str, Any]) -> str:
    """Table 4."""
    names = [f"R@{k} {way}" for way in ("image→text", "text→image") for k in (1, 5, 10)]
    rows = [
        [
            f"AdsCVLR in the paper, {gallery}, zero-shot",
            *(f"{value:.1f}" for way in ("image→text", "text→image") for value in values[way]),
        ]
        for gallery, values in results["paper"].items()
    ]
    for row in results["rows"]:
        by_name = {measure["name"]: measure for measure in row["measures"]}
        rows.append([row["name"], *(_percent(by_name[name], 1) for name in names)])
    return "\n\n".join(
        [
            "## Table 4: retrieval, percent",
            f"{_photos(results['photos'], results.get('unjudged'))}, one caption each, all with all. This is "
            "in-domain, not zero-shot: encoders and network have learned from captions of other photos of the "
            "collection. The gallery is smaller than the paper's, which makes finding easier. Intervals (90 %) "
            "resample photos.",
            markdown_table(["", *names], rows),
        ]
    )


def _photos(photos: int, unjudged: int | None) -> str:
    """How many photos there are, and why a part is taken."""
    if unjudged is None:
        return f"{photos:,} test photos of Flickr8k that nobody judged"
    if photos == unjudged:
        return f"All {photos:,} test photos of Flickr8k that nobody judged"
    return (
        f"{photos:,} of the {unjudged:,} test photos of Flickr8k that nobody judged, drawn by the seed, as AdsCVLR "
        f"reads each photo with each caption: all of them would be {unjudged**2:,} pairs in place of {photos**2:,}"
    )


def auction_section(results: dict[str, Any]) -> str:
    """Table 5."""
    rows = [["distilled AdsCVLR in the paper, online, against C-DSSM", "", "+4.1", "+2.1"]]
    for row in results["rows"]:
        changes = [_change(row[f"relative_{key}"]) for key in ("ctr", "rpm")]
        plain = ["0", "0"] if row["name"] == results["baseline"] else changes
        rows.append([row["name"], f"{row['grade']:.2f}", *plain])
    costs = ", ".join(f"{abs(cost):g}" for cost in results["cost_of_grade"])
    return "\n\n".join(
        [
            "## Table 5: a simulated auction",
            "Simulated, no online test: ads, bids, viewers and what irrelevance costs are made. In "
            f"{results['auctions']:,} auctions over {results['ads']:,} test ads, a filter keeps the more relevant half "
            "of 20 candidates, the highest bid × click rate of those wins one slot and pays the least that would "
            "still have won; the viewer clicks by the planted response to the ad, its log-odds lowered by "
            f"{costs} where it is Bad, Fair, Good, Excellent by the simulator's rule. Changes against the text-only "
            "filter in the same auctions; intervals (90 %) resample auctions.",
            markdown_table(["filter", "mean grade shown", "CTR, % change", "RPM, % change"], rows),
        ]
    )


def faithfulness_section(results: dict[str, Any]) -> str:
    """Perturbation of explanations."""
    rows = [
        [
            with_grader(row["source"]),
            row["kind"],
            f"{row['n']:,}",
            *(f"{row[name]:.3f}" for name in ("most", "random", "least")),
            _interval(row["below_random"]),
            _interval(row["above_random"]),
        ]
        for row in results["rows"]
    ]
    return "\n\n".join(
        [
            "## Does the explanation name what the grade rests on?",
            "Words, or regions, of test pairs are taken away in steps, and the probability of the explained grade is "
            "averaged over the steps (area under the curve): most relevant first, least relevant first, and the mean "
            f"of {results['orders']} random orders. Faithful relevance lies below random in the first case and above "
            f"it in the second: both differences above 0. Intervals (90 %) resample queries or pictures. {MEANING}",
            markdown_table(
                [
                    "source",
                    "parts",
                    "n",
                    "most relevant first",
                    "random",
                    "least relevant first",
                    "random less most",
                    "least less random",
                ],
                rows,
            ),
        ]
    )


def _percent(found: Mapping[str, float] | None, digits: int = 2) -> str:
    """A share with its interval, in percent."""
    if found is None:
        return "–"
    value, low, high = (f"{100 * found[key]:.{digits}f}" for key in ("value", "low", "high"))
    return f"{value} ({low} – {high})"


def _change(found: Mapping[str, float] | None, digits: int = 1) -> str:
    """A difference of shares with its interval, in percent or percentage points."""
    if found is None:
        return "–"
    value, low, high = (f"{100 * found[key]:+.{digits}f}" for key in ("value", "low", "high"))
    return f"{value} ({low} – {high})"


def _interval(found: Mapping[str, float], sign: str = "+") -> str:
    value, low, high = (f"{found[key]:{sign}.3f}" for key in ("value", "low", "high"))
    return f"{value} ({low} – {high})"


# In the order of the report; a section begins with a heading of the second level.
SECTIONS: dict[str, Section] = {
    TABLES: tables_section,
    FOLDS: folds_section,
    RETRIEVAL: retrieval_section,
    AUCTION: auction_section,
    FAITHFULNESS: faithfulness_section,
}
