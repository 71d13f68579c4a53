"""The one text of an ad that the two-tower student reads."""

from __future__ import annotations

from adlab.features.query_ad_tokens import QueryAd


def student_copy(ad: QueryAd) -> str:
    """The title; where there is none, the description, the brand or the seller, the first there is; "" without any.

    The title alone, because text encoders blur with length: what a description adds would cost words of the title.
    """
    return ad.title or ad.description or ad.brand or ad.seller
