"""Small folders in the layouts of the public data sets, as tests of training and measuring read them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from helpers.pictures import caption, picture


def write_crowdflower(data: Path, rows: int) -> None:
    """Judged titles, three a query, of every grade; half of them with doubt."""
    folder = data / "crowdflower-relevance"
    folder.mkdir(parents=True)
    header = "id,query,product_title,product_description,median_relevance,relevance_variance\n"
    lines = [f"{n},query {n // 3},title {n},words of copy,{n % 4 + 1},{n % 2 * 0.471}\n" for n in range(rows)]
    (folder / "relevance.csv").write_text(header + "".join(lines))


def write_photos(photos: Path, count: int) -> Sequence[str]:
    """Photos of Flickr8k with five captions each, all of them in the test part; gives their names."""
    (photos / "Images").mkdir(parents=True)
    names = [f"{row}.jpg" for row in range(count)]
    for row, name in enumerate(names):
        picture(row).save(photos / "Images" / name)
    lines = [f"{name}#{k}\t{caption(5 * row + k)}" for row, name in enumerate(names) for k in range(5)]
    (photos / "Flickr8k.token.txt").write_text("\n".join(lines))
    for split, members in (("train", []), ("dev", []), ("test", names)):
        (photos / f"Flickr_8k.{split}Images.txt").write_text("\n".join(members))
    return names
