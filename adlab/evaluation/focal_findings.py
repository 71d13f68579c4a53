"""What the numbers of the FOCAL Ad reproduction say, in sentences computed from them."""

from __future__ import annotations

from adlab.evaluation.focal_results import AgreementRow, CollapseRow, Estimate, ExpectationRow, FocalResults

PAPER_ENCODERS = ("resnet18", "bert-base-uncased")
FLICKR8K = {"train": 6000, "dev": 1000, "test": 1000}
PAPER_DIFFERENCE = 0.0079  # FOCAL Ad, Table 1: 67.07 − 66.28
COLLAPSED, NARROWED = 0.9, 0.5  # mean pairwise cosine from which a space counts as collapsed, as narrowed
NAMES = {
    "paper": "paper's loss (Eq. 5)",
    "contrastive": "full FOCAL (§3)",
    "untrained": "untrained network",
    "features": "frozen features",
}


def percent(value: float) -> str:
    """A share as a percentage with two decimals."""
    return f"{100 * value:.2f}"


def points(estimate: Estimate) -> str:
    """A difference of shares in percentage points, signed, with its interval."""
    interval = "" if estimate.low is None else f" [{100 * estimate.low:+.2f}, {100 * (estimate.high or 0):+.2f}]"
    return f"{100 * estimate.value:+.2f} points{interval}"


def encoder_sentence(results: FocalResults) -> str:
    """Which encoders were used, and whether they are the paper's."""
    about = results.about
    names = tuple(identity.rsplit("-", 1)[0] for identity in (about.image_encoder, about.text_encoder))
    used = (
        f"Encoders: image `{about.image_encoder}` ({about.image_dim}-d), text `{about.text_encoder}` "
        f"({about.text_dim}-d)."
    )
    if names == PAPER_ENCODERS:
        return f"{used} These are the paper's: ResNet-18 and BERT-base-uncased."
    return (
        f"{used} **These are not the paper's encoders**, which are ResNet-18 (512-d) and BERT-base-uncased (768-d): "
        "accuracies beside the paper's compare procedures, not implementations."
    )


def data_sentence(results: FocalResults) -> str:
    """What was measured on, and whether it is all of Flickr8k."""
    about, images = results.about, results.about.images
    counts = ", ".join(f"{images[split]:,} {split}" for split in ("train", "dev", "test"))
    total = f"{sum(images.values()):,} images with {about.captions} captions each ({counts}), every caption a pair"
    whole = images == FLICKR8K and about.captions == 5
    head = "Data: all of Flickr8k in its official split" if whole else "Data: **not all of Flickr8k**"
    return f"{head}: {total}."


def seeds_sentence(results: FocalResults) -> str:
    """How many seeds, and why fewer than asked for."""
    about = results.about
    done, asked = len(about.seeds), about.seeds_asked
    said = f"Seeds: {done}; each draws a hidden rule W, noise ε and initial values of its own."
    if done < asked:
        said += f" **{asked} were asked for; the time budget ended the run after {done}.**"
    if done < 5:
        said += " Fewer than 5 seeds: read intervals over seeds with care."
    return said


def findings(results: FocalResults) -> list[str]:
    """The sentences of the section "In short"."""
    return [
        _full_against_shared(results),
        _paper_in_the_sweep(results),
        _training_against_none(results),
        _collapse(results),
        _agreement(results),
        *(_private_gain(results, modality) for modality in ("image", "text")),
        *(_expectation(results, what) for what in ("label", "modality_private")),
    ]


def _full_against_shared(results: FocalResults) -> str:
    rows = {row.source: row.accuracy.value for row in results.table if row.network == "paper"}
    difference, untrained = (
        next(d for d in results.differences if d.network == network) for network in ("paper", "untrained")
    )
    verdicts = {_sign(difference.over_seeds), _sign(difference.over_images)}
    if verdicts == {"above"}:
        verdict = "both intervals lie above 0: Full is better"
    elif verdicts == {"below"}:
        verdict = "both intervals lie below 0: Full is worse"
    elif len(verdicts) == 1:
        verdict = "both intervals include 0: no difference is shown"
    else:
        verdict = (
            f"the interval over seeds {_in_words(difference.over_seeds)}, that over images "
            f"{_in_words(difference.over_images)}"
        )
    low, high = difference.over_seeds.low, difference.over_seeds.high
    size = f" The same difference of an untrained network: {points(untrained.over_images)} over images"
    if untrained.over_images.above_zero:
        share = "as much" if untrained.over_images.value >= difference.over_images.value else "part of ours"
        size += f", so further columns of input alone bring {share}"
    size += "."
    if low is not None and high is not None:
        inside = low <= PAPER_DIFFERENCE <= high
        size += (
            f" The paper's difference of +0.79 points lies {'inside' if inside else 'outside'} our interval over seeds."
        )
    return (
        f"**Full against Shared.** Paper: 67.07 % against 66.28 %. Ours: {percent(rows['full'])} % against "
        f"{percent(rows['shared'])} %, a difference of {points(difference.over_seeds)} over seeds and "
        f"{points(difference.over_images)} over images: {verdict}.{size}"
    )


