from __future__ import annotations

from adlab.app.components import ad_downloads


def test_each_button_gives_its_own_form_under_the_name_of_the_ad(monkeypatch):
    files = {}

    def keep(label, text, *, file_name, mime, key, **_):
        files[key] = (label, text, file_name, mime)

    monkeypatch.setattr(ad_downloads.st, "download_button", keep)
    ad_downloads.show("score", "adlab-1", as_json='{"a": 1}', as_csv="a\n1\n")
    assert files == {
        "score.download-json": ("JSON", '{"a": 1}', "adlab-1.json", "application/json"),
        "score.download-csv": ("CSV", "a\n1\n", "adlab-1.csv", "text/csv"),
    }
