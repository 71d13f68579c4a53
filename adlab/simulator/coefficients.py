"""Every coefficient of the response, in one table: log-odds of a click and of a conversion that a cause is worth.

A coefficient of a number is the log-odds gained from the lowest value to the highest; one of a level is relative to
the other levels of its factor. Every column is centred on its population mean (`adlab.simulator.response`), so an
average ad in an average context has the log-odds of the intercept alone, a main effect is the effect averaged over
whatever it interacts with, and adding the same number to all levels of a factor changes nothing.

Directions of the context, of participation and of the colours are those of M2FN's ad insights (section 6.3, Fig. 4);
the paper prints no sizes. Sizes are ours: the best product wins about three times the clicks of the worst, a context
effect is worth 5 to 40 %, and the groups share the variance of the log-odds as `VARIANCE_SHARES` says.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from adlab.data.creative import AGE_BANDS
from adlab.errors import ConfigError

Outcome = Literal["click", "convert"]
OUTCOMES: tuple[Outcome, ...] = ("click", "convert")
Group = Literal["shared", "image", "text", "context", "interaction"]
GROUPS: tuple[Group, ...] = ("shared", "image", "text", "context", "interaction")

# Share of each group in the variance of the log-odds, to one percentage point, over the population of ads and
# contexts. Tests hold the coefficients below against it.
VARIANCE_SHARES: dict[Outcome, dict[Group, float]] = {
    "click": {"shared": 0.30, "image": 0.28, "text": 0.18, "context": 0.18, "interaction": 0.06},
    "convert": {"shared": 0.45, "image": 0.14, "text": 0.25, "context": 0.12, "interaction": 0.04},
}


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What one factor, or a pair that interacts, does to both outcomes.

    Attributes:
        name: The factor; an interaction is named by both.
        group: Who carries it: picture and copy, the picture, the copy, the context, or picture with context.
        click: Log-odds of a click: one number, or one a level.
        convert: Log-odds of a conversion, given a click.
        unit: What the coefficient is for.
        why: Where the direction comes from, and why it is planted.
    """

    name: str
    group: Group
    click: float | Mapping[str, float]
    convert: float | Mapping[str, float]
    unit: str
    why: str

    def of(self, outcome: Outcome) -> dict[str, float]:
        """Coefficients by full name, such as "appeal" or "background.blue"."""
        value = self.click if outcome == "click" else self.convert
        return {f"{self.name}.{k}": v for k, v in value.items()} if isinstance(value, Mapping) else {self.name: value}


def _ages(*values: float) -> dict[str, float]:
    return dict(zip(AGE_BANDS, values, strict=True))


def _numbered(*values: float) -> dict[str, float]:
    return {str(number): value for number, value in enumerate(values, start=1)}


def _hours(night: float, morning: float, noon: float, afternoon: float) -> dict[str, float]:
    return {"2-4": night, "9-11": morning, "12": noon, "15-17": afternoon, "other": 0.0}


def _colours(black: float, blue: float, brown: float, green: float, grey: float, multiple: float, pink: float,
             red: float, white: float, yellow: float) -> dict[str, float]:  # fmt: skip
    return {
        "black": black, "blue": blue, "brown": brown, "green": green, "grey": grey,
        "multiple": multiple, "pink": pink, "red": red, "white": white, "yellow": yellow,
    }  # fmt: skip


def _by_season(**seasons: dict[str, float]) -> dict[str, float]:
    return {f"{colour}.{season}": v for season, colours in seasons.items() for colour, v in colours.items()}


