"""Words and regions behind the relevance of one ad, the modes side by side."""

from __future__ import annotations

import streamlit as st

from adlab.app import modalities_maps, pair_words
from adlab.app.components import region_maps, word_weights
from adlab.app.components.text import plain
from adlab.app.head_words import GRADES
from adlab.app.modalities_words import NAMES
from adlab.app.state import Ad
from adlab.errors import AdlabError


def show(ad: Ad) -> None:
    """Offer the maps; draw them once they were asked for."""
    st.subheader("What each reading rests on", anchor=False)
    if not modalities_maps.asked(ad):
        st.markdown("Words and parts of the picture that raise or lower the query relevance, reading by reading.")
        st.button(
            "Show words and regions",
            key="modalities.show-maps",
            icon=":material/layers:",
            on_click=modalities_maps.ask,
            args=(ad,),
        )
        return
    try:
        with st.spinner("Drawing the maps"):
            found = modalities_maps.maps(ad)
    except AdlabError as error:
        st.error(plain(str(error)), icon=":material/report:")
        return
    from adlab.explain.region_map import region_map  # imports torch, which by now the models have brought along

    for column, (mode, explained) in zip(
        st.columns(len(found.explanations), gap="medium"), found.explanations.items(), strict=True
    ):
        with column:
            st.markdown(f"**{NAMES[mode]}**")
            if found.picture is not None and explained.cells is not None:
                drawn = region_map(found.head, found.picture, explained.cells, mode.value)
                caption = f"For and against {GRADES[explained.grade]}"
                st.html(region_maps.figure(found.picture.pixels, drawn, caption))
            st.html(word_weights.draw(explained))
    grade = GRADES[next(iter(found.explanations.values())).grade]
    st.caption(
        f"All of {grade}, the likeliest grade by everything the ad has. "
        f"{pair_words.region_note(found.head.settings)} Each map's full colour is its own largest value."
    )
