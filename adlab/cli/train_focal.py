"""`train agreement`, `focal` and `focal-sim`: FOCAL Ad on photos and products, or on simulated ads."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from adlab.cli import console, options, training_options

AGREEMENT_HELP = """Train FOCAL Ad on photos, products and simulated ads: the head agreement.

The ensemble starts in the joint space of the encoders and learns from Flickr8k photos with captions, fashion product
photos with titles, and simulated ads whose copy does not contradict the picture. Pairs are contrasted within their
kind only. The reference set of all three kinds is written beside it. For Flickr8k alone give train focal."""
FOCAL_HELP = """Train FOCAL Ad on Flickr8k alone, with its reference set.

It serves the head agreement where no checkpoint of train agreement is installed. The preset paper is the loss of Eq. 5
trained as §4.7 says (30 epochs, Adam 1e-4, batch 128); compact is the full loss of §3, regularised for 6,000 photos.
The checkpoint holds an ensemble, whose spread is the interval, and its reference set is written beside it."""
FOCAL_SIM_HELP = """Train FOCAL Ad on simulated ads and its reference set: the head conversion.

Ads with planted causes are drawn, written and encoded; impressions and conversions follow from the planted response.
An ensemble learns the embeddings, a logistic regression on them the conversions. No data set is needed. The card holds
the comparison of Table 1, full against shared embeddings, beside the known ceiling."""
AGREEMENT_EPILOG = f"""{training_options.CODES}\b
Examples:
  python -m adlab train agreement
  python -m adlab train agreement --data ../shared/data --seed 1 \\
      --out models/focal-other
"""
FOCAL_EPILOG = f"""{training_options.CODES}\b
Examples:
  python -m adlab train focal
  python -m adlab train focal --preset paper --out models/focal-paper \\
      --image-encoder resnet18 --text-encoder bert-base-uncased
"""
FOCAL_SIM_EPILOG = f"""{training_options.CODES}\b
Examples:
  python -m adlab train focal-sim
  python -m adlab train focal-sim --ads 20000 --impressions 1000 \\
      --out models/focal-sim-large
"""


def agreement(
    context: typer.Context,
    data: training_options.PairFolders = None,
    out: training_options.Out = None,
    members: training_options.Models = 5,
    run: training_options.Run = None,
    seed: options.Seed = 0,
    budget_minutes: options.Budget = None,
    device: options.Device = "auto",
) -> int:
    """Train FOCAL Ad on three kinds of pairs; gives the exit code."""
    budget = options.check_budget(budget_minutes)
    folder = options.data_folder(data)
    with console.waiting("Loading …"):
        from adlab.training.agreement_run import AgreementRun, train_agreement

    how = AgreementRun(
        data=folder,
        members=members,
        seed=seed,
        run=run,
        budget_minutes=budget,
        device=device,
        **training_options.given(out=out),
    )
    return training_options.carry_out("Encoding pictures and texts", train_agreement, how, context)


def focal(
    context: typer.Context,
    preset: Annotated[Literal["paper", "compact"], typer.Option(help="Which training.")] = "compact",
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The Flickr8k folder.  [default: flickr8k in ADLAB_DATA]")
    ] = None,
    out: training_options.Out = None,
    image_encoder: options.ImageEncoder = options.IMAGE_ENCODER,
    text_encoder: options.TextEncoder = options.TEXT_ENCODER,
    members: training_options.Models = 5,
    run: training_options.Run = None,
    seed: options.Seed = 0,
    budget_minutes: options.Budget = None,
    device: options.Device = "auto",
) -> int:
    """Train FOCAL Ad; gives the exit code."""
    budget = options.check_budget(budget_minutes)
    folder = options.data_folder(data, "flickr8k")
    with console.waiting("Loading …"):
        from adlab.training.focal_run import FocalRun, train_focal

    how = FocalRun(
        preset=preset,
        data=folder,
        image_encoder=image_encoder,
        text_encoder=text_encoder,
        members=members,
        seed=seed,
        run=run,
        budget_minutes=budget,
        device=device,
        **training_options.given(out=out),
    )
    return training_options.carry_out("Encoding pictures and captions", train_focal, how, context)


def focal_sim(
    context: typer.Context,
    ads: Annotated[int, typer.Option(min=2, metavar="N", help="Simulated ads to train on, 2 or more.")] = 6000,
    impressions: Annotated[int, typer.Option(min=1, metavar="N", help="Mean impressions an ad, 1 or more.")] = 5000,
    ad_seed: Annotated[int, typer.Option(min=0, metavar="N", help="Seed of the ads and their outcomes.")] = 2026,
    out: training_options.Out = None,
    members: training_options.Models = 5,
    run: training_options.Run = None,
    seed: options.Seed = 0,
    budget_minutes: options.Budget = None,
    device: options.Device = "auto",
) -> int:
    """Train FOCAL Ad on simulated ads; gives the exit code."""
    budget = options.check_budget(budget_minutes)
    with console.waiting("Loading …"):
        from adlab.training.focal_sim import FocalSimRun, train_focal_sim
        from adlab.training.simulated import Collection

    how = FocalSimRun(
        collection=Collection(seed=ad_seed, train=ads, impressions=impressions),
        members=members,
        seed=seed,
        run=run,
        budget_minutes=budget,
        device=device,
        **training_options.given(out=out),
    )
    return training_options.carry_out("Drawing and encoding ads", train_focal_sim, how, context)
