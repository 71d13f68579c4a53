"""The report says every number it was given, and its sentences follow from the numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace

import pytest

from adlab.evaluation.focal_figures import FigureFiles
from adlab.evaluation.focal_findings import encoder_sentence, findings
from adlab.evaluation.focal_report import render
from adlab.evaluation.focal_results import (
    About,
    AccuracyRow,
    AgreementRow,
    CollapseRow,
    Difference,
    Estimate,
    ExpectationRow,
    FocalResults,
    MapRow,
    NoiseRow,
    ProbeRow,
)
from adlab.evaluation.focal_study import IMAGE_NAMES, NETWORKS, PROPERTIES, SPACES, TEXT_NAMES
from adlab.evaluation.focal_summary import TABLE

FIGURES = {
    name: FigureFiles(f"{name}.png", f"{name}.html", f"alt of {name}", f"caption of {name}")
    for name in ("fig2", "fig3")
}


class Numbers:
    """Estimates of which no two are equal."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, over: str = "seeds", scale: float = 1.0) -> Estimate:
        self.count += 1
        value = scale * (0.2 + 0.0023 * self.count)
        half = scale * (0.001 + 0.00013 * self.count)
        return Estimate(value=value, low=value - half, high=value + half, n=7, over=over)


def some_results() -> FocalResults:
    new = Numbers()

    def difference(network: str) -> Difference:
        return Difference(network=network, over_seeds=new(), over_images=new("images"))

    probes = [(network, space, name) for network in NETWORKS for space in SPACES for name in PROPERTIES]
    probes += [("features", "image", name) for name in IMAGE_NAMES] + [("features", "text", n) for n in TEXT_NAMES]
    return FocalResults(
        about=About(
            command="python -m adlab reproduce focal --seeds 7",
            image_encoder="vision-x-0123456789ab",
            text_encoder="minilm-0123456789ab",
            image_dim=1664,
            text_dim=384,
            images={"train": 6000, "dev": 1000, "test": 1000},
            captions=5,
            seeds_asked=7,
            seeds=tuple(range(7)),
            default_noise=1.0,
            resamples=1000,
            settings={"paper": {"epochs": 30, "loss": {"kind": "paper"}}, "contrastive": {"epochs": 20}},
        ),
        table=tuple(
            AccuracyRow(network=n, source=s, width=256, paper=0.6707 if (n, s) == TABLE[0] else None, accuracy=new())
            for n, s in TABLE
        ),
        differences=tuple(difference(network) for network in NETWORKS),
        noise=tuple(
            NoiseRow(noise_std=level, bayes=new(), full=new(), shared=new(), difference=difference("paper"))
            for level in (0.0, 1.0)
        ),
        collapse=tuple(
            CollapseRow(network=n, space=s, width=128, cosine=new(), rank=new(scale=60), centred_rank=new(scale=60))
            for n in NETWORKS
            for s in SPACES
        ),
        agreement=tuple(
            AgreementRow(
                network=n,
                auc_over_images=new("images"),
                auc_over_seeds=new(),
                true_cosine=new(),
                mismatched_cosine=new(),
            )
            for n in NETWORKS
        ),
        auc_difference=new("images"),
        probes=tuple(ProbeRow(network=n, space=s, property=p, r2=new()) for n, s, p in probes),
        private_gain={f"{n}/{m}": new() for n in NETWORKS for m in ("image", "text")},
        training_gain={source: new() for source in ("full", "shared")},
        expectations=tuple(
            ExpectationRow(network=n, what=w, probe=new(), purity=new(), chance=0.5011)
            for n in NETWORKS
            for w in ("label", "modality_shared", "modality_private")
        ),
        maps=tuple(
            MapRow(
                figure=f,
                network=n,
                chain=c,
                points=1234,
                perplexity=30,
                iterations=1000,
                seed=0,
                purity=new().value,
                chance=0.5,
            )
            for f in ("fig2", "fig3")
            for n in ("paper", "contrastive")
            for c in ("standardise-pca", "direct")
        ),
    )


