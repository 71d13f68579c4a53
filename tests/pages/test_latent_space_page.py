from __future__ import annotations

import json
import threading
import time

import numpy as np
import pandas as pd
import pytest
from helpers.fake_assessor import FakeVectors
from helpers.pictures import caption, picture
from streamlit.testing.v1 import AppTest

from adlab.app import jobs, latent, latent_own, latent_reference, latent_state, preload
from adlab.app.components.text import plain
from adlab.app.jobs import Jobs, Stopped
from adlab.app.latent_own import File
from adlab.app.latent_shown import of_own, table_csv, twin_table
from adlab.checkpoints.manifest import read_manifest


@pytest.fixture
def page(launch, fake, tiny_models, monkeypatch):
    """The page on the tiny models, with encoders of their widths."""
    monkeypatch.setenv("ADLAB_MODELS", str(tiny_models))
    manifest = read_manifest(tiny_models / "focal-tiny")
    vectors = type("Vectors", (FakeVectors,), {"encoder_ids": manifest.encoders})()
    vectors.widths = (manifest.network["image_dim"], manifest.network["text_dim"])
    monkeypatch.setattr(fake, "vectors", vectors)

    def start() -> AppTest:
        app = launch("latent_space")
        preload.start().result(60)  # the star waits for what places it
        preload.start_maps().result(60)
        return app.run()

    return start


def body(app: AppTest) -> str:
    return "".join(html.proto.body for html in app.get("html"))


def charts(app: AppTest) -> list[dict]:
    return [json.loads(chart.proto.spec) for chart in app.get("plotly_chart")]


def choose(app: AppTest, **values: str) -> AppTest:
    for name, value in values.items():
        app.segmented_control(key=f"latent.{name}").set_value(value)
    return app.run()


def test_three_spaces_stand_side_by_side_with_parameters_and_trust(page):
    app = choose(page(), method="pca")
    assert not app.exception
    assert len(charts(app)) == 3
    captions = [caption.value for caption in app.caption]
    assert any("n = 96, none left out" in caption and "trustworthiness" in caption for caption in captions)
    assert any("n = 48, none left out" in caption for caption in captions)


def test_what_may_not_be_shown_of_the_reference_set_is_said_above_its_maps(page, tiny_models):
    shown = latent_reference.shown(read_manifest(tiny_models / "focal-tiny"))
    assert shown.why
    captions = [caption.value for caption in choose(page(), method="pca").caption]
    first = next(place for place, caption in enumerate(captions) if "none left out" in caption)
    assert any(plain(shown.why) in caption for caption in captions[:first])


def test_both_expectations_are_judged_in_words_with_interval_and_untrained_network(page):
    html = body(choose(page(), method="pca"))
    assert "The shared space carries the label" in html
    assert "The private spaces separate by modality" in html
    assert "untrained network" in html
    assert "chance 50.0 %" in html


def test_a_map_that_does_not_ship_is_made_with_progress_and_then_shown(page):
    app = page()
    assert charts(app) == []  # t-SNE is the default, the tiny set ships principal axes only
    deadline = time.monotonic() + 120
    while len(charts(app)) < 3 and time.monotonic() < deadline:
        time.sleep(0.5)
        app.run()
    assert len(charts(app)) == 3
    assert any("perplexity 30" in caption.value for caption in app.caption)


def test_the_ad_of_the_score_page_is_a_star_with_its_distance(page):
    app = choose(page(), method="pca", space="shared")
    traces = {trace.get("name"): trace for trace in charts(app)[0]["data"]}
    assert traces["the ad of the Score page"]["marker"]["symbol"] == "star"
    assert "its 10 nearest" in traces
    assert "Percentile among all" in body(app)
    app.toggle(key=latent_state.OWN_AD).set_value(False).run()
    assert "the ad of the Score page" not in [trace.get("name") for trace in charts(app)[0]["data"]]


def test_groups_differ_in_symbol_as_well_as_in_colour(page):
    app = choose(page(), method="pca", space="private")
    app.selectbox(key="latent.colour-reference-tiny").set_value("picture or text").run()
    groups = [trace for trace in charts(app)[0]["data"] if trace["name"].startswith(("picture", "text"))]
    assert len(groups) == 2
    for what in ("symbol", "color"):
        assert groups[0]["marker"][what] != groups[1]["marker"][what]


def marked(chart: dict) -> int:
    return sum(len(trace.get("selectedpoints", [])) for trace in chart["data"])


def test_a_selection_is_listed_marked_on_the_maps_and_cleared(page):
    app = choose(page(), method="pca")
    app.session_state[latent_state.PICKED] = (3, 5)
    app.session_state[latent_state.PICKED_IN] = "shared"
    app.run()
    assert any("**2** of 96 pairs" in text.value for text in app.markdown)
    assert any("Not shown." in caption.value for caption in app.caption)
    assert [marked(chart) for chart in charts(app)] == [2, 2, 2]
    app.button(key="latent.clear").click().run()
    assert not any("of 96 pairs" in text.value for text in app.markdown)


def test_what_is_wrong_with_a_reference_set_is_said(page, tiny_models, tmp_path, monkeypatch):
    import shutil

    folder = shutil.copytree(tiny_models, tmp_path / "models")
    (folder / "reference-tiny" / "maps.safetensors").write_bytes(b"broken")
    monkeypatch.setenv("ADLAB_MODELS", str(folder))
    app = page()
    assert not app.exception
    assert "another sha256" in app.error[0].value.replace("\\", "")


