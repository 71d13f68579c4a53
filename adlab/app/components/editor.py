"""The form: a picture, its copy, one button. What is typed is kept across pages, and a bad file loses nothing."""

from __future__ import annotations

import base64
from html import escape

import streamlit as st

from adlab.app import caching, scoring, state
from adlab.app.components.text import plain, shortened
from adlab.app.state import Picture
from adlab.app.wording import COPY_NAMES
from adlab.data.image_intake import FORMAT_WORDS

MAX_CHARACTERS = 2000
PLACEHOLDERS = {
    "title": "The headline",
    "description": "The text below it",
    "query": "What the viewer searched for",
    "brand": "Brand the ad names",
    "seller": "Who sells",
    "category": "Product category",
}


@st.fragment
def show() -> None:
    """Draw the form; typing reruns only the form, the button the whole page."""
    with st.container(key="score.form", border=True):
        st.subheader("Score your own ad", anchor="your-ad")
        left, right = st.columns([5, 7], gap="large")
        with left:
            refused = _picture()
        with right:
            _text("title")
            st.text_area(
                COPY_NAMES["description"],
                key="score.description",
                height=104,
                max_chars=MAX_CHARACTERS,
                placeholder=PLACEHOLDERS["description"],
                persist_state="session",
            )
            with st.expander("Query, brand, seller, category"):
                st.caption(
                    "Agreement reads title and description only. Query relevance also reads query, seller and brand."
                )
                for name in ("query", "brand", "seller", "category"):
                    _text(name)
            if st.button(
                "Score this ad",
                key="score.submit",
                type="primary",
                on_click=scoring.score_form,
                args=(state.upload_key(),),
                disabled=bool(refused),
                width="stretch",
            ):
                st.rerun(scope="app")
            if refused:
                st.caption(plain(refused))


def _text(name: str) -> None:
    st.text_input(
        COPY_NAMES[name],
        key=f"score.{name}",
        max_chars=MAX_CHARACTERS,
        placeholder=PLACEHOLDERS[name],
        persist_state="session",
    )


def _picture() -> str:
    """Draw the upload field and the picture in the form; returns why nothing can be scored now, or nothing."""
    key = state.upload_key()
    # No list of extensions: the content decides what a file is, and the refusal below says more than a browser's.
    label = f"Picture ({FORMAT_WORDS})"
    upload = st.file_uploader(label, key=key, on_change=scoring.picture_removed, args=(key,))
    refusal = ""
    if upload is not None:
        with st.spinner("Checking the picture"):
            refusal = scoring.take_upload(upload.file_id, upload.getvalue(), upload.name)
    picture = state.draft().picture
    if refusal:
        st.error(plain(refusal), icon=":material/broken_image:")
        st.button(_without_it(picture), key="score.drop-upload", icon=":material/undo:", on_click=state.drop_upload)
    if picture is None:
        st.caption("No picture yet. Text alone can be sent, but picture and copy cannot be compared then.")
    else:
        _thumbnail(picture, "Still in the form: " if refusal else "In the form: ")
    if upload is None or not refusal:
        return ""
    return f"{shortened(upload.name)} was refused and cannot be scored. Choose another picture, or go on without it."


def _without_it(picture: Picture | None) -> str:
    """What going on without a refused file means."""
    return f"Go on with {plain(shortened(picture.name))}" if picture else "Go on without a picture"


def _thumbnail(picture: Picture, lead: str) -> None:
    preview = caching.preview(picture)
    data = base64.b64encode(caching.thumbnail(picture)).decode("ascii")
    notes = "".join(f"<br>{escape(note)}" for note in preview.notes)
    st.html(
        f'<div class="ad ad-draft"><img alt="" src="data:image/jpeg;base64,{data}"><p class="ad-quiet">'
        f"{lead}{escape(picture.name)}<br>{preview.width} × {preview.height} pixels, {preview.kind}{notes}</p></div>"
    )
