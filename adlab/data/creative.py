"""What an ad is, who sees it, and what came of it: the three types every reader, model and page shares."""

from __future__ import annotations

import hashlib
import itertools
import unicodedata
from dataclasses import dataclass, fields

from adlab.data.image_intake import AdImage
from adlab.errors import InputError

GENDERS = ("female", "male")
# M2FN, Table 1: "under 14", then five-year bands, then "over 50".
AGE_BANDS = ("0-14", "15-19", "20-24", "25-29", "30-34", "35-39", "40-44", "45-49", "50+")
MAX_TEXT_CHARACTERS = 20_000
COPY_FIELDS = ("query", "title", "description", "seller", "brand", "category")


@dataclass(frozen=True, kw_only=True)
class Creative:
    """One ad: its picture and its copy. Every field may be absent, but not all of them.

    Attributes:
        image: Decoded picture, or None.
        query: What the viewer searched for.
        title: Headline.
        description: Body copy.
        seller: Who sells.
        brand: Brand named by the ad.
        category: Product category.
        ocr_text: Words in the picture, as given by the user or read before: None if not read yet, empty if there are
            none. They belong to the picture: they are no part of the copy, and no ad by themselves.

    Raises:
        InputError: There is neither an image nor text, or a text is longer than `MAX_TEXT_CHARACTERS`.
    """

    image: AdImage | None = None
    query: str = ""
    title: str = ""
    description: str = ""
    seller: str = ""
    brand: str = ""
    category: str = ""
    ocr_text: str | None = None

    def __post_init__(self) -> None:
        for name in (*COPY_FIELDS, *(["ocr_text"] if self.ocr_text is not None else [])):
            text = getattr(self, name)
            if not isinstance(text, str):
                raise InputError(f"{name} is {text!r}; give text, or leave it empty.")
            if len(text) > MAX_TEXT_CHARACTERS:
                raise InputError(
                    f"{name} has {len(text):,} characters; shorten it to {MAX_TEXT_CHARACTERS:,} or fewer."
                )
            object.__setattr__(self, name, tidy(text))
        if self.image is None and not any(getattr(self, name) for name in COPY_FIELDS):
            raise InputError("The ad has neither an image nor text; give at least one of them.")

    @property
    def copy(self) -> str:
        """The ad's own words as models read them, ``"title. description"``; the query is the viewer's."""
        return ". ".join(part.rstrip(". ") for part in (self.title, self.description) if part.rstrip(". "))

    @property
    def content_hash(self) -> str:
        """SHA-256 over the picture's pixels and all texts given, hexadecimal; equal content has equal hashes."""
        digest = hashlib.sha256()
        digest.update((self.image.content_hash if self.image else "-").encode())
        for name in COPY_FIELDS:
            digest.update(b"\x00" + getattr(self, name).encode())
        if self.ocr_text is not None:  # else the hash is that of an ad whose words are yet to be read
            digest.update(b"\x01" + self.ocr_text.encode())  # no text holds this character
        return digest.hexdigest()


def tidy(text: str) -> str:
    """Single spaces; control characters and lone surrogates, which no file can hold, count as spaces."""
    return " ".join("".join(" " if unicodedata.category(c) in ("Cc", "Cs") else c for c in text).split())


@dataclass(frozen=True, kw_only=True)
class Context:
    """Who sees the ad, when and where; None or an empty text means unknown and is never guessed.

    Attributes:
        gender: One of `GENDERS`.
        age_band: One of `AGE_BANDS` (M2FN, Table 1); `age_band_of` bins a number of years.
        month: 1–12.
        weekday: 1 (Monday) – 7 (Sunday).
        hour: 0–23.
        position: Placement slot, a level of the checkpoint's own attribute schema.
        mid_category: Product category, middle level.
        low_category: Product category, lowest level.

    Raises:
        InputError: A field is outside its range.
    """

    gender: str | None = None
    age_band: str | None = None
    month: int | None = None
    weekday: int | None = None
    hour: int | None = None
    position: str | None = None
    mid_category: str | None = None
    low_category: str | None = None

    def __post_init__(self) -> None:
        for name, levels in (("gender", GENDERS), ("age_band", AGE_BANDS)):
            value = getattr(self, name)
            if value is not None and value not in levels:
                raise InputError(f"{name} is {value!r}; give one of {', '.join(levels)}, or leave it empty.")
        for name, low, high in (("month", 1, 12), ("weekday", 1, 7), ("hour", 0, 23)):
            value = getattr(self, name)
            if value is not None and (
                isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high
            ):
                raise InputError(f"{name} is {value!r}; give a whole number from {low} to {high}, or leave it empty.")

    @property
    def known(self) -> dict[str, str | int]:
        """The fields that are known, by name."""
        return {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) is not None}


def age_band_of(years: float) -> str:
    """Bin an age in years into one of the nine `AGE_BANDS`.

    Raises:
        InputError: `years` is not a number from 0 to 120.
    """
    if not 0 <= years <= 120:
        raise InputError(f"age is {years!r}; give a number of years from 0 to 120.")
    return AGE_BANDS[0] if years < 15 else AGE_BANDS[min(int(years) // 5 - 2, len(AGE_BANDS) - 1)]


@dataclass(frozen=True, kw_only=True)
class Outcomes:
    """What came of an ad, as counts and judgements; None means not observed.

    Attributes:
        impressions: Times shown.
        clicks: Times clicked, at most `impressions`.
        conversions: Conversions that followed a click, at most `clicks`.
        ratings: Number of ratings per scale step, lowest step first.
        relevance_grade: Query–ad relevance, 0 Bad – 3 Excellent.
        relevance_confidence: Trust in that grade, 0–1.

    Raises:
        InputError: A count is negative, or a later step of the funnel exceeds an earlier one.
    """

    impressions: int | None = None
    clicks: int | None = None
    conversions: int | None = None
    ratings: tuple[int, ...] | None = None
    relevance_grade: int | None = None
    relevance_confidence: float | None = None

    def __post_init__(self) -> None:
        funnel = [
            (n, getattr(self, n)) for n in ("impressions", "clicks", "conversions") if getattr(self, n) is not None
        ]
        for name, value in funnel:
            if value < 0:
                raise InputError(f"{name} is {value}; give a count of 0 or more.")
        for (earlier, more), (later, fewer) in itertools.pairwise(funnel):
            if fewer > more:
                raise InputError(f"{later} is {fewer}, more than {earlier} ({more}); check the two columns.")
        if self.relevance_grade is not None and self.relevance_grade not in range(4):
            raise InputError(f"relevance_grade is {self.relevance_grade!r}; give 0 (Bad) to 3 (Excellent).")
        if self.relevance_confidence is not None and not 0 <= self.relevance_confidence <= 1:
            raise InputError(f"relevance_confidence is {self.relevance_confidence!r}; give a number from 0 to 1.")
        if self.ratings is not None and any(count < 0 for count in self.ratings):
            raise InputError(f"ratings are {self.ratings!r}; give counts of 0 or more.")
