"""The section on rated ads of `m2fn.md`: sentences and tables from stored numbers, nothing by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from adlab.evaluation.m2fn_real_variants import WITH, WITH_CATEGORY
from adlab.evaluation.writing import markdown_table

AIMS = {"without": 0.56, "with": 0.63}
NAMES = {
    "m2fn": "**M2FN**, `ratings` shape",
    "m2fn scaled": "**M2FN**, `ratings` shape, rescaled",
    "cat": "cat: picture and attributes side by side",
    "image-only": "image-only",
    "nima-emd": "NIMA, EMD",
    "nima-kld": "NIMA, KLD",
    "attributes-m2fn": "M2FN without the picture",
    "attributes-mlp": "MLP on attributes",
    "high": "high-level fusion without attention",
    "attention": "attention without high-level fusion",
    "mean of ridges": "mean of the ridges",
    "linear: attributes": "linear regression on attributes",
    "ridge: attributes": "ridge on attributes",
    "svm-rbf: attributes": "SVM (RBF) on attributes",
    "svm-poly: attributes": "SVM (polynomial) on attributes",
    "ridge: picture": "ridge on the picture's inner moments",
    "ridge: words": "ridge on the words' vector",
    "ridge: shape": "ridge on size and number of words",
    "ridge: category": "ridge on the category",
}
PAPER_MODULES = {  # Table 7, 500+ and Table 6: SPRC of the mean
    "image-only": ("× × × ×", 0.456, 0.584),
    "cat": ("O × × ×", 0.437, 0.572),
    "attention": ("O × O ×", 0.450, 0.565),
    "high": ("O × × O", 0.475, 0.573),
    "m2fn": ("O × O O", 0.554, 0.601),
}
PAPER_PLACEMENTS = {"{1,0,0,0}": 0.630, "{0,0,1,0}": 0.590, "{1,1,1,0}": 0.612, "{1,1,1,1}": 0.552, "{0,0,1,1}": 0.575}
PAPER_LOW = {
    "O × × ×": (0.437, 0.572),
    "O O × ×": (0.496, 0.618),
    "O × O ×": (0.450, 0.565),
    "O O O ×": (0.506, 0.608),
    "O × × O": (0.475, 0.573),
    "O O × O": (0.554, 0.601),
}


def real_section(results: dict[str, Any]) -> str:
    """The section as Markdown, from what `adlab.evaluation.m2fn_real` gave."""
    about = results["about"]
    parts = [
        "## Rated ads",
        _how(results),
        "\n".join(f"- {sentence}" for sentence in _findings(results)),
        "### M2FN and its baselines",
        "Without the category: the words in the picture (their vector and number) and its size (aspect ratio, pixel "
        "area). With it: also what people said the ad is and advertises. `m2fn` is without low-level fusion here.",
        _table(results["table"], skip=("high", "attention")),
        _ceiling(results["ceiling"]),
        *_scales(results),
        "### Modules (Tables 6 and 7)",
        "Columns: attributes, low-level fusion, attention, high-level fusion. Without the category; the gain is that "
        "of `m2fn` over the row, paired by ad. Low-level fusion runs the whole backbone and has its own table below.",
        _modules(results),
        "### Conditional batch norm (Table 5)",
        _conditional_how(about),
        _conditional(results["conditional"]),
        "Rows of Tables 6 and 7, at {1,0,0,0}; the gain is of low-level fusion:",
        _low(results),
        "### Attributes (Table 8)",
        f"{_draws(results['attributes'], about['repeats'])} of {about['folds']} folds, high-level fusion without "
        "attention, one network a fold; *full* is words, size, category and dominant colour. "
        "*Rater* is who happened to rate an ad: their mean attitude to ads, the shares that use an ad blocker and that "
        "told either large party. It is known only of ads that were rated, so it serves no prediction; it tells how "
        "much of the ratings is the panel and not the ad.",
        _attributes(results["attributes"]),
        "### How it was measured",
        "\n".join(f"- {sentence}" for sentence in _notes(results)),
    ]
    return "\n\n".join(part for part in parts if part)


def _how(results: Mapping[str, Any]) -> str:
    about = results["about"]
    return (
        f"{about['ads']} web ads, each rated 1 to 7 by 10 to 13 people (Zeng, Kohno and Roesner, CHI 2021). "
        f"{_draws(results['table'], about['repeats'])} of {about['folds']} folds by ad, the same for every model; "
        "brackets are 90 % bootstrap intervals over ads."
    )


def _draws(rows: Sequence[Mapping[str, Any]], asked: int) -> str:
    """How many draws of folds stand behind some rows."""
    done = rows[0]["repeats"] if rows else 0
    named = f"{done} draw" if done == 1 else f"{done} draws"
    return named if done == asked else f"{named} (of {asked} asked for; a draw takes long)"


def _findings(results: Mapping[str, Any]) -> list[str]:
    rows = {row["name"]: row for row in results["table"]}
    sentences = []
    for which, names in (("without", ("m2fn",)), ("with", WITH_CATEGORY)):
        name = next((name for name in names if name in rows), None)
        if name is None:
            continue
        found, aim = rows[name]["sprc_mean"], AIMS[which]
        reached = "reached" if found["value"] >= aim else "missed"
        sentences.append(
            f"M2FN {which} the category: SPRC {_number(found)}, aim ≥ {aim:.2f} {reached}. {_over(results, which)}"
        )
    low = results["gains"]["low"]
    placed = [row for row in results["conditional"] if "gain" in row]
    best = max(placed, key=lambda row: row["gain"]["value"], default=None)
    if best is not None and best["gain"]["value"] <= 0:
        sentences.append(
            f"None of {len(placed)} placements of conditional batch norm stands above the same network without it."
        )
    elif best is not None:
        sentences.append(
            f"Conditional batch norm at {best['name']} stands highest of {len(placed)} placements, "
            f"{_number(best['gain'], sign=True)} over the same network without it{_verdict(best['gain'])}."
        )
    if low:
        clear = [gain["name"] for gain in low if gain["low"] > 0]
        sentences.append(
            f"Low-level fusion beside fewer modules helps clearly in {len(clear)} of {len(low)} rows of Tables 6 and 7."
        )
    if "m2fn" in rows:
        best_std = max(results["table"], key=lambda row: row["sprc_std"]["value"])
        sentences.append(
            f"Of the spread of ratings M2FN tells little, SPRC {_number(rows['m2fn']['sprc_std'])}; its reliability is "
            f"{results['ceiling']['reliability_std']:.2f}, so {results['ceiling']['largest_std']:.2f} at most. Highest "
            f"of the table: {_name(best_std['name'])}, {_number(best_std['sprc_std'])}."
        )
    return sentences


def _over(results: Mapping[str, Any], which: str) -> str:
    gain = results["gains"][which]
    if gain is None:
        return ""
    return f"Over the best baseline, {_name(gain['over'])}: {_number(gain, sign=True)}{_verdict(gain)}."


def _verdict(gain: Mapping[str, float]) -> str:
    if gain["low"] > 0:
        return ", above zero"
    return ", below zero" if gain["high"] < 0 else ", which may be chance"


def _table(rows: Sequence[Mapping[str, Any]], skip: Sequence[str]) -> str:
    shown = [row for row in rows if row["name"].removesuffix("+category") not in skip]
    blocks = []
    for title, with_category in (("without the category", False), ("with the category", True)):
        own = [row for row in shown if row["name"].endswith("category") == with_category]
        own = sorted(own, key=lambda row: -row["sprc_mean"]["value"])
        cells = [[_name(row["name"]), *_measures(row)] for row in own]
        blocks.append(markdown_table([title, *HEADINGS], cells))
    return "\n\n".join(blocks)


HEADINGS = ("SPRC of mean", "LCC of mean", "SPRC of std", "LCC of std")


def _measures(row: Mapping[str, Any]) -> list[str]:
    return [_number(row[name]) for name in ("sprc_mean", "lcc_mean", "sprc_std", "lcc_std")]


def _ceiling(found: Mapping[str, float]) -> str:
    return (
        f"Noise ceiling: half of an ad's raters agree with the other half so that the reliability of the mean is "
        f"{found['reliability_mean']:.2f} (Spearman–Brown) and of the standard deviation "
        f"{found['reliability_std']:.2f}. Nothing can be expected to correlate with them by more than the roots, "
        f"{found['largest_mean']:.2f} and {found['largest_std']:.2f}."
    )


def _scales(results: Mapping[str, Any]) -> list[str]:
    """How the inputs of M2FN with the category are scaled, and what was tried."""
    rows, about = {row["name"]: row for row in results["table"]}, results["about"]
    chosen, plain = WITH_CATEGORY
    gain = results["gains"]["scales"]
    if gain is None:
        return []
    factors = " and ".join(f"{name} × {factor:g}" for name, factor in about["scales"][chosen].items())
    draws, settings = about["tried"]["draws"], about["tried"]["settings"]
    cells = [[row["name"], *("" if value is None else f"{value:.3f}" for value in row["sprc"])] for row in settings]
    return [
        "### Scales with the category",
        f"*Rescaled* means {factors}, of what the fusion takes in standardised. Adam learns faster from larger inputs; "
        "unscaled, the many moments of the picture are fitted long before the few labels of an ad, which a ridge of "
        "each part avoids by a penalty of its own. On the draws of the tables above: "
        f"{_number(rows[chosen]['sprc_mean'])} against {_number(rows[plain]['sprc_mean'])}, "
        f"{_number(gain, sign=True)}{_verdict(gain)}.",
        f"Tried on {len(draws)} other draws of ten folds of the same ads, one network a fold, without attention: SPRC "
        "of the mean; not all settings were tried on all of them.",
        markdown_table(["tried", *(f"draw {seed}" for seed in draws)], cells),
    ]


def _modules(results: Mapping[str, Any]) -> str:
    rows = {row["name"]: row for row in results["table"]}
    gains = {gain["over"]: gain for gain in results["gains"]["modules"]}
    cells = []
    for name, (switches, real_ad, ava) in PAPER_MODULES.items():
        if name in rows:
            gain = _number(gains[name], sign=True) if name in gains else ""
            cells.append([switches, *_measures(rows[name]), gain, f"{real_ad:.3f}", f"{ava:.3f}"])
    return markdown_table(["modules", *HEADINGS, "gain of `m2fn`", "paper, Real-Ad 500+", "paper, AVA"], cells)


def _conditional_how(about: Mapping[str, Any]) -> str:
    return (
        f"{about['conditional_folds']} folds a draw, {about['conditional_size']} px, "
        f"the backbone frozen apart from conditional batch norm, one network a fold. Each network was trained on "
        f"cached maps and went on for {about['conditional_epochs']} epochs, with conditional batch norm that begins as "
        "the identity, or without. The shape ends after four stages: Table 5's fifth flag has no place. So few epochs "
        "on three hundred ads show whether conditional batch norm helps at once, not what long training would bring."
    )


def _conditional(rows: Sequence[Mapping[str, Any]]) -> str:
    cells = []
    for row in rows:
        paper = PAPER_PLACEMENTS.get(row["name"])
        gain = _number(row["gain"], sign=True) if "gain" in row else ""
        cells.append([row["name"], str(row["repeats"]), *_measures(row), gain, "" if paper is None else f"{paper:.3f}"])
    headings = ["stages", "draws", *HEADINGS, "gain over {0,0,0,0}", "paper, AVA (fifth flag dropped)"]
    return markdown_table(headings, cells)


def _low(results: Mapping[str, Any]) -> str:
    gains = {gain["name"]: gain for gain in results["gains"]["low"]}
    cells = []
    for row in results["low"]:
        gain = _number(gains[row["name"]], sign=True) if row["name"] in gains else ""
        paper = [f"{value:.3f}" for value in PAPER_LOW[row["name"]]]
        cells.append([row["name"], str(row["repeats"]), *_measures(row), gain, *paper])
    headings = ["modules", "draws", *HEADINGS, "gain of low-level fusion", "paper, Real-Ad 500+", "paper, AVA"]
    return markdown_table(headings, cells) if cells else "Not measured for want of time."


def _attributes(rows: Sequence[Mapping[str, Any]]) -> str:
    cells = [[row["name"], *_measures(row), _number(row["gain"], sign=True) if "gain" in row else ""] for row in rows]
    return markdown_table(["attributes", *HEADINGS, "gain over full"], cells)


def _notes(results: Mapping[str, Any]) -> list[str]:
    about = results["about"]
    members = sorted(set(about["members"].values()))
    notes = [
        f"Frozen maps of `{about['image_encoder']}` after its fourth stage, words by OCR through "
        f"`{about['text_encoder']}`, {about['labels']} content labels, an ad may have several. Attributes are "
        "standardised, and levels taken, from training ads only.",
        f"Networks: {about['epochs']} epochs, {' or '.join(map(str, members))} a fold, whose distributions are "
        "averaged. NIMA is trained on its loss alone, all others on the divergence and the squared error of the mean.",
        "A correlation is taken in each draw of folds and averaged over draws.",
        "Linear regression has as many attributes as ads, which is why ridge on attributes stands beside it. The SVM's "
        "cost and the ridge's penalty are chosen among the training ads.",
        f"The best baseline is picked by its own result on these ads, among all rows of the table"
        f" ({', '.join(WITH)} where the category is allowed), which favours it.",
        f"{results['cpu_minutes']:.0f} minutes of CPU time, seed {about['seed']}, {about['resamples']:,} resamples.",
    ]
    if results["missing"]:
        notes.append(f"Not measured for want of time: {'; '.join(_missing(results['missing']))}.")
    return notes


def _missing(rows: Sequence[str]) -> list[str]:
    """Rows that lack as much of the same table, together."""
    names: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        group, _, rest = row.partition(": ")
        name, _, lack = rest.rpartition(" (")
        names.setdefault((group, lack.rstrip(")")), []).append(name)
    return [f"{group}, {lack}: {', '.join(own)}" for (group, lack), own in names.items()]


def _name(name: str) -> str:
    stem = name.removesuffix("+category")
    return NAMES.get(name, NAMES.get(stem, stem))


def _number(found: Mapping[str, float], *, sign: bool = False) -> str:
    form = "+.3f" if sign else ".3f"
    return f"{found['value']:{form}} [{found['low']:{form}}, {found['high']:{form}}]"
