"""The chain from impression to click to conversion on the Score page: one picture, counts for N impressions, prices."""

from __future__ import annotations

from html import escape

import streamlit as st

from adlab.app import funnel_counts, funnel_words
from adlab.app.components import score_card
from adlab.app.funnel_counts import Range
from adlab.app.head_words import words_for
from adlab.data.assessment import HeadResult


def show(result: HeadResult, audience: str) -> None:
    """Draw the card with its two fields.

    Args:
        result: Of the head `funnel`.
        audience: Whom the numbers hold for, such as "For all viewers, at any time".
    """
    with st.container(key="score.funnel", border=True):
        st.html(head(result, audience))
        with st.container(horizontal=True, key="score.funnel-fields"):
            shown = st.number_input(
                "Impressions",
                min_value=100,
                max_value=100_000_000,
                value=funnel_counts.DEFAULT_IMPRESSIONS,
                step=1000,
                key="score.funnel-impressions",
            )
            price = st.number_input(
                "Price of a thousand impressions",
                min_value=0.0,
                value=None,
                placeholder="optional",
                key="score.funnel-price",
                help="In any currency. It gives the cost of a click and of a conversion.",
            )
        st.html(picture(result, int(shown), price or None))
        st.html(foot(result))
        with st.expander("Where this number comes from", icon=":material/fingerprint:"):
            st.html(score_card.evidence(result))


def head(result: HeadResult, audience: str) -> str:
    """HTML of the heading: what it asks, whose answer it is, for whom."""
    words = words_for(result.head)
    return (
        f'<div class="ad"><div class="ad-head"><h2>{funnel_words.TITLE}</h2>{score_card.badge(result.provenance)}</div>'
        f'<p class="ad-quiet">{words.question}</p><p class="ad-whom">{escape(audience)}</p></div>'
    )


def picture(result: HeadResult, impressions: int, price: float | None = None) -> str:
    """HTML of the chain; with a price of a thousand impressions also what a click and a conversion cost."""
    clicks, conversions = (funnel_counts.count(result, step, impressions) for step in ("pctr", "pctcvr"))
    said = funnel_words.sentence(impressions, clicks, conversions)
    steps = (
        _stage("Impressions", f"{impressions:,}", "", None, impressions, _total(price, impressions)),
        _arrow("are clicked", "pCTR", funnel_counts.rate(result, "pctr")),
        _stage("Clicks", *_words(clicks), clicks, impressions, _cost(result, "pctr", price)),
        _arrow("of these convert", "pCVR", funnel_counts.rate(result, "pcvr")),
        _stage("Conversions", *_words(conversions), conversions, impressions, _cost(result, "pctcvr", price)),
    )
    cost = f" {funnel_words.COST}" if price is not None else ""
    whole = funnel_words.rate_words(funnel_counts.rate(result, "pctcvr"))
    return (
        f'<div class="ad ad-chain-room"><div class="ad-chain" role="img" aria-label="{escape(said)}">'
        f"{''.join(steps)}</div>"
        f"<p><strong>pCTCVR {whole}</strong> of all impressions are clicked and convert: pCTR × pCVR. "
        f'<span class="ad-quiet">Ranges hold in {100 * result.interval.level:g} of 100 cases; bars are on a '
        f"logarithmic scale. {funnel_words.INCLUDED}{cost}</span></p></div>"
    )


def foot(result: HeadResult) -> str:
    """HTML of what stands beneath: the meaning, the rank, what the numbers are not, and how other cards differ."""
    words = words_for(result.head)
    nots = "".join(f"<li>{line}</li>" for line in funnel_words.not_this(result.provenance.data_kind))
    return (
        f'<div class="ad"><p class="ad-meaning">{escape(words.meaning(result))}</p>'
        f"{score_card.ranks(result.percentiles)}"
        '<div class="ad-section"><h3>Beside the other cards</h3>'
        f'<p class="ad-quiet">{funnel_words.OTHER_CARDS}</p></div>'
        f'<div class="ad-section"><h3>What this score is not</h3><ul class="ad-not">{nots}</ul></div></div>'
    )


def _stage(name: str, value: str, between: str, band: Range | None, impressions: int, cost: str) -> str:
    """One step: its count, the range, the bar, and what one of them costs."""
    own = band or Range(impressions, 1, impressions)
    mark, low, high = (funnel_counts.place(number, impressions) for number in own)
    bar = (
        f'<span class="ad-bar"><span class="track"></span><span class="band" style="left:{low:.1f}%;'
        f'width:{max(high - low, 0.5):.1f}%"></span><span class="mark" style="left:{mark:.1f}%"></span></span>'
    )
    price = f'<span class="ad-quiet cost">{cost}</span>' if cost else ""
    return (
        f'<div class="stage"><span class="ad-eyebrow">{name}</span><b>{value}</b>'
        f'<span class="ad-quiet">{between or "as many as you say"}</span>{bar}{price}</div>'
    )


def _arrow(words: str, short: str, found: Range) -> str:
    return (
        f'<div class="arrow"><i aria-hidden="true"></i><span><b>{funnel_words.rate_words(found)}</b>'
        f'<span class="ad-quiet">{short}: {words}</span></span></div>'
    )


def _words(found: Range) -> tuple[str, str]:
    return f"≈ {funnel_words.count_words(found.value)}", f"range {funnel_words.range_words(found)}"


def _cost(result: HeadResult, step: str, price: float | None) -> str:
    if price is None:
        return ""
    return f"each {funnel_words.price_words(funnel_counts.cost(result, step, price))}"


def _total(price: float | None, impressions: int) -> str:
    return "" if price is None else f"together {price * impressions / 1000:,.2f}"