def estimates(part: object) -> Iterator[Estimate]:
    if isinstance(part, Estimate):
        yield part
    elif isinstance(part, dict):
        for value in part.values():
            yield from estimates(value)
    elif isinstance(part, tuple):
        for value in part:
            yield from estimates(value)
    elif is_dataclass(part):
        for field in fields(part):
            yield from estimates(getattr(part, field.name))


def shown(estimate: Estimate) -> list[str]:
    """The ways in which an estimate may stand in the report, interval and all."""
    v, low, high = estimate.value, estimate.low, estimate.high
    ways = [f"{v:.{d}f} [{low:.{d}f}, {high:.{d}f}]" for d in (1, 3, 4)]
    ways += [f"{v:+.{d}f} [{low:+.{d}f}, {high:+.{d}f}]" for d in (3, 4)]
    ways.append(f"{100 * v:.2f} [{100 * low:.2f}, {100 * high:.2f}]")
    ways.append(f"{100 * v:.2f} | [{100 * low:.2f}, {100 * high:.2f}]")
    ways.append(f"{100 * v:+.2f} points [{100 * low:+.2f}, {100 * high:+.2f}]")
    ways.append(f"{v:.3f} ± {high - v:.3f}")
    return ways


def changed(results: FocalResults, name: str, **by_network: object) -> FocalResults:
    """Rows of one table with fields replaced, by network."""
    rows = tuple(replace(row, **by_network.get(row.network, {})) for row in getattr(results, name))
    return replace(results, **{name: rows})


def the(value: float, half: float = 0.001) -> Estimate:
    return Estimate(value=value, low=value - half, high=value + half, n=7, over="seeds")


def test_every_estimate_stands_in_the_report_with_its_interval():
    results = some_results()
    text = render(results, FIGURES)
    given = list(estimates(results))
    assert len(given) > 180
    assert [e for e in given if not any(way in text for way in shown(e))] == []
    for row in results.maps:
        assert f"| 1,234 | {100 * row.purity:.2f} | 50.00 |" in text


def test_a_number_left_out_would_be_noticed():
    results = some_results()
    text = render(replace(results, collapse=results.collapse[:-1]), FIGURES)
    assert not any(way in text for way in shown(results.collapse[-1].cosine))


def test_paper_numbers_command_figures_and_settings_stand_in_it():
    text = render(some_results(), FIGURES)
    for words in (
        "`python -m adlab reproduce focal --seeds 7`",
        "| 67.07 |",
        "![alt of fig2](fig2.png)",
        "caption of fig3",
        "(fig3.html)",
        "| loss.kind | paper |  |",
        "| epochs | 30 | 20 |",
        "Bootstraps: 1,000 resamples.",
        "all of Flickr8k in its official split: 8,000 images with 5 captions each (6,000 train, 1,000 dev, 1,000 test)",
    ):
        assert words in text
    assert "Fewer than 5 seeds" not in text
    assert text.index("reproduce focal --seeds 7") < text.index("## In short")


def test_equal_results_give_equal_text_without_a_date():
    text = render(some_results(), FIGURES)
    assert text == render(some_results(), FIGURES)
    assert "202" not in text.replace("2020", "").replace("2007", "").split("## In short")[0]


def test_the_papers_encoders_are_recognised_and_others_named_as_such():
    results = some_results()
    assert "not the paper's encoders" in encoder_sentence(results)
    about = replace(results.about, image_encoder="resnet18-0123456789ab", text_encoder="bert-base-uncased-0123456789ab")
    sentence = encoder_sentence(replace(results, about=about))
    assert "These are the paper's" in sentence
    half = replace(results.about, image_encoder="resnet18-0123456789ab")
    assert "not the paper's encoders" in encoder_sentence(replace(results, about=half))


@pytest.mark.parametrize(
    ("seeds", "images", "words"),
    [
        (0.02, 0.02, "both intervals lie above 0"),
        (-0.02, -0.02, "both intervals lie below 0"),
        (0.0005, 0.0, "both intervals include 0"),
        (0.0, 0.02, "over seeds includes 0, that over images lies above 0"),
    ],
)
def test_the_verdict_on_full_against_shared_follows_the_intervals(seeds, images, words):
    row = {"over_seeds": the(seeds), "over_images": the(images)}
    assert words in findings(changed(some_results(), "differences", paper=row))[0]


