"""Everything that must outlive a page change, typed and in one place.

`Ad` is what is on screen and was scored; the draft is what the form holds. Widget keys are `page.widget`.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field

import streamlit as st

from adlab.app.audience import FIELDS
from adlab.app.server import COOKIE, MIN_ID_CHARACTERS
from adlab.data.creative import Context

COPY_FIELDS = ("title", "description", "query", "brand", "seller", "category")
AD, PICTURE, REFUSAL, UPLOADS = "score.ad", "score.picture", "score.refusal", "score.uploads"
WORDS, WORDS_READ = "score.ocr_text", "score.words-read"
SEEN, KEEP, SCROLL, SESSION = "score.seen-upload", "score.keep", "score.scroll", "app.session"
FILLED = "score.filled"  # texts that an example has put into the form
AUDIENCE, UNKNOWN = "score.audience-", ""


@dataclass(frozen=True)
class Picture:
    """A picture file as it was given.

    Attributes:
        data: Content of the file, undecoded.
        name: Its name, for messages only.
        sha256: Digest of the content.
    """

    data: bytes = field(repr=False)
    name: str
    sha256: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "sha256", hashlib.sha256(self.data).hexdigest())


@dataclass(frozen=True, kw_only=True)
class Ad:
    """An ad on the Score page.

    Attributes:
        picture: Its picture, or None.
        example: Name of the bundled example it is, unchanged; empty for the user's own.
        title: Headline.
        description: Body copy.
        query: What the viewer searched for.
        brand: Brand named by the ad.
        seller: Who sells.
        category: Product category.
        ocr_text: Words in the picture where the user has given them; None leaves them to OCR.
    """

    picture: Picture | None = None
    example: str = ""
    title: str = ""
    description: str = ""
    query: str = ""
    brand: str = ""
    seller: str = ""
    category: str = ""
    ocr_text: str | None = None

    @property
    def copy_fields(self) -> dict[str, str]:
        """The six texts by name."""
        return {name: getattr(self, name) for name in COPY_FIELDS}

    @property
    def given_words(self) -> dict[str, str]:
        """The words in the picture by name, where the user has given them."""
        return {} if self.ocr_text is None else {"ocr_text": self.ocr_text}

    @property
    def key(self) -> str:
        """Digest over the picture file and the texts; equal ads have equal keys."""
        digest = hashlib.sha256((self.picture.sha256 if self.picture else "-").encode())
        for text in (*self.copy_fields.values(), *self.given_words.values()):
            digest.update(b"\x00" + text.encode("utf-8", "replace"))
        return digest.hexdigest()

    @property
    def label(self) -> str:
        """What to call it in lists: its title, else its description, else its file's name."""
        text = self.title or self.description or (self.picture.name if self.picture else "")
        return " ".join(text.split())[:120] or "Untitled ad"


def shown_ad() -> Ad | None:
    """The ad on screen, or None before the first one was chosen."""
    ad: Ad | None = st.session_state.get(AD)
    return ad


def show(ad: Ad, *, keep: bool) -> None:
    """Put an ad on screen; with `keep`, its assessment is added to the history even if it was made before."""
    st.session_state[AD] = ad
    st.session_state[KEEP] = st.session_state[SCROLL] = keep


def take_keep() -> bool:
    """Whether the ad on screen was asked for since the last call."""
    return bool(st.session_state.pop(KEEP, False))


def take_scroll() -> bool:
    """Whether the page should show its top, once after each question."""
    return bool(st.session_state.pop(SCROLL, False))


def is_new_upload(file_id: str) -> bool:
    """Whether an upload was not met before; from now on it was."""
    new = st.session_state.get(SEEN) != file_id
    st.session_state[SEEN] = file_id
    return new


def refuse(reason: str) -> str:
    """Remember why the last upload is refused, empty if it is not; returns the reason."""
    st.session_state[REFUSAL] = reason
    return reason


def last_refusal() -> str:
    """Why the last upload was refused, or nothing."""
    return str(st.session_state.get(REFUSAL, ""))


def fill_form(ad: Ad) -> None:
    """Make the form hold this ad; call before the form's widgets are drawn, or in a callback."""
    st.session_state[PICTURE] = ad.picture
    drop_upload()
    st.session_state.pop(WORDS_READ, None)
    st.session_state[FILLED] = ad.copy_fields if ad.example else {}
    for name, text in ad.copy_fields.items():
        st.session_state[f"score.{name}"] = text


def drop_upload() -> None:
    """Empty the upload field, of a refused file, say; the form keeps its picture. Call in a callback."""
    st.session_state[REFUSAL] = ""
    st.session_state[UPLOADS] = st.session_state.get(UPLOADS, 0) + 1


def put_picture(picture: Picture | None) -> None:
    """Make the form hold another picture."""
    st.session_state[PICTURE] = picture


def forget_example() -> None:
    """Empty the fields of the form that still hold what an example has filled them with; what was typed stays."""
    for name, text in st.session_state.pop(FILLED, {}).items():
        if st.session_state.get(f"score.{name}") == text:
            st.session_state[f"score.{name}"] = ""


def draft() -> Ad:
    """The ad as the form holds it now."""
    texts = {name: str(st.session_state.get(f"score.{name}") or "") for name in COPY_FIELDS}
    picture: Picture | None = st.session_state.get(PICTURE)
    return Ad(picture=picture, ocr_text=words_given(picture), **texts)


def put_words(ad: Ad, read: str) -> None:
    """Fill the field of the words in a picture, once per picture; what the user makes of them stays.

    Args:
        ad: The ad on screen.
        read: What OCR has read in its picture, empty where it could not.
    """
    if ad.picture is None:
        return
    filled = (ad.picture.sha256, read)
    if st.session_state.get(WORDS_READ) != filled or WORDS not in st.session_state:
        st.session_state[WORDS_READ] = filled
        st.session_state[WORDS] = read if ad.ocr_text is None else ad.ocr_text


def words_given(picture: Picture | None) -> str | None:
    """The words that the field holds for a picture, or None where they are those read, or another picture's."""
    sha256, read = st.session_state.get(WORDS_READ, ("", ""))
    if picture is None or picture.sha256 != sha256:
        return None
    text = " ".join(str(st.session_state.get(WORDS, read) or "").split())
    return None if text == read else text


def audience_key(name: str) -> str:
    """Key of the field that holds one part of the audience."""
    return AUDIENCE + name


def audience() -> Context:
    """Who is to see the ad, when and where; unknown until chosen."""
    chosen = {name: st.session_state.get(audience_key(name), UNKNOWN) for name in FIELDS}
    return Context(**{name: level for name, level in chosen.items() if level != UNKNOWN})


def forget_audience() -> None:
    """Make all of the audience unknown; call in a callback."""
    for name in FIELDS:
        st.session_state[audience_key(name)] = UNKNOWN


def upload_key() -> str:
    """Key of the upload field; another key empties the field, when an example is chosen or a refused file dropped."""
    return f"score.upload-{st.session_state.get(UPLOADS, 0)}"


def browser_id() -> str:
    """Digest of this browser's cookie, or of a random session id where cookies are blocked."""
    value = st.context.cookies.get(COOKIE) or ""
    if len(value) < MIN_ID_CHARACTERS:
        value = st.session_state.setdefault(SESSION, secrets.token_urlsafe(32))
    return hashlib.sha256(value.encode()).hexdigest()
