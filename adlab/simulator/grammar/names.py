"""What things are called: nouns of each kind of product, words for colours, and words that set a product apart."""

from __future__ import annotations

# The first is the plainest; every kind has one of a single word, for short copy.
NOUNS: dict[str, tuple[str, ...]] = {
    "sneaker": ("sneakers", "trainers", "running shoes", "kicks"),
    "boot": ("boots", "ankle boots", "lace-up boots"),
    "sandal": ("sandals", "slides", "summer sandals"),
    "high heel": ("heels", "high heels", "pumps", "stilettos"),
    "t-shirt": ("t-shirt", "tee", "crew-neck tee"),
    "hoodie": ("hoodie", "hooded sweatshirt", "pullover"),
    "dress": ("dress", "summer dress", "frock"),
    "jeans": ("jeans", "denims", "denim trousers"),
    "jacket": ("jacket", "zip jacket", "blouson"),
    "cap": ("cap", "baseball cap", "snapback"),
    "skirt": ("skirt", "flared skirt", "midi skirt"),
    "scarf": ("scarf", "neck scarf", "muffler"),
    "backpack": ("backpack", "rucksack", "daypack"),
    "handbag": ("handbag", "shoulder bag", "purse"),
    "suitcase": ("suitcase", "cabin trolley", "travel case"),
    "wristwatch": ("watch", "wristwatch", "timepiece"),
    "sunglasses": ("sunglasses", "shades", "sunnies"),
    "umbrella": ("umbrella", "rain umbrella", "brolly"),
    "phone": ("phone", "smartphone", "handset", "mobile phone"),
    "laptop": ("laptop", "notebook computer", "ultrabook"),
    "headphones": ("headphones", "over-ear headphones", "cans"),
    "camera": ("camera", "compact camera", "digital camera"),
    "speaker": ("speaker", "loudspeaker", "music speaker"),
    "television": ("television", "TV", "flat-screen TV"),
    "game controller": ("gamepad", "game controller", "joypad"),
    "lamp": ("lamp", "table lamp", "reading light"),
    "armchair": ("armchair", "easy chair", "lounge chair"),
    "sofa": ("sofa", "couch", "settee"),
    "mug": ("mug", "tea mug", "drinking mug"),
    "kettle": ("kettle", "water kettle", "tea kettle"),
    "frying pan": ("skillet", "frying pan", "cooking pan"),
    "vase": ("vase", "flower vase", "table vase"),
    "clock": ("clock", "wall clock", "timekeeper"),
    "candle": ("candle", "scented candle", "pillar candle"),
    "potted plant": ("houseplant", "potted plant", "pot plant"),
    "perfume": ("perfume", "fragrance", "eau de parfum", "scent"),
    "lipstick": ("lipstick", "lip colour", "lippy"),
    "lotion": ("lotion", "body lotion", "skin cream", "moisturiser"),
    "burger": ("burger", "hamburger", "grilled burger"),
    "pizza": ("pizza", "stone-baked pizza", "pie"),
    "ice cream": ("gelato", "ice cream", "ice-cream cone"),
    "cupcake": ("cupcake", "frosted cupcake", "muffin"),
    "juice": ("juice", "fruit juice", "smoothie"),
    "coffee": ("coffee", "cappuccino", "takeaway coffee"),
    "bicycle": ("bicycle", "bike", "city bike"),
    "football": ("football", "soccer ball", "match ball"),
    "tennis racket": ("racket", "tennis racket", "tennis racquet"),
    "dumbbell": ("dumbbell", "hand weight", "free weight"),
    "tent": ("tent", "camping tent", "dome tent"),
    "skateboard": ("skateboard", "board", "street deck"),
    "teddy bear": ("teddy", "teddy bear", "cuddly bear"),
    "toy car": ("racer", "toy car", "play car"),
}
PLURAL = frozenset({"sneaker", "boot", "sandal", "high heel", "jeans", "sunglasses", "headphones"})

