"""Reader of "What makes a bad ad?" (Zeng, Kohno & Roesner, CHI 2021): real web ads that people rated.

Expected: `screenshots/<ad_id>.webp`, `overall_ad_ratings.csv`, `opinion_label_dist_norm.csv`, `content_labels.csv`,
`participant_context.csv` and, for the strength of opinions, `opinion_labels_per_participant.csv`. The opinion file's
column of screenshots names other files and is not used. A rater's attributes belong to a rating, not to an ad. The
data set's own flaws are reported, never fatal.
"""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from adlab.data.creative import Creative, Outcomes
from adlab.data.image_intake import read_image
from adlab.data.listing import listed
from adlab.errors import DataUnavailableError

RATING_STEPS = 7
OPINIONS = (
    *("bad_design", "boring", "clickbait", "deceptive", "dislike_product", "distasteful", "entertaining"),
    *("good_design", "like_product", "manipulative", "politicized", "simple", "trustworthy", "unclear", "useful"),
)
_RATINGS, _OPINIONS, _CONTENT = "overall_ad_ratings.csv", "opinion_label_dist_norm.csv", "content_labels.csv"
_RATERS, _STRENGTHS = "participant_context.csv", "opinion_labels_per_participant.csv"
_REMEDY = "Unpack the bad-ads data so that the folder holds screenshots/ and the tables, headers and all."


@dataclass(frozen=True, kw_only=True)
class AdRating:
    """One person's judgement of one ad, with what is known about the person.

    Attributes:
        ad_id: The ad.
        rater_id: The person; rates several ads.
        rating: 1 (worst) – 7 (best).
        comment: What the person wrote; mostly empty.
        ad_attitude: The person's attitude towards ads in general, 1–7 as in the survey; those who
            give more rate ads higher. None where unknown.
        adblocker: Whether the person uses an ad blocker, None where not sure or unknown.
        affiliation: Political affiliation, for example ``"independent"``; empty where unknown or not told.
        opinions: How strongly each opinion was held, 1–5, by name; opinions not held are left out. None where the
            file of opinions lacks this rating.
    """

    ad_id: str
    rater_id: str
    rating: int
    comment: str = ""
    ad_attitude: int | None = None
    adblocker: bool | None = None
    affiliation: str = ""
    opinions: dict[str, float] | None = None


@dataclass(frozen=True, kw_only=True)
class RatedAd:
    """One ad with what people thought of it.

    Attributes:
        ad_id: Unique id, digits.
        screenshot: Its picture, or None where the file is missing.
        outcomes: `Outcomes.ratings` holds the number of ratings per step, 1 to 7.
        opinions: Share of raters who held each of `OPINIONS`, 0–1, by name.
        contents: What the ad is and advertises, as people labelled it, for example ``("Native", "Insurance")``.
    """

    ad_id: str
    screenshot: Path | None
    outcomes: Outcomes
    opinions: dict[str, float] = field(default_factory=dict)
    contents: tuple[str, ...] = ()

    def creative(self) -> Creative:
        """The ad as the models take it: its picture, through the image intake; it comes without copy.

        Raises:
            DataUnavailableError: There is no screenshot.
            ImageError: The screenshot cannot be taken in.
        """
        if self.screenshot is None:
            raise DataUnavailableError(f"The bad-ads ad {self.ad_id} has no screenshot. {_REMEDY}")
        return Creative(image=read_image(self.screenshot))


@dataclass(frozen=True)
class BadAds:
    """Rated ads.

    Attributes:
        ads: Sorted by id; each has at least one rating.
        ratings: Every rating of these ads, in the order of the file.
        categories: All content categories, in the order of the file.
        problems: What is amiss in the data, one sentence a kind.
    """

    ads: tuple[RatedAd, ...]
    ratings: tuple[AdRating, ...]
    categories: tuple[str, ...]
    problems: tuple[str, ...]


def read_bad_ads(folder: Path) -> BadAds:
    """Read ratings, opinions and contents; pictures stay on disk until `RatedAd.creative`.

    Raises:
        DataUnavailableError: The folder or a table is missing or has another layout.
    """
    folder = Path(folder)
    if not (folder / "screenshots").is_dir():
        raise DataUnavailableError(f"The bad-ads data is not at {str(folder)!r}: screenshots/ is missing. {_REMEDY}")
    flaws: dict[str, list[str]] = defaultdict(list)
    ratings = _ratings(folder, flaws)
    if not ratings:
        raise DataUnavailableError(f"{str(folder / _RATINGS)!r} holds no rating. {_REMEDY}")
    opinions, _ = _numbers_by_ad(folder / _OPINIONS, flaws, columns=OPINIONS)
    contents, categories = _numbers_by_ad(folder / _CONTENT, flaws)
    files = {path.stem: path for path in sorted((folder / "screenshots").iterdir()) if path.suffix.lower() == ".webp"}
    counts: dict[str, list[int]] = defaultdict(lambda: [0] * RATING_STEPS)
    for rating in ratings:
        counts[rating.ad_id][rating.rating - 1] += 1
    ads = tuple(
        RatedAd(
            ad_id=ad_id,
            screenshot=files.get(ad_id),
            outcomes=Outcomes(ratings=tuple(counts[ad_id])),
            opinions=opinions.get(ad_id, {}),
            contents=tuple(name for name, value in contents.get(ad_id, {}).items() if value > 0),
        )
        for ad_id in sorted(counts)
    )
    flaws["ad has no screenshot"] = [ad.ad_id for ad in ads if ad.screenshot is None]
    flaws["ad has no opinions"] = [ad.ad_id for ad in ads if not ad.opinions]
    flaws["ad has no content labels"] = [ad.ad_id for ad in ads if ad.ad_id not in contents]
    flaws["screenshot has no rating"] = sorted(files.keys() - counts.keys())
    problems = tuple(f"{what}: {len(found):,} ({listed(found)})." for what, found in flaws.items() if found)
    return BadAds(ads, ratings, categories, problems)


