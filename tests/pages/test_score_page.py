from __future__ import annotations

import threading

import pytest
from helpers.fake_assessor import NEEDED

from adlab.app import state
from adlab.app.examples import examples, notes
from adlab.errors import CheckpointError

FIRST, OTHER = next(iter(examples().values())), examples()["ice-cream"]


def body(app) -> str:
    return "".join(html.proto.body for html in app.get("html"))


def type_copy(app, **texts):
    for name, text in texts.items():
        widget = (
            app.text_area(key="score.description") if name == "description" else app.text_input(key=f"score.{name}")
        )
        widget.set_value(text)
    return app.run()


def upload(app, name, data):
    app.file_uploader[0].set_value((name, data, "image/png"))
    return app.run()


def score(app):
    return app.button(key="score.submit").click().run()


def test_the_first_screen_shows_an_example_and_its_score(launch):
    app = launch()
    assert FIRST.title in body(app)
    assert "Image–copy agreement" in body(app)
    assert "What this score is not" in body(app)


def test_the_score_stands_with_its_reference_and_that_these_are_photos(launch):
    html = body(launch())
    assert "1,000 photos with their own caption" in html
    assert "photos, not ads" in html


def test_an_example_is_chosen_with_one_click(launch):
    app = launch().button(key="score.pick-ice-cream").click().run()
    assert OTHER.title in body(app)
    assert app.text_input(key="score.title").value == OTHER.title


def test_an_example_says_why_it_is_there_until_the_ad_is_ones_own(launch):
    app = launch()
    assert notes()[FIRST.example] in body(app)
    assert "ad-why" not in body(score(type_copy(app, title="My own words"))).split("</style>")[-1]


def test_the_same_ad_is_scored_once(launch, fake):
    app = launch()
    for _ in range(3):
        app.run()
    assert fake.calls == 1
    app.button(key="score.pick-ice-cream").click().run()
    app.button(key=f"score.pick-{next(iter(examples()))}").click().run()
    assert fake.calls == 2


def test_an_own_ad_is_scored(launch, png):
    app = upload(launch(), "own.png", png)
    type_copy(app, title="Two blue shoes", description="Side by side.")
    score(app)
    assert "Two blue shoes" in body(app)
    assert "64 × 48 pixels" in body(app)
    assert not app.exception


def test_what_is_typed_is_not_scored_before_the_click(launch):
    app = type_copy(launch(), title="Something else")
    assert f"<h2>{FIRST.title}</h2>" in body(app)
    assert "<h2>Something else</h2>" in body(score(app))


def test_what_is_typed_survives_a_visit_to_another_page(launch):
    app = type_copy(launch(), title="Half a thought", brand="Brand")
    app.switch_page("pages/models.py").run()
    app.switch_page("pages/score.py").run()
    assert app.text_input(key="score.title").value == "Half a thought"
    assert app.text_input(key="score.brand").value == "Brand"


def test_an_uploaded_picture_survives_a_visit_to_another_page(launch, png):
    app = upload(launch(), "own.png", png)
    app.switch_page("pages/models.py").run()
    app.switch_page("pages/score.py").run()
    assert "own.png" in body(app)


def test_the_copy_of_an_example_is_not_taken_for_the_copy_of_an_own_picture(launch, png):
    app = upload(launch(), "own.png", png)
    assert app.text_input(key="score.title").value == ""


def test_what_is_left_of_an_example_goes_with_its_picture_even_after_the_title_was_typed(launch, png):
    app = upload(type_copy(launch(), title="My words", brand="Mine"), "own.png", png)
    assert FIRST.query
    assert FIRST.brand
    assert [app.text_input(key=f"score.{name}").value for name in ("title", "brand", "query", "seller")] == [
        "My words", "Mine", "", "",
    ]  # fmt: skip


def test_own_copy_stays_when_the_picture_comes_later(launch, png):
    app = upload(type_copy(launch(), title="My words"), "own.png", png)
    assert app.text_input(key="score.title").value == "My words"


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("notes.txt", b"just text", "notes.txt"),
        ("empty.png", b"", "empty"),
        ("doc.png", b"%PDF-1.7 ...", "PDF"),
        ("cut.jpg", b"\xff\xd8\xff\xe0" + b"x" * 40, "damaged"),
    ],
)
def test_a_bad_file_is_refused_beside_the_field_and_nothing_is_lost(launch, name, data, reason):
    app = upload(launch(), name, data)
    assert not app.exception
    assert reason in app.error[0].value
    assert FIRST.title in body(app)
    assert app.text_input(key="score.title").value == FIRST.title
    assert f"Still in the form: {FIRST.picture.name}" in body(app)


