"""The copy says what its causes say, in the words that were asked for, and nothing that belongs to the picture."""

from __future__ import annotations

import re

import pytest

from adlab.simulator.catalogue import CATEGORY_OF
from adlab.simulator.distribution import sentence_count
from adlab.simulator.grammar import facts, facts_by_kind, picture, pressing, prices, title_facts
from adlab.simulator.grammar.names import (
    ATTRIBUTES,
    CARRIER,
    COLOUR_WORDS,
    FOOD_COLOUR_WORDS,
    FOOD_QUALITY,
    NOUNS,
    QUALITY,
    UNFIT,
    colour_words,
    quality_level,
)
from adlab.simulator.grammar.occasions import COMPANIONS
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


FACT = {kind: every(facts.facts_of(kind), facts.offers_of(kind)) for kind in CATEGORY_OF}
TITLE_FACT = {kind: every(facts.title_facts_of(kind)) for kind in CATEGORY_OF}
PRESSING = [
    [phrase.strip(",: ").lower() for table in tables for phrase in table]
    for tables in zip(pressing.LEADS, pressing.TAILS, pressing.TITLE_LEADS, pressing.TITLE_TAILS, strict=True)
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
        kind = plan.factors.copy_kind
        stated = sum(bool(FACT[kind].search(s)) for s in described) + bool(TITLE_FACT[kind].search(plan.title.lower()))
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
            assert any(word in text for word in colour_words(factors.copy_kind, factors.copy_colour)), text


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
        level = quality_level(plan.factors.appeal)
        right = {*QUALITY[level], *FOOD_QUALITY[level]}
        others = {w for table in (QUALITY, FOOD_QUALITY) for words_of_level in table for w in words_of_level} - right
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


def test_an_ad_presses_with_its_title_or_with_an_offer_and_never_with_another_fact():
    offer = every(pressing.OFFERS, facts.OFFERS, facts.FOOD_OFFERS)
    pressed = 0
    for plan in PLANS:
        phrases = PRESSING[round(plan.factors.urgency * 4)]
        for sentence in re.split(r"\.(?= |$)", plan.description.lower()):
            if any(re.search(rf"(?:^ ?|, |^ ?){re.escape(phrase)}(?::|$)", sentence) for phrase in phrases):
                pressed += 1
                assert offer.search(sentence), sentence
    assert pressed > 300


def test_products_are_paired_with_what_goes_with_them_only():
    """Of all the nouns in a description those of other products belong to companions of the product."""
    named = 0
    for plan in PLANS:
        kind, text = plan.factors.copy_kind, plan.description.lower()
        for other in CATEGORY_OF:
            words = "|".join(re.escape(w) for ws in (COLOUR_WORDS, FOOD_COLOUR_WORDS) for c in ws.values() for w in c)
            nouns = "|".join(re.escape(noun.lower()) for noun in NOUNS[other])
            if other != kind and re.search(rf"(?:your|our|the) (?:{words})(?:-\w+)? (?:{nouns})(?![\w-])", text):
                assert other in COMPANIONS[kind] or other in _sharing(kind), (kind, other, text)
                named += 1
    assert named > 200


def _sharing(kind: str) -> set[str]:
    """Kinds that share a noun, or the end of one, with a companion of a kind."""
    return {
        other
        for other in CATEGORY_OF
        for companion in COMPANIONS[kind]
        if any(a.split()[-1] == b.split()[-1] for a in NOUNS[other] for b in NOUNS[companion])
    }


def test_every_kind_has_companions_facts_and_a_price_of_its_own():
    for table in (COMPANIONS, facts_by_kind.SENTENCES, title_facts.TITLES, prices.RANGES):
        assert set(table) == set(CATEGORY_OF)
    for kind, companions in COMPANIONS.items():
        assert kind not in companions
        assert len(set(companions)) >= 2
        assert set(companions) <= set(CATEGORY_OF)
    assert set(CARRIER) <= set(CATEGORY_OF)
    assert set(UNFIT) <= set(CATEGORY_OF)
    assert all(UNFIT[kind] <= set(ATTRIBUTES[CATEGORY_OF[kind]]) for kind in UNFIT)


def test_no_copy_says_the_same_twice():
    for plan in PLANS:
        sentences = [s.strip() for s in re.split(r"\.(?= |$)", plan.description) if s.strip()]
        assert len(set(sentences)) == len(sentences), plan.description


def test_prices_are_those_of_the_kind_and_at_most_twice_as_high_for_a_fine_brand():
    seen = 0
    for plan in PLANS:
        if plan.price:
            low, high = prices.RANGES[plan.factors.kind]
            assert re.fullmatch(r"\$\d+(\.(50|90|95|99))?|\$\d,\d{3}", plan.price), plan.price
            price = float(plan.price.strip("$").replace(",", ""))
            assert 0.75 * low <= price <= prices.MOST * high, (plan.factors.kind, plan.price)
            seen += 1
    assert seen > 600
    assert max(prices.LEVELS.values()) <= prices.MOST


def test_two_for_one_is_for_cheap_things():
    assert all("2 for 1" not in picture.badges_of(kind) for kind in ("sofa", "laptop", "bicycle", "jacket"))
    assert "2 for 1" in picture.badges_of("mug")
