"""Words drawn into the picture. They neither press, nor state facts, nor speak of the product's quality or colour."""

from __future__ import annotations

from adlab.simulator.catalogue import CATEGORY_OF
from adlab.simulator.grammar.prices import RANGES

# `{N}` is what the picture shows, `{K}` its kind. None of these asks the viewer for anything.
_HEADLINES: tuple[str, ...] = (
    "The new {N}",
    "Your kind of {N}",
    "The better {N}",
    "Good things ahead",
    "Something new",
    "Little joys",
    "Your day, your way",
    "Made to be loved",
    "The good life",
    "Simply yours",
    "More to love",
    "Made for moments",
)
HEADLINES: dict[str, tuple[str, ...]] = {
    "shoes": (*_HEADLINES, "The {K} edit", "Made for walking", "Step by step", "City on foot", "Happy feet"),
    "clothing": (*_HEADLINES, "The {K} edit", "Everyday icons", "New-season {N}", "Easy does it", "Dressed for today"),
    "accessories": (*_HEADLINES, "The {K} edit", "Everyday icons", "The finishing touch", "Out and about"),
    "electronics": (*_HEADLINES, "Always on", "Plug and play", "Tomorrow, today", "Work. Play. Repeat."),
    "home": (*_HEADLINES, "Feels like home", "Home again", "Room for life", "The quiet corner"),
    "beauty": (*_HEADLINES, "A moment for you", "Glow on", "The morning ritual", "Feel like you"),
    "food": (*_HEADLINES, "Lunch is served", "Made for weekends", "Taste the day", "Hello, hungry", "{K} o'clock"),
    "sport": (*_HEADLINES, "Made for weekends", "Game on", "Fresh air included", "Born to move"),
    "toys": (*_HEADLINES, "Bring the fun", "Made for weekends", "Let's play", "Big little stories"),
}
INVITES: tuple[str, ...] = (
    "Which one is yours?",
    "Vote for your favourite",
    "Tap to try it",
    "Would you pick this?",
    "Show us yours",
    "Guess and win",
    "Name your favourite",
    "Yes or no?",
    "What would you choose?",
    "Join the challenge",
    "Spin to win",
    "Rate our {N}",
    "Love it or leave it?",
    "Tell us your pick",
    "Your turn to choose",
)
_SUBLINES: tuple[str, ...] = (
    "Designed around you",
    "Like no other",
    "For days that matter",
    "Chosen with care",
    "From our new collection",
    "Small things, big smiles",
    "At home and on the go",
    "Seen everywhere this year",
    "Thoughtful from start to finish",
    "Made by people who care",
)
_FOOD_SUBLINES: tuple[str, ...] = (
    "Straight from our kitchen",
    "Made the way you like it",
    "Because you are worth a treat",
    "Good food, good mood",
    "On the menu now",
    "Made by people who care",
)
INVITE_SUBLINES: tuple[str, ...] = (
    "Comment with your choice",
    "Swipe and take part",
    "Share your answer with us",
    "Send us a photo",
    "Take the quiz",
    "Play along with friends",
)
_BUTTONS: tuple[str, ...] = (
    "Shop the range",
    "See more",
    "Learn more",
    "Find yours",
    "Discover",
    "View details",
    "Add to cart",
    "Shop",
    "Buy online",
    "Browse",
    "Get yours",
    "Explore",
)
_FOOD_BUTTONS: tuple[str, ...] = ("See the menu", "Order online", "Get yours", "Find a shop", "Order here", "See more")
BADGES: tuple[str, ...] = ("-10%", "-15%", "-20%", "-25%", "-30%", "-40%", "-50%", "NEW", "SALE")
_CHEAP_BADGES: tuple[str, ...] = (*BADGES, "2 for 1")
_CHEAP = 40  # dollars; nobody gives away a second sofa


def sublines_of(kind: str) -> tuple[str, ...]:
    """Smaller lines that fit a kind."""
    return _FOOD_SUBLINES if CATEGORY_OF[kind] == "food" else _SUBLINES


def buttons_of(kind: str) -> tuple[str, ...]:
    """Words for the button that fit a kind."""
    return _FOOD_BUTTONS if CATEGORY_OF[kind] == "food" else _BUTTONS


def badges_of(kind: str) -> tuple[str, ...]:
    """Badges that fit a kind."""
    return _CHEAP_BADGES if RANGES[kind][1] <= _CHEAP else BADGES