def _ratings(folder: Path, flaws: dict[str, list[str]]) -> tuple[AdRating, ...]:
    raters = {row["pid"]: row for row in _rows(folder / _RATERS, ("pid", "ad_attitude", "adblocker"))}
    strengths = _strengths(folder / _STRENGTHS, flaws)
    found: dict[tuple[str, str], AdRating] = {}
    for number, row in enumerate(_rows(folder / _RATINGS, ("pid", "ad_id", "overall_rating")), start=1):
        pair = row["ad_id"], row["pid"]
        if not all(pair) or row["overall_rating"] not in map(str, range(1, RATING_STEPS + 1)):
            flaws[f"rating cannot be used, it lacks an id or is not 1 to {RATING_STEPS}"].append(f"row {number}")
            continue
        if pair in found:
            flaws["rating is repeated, the first counts"].append(f"row {number}")
            continue
        rater = raters.get(row["pid"])
        if rater is None and row["pid"] not in flaws["rater is unknown"]:
            flaws["rater is unknown"].append(row["pid"])
        found[pair] = _rating(row, rater or {}, strengths.get(pair))
    if strengths:
        lacking = [f"{rater_id} of {ad_id}" for ad_id, rater_id in found if (ad_id, rater_id) not in strengths]
        flaws["rating has no opinions"] = lacking
    return tuple(found.values())


def _rating(row: dict[str, str], rater: dict[str, str], opinions: dict[str, float] | None) -> AdRating:
    attitude, affiliation = rater.get("ad_attitude", ""), rater.get("political_affiliation", "")
    return AdRating(
        ad_id=row["ad_id"],
        rater_id=row["pid"],
        rating=int(row["overall_rating"]),
        comment=row.get("free_response", ""),
        ad_attitude=int(attitude) if attitude in map(str, range(1, RATING_STEPS + 1)) else None,
        adblocker={"Yes": True, "No": False}.get(rater.get("adblocker", "")),
        affiliation="" if affiliation == "prefernot" else affiliation,
        opinions=opinions,
    )


def _strengths(path: Path, flaws: dict[str, list[str]]) -> dict[tuple[str, str], dict[str, float]]:
    """Opinions by ad and rater; empty where the file is not part of the copy at hand."""
    if not path.is_file():
        return {}
    rows = _rows(path, ("ad_id", "pid", *OPINIONS))
    parse = _parser(path, flaws)
    return {
        (row["ad_id"], row["pid"]): {name: value for name in OPINIONS if (value := parse(row[name]))} for row in rows
    }


def _numbers_by_ad(
    path: Path, flaws: dict[str, list[str]], columns: tuple[str, ...] = ()
) -> tuple[dict[str, dict[str, float]], tuple[str, ...]]:
    """The numbers of each ad by column, and the columns: those given, or all but the id."""
    rows = _rows(path, ("ad_id", *columns))
    names = columns or tuple(name for name in (rows[0] if rows else ()) if name != "ad_id")
    parse = _parser(path, flaws)
    return {row["ad_id"]: {name: parse(row[name]) for name in names} for row in rows}, names


def _parser(path: Path, flaws: dict[str, list[str]]) -> Callable[[str], float]:
    def parse(cell: str) -> float:
        try:
            value = float(cell or 0)
        except ValueError:
            value = math.nan
        if math.isfinite(value):
            return value
        flaws[f"cell of {path.name} is no number and counts as 0"].append(repr(cell[:20]))
        return 0.0

    return parse


def _rows(path: Path, needed: tuple[str, ...]) -> list[dict[str, str]]:
    """The rows of a table with stripped cells, below a header that has the columns needed."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header, *rows = [cells for cells in csv.reader(file) if cells] or [[]]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataUnavailableError(f"{str(path)!r} cannot be read ({error}). {_REMEDY}") from error
    if lacking := [name for name in needed if name not in header]:
        raise DataUnavailableError(f"{str(path)!r} lacks the columns {lacking}. {_REMEDY}")
    empty = [""] * len(header)
    return [dict(zip(header, [cell.strip() for cell in [*cells, *empty]], strict=False)) for cells in rows]
