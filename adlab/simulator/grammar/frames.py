"""Sentences that state nothing one could check: what a product is like, whom it suits, what it goes with.

`{S}` is the product as subject, `{Q}` a word of quality, `{A}` one behind its article, `{B}` the brand, `{V}` the
shop, `{C}` the colour, `{D}` another product in some colour; `[is|are]` follows the number of the product.
"""

from __future__ import annotations

QUALITY: tuple[str, ...] = (
    "{S} [is|are] {Q}",
    "{S} [feels|feel] {Q} from the first day",
    "{S} [looks|look] {Q} in any light",
    "Most people would call [it|them] {Q}",
    "{A} choice",
    "{A} choice, and it shows",
    "One word comes to mind: {Q}",
    "{B} has made something {Q} here",
    "You will find [it|them] {Q}",
    "{S} [is|are] {Q}, inside and out",
    "{S} [is|are] {Q} to look at and {Q} to use",
    "If one word had to do, it would be {Q}",
)
PAIRING: tuple[str, ...] = (
    "Goes with your {D}",
    "Pairs nicely with your {D}",
    "{S} [goes|go] with your {D}",
    "Lovely next to our {D}",
    "{S} [sits|sit] well beside the {D}",
    "If you liked our {D}, you will like [this|these]",
    "A fine gift together with our {D}",
    "Looks at home beside your {D}",
    "Not to be confused with our {D}",
    "Fans of our {D} will like [it|them]",
    "Less fuss than your old {D}",
)
BRAND: tuple[str, ...] = (
    "From the people at {B}",
    "Designed by {B}",
    "{B} drew it up, {V} brings it to you",
    "Sold by {V}",
    "Found at {V}",
    "{S} [is|are] the latest from {B}",
    "{V} stocks the whole {B} range",
    "{B} keeps things honest",
    "{V} packs every {B} order with care",
)
BENEFIT_ANY: tuple[str, ...] = (
    "Made for real life",
    "{S} [fits|fit] into any day",
    "You will wonder how you managed without [it|them]",
    "A small change that makes mornings easier",
    "{S} [makes|make] a thoughtful present",
    "Nothing you do not need",
    "{S} [does|do] the job without asking for attention",
    "Once you have [it|them], you keep [it|them]",
    "Kind to your wallet and to the planet",
    "{S} [suits|suit] beginners and old hands alike",
)
BENEFIT: dict[str, tuple[str, ...]] = {
    "shoes": (
        "{S} [keeps|keep] you on your feet from morning to night",
        "Walk further",
        "Soft underfoot on any street",
        "Every step feels lighter",
        "{S} [takes|take] you from the office to the park",
        "Your feet will thank you",
    ),
    "clothing": (
        "{S} [falls|fall] just right",
        "Easy to wear",
        "{S} [moves|move] with you all day",
        "Dress up or dress down as you like",
        "Soft on the skin and easy to care for",
        "A wardrobe favourite for every season",
    ),
    "accessories": (
        "{S} [keeps|keep] up wherever you travel",
        "The finishing touch",
        "Made to be seen with",
        "{S} [finishes|finish] an outfit in a second",
        "From city streets to faraway beaches",
        "Small details make the difference",
    ),
    "electronics": (
        "Set up in moments",
        "{S} [works|work] straight out of the box",
        "Clear, quick and quiet",
        "Everything you love, a touch away",
        "{S} [keeps|keep] pace with the way you live",
        "Technology that stays out of your way",
    ),
    "home": (
        "{S} [turns|turn] a house into a home",
        "Warm and welcoming",
        "{S} [brings|bring] a little calm to any room",
        "Your living room will thank you",
        "Easy to place and easy to love",
        "Good company on quiet evenings",
    ),
    "beauty": (
        "{S} [leaves|leave] you feeling like yourself",
        "Gentle on you",
        "A quiet moment at the start of the day",
        "{S} [wears|wear] softly from day into evening",
        "Your bathroom shelf has been waiting",
        "A little goes a long way",
    ),
    "food": (
        "{S} [tastes|taste] like the weekend",
        "Tastes like home",
        "Made fresh with plenty of love",
        "{S} [disappears|disappear] faster than you would think",
        "Good food in good company",
        "For big appetites and small treats",
    ),
    "sport": (
        "{S} [gets|get] you outdoors",
        "Ready when you are",
        "Train hard or take it easy",
        "{S} [turns|turn] a free afternoon into an adventure",
        "For quiet trails and busy parks",
        "Fresh air included",
    ),
    "toys": (
        "{S} [becomes|become] a friend for years",
        "Playtime, every time",
        "Small hands will love it",
        "{S} [sparks|spark] stories at bedtime and beyond",
        "For rainy afternoons and long car journeys",
        "Ready for any adventure",
    ),
}
COLOUR: tuple[str, ...] = (
    "In {C}",
    "Shown in {C}",
    "{S} [comes|come] in {C}",
    "The colour is {C}",
    "We chose {C} for [this one|these]",
    "This time the makers went for {C}",
    "{S} [is|are] {C} all over",
    "What you see is what you get: {C}",
)
# What may be put before or behind a sentence to reach a length, by its number of words.
LEADS: dict[int, tuple[str, ...]] = {
    1: ("Honestly,", "Naturally,", "Truly,", "Yes,"),
    2: ("Rest assured,", "Good news:", "What's more,", "Trust us,"),
    3: ("Best of all,", "For the record,", "Here's the thing:", "As you'd hope,"),
    4: ("In case you wondered,", "To put it simply,", "As many have noticed,"),
    5: ("And because it really matters,", "If you care to know,"),
}
TAILS: dict[int, tuple[str, ...]] = {
    1: (", naturally", ", truly", ", too"),
    2: (", of course", ", no doubt", ", after all"),
    3: (", without a doubt", ", rain or shine", ", as you'd expect"),
    4: (", all the year round", ", whatever anyone may say", ", as our regulars know"),
    5: (", whatever the day may bring", ", as every friend will notice"),
}
# How title and description press, by the step of urgency: none, then a quarter, a half, three quarters and all of it.
URGENT_LEADS: tuple[tuple[str, ...], ...] = (
    (),
    ("This season:", "For now:", "This month:", "New arrival:"),
    ("This week:", "While stocks last:", "Limited run:", "Going fast:"),
    ("Today:", "Today only:", "Ends soon:", "Selling out:", "Nearly gone:"),
    ("Hurry:", "Last chance:", "Final hours:", "Ends tonight:", "Don't miss out:"),
)
URGENT_TAILS: tuple[tuple[str, ...], ...] = (
    (),
    (", this season", ", for a short while", ", this month"),
    (", this week only", ", while stocks last", ", and going fast"),
    (", today only", ", nearly sold out", ", offer ends soon"),
    (", last chance", ", ends at midnight", ", gone by tomorrow", ", hurry"),
)
TITLE_TAILS: dict[str, tuple[str, ...]] = {
    "shoes": ("for the city", "all-day comfort", "for long walks", "made for walking", "from street to trail"),
    "clothing": ("for every day", "easy fit", "for cool evenings", "your new favourite", "soft and easy to wear"),
    "accessories": ("for travellers", "for every day", "made to travel", "for city and country", "the finishing touch"),
    "electronics": ("for home", "for work and play", "easy setup", "made for moving", "ready for use every day"),
    "home": ("for any room", "for cosy evenings", "made with care", "for your favourite corner"),
    "beauty": ("for every day", "gentle care", "for soft evenings", "for your morning routine"),
    "food": ("for sharing", "fresh daily", "the weekend treat", "for hungry people", "full of flavour"),
    "sport": ("for beginners", "for the weekend", "for parks and trails", "made for moving"),
    "toys": ("for kids", "gift idea", "for little explorers", "for endless play"),
}
TITLE_STARTS: tuple[str, ...] = (
    "our",
    "new",
    "original",
    "iconic",
    "classic",
)  # the first only where no brand precedes
TITLE_ENDS: dict[int, tuple[str, ...]] = {
    2: ("new collection", "signature edition", "holiday favourite", "gift idea"),
    3: ("new season range", "a reader favourite", "as seen outdoors"),
    4: ("from the new range", "the one to own", "a gift to remember"),
}
