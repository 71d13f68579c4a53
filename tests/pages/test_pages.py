from __future__ import annotations

from pathlib import Path

import pytest

from adlab.app.examples import examples

PAGES = sorted(path.stem for path in (Path(__file__).resolve().parents[2] / "pages").glob("*.py"))
TITLES = {
    "score": "Score an ad",
    "explain": "Explain an ad",
    "latent_space": "Latent space",
    "simulator": "Simulator",
    "models": "Models",
}
TITLES |= {"history": "History", "insights": "When and for whom do ads get clicked?"}
TITLES |= {"modalities": "Does the image earn its place?"}


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens(launch, page):
    app = launch(page)
    assert not app.exception
    assert app.title[0].value == TITLES[page]


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_where_no_model_is_installed(launch, page, monkeypatch, tmp_path):
    monkeypatch.setenv("ADLAB_MODELS", str(tmp_path))
    assert not launch(page).exception


def test_the_models_page_shows_each_checkpoint(launch, tiny_models, monkeypatch):
    monkeypatch.setenv("ADLAB_MODELS", str(tiny_models))
    app = launch("models")
    assert len(app.code) == len(list(tiny_models.iterdir()))
    assert any("Serves Image–copy agreement" in html.proto.body for html in app.get("html"))


def test_the_models_page_says_when_there_is_none(launch, monkeypatch, tmp_path):
    monkeypatch.setenv("ADLAB_MODELS", str(tmp_path))
    assert "No checkpoint is installed" in launch("models").info[0].value


def test_an_empty_history_points_to_the_score_page(launch, monkeypatch):
    monkeypatch.setattr("adlab.app.history.keep", lambda *args, **kwargs: "")
    app = launch("history")
    assert any("Nothing assessed yet" in text.value for text in app.markdown)
    assert not app.expander


def test_the_history_lists_the_example_that_was_shown(launch):
    app, first = launch("history"), next(iter(examples().values()))
    label = app.expander[0].label.replace("\u00a0", " ").replace("\u2060", "")
    assert label.startswith(f"**{first.title} · searched “{first.query}”** · **71** image–copy agreement (62 – 80) · ")


def test_a_history_that_is_switched_off_says_so(launch, monkeypatch):
    monkeypatch.setenv("ADLAB_HISTORY", "off")
    assert "switched off" in launch("history").info[0].value


def test_a_history_that_cannot_be_read_is_said(launch, monkeypatch):
    from adlab.app import history
    from adlab.errors import InputError

    def fail() -> list:
        raise InputError("The history cannot be read (disk on fire); check its database.")

    monkeypatch.setattr(history, "entries", fail)
    app = launch("history")
    assert not app.exception
    assert "disk on fire" in app.error[0].value