EFFECTS: tuple[Effect, ...] = (
    Effect(
        name="agreement", group="shared", click=0.80, convert=1.35, unit="from 0 to 1",
        why="Copy that speaks of the product in the picture is understood; whoever finds another product leaves.",
    ),
    Effect(
        name="appeal", group="shared", click=1.10, convert=1.20, unit="from 0 to 1",
        why="What is wanted more is clicked and bought more.",
    ),
    Effect(
        name="contrast", group="image", click=0.90, convert=0.50, unit="from 0 to 1",
        why="Words that stand out are read; once clicked, they matter little.",
    ),
    Effect(
        name="clutter", group="image", click=-0.72, convert=-0.60, unit="from 0 to 1",
        why="What else is in the picture takes attention away.",
    ),
    Effect(
        name="cta", group="image", click=0.50, convert=0.65, unit="from no button to the most visible",
        why="A visible button says what to do; it also tells buyers from the curious.",
    ),
    Effect(
        name="background", group="image",
        click=_colours(0.16, 0.20, 0.12, 0.00, -0.10, -0.05, -0.06, 0.04, -0.18, -0.13),
        convert=_colours(0.05, 0.15, 0.05, 0.08, 0.00, -0.15, -0.05, -0.05, 0.02, -0.10), unit="each colour",
        why="M2FN, 6.3: some dominant colours (black, blue, brown) go with higher CTR.",
    ),
    Effect(
        name="text_position", group="image",
        click={"top": 0.05, "bottom": -0.05, "left": 0.08, "right": -0.08},
        convert={"top": 0.00, "bottom": 0.00, "left": 0.04, "right": -0.04}, unit="each place",
        why="M2FN, 5.2: where the words are has a crucial influence; mostly through the viewer, see below.",
    ),
    Effect(
        name="participation", group="image", click=0.34, convert=-0.25, unit="words that ask to take part",
        why="M2FN, Fig. 1: users prefer the picture that asks for their participation; the curious buy less.",
    ),
    Effect(
        name="urgency", group="text", click=0.50, convert=0.60, unit="from 0 to 1",
        why="A deadline makes people act.",
    ),
    Effect(
        name="length", group="text", click=0.50, convert=0.50, unit="a third or three times of 20 words, to 20 words",
        why="Too few words say nothing, too many are not read: an inverted U in the logarithm of the words.",
    ),
    Effect(
        name="specificity", group="text", click=0.56, convert=0.90, unit="from 0 to 1",
        why="Facts that can be checked convince, buyers more than those who only look.",
    ),
    Effect(
        name="gender", group="context", click={"female": 0.06, "male": 0.00}, convert={"female": 0.10, "male": 0.00},
        unit="each gender", why="M2FN, Table 1 keeps it as significant; no direction is printed.",
    ),
    Effect(
        name="age_band", group="context",
        click=_ages(-0.36, -0.28, -0.18, -0.08, 0.00, 0.08, 0.15, 0.22, 0.32),
        convert=_ages(-0.75, -0.50, -0.20, 0.00, 0.12, 0.20, 0.25, 0.28, 0.30), unit="each band",
        why="M2FN, Fig. 4: older audiences click more; the youngest cannot pay.",
    ),
    Effect(
        name="month", group="context",
        click=_numbered(0.02, 0.00, 0.04, 0.05, 0.04, 0.00, -0.20, -0.24, -0.16, 0.02, 0.08, 0.10),
        convert=_numbered(-0.05, -0.05, 0.00, 0.00, 0.00, 0.00, -0.10, -0.14, -0.08, 0.00, 0.18, 0.25),
        unit="each month", why="M2FN, 6.3: lowest in July, August and September; the last months are for shopping.",
    ),
    Effect(
        name="weekday", group="context",
        click=_numbered(0.12, 0.02, 0.00, 0.02, 0.06, 0.12, 0.14),
        convert=_numbered(0.00, 0.00, 0.00, 0.02, 0.05, 0.10, 0.12), unit="each weekday, 1 is Monday",
        why="M2FN, 6.3: the beginning and the end of a week are better.",
    ),
    Effect(
        name="hour", group="context", click=_hours(0.20, 0.17, 0.24, 0.14), convert=_hours(-0.10, 0.05, 0.00, 0.05),
        unit="each block of hours, both ends included",
        why="M2FN, 6.3: 2 to 4, 9 to 11, 12 and 15 to 17 are better; at night people buy less.",
    ),
    Effect(
        name="position", group="context",
        click={"1": 0.28, "2": 0.02, "3": -0.20, "4": -0.42}, convert={"1": 0.12, "2": 0.02, "3": -0.08, "4": -0.16},
        unit="each slot", why="M2FN, Table 1 keeps it as significant; higher slots are seen more.",
    ),
    Effect(
        name="background_season", group="interaction",
        click=_by_season(
            winter=_colours(0.08, 0.00, 0.05, -0.15, 0.05, 0.00, -0.15, 0.30, 0.15, -0.20),
            spring=_colours(-0.10, 0.00, -0.10, 0.25, -0.05, 0.05, 0.25, -0.10, 0.00, 0.05),
            summer=_colours(-0.15, 0.20, -0.15, 0.05, -0.10, 0.10, 0.05, -0.15, 0.00, 0.30),
            autumn=_colours(0.15, -0.20, 0.30, -0.10, 0.10, -0.10, -0.10, 0.05, -0.15, 0.00),
        ),
        convert=_by_season(
            winter=_colours(0.00, 0.00, 0.05, -0.15, 0.00, 0.00, -0.15, 0.25, 0.15, -0.20),
            spring=_colours(-0.05, 0.00, -0.10, 0.25, 0.00, 0.05, 0.20, -0.05, 0.00, 0.05),
            summer=_colours(-0.15, 0.20, -0.15, 0.00, -0.05, 0.05, 0.00, -0.15, 0.00, 0.25),
            autumn=_colours(0.15, -0.15, 0.25, -0.10, 0.05, -0.10, -0.05, 0.00, -0.15, 0.00),
        ),
        unit="each colour in each season, beyond both alone",
        why="M2FN, 5.1: low-level fusion is for what colours do with attributes. Colours of the season do better.",
    ),
    Effect(
        name="text_position_age", group="interaction",
        click={"top": 0.55, "bottom": -0.55, "left": 0.35, "right": -0.35},
        convert={"top": 0.60, "bottom": -0.60, "left": 0.30, "right": -0.30},
        unit="each place, from the youngest band to the oldest, beyond both alone",
        why="M2FN, 5.3: high-level fusion joins places and demographics. Older viewers read from the top left.",
    ),
)  # fmt: skip
GROUP_OF: dict[str, Group] = {effect.name: effect.group for effect in EFFECTS}


