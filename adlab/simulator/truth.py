"""Why an ad is clicked and converts, exactly: each factor's share of the log-odds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from scipy.special import expit

from adlab.data.creative import Context
from adlab.simulator.ad import AdPlan
from adlab.simulator.coefficients import GROUP_OF, GROUPS, Group, Outcome
from adlab.simulator.contexts import context_table
from adlab.simulator.factors import Factors
from adlab.simulator.population import factor_table
from adlab.simulator.response import ResponseModel


@dataclass(frozen=True, kw_only=True)
class OutcomeTruth:
    """How one outcome comes about.

    Attributes:
        intercept: Log-odds of the average ad in the average context.
        shares: What each factor adds, in log-odds, by the names of the table of coefficients.
    """

    intercept: float
    shares: dict[str, float]

    @property
    def log_odds(self) -> float:
        """The intercept and all shares."""
        return self.intercept + sum(self.shares.values())

    @property
    def probability(self) -> float:
        """Probability at these log-odds, 0–1."""
        return float(expit(self.log_odds))

    @property
    def groups(self) -> dict[Group, float]:
        """The shares summed by who carries the factor."""
        return {g: sum(share for name, share in self.shares.items() if GROUP_OF[name] == g) for g in GROUPS}


@dataclass(frozen=True, kw_only=True)
class Truth:
    """The true response of an ad in a context, and why.

    Attributes:
        click: The click.
        convert: The conversion, given a click.
    """

    click: OutcomeTruth
    convert: OutcomeTruth


def explain_truth(ad: AdPlan | Factors, context: Context | None = None, *, model: ResponseModel | None = None) -> Truth:
    """Each factor's exact share in the log-odds of a click and of a conversion.

    A share is relative to the population's average ad and context. What is not known of the context is averaged over
    the context distribution: its share is then exactly 0, because every context effect and every interaction is
    centred. It is the log-odds that are averaged; the probability at them is a little below the average probability,
    which `ResponseModel.average` gives.

    Args:
        ad: The ad, or its causes.
        context: Who sees it, when and where; any field may be unknown.
        model: The response; the table of coefficients as it stands, if not given.

    Raises:
        InputError: The context has a position that the simulated world does not have.
    """
    response = model or standard_response()
    factors = factor_table([ad.factors if isinstance(ad, AdPlan) else ad])
    contexts = context_table([context or Context()])

    def of(outcome: Outcome) -> OutcomeTruth:
        parts = response.contributions(factors, contexts, outcome)
        return OutcomeTruth(
            intercept=response.intercepts[outcome], shares={name: float(part[0]) for name, part in parts.items()}
        )

    return Truth(click=of("click"), convert=of("convert"))


@cache
def standard_response() -> ResponseModel:
    """The response with the table of coefficients as it stands, made once."""
    return ResponseModel()
