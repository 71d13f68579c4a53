"""The study on rated ads from the folder to the numbers, on a handful of made-up ads and tiny networks."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from helpers.pictures import caption
from helpers.rated_ads import save_rated_ads
from helpers.tiny_models import save_vision

from adlab.errors import DataUnavailableError
from adlab.evaluation import m2fn_real
from adlab.evaluation.kept import KeptParts
from adlab.evaluation.m2fn_real import RealStudy, reproduce_real
from adlab.evaluation.m2fn_real_conditional import LOW, PLACEMENTS
from adlab.evaluation.m2fn_real_data import CATEGORY, RealAds, identity
from adlab.evaluation.m2fn_real_folds import FoldStudy
from adlab.evaluation.m2fn_real_report import real_section
from adlab.evaluation.m2fn_real_scales import PICTURE
from adlab.evaluation.m2fn_real_variants import Network, baseline, networks
from adlab.evaluation.m2fn_settings import M2FNReproduction
from adlab.evaluation.writing import rounded
from adlab.features.ocr import OcrText, TextBox
from adlab.training import appeal_data
from adlab.training.appeal_task import AppealTraining

ADS = 24
QUICK = AppealTraining(epochs=2)
SMALL = RealStudy(
    repeats=1,
    folds=3,
    conditional_repeats=1,
    conditional_folds=2,
    conditional_size=32,
    conditional=AppealTraining(epochs=1, batch_size=8),
    networks=tuple(
        Network(
            name=name,
            shape=baseline(name.split("+")[0].replace("nima-emd", "nima")),
            attributes=attributes,
            training=QUICK,
            scales={PICTURE: 0.5, "category": 2.0} if "category" in attributes else {},
        )
        for name, attributes in (
            ("m2fn", ("ocr", "size")),
            ("m2fn+category", ("ocr", "size", "category")),
            ("nima-emd", ()),
            ("attributes-m2fn", ("colour", "rater")),
        )
    ),
    attribute_networks=tuple(
        Network(name=name, shape=baseline("cat"), attributes=attributes, training=QUICK, members=1)
        for name, attributes in (("full", ("ocr", "category", "size", "colour")), ("only size", ("size",)))
    ),
    resamples=20,
)


def read_all(images, progress):
    """Instead of OCR: a caption for each picture, none in the first."""
    corners = ((0, 0), (9, 0), (9, 9), (0, 9))
    boxes = [TextBox(text=caption(index), confidence=0.9, corners=corners) for index in range(len(images))]
    return [OcrText(boxes=(box,) if index else ()) for index, box in enumerate(boxes)]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Ads, and a models folder with a tiny encoder."""
    folder = tmp_path_factory.mktemp("real")
    save_vision(folder / "models")
    told = ("democrat", "republican", "other")
    save_rated_ads(
        folder / "bad-ads",
        ADS,
        contents={"Pets": lambda light: float(light > 3), "Native": lambda light: float(light % 2)},
        first=100,
        rater=lambda index, rating: (index + rating**2) % 19,
        people=[f"{rater},{1 + rater % 7},{('Yes', 'No')[rater % 2]},{told[rater % 3]}" for rater in range(19)],
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ADLAB_CACHE", str(folder / "cache"))
        patch.setenv("ADLAB_MODELS", str(folder / "models"))
        patch.setattr(appeal_data, "read_all", read_all)
        yield folder


@pytest.mark.slow
def test_every_model_is_measured_and_a_second_call_takes_what_was_kept(root, monkeypatch):
    how = M2FNReproduction(data=root / "bad-ads")
    steps = []
    results = reproduce_real(how, lambda done, total: steps.append((done, total)), SMALL)
    names = {row["name"] for row in results["table"]}
    assert names >= {"m2fn", "m2fn+category", "nima-emd", "mean of ridges+category", "svm-rbf: attributes"}
    assert [row["name"] for row in results["conditional"]] == list(PLACEMENTS)
    assert [row["name"] for row in results["low"]] == list(LOW)
    assert [row["name"] for row in results["attributes"]] == ["full", "only size"]
    assert results["missing"] == []
    assert results["about"]["scales"] == {"m2fn+category": {"picture": 0.5, "category": 2.0}}
    assert steps[-1][0] == steps[-1][1]
    assert results["gains"]["without"]["name"] == "m2fn"
    assert all(-1 <= row["sprc_mean"]["low"] <= row["sprc_mean"]["high"] <= 1 for row in results["table"])
    json.dumps(rounded(results), allow_nan=False)
    assert "### Conditional batch norm" in real_section(rounded(results))

    def refuse(*_):
        raise AssertionError("measured again")

    monkeypatch.setattr(m2fn_real, "measure_network", refuse)
    monkeypatch.setattr(m2fn_real, "measure_plain", refuse)
    assert reproduce_real(how, size=SMALL)["table"] == results["table"]


@pytest.mark.slow
def test_a_spent_budget_leaves_parts_out_and_says_so(root, monkeypatch):
    monkeypatch.setattr(m2fn_real, "measure_network", lambda *_: {"shares": np.full((1, ADS, 7), 1 / 7)})
    found = m2fn_real._measure(
        {"network-a-0": lambda: {"x": np.zeros(1)}, "network-b-0": lambda: {"x": np.zeros(1)}},
        KeptParts(root / "cache" / "budget"),
        1e-9,
        lambda *_: None,
    )
    assert list(found) == ["network-a-0"]  # the first always is


def ads(count=30):
    rng = np.random.default_rng(0)
    rows = tuple(
        {
            "aspect": float(value),
            "area": 10 + float(value),
            "words": 2.0,
            "colour": "red" if value > 0 else "blue",
            "attitude": None if index == 3 else 4 + float(value),
            "adblocker": float(value > 0),
            "democrat": 0.5 + 0.1 * float(value),
            "republican": 0.2 + 0.1 * float(value),
            **({CATEGORY + "Pets": "yes"} if value > 0 else {}),
            **({CATEGORY + "Rare": "yes"} if index == 0 else {}),
        }
        for index, value in enumerate(rng.normal(size=count))
    )
    rows = tuple({**row, "words": float(index % 5)} for index, row in enumerate(rows))
    counts = rng.integers(1, 5, size=(count, 7))
    return RealAds(
        maps=None, squares=None, rows=rows, text=np.ones((count, 4), np.float32), counts=counts, labels=("Pets", "Rare")
    )


def test_attributes_are_those_asked_for_and_come_from_training_ads_only():
    own, train = ads(), np.arange(1, 20)
    widths = {name: own.vectors(train, (name,)).shape[1] for name in ("ocr", "category", "size", "colour", "rater")}
    assert widths == {"ocr": 1 + 4, "category": 1, "size": 2, "colour": 10, "rater": 4}  # no training ad is "Rare"
    assert own.vectors(np.arange(20), ("category",)).shape[1] == 2
    size = own.vectors(train, ("size",))
    np.testing.assert_allclose(size[train].mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(size[train].std(axis=0), 1, atol=1e-5)
    pets = own.vectors(train, ("category",))[:, 0]
    assert list(pets) == [float(CATEGORY + "Pets" in row) for row in own.rows]
    assert own.vectors(train, ("rater",))[3, 0] == 0  # unknown
    assert own.vectors(train, ()).shape == (30, 0)


def test_a_scale_is_a_factor_of_every_column_of_its_attribute_and_of_no_other():
    own, train, attributes = ads(), np.arange(20), ("ocr", "category", "size", "colour", "rater")
    plain = own.vectors(train, attributes)
    columns = own.schema(train, attributes).slices
    parts = {
        "ocr": ("ocr", "words"),
        "category": (CATEGORY + "Pets", CATEGORY + "Rare"),
        "size": ("aspect", "area"),
        "colour": ("colour",),
        "rater": ("attitude", "adblocker", "democrat", "republican"),
    }
    assert sorted(name for names in parts.values() for name in names) == sorted(columns)
    for attribute, names in parts.items():
        wanted = plain.copy()
        for name in names:
            wanted[:, columns[name]] *= 3
        np.testing.assert_array_equal(own.vectors(train, attributes, {attribute: 3.0}), wanted)
    np.testing.assert_array_equal(own.vectors(train, attributes, {"picture": 3.0}), plain)


def test_every_model_meets_the_same_folds():
    study = FoldStudy(ads=ads(), backbone=None, shape=None, repeats=2, folds=5, seed=3)
    first, second = study.draws(), study.draws()
    for own, other in zip(first, second, strict=True):
        assert [list(test) for _, test in own] == [list(test) for _, test in other]
        assert sorted(np.concatenate([test for _, test in own])) == list(range(30))
    assert [list(test) for _, test in first[0]] != [list(test) for _, test in first[1]]
    other = replace(study, seed=4).draws()
    assert [list(test) for _, test in first[0]] != [list(test) for _, test in other[0]]


def test_kept_parts_belong_to_the_data_and_the_settings(root, tmp_path):
    assert identity(root / "bad-ads", 1) == identity(root / "bad-ads", 1)
    assert identity(root / "bad-ads", 1) != identity(root / "bad-ads", 2)
    (tmp_path / "ratings.csv").write_text("a")
    before = identity(tmp_path, 1)
    (tmp_path / "ratings.csv").write_text("b")
    assert identity(tmp_path, 1) != before


def test_networks_have_their_own_names_and_nima_its_own_losses():
    names = [network.name for network in networks()]
    assert len(set(names)) == len(names)
    nima = {network.name: network.training for network in networks() if network.name.startswith("nima")}
    assert (nima["nima-emd"].loss, nima["nima-kld"].loss) == ("emd", "kld")
    assert {training.weight_mean for training in nima.values()} == {0.0}


def test_rated_ads_must_be_named():
    with pytest.raises(DataUnavailableError, match="--data"):
        reproduce_real(M2FNReproduction())
