"""Reader of Flickr8k (Hodosh, Young & Hockenmaier, 2013) in its official layout.

Expected: `Images/*.jpg`, `Flickr8k.token.txt` (``name#number<TAB>caption``) and the three lists
`Flickr_8k.{train,dev,test}Images.txt`. The data set's own flaws are reported, never fatal: the image
2258277193_586949ec62.jpg is missing, a caption of it stands under that name with ``.1`` behind it, and 91 images
are in no split.
"""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from adlab.data.listing import listed
from adlab.errors import DataUnavailableError, InputError

Split = Literal["train", "dev", "test"]
SPLITS: tuple[Split, ...] = ("train", "dev", "test")
CAPTIONS_PER_IMAGE = 5
_TOKENS = "Flickr8k.token.txt"
_REMEDY = "Unpack Flickr8k so that the folder holds Images/, Flickr8k.token.txt and Flickr_8k.*Images.txt."


@dataclass(frozen=True)
class Flickr8k:
    """Photos with captions written by people.

    Attributes:
        folder: Where it was read from.
        names: Images that have both a file and captions, sorted.
        captions: The captions of each name, in the order of their numbers; five in the official data.
        split: The official part of each name, or None.
        problems: What is amiss in the data, one sentence a kind.
    """

    folder: Path
    names: tuple[str, ...]
    captions: dict[str, tuple[str, ...]]
    split: dict[str, Split | None]
    problems: tuple[str, ...]

    def path(self, name: str) -> Path:
        """The image file of a name.

        Raises:
            InputError: There is no such image.
        """
        if name not in self.captions:
            nearest = difflib.get_close_matches(name, self.names, n=1)
            hint = f"did you mean {nearest[0]!r}?" if nearest else "take one of `names`."
            raise InputError(f"There is no Flickr8k image {name!r}; {hint}")
        return self.folder / "Images" / name

    def names_of(self, split: Split | None) -> tuple[str, ...]:
        """The names in one official part, or (None) in no part, sorted."""
        return tuple(name for name in self.names if self.split[name] == split)


def read_flickr8k(folder: Path) -> Flickr8k:
    """Read names, captions and splits; pictures stay on disk.

    Raises:
        DataUnavailableError: The folder or one of its parts is missing or empty.
    """
    folder = Path(folder)
    if not (folder / "Images").is_dir():
        raise DataUnavailableError(f"Flickr8k is not at {str(folder)!r}: Images/ is missing. {_REMEDY}")
    problems: list[str] = []
    captions = _read_captions(folder / _TOKENS, problems)
    files = {path.name for path in (folder / "Images").iterdir() if path.suffix.lower() == ".jpg"}
    names = tuple(sorted(files & captions.keys()))
    if not names:
        raise DataUnavailableError(f"No image in {str(folder / 'Images')!r} has a caption. {_REMEDY}")
    split: dict[str, Split | None] = dict.fromkeys(names)
    for part in SPLITS:
        for name in _lines(folder / f"Flickr_8k.{part}Images.txt"):
            if name not in split:
                problems.append(f"{name} is listed in {part} but has no image or no caption; it is left out.")
            elif split[name] not in (None, part):
                problems.append(f"{name} is listed in {split[name]} and {part}; it stays in {split[name]}.")
            else:
                split[name] = part
    _report(problems, "caption name has no image", captions.keys() - files)
    _report(problems, "image has no caption", files - captions.keys())
    _report(problems, "image is in no split", (name for name in names if split[name] is None))
    uneven = (name for name in names if len(captions[name]) != CAPTIONS_PER_IMAGE)
    _report(problems, f"image has not {CAPTIONS_PER_IMAGE} captions", uneven)
    return Flickr8k(folder, names, {name: captions[name] for name in names}, split, tuple(problems))


def _read_captions(path: Path, problems: list[str]) -> dict[str, tuple[str, ...]]:
    numbered: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for line_number, line in enumerate(_lines(path), start=1):
        token, _, caption = line.partition("\t")
        name, _, number = token.rpartition("#")
        if name and number.isdecimal() and caption.strip():
            numbered[name].append((int(number), caption.strip()))
        else:
            problems.append(f"{path.name}, line {line_number}: {line[:60]!r} is not 'name#number<TAB>caption'.")
    return {name: tuple(caption for _, caption in sorted(found)) for name, found in numbered.items()}


def _lines(path: Path) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise DataUnavailableError(f"Flickr8k: {path.name} cannot be read ({error}). {_REMEDY}") from error
    return [line.rstrip("\r") for line in lines if line.strip()]


def _report(problems: list[str], what: str, names: Iterable[str]) -> None:
    if found := sorted(names):
        problems.append(f"{what}: {len(found):,} ({listed(found)}).")


class ExpertJudgement(NamedTuple):
    """Three experts' grades of one image with one caption, often another image's.

    Attributes:
        image: Name of the image judged.
        caption_of: Name of the image that the caption was written for.
        number: Which of that image's captions, from 0.
        grades: One grade an expert: 1 unrelated – 4 describes the image without error.
    """

    image: str
    caption_of: str
    number: int
    grades: tuple[int, ...]


def read_expert_judgements(folder: Path) -> tuple[ExpertJudgement, ...]:
    """The graded image–caption pairs (Hodosh et al. 2013); empty where the file is not part of the copy at hand.

    Raises:
        DataUnavailableError: The file is there but laid out differently.
    """
    file = Path(folder) / "ExpertAnnotations.txt"
    if not file.is_file():
        return ()
    judgements = []
    for line_number, line in enumerate(_lines(file), start=1):
        try:
            image, caption, *grades = line.split("\t")
            name, _, number = caption.rpartition("#")
            judgements.append(ExpertJudgement(image, name, int(number), tuple(int(grade) for grade in grades)))
        except ValueError as error:
            raise DataUnavailableError(f"{file.name}, line {line_number}: {line[:60]!r} is no judgement.") from error
    return tuple(judgements)
