"""Words that press, by the step of urgency: none, then a quarter, a half, three quarters and all of it.

They stand with the title, or with a sentence about the offer: "Last chance: made in Portugal" says nothing.
"""

from __future__ import annotations

# In front of a title.
TITLE_LEADS: tuple[tuple[str, ...], ...] = (
    (),
    ("This season:", "For now:", "This month:", "New arrival:"),
    ("This week:", "While stocks last:", "Limited run:", "Going fast:"),
    ("Today:", "Today only:", "Ends soon:", "Selling out:", "Nearly gone:"),
    ("Hurry:", "Last chance:", "Final hours:", "Ends tonight:", "Don't miss out:"),
)
# Behind a title.
TITLE_TAILS: tuple[tuple[str, ...], ...] = (
    (),
    (", this season", ", for a short while", ", this month"),
    (", this week only", ", while stocks last", ", going fast"),
    (", today only", ", nearly sold out", ", offer ends soon"),
    (", last chance", ", ends at midnight", ", gone by tomorrow", ", hurry"),
)
# In front of a sentence about the offer.
LEADS: tuple[tuple[str, ...], ...] = (
    (),
    ("This season:", "For now:", "This month:"),
    ("This week:", "This week only:", "While stocks last:"),
    ("Today:", "Today only:", "Offer ends soon:"),
    ("Hurry:", "Last chance:", "Final hours:", "Ends tonight:", "Don't miss out:"),
)
# Behind a sentence about the offer.
TAILS: tuple[tuple[str, ...], ...] = (
    (),
    (", this season", ", for a short while", ", this month"),
    (", this week only", ", while stocks last"),
    (", today only", ", but the offer ends soon"),
    (", but hurry", ", but the offer ends at midnight", ", and this is your last chance"),
)
# Sentences about the offer that state nothing one could check.
OFFERS: tuple[str, ...] = (
    "On offer at {V}",
    "Find [it|them] at {V}",
    "A special price at {V}",
    "{S} [is|are] on offer at {V}",
    "{V} has [it|them] at a special price",
    "The whole {B} range is on offer",
    "The whole {B} range is on offer at {V}",
    "Regulars of {V} get [it|them] at a special price",
    "{V} has put the whole {B} range on the offer shelf",
    "{S} [is|are] on offer at {V}, and so is the rest of the range",
)
