"""The words in the picture on screen: read in a thread of their own while the page stands, once per picture."""

from __future__ import annotations

import threading
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor

import streamlit as st

from adlab.app import preload
from adlab.app.state import Ad, Picture
from adlab.data.creative import Creative, tidy
from adlab.data.image_intake import read_image
from adlab.errors import ImageError
from adlab.features.words_in_picture import Words, words_of_all

KEPT = 256


class Reader:
    """Reads one picture after the other; what was read lately is at hand."""

    def __init__(self) -> None:
        self._lock, self._known = threading.Lock(), OrderedDict[str, Future[Words]]()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="adlab-words")

    def read(self, picture: Picture) -> Future[Words]:
        """Begin to read a picture, or find the reading of an equal one."""
        with self._lock:
            future = self._known.get(picture.sha256)
            if future is None:
                future = self._known[picture.sha256] = self._pool.submit(_read, picture)
            self._known.move_to_end(picture.sha256)
            while len(self._known) > KEPT:
                self._known.popitem(last=False)
        return future


def _read(picture: Picture) -> Words:
    try:
        (words,) = words_of_all([Creative(image=read_image(picture.data, name=picture.name))])
    except ImageError as error:
        return Words(None, str(error))
    return words


@st.cache_resource(show_spinner=False)
def _reader() -> Reader:
    return Reader()


def heads_that_read() -> frozenset[str]:
    """The heads that read words; none while the models load, or where loading has failed."""
    future = preload.start()
    if not future.done() or future.exception() is not None:
        return frozenset()
    return future.result().reads_words


def reading(ad: Ad) -> Future[Words] | None:
    """The words in an ad's picture as OCR reads them, under way or done; None where no head asks for them."""
    return _reader().read(ad.picture) if ad.picture is not None and heads_that_read() else None


def known(ad: Ad) -> Words:
    """The words in an ad's picture, given or read, as every score takes them; waits while they are read."""
    if ad.ocr_text is not None:
        return Words(tidy(ad.ocr_text))
    future = reading(ad)
    return Words(None) if future is None else future.result()
