"""`train vision`, `agreement`, `focal` and the others: make the checkpoints that ship."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from adlab.cli import console, options, train_funnel

if TYPE_CHECKING:
    from adlab.checkpoints.manifest import Manifest

TEACHER = "mobilenet_v2_imagenet_tf_same.safetensors"
GROUP_HELP = """Train a checkpoint that ships.

A training is seeded, keeps its state after every epoch, and goes on where it was stopped when the same command is
given again. It ends with a checkpoint folder whose card holds the command, the seed and the measures."""
VISION_HELP = """Train the image encoder.

A MobileNetV2 is distilled from an ImageNet teacher and aligned with the text encoder on Flickr8k captions and
fashion titles. What the teacher and the frozen first stages put out is computed once and cached."""
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
APPEAL_HELP = """Train M2FN on rated web ads and its reference set: the head appeal.

An ensemble reads the picture, its shape and the words in it (OCR) and states how people would rate the ad, 1 to 7. It
is measured and calibrated by cross-validation; what ships is trained on all ads."""
CTR_HELP = """Train M2FN on a simulated log of clicks: the head ctr.

Ads with planted causes are drawn; their clicks follow from the planted response to ad, audience, time and slot. An
ensemble reads picture, dominant colour, copy, the words in the picture and the context. No data set is needed. The test
ads are those of the reference set that train focal-sim wrote, which takes up quantiles of the scores."""
RELEVANCE_HELP = """Train AdsCVLR on graded pairs of a query and an ad: the head relevance.

A transformer over words and regions of the picture starts from the text encoder, is pre-trained on what belongs
together, and learns grades, Bad to Excellent, from CrowdFlower, Home Depot, Flickr8k judgements, fashion products and
simulated ads, with the picture, without it, and by it alone. Its grades also rest on the likeness of the whole query
to the whole copy and picture by the frozen encoders. The card keeps human and rule-made grades apart."""
RELEVANCE_STUDENT_HELP = """Distil AdsCVLR into its two-tower student, which reads an ad once.

The teacher is asked about graded pairs of the training part, the same with less of the ad, and queries put to other
ads, which nobody graded; its answers are kept in the cache. A small network learns them from vectors of the encoders.
The card holds student and teacher against each other and the judges, and what a pair costs each."""
REFERENCE_HELP = """Score the simulated reference ads with every shipped head.

The ads of the reference set that train focal-sim wrote are drawn again and scored; quantiles of the scores are stored
in the set, so that every head's percentile can be taken among the same ads. Give it again after any training."""
CODES = """Output: the checkpoint folder --out; its measures are printed.

\b
Exit codes:
  0    trained and written; a time budget that ends a training early is said
       on the card
  2    the call cannot be used, the data are missing, or encoder weights
       cannot be had
  130  stopped by Ctrl-C; the state of the last epoch is kept

"""
VISION_EPILOG = f"""{CODES}\b
Examples:
  python -m adlab train vision
  python -m adlab train vision --budget-minutes 80 --set epochs=12
"""
FOCAL_EPILOG = f"""{CODES}\b
Examples:
  python -m adlab train focal
  python -m adlab train focal --preset paper --out models/focal-paper \\
      --image-encoder resnet18 --text-encoder bert-base-uncased
"""
AGREEMENT_EPILOG = f"""{CODES}\b
Examples:
  python -m adlab train agreement
  python -m adlab train agreement --data ../shared/data --seed 1 \\
      --out models/focal-other
"""
FOCAL_SIM_EPILOG = f"""{CODES}\b
Examples:
  python -m adlab train focal-sim
  python -m adlab train focal-sim --ads 20000 --impressions 1000 \\
      --out models/focal-sim-large
"""
APPEAL_EPILOG = f"""{CODES}\b
Examples:
  python -m adlab train appeal
  python -m adlab train appeal --data ../shared/data/bad-ads --seed 1 \\
      --out models/appeal-other
"""
CTR_EPILOG = f"""{CODES}\b
Examples:
  python -m adlab train ctr
  python -m adlab train ctr --members 3 --budget-minutes 5
"""
RELEVANCE_EPILOG = f"""{CODES}\b
Examples:
  python -m adlab train relevance --budget-minutes 90
  python -m adlab train relevance --no-contrast --pairs 15000 \\
      --out models/relevance-plain
"""
RELEVANCE_STUDENT_EPILOG = f"""{CODES}\b
Examples:
  python -m adlab train relevance-student
  python -m adlab train relevance-student --teacher models/relevance-plain \\
      --further 200000 --out models/student-plain
"""
REFERENCE_EPILOG = """Output: the reference set in models/, written anew.

\b
Exit codes:
  0    scored and written
  2    there is no such reference set, or a checkpoint is not intact

\b
Examples:
  python -m adlab train reference
"""
Out = Annotated[Path | None, typer.Option(metavar="DIR", help="Checkpoint folder to write.  [default: in models/]")]
Run = Annotated[
    Path | None,
    typer.Option(
        "--run", metavar="DIR", help="Folder of the training's state, to resume from.  [default: in the cache]"
    ),
]


