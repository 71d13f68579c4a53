"""What things are called: nouns of each kind of product, words for colours, and words that set a product apart."""

from __future__ import annotations

from adlab.simulator.catalogue import CATEGORY_OF

# The first is the plainest; every kind has one of a single word, for short copy.
NOUNS: dict[str, tuple[str, ...]] = {
    "sneaker": ("sneakers", "trainers", "running shoes"),
    "boot": ("boots", "ankle boots", "lace-up boots"),
    "sandal": ("sandals", "summer sandals", "strappy sandals"),
    "high heel": ("heels", "high heels", "court shoes"),
    "t-shirt": ("t-shirt", "tee", "crew-neck tee"),
    "hoodie": ("hoodie", "zip hoodie", "hooded sweatshirt"),
    "dress": ("dress", "summer dress", "sleeveless dress"),
    "jeans": ("jeans", "denims", "denim trousers"),
    "jacket": ("jacket", "puffer jacket", "quilted jacket"),
    "cap": ("cap", "baseball cap", "curved-brim cap"),
    "skirt": ("skirt", "flared skirt", "pleated skirt"),
    "scarf": ("scarf", "woollen scarf", "winter scarf"),
    "backpack": ("backpack", "rucksack", "daypack"),
    "handbag": ("handbag", "shoulder bag", "top-handle bag"),
    "suitcase": ("suitcase", "cabin case", "travel case"),
    "wristwatch": ("watch", "wristwatch", "analogue watch"),
    "sunglasses": ("sunglasses", "shades", "summer shades"),
    "umbrella": ("umbrella", "rain umbrella", "storm umbrella"),
    "phone": ("phone", "smartphone", "mobile phone"),
    "laptop": ("laptop", "slim laptop", "laptop computer"),
    "headphones": ("headphones", "over-ear headphones", "stereo headphones"),
    "camera": ("camera", "compact camera", "digital camera"),
    "speaker": ("speaker", "loudspeaker", "music speaker"),
    "television": ("television", "TV", "flat-screen TV"),
    "game controller": ("gamepad", "game controller", "console controller"),
    "lamp": ("lamp", "table lamp", "reading lamp"),
    "armchair": ("armchair", "easy chair", "lounge chair"),
    "sofa": ("sofa", "couch", "settee"),
    "mug": ("mug", "tea mug", "coffee mug"),
    "kettle": ("kettle", "tea kettle", "stovetop kettle"),
    "frying pan": ("skillet", "frying pan", "cooking pan"),
    "vase": ("vase", "flower vase", "table vase"),
    "clock": ("clock", "wall clock", "kitchen clock"),
    "candle": ("candle", "pillar candle", "wax candle"),
    "potted plant": ("houseplant", "potted plant", "indoor plant"),
    "perfume": ("perfume", "fragrance", "eau de parfum"),
    "lipstick": ("lipstick", "lip colour", "satin lipstick"),
    "lotion": ("lotion", "body lotion", "moisturiser"),
    "burger": ("burger", "hamburger", "grilled burger"),
    "pizza": ("pizza", "stone-baked pizza", "sourdough pizza"),
    "ice cream": ("gelato", "ice cream", "ice-cream cone"),
    "cupcake": ("cupcake", "frosted cupcake", "iced cupcake"),
    "juice": ("juice", "fruit juice", "chilled juice"),
    "coffee": ("coffee", "cappuccino", "takeaway coffee"),
    "bicycle": ("bicycle", "bike", "city bike"),
    "football": ("football", "soccer ball", "match ball"),
    "tennis racket": ("racket", "tennis racket", "graphite racket"),
    "dumbbell": ("dumbbell", "hand weight", "training weight"),
    "tent": ("tent", "camping tent", "dome tent"),
    "skateboard": ("skateboard", "street skateboard", "maple skateboard"),
    "teddy bear": ("teddy", "teddy bear", "cuddly bear"),
    "toy car": ("racer", "toy car", "toy racer"),
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
# The same for what is eaten: nobody sells a mustard ice cream by that name.
FOOD_COLOUR_WORDS: dict[str, tuple[str, ...]] = {
    "black": ("black", "jet-black"),
    "blue": ("blue", "royal-blue"),
    "brown": ("brown", "cocoa", "chestnut"),
    "green": ("green", "emerald"),
    "grey": ("grey", "ash-grey"),
    "pink": ("pink", "rose", "bubblegum"),
    "red": ("red", "cherry-red", "ruby"),
    "white": ("white", "snow-white"),
    "yellow": ("yellow", "sunflower"),
}
# What bears the colour where the product itself does not.
CARRIER: dict[str, str] = {"burger": "box", "pizza": "box", "coffee": "cup", "potted plant": "pot"}

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
# What a kind cannot sensibly be, or what a fact of its own contradicts.
UNFIT: dict[str, frozenset[str]] = {
    "boot": frozenset({"vegan", "slip-on"}),
    "sandal": frozenset({"vegan"}),
    "high heel": frozenset({"slip-on", "waterproof", "vegan"}),
    "jacket": frozenset({"organic", "quick-dry"}),
    "jeans": frozenset({"quick-dry", "recycled"}),
    "cap": frozenset({"slim-fit", "oversized"}),
    "scarf": frozenset({"slim-fit", "quick-dry"}),
    "skirt": frozenset({"slim-fit"}),
    "handbag": frozenset({"vegan", "foldable"}),
    "wristwatch": frozenset({"foldable", "oversized"}),
    "suitcase": frozenset({"foldable", "oversized", "vegan"}),
    "umbrella": frozenset({"scratch-proof", "vegan", "oversized"}),
    "sunglasses": frozenset({"vegan"}),
    "television": frozenset({"splash-proof", "fast-charging", "compact", "wireless"}),
    "camera": frozenset({"wireless"}),
    "phone": frozenset({"wireless"}),
    "laptop": frozenset({"wireless"}),
    "sofa": frozenset({"recycled"}),
    "armchair": frozenset({"recycled"}),
    "mug": frozenset({"compact", "recycled"}),
    "clock": frozenset({"recycled"}),
    "candle": frozenset({"compact", "vintage", "recycled"}),
    "potted plant": frozenset({"handmade", "recycled", "vintage"}),
    "perfume": frozenset({"unscented"}),
    "lipstick": frozenset({"unscented"}),
    "burger": frozenset({"sugar-free"}),
    "pizza": frozenset({"sugar-free"}),
    "ice cream": frozenset({"vegan", "dairy-free"}),
    "juice": frozenset({"gluten-free", "vegan", "dairy-free"}),
    "coffee": frozenset({"gluten-free"}),
    "football": frozenset({"foldable", "beginner"}),
    "tennis racket": frozenset({"foldable", "all-weather"}),
    "dumbbell": frozenset({"foldable", "lightweight", "all-weather"}),
    "skateboard": frozenset({"foldable"}),
    "tent": frozenset({"foldable", "beginner"}),
    "teddy bear": frozenset({"wooden"}),
    "toy car": frozenset({"washable"}),
}

# Words for how much a product is wanted, from the plainest to the finest.
QUALITY: tuple[tuple[str, ...], ...] = (
    ("simple", "basic", "no-frills", "plain", "modest"),
    ("practical", "sensible", "handy", "decent", "serviceable"),
    ("smart", "well-made", "reliable", "good-looking", "dependable"),
    ("refined", "premium", "elegant", "beautiful", "superb"),
    ("exquisite", "luxurious", "flawless", "breathtaking", "irresistible"),
)
FOOD_QUALITY: tuple[tuple[str, ...], ...] = (
    ("simple", "basic", "no-frills", "plain", "modest"),
    ("decent", "hearty", "wholesome", "sensible", "satisfying"),
    ("tasty", "well-made", "flavourful", "appetising"),
    ("delicious", "premium", "superb", "delectable"),
    ("heavenly", "luxurious", "flawless", "mouth-watering", "irresistible"),
)


def attributes_of(kind: str, category: str) -> tuple[str, ...]:
    """What can set a product of this kind apart."""
    unfit = UNFIT.get(kind, frozenset())
    return tuple(word for word in ATTRIBUTES[category] if word not in unfit)


def quality_level(appeal: float) -> int:
    """Row of `QUALITY` for an appeal of 0–1."""
    return min(int(appeal * len(QUALITY)), len(QUALITY) - 1)


def quality_words(category: str, appeal: float) -> tuple[str, ...]:
    """Words for a product of a category and an appeal of 0–1."""
    return (FOOD_QUALITY if category == "food" else QUALITY)[quality_level(appeal)]


def colour_words(kind: str, colour: str) -> tuple[str, ...]:
    """Words for one of the nine colours, as they are said of a kind."""
    words = (FOOD_COLOUR_WORDS if CATEGORY_OF[kind] == "food" else COLOUR_WORDS)[colour]
    return tuple(word for word in words if "-" not in word) if kind in CARRIER else words


def coloured(kind: str, word: str) -> str:
    """The word for a colour as it stands before the product: "red", or "red-box" where only the box is red."""
    return f"{word}-{CARRIER[kind]}" if kind in CARRIER else word
