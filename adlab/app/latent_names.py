"""What an item of a map is called: an ad, or a photo with a caption where the set holds pairs of those."""

from __future__ import annotations

import numpy as np

from adlab.projection.latent import LatentSet
from adlab.projection.points import ABSENT, IMAGE
from adlab.projection.reference import LABEL, TRUE


def unit_of(ads: LatentSet) -> str:
    """What a row of the set is, in the singular."""
    return "pair" if _photos(ads) else "ad"


def unlike_words(ads: LatentSet) -> str:
    """What it means that an ad lies far from all of the set."""
    if _photos(ads):
        return "unlike these photos with captions, as most ads are: read its place with care"
    return "unlike everything here: read its place, and its scores, with care"


def names_of(ads: LatentSet) -> list[str]:
    """What to call each row, (N,): by its number, of a pair by those of the photo and of the photo captioned."""
    if not _photos(ads):
        return [f"ad {row + 1}" for row in range(len(ads.embeddings))]
    of_caption, names = _captioned(ads), []
    for image, text in zip(ads.embeddings.image_of.tolist(), ads.embeddings.text_of.tolist(), strict=True):
        other = of_caption[text]
        own = f"photo {image + 1} with its caption"
        stranger = "another caption" if other == ABSENT else f"the caption of photo {other + 1}"
        names.append(own if other == image else f"photo {image + 1} with {stranger}")
    return names


def part_name(ads: LatentSet, kind: str, row: int, count: int) -> str:
    """What to call a picture or a text that several rows share.

    Args:
        ads: The set.
        kind: `IMAGE` or ``"text"``.
        row: One of the rows.
        count: How many there are.
    """
    if not _photos(ads):
        return f"{'A picture' if kind == IMAGE else 'A text'} of {count} ads"
    if kind == IMAGE:
        return f"photo {int(ads.embeddings.image_of[row]) + 1}, in {count} pairs"
    photo = int(_captioned(ads)[ads.embeddings.text_of[row]])
    return f"{'a caption' if photo == ABSENT else f'the caption of photo {photo + 1}'}, in {count} pairs"


def _photos(ads: LatentSet) -> bool:
    return ads.label == LABEL and TRUE in ads.column(LABEL).levels


def _captioned(ads: LatentSet) -> np.ndarray:
    """The photo that each text was written for, −1 where no row says, (T,)."""
    found = np.full(len(ads.embeddings.shared_text), ABSENT)
    column = ads.column(LABEL)
    true = column.values == column.levels.index(TRUE)
    found[ads.embeddings.text_of[true]] = ads.embeddings.image_of[true]
    return found
