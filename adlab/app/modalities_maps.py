"""What the relevance of one ad rests on in each mode: words and regions, made when a visitor asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from adlab.app import caching, preload
from adlab.app.state import Ad
from adlab.data.modalities import Mode

if TYPE_CHECKING:
    from adlab.data.image_intake import AdImage
    from adlab.explain.pair_explanation import PairExplanation
    from adlab.inference.relevance import RelevanceHead

ASKED = "modalities.maps"
MAX_ADS = 32


class Maps(NamedTuple):
    """What each reading rests on.

    Attributes:
        picture: Of the ad, or None.
        explanations: By mode, as far as the ad has what the mode reads; all of the same grade.
        head: What is explained.
    """

    picture: AdImage | None
    explanations: dict[Mode, PairExplanation]
    head: RelevanceHead


def ask(ad: Ad) -> None:
    """Show the maps of this ad from now on; call in a callback."""
    st.session_state[ASKED] = ad.key


def asked(ad: Ad) -> bool:
    """Whether the visitor has asked for the maps of this very ad."""
    return st.session_state.get(ASKED) == ad.key


def maps(ad: Ad) -> Maps:
    """Explain the grade that is likeliest by all that the ad has, in every mode that can read it.

    Raises:
        AdlabError: The ad cannot be read.
    """
    head = preload.start().result().relevance
    assert head is not None  # asked for only where it ships
    return _maps(ad.key, head.manifest.weights_sha256, ad, head)


@st.cache_resource(max_entries=MAX_ADS, show_spinner=False)  # read only, so that visitors may share it
def _maps(key: str, sha256: str, _ad: Ad, _head: RelevanceHead) -> Maps:
    from adlab.explain.pair_explanation import explain_pair

    creative = caching.creative_of(_ad)
    whole, *parts = _head.modes(creative)
    first = explain_pair(_head, creative, whole)
    found = {Mode(whole.value): first}
    found |= {Mode(mode.value): explain_pair(_head, creative, mode, first.grade) for mode in parts}
    return Maps(creative.image, {mode: found[mode] for mode in Mode if mode in found}, _head)