def own_files(count: int = 60) -> tuple[File, list[File]]:
    from io import BytesIO

    rows = [
        {"ad_id": f"a{i}", "image": f"{i}.png", "title": caption(i), "label": "AB"[i % 2], "price": i}
        for i in range(count)
    ]
    rows.append({"ad_id": "gone", "image": "none.png", "title": "No picture", "label": "A", "price": 1})
    rows.append({"ad_id": "words", "image": "", "title": "=Only words <b>", "label": "B", "price": 2})
    pictures = []
    for i in range(count):
        buffer = BytesIO()
        picture(i).save(buffer, "PNG")
        pictures.append(File(f"folder/{i}.png", buffer.getvalue()))
    return File("ads.csv", pd.DataFrame(rows).to_csv(index=False).encode()), pictures


def computed(page, table: File | None, pictures: list[File]) -> latent_own.Own:
    page()
    registry = Jobs()
    manifest = next(iter(latent.checkpoints().values()))
    key = registry.start(lambda job: latent_own.compute(table, pictures, manifest, job))
    return registry.get(key).future.result(120)


def test_an_own_table_with_pictures_becomes_a_set_and_what_is_left_out_is_said(page):
    own = computed(page, *own_files())
    assert len(own.ads.embeddings) == 61
    assert own.notes == ("1 of 62 rows are left out: row 61: its picture 'none.png' was not among the pictures given.",)
    assert {column.name for column in own.ads.columns} == {"label", "price"}
    assert own.ads.findings.answer("shared", "label").probe is not None
    assert len(own.thumbnails) == 60
    assert own.thumbnails[0].startswith(b"\xff\xd8")


def test_a_folder_of_pictures_alone_has_a_private_image_space_only(page):
    own = computed(page, None, own_files(30)[1])
    assert (own.ads.embeddings.text_of == -1).all()
    assert own.names[0] == "0.png"


BAD = ("bad.csv", b"title,gender\nA dog,dogs\n", "text/csv")


def asked_for(app: AppTest) -> AppTest:
    """The page, after its job has ended."""
    app.button(key="latent.start").click().run()
    job = jobs.jobs().get(app.session_state[latent_state.OWN_JOB])
    job.future.exception(120)
    return app.run()


def test_the_form_stays_while_a_job_runs_and_after_a_refusal_another_table_is_mapped(page, monkeypatch):
    app, entered, leave = page(), threading.Event(), threading.Event()
    read_rows = latent_own.read_rows

    def slow(*given):
        entered.set()
        leave.wait(60)
        return read_rows(*given)

    monkeypatch.setattr(latent_own, "read_rows", slow)
    app.segmented_control(key=latent_state.ADS).set_value("Your ads").run()
    table, files = own_files(12)
    app.file_uploader(key="latent.table").set_value(BAD)
    app.button(key="latent.start").click().run()
    assert entered.wait(60)
    assert app.run().button(key="latent.start").disabled
    assert all(uploader.disabled for uploader in app.file_uploader)  # there, so that the browser keeps their files
    leave.set()
    jobs.jobs().get(app.session_state[latent_state.OWN_JOB]).future.exception(120)
    assert "gender" in app.run().error[0].value
    app.file_uploader(key="latent.table").set_value((table.name, table.data, "text/csv"))
    app.file_uploader(key="latent.pictures").set_value([(file.name, file.data, "image/png") for file in files])
    app = asked_for(app)
    assert not app.exception
    assert any("**13** of your ads are mapped" in text.value for text in app.markdown)


def test_nothing_given_is_one_clear_error_beside_the_form(page):
    app = page()
    app.segmented_control(key=latent_state.ADS).set_value("Your ads").run()
    assert "Nothing was given" in asked_for(app).error[0].value
    assert not app.button(key="latent.start").disabled


def test_a_job_that_ends_well_while_the_page_is_drawn_is_not_left_without_its_result():
    def script() -> None:
        import streamlit as st

        from adlab.app.components import job_progress
        from adlab.app.jobs import Job

        if st.session_state.setdefault("runs", 0):
            st.write("drawn again")
        else:
            st.session_state["runs"] = 1
            job = Job()
            job.future.set_result("made")  # between the page's look at it and this
            job_progress.show(job, "some", job.cancel)

    assert AppTest.from_function(script).run().markdown[0].value == "drawn again"


def test_the_table_twin_has_every_ad_and_no_formula(page):
    shown = of_own(computed(page, *own_files()))
    made = latent.measured_map(shown.ads.embeddings, "shared", latent.MapConfig(method="pca"))
    table = twin_table(shown, "pca", {"shared": made.coordinates})
    assert len(table) == 61
    assert np.isnan(table["shared pca x"].iloc[-1])  # words alone are not in the shared space
    assert ",=Only" not in table_csv(table)


def test_a_cancelled_job_stops_at_its_next_report():
    registry = Jobs()

    def work(job) -> None:
        report = job.step("Counting")
        for number in range(10_000):
            report(number, 10_000)
            time.sleep(0.01)

    key = registry.start(work)
    job = registry.get(key)
    time.sleep(0.1)
    job.cancel()
    with pytest.raises(Stopped):
        job.future.result(5)
    assert registry.start(lambda job: 1, key) == key
    assert registry.get(key) is not job  # cancelled work can be asked for again


def test_an_unusable_table_is_one_clear_error(page):
    from adlab.errors import TableError

    with pytest.raises(TableError, match="gender"):
        computed(page, File("ads.csv", b"title,gender\nA dog,dogs\n"), [])
