"""All words of the Simulator page about causes, groups and probabilities."""

from __future__ import annotations

from adlab.app.context_words import FIELD_NAMES
from adlab.simulator.coefficients import Group, Outcome

BADGE = "Planted simulation: no real people took part"
OUTCOME_NAMES: dict[Outcome, str] = {"click": "Click", "convert": "Conversion, given a click"}
RATE_NAMES = {
    "ctr": ("CTR", "probability of a click"),
    "cvr": ("CVR", "of a conversion, given a click"),
    "ctcvr": ("CTCVR", "of a click that converts"),
}
GROUP_NAMES: dict[Group, str] = {
    "shared": "Picture and copy together",
    "image": "The picture alone",
    "text": "The copy alone",
    "context": "Context",
    "interaction": "Picture with context",
}
CAUSE_NAMES = {
    "agreement": "Image–copy agreement",
    "appeal": "Product appeal",
    "contrast": "Contrast of the words",
    "clutter": "Clutter",
    "cta": "Button visibility",
    "background": "Background colour",
    "text_position": "Text position",
    "participation": "Asks to take part",
    "urgency": "Urgency",
    "length": "Length of the copy",
    "specificity": "Facts to check",
    **FIELD_NAMES,
    "background_season": "Background colour × season",
    "text_position_age": "Text position × age",
}
AGREEMENTS = {0.0: "another product", 0.4: "another colour", 0.8: "silent on colour", 1.0: "all as shown"}
SHOWN, SILENT = "as shown", "not named"
URGENCY_WORDS = {0.0: "none", 0.25: "a little", 0.5: "some", 0.75: "strong", 1.0: "strongest"}


def value_words(name: str, value: object) -> str:
    """A value of an ad's cause, as people read it."""
    if name == "agreement":
        return AGREEMENTS[float(str(value))]
    if name == "participation":
        return "yes" if value else "no"
    if name == "cta" and value == 0:
        return "no button"
    if name == "length":
        return f"{value} words"
    return f"{value:.2f}" if isinstance(value, float) else str(value)


def fact_words(specificity: float, sentences: int) -> str:
    """Specificity as sentences, such as "2 of 5 sentences"."""
    return f"{round(specificity * sentences)} of {sentences} sentence{'' if sentences == 1 else 's'}"


def percent(rate: float) -> str:
    """A probability in percent with three significant digits."""
    value = 100 * rate
    digits = 1 if value >= 10 else 2 if value >= 1 else 3
    return f"{value:.{digits}f} %"


def signed(value: float, digits: int = 2) -> str:
    """A number with its sign; what rounds to nothing has none."""
    text = f"{abs(value):.{digits}f}"
    if not float(text):
        return text
    return f"{'+' if value > 0 else '−'}{text}"
