from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO

import pytest
from helpers.fake_assessor import assessment, result

from adlab.app.exports import assessment_csv, assessment_json, history_csv, history_json, safe_cell
from adlab.app.history import Entry
from adlab.app.state import Ad, Picture
from adlab.data.assessment import Assessment

AD = Ad(picture=Picture(b"pixels", "shoe.jpg"), title="=HYPERLINK(1)", description="Ünïcode, with a comma")
ENTRY = Entry(datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC), "+1 offer", assessment())


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text)))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@sum", "\tx", "\r=x", "  =1"])
def test_a_text_that_starts_like_a_formula_is_disarmed(text):
    assert safe_cell(text) == "'" + text


@pytest.mark.parametrize("value", ["a=b", "", "5 + 5", -3.5, 0, "’=1"])
def test_other_cells_are_left_alone(value):
    assert safe_cell(value) == value


def test_json_holds_the_copy_and_an_assessment_that_can_be_rebuilt():
    plain = json.loads(assessment_json(AD, assessment()))
    assert plain["ad"]["title"] == "=HYPERLINK(1)"
    assert plain["ad"]["picture"] == "shoe.jpg"
    assert Assessment.from_dict(plain["assessment"]) == assessment()


def test_csv_holds_every_number_of_the_card_with_its_provenance():
    table = rows(assessment_csv(AD, assessment()))
    assert [row["number"] for row in table] == [
        "score",
        "percentile",
        "percentile",
        "cosine",
        "reading: brightness",
        "reading: length",
    ]
    score = table[0]
    assert (score["value"], score["low"], score["high"], score["level"]) == ("71.3", "62.0", "79.5", "0.9")
    assert {row["sha256"] for row in table} == {"ab" * 32}
    assert {row["title"] for row in table} == {"'=HYPERLINK(1)"}
    assert table[1]["n"] == "1000"


def test_words_given_for_the_picture_stand_beside_the_copy_and_only_then():
    given = replace(AD, ocr_text="=SALE")
    assert json.loads(assessment_json(given, assessment()))["ad"]["ocr_text"] == "=SALE"
    assert {row["ocr_text"] for row in rows(assessment_csv(given, assessment()))} == {"'=SALE"}
    assert "ocr_text" not in json.loads(assessment_json(AD, assessment()))["ad"]
    assert "ocr_text" not in rows(assessment_csv(AD, assessment()))[0]


def test_a_negative_number_stays_a_number_in_csv():
    table = rows(assessment_csv(AD, assessment(details={"cosine": -0.25})))
    assert table[3]["value"] == "-0.25"


def test_history_uses_the_columns_of_the_command_line():
    (row,) = rows(history_csv([ENTRY]))
    assert row["cosine"] == "0.4312"
    assert (row["agreement"], row["agreement_low"], row["agreement_high"]) == ("71.3", "62.0", "79.5")
    assert row["label"] == "'+1 offer"
    assert row["created_at"] == "2030-01-02T03:04:05+00:00"


def test_assessments_with_other_heads_share_one_history_table():
    other = Entry(ENTRY.created, "b", Assessment(content_hash="d", heads=(result("appeal"),)))
    first, second = rows(history_csv([ENTRY, other]))
    assert first["appeal"] == second["agreement"] == ""
    assert second["appeal"] == "4.6"


def test_history_json_is_a_list_of_whole_assessments():
    (plain,) = json.loads(history_json([ENTRY]))
    assert Assessment.from_dict(plain["assessment"]) == ENTRY.assessment


def test_the_audience_stands_beside_the_click_rate_and_beside_no_other_score():
    both = replace(assessment(), heads=(result(), result("ctr")), context={"gender": "male", "hour": 0})
    table = rows(assessment_csv(AD, both))
    assert {(row["head"], row["gender"], row["hour"]) for row in table} == {("agreement", "", ""), ("ctr", "male", "0")}
    (row,) = rows(history_csv([ENTRY._replace(assessment=both)]))
    assert (row["gender"], row["hour"], row["ctr"]) == ("male", "0", "0.0041")
    assert json.loads(assessment_json(AD, both))["assessment"]["context"] == {"gender": "male", "hour": 0}
