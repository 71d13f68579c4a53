"""The Modalities page on tiny checkpoints: one ad by each part, a table of ads, and what it says where parts lack."""

from __future__ import annotations

import csv
import io
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import streamlit as st
from helpers.pictures import caption, picture
from helpers.tiny_models import RELEVANCE
from streamlit.testing.v1 import AppTest

from adlab.app import caching, jobs, modalities, modalities_exports, modalities_table, picture_words, state
from adlab.app.components import modalities_ad, modalities_page, modalities_results
from adlab.app.examples import examples
from adlab.app.jobs import Job
from adlab.app.latent_own import File
from adlab.app.modalities_words import change_words
from adlab.data.modalities import Mode
from adlab.data.score_text import number
from adlab.errors import InputError, TableError
from adlab.features.words_in_picture import Words
from adlab.inference.assessor import Assessor
from adlab.insights import modes as insights_modes
from adlab.insights.mode_verdict import signed

ROOT = Path(__file__).resolve().parents[2]
FIRST = next(iter(examples().values()))


@pytest.fixture(scope="module")
def loaded(tiny_models) -> Assessor:
    return Assessor(models=tiny_models, device="cpu")


@pytest.fixture
def app_on(loaded, tiny_models, monkeypatch):
    """The app on the tiny checkpoints, remembering nothing of other tests."""
    st.cache_resource.clear()
    st.cache_data.clear()
    monkeypatch.setenv("ADLAB_MODELS", str(tiny_models))
    monkeypatch.setattr(caching, "assessor", lambda: loaded)
    monkeypatch.setattr(picture_words, "_read", lambda picture: Words("SALE NOW"))
    monkeypatch.setattr(insights_modes, "RESAMPLES", 50)


@pytest.fixture
def start(app_on):
    def launch(ad=FIRST, what=modalities_page.ONE):
        app = AppTest.from_file(str(ROOT / "pages" / "modalities.py"), default_timeout=120)
        app.session_state[state.AD] = ad
        app.session_state["modalities.what"] = what
        return app.run()

    return launch


def png(seed: int) -> bytes:
    buffer = io.BytesIO()
    picture(seed, 40, 30).save(buffer, "PNG")
    return buffer.getvalue()


def files(count: int = 6, **columns) -> tuple[File, list[File]]:
    """A table of ads with a query and a grade each, and its pictures."""
    cells = {
        "image": [f"{i}.png" for i in range(count)],
        "title": [caption(i) for i in range(count)],
        "query": [f"query {i % 3}" for i in range(count)],
        "relevance_grade": [i % 2 for i in range(count)],
    } | columns
    table = pd.DataFrame({name: column for name, column in cells.items() if column is not None})
    return File("ads.csv", table.to_csv(index=False).encode()), [File(f"{i}.png", png(i)) for i in range(count)]


def body(app) -> str:
    return "".join(html.proto.body for html in app.get("html"))


def test_every_head_stands_in_the_table_with_its_answers_by_part(start, loaded):
    app = start()
    assert not app.exception
    html = body(app)
    for title in ("Query relevance", "Image–copy agreement", "Conversion", "Appeal", "Click-through"):
        assert f"<b>{title}</b>" in html
    modes = modalities.reader().read(caching.creative_of(replace(FIRST, ocr_text="SALE NOW")))
    for mode in Mode:
        assert f'<b class="value">{modes.result("appeal", mode).value:.1f}</b>' in html
    assert html.count(">extrapolated<") == 7  # three heads that were never trained without a part; FOCAL's shared part
    assert "The whole answer" in html


def test_focals_shared_part_stands_beside_the_other_readings(start):
    html = body(start())
    modes = modalities.reader().read(caching.creative_of(replace(FIRST, ocr_text="SALE NOW")))
    part, both = modes.shared["conversion"], modes.result("conversion", Mode.BOTH)
    row = html[html.index("<b>Conversion, shared part alone</b>") :]
    row = row[: row.index("</tr>")]
    assert f'<b class="value">{number(part.value, part.unit)}</b>' in row
    assert f"{number(part.interval.low, part.unit)} – {number(part.interval.high, part.unit)}" in row
    assert row.count(">needs both<") == 2
    assert row.count(">extrapolated<") == 1
    assert change_words(both, part) in row
    assert html.count("shared part alone</b>") == 1
    assert "Shared part alone: Adds up what the shared embeddings contribute" in html


