"""Sentences that state a fact one can check: a figure, a measure, a material, a place, a term of sale.

`{S}` is the product as subject, `[is|are]` follows its number, `<2-5>` is a whole number, `<oak/ash>` a word.
"""

from __future__ import annotations

ANY: tuple[str, ...] = (
    "Returns are free for <30/60/90> days",
    "Returns accepted for <14/28/45> days",
    "Delivery takes <2-5> working days",
    "Delivery costs <3-6> dollars",
    "Rated 4.<2-9> out of 5 by <120-980> buyers",
    "<120-980> buyers rate [it|them] 4.<2-9> out of 5",
    "Made in <Portugal/Italy/Denmark/Poland/Vietnam>",
    "{S} [is|are] made in <Portugal/Italy/Denmark/Poland/Vietnam>",
    "{S} [ships|ship] in a <paper/cardboard/cotton> box with no plastic inside",
    "Orders above <40/50/60/80> dollars ship free of charge to all <48/50> states",
    "Independent testers gave [it|them] <81-97> points out of a possible hundred",
)
DURABLE: tuple[str, ...] = (
    "Comes with a <2-6>-year warranty",
    "{S} [comes|come] with a <2-6>-year warranty",
    "<2-6>-year warranty",
    "Spare parts are kept in stock for <5/8/10> years after the sale",
)
BY_CATEGORY: dict[str, tuple[str, ...]] = {
    "shoes": (
        "{S} [weighs|weigh] <210-480> grams a pair",
        "Sizes <34-37> to <44-48>",
        "The sole is natural rubber, <4-9> millimetres thick",
        "{S} [is|are] stitched from full-grain <cow/goat/calf> leather",
        "The insole is <3-8> millimetres of cork",
        "Tested over <300/500/800> kilometres of pavement",
    ),
    "clothing": (
        "<70-98>% cotton",
        "Washes at <30/40/60> degrees",
        "{S} [is|are] cut from <180-420>-gram cotton twill",
        "The fabric is <70-98>% cotton and the rest is elastane",
        "{S} [comes|come] in <6-12> sizes from XS to <3XL/4XL/5XL>",
        "Dyed in <Porto/Prato/Leicester> with <40-70>% less water than usual",
    ),
    "accessories": (
        "{S} [weighs|weigh] <180-900> grams",
        "Just <180-900> grams",
        "The frame is <anodised/recycled> aluminium",
        "{S} [has|have] <2-9> seams, all of them sewn twice",
        "Opened and closed <5000/8000/10000> times in the laboratory",
    ),
    "electronics": (
        "<10-40> hours on one charge",
        "{S} [runs|run] <10-40> hours on one charge",
        "Charges in <45-90> minutes",
        "{S} [weighs|weigh] <140-950> grams with the cable",
        "Bluetooth 5.<1-4> and <2-4> USB-C ports are built in",
        "The housing is <40-85>% recycled aluminium",
    ),
    "home": (
        "{S} [stands|stand] <18-75> centimetres tall",
        "<18-75> centimetres tall",
        "The finish is tested for <300/500/900> hours of direct sunlight",
        "{S} [was|were] shaped in a workshop in <Porto/Aarhus/Stoke>",
        "Packed flat, the parcel weighs <2-9> kilos",
    ),
    "beauty": (
        "<30/50/75/100> millilitres",
        "{S} [holds|hold] <30/50/75/100> millilitres",
        "<82-98>% of the ingredients are plants",
        "Dermatologists tested [it|them] on <60-240> volunteers for <4-12> weeks",
        "Lasts <6-14> hours",
        "{S} [contains|contain] <2-9>% squalane and no added alcohol",
    ),
    "food": (
        "<180-640> calories a serving",
        "{S} [has|have] <180-640> calories a serving",
        "Ready in <4-12> minutes",
        "{S} [contains|contain] <3-28> grams of protein and no palm oil",
        "Made with <5-9> ingredients",
        "The farm is <12-60> kilometres from the kitchen",
    ),
    "sport": (
        "{S} [weighs|weigh] <2-14> kilos",
        "Weighs <2-14> kilos",
        "The shell is <7005/6061> aluminium with <2-4> layers of nylon",
        "{S} [carries|carry] loads of up to <90-140> kilos",
        "Used by <12-60> clubs across <7-19> countries last season",
    ),
    "toys": (
        "For ages <2-6> and up",
        "{S} [is|are] safe from age <2-6>",
        "Filled and painted without <lead/solvents>",
        "{S} [measures|measure] <14-38> centimetres from end to end",
        "Passed all <9-14> tests of the European toy standard",
    ),
}
# Facts short enough to stand behind a comma in a title.
TITLE_ANY: tuple[str, ...] = (
    "<2-9>00+ sold",
    "rated 4.<2-9>",
    "free <30/60/90>-day returns",
    "made in <Italy/Portugal/Denmark>",
)
TITLE: dict[str, tuple[str, ...]] = {
    "shoes": ("size <36-47>", "EU <36-47>", "sizes <34-37> to <44-48>", "<210-480>g", "natural rubber sole"),
    "clothing": ("size <8-18>", "<70-98>% cotton", "<180-420>gsm", "sizes XS to <3XL/4XL>"),
    "accessories": ("<180-900>g", "<180-900> grams", "<2-5>-year warranty", "recycled aluminium frame"),
    "electronics": ("<10-40>h battery", "<2-5>-year warranty", "USB-C", "<10-40> hours a charge"),
    "home": ("<18-75>cm", "<18-75> cm tall", "<2-5>-year warranty", "<18-75> centimetres tall"),
    "beauty": ("<30/50/75>ml", "<30/50/75> ml", "<82-98>% plant based", "lasts <6-14> hours"),
    "food": ("<180-640>kcal", "<180-640> calories", "<5-9> ingredients", "ready in <4-12> minutes"),
    "sport": ("<2-14>kg", "<2-14> kg", "<2-5>-year warranty", "up to <90-140> kg"),
    "toys": ("<14-38>cm", "ages <2-6>+", "<14-38> cm long", "from age <2-6>"),
}
# What some kinds have of their own, and the topics (see `compiled.topic`) on which their category does not fit them.
BY_KIND: dict[str, tuple[str, ...]] = {
    "bicycle": ("{S} [weighs|weigh] <9-14> kilos", "Weighs <9-14> kilos"),
    "football": ("{S} [weighs|weigh] <410-450> grams", "Just <410-450> grams"),
    "tennis racket": ("{S} [weighs|weigh] <270-320> grams unstrung", "Just <270-320> grams"),
    "dumbbell": ("{S} [weighs|weigh] <2-20> kilos", "Weighs <2-20> kilos"),
    "tent": ("{S} [weighs|weigh] <2-6> kilos with all pegs", "Sleeps <2-6> people"),
    "skateboard": ("The deck is <7-9> layers of Canadian maple", "Just <2-3> kilos"),
    "mug": ("Holds <280-480> millilitres", "{S} [holds|hold] <280-480> millilitres"),
    "kettle": ("Boils a litre in <3-6> minutes", "{S} [boils|boil] a litre in <3-6> minutes"),
    "frying pan": ("{S} [measures|measure] <24-32> centimetres across", "<24-32> centimetres across"),
    "candle": ("Burns for <30-60> hours", "{S} [burns|burn] for <30-60> hours"),
    "television": ("The screen measures <32-75> inches", "<32-75> inches"),
    "armchair": ("The seat is <41-48> centimetres high", "The frame is solid <oak/beech/ash>"),
    "sofa": ("{S} [seats|seat] <2-4> people", "The frame is solid <oak/beech/ash>"),
    "scarf": ("{S} [measures|measure] <160-210> centimetres", "<60-90>% merino wool"),
    "jeans": ("<12-14> ounces of raw denim", "Inside leg of <28-34> inches"),
    "handbag": ("{S} [has|have] <3-7> pockets and one zip", "<3-7> pockets"),
    "backpack": ("{S} [holds|hold] <14-32> litres", "<14-32> litres"),
    "suitcase": ("{S} [holds|hold] <34-90> litres", "<34-90> litres"),
    "sunglasses": ("The lenses block <98-100>% of ultraviolet light", "UV <380/400> lenses"),
    "wristwatch": ("Keeps time to <2-9> seconds a month", "Water resistant to <50/100/200> metres"),
}
UNFIT_TOPICS: dict[str, frozenset[str]] = {
    "television": frozenset({"battery", "weight", "port"}),
    "game controller": frozenset({"weight"}),
    "camera": frozenset({"port"}),
    "armchair": frozenset({"height"}),
    "sofa": frozenset({"height"}),
    "clock": frozenset({"light"}),
    "candle": frozenset({"height", "light", "warranty", "parts"}),
    "mug": frozenset({"height"}),
    "kettle": frozenset({"height", "light"}),
    "potted plant": frozenset({"light", "origin", "warranty", "parts"}),
    "frying pan": frozenset({"height", "light"}),
    "scarf": frozenset({"size", "weight"}),
    "cap": frozenset({"size", "weight"}),
    "jeans": frozenset({"weight"}),
    "jacket": frozenset({"cloth"}),
    "handbag": frozenset({"metal"}),
    "backpack": frozenset({"metal"}),
    "suitcase": frozenset({"weight"}),
    "sunglasses": frozenset({"seams"}),
    "wristwatch": frozenset({"seams", "opening", "metal"}),
    "umbrella": frozenset({"seams"}),
    "football": frozenset({"weight", "load", "metal"}),
    "tennis racket": frozenset({"weight", "load"}),
    "bicycle": frozenset({"weight"}),
    "dumbbell": frozenset({"weight", "load", "metal"}),
    "tent": frozenset({"weight", "load"}),
    "skateboard": frozenset({"weight", "metal"}),
    "teddy bear": frozenset({"battery"}),
    "sandal": frozenset({"weight"}),
    "high heel": frozenset({"weight", "distance", "sole"}),
    "lipstick": frozenset({"volume"}),
    "juice": frozenset({"time"}),
    "ice cream": frozenset({"time"}),
    "coffee": frozenset({"weight"}),
}
UNFIT_OF_CATEGORY: dict[str, frozenset[str]] = {"food": frozenset({"return", "delivery"})}


def unfit_topics(kind: str, category: str) -> frozenset[str]:
    """The topics on which the facts of its category do not fit a kind."""
    return UNFIT_TOPICS.get(kind, frozenset()) | UNFIT_OF_CATEGORY.get(category, frozenset())