def factors_of(*groups: Group) -> tuple[str, ...]:
    """Names of the factors of some groups, in the order of the table."""
    return tuple(name for name, group in GROUP_OF.items() if group in groups)


def _defaults(outcome: Outcome) -> dict[str, float]:
    return {name: value for effect in EFFECTS for name, value in effect.of(outcome).items()}


@dataclass(frozen=True, kw_only=True)
class Coefficients:
    """The coefficients of both outcomes, by full name.

    Attributes:
        click: Log-odds of a click.
        convert: Log-odds of a conversion, given a click.

    Raises:
        ConfigError: A name is missing or not in the table, or a value is not finite.
    """

    click: Mapping[str, float] = field(default_factory=lambda: _defaults("click"))
    convert: Mapping[str, float] = field(default_factory=lambda: _defaults("convert"))

    def __post_init__(self) -> None:
        for outcome in OUTCOMES:
            valid, given = _defaults(outcome), self.of(outcome)
            for name, value in given.items():
                if name not in valid:
                    raise _unknown(f"{outcome}.{name}", [f"{outcome}.{place}" for place in valid])
                if not math.isfinite(value):
                    raise ConfigError(f"{outcome}.{name} is {value}; give a finite number of log-odds.")
            if missing := valid.keys() - given.keys():
                raise ConfigError(f"{outcome} lacks the coefficient {min(missing)!r}; give every one of the table.")

    def of(self, outcome: Outcome) -> Mapping[str, float]:
        """Coefficients of one outcome."""
        return self.click if outcome == "click" else self.convert

    def changed(self, changes: Mapping[str, float]) -> Coefficients:
        """A copy with some coefficients set.

        Args:
            changes: Values by name with the outcome in front, such as ``{"click.appeal": 1.5}``.

        Raises:
            ConfigError: There is no such coefficient, or a value is not finite.
        """
        values: dict[Outcome, dict[str, float]] = {outcome: dict(self.of(outcome)) for outcome in OUTCOMES}
        for name, value in changes.items():
            outcome, place = located(name)
            values[outcome][place] = value
        return Coefficients(click=values["click"], convert=values["convert"])


def located(name: str) -> tuple[Outcome, str]:
    """Outcome and name within it, of a full name such as "click.background.blue".

    Raises:
        ConfigError: There is no such coefficient.
    """
    for outcome in OUTCOMES:
        if name.startswith(f"{outcome}.") and name.removeprefix(f"{outcome}.") in _defaults(outcome):
            return outcome, name.removeprefix(f"{outcome}.")
    raise _unknown(name, [f"{outcome}.{place}" for outcome in OUTCOMES for place in _defaults(outcome)])


def _unknown(name: str, valid: Iterable[str]) -> ConfigError:
    near = difflib.get_close_matches(name, list(valid), n=3)
    meant = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
    factors = ", ".join(effect.name for effect in EFFECTS)
    return ConfigError(
        f"There is no coefficient {name!r}.{meant} A name is an outcome (click or convert), a factor and, where it has "
        f"levels, a level, such as click.background.blue. The factors: {factors}."
    )


def zero_coefficients(changes: Mapping[str, float]) -> Coefficients:
    """All coefficients 0 but some: what is added to the table, for example by drift."""
    nothing = Coefficients(**{outcome: dict.fromkeys(_defaults(outcome), 0.0) for outcome in OUTCOMES})
    return nothing.changed(changes)
