"""The funnel's two views of the ads on the Latent space page: maps, verdicts, the star, and sets that have none."""

from __future__ import annotations

import json
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from helpers.fake_assessor import FakeVectors
from helpers.tiny_models import FOCAL, FUNNEL, REFERENCE
from streamlit.testing.v1 import AppTest

from adlab.app import latent, latent_view_words, latent_views, preload
from adlab.app.latent_shown import of_reference, twin_table
from adlab.app.latent_words import MET, MISSED, UNSURE
from adlab.checkpoints.manifest import read_manifest
from adlab.checkpoints.store import load_checkpoint, replace_file
from adlab.projection.view_findings import VIEWS, WITH, WITHOUT, Difference
from adlab.projection.views import EXTRAS, FILE, View, ads_of, views_of

ADS, VECTOR = 96, 6


def view(seed: int) -> View:
    rng = np.random.default_rng(seed)
    return View(weight=rng.normal(size=(3, VECTOR)).astype(np.float32), bias=rng.normal(size=3).astype(np.float32))


@pytest.fixture(scope="module")
def models(tiny_models, tmp_path_factory):
    """The tiny models, in which the first reference set counts as simulated and the funnel holds views of its ads."""
    root = tmp_path_factory.mktemp("views") / "models"
    shutil.copytree(tiny_models, root)
    reference = load_checkpoint(REFERENCE, root)
    drawn = {"simulator": {"seed": 1, "index": list(range(ADS))}}
    extras = reference.manifest.extras | {"latent": reference.manifest.extras["latent"] | drawn}
    quantiles = {"ads/nothing": torch.zeros(3)}
    told = replace_file(reference, changed(reference.manifest, extras), "further.safetensors", quantiles)
    made = views_of(
        {WITHOUT: view(1), WITH: view(2)},
        view(3),
        view(4),
        np.random.default_rng(0).normal(size=(ADS, VECTOR)).astype(np.float32),
        np.arange(ADS) % 2,
        label="conversion",
        ads=ads_of(told),
        methods=("pca",),
    )
    funnel = load_checkpoint(FUNNEL, root)
    own = changed(funnel.manifest, funnel.manifest.extras | {EXTRAS: made.extras})
    own.training.config["contrast"] = {"weight": 0.01, "temperature": 12.0}
    replace_file(funnel, own, FILE, made.files[FILE])
    return root


def changed(manifest, extras):
    return type(manifest)(**{**vars(manifest), "extras": extras})


@pytest.fixture
def page(launch, fake, models, monkeypatch):
    """The page, showing both views by principal axes; the assessor serves the funnel that they are of."""
    monkeypatch.setenv("ADLAB_MODELS", str(models))
    focal, funnel = (read_manifest(models / name) for name in (FOCAL, FUNNEL))
    vectors = type("Vectors", (FakeVectors,), {"encoder_ids": focal.encoders})()
    vectors.widths = (focal.network["image_dim"], focal.network["text_dim"])
    monkeypatch.setattr(fake, "vectors", vectors)
    told = SimpleNamespace(vector=np.ones((1, VECTOR), dtype=np.float32))
    head = SimpleNamespace(manifest=funnel, told=lambda creative, words: told)
    monkeypatch.setattr(fake, "funnel", head, raising=False)

    def start(ads: str = "Reference set") -> AppTest:
        app = launch("latent_space")
        preload.start().result(60)  # the star waits for what places it
        preload.start_maps().result(60)
        app.run()
        app.segmented_control(key="latent.method").set_value("pca")
        app.segmented_control(key="latent.space").set_value("funnel")
        app.segmented_control(key="latent.ads").set_value(ads)
        return app.run()

    return start


def charts(app: AppTest) -> list[dict]:
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def body(app: AppTest) -> str:
    return "".join(html.proto.body for html in app.get("html"))


def test_both_views_stand_side_by_side_with_what_the_task_changes_judged(page):
    app = page()
    assert not app.exception
    assert len(charts(app)) == 2
    html = body(app)
    assert "Without the contrastive task" in html
    assert "What the contrastive task changes, judged" in html
    assert "(weight 0.01, temperature 12)" in html
    assert "What the paper expects" not in html  # those are FOCAL's, of other spaces
    captions = [caption.value for caption in app.caption]
    assert sum("n = 96, none left out" in caption for caption in captions) == 2
    assert any("random beginning alone" in caption for caption in captions)
    assert any("learned from a simulated log" in caption for caption in captions)


def test_the_ad_of_the_score_page_is_a_star_where_its_vector_says(page):
    app = page()
    for chart, seed in zip(charts(app), (1, 2), strict=True):
        star = next(trace for trace in chart["data"] if trace.get("name") == "the ad of the Score page")
        ads = latent.reference_set(latent.checkpoints()[FOCAL])
        space = VIEWS[seed - 1]
        from adlab.projection.pca import pca_axes

        own = np.ones((1, VECTOR)) @ view(seed).weight.T + view(seed).bias
        place = pca_axes(ads.points(space).vectors).place(own)[0]
        np.testing.assert_allclose([star["x"][0], star["y"][0]], place, atol=2e-2)


def test_no_star_where_another_funnel_is_served(page, fake):
    fake.funnel.manifest = type(fake.funnel.manifest)(**{**vars(fake.funnel.manifest), "sha256": {}})
    app = page()
    assert not app.exception
    names = [trace.get("name") for chart in charts(app) for trace in chart["data"]]
    assert "the ad of the Score page" not in names
    assert any("is not funnel-tiny" in caption.value for caption in app.caption)


def test_own_ads_have_no_views_and_the_page_says_where_some_are(page, models, monkeypatch):
    monkeypatch.setattr(latent_views, "funnel_of", lambda reference: None)
    app = page()
    assert charts(app) == []
    assert "No funnel here holds views of these ads" in app.info[0].value


def test_a_damaged_file_of_views_leaves_the_other_spaces_alone(page, models, tmp_path, monkeypatch):
    folder = tmp_path / "models"
    shutil.copytree(models, folder)
    (folder / FUNNEL / FILE).write_bytes(b"broken")
    monkeypatch.setenv("ADLAB_MODELS", str(folder))
    app = page()
    assert app.info
    app.segmented_control(key="latent.space").set_value("shared").run()
    assert len(charts(app)) == 1


def test_the_table_twin_holds_the_places_on_both_maps(page, models):
    page()
    ads = latent.reference_set(latent.checkpoints()[FOCAL])
    places = {space: ads.maps[space, "pca"].coordinates for space in VIEWS}
    table = twin_table(of_reference(ads), "pca", places)
    np.testing.assert_allclose(table["funnel-with pca x"], places[WITH][:, 0], atol=1e-3)
    assert "funnel-without pca y" in table


def test_a_difference_that_rounds_to_nothing_has_no_minus():
    assert latent_view_words.points(Difference(-0.0001, -0.0026, 0.0012)) == "+0.0 points (-0.3 to +0.1)"


@pytest.mark.parametrize(
    ("low", "high", "word"), [(0.01, 0.03, MET), (-0.01, 0.03, UNSURE), (-0.03, -0.01, MISSED), (0.0, 0.0, UNSURE)]
)
def test_a_verdict_is_taken_from_the_whole_interval(low, high, word):
    assert latent_view_words.word_of(Difference((low + high) / 2, low, high)) == word