def test_the_papers_difference_is_placed():
    def said(value: float) -> str:
        row = {"over_seeds": the(value, 0.002), "over_images": the(0.01)}
        return findings(changed(some_results(), "differences", paper=row))[0]

    assert "+0.79 points lies inside" in said(0.0085)
    assert "+0.79 points lies outside" in said(0.0105)
    assert "+0.79 points lies outside" in said(0.0055)


def test_an_untrained_network_with_the_same_difference_is_held_against_it():
    def said(untrained: float) -> str:
        rows = {
            n: {"over_seeds": the(v), "over_images": the(v)} for n, v in (("paper", 0.05), ("untrained", untrained))
        }
        return findings(changed(some_results(), "differences", **rows))[0]

    assert "further columns of input alone bring part of ours." in said(0.03)
    assert "further columns of input alone bring as much." in said(0.06)
    assert "further columns" not in said(0.0)


def test_where_the_sweep_crosses_the_papers_accuracy_is_said():
    results = some_results()

    def said(*full: float) -> str:
        rows = tuple(replace(row, full=the(value)) for row, value in zip(results.noise, full, strict=True))
        return findings(replace(results, noise=rows))[1]

    assert "between σ = 0 and σ = 1" in said(0.7, 0.6)
    assert "stays below the paper's 67.07 % at every level" in said(0.66, 0.6)
    assert "stays at or above" in said(0.9, 0.68)


@pytest.mark.parametrize(
    ("cosine", "words"), [(0.95, "collapsed onto one direction"), (0.6, "narrowed"), (0.1, "not collapsed")]
)
def test_collapse_is_judged_by_the_stated_rule(cosine, words):
    sentence = findings(changed(some_results(), "collapse", paper={"cosine": the(cosine)}))[3]
    assert f"paper's loss (Eq. 5): {words} (" in sentence


@pytest.mark.parametrize(
    ("value", "words"), [(0.1, "better than the paper's loss"), (-0.1, "worse than"), (0.0, "no difference is shown")]
)
def test_the_losses_are_compared_by_their_interval(value, words):
    assert words in findings(replace(some_results(), auc_difference=the(value)))[4]


@pytest.mark.parametrize(
    ("purity", "words"),
    [(0.8, "clusters ("), (0.55, "more alike than chance, but no clusters"), (0.5, "no structure")],
)
def test_expectations_are_judged_by_neighbours(purity, words):
    results = some_results()
    rows = tuple(replace(r, purity=the(purity)) if r.network == "paper" else r for r in results.expectations)
    assert f"paper's loss (Eq. 5): {words}" in findings(replace(results, expectations=rows))[-2]


def test_clusters_that_an_untrained_network_shows_too_are_no_evidence():
    results = some_results()
    all_pure = tuple(replace(row, purity=the(0.99)) for row in results.expectations)
    assert "no evidence of what was learned" in findings(replace(results, expectations=all_pure))[-1]
    trained = tuple(
        replace(row, purity=the(0.5 if row.network == "untrained" else 0.99)) for row in results.expectations
    )
    assert "no evidence" not in findings(replace(results, expectations=trained))[-1]


def test_one_seed_gives_no_verdict_over_seeds():
    def alone(part):
        if isinstance(part, Estimate) and part.over == "seeds":
            return replace(part, low=None, high=None, n=1)
        if isinstance(part, dict):
            return {name: alone(value) for name, value in part.items()}
        if isinstance(part, tuple):
            return tuple(alone(value) for value in part)
        if is_dataclass(part):
            return replace(part, **{f.name: alone(getattr(part, f.name)) for f in fields(part)})
        return part

    results = alone(some_results())
    text = render(replace(results, about=replace(results.about, seeds=(0,))), FIGURES)
    assert "does not exist for one seed" in text
    assert "one seed, no verdict" in text
    assert "by one seed alone" in text
    assert "ended the run after 1" in text
    assert "None" not in text