def test_heads_without_a_checkpoint_are_named_and_the_others_go_on(start, tiny_models, tmp_path, monkeypatch):
    shutil.copytree(tiny_models, tmp_path / "models", ignore=shutil.ignore_patterns(RELEVANCE))
    monkeypatch.setenv("ADLAB_MODELS", str(tmp_path / "models"))
    without = Assessor(models=tmp_path / "models", device="cpu")
    monkeypatch.setattr(caching, "assessor", lambda: without)
    app = start()
    assert not app.exception
    assert any("Not installed" in each.value and "Query relevance" in each.value for each in app.caption)
    assert "<b>Appeal</b>" in body(app)
    assert not [button for button in app.button if button.key == "modalities.show-maps"]


def test_an_ad_without_a_picture_says_what_is_missing(start):
    html = body(start(replace(FIRST, picture=None, ocr_text=None)))
    assert "no answer" in html
    assert "has one part only" in html
    assert "This ad has no picture." in html


def test_an_ad_without_words_in_its_picture_has_the_appeal_of_the_score_page_and_no_guess(start, loaded):
    bare = replace(FIRST, ocr_text="")
    html = body(start(bare))
    row = html[html.index("<b>Appeal</b>") :]
    row = row[: row.index("</tr>")]
    appeal = loaded.assess(caching.creative_of(bare), ["appeal"]).heads[0]
    assert f'<b class="value">{appeal.value:.1f}</b>' in row
    assert ">extrapolated<" not in row


def test_words_and_regions_are_drawn_on_request_and_for_this_ad_only(start):
    app = start()
    assert "<figure>" not in body(app)
    app.button(key="modalities.show-maps").click().run()
    assert not app.exception
    assert body(app).count('<div class="ad ad-regions">') == 2  # the words alone have no regions
    assert body(app).count('<dl class="ad ad-words">') == 3
    app.session_state[state.AD] = replace(FIRST, title="Another title")
    assert '<div class="ad ad-regions">' not in body(app.run())


def test_the_downloads_hold_every_answer_with_its_mode(start):
    start()
    modes = modalities.reader().read(caching.creative_of(FIRST))
    plain = json.loads(modalities_exports.ad_json(FIRST, modes))
    assert plain["modalities"]["bases"]["ctr"]["trained"] is False
    rows = list(csv.DictReader(io.StringIO(modalities_exports.ad_csv(FIRST, modes))))
    scores = {(row["head"], row["mode"]): row for row in rows if row["number"] == "score"}
    assert float(scores["relevance", "image-only"]["value"]) == modes.result("relevance", Mode.IMAGE_ONLY).value
    assert scores["appeal", "text-only"]["trained_so"] == "False"
    assert scores["appeal", "image-text"]["trained_so"] == "True"
    assert ("conversion", modalities_exports.SHARED_NAME) in scores


def test_a_table_is_read_judged_and_shown(start):
    table, pictures = files()
    app = start(what=modalities_page.TABLE)
    assert app.button(key="modalities.sample")
    job = Job()
    read = modalities_table.own(table, pictures, True, job)
    assert [one.outcome for one in read.comparisons] == ["relevance_grade"] * len(read.heads)
    assert {one.unit for one in read.comparisons} == {"queries"}
    key = jobs.jobs().start(lambda job: read)
    app.session_state[modalities_table.JOB] = key
    jobs.jobs().get(key).future.result(60)
    app.run()
    assert not app.exception
    html = body(app)
    assert "Judged by relevance grade" in html
    assert "3 queries are few" in html
    assert "With fewer than 30 queries all intervals are too narrow" in html
    assert '<b>Conversion</b><span class="ad-badge sim">Simulated responses, not real people</span></td>' in html
    assert "By picture or words alone they are extrapolated. Their intervals are in the downloads." in html
    assert html.count("<figure>") == 6
    judged = next(one for one in read.comparisons if one.head == "conversion")
    row = html[html.index("<b>Conversion, shared part alone</b>") :]
    row = row[: row.index("</tr>")]
    assert f"<b>{judged.shared.value:.3f}</b>" in row
    assert f"<b>{signed(judged.differences[insights_modes.PRIVATE].value)}</b>" in row
    assert "Conversion, shared part alone: AUC " in html
    rows = list(csv.DictReader(io.StringIO(modalities_exports.table_csv(read))))
    assert [row["image"] for row in rows] == [f"{i}.png" for i in range(6)]
    assert float(rows[2]["relevance_text_only"]) == read.ads[2].result("relevance", Mode.TEXT_ONLY).value
    whole = json.loads(modalities_exports.table_json(read))
    assert len(whole["rows"]) == 6
    assert whole["comparisons"][0]["verdict"]
    compared = list(csv.DictReader(io.StringIO(modalities_exports.comparisons_csv(read))))
    assert {row["number"] for row in compared if row["head"] == "relevance"} >= {"image-text", "image_adds"}
    assert {row["number"] for row in compared if row["head"] == "conversion"} >= {"shared", "private_adds"}
    assert float(rows[2]["conversion_shared"]) == read.ads[2].shared["conversion"].value
    assert whole["comparisons"][0]["shared"] is None
    app.button(key="modalities.remove").click().run()
    assert app.button(key="modalities.sample")


