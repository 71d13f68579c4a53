"""Sentences that state nothing one could check: what a product is like, whom it suits, what it goes with.

`{S}` is the product as subject, `{Q}` a word of quality, `{A}` one behind its article, `{B}` the brand, `{V}` the
shop, `{C}` the colour, `{K}` what bears it, `{D}` a companion in some colour; `[is|are]` follows the number of the
product. Each family has sentences of many lengths, so that a copy of any length is written without padding.
"""

from __future__ import annotations

from adlab.simulator.catalogue import CATEGORY_OF, KINDS

_QUALITY: tuple[str, ...] = (
    "Simply {Q}",
    "In a word: {Q}",
    "{S} [is|are] {Q}",
    "{A} [choice|pair], and it shows",
    "{B} has come up with something {Q}",
    "{A} [choice|pair] for anyone who likes {B}",
    "{S} [is|are] {Q}, and you can tell at once",
    "{S} [is|are] {Q}, as you would expect from {B}",
    "If you want something {Q}, you have found [it|them]",
    "Ask around, and the word you hear will be {Q}",
    "{S} [is|are] {Q} without making a fuss about it",
    "Look closer, and you will find [it|them] {Q} throughout",
    "{B} makes things {Q}, and [this one is|these are] no exception",
    "{B} set out to make something {Q}, and here [it is|they are]",
    "It is not every day that you come across {A} [find|pair] like this",
)
QUALITY: tuple[str, ...] = (
    *_QUALITY,
    "{S} [looks|look] {Q} from every side",
    "{S} [feels|feel] {Q} from the first day",
    "{S} [is|are] {Q}, inside and out",
)
FOOD_QUALITY: tuple[str, ...] = (
    *_QUALITY,
    "{S} [tastes|taste] {Q}",
    "{S} [tastes|taste] {Q} every single time",
    "{S} [tastes|taste] {Q} from the first moment to the last",
)
_PAIRING: tuple[str, ...] = (
    "Goes with our {D}",
    "Goes well with your {D}",
    "{S} [goes|go] nicely with your {D}",
    "Fans of our {D} will like [it|them]",
    "If you liked our {D}, you will like [this|these]",
    "{S} [goes|go] well with our {D} from the same range",
    "Many of our regulars order [it|them] together with our {D}",
)
WORN = frozenset({*KINDS["shoes"], *KINDS["clothing"], "wristwatch", "sunglasses"})
WORN_PAIRING: tuple[str, ...] = (
    *_PAIRING,
    "Made to match our {D}",
    "Wear [it|them] with your {D}",
    "{S} [looks|look] just right with your {D}",
    "Add your {D} and the outfit is complete",
    "Put [it|them] on with your {D} and you are ready to go",
)
FOOD_PAIRING: tuple[str, ...] = (
    "Goes with our {D}",
    "Lovely with our {D}",
    "Save room for our {D}",
    "{S} [goes|go] well with our {D}",
    "{S} [tastes|taste] even better with our {D}",
    "Fans of our {D} will like [it|them]",
    "Add our {D} and the table is complete",
    "Many of our regulars order [it|them] together with our {D}",
)
HOME_PAIRING: tuple[str, ...] = (
    *_PAIRING,
    "At home beside your {D}",
    "{S} [sits|sit] well beside the {D}",
    "Put [it|them] beside your {D} and see the room change",
)
OTHER_PAIRING: tuple[str, ...] = (
    *_PAIRING,
    "A good partner for your {D}",
    "Together with our {D}, [it makes|they make] a good team",
    "Chosen to go with our {D}",
)
BRAND: tuple[str, ...] = (
    "From {B}",
    "Designed by {B}",
    "The latest from {B}",
    "{V} brings you {B}",
    "{S} [is|are] the latest from {B}",
    "{V} stocks the whole {B} range",
    "{V} packs every {B} order with care",
    "{B} drew the lines, {V} brings [it|them] to you",
    "{B} thinks of the small things, and you will notice",
    "Ask for {B} at {V} and you will be shown the whole range",
)
_BENEFIT: tuple[str, ...] = (
    "Made for real life",
    "Worth coming home to",
    "{S} [fits|fit] into any day",
    "{S} [makes|make] a thoughtful present",
    "A small change that makes mornings easier",
    "You will wonder how you managed without [it|them]",
    "{S} [does|do] the job without asking for attention",
    "Once you have [it|them], you will not want to give [it|them] back",
)
BENEFIT: dict[str, tuple[str, ...]] = {
    "shoes": (
        *_BENEFIT,
        "Made to be walked in",
        "Soft underfoot on any street",
        "Every step feels lighter",
        "Your feet will thank you for every mile of the way",
        "{S} [takes|take] you from the office to the park",
        "{S} [keeps|keep] you on your feet from morning to night",
    ),
    "clothing": (
        *_BENEFIT,
        "Easy to wear",
        "{S} [falls|fall] just right",
        "Soft on the skin and easy to care for",
        "{S} [moves|move] with you all day",
        "Dress up or dress down as you like",
        "The one piece you reach for when nothing else will do",
    ),
    "accessories": (
        *_BENEFIT,
        "The finishing touch",
        "Small details make the difference",
        "From city streets to faraway beaches",
        "{S} [keeps|keep] up with you wherever you travel",
        "{S} [is|are] at your side on good days and busy mornings",
    ),
    "electronics": (
        *_BENEFIT,
        "Set up in moments",
        "{S} [works|work] straight out of the box",
        "Technology that stays out of your way",
        "{S} [keeps|keep] pace with the way you live",
        "Clear buttons, clear menus, and nothing to look up",
    ),
    "home": (
        *_BENEFIT,
        "Warm and welcoming",
        "Good company on quiet evenings",
        "{S} [brings|bring] a little calm to any room",
        "{S} [turns|turn] a house into a home",
        "Friends will ask you where [it came|they came] from",
        "The kind of thing that makes a Sunday morning slow and pleasant",
    ),
    "beauty": (
        "Gentle on you",
        "A little goes a long way",
        "A quiet moment at the start of the day",
        "{S} [leaves|leave] you feeling like yourself",
        "{S} [wears|wear] softly from day into evening",
        "Your bathroom shelf has been waiting for [it|them]",
        "{S} [makes|make] a thoughtful present",
        "Once you have tried [it|them], you will keep [it|them] close at hand",
    ),
    "food": (
        "Tastes like home",
        "Good food in good company",
        "Made with plenty of love",
        "{S} [tastes|taste] like the weekend",
        "For big appetites and small celebrations",
        "{S} [disappears|disappear] faster than you would think",
        "Bring a friend, or keep the whole of [it|them] to yourself",
        "{S} [is|are] what you think of on the way home from work",
    ),
    "sport": (
        "Ready when you are",
        "Made to be used",
        "Train hard or take it easy",
        "{S} [gets|get] you moving again",
        "For first attempts and personal bests",
        "{S} [turns|turn] a free afternoon into an adventure",
        "{S} [makes|make] a thoughtful present",
        "Saturday morning will be the best part of your week again",
    ),
    "toys": (
        "Playtime, every time",
        "Small hands will love [it|them]",
        "{S} [becomes|become] a friend for years",
        "For rainy afternoons and long car journeys",
        "{S} [sparks|spark] stories at bedtime and beyond",
        "Grandparents like [it|them] almost as much as children do",
        "{S} [makes|make] a thoughtful present",
    ),
}
COLOUR: tuple[str, ...] = (
    "In {C}",
    "Shown in {C}",
    "The colour is {C}",
    "{S} [comes|come] in {C}",
    "The colour of choice: {C}",
    "{S} [is|are] {C} all over",
    "We chose {C} for [this one|these]",
    "This time {B} went for {C}",
    "{C}, a colour that is easy to live with",
    "{S} [comes|come] in {C} from top to bottom",
    "The makers settled on {C} this time",
    "{S} [is|are] {C}, and that suits [it|them] well",
    "Of all the colours in the range, [this one|this pair] is {C}",
    "You will spot [it|them] from afar, for the colour is {C}",
    "The colour is {C}, and it is the one that everyone asks about",
)
CARRIER_COLOUR: tuple[str, ...] = (
    "The {K}: {C}",
    "The {K} is {C}",
    "In a {C} {K}",
    "Comes in a {C} {K}",
    "{S} [comes|come] in a {C} {K}",
    "Look out for the {C} {K}",
    "We chose a {C} {K} for [this one|these]",
    "You will know [it|them] by the {C} {K}",
    "This time {B} went for a {K} in {C}",
    "Of all the colours in the range, this {K} is {C}",
    "The {K} is {C}, and it is the one that everyone asks about",
)
# What may be put before or behind a sentence to reach a length, by its number of words.
LEADS: dict[int, tuple[str, ...]] = {
    1: ("Yes,", "Naturally,", "Indeed,"),
    2: ("What's more,", "Better still,", "Good news:", "Rest assured,"),
    3: ("Best of all,", "Worth knowing too:", "And there's more:"),
    4: ("One more good thing:", "Something else worth knowing:"),
}
TAILS: dict[int, tuple[str, ...]] = {
    1: (", naturally", ", too"),
    2: (", of course", ", no doubt"),
    3: (", as you'd expect", ", without a doubt"),
    4: (", as our regulars know", ", whatever the day brings"),
}


def quality_frames(category: str) -> tuple[str, ...]:
    """What a product of a category is like."""
    return FOOD_QUALITY if category == "food" else QUALITY


def pairing_frames(kind: str) -> tuple[str, ...]:
    """What a kind goes with."""
    if kind in WORN:
        return WORN_PAIRING
    return {"food": FOOD_PAIRING, "home": HOME_PAIRING}.get(CATEGORY_OF[kind], OTHER_PAIRING)
