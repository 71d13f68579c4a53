"""Words of a query and an ad, each in the colour of what it does to the grade; hovering gives the number."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import pandas as pd

from adlab.app import pair_words
from adlab.app.head_words import GRADES
from adlab.app.wording import COPY_NAMES
from adlab.explain import heat

if TYPE_CHECKING:
    from adlab.explain.pair_explanation import PairExplanation, Word

SHOWN_CUT = 12  # words cut off at the end of a field that are shown; copy of hundreds of words would be a wall of them
STRONGEST = 62  # percent of the colour behind the strongest word: the word stays readable on light and on dark
STYLE = (
    "<style>.ad-words{display:grid;grid-template-columns:minmax(0,1fr);gap:.7rem}"
    "dl.ad-words{margin:0!important;padding:0!important}"
    ".ad-words dt{font-size:.8rem;color:var(--ad-quiet);font-weight:600}"
    ".ad-words dd{line-height:2.05;font-size:1.02rem}"
    ".ad-words span{border-radius:.3rem;padding:.1rem .28rem;margin:0 .05rem;overflow-wrap:anywhere;"
    "-webkit-box-decoration-break:clone;box-decoration-break:clone}"
    ".ad-words .cut{color:var(--ad-quiet);text-decoration:line-through;text-decoration-thickness:1px}"
    ".ad-words sup{font-size:.6rem;line-height:0;margin-left:.1rem}</style>"
)


def draw(found: PairExplanation) -> str:
    """HTML of all fields that were read; the strongest word of either sign carries ▲ or ▼."""
    scale = max((abs(word.weight) for word in found.words), default=0.0) or 1.0
    marked = {sign: found.strongest(sign, 1) for sign in (1, -1)}
    fields = dict.fromkeys(word.field for word in found.words)
    rows = []
    for name in fields:
        own = [word for word in found.words if word.field == name]
        shown, hidden = _shown(own)
        words = " ".join(_word(word, found, scale, marked) for word in shown)
        rest = f' <i class="ad-quiet">… and {hidden:,} more words, not read</i>' if hidden else ""
        rows.append(f"<div><dt>{COPY_NAMES[name]}</dt><dd>{words}{rest}</dd></div>")
    return f'{STYLE}<dl class="ad ad-words">{"".join(rows)}</dl>{_legend(found)}'


def table(found: PairExplanation) -> pd.DataFrame:
    """One row a word."""
    return pd.DataFrame(
        {
            "field": [COPY_NAMES[word.field] for word in found.words],
            "word": [word.text for word in found.words],
            "weight": [word.weight if word.read else None for word in found.words],
            "tokens": [len(word.places) for word in found.words],
        }
    )


def _shown(words: list[Word]) -> tuple[list[Word], int]:
    """The words of a field to draw, and how many at its end are left out because none of them was read."""
    read = max((place for place, word in enumerate(words, 1) if word.read), default=0)
    kept = min(len(words), read + SHOWN_CUT)
    return words[:kept], len(words) - kept


def _word(word: Word, found: PairExplanation, scale: float, marked: dict[int, tuple[Word, ...]]) -> str:
    tip = escape(pair_words.word_tip(word, found.grade))
    if not word.read:
        return f'<span class="cut" title="{tip}">{escape(word.text)}</span>'
    colour = _colour(heat.RAISES if word.weight >= 0 else heat.LOWERS)
    percent = STRONGEST * abs(word.weight) / scale
    back = f"background:color-mix(in srgb,{colour} {percent:.0f}%,transparent)"
    mark = "▲" if word in marked[1] else "▼" if word in marked[-1] else ""
    sign = f"<sup>{mark}</sup>" if mark else ""
    return f'<span style="{back}" title="{tip}">{escape(word.text)}{sign}</span>'


def _legend(found: PairExplanation) -> str:
    name, items = GRADES[found.grade], []
    for mark, verb, end in (("▲", "raises", heat.RAISES), ("▼", "lowers", heat.LOWERS)):
        colour = f"color-mix(in srgb,{_colour(end)} {STRONGEST}%,transparent)"
        items.append(f'<span style="background:{colour}">{mark} {verb} {name}</span>')
    cut = " <span class='cut'>cut off</span>" if any(not word.read for word in found.words) else ""
    return f'<p class="ad ad-words" style="display:block;margin-top:.7rem;font-size:.875rem">{" ".join(items)}{cut}</p>'


def _colour(end: tuple[float, float, float]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*map(int, heat.ramp(end)[-1]))