def test_the_cases_come_in_the_order_of_their_disagreement(app_on):
    read = modalities_table.own(*files(relevance_grade=None), False, Job())
    assert read.comparisons == ()
    assert "appeal" not in read.heads  # words were not to be read
    answers = insights_modes.answers_of(read.ads, "conversion")
    gap = insights_modes.gaps(answers[Mode.IMAGE_ONLY], answers[Mode.TEXT_ONLY], "probability")
    order = insights_modes.most_apart(gap, 6)
    assert (np.diff(np.abs(gap[order])) <= 0).all()
    html = modalities_results.cases(read, "conversion", [int(row) for row in order])
    places = [html.index(f'alt="{caption(int(row))}"') for row in order]
    assert places == sorted(places)


def test_a_table_without_outcomes_says_what_to_give(start):
    read = modalities_table.own(*files(2, relevance_grade=None), False, Job())
    app = start(what=modalities_page.TABLE)
    app.session_state[modalities_table.JOB] = key = jobs.jobs().start(lambda job: read)
    jobs.jobs().get(key).future.result(60)
    assert "no outcomes" in app.run().info[0].value


def test_words_given_in_the_table_are_read_and_a_lost_picture_is_left_out(app_on, monkeypatch):
    monkeypatch.setattr("adlab.features.words_in_picture.read_text", lambda image: pytest.fail("words are given"))
    table, pictures = files(3, ocr_text=["a sale", "two words", "now"])
    read = modalities_table.own(table, pictures[:2], True, Job())
    assert read.ads[2] is None
    assert "row 3" in read.notes[0]
    assert read.ads[0].result("appeal", Mode.TEXT_ONLY) is not None


def test_a_bad_file_is_refused_with_its_reason_and_the_form_stays(start):
    bad = File("ads.csv", b"title,impressions\nx,many\n")
    with pytest.raises(TableError, match="one problem"):
        modalities_table.own(bad, [], False, Job())
    with pytest.raises(InputError, match="Nothing was given"):
        modalities_table.own(None, [], False, Job())
    app = start(what=modalities_page.TABLE)
    registry = jobs.jobs()
    app.session_state[modalities_table.JOB] = key = registry.start(lambda job: modalities_table.own(bad, [], True, job))
    registry.get(key).future.exception(60)
    app.run()
    assert "impressions" in app.error[0].value
    assert app.checkbox(key="modalities.words")


def test_a_cancelled_job_keeps_nothing(start):
    app = start(what=modalities_page.TABLE)
    job = Job()
    job.cancel()
    with pytest.raises(jobs.Stopped):
        modalities_table.own(*files(2), False, job)
    assert not app.exception


def test_user_text_is_escaped_in_cases_and_cells(app_on):
    table, pictures = files(2, title=["<script>x</script>", "=1+1"], relevance_grade=None)
    read = modalities_table.own(table, pictures, False, Job())
    html = modalities_results.cases(read, "conversion", [0, 1])
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    rows = list(csv.DictReader(io.StringIO(modalities_exports.table_csv(read))))
    assert rows[1]["title"] == "'=1+1"


def test_shares_in_the_bars_add_up_to_all(app_on):
    modes = modalities.reader().read(caching.creative_of(replace(FIRST, ocr_text="SALE")))
    for head in ("relevance", "appeal"):
        for mode in Mode:
            assert sum(share for _, share in modalities_ad.shares_of(modes.result(head, mode))) == pytest.approx(1)
