"""The one text of an ad that is read as a whole, by the two-tower student and for AdsCVLR's likeness."""

from __future__ import annotations

from adlab.features.query_ad_tokens import QueryAd


def whole_copy(ad: QueryAd) -> str:
    """The title; where there is none, the description, the brand or the seller, the first there is; "" without any.

    The title alone, because text encoders blur with length: what a description adds would cost words of the title.
    """
    return ad.title or ad.description or ad.brand or ad.seller
