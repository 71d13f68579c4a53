"""Whether a text looks English: a notice for users, not a language identification."""

from __future__ import annotations

import re

# The most frequent function words of English; nearly every English sentence of five words holds one.
_ENGLISH = """
    the a an and or of to in on at for with from by is are was be it its this that your you our we my
    his her their as up out all no not more new now get off over into has have can will just only one
    two
"""
# Function words of other languages in Latin script that English copy hardly uses.
_FOREIGN = """
    der die das und ist nicht mit für ein eine einen auf von zu im den dem des sie wir ihr auch bei le
    la les des du et est une pour avec dans sur pas vous nous votre notre au aux ce cette el los las y
    es por con para una del su sus nuestro más como que en lo il di e per una con del della che non più
    nel alla o os as um uma não com na no do da dos das seu sua de het een en van voor met niet op zijn
"""
FUNCTION_WORDS = frozenset(_ENGLISH.split())
FOREIGN_WORDS = frozenset(_FOREIGN.split()) - frozenset({"no", "die", "as", "do", "per", "on", "in", "an", "a"})


def looks_english(text: str) -> bool:
    """Whether a text could be English copy.

    False where more than a third of the letters are outside the Latin script (brand names often stay Latin), or
    where at least two, and more than twice as many, of its words are function words of another language than of
    English. Short copy without any function word
    ("Nike Air Max 90") passes: a false notice on a product name would teach users to ignore it.
    """
    letters = [c for c in text if c.isalpha()]
    if letters and sum(c > "\u024f" for c in letters) > len(letters) / 3:
        return False
    words = re.findall(r"[^\W\d_]+", text.lower())
    english = sum(word in FUNCTION_WORDS for word in words)
    foreign = sum(word in FOREIGN_WORDS for word in words)
    return not (foreign >= 2 and foreign > 2 * english)