COLOUR_WORDS: dict[str, tuple[str, ...]] = {
    "black": ("black", "jet-black", "ebony", "onyx"),
    "blue": ("blue", "navy", "cobalt", "azure", "royal-blue"),
    "brown": ("brown", "chestnut", "tan", "cocoa", "walnut"),
    "green": ("green", "emerald", "olive", "sage", "moss-green"),
    "grey": ("grey", "slate", "charcoal-grey", "ash-grey", "pewter"),
    "pink": ("pink", "rose", "blush", "fuchsia", "bubblegum"),
    "red": ("red", "crimson", "scarlet", "ruby", "cherry-red"),
    "white": ("white", "ivory", "snow-white", "chalk", "alabaster"),
    "yellow": ("yellow", "lemon", "mustard", "sunflower", "canary"),
}

ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "shoes": ("waterproof", "lightweight", "vegan", "wide-fit", "slip-on"),
    "clothing": ("organic", "oversized", "slim-fit", "recycled", "quick-dry"),
    "accessories": ("foldable", "scratch-proof", "vegan", "oversized", "lightweight"),
    "electronics": ("wireless", "refurbished", "compact", "fast-charging", "splash-proof"),
    "home": ("handmade", "compact", "vintage", "Scandinavian", "recycled"),
    "beauty": ("vegan", "unscented", "long-lasting", "organic", "refillable"),
    "food": ("vegan", "gluten-free", "organic", "sugar-free", "dairy-free"),
    "sport": ("foldable", "lightweight", "beginner", "all-weather", "professional"),
    "toys": ("handmade", "washable", "wooden", "vintage", "jumbo"),
}
# What a kind cannot sensibly be.
UNFIT: dict[str, frozenset[str]] = {
    "high heel": frozenset({"slip-on", "waterproof"}),
    "cap": frozenset({"slim-fit"}),
    "scarf": frozenset({"slim-fit"}),
    "wristwatch": frozenset({"foldable", "oversized"}),
    "suitcase": frozenset({"foldable", "oversized"}),
    "umbrella": frozenset({"scratch-proof", "vegan", "oversized"}),
    "sunglasses": frozenset({"vegan"}),
    "television": frozenset({"splash-proof", "fast-charging", "compact", "wireless"}),
    "camera": frozenset({"wireless"}),
    "candle": frozenset({"compact"}),
    "potted plant": frozenset({"handmade", "recycled", "vintage"}),
    "perfume": frozenset({"unscented"}),
    "lipstick": frozenset({"unscented"}),
    "juice": frozenset({"gluten-free"}),
    "coffee": frozenset({"gluten-free"}),
    "football": frozenset({"foldable", "beginner"}),
    "tennis racket": frozenset({"foldable", "all-weather"}),
    "dumbbell": frozenset({"foldable", "lightweight", "all-weather"}),
    "skateboard": frozenset({"foldable"}),
    "tent": frozenset({"foldable"}),
    "teddy bear": frozenset({"wooden"}),
    "toy car": frozenset({"washable"}),
}

# Words for how much a product is wanted, from the plainest to the finest.
QUALITY: tuple[tuple[str, ...], ...] = (
    ("basic", "plain", "no-frills", "simple", "ordinary"),
    ("decent", "practical", "handy", "fair", "sensible"),
    ("smart", "well-made", "reliable", "likeable", "good-looking"),
    ("refined", "premium", "elegant", "beautiful", "superb"),
    ("exquisite", "luxurious", "flawless", "breathtaking", "irresistible"),
)


def attributes_of(kind: str, category: str) -> tuple[str, ...]:
    """What can set a product of this kind apart."""
    unfit = UNFIT.get(kind, frozenset())
    return tuple(word for word in ATTRIBUTES[category] if word not in unfit)


def quality_level(appeal: float) -> int:
    """Row of `QUALITY` for an appeal of 0–1."""
    return min(int(appeal * len(QUALITY)), len(QUALITY) - 1)
