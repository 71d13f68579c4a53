"""`python -m adlab train vision`: from data folders to the shipped image encoder with its card."""

from __future__ import annotations

import platform
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from adlab.checkpoints.manifest import Manifest, TrainingRecord
from adlab.checkpoints.store import as_stored, save_checkpoint
from adlab.data.assessment import DataKind
from adlab.data.fashion import read_fashion
from adlab.data.flickr8k import read_flickr8k
from adlab.data.image_intake import read_image
from adlab.data.splits import split_of
from adlab.encoders.mobilenet import VisionConfig, VisionNet, scale_pixels
from adlab.encoders.preprocessing import Letterbox
from adlab.encoders.spec import sha256_of_file
from adlab.encoders.text import load_minilm
from adlab.features.stored import stored_texts
from adlab.paths import cache_dir, models_dir
from adlab.training.run import Fit, fit, run_name
from adlab.training.teacher import Teacher
from adlab.training.vision import VisionSource, VisionTask, VisionTraining
from adlab.training.vision_data import Pictures, Progress, ViewCache, cache_name
from adlab.training.vision_measures import measure_vision

NAME = "vision-mobilenetv2"
FASHION_PICTURES = 2400
PRECISION = "bf16-mixed"
TIGHT_SHARE = 0.6  # of the more tightly held training in the mean of both


@dataclass(frozen=True, kw_only=True)
class VisionRun:
    """One training of the image encoder.

    Attributes:
        teacher: Safetensors file of the teacher.
        data: Folder that holds `flickr8k/` and `fashion/`.
        out: Checkpoint folder to write.
        run: Folder that keeps the states of stopped runs; the cache folder if not given.
        budget_minutes: Time of both trainings together, None for no limit; caching and measuring come on top.
        seed: Seed of everything drawn.
        device: ``"auto"``, ``"cpu"`` or ``"cuda"``.
        training: The hyper-parameters.
        network: Shape of the network.
    """

    teacher: Path
    data: Path
    out: Path = field(default_factory=lambda: models_dir() / NAME)
    run: Path | None = None
    budget_minutes: float | None = None
    seed: int = 0
    device: str = "auto"
    training: VisionTraining = field(default_factory=VisionTraining)
    network: VisionConfig = field(default_factory=VisionConfig)


def train_vision(run: VisionRun, progress: Progress = lambda done, total: None, command: str = "") -> Manifest:
    """Train, measure and write the checkpoint.

    Args:
        run: What to do.
        progress: Called with (pictures cached, all pictures) while views are computed.
        command: The command line, for the card.

    Returns:
        The manifest of the written checkpoint.

    Raises:
        DataUnavailableError: The teacher or a data set is missing.
    """
    started = time.monotonic()
    teacher = Teacher(run.teacher).to(memory_format=torch.channels_last)
    torch.manual_seed(run.seed)
    net = VisionNet(run.network)
    teacher.initialise(net)
    net = net.to(memory_format=torch.channels_last).eval()
    flickr, splits = flickr_pictures(run.data / "flickr8k")
    fashion = fashion_pictures(run.data / "fashion")
    sources = [
        _source(flickr, splits["train"], splits["dev"], net, teacher, run, progress),
        _source(fashion, np.arange(len(fashion)), np.array([], dtype=int), net, teacher, run, progress),
    ]
    fit_head_scale(net, sources[0])
    trained_in, note = _train(run, net, sources)
    net.load_state_dict(as_stored(net.state_dict()))  # measure what ships, rounding included
    net.eval()
    measures = measure_vision(net, teacher, sources[0], splits["test"], flickr)
    squares = reference_squares()
    manifest = Manifest(
        name=run.out.name,
        kind="vision",
        summary=(
            "The image encoder behind every score: MobileNetV2 distilled from an ImageNet teacher and aligned with "
            "the text encoder on photos with captions and product photos with titles."
        ),
        heads=(),
        network=asdict(run.network),
        encoders={},
        preprocessing=Letterbox(size=run.network.image_size).description,
        data_kind=DataKind.MATCHED_PAIRS,
        trained_on="ImageNet (through the teacher), Flickr8k train split, fashion product photos with titles",
        terms="research (Flickr8k: cite Hodosh et al. 2013; ImageNet); fashion set: MIT as listed on Kaggle",
        licence="Apache-2.0, data terms apply",
        training=TrainingRecord(
            command=command,
            seed=run.seed,
            data=f"{len(splits['train']):,} Flickr8k training images, {len(fashion):,} product photos; mean "
            "of the weights of two trainings, each the best epoch by recall on 1,000 Flickr8k development images: "
            f"{note}",
            minutes=(time.monotonic() - started) / 60 + trained_in,
            machine=f"{torch.get_num_threads()} CPU threads, {platform.machine()}",
            config=asdict(run.training)
            | {
                "precision": PRECISION,
                "share": TIGHT_SHARE,
                "averaged_with": asdict(looser(run.training)),
            },
        ),
        measures=measures,
        limits=(
            "It saw photographs of everyday scenes and of fashion products; drawn, typographic and screenshot-like "
            "ads are outside of what it was trained on.",
            "Text inside the picture is not read.",
            "Agreement with the teacher is measured on Flickr8k test photos only.",
        ),
    )
    with torch.inference_mode():
        output = net(scale_pixels(squares))
    reference = {
        "squares": squares,
        "pooled": output.pooled,
        "class_logits": output.class_logits,
        "aligned": output.aligned,
    }
    return save_checkpoint(run.out, manifest, net.state_dict(), reference)