def test_nothing_can_be_scored_while_a_refused_file_is_in_the_field(launch):
    app = upload(launch(), "notes.png", b"just text")
    assert app.button(key="score.submit").disabled
    assert any("notes.png was refused" in caption.value for caption in app.caption)
    app.file_uploader[0].set_value(None)
    assert not app.run().button(key="score.submit").disabled


def test_a_click_that_comes_with_the_refused_file_scores_nothing(launch, fake):
    app = type_copy(launch(), title="My words")
    calls = fake.calls
    app.file_uploader[0].set_value(("notes.png", b"just text", "image/png"))
    score(app)
    assert "<h2>My words</h2>" not in body(app)
    assert fake.calls == calls


def test_a_click_that_comes_with_a_good_file_scores_that_file(launch, png):
    app = launch()
    app.file_uploader[0].set_value(("own.png", png, "image/png"))
    score(app)
    assert app.session_state[state.AD].picture.name == "own.png"


def test_a_refused_file_is_dropped_by_a_button_that_names_the_picture_scored_then(launch, png):
    app = upload(upload(launch(), "own.png", png), "notes.png", b"just text")
    drop = app.button(key="score.drop-upload")
    assert drop.label == "Go on with own.png"
    drop.click().run()
    assert not app.error
    assert "In the form: own.png" in body(app)
    assert not app.button(key="score.submit").disabled
    score(app)
    assert app.session_state[state.AD].picture.name == "own.png"


def test_a_refused_file_in_an_empty_form_leaves_the_text_alone(launch, png):
    app = upload(launch(), "own.png", png)
    app.file_uploader[0].set_value(None)
    app = upload(app.run(), "notes.png", b"just text")
    assert app.button(key="score.drop-upload").label == "Go on without a picture"


def test_the_refusal_goes_once_a_good_file_comes(launch, png):
    app = upload(upload(launch(), "notes.txt", b"just text"), "own.png", png)
    assert not app.error
    assert "own.png" in body(app)


def test_a_file_name_cannot_format_the_refusal(launch):
    app = upload(launch(), "![x](http://e.vil/p.png)", b"just text")
    assert r"\!\[x\]" in app.error[0].value


def test_removing_the_upload_leaves_no_picture(launch, png):
    app = upload(launch(), "own.png", png)
    app.file_uploader[0].set_value(None)
    app.run()
    assert any("No picture yet" in caption.value for caption in app.caption)


def test_a_missing_picture_is_said_not_guessed(launch, png):
    app = upload(launch(), "own.png", png)
    app.file_uploader[0].set_value(None)
    type_copy(app.run(), title="Words alone")
    score(app)
    assert NEEDED in app.info[0].value
    assert "No picture given" in body(app)


def test_an_empty_form_is_one_clear_error(launch, png):
    app = upload(launch(), "own.png", png)
    app.file_uploader[0].set_value(None)
    score(app.run())
    assert not app.exception
    assert "neither an image nor text" in app.error[0].value


def test_copy_is_shown_as_text_not_as_markup(launch):
    app = score(type_copy(launch(), title="<script>alert(1)</script>", brand="<b>x</b>"))
    assert "<script>alert" not in body(app)
    assert "<b>x</b>" not in body(app)
    assert "&lt;b&gt;x&lt;/b&gt;" in body(app)


def test_models_that_cannot_be_loaded_are_said_and_the_page_stands(launch, fake, monkeypatch):
    def fail(self) -> None:
        raise CheckpointError("The checkpoint focal-x is not intact. Restore the folder.")

    monkeypatch.setattr(fake, "__init__", fail)
    app = launch()
    assert not app.exception
    assert "not intact" in app.error[0].value
    assert FIRST.title in body(app)


def test_the_page_stands_while_the_models_load(launch, fake, monkeypatch):
    from adlab.app import scoring

    gate = threading.Event()
    monkeypatch.setattr(fake, "__init__", lambda self: gate.wait(10) and None)
    wait = scoring.wait_for_models
    monkeypatch.setattr(scoring, "wait_for_models", lambda: wait(0.3))
    app = launch()
    assert FIRST.title in body(app)
    assert "still loading" in app.error[0].value
    gate.set()


def test_everything_on_screen_can_be_downloaded(launch):
    app = launch()
    assert {button.label for button in app.get("download_button")} == {"JSON", "CSV"}
