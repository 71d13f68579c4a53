from __future__ import annotations

import threading

import pytest
from helpers.fake_assessor import assessment

from adlab.app import picture_words, scoring
from adlab.app.components.picture_details import colour_card
from adlab.app.examples import examples
from adlab.features.dominant_colour import DominantColour
from adlab.features.words_in_picture import Words

FIRST, OTHER = list(examples().values())[:2]
FIELD, BUTTON = "score.ocr_text", "score.words-submit"


@pytest.fixture
def words(monkeypatch):
    """What OCR finds, by picture; counts the pictures it reads."""
    found = {FIRST.picture.sha256: Words("SALE NOW"), OTHER.picture.sha256: Words("")}
    read = []

    def reading(given):
        read.append(given.sha256)
        return found.get(given.sha256, Words("own words"))

    monkeypatch.setattr(picture_words, "_read", reading)
    return found, read


@pytest.fixture
def reading(fake, words):
    """A fake with a head that reads words; remembers the words its ads came with and the heads asked for."""
    fake.heads, fake.reads_words, fake.seen = ("agreement", "appeal"), frozenset({"appeal"}), []

    def assess(self, creative, heads=None):
        type(self).calls += 1
        fake.seen.append((creative.ocr_text, heads))
        return assessment(creative.content_hash)

    fake.assess = assess
    return fake


def body(app) -> str:
    return "".join(html.proto.body for html in app.get("html"))


def edit(app, text):
    app.text_area(key=FIELD).set_value(text)
    return app.run()


def test_the_dominant_colour_is_shown_with_its_name_and_code(launch):
    html = body(launch())
    assert "Dominant colour" in html
    assert 'class="ad-swatch" style="background:#' in html


@pytest.mark.parametrize(
    ("colour", "words"),
    [
        (DominantColour("red", 0.62, (255, 0, 16)), ("#ff0010", "<strong>Red</strong>", "it covers 62 % of")),
        (DominantColour("multiple", 0.3, (0, 1, 2)), ("#000102", "Several colours", "the commonest covers 30 % of")),
    ],
)
def test_a_colour_is_named_in_words_not_only_shown(colour, words):
    assert all(word in colour_card(colour) for word in words)


def test_without_a_head_that_reads_words_there_is_no_field_and_nothing_is_read(launch, words):
    app = launch()
    assert not [area for area in app.text_area if area.key == FIELD]
    assert words[1] == []


def test_the_field_shows_what_was_read_and_the_score_asks_for_ocr(launch, reading, words):
    app = launch()
    assert app.text_area(key=FIELD).value == "SALE NOW"
    assert reading.seen == [(None, None)]
    app.run()
    assert words[1] == [FIRST.picture.sha256]


def test_corrected_words_are_scored_with_one_click(launch, reading):
    app = edit(launch(), "SALE NOW ON")
    assert reading.calls == 1
    app.button(key=BUTTON).click().run()
    assert reading.seen[-1] == ("SALE NOW ON", None)
    assert app.text_area(key=FIELD).value == "SALE NOW ON"


def test_corrected_words_are_used_when_the_form_is_scored(launch, reading):
    app = edit(launch(), "SALE NOW ON")
    app.button(key="score.submit").click().run()
    assert reading.seen[-1] == ("SALE NOW ON", None)


def test_an_emptied_field_says_that_there_are_no_words(launch, reading):
    edit(launch(), "").button(key=BUTTON).click().run()
    assert reading.seen[-1] == ("", None)


def test_words_as_read_are_left_to_ocr_so_that_the_result_is_the_same(launch, reading):
    app = edit(launch(), "SALE NOW ON")
    app.button(key=BUTTON).click().run()
    edit(app, " SALE  NOW ").button(key=BUTTON).click().run()
    assert [seen for seen, _ in reading.seen] == [None, "SALE NOW ON"]  # the first result came from memory


def test_another_ad_brings_its_own_words_and_back_again_the_correction_is_gone(launch, reading):
    app = edit(launch(), "SALE NOW ON")
    app.button(key=BUTTON).click().run()
    app.button(key=f"score.pick-{OTHER.example}").click().run()
    assert app.text_area(key=FIELD).value == ""
    app.button(key=f"score.pick-{FIRST.example}").click().run()
    assert app.text_area(key=FIELD).value == "SALE NOW"
    assert reading.calls == 3


def test_choosing_the_same_example_anew_brings_back_what_was_read(launch, reading):
    app = edit(launch(), "SALE NOW ON")
    app.button(key=BUTTON).click().run()
    app.button(key=f"score.pick-{FIRST.example}").click().run()
    assert app.text_area(key=FIELD).value == "SALE NOW"


def test_words_of_one_picture_are_not_taken_for_those_of_another(launch, reading, png):
    app = edit(launch(), "SALE NOW ON")
    app.file_uploader[0].set_value(("own.png", png, "image/png"))
    app.run()
    app.button(key="score.submit").click().run()
    assert reading.seen[-1] == (None, None)
    assert app.text_area(key=FIELD).value == "own words"


def test_a_correction_survives_a_visit_to_another_page(launch, reading):
    app = edit(launch(), "SALE NOW ON")
    app.switch_page("pages/models.py").run()
    app.switch_page("pages/score.py").run()
    assert app.text_area(key=FIELD).value == "SALE NOW ON"


def test_words_that_cannot_be_read_are_said_and_the_field_takes_them(launch, reading, words):
    words[0][FIRST.picture.sha256] = Words(None, "The words cannot be read *here*.")
    app = launch()
    assert app.warning[0].value == r"The words cannot be read \*here\*."
    edit(app, "typed").button(key=BUTTON).click().run()
    assert reading.seen[-1] == ("typed", None)


def test_other_heads_are_scored_while_the_words_are_read(launch, reading, words, monkeypatch):
    gate, drawn = threading.Event(), []
    monkeypatch.setattr(picture_words, "_read", lambda picture: gate.wait(20) and Words("late"))
    wait = scoring.wait_for_words

    def watched(ad, meanwhile):
        def draw(result):
            drawn.append(result)
            gate.set()

        wait(ad, draw)

    monkeypatch.setattr(scoring, "wait_for_words", watched)
    app = launch()
    assert not app.exception
    assert len(drawn) == 1
    assert reading.seen == [(None, ("agreement",)), (None, None)]
    assert app.text_area(key=FIELD).value == "late"


def test_a_picture_is_read_once_by_all_pages_together_and_old_ones_are_forgotten(words, monkeypatch):
    monkeypatch.setattr(picture_words, "KEPT", 2)
    reader = picture_words.Reader()
    first = reader.read(FIRST.picture)
    assert reader.read(FIRST.picture) is first
    for example in list(examples().values())[1:3]:
        reader.read(example.picture)
    assert reader.read(FIRST.picture) is not first
    assert first.result(5) == Words("SALE NOW")


def test_a_reader_reads_pictures_through_the_intake(monkeypatch, png):
    seen = []
    monkeypatch.setattr(
        picture_words, "words_of_all", lambda ads: seen.append(ads[0].image.pixels.size) or [Words("x")]
    )
    reader = picture_words.Reader()
    assert reader.read(picture_words.Picture(png, "own.png")).result(5) == Words("x")
    bad = reader.read(picture_words.Picture(b"no picture", "bad.png")).result(5)
    assert bad.text is None
    assert "bad.png" in bad.problem
    assert seen == [(64, 48)]
