"""Words about spaces, maps and what was judged; a verdict is taken from whole intervals, never from a picture."""

from __future__ import annotations

from typing import NamedTuple

from adlab.projection.findings import LABEL, MODALITY, Answer, Findings
from adlab.projection.latent import LatentSet, MeasuredMap
from adlab.projection.maps import PCA, TSNE, TSNE_RAW, UMAP
from adlab.projection.points import PRIVATE, PRIVATE_IMAGE, PRIVATE_TEXT, SHARED
from adlab.projection.probe import Probe
from adlab.projection.reference import LABEL as PAIR_LABEL
from adlab.projection.view_findings import VIEWS, WITH, WITHOUT

SIDE_BY_SIDE, FUNNEL = "side-by-side", "funnel"
SPACE_TITLES = {
    SIDE_BY_SIDE: "Three spaces",
    SHARED: "Shared",
    PRIVATE_IMAGE: "Private image",
    PRIVATE_TEXT: "Private text",
    PRIVATE: "Both private",
    FUNNEL: "Funnel, two ways",
    WITHOUT: "Without the contrastive task",
    WITH: "With the contrastive task",
}
CHOICES = tuple(space for space in SPACE_TITLES if space not in VIEWS)
SPACE_NOTES = {
    SHARED: "what picture and copy share; one point an ad",
    PRIVATE_IMAGE: "what only the picture says; one point a picture",
    PRIVATE_TEXT: "what only the copy says; one point a text",
    PRIVATE: "pictures and texts in one map; a point each",
    WITHOUT: "an ad as the funnel's towers read it, trained on clicks and conversions alone",
    WITH: "the same, with CL4CVR's masked views beside them; one point an ad",
}
METHOD_TITLES = {TSNE: "t-SNE", TSNE_RAW: "t-SNE, no PCA", UMAP: "UMAP", PCA: "PCA"}
METHOD_NOTES = {
    TSNE: "FOCAL Ad §7.2: standardise, PCA, t-SNE",
    TSNE_RAW: "FOCAL Ad §5: t-SNE on the embeddings as they are",
    UMAP: "UMAP",
    PCA: "the two directions of largest variance",
}
PARAMETER_NAMES = {
    "perplexity": "perplexity",
    "iterations": "steps",
    "init": "start",
    "input_columns": "columns",
    "neighbours": "neighbours",
    "min_dist": "least distance",
    "seed": "seed",
}
EXPECTATIONS = (
    (SHARED, LABEL, "The shared space carries the label"),
    (PRIVATE, MODALITY, "The private spaces separate by modality"),
)
MET, UNSURE, MISSED, OPEN = "✓ met", "○ not shown", "✗ not met", "– not judged"


class Verdict(NamedTuple):
    """One expectation of FOCAL Ad, §7.2, judged.

    Attributes:
        expectation: The expectation.
        word: `MET`, `UNSURE`, `MISSED` or `OPEN`.
        reason: The numbers behind the word, in sentences.
    """

    expectation: str
    word: str
    reason: str


def verdicts(findings: Findings) -> tuple[Verdict, ...]:
    """Both expectations."""
    found = []
    for space, target, expectation in EXPECTATIONS:
        answer = findings.answer(space, target)
        if answer is None or answer.probe is None:
            found.append(Verdict(expectation, OPEN, answer.reason if answer else "It was not asked."))
            continue
        what = f"the label “{findings.label}”" if target == LABEL else "picture or text"
        word, reason = _judged(answer.probe, what)
        if target == LABEL and findings.label == PAIR_LABEL and word != MET:
            reason += _pair_words(findings, answer)
        found.append(Verdict(expectation, word, reason))
    return tuple(found)


def _judged(probe: Probe, what: str) -> tuple[str, str]:
    reason = (
        f"A straight line tells {what} with {percent(probe.accuracy)} accuracy "
        f"({percent(probe.low)} – {percent(probe.high)}; chance {percent(probe.chance)})"
    )
    if not probe.above_chance:
        return MISSED, f"{reason}: no better than chance."
    if probe.untrained is None:
        return UNSURE, f"{reason}. Without the ads' features no untrained network can be asked for comparison."
    untrained = f"an untrained network of the same shape gives {percent(probe.untrained)}"
    if probe.learned:
        return MET, f"{reason}, and {untrained}: training brought it there."
    return UNSURE, f"{reason}, but {untrained}, so this is no evidence of what was learned."


def _pair_words(findings: Findings, answer: Answer) -> str:
    words = " Belonging together is no property of a picture or of a text, so no straight line finds it in the two."
    if findings.separation is not None:
        words += f" Their cosine does tell true from mismatched pairs: AUC {findings.separation:.3f}."
    if answer.alike is not None and answer.chance is not None:
        words += f" Of an ad's ten nearest, {percent(answer.alike)} are of its kind (chance {percent(answer.chance)})."
    return words


def percent(share: float) -> str:
    """A share in percent, with the digits it deserves."""
    return f"{100 * share:.1f} %"


def map_caption(made: MeasuredMap, method: str) -> str:
    """Everything a reader needs to make the map again and to know how far to trust it."""
    n = len(made.coordinates)
    if method == PCA:
        shares = " + ".join(percent(float(made.parameters[f"variance_{axis}"])) for axis in (1, 2))
        how = f"{METHOD_TITLES[method]}: {shares} of the variance; exact, no seed"
    else:
        parts = [f"{PARAMETER_NAMES[name]} {_number(value)}" for name, value in made.parameters.items()]
        how = f"{METHOD_TITLES[method]}: {', '.join(parts)}"
    trust = "too few points to measure it"
    if made.quality is not None:
        of = "" if made.quality.measured == n else f", from {made.quality.measured:,} points drawn at random"
        trust = (
            f"trustworthiness {made.quality.trustworthiness:.2f}, continuity {made.quality.continuity:.2f} "
            f"({made.quality.neighbours} neighbours{of})"
        )
    return f"n = {n:,}, none left out · {how} · {trust}"


def _number(value: float | int | str) -> str:
    if isinstance(value, str):
        return value.upper() if value == "pca" else value
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"


def source_words(ads: LatentSet, spaces: tuple[str, ...]) -> str:
    """Where the ads come from, in a line."""
    own = "your ads, kept in memory until you remove them or the server stops" if ads.display == "own" else ads.name
    if ads.display == "simulated":
        own += ": simulated ads, drawn here again; no real people, brands or shops"
    if ads.views is not None and spaces == VIEWS:
        return f"{own} · as two networks of {ads.views.checkpoint}'s training read them, learned from a simulated log"
    return f"{own} · embedded by {ads.checkpoint}, first member, at length 1"
