"""The products of the simulated world: fifty-two kinds in nine categories."""

from __future__ import annotations

KINDS: dict[str, tuple[str, ...]] = {
    "shoes": ("sneaker", "boot", "sandal", "high heel"),
    "clothing": ("t-shirt", "hoodie", "dress", "jeans", "jacket", "cap", "skirt", "scarf"),
    "accessories": ("backpack", "handbag", "suitcase", "wristwatch", "sunglasses", "umbrella"),
    "electronics": ("phone", "laptop", "headphones", "camera", "speaker", "television", "game controller"),
    "home": ("lamp", "armchair", "sofa", "mug", "kettle", "frying pan", "vase", "clock", "candle", "potted plant"),
    "beauty": ("perfume", "lipstick", "lotion"),
    "food": ("burger", "pizza", "ice cream", "cupcake", "juice", "coffee"),
    "sport": ("bicycle", "football", "tennis racket", "dumbbell", "tent", "skateboard"),
    "toys": ("teddy bear", "toy car"),
}
CATEGORY_OF = {kind: category for category, kinds in KINDS.items() for kind in kinds}