def looser(training: VisionTraining) -> VisionTraining:
    """The second training: held half as tightly by its teacher, and a little shorter, as it over-fits sooner."""
    return replace(
        training,
        epochs=max(1, training.epochs * 10 // 11),
        feature_weight=training.feature_weight / 2,
        class_weight=training.class_weight / 2,
    )


def _train(run: VisionRun, net: VisionNet, sources: list[VisionSource]) -> tuple[float, str]:
    """Train twice from the same start and put a mean of both weights into `net` (Wortsman et al. 2022).

    Held tightly by its teacher the network keeps what the teacher sees, held loosely it finds captions better. Both
    start alike and see the same batches, so that their mean keeps most of both.

    Returns:
        Minutes of earlier calls, and how the two trainings ended, in words.
    """
    start = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    states, words, earlier = [], [], 0.0
    for training in (run.training, looser(run.training)):
        net.load_state_dict(start)
        task = VisionTask(net.train(), sources, training)
        result = fit(
            task,
            Fit(
                epochs=training.epochs,
                monitor="val_recall",
                mode="max",
                budget_minutes=run.budget_minutes / 2 if run.budget_minutes else None,
                folder=(run.run or cache_dir() / "runs") / run_name(NAME, training, run.network),
                seed=run.seed,
                accelerator=run.device,
                precision=PRECISION,
                gradient_clip=1.0,
            ),
        )
        states.append({name: tensor.clone() for name, tensor in net.state_dict().items()})
        ended = ", ended by the time budget" if result.stopped_by_budget else ""
        words.append(f"{result.epochs} epochs at a feature weight of {training.feature_weight:g}{ended}")
        earlier += result.all_minutes - result.minutes
    tight, loose = states
    net.load_state_dict({name: TIGHT_SHARE * tight[name] + (1 - TIGHT_SHARE) * loose[name] for name in start})
    return earlier, " and ".join(words)


def flickr_pictures(folder: Path) -> tuple[Pictures, dict[str, np.ndarray]]:
    """Flickr8k as pictures in the order of the official lists (train, dev, test), and the rows of each split."""
    data = read_flickr8k(folder)
    names: list[str] = []
    splits: dict[str, np.ndarray] = {}
    for split in ("train", "dev", "test"):
        listed = (folder / f"Flickr_8k.{split}Images.txt").read_text(encoding="utf-8").split()
        members = [name for name in listed if data.split.get(name) == split]
        splits[split] = np.arange(len(names), len(names) + len(members))
        names += members
    return Pictures(paths=tuple(data.path(n) for n in names), texts=tuple(data.captions[n] for n in names)), splits


def fashion_pictures(folder: Path) -> Pictures:
    """Product photos of the train split with their titles, at most `FASHION_PICTURES`."""
    products = [
        (product.image, product.title)
        for product in read_fashion(folder).products
        if product.image is not None and split_of(product.product_id) == "train"
    ][:FASHION_PICTURES]
    return Pictures(paths=tuple(image for image, _ in products), texts=tuple((title,) for _, title in products))


def open_picture(path: Path) -> Image.Image:
    """A picture through the intake that every path uses."""
    return read_image(path).pixels


def reference_squares() -> torch.Tensor:
    """A small drawn picture for the reference tensors, (1, 96, 96, 3) uint8: a ramp, a disc and a grating."""
    y, x = np.mgrid[0:96, 0:96]
    disc = (x - 60) ** 2 + (y - 36) ** 2 < 24**2
    red = np.where(disc, 230, 2 * x + 40)
    green = np.where(disc, 60, 2 * y + 30)
    blue = np.where((x // 6 + y // 12) % 2 == 0, 200, 90)
    return torch.from_numpy(np.stack([red, green, blue], axis=-1).clip(0, 255).astype(np.uint8)[None])


def fit_head_scale(net: VisionNet, source: VisionSource, sample: int = 1000) -> None:
    """Set the mean and deviation by which the text head standardises the map, from training pictures."""
    rows = source.train[:: max(1, len(source.train) // sample)]
    total = torch.zeros(2, net.text_head.mean.numel(), dtype=torch.float64)
    count = 0
    with torch.inference_mode():
        for start in range(0, len(rows), 64):
            stem = torch.from_numpy(source.cache.arrays["stem"][rows[start : start + 64], 0]).float()
            cells = net.forward_stages(stem, source.stem_stages).double()
            total += torch.stack([cells.sum(dim=(0, 2, 3)), cells.square().sum(dim=(0, 2, 3))])
            count += cells.shape[0] * cells.shape[2] * cells.shape[3]
    mean, square = total / count
    net.text_head.mean.copy_(mean)
    net.text_head.std.copy_((square - mean**2).clamp_min(1e-6).sqrt())


def _source(
    pictures: Pictures,
    train: np.ndarray,
    validation: np.ndarray,
    net: VisionNet,
    teacher: Teacher,
    run: VisionRun,
    progress: Progress,
) -> VisionSource:
    stem, size = run.training.stem_stages, run.network.image_size
    with torch.inference_mode():
        shape = tuple(net.forward_stem(torch.zeros(1, 3, size, size), stem).shape[1:])
    identity = cache_name(pictures.paths, size, run.training.views, stem, sha256_of_file(run.teacher))
    cache = ViewCache(cache_dir() / "vision" / identity, len(pictures), run.training.views, shape)
    cache.fill(lambda row: open_picture(pictures.paths[row]), net, teacher, stem, progress)
    flat = stored_texts(load_minilm(), [text for texts in pictures.texts for text in texts], progress)
    texts = np.split(flat, np.cumsum([len(texts) for texts in pictures.texts])[:-1])
    # Products that share a title are each other's positives as far as the text can tell.
    groups = np.unique(["\n".join(t) for t in pictures.texts], return_inverse=True)[1] + (
        10**6 if len(validation) else 0
    )
    return VisionSource(cache=cache, texts=texts, groups=groups, train=train, validation=validation, stem_stages=stem)