def app() -> typer.Typer:
    """The group of `train`."""
    group = typer.Typer(help=GROUP_HELP, no_args_is_help=True, rich_markup_mode=None)
    group.command("vision", help=VISION_HELP, epilog=VISION_EPILOG)(vision)
    group.command("agreement", help=AGREEMENT_HELP, epilog=AGREEMENT_EPILOG)(agreement)
    group.command("focal", help=FOCAL_HELP, epilog=FOCAL_EPILOG)(focal)
    group.command("focal-sim", help=FOCAL_SIM_HELP, epilog=FOCAL_SIM_EPILOG)(focal_sim)
    group.command("appeal", help=APPEAL_HELP, epilog=APPEAL_EPILOG)(appeal)
    group.command("ctr", help=CTR_HELP, epilog=CTR_EPILOG)(ctr)
    group.command("relevance", help=RELEVANCE_HELP, epilog=RELEVANCE_EPILOG)(relevance)
    group.command("relevance-student", help=RELEVANCE_STUDENT_HELP, epilog=RELEVANCE_STUDENT_EPILOG)(relevance_student)
    group.command("funnel", help=train_funnel.HELP, epilog=train_funnel.EPILOG)(train_funnel.funnel)
    group.command("reference", help=REFERENCE_HELP, epilog=REFERENCE_EPILOG)(reference)
    return group


def vision(
    context: typer.Context,
    teacher: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The teacher's weights, safetensors.  [default: weights/ beside --data]"),
    ] = None,
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder with flickr8k/ and fashion/.  [default: ADLAB_DATA]")
    ] = None,
    out: Out = None,
    run: Run = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="NAME=VALUE", help="A setting of the training, such as epochs=12; can be repeated."
        ),
    ] = None,
    seed: options.Seed = 0,
    budget_minutes: options.Budget = None,
    device: options.Device = "auto",
) -> int:
    """Train the image encoder; gives the exit code."""
    budget = options.check_budget(budget_minutes)
    folder = options.data_folder(data)
    with console.waiting("Loading …"):
        from adlab.cli.settings import changed
        from adlab.training.vision import VisionTraining
        from adlab.training.vision_run import VisionRun, train_vision

    how = VisionRun(
        teacher=teacher or folder.resolve().parent / "weights" / TEACHER,
        data=folder,
        seed=seed,
        run=run,
        budget_minutes=budget,
        device=device,
        training=changed(VisionTraining(seed=seed), settings or ()),
        **_given(out=out),
    )
    with console.progress("Caching pictures") as advance:
        manifest = train_vision(how, advance, context.find_root().obj)
    summary(manifest)
    return 0


