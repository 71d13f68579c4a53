"""The copy says what its causes say, in the words that were asked for, and nothing that belongs to the picture."""

from __future__ import annotations

import re

import pytest

from adlab.simulator.catalogue import CATEGORY_OF
from adlab.simulator.distribution import sentence_count
from adlab.simulator.grammar import facts, frames, picture
from adlab.simulator.grammar.names import COLOUR_WORDS, NOUNS, QUALITY, quality_level
from adlab.simulator.plan import plan_ad, replan

PLANS = [plan_ad(13, i) for i in range(1500)]
LOOSE = r"[\w'’é.-]+(?: [\w'’é&.-]+){0,3}"


def copy_of(plan) -> str:
    return f"{plan.title}. {plan.description}".lower()


def pattern(text: str) -> str:
    """A template as a regular expression."""
    out = re.escape(text.lower())
    out = re.sub(r"\\\{[a-z]\\\}", lambda _: LOOSE, out)
    out = re.sub(r"<([^>]*)>", lambda m: rf"(?:{m[1].replace('/', '|')})" if "/" in m[1] else r"\d+", out)
    return re.sub(r"\\\[([^|\]]*)\\\|([^\]]*)\\\]", r"(?:\1|\2)", out)


def every(*groups) -> re.Pattern:
    return re.compile("|".join(pattern(text) for group in groups for text in group))


FACT = every(facts.ANY, facts.DURABLE, *facts.BY_CATEGORY.values(), *facts.BY_KIND.values())
TITLE_FACT = every(facts.TITLE_ANY, *facts.TITLE.values())
PRESSING = [
    [phrase.strip(",: ").lower() for phrase in (*lead, *tail)]
    for lead, tail in zip(frames.URGENT_LEADS, frames.URGENT_TAILS, strict=True)
]


def test_the_length_is_hit_within_a_word():
    off = [abs(len(f"{p.title} {p.description}".split()) - p.factors.length) for p in PLANS]
    assert max(off) <= 3
    assert sum(o <= 1 for o in off) >= 0.99 * len(off)


@pytest.mark.parametrize("length", [4, 5, 6, 9, 10, 20, 40, 60])
def test_every_length_can_be_asked_for(length):
    off = [
        abs(len(f"{q.title} {q.description}".split()) - length) for q in (replan(p, length=length) for p in PLANS[:300])
    ]
    assert sum(o <= 1 for o in off) >= 0.9 * len(off)


def test_sentences_are_as_many_as_counted():
    for plan in PLANS:
        sentences = re.findall(r"\.(?= |$)", plan.description)
        assert len(sentences) == sentence_count(plan.factors.length) - 1


def test_specificity_is_the_share_of_sentences_with_a_fact():
    for plan in PLANS:
        described = [s for s in re.split(r"\.(?= |$)", plan.description.lower()) if s.strip()]
        stated = sum(bool(FACT.search(s)) for s in described) + bool(TITLE_FACT.search(plan.title.lower()))
        assert stated / sentence_count(plan.factors.length) == pytest.approx(plan.factors.specificity), plan


def test_urgency_is_pressed_with_phrases_of_its_step_and_no_other():
    for plan in PLANS:
        step, text = round(plan.factors.urgency * 4), copy_of(plan)
        found = {
            i for i in range(5) for phrase in PRESSING[i] if re.search(rf"(?<![\w]){re.escape(phrase)}(?![\w])", text)
        }
        assert step == 0 or step in found, (step, text)
        if step == 0:
            assert not found, text


def test_the_copy_names_its_own_product_and_colour():
    for plan in PLANS:
        text, factors = copy_of(plan), plan.factors
        assert any(noun.lower() in plan.title.lower() for noun in NOUNS[factors.copy_kind]), plan.title
        if factors.copy_colour:
            assert any(word in text for word in COLOUR_WORDS[factors.copy_colour]), text


def test_a_silent_copy_has_no_colour_before_its_product():
    words = "|".join(w for ws in COLOUR_WORDS.values() for w in ws)
    silent = [p for p in PLANS if not p.factors.copy_colour]
    for plan in silent:
        assert not re.search(rf"\b({words})\b", plan.title.lower()), plan.title
        for noun in NOUNS[plan.factors.copy_kind]:
            assert not re.search(rf"\b({words}) {re.escape(noun.lower())}(?![\w-])", plan.description.lower()), plan
    mentions = sum(bool(re.search(rf"\b({words})\b", p.description.lower())) for p in silent)
    assert mentions > 0.2 * len(silent)  # yet colours of other things are mentioned in passing


def test_the_words_of_quality_are_those_of_the_appeal():
    wrong, named = 0, 0
    for plan in PLANS:
        words = set(re.findall(r"[\w-]+", copy_of(plan)))
        right = set(QUALITY[quality_level(plan.factors.appeal)])
        others = {w for level in QUALITY for w in level} - right
        wrong += bool(words & others)
        named += bool(words & right)
    assert wrong == 0
    assert named > 0.8 * len(PLANS)


def test_drawn_words_neither_press_nor_state_facts_nor_invite_unasked():
    asks = {text.replace("{N}", "").strip().lower() for text in (*picture.INVITES, *picture.INVITE_SUBLINES)}
    for plan in PLANS:
        drawn = f"{plan.headline} {plan.subline} {plan.button}".lower()
        assert not any(phrase in drawn for step in PRESSING for phrase in step if " " in phrase), drawn
        assert not re.search(r"\d", drawn)
        if not plan.factors.participation:
            assert "?" not in drawn
            assert not any(drawn.startswith(ask) for ask in asks)
        else:
            assert plan.headline.replace("?", "") != plan.headline or any(
                plan.headline.lower().startswith(ask.split("  ")[0][:8]) for ask in asks
            )


def test_copy_never_asks_to_take_part():
    assert not any("?" in copy_of(plan) or "vote" in copy_of(plan) or "tap " in copy_of(plan) for plan in PLANS)


def test_the_category_is_that_of_the_copy():
    assert all(plan.category == CATEGORY_OF[plan.factors.copy_kind] for plan in PLANS)
