from __future__ import annotations

import json
import math
from dataclasses import fields, is_dataclass, replace

import pytest

from adlab.data.assessment import (
    SCHEMA_VERSION,
    Assessment,
    DataKind,
    HeadResult,
    Interval,
    Percentile,
    Provenance,
    Reading,
)
from adlab.errors import AdlabError

PROVENANCE = Provenance(
    checkpoint="focal-flickr8k",
    sha256="ab" * 32,
    data_kind=DataKind.MATCHED_PAIRS,
    trained_on="Flickr8k, train split",
    terms="research only",
    device="cpu",
    precision="float32",
    adlab_version="0.1.0",
)
AGREEMENT = HeadResult(
    head="agreement",
    value=0.1 + 0.2,  # not exact in decimal: a rounded JSON would show
    unit="percentile",
    scale=(0.0, 100.0),
    interval=Interval(
        low=1 / 3, high=2 / 3, level=0.9, kind="spread of five members", measured_coverage=0.912, coverage_n=1000
    ),
    percentiles=(
        Percentile(value=61.25, reference="true pairs", n=1000, description="photos with their own caption"),
        Percentile(value=99.5, reference="mismatched pairs", n=1000, description="photos with another's caption"),
    ),
    provenance=PROVENANCE,
    details={"cosine": math.pi / 10, "tiny": 5e-324},
    readings=(
        Reading(
            space="private image",
            name="brightness",
            percentile=12.5,
            low_word="dark",
            high_word="bright",
            probe_r2=0.43,
        ),
    ),
)
FULL = Assessment(
    content_hash="cd" * 32,
    heads=(AGREEMENT, replace(AGREEMENT, head="ctr", interval=replace(AGREEMENT.interval, measured_coverage=None))),
    not_scored={"relevance": "there is no query"},
    warnings=("The copy “Größe 靴” is not English.",),
    context={"gender": "female", "hour": 18},
)


def test_json_gives_back_an_equal_assessment():
    assert Assessment.from_dict(json.loads(FULL.to_json())) == FULL
    assert Assessment.from_dict(json.loads(FULL.to_json(indent=None))) == FULL
    assert Assessment.from_dict(FULL.to_dict()) == FULL


def test_an_empty_assessment_survives_too():
    empty = Assessment(content_hash="0")
    assert Assessment.from_dict(json.loads(empty.to_json())) == empty


def test_json_is_stable_under_a_second_round_trip():
    assert Assessment.from_dict(json.loads(FULL.to_json())).to_json() == FULL.to_json()


def test_types_come_back_not_only_values():
    back = Assessment.from_dict(json.loads(FULL.to_json()))
    assert isinstance(back.heads, tuple)
    assert isinstance(back.heads[0].scale, tuple)
    assert isinstance(back.heads[0].percentiles[0], Percentile)
    assert isinstance(back.heads[0].readings[0], Reading)
    assert back.heads[0].provenance.data_kind is DataKind.MATCHED_PAIRS


def changed(value):
    """Another value of the same type."""
    if isinstance(value, DataKind):
        return DataKind.SIMULATION
    if isinstance(value, dict):
        return {**value, "further": next(iter(value.values()))}
    if isinstance(value, tuple):
        return value[:-1]
    return f"{value}!" if isinstance(value, str) else (value or 0) + 1


def with_part(part):
    if isinstance(part, HeadResult):
        return part
    if isinstance(part, Percentile | Reading):
        return replace(AGREEMENT, **{f"{type(part).__name__.lower()}s": (part,)})
    return replace(AGREEMENT, **{type(part).__name__.lower(): part})


@pytest.mark.parametrize(
    "part", [PROVENANCE, AGREEMENT, AGREEMENT.interval, AGREEMENT.percentiles[0], AGREEMENT.readings[0]]
)
def test_no_field_of_a_head_is_lost_on_the_way(part):
    for field in fields(part):
        value = getattr(part, field.name)
        if is_dataclass(value) or field.name == "scale":
            continue
        other = replace(part, **{field.name: changed(value)})
        head = with_part(other)
        assessment = Assessment(content_hash="0", heads=(head,))
        assert assessment != Assessment(content_hash="0", heads=(AGREEMENT,)), field.name
        assert Assessment.from_dict(json.loads(assessment.to_json())) == assessment, field.name


def test_other_scripts_are_written_as_they_are():
    assert "Größe 靴" in FULL.to_json()


@pytest.mark.parametrize("version", [0, SCHEMA_VERSION + 1, None])
def test_another_schema_version_is_refused_with_a_remedy(version):
    plain = FULL.to_dict() | {"schema_version": version}
    with pytest.raises(AdlabError, match=f"schema_version is {version}, this adlab reads 1; assess the ad again"):
        Assessment.from_dict(plain)


def test_a_head_is_found_by_name():
    assert FULL.head("agreement") == AGREEMENT
    assert FULL.head("funnel") is None


def test_the_kinds_of_data_read_as_words():
    assert json.loads(FULL.to_json())["heads"][0]["provenance"]["data_kind"] == "photos with captions written by people"
    assert len({kind.value for kind in DataKind}) == len(DataKind)


def test_an_assessment_written_before_contexts_were_read_has_none():
    plain = FULL.to_dict()
    del plain["context"]
    assert Assessment.from_dict(plain) == replace(FULL, context={})