def agreement(
    context: typer.Context,
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder with flickr8k/ and fashion/.  [default: ADLAB_DATA]")
    ] = None,
    out: Out = None,
    members: Annotated[int, typer.Option(min=1, metavar="N", help="Models in the ensemble, 1 or more.")] = 5,
    run: Run = None,
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
        data=folder, members=members, seed=seed, run=run, budget_minutes=budget, device=device, **_given(out=out)
    )
    with console.progress("Encoding pictures and texts") as advance:
        manifest = train_agreement(how, advance, context.find_root().obj)
    summary(manifest)
    return 0


def focal(
    context: typer.Context,
    preset: Annotated[Literal["paper", "compact"], typer.Option(help="Which training.")] = "compact",
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The Flickr8k folder.  [default: flickr8k in ADLAB_DATA]")
    ] = None,
    out: Out = None,
    image_encoder: options.ImageEncoder = options.IMAGE_ENCODER,
    text_encoder: options.TextEncoder = options.TEXT_ENCODER,
    members: Annotated[int, typer.Option(min=1, metavar="N", help="Models in the ensemble, 1 or more.")] = 5,
    run: Run = None,
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
        **_given(out=out),
    )
    with console.progress("Encoding pictures and captions") as advance:
        manifest = train_focal(how, advance, context.find_root().obj)
    summary(manifest)
    return 0


def focal_sim(
    context: typer.Context,
    ads: Annotated[int, typer.Option(min=2, metavar="N", help="Simulated ads to train on, 2 or more.")] = 6000,
    impressions: Annotated[int, typer.Option(min=1, metavar="N", help="Mean impressions an ad, 1 or more.")] = 5000,
    ad_seed: Annotated[int, typer.Option(min=0, metavar="N", help="Seed of the ads and their outcomes.")] = 2026,
    out: Out = None,
    members: Annotated[int, typer.Option(min=1, metavar="N", help="Models in the ensemble, 1 or more.")] = 5,
    run: Run = None,
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
        **_given(out=out),
    )
    with console.progress("Drawing and encoding ads") as advance:
        manifest = train_focal_sim(how, advance, context.find_root().obj)
    summary(manifest)
    return 0


def appeal(
    context: typer.Context,
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The bad-ads folder.  [default: bad-ads in ADLAB_DATA]")
    ] = None,
    out: Out = None,
    members: Annotated[int, typer.Option(min=1, metavar="N", help="Networks in the ensemble, 1 or more.")] = 5,
    seed: options.Seed = 0,
) -> int:
    """Train M2FN on rated ads; gives the exit code."""
    folder = options.data_folder(data, "bad-ads")
    with console.waiting("Loading …"):
        from adlab.training.appeal import AppealRun, train_appeal

    how = AppealRun(data=folder, members=members, seed=seed, **_given(out=out))
    with console.progress("Reading words in pictures") as advance, console.progress("Cross-validating") as fold:
        manifest = train_appeal(how, advance, fold, context.find_root().obj)
    summary(manifest)
    return 0


def ctr(
    context: typer.Context,
    out: Out = None,
    members: Annotated[int, typer.Option(min=1, metavar="N", help="Networks in the ensemble, 1 or more.")] = 5,
    run: Run = None,
    seed: options.Seed = 0,
    budget_minutes: options.Budget = None,
) -> int:
    """Train M2FN on a simulated log of clicks; gives the exit code."""
    budget = options.check_budget(budget_minutes)
    with console.waiting("Loading …"):
        from adlab.training.ctr import CtrRun, train_ctr

    how = CtrRun(members=members, run=run, seed=seed, budget_minutes=budget, **_given(out=out))
    with console.progress("Drawing and looking at ads") as advance:
        manifest = train_ctr(how, advance, context.find_root().obj)
    summary(manifest)
    return 0


