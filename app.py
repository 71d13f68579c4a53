"""The adlab app: page configuration and navigation, nothing else.

`streamlit run app.py` finds the server object below, so the models start to load before the first visitor comes.
Every visit then runs this file as a script.
"""

from __future__ import annotations

import streamlit as st

from adlab.app.server import BROWSER_COOKIE, preloading, routes

SIDEBAR_WIDTH = 216  # pixels

if __name__ == "__main__":
    from adlab.app.components.frame import ICON, draw_frame

    st.set_page_config(page_title="adlab", page_icon=ICON, layout="wide", initial_sidebar_state=SIDEBAR_WIDTH)
    page = st.navigation(
        [
            st.Page("pages/score.py", title="Score", icon=":material/speed:", url_path="score", default=True),
            st.Page("pages/explain.py", title="Explain", icon=":material/layers:", url_path="explain"),
            st.Page("pages/modalities.py", title="Modalities", icon=":material/burst_mode:", url_path="modalities"),
            st.Page("pages/insights.py", title="Insights", icon=":material/insights:", url_path="insights"),
            st.Page(
                "pages/latent_space.py", title="Latent space", icon=":material/scatter_plot:", url_path="latent_space"
            ),
            st.Page("pages/simulator.py", title="Simulator", icon=":material/tune:", url_path="simulator"),
            st.Page("pages/models.py", title="Models", icon=":material/deployed_code:", url_path="models"),
            st.Page("pages/history.py", title="History", icon=":material/history:", url_path="history"),
        ]
    )
    draw_frame()
    page.run()
else:
    app = st.App(__file__, lifespan=preloading, routes=routes(), middleware=[BROWSER_COOKIE])
