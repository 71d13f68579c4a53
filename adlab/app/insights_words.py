"""All words of the Insights page about attributes, levels, tests and counter-examples."""

from __future__ import annotations

from adlab.app.context_words import MONTHS, WEEKDAYS, level_words
from adlab.app.simulator_words import CAUSE_NAMES, percent
from adlab.data.aggregation import JOIN, OTHER
from adlab.insights.counter_examples import AD, CounterExample
from adlab.insights.rates import LevelRate
from adlab.insights.study import AttributeStudy, Study

QUESTION = "When and for whom do ads get clicked?"
LEAD = "Click rates by who sees an ad and when, which differences hold, and where they turn round."
SIMULATED_BADGE = "Planted simulation: no real people took part"
MORE_NAMES = {
    "mid_category": "Category, middle level",
    "low_category": "Category, lowest level",
    "background": CAUSE_NAMES["background"],
    "text_position": CAUSE_NAMES["text_position"],
}
WITH_ORDER = ("age_band", "hour", "weekday", "month", "position")
_WORDS_BY_NUMBER = {"month": MONTHS, "weekday": WEEKDAYS}
PAPER_THRESHOLD = 50_000  # M2FN, 6.3.2
FEW_ADS = 30  # below, whatever is counted by ads is known to be unsure
_MOST_TIED = 4
_MOST_LEADERS = 3
_SHORT = 3  # letters of a month or weekday on an axis


def attribute_name(name: str) -> str:
    """An attribute as people read it."""
    return MORE_NAMES.get(name) or CAUSE_NAMES.get(name) or name.replace("_", " ").strip().capitalize()


def level_name(attribute: str, level: str) -> str:
    """A level as people read it, a merged one by its ends."""
    if level == OTHER:
        return "other"
    if attribute in WITH_ORDER and JOIN in level:
        return " – ".join(level_name(attribute, end) for end in level.split(JOIN))
    if attribute == "age_band":
        return level.replace("-", "–")
    if attribute in MORE_NAMES and attribute in CAUSE_NAMES:
        return level.capitalize()
    return level_words(attribute, level) if attribute in CAUSE_NAMES else level


def axis_name(attribute: str, level: str) -> str:
    """A level as short as an axis needs it."""
    if attribute in WITH_ORDER and JOIN in level:
        return "–".join(axis_name(attribute, end) for end in level.split(JOIN))
    if attribute in _WORDS_BY_NUMBER and level != OTHER:
        return level_words(attribute, level)[:_SHORT]
    return level if attribute == "hour" else level_name(attribute, level)


def size_words(study: Study) -> str:
    """What the study rests on."""
    ads = "one ad" if study.ads == 1 else f"{study.ads:,} ads"
    return f"{study.impressions:,} impressions, {study.clicks:,} clicks, {ads}: {percent(study.ctr)} clicked"


def few_words(study: Study) -> str:
    """What a log of few ads cannot say; empty for one of enough."""
    if study.ads >= FEW_ADS:
        return ""
    return "So few ads confirm only large differences: one that is not confirmed may still be there."


def threshold_words(impressions: int) -> str:
    """A threshold for the merging of levels."""
    if not impressions:
        return "0, merge none"
    return f"{impressions:,}" + (" (M2FN)" if impressions == PAPER_THRESHOLD else "")


def p_words(p_value: float) -> str:
    """A p-value with its sign."""
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.3f}" if p_value < 0.1 else f"p = {p_value:.2f}"


def times_words(one: AttributeStudy) -> str:
    """How the best level compares with the worst."""
    if not one.worst.clicks:
        return f"against none for {level_name(one.name, one.worst.level)}"
    ratio = one.best.ctr / one.worst.ctr
    size = f"{ratio:.1f} times" if ratio >= 2 else f"{100 * (ratio - 1):.0f} % more than"
    return f"{size} {level_name(one.name, one.worst.level)} ({percent(one.worst.ctr)})"


def all_tied(one: AttributeStudy) -> bool:
    """Whether no other level can be told from the best, not even the lowest."""
    return len(one.rates) > 1 and all(rate.tied for rate in one.rates if rate.level != one.best.level)


def leaders_words(one: AttributeStudy) -> str:
    """What may be said to be clicked most: the best level alone, or all that cannot be told from it."""
    tied = sorted(
        (rate for rate in one.rates if rate.tied and rate.level != one.best.level), key=lambda rate: -rate.ctr
    )
    if not tied:
        return level_name(one.name, one.best.level)
    if all_tied(one):
        return "No clear first"
    names = [level_name(one.name, rate.level) for rate in (one.best, *tied)]
    if len(names) > _MOST_LEADERS:
        return f"{names[0]} or one of {len(tied)} others"
    return f"{', '.join(names[:-1])} or {names[-1]}"


def near_words(one: AttributeStudy) -> str:
    """How many levels cannot be told from the best, in a few words; empty for none."""
    others = sum(rate.tied for rate in one.rates if rate.level != one.best.level)
    if not others:
        return ""
    if all_tied(one):
        return "too close to call with any other level"
    return f"{others if others > 1 else 'one'} too close to call"


def tied_words(one: AttributeStudy) -> str:
    """Which levels cannot be told from the best; empty for none."""
    tied = [rate for rate in one.rates if rate.tied and rate.level != one.best.level]
    if not tied:
        return ""
    if all_tied(one):
        return "Too close to call with any other level."
    ordered = sorted(tied, key=lambda rate: -rate.ctr)
    names = [level_name(one.name, rate.level) for rate in ordered[:_MOST_TIED]]
    if len(tied) > len(names):
        names.append(f"{len(tied) - len(names)} more")
    joined = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    return f"Too close to call with {joined}."


def verdict(one: AttributeStudy) -> str:
    """Whether the attribute matters, with both tests, in a sentence."""
    found = [
        f"{name} {p_words(test.p_value)}"
        for name, test in (("analysis of variance", one.anova), ("logistic regression", one.logistic))
        if test is not None
    ]
    if len(found) < 2:
        return "Too few ads or levels for both tests."
    both = p_words(max(test.p_value for test in (one.anova, one.logistic) if test is not None))
    if one.kept and one.anova:
        how = "each ad with itself" if one.anova.comparison == "within ads" else "ads with one another"
        if all_tied(one):
            return f"Both tests find a difference ({both}), comparing {how}, but which level is best does not show."
        return f"The difference holds in both tests ({both}), comparing {how}."
    return f"No difference that both tests confirm ({', '.join(found)})."


def rate_words(attribute: str, rate: LevelRate) -> str:
    """A bar in words, for its hover text."""
    change = f"{100 * rate.lift:+.1f} % against all".replace("-", "−")
    return f"{level_name(attribute, rate.level)}: {percent(rate.ctr)}, {change}, {rate.impressions:,} impressions"


def counter_words(found: CounterExample) -> tuple[str, str]:
    """A counter-example: where, and what is the other way round there."""
    best, worst = (level_name(found.attribute, level) for level in (found.best, found.worst))
    if found.segment == AD:
        where = f"The ad {found.level}"
    else:
        where = f"{attribute_name(found.segment)}: {level_name(found.segment, found.level)}"
    what = f"{worst} {percent(found.worst_ctr)}, {best} {percent(found.best_ctr)}"
    return where, what