def _paper_in_the_sweep(results: FocalResults) -> str:
    head = "**Noise.** The paper does not print its noise level."
    above = [row for row in results.noise if row.full.value >= 0.6707]
    below = [row for row in results.noise if row.full.value < 0.6707]
    if not above:
        return f"{head} Our Full stays below the paper's 67.07 % at every level of the sweep."
    if not below:
        return f"{head} Our Full stays at or above the paper's 67.07 % at every level of the sweep."
    least, most = max(row.noise_std for row in above), min(row.noise_std for row in below)
    return (
        f"{head} Our Full falls through the paper's 67.07 % between σ = {min(least, most):g} and σ = "
        f"{max(least, most):g}, where the Bayes accuracy is "
        f"{' and '.join(f'{percent(r.bayes.value)} %' for r in results.noise if r.noise_std in (least, most))}."
    )


def _training_against_none(results: FocalResults) -> str:
    gains = results.training_gain
    said = []
    for source in ("full", "shared"):
        words = {"above": "raises", "below": "lowers", "none": "does not measurably change"}
        word = words.get(_sign(gains[source]), "changes, by one seed alone,")
        said.append(f"{word} {source.capitalize()} ({points(gains[source])})")
    raw = next(row for row in results.table if row.network == "features").accuracy.value
    return (
        "**Does training help this task?** Against an untrained network of the same shape, training with the paper's "
        f"loss {said[0]} and {said[1]}. The frozen features themselves reach {percent(raw)} %."
    )


def _collapse(results: FocalResults) -> str:
    said = []
    for network in ("paper", "contrastive"):
        shared = [row for row in results.collapse if row.network == network and row.space.startswith("shared")]
        ranks = " and ".join(f"{row.rank.value:.1f}" for row in shared)
        centred = " and ".join(f"{row.centred_rank.value:.1f}" for row in shared)
        cosines = " and ".join(f"{row.cosine.value:.3f}" for row in shared)
        said.append(
            f"{NAMES[network]}: {_state(shared)} (mean pairwise cosine {cosines}, effective rank {ranks} of "
            f"{shared[0].width}, {centred} around the mean; image and text)"
        )
    return (
        f"**Collapse of the shared spaces** (collapsed: mean pairwise cosine of {COLLAPSED} or more; narrowed: "
        f"{NARROWED} or more). {'; '.join(said)}."
    )


def _state(rows: list[CollapseRow]) -> str:
    worst = max(row.cosine.value for row in rows)
    return (
        "collapsed onto one direction" if worst >= COLLAPSED else "narrowed" if worst >= NARROWED else "not collapsed"
    )


def _agreement(results: FocalResults) -> str:
    rows: dict[str, AgreementRow] = {row.network: row for row in results.agreement}
    difference = results.auc_difference
    verdict = {
        "above": "full FOCAL tells true from mismatched pairs better than the paper's loss",
        "below": "full FOCAL tells true from mismatched pairs worse than the paper's loss",
        "none": "no difference is shown",
    }[_sign(difference)]
    return (
        f"**True against mismatched pairs.** AUC {rows['paper'].auc_over_images.value:.4f} with the paper's loss, "
        f"{rows['contrastive'].auc_over_images.value:.4f} with full FOCAL, "
        f"{rows['untrained'].auc_over_images.value:.4f} untrained; full FOCAL minus paper's loss "
        f"{difference.value:+.4f} [{difference.low:+.4f}, {difference.high:+.4f}] over images: {verdict}."
    )


def _private_gain(results: FocalResults, modality: str) -> str:
    said = []
    for network in ("paper", "contrastive", "untrained"):
        gain = results.private_gain[f"{network}/{modality}"]
        words = {
            "above": "more than the shared one",
            "below": "less than the shared one",
            "none": "no clear difference",
        }
        word = words.get(_sign(gain), "one seed, no verdict")
        interval = "" if gain.low is None else f" [{gain.low:+.3f}, {gain.high:+.3f}]"
        said.append(f"{NAMES[network]} {gain.value:+.3f}{interval} ({word})")
    return (
        f"**What the private {modality} space holds.** Mean R² of the {modality} properties, private minus shared "
        f"{modality} space: {'; '.join(said)}."
    )


def _expectation(results: FocalResults, what: str) -> str:
    rows: dict[str, ExpectationRow] = {row.network: row for row in results.expectations if row.what == what}
    head = {
        "label": "**§7.2, first expectation: the shared space clusters by label.**",
        "modality_private": "**§7.2, second expectation: the private spaces occupy distinct regions by modality.**",
    }[what]
    said = [
        f"{NAMES[network]}: {structure(row)} (probe {percent(row.probe.value)} %, like neighbours "
        f"{percent(row.purity.value)} %, chance {percent(row.chance)} %)"
        for network, row in rows.items()
    ]
    note = ""
    if what == "modality_private" and structure(rows["untrained"]) == structure(rows["paper"]):
        note = " An untrained network shows the same, so this is no evidence of what was learned."
    return f"{head} {'; '.join(said)}.{note}"


def structure(row: ExpectationRow) -> str:
    """Whether neighbours show clusters (half the way from chance to 1), are reliably above chance, or neither."""
    lift = (row.purity.value - row.chance) / (1 - row.chance)
    if lift >= 0.5:
        return "clusters"
    if row.purity.low is None:
        return "no clusters"
    return "more alike than chance, but no clusters" if row.purity.low > row.chance else "no structure"


def _sign(estimate: Estimate) -> str:
    if estimate.low is None:
        return "unknown"
    return "above" if estimate.above_zero else "below" if estimate.below_zero else "none"


def _in_words(estimate: Estimate) -> str:
    words = {"above": "lies above 0", "below": "lies below 0", "none": "includes 0"}
    return words.get(_sign(estimate), "does not exist for one seed")
