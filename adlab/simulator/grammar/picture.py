"""Words drawn into the picture. They neither press, nor state facts, nor speak of the product's quality or colour."""

from __future__ import annotations

# `{N}` is what the picture shows. None of these asks the viewer for anything.
HEADLINES: tuple[str, ...] = (
    "The new {N}",
    "{N}, made simple",
    "Your kind of {N}",
    "{N} season",
    "The better {N}",
    "{N} for you",
    "The {N} edit",
    "Made for weekends",
    "Good things ahead",
    "Feels like home",
    "Something new",
    "Little joys",
    "Your day, your way",
    "Everyday icons",
    "Made to be loved",
    "The good life",
    "Simply yours",
    "Bring the fun",
    "Life in colour",
    "More to love",
    "Fresh start",
    "Made for moments",
)
INVITES: tuple[str, ...] = (
    "Which one is yours?",
    "Vote for your favourite",
    "Tap to try it",
    "Would you pick this?",
    "Show us yours",
    "Guess and win",
    "Name your {N}",
    "Yes or no?",
    "What would you choose?",
    "Join the challenge",
    "Spin to win",
    "Rate our {N}",
    "Love it or leave it?",
    "Tell us your pick",
    "Your turn to choose",
)
SUBLINES: tuple[str, ...] = (
    "Designed around you",
    "The {N} like no other",
    "For days that matter",
    "Chosen with care",
    "From our new collection",
    "Small things, big smiles",
    "Because you are worth a treat",
    "At home and on the go",
    "Seen everywhere this year",
    "Thoughtful from start to finish",
    "Made by people who care",
    "Part of the {N} family",
)
INVITE_SUBLINES: tuple[str, ...] = (
    "Comment with your choice",
    "Swipe and take part",
    "Share your answer with us",
    "Send us a photo",
    "Take the quiz",
    "Play along with friends",
)
BUTTONS: tuple[str, ...] = (
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
BADGES: tuple[str, ...] = ("-10%", "-15%", "-20%", "-25%", "-30%", "-40%", "-50%", "NEW", "SALE", "2 for 1")
PRICES: dict[str, tuple[int, int]] = {
    "shoes": (29, 189),
    "clothing": (15, 149),
    "accessories": (19, 199),
    "electronics": (49, 899),
    "home": (12, 299),
    "beauty": (8, 89),
    "food": (3, 18),
    "sport": (19, 399),
    "toys": (9, 59),
}
