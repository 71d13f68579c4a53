"""Why the ad is clicked or converts: each factor's exact share of the log-odds, as signed bars and as a table."""

from __future__ import annotations

from html import escape
from math import exp

import streamlit as st

from adlab.app import simulator, simulator_curves, simulator_exports
from adlab.app.simulator import Rates
from adlab.app.simulator_state import OUTCOME
from adlab.app.simulator_words import BADGE, CAUSE_NAMES, GROUP_NAMES, OUTCOME_NAMES, percent, signed
from adlab.data.creative import Context
from adlab.simulator.ad import AdPlan
from adlab.simulator.coefficients import GROUP_OF, OUTCOMES, Outcome
from adlab.simulator.truth import OutcomeTruth

LEAST_SCALE = 0.6  # log-odds from the middle to the end, so that small shares look small


def outcome() -> Outcome:
    """The outcome that is looked at."""
    chosen = st.session_state.get(OUTCOME)
    return next((name for name in OUTCOMES if name == chosen), OUTCOMES[0])


def show(plan: AdPlan, context: Context, rates: Rates) -> None:
    """Draw the chart, and its table folded."""
    st.segmented_control(
        "What the bars and curves below explain",
        OUTCOMES,
        default=OUTCOMES[0],
        required=True,
        format_func=OUTCOME_NAMES.__getitem__,
        key=OUTCOME,
        persist_state="session",
    )
    name = outcome()
    exact = simulator.truth(plan, context)
    of_outcome, rate = (exact.click, rates.ctr) if name == "click" else (exact.convert, rates.cvr)
    st.html(chart(of_outcome, name, rate, plan, context))
    with st.expander("The shares as a table", icon=":material/table_rows:"):
        table = simulator_exports.share_table(plan, context)
        st.dataframe(table.round(4), hide_index=True, key="simulator.shares-table")
        st.download_button(
            "CSV",
            lambda: simulator_exports.csv_of(table),
            file_name=f"{plan.ad_id}-shares.csv",
            mime="text/csv",
            key="simulator.shares-csv",
            icon=":material/download:",
            on_click="ignore",
        )


def chart(truth: OutcomeTruth, name: Outcome, rate: float, plan: AdPlan, context: Context) -> str:
    """HTML of the bars, by group, in the order of the table of coefficients."""
    scale = max(LEAST_SCALE, *(abs(share) for share in truth.shares.values()))
    sections = []
    for group, total in truth.groups.items():
        factors = [factor for factor, of in GROUP_OF.items() if of == group and _matters(factor, context)]
        if not factors:
            continue
        rows = "".join(_row(factor, truth.shares[factor], scale, plan, context) for factor in factors)
        head = f'<h3>{GROUP_NAMES[group]} <span class="ad-quiet">{signed(total)}</span></h3>'
        sections.append(f'<div class="ad-section">{head}{rows}</div>')
    if not context.known:
        note = "The context is unknown: it is averaged over, and every share of it is exactly 0."
        sections.append(f'<div class="ad-section"><p class="ad-quiet">{note}</p></div>')
    return (
        f'<section class="ad ad-card"><div class="ad-head"><h2>Why: {OUTCOME_NAMES[name].lower()}</h2>'
        f'<span class="ad-badge sim">{BADGE}</span></div>'
        '<p class="ad-quiet">Each factor’s exact share of the log-odds, against the average ad in the average context.'
        f"</p>{''.join(sections)}<div class='ad-section'>{_sum(truth, rate, context)}</div></section>"
    )


def _matters(factor: str, context: Context) -> bool:
    needed = {"background_season": "month", "text_position_age": "age_band"}.get(factor, factor)
    return needed not in simulator_curves.CONTEXT_LEVELS or needed in context.known


def _row(factor: str, share: float, scale: float, plan: AdPlan, context: Context) -> str:
    value = simulator_exports.value_of(factor, plan.factors, context)
    width = 50 * abs(share) / scale
    side, start = ("up", 50.0) if share >= 0 else ("down", 50 - width)
    alt = f"{CAUSE_NAMES[factor]}, {value}: {signed(share)} log-odds"
    return (
        f'<div class="ad-row"><div>{CAUSE_NAMES[factor]} <span class="ad-quiet">{escape(value)}</span></div>'
        f'<div class="ad-signed" role="img" aria-label="{escape(alt)}" title="odds × {exp(share):.2f}">'
        f'<i class="{side}" style="left:{start:.2f}%;width:{width:.2f}%"></i></div>'
        f'<div class="value">{signed(share)}</div></div>'
    )


def _sum(truth: OutcomeTruth, rate: float, context: Context) -> str:
    shares = sum(truth.shares.values())
    words = (
        f"Average {signed(truth.intercept)}, all shares {signed(shares)}: log-odds of {signed(truth.log_odds)}, "
        f"which is a probability of <strong>{percent(truth.probability)}</strong>."
    )
    if len(context.known) < len(simulator_curves.CONTEXT_LEVELS):
        words += (
            " Averaged over the contexts that are left open, the probability itself is "
            f"<strong>{percent(rate)}</strong>: the log-odds of an average are not the average of the log-odds."
        )
    return f"<p>{words}</p>"
