"""Phrases of no weight that fill the line of a title."""

from __future__ import annotations

TAILS: dict[str, tuple[str, ...]] = {
    "shoes": ("for the city", "all-day comfort", "for long walks", "made for walking", "from street to trail"),
    "clothing": ("for every day", "easy fit", "for cool evenings", "your new favourite", "soft and easy to wear"),
    "accessories": ("for travellers", "for every day", "made to travel", "for city and country", "the finishing touch"),
    "electronics": ("for home", "for work and play", "easy setup", "ready for use every day"),
    "home": ("for any room", "for cosy evenings", "made with care", "for your favourite corner"),
    "beauty": ("for every day", "gentle care", "for soft evenings", "for your morning routine"),
    "food": ("for sharing", "made daily", "the weekend treat", "for hungry people", "full of flavour"),
    "sport": ("for beginners", "for the weekend", "for free afternoons", "made for moving"),
    "toys": ("for kids", "gift idea", "for little explorers", "for endless play"),
}
# One word in front of the title.
STARTS: tuple[str, ...] = ("new", "original", "classic", "iconic")
ENDS: dict[int, tuple[str, ...]] = {
    2: ("new collection", "signature edition", "customer favourite", "latest edition"),
    3: ("new season range", "a customer favourite", "from our favourites"),
    4: ("from the new range", "the one to own", "from our latest collection"),
}
FOOD_ENDS: dict[int, tuple[str, ...]] = {
    2: ("house speciality", "customer favourite", "new recipe"),
    3: ("a customer favourite", "from our kitchen", "on the menu"),
    4: ("from the new menu", "a favourite of ours", "from our own kitchen"),
}


def ends_of(category: str) -> dict[int, tuple[str, ...]]:
    """Phrases for a category by their number of words."""
    return FOOD_ENDS if category == "food" else ENDS
