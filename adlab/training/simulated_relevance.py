"""Simulated ads as graded pairs: the simulator's query for each ad, its copy, and the grade of its rule."""

from __future__ import annotations

from collections.abc import Sequence

from adlab.data.relevance import RelevancePair, RelevanceSet
from adlab.data.relevance_sources import labels_of
from adlab.simulator.ad import AdPlan

SOURCE = "simulated"


def simulated_relevance(plans: Sequence[AdPlan]) -> RelevanceSet:
    """The pairs of simulated ads; labels are rule-made, the picture's key is the ad's name and has no file.

    Args:
        plans: The ads; draw their pictures with `adlab.simulator.render.draw`.
    """
    return RelevanceSet(tuple(_pair(plan) for plan in plans))


def _pair(plan: AdPlan) -> RelevancePair:
    return RelevancePair(
        query=plan.query,
        title=plan.title,
        seller=plan.seller,
        brand=plan.brand,
        description=plan.description,
        image=f"{SOURCE}:{plan.ad_id}",
        grade=plan.relevance.grade,
        labels=labels_of(SOURCE),
        source=SOURCE,
        product=plan.ad_id,
        only_in_image=plan.relevance.only_in_image,
    )
