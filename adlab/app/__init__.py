"""The Streamlit side: caching, session state, charts, components, wording."""