def relevance(
    context: typer.Context,
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder with the data sets.  [default: ADLAB_DATA]")
    ] = None,
    out: Out = None,
    pairs: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Pairs an epoch.  [default: as the training says]")
    ] = None,
    no_contrast: Annotated[bool, typer.Option("--no-contrast", help="Leave out the contrast of the modes.")] = False,
    no_pretraining: Annotated[bool, typer.Option("--no-pretraining", help="Leave out the pre-training.")] = False,
    no_likeness: Annotated[
        bool, typer.Option("--no-likeness", help="Grades from [CLS] alone, as in the paper.")
    ] = False,
    run: Run = None,
    seed: options.Seed = 0,
    budget_minutes: options.Budget = None,
    device: options.Device = "auto",
) -> int:
    """Train AdsCVLR; gives the exit code."""
    budget = options.check_budget(budget_minutes)
    folder = options.data_folder(data)
    with console.waiting("Loading …"):
        from adlab.training.adscvlr_finetune_task import FinetuneTraining
        from adlab.training.adscvlr_pretrain_task import PretrainTraining
        from adlab.training.adscvlr_run import RelevanceRun, train_relevance
        from adlab.training.adscvlr_sources import Sources

    how = RelevanceRun(
        sources=Sources(folder=folder),
        pretraining=None if no_pretraining else PretrainTraining(**_given(pairs=pairs)),
        training=FinetuneTraining(**_given(pairs=pairs, contrast_weight=0.0 if no_contrast else None)),
        likeness=not no_likeness,
        run=run,
        seed=seed,
        budget_minutes=budget,
        device=device,
        **_given(out=out),
    )
    with console.progress("Looking at pictures") as advance:
        manifest = train_relevance(how, advance, context.find_root().obj)
    summary(manifest)
    return 0


def relevance_student(
    context: typer.Context,
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Folder with the data sets.  [default: ADLAB_DATA]")
    ] = None,
    teacher: Annotated[
        str, typer.Option(metavar="NAME", help="Checkpoint to learn from: a name in models/, or its folder.")
    ] = "relevance-adscvlr",
    out: Out = None,
    graded: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Graded pairs to ask about.  [default: 80000]")
    ] = None,
    further: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="Pairs that nobody graded.  [default: 80000]")
    ] = None,
    run: Run = None,
    seed: options.Seed = 0,
    budget_minutes: Annotated[
        float,
        typer.Option(metavar="MINUTES", help="Time of the student's own training, the teacher's answers left out."),
    ] = 10.0,
    device: options.Device = "auto",
) -> int:
    """Train the student; gives the exit code."""
    budget = options.check_budget(budget_minutes)
    folder = options.data_folder(data)
    with console.waiting("Loading …"):
        from adlab.training.adscvlr_sources import Sources
        from adlab.training.student_run import StudentRun, train_student

    place = Path(teacher)
    how = StudentRun(
        sources=Sources(folder=folder),
        teacher=place.name,
        teacher_root=place.parent if place.parent != Path() else None,
        run=run,
        seed=seed,
        budget_minutes=budget,
        device=device,
        **_given(out=out, graded=graded, further=further),
    )
    with console.progress("Asking the teacher") as advance:
        manifest = train_student(how, advance, context.find_root().obj)
    summary(manifest)
    return 0


def reference(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Reference set of simulated ads.")
    ] = "reference-simulated",
    device: options.Device = "auto",
) -> int:
    """Score the simulated reference ads; gives the exit code."""
    with console.waiting("Loading …"):
        from adlab.checkpoints.reference_set import SCORED
        from adlab.evaluation.reference_scores import score_reference

    with console.progress("Scoring reference ads") as advance:
        manifest = score_reference(name, device=device, progress=advance)
    console.out().print(f"{manifest.name}: holds scores of {', '.join(manifest.extras[SCORED])}.")
    return 0


def summary(manifest: Manifest) -> None:
    """The measures that were taken, one a line."""
    from adlab.cli.models import measure_words

    lines = [f"{manifest.name}: trained in {manifest.training.minutes:.0f} minutes."]
    lines += [f"  {measure_words(measure)}" for measure in manifest.measures]
    console.out().print("\n".join(lines), soft_wrap=True)


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
