"""What things cost: the usual range of each kind in dollars; the brand's own level comes on top."""

from __future__ import annotations

from adlab.simulator.draws import Draws

RANGES: dict[str, tuple[float, float]] = {
    "sneaker": (45, 120),
    "boot": (70, 180),
    "sandal": (22, 70),
    "high heel": (50, 140),
    "t-shirt": (12, 32),
    "hoodie": (30, 75),
    "dress": (35, 110),
    "jeans": (40, 100),
    "jacket": (70, 190),
    "cap": (12, 30),
    "skirt": (25, 75),
    "scarf": (18, 55),
    "backpack": (35, 95),
    "handbag": (50, 170),
    "suitcase": (70, 180),
    "wristwatch": (60, 220),
    "sunglasses": (25, 95),
    "umbrella": (15, 40),
    "phone": (250, 700),
    "laptop": (500, 1100),
    "headphones": (45, 190),
    "camera": (220, 650),
    "speaker": (40, 160),
    "television": (280, 800),
    "game controller": (35, 70),
    "lamp": (28, 95),
    "armchair": (180, 480),
    "sofa": (450, 1200),
    "mug": (8, 16),
    "kettle": (28, 70),
    "frying pan": (22, 60),
    "vase": (15, 48),
    "clock": (18, 55),
    "candle": (9, 26),
    "potted plant": (10, 30),
    "perfume": (35, 90),
    "lipstick": (9, 24),
    "lotion": (8, 24),
    "burger": (6, 11),
    "pizza": (8, 15),
    "ice cream": (3, 6),
    "cupcake": (3, 5),
    "juice": (3, 6),
    "coffee": (3, 5),
    "bicycle": (320, 900),
    "football": (15, 38),
    "tennis racket": (50, 140),
    "dumbbell": (15, 45),
    "tent": (90, 280),
    "skateboard": (40, 95),
    "teddy bear": (14, 35),
    "toy car": (7, 20),
}
# What the manner of a brand adds: at most twice the usual.
LEVELS: dict[str, float] = {
    "modern": 1.0,
    "classic": 1.3,
    "bold": 1.0,
    "elegant": 1.8,
    "friendly": 0.9,
    "sporty": 1.1,
}
MOST = 2.0


def price_of(kind: str, style: str, draws: Draws, slot: int) -> str:
    """A price tag.

    Args:
        kind: Product.
        style: Manner of the brand.
        draws: The row of chance.
        slot: Where to read it; two numbers are taken.
    """
    low, high = RANGES[kind]
    price = low * (high / low) ** draws.share(slot) * LEVELS[style]
    if price < 20:
        return f"${int(price)}.{draws.pick(slot + 1, ('50', '90', '95'))}"
    if price < 99:
        return f"${round(price)}.99" if draws.chance(slot + 1, 0.4) else f"${round(price)}"
    step = 10 if price < 600 else 50
    return f"${round(price / step) * step - 1:,}"
