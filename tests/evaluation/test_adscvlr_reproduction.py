"""`reproduce adscvlr`: what an arm sees, auctions by hand, and every part on a little data, kept and reported."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers.public_layouts import write_crowdflower, write_photos
from helpers.tiny_models import RELEVANCE, save_relevance, save_vision

from adlab.data.relevance import RelevancePair
from adlab.encoders.text import load_minilm
from adlab.errors import ConfigError, InputError, UnknownNameError
from adlab.evaluation import adscvlr_tables
from adlab.evaluation.adscvlr import command_of, reproduce_adscvlr
from adlab.evaluation.adscvlr_areas import JudgedPairs, Step, by_source, gain_by_source, gains
from adlab.evaluation.adscvlr_arms import ARMS, seen_pair
from adlab.evaluation.adscvlr_auction import CANDIDATES, Market, compared, make_market, replay
from adlab.evaluation.adscvlr_clip import CLIP_KINDS
from adlab.evaluation.adscvlr_faithfulness import summary
from adlab.evaluation.adscvlr_report import render
from adlab.evaluation.adscvlr_settings import FOLDS, PARTS, AdsCVLRReproduction
from adlab.simulator.plan import plan_ad
from adlab.training.relevance_data import OwnPairs

PHOTOS = 8


def pair(**fields: object) -> RelevancePair:
    values = {"query": "shoe", "title": "a shoe", "image": "key", "grade": 2, "labels": "rule", "source": "web"}
    return RelevancePair(**(values | fields))


def test_an_arm_sees_what_it_may_and_drops_what_is_left_with_nothing():
    assert seen_pair(pair(), "both") == pair()
    assert seen_pair(pair(), "text") == pair(image="")
    assert seen_pair(pair(brand="Acme"), "image") == pair(title="")
    assert seen_pair(pair(title=""), "text") is None
    assert seen_pair(pair(image=""), "image") is None
    with pytest.raises(ConfigError, match="sees is 'ears'"):
        seen_pair(pair(), "ears")


def test_every_number_of_the_papers_tables_has_its_row():
    paper = {table: {arm.key: arm.tables[table] for arm in ARMS if table in arm.tables} for table in ("1", "2", "3")}
    paper["1"] |= {kind: tables["1"] for kind, (_, tables) in CLIP_KINDS.items()}
    assert paper["1"] == {
        "text": 82.15,
        "clip": 81.16,
        "unicoder_image": 83.16,
        "clip_a": 81.98,
        "clip_mh": 82.18,
        "unicoder": 87.90,
        "full": 89.16,
    }  # and ViLT, 82.23
    assert paper["2"] == {"image": 80.03, "text": 86.93, "both": 87.10, "contrast": 87.74}
    assert paper["3"] == {"full": 89.16, "a": 87.40, "b": 88.69, "c": 88.72, "d": 88.81, "e": 88.78}
    assert len({arm.key for arm in ARMS}) == len(ARMS)
    by_key = {arm.key: arm for arm in ARMS}
    assert by_key["unicoder"].weights.caption == by_key["unicoder"].contrast == 0
    assert (by_key["text"].sees, by_key["unicoder_image"].sees, by_key["full"].sees) == ("text", "image", "both")
    assert by_key["unicoder_image"].weights == by_key["unicoder"].weights
    assert by_key["a"].weights.masked_language > 0
    assert not by_key["a"].texts_alone


def test_auc_is_the_mean_over_seeds_and_a_source_that_is_not_read_is_left_out():
    grades, units = np.array([0, 1, 0, 1, 3, 3]), np.array(["a", "a", "b", "b", "c", "d"])
    sources = np.array(["web"] * 4 + ["shop"] * 2)
    good, bad = np.array([0.1, 0.9, 0.2, 0.8, 1, 1]), np.array([0.9, 0.1, 0.2, 0.8, 1, 1])
    test = JudgedPairs(grades, sources, units)
    found = by_source([good, bad], test)
    assert found["web"]["value"] == pytest.approx((1.0 + 0.25) / 2)
    assert (found["web"]["low"] <= found["web"]["value"] <= found["web"]["high"], found["web"]["n"]) == (True, 4)
    assert set(found) == {"web"}  # of shop's pairs, all are relevant
    assert by_source([np.where(sources == "web", np.nan, 1)], test) == {}


def test_a_gain_is_that_of_the_seeds_both_rows_have_and_of_one_score_against_all():
    grades, units = np.array([0, 1, 0, 1]), np.array(["a", "a", "b", "b"])
    test = JudgedPairs(grades, np.array(["web"] * 4), units)
    good, half, bad = np.array([0.1, 0.9, 0.2, 0.8]), np.full(4, 0.5), np.array([0.9, 0.1, 0.8, 0.2])
    assert gain_by_source([good, bad], [half, bad, good], test)["web"]["value"] == pytest.approx((0.5 + 0) / 2)
    assert gain_by_source([good, good], [half], test)["web"]["value"] == pytest.approx(0.5)
    same = gain_by_source([good], [good], test)["web"]
    assert (same["value"], same["low"], same["high"]) == (0, 0, 0)
    (step,) = gains({"x": [good], "y": [bad]}, [Step("x", "y", "a thing"), Step("x", "z", "another")], test)
    assert (step["name"], step["auc"]["web"]["value"]) == ("a thing", 1.0)


def test_the_report_says_what_each_step_adds_and_nothing_where_no_step_was_measured():
    area = {"value": 0.8, "low": 0.7, "high": 0.85, "n": 9}
    rows = [{"key": "three", "name": "row", "paper": {"2": 87.1}, "seeds": 2, "auc": {"shop": area, "web": area}}]
    steps = [{"name": "a step", "auc": {"web": {"value": -0.0012, "low": -0.01, "high": 0.002, "n": 9}}}]
    about = {"train": 5, "test": 6, "pairs": 7, "learning_rate": 2e-4, "missing": []}
    stored = {"tables": {"command": "x", "results": {"rows": rows, "steps": steps, "about": about}}}
    assert "| a step | – | -0.12 (-1.00 – +0.20) |" in render(stored)
    stored["tables"]["results"]["steps"] = []
    assert "What each step adds" not in render(stored)


def test_the_report_says_behind_every_source_who_graded_its_pairs():
    area = {"value": 0.8, "low": 0.7, "high": 0.85, "n": 9}
    auc = {"crowdflower": area, "fashion": area, "simulated": area, "elsewhere": area}
    rows = [{"key": "three", "name": "row", "paper": {"1": 87.1}, "seeds": 2, "auc": auc}]
    about = {"train": 5, "test": 6, "pairs": 7, "learning_rate": 2e-4, "missing": []}
    tables = {"rows": rows, "steps": [{"name": "a step", "auc": auc}], "about": about}
    change = {"value": 0.1, "low": 0.0, "high": 0.2}
    taken = {"kind": "words", "n": 3, "most": 0.1, "random": 0.2, "least": 0.3}
    explained = [{"source": source, **taken, "below_random": change, "above_random": change} for source in auc]
    stored = {
        "tables": {"command": "x", "results": tables},
        "faithfulness": {"command": "x", "results": {"rows": explained, "orders": 5}},
    }
    report = render(stored)
    headings = "crowdflower (people) | elsewhere | fashion (rule) | simulated (simulated) |"
    assert report.count(headings) == 4  # three tables, and what each step adds
    for words in ("crowdflower (people)", "fashion (rule)", "simulated (simulated)", "elsewhere"):
        assert f"| {words} | words | 3 |" in report
    assert report.count("who graded its pairs") == 2
    assert "ViLT (82.23 in the paper) is not built" in report


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({"photos": 20, "unjudged": 50}, "20 of the 50 test photos of Flickr8k that nobody judged, drawn by the seed"),
        ({"photos": 20, "unjudged": 50}, "all of them would be 2,500 pairs in place of 400, one caption each"),
        ({"photos": 50, "unjudged": 50}, "All 50 test photos of Flickr8k that nobody judged, one caption each"),
        ({"photos": 20}, "\n\n20 test photos of Flickr8k that nobody judged, one caption each"),  # stored before
    ],
)
def test_the_report_says_how_many_photos_there_are_and_why_a_part_is_taken(counts, words):
    assert words in render({"retrieval": {"command": "x", "results": {"rows": [], "paper": {}, **counts}}})


def test_an_auction_by_hand():
    market = Market(
        [], grades=np.array([[0, 3, 2]]), rates=np.array([[0.2, 0.1, 0.05]]), bids=np.array([[2.0, 1.0, 1.0]])
    )
    open_to_all = replay(market, np.zeros((1, 3)), 3)  # ad 0 wins: 0.4 against 0.1, and pays 0.1 / 0.2 a click
    odds = 0.2 / 0.8 * np.exp(-1.5)
    assert open_to_all.clicks[0] == pytest.approx(odds / (1 + odds))
    assert open_to_all.revenue[0] == pytest.approx(0.5 * odds / (1 + odds))
    assert open_to_all.grades.tolist() == [0]
    filtered = replay(market, np.array([[0.0, 0.9, 0.8]]), 2)  # ad 1 wins over ad 2 and pays 0.05 / 0.1
    assert filtered.clicks[0] == pytest.approx(0.1)
    assert filtered.revenue[0] == pytest.approx(0.5 * 0.1)
    assert filtered.grades.tolist() == [3]


def test_a_filter_by_the_planted_grade_gains_clicks_and_the_baseline_differs_from_itself_by_nothing():
    market = make_market([plan_ad(3, index) for index in range(120)], 200, seed=1)
    assert market.grades.shape == (200, CANDIDATES)
    assert len(market.pairs) == 200 * CANDIDATES
    assert len({pair.query for pair in market.pairs[:CANDIDATES]}) == 1
    assert {0, 3} <= set(market.grades.ravel().tolist())
    chance, ceiling = (replay(market, scores, 10) for scores in (np.zeros((200, CANDIDATES)), market.grades))
    same, better = compared("same", chance, chance), compared("ceiling", ceiling, chance)
    assert same["relative_ctr"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    assert better["relative_ctr"]["low"] > 0
    assert better["grade"] > same["grade"]
    with pytest.raises(InputError, match="needs 20 or more"):
        make_market([plan_ad(3, 0)], 2)


def test_faithfulness_compares_with_random_orders_and_leaves_out_ads_without_such_parts():
    areas = np.array([[0.2, 0.7, 0.5], [0.3, 0.5, 0.4], [np.nan] * 3])
    row = summary("web", "words", areas, np.array(["a", "b", "c"]))
    assert (row["n"], row["most"]) == (2, pytest.approx(0.25))
    assert row["below_random"]["value"] == pytest.approx(0.2)
    assert row["above_random"]["value"] == pytest.approx(0.15)
    assert summary("web", "regions", areas[2:], np.array(["c"])) is None


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A tiny teacher, 40 judged queries, and photos without judgements beside two with them."""
    folder = tmp_path_factory.mktemp("reproduced")
    models, photos = folder / "models", folder / "data" / "flickr8k"
    save_relevance(models, save_vision(models), load_minilm())
    write_crowdflower(folder / "data", 120)
    write_photos(photos, PHOTOS)
    judged = [f"{row}.jpg\t{other}.jpg#0\t{row % 3 + 1}\t2\t2" for row in range(2) for other in range(2)]
    (photos / "ExpertAnnotations.txt").write_text("\n".join(judged) + "\n")
    (photos / "CrowdFlowerAnnotations.txt").write_text("0.jpg\t1.jpg#2\t0.0\t0\t3\n1.jpg\t0.jpg#2\t1.0\t3\t0\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ADLAB_CACHE", str(folder / "cache"))
        patch.setenv("ADLAB_MODELS", str(models))
        yield folder


@pytest.fixture
def how(root, monkeypatch) -> AdsCVLRReproduction:
    monkeypatch.setenv("ADLAB_CACHE", str(root / "cache"))
    return AdsCVLRReproduction(
        data=root / "data",
        out=root / "out",
        teacher=RELEVANCE,
        sources=("crowdflower", "simulated"),
        simulated_ads=250,
        pairs=24,
        seeds=1,
        layers=1,
        gallery=4,
        auctions=6,
        explained=3,
        device="cpu",
    )


@pytest.mark.slow
def test_every_part_is_measured_reported_and_kept(root, how, monkeypatch):
    keys = ("text", "image", "d")
    monkeypatch.setattr(adscvlr_tables, "ARMS", tuple(arm for arm in ARMS if arm.key in keys))
    parts = tuple(part for part in PARTS if part != FOLDS)  # two judged photos are too few for folds
    report = reproduce_adscvlr(how, parts)
    text = report.read_text()
    assert text.count("Made by `python -m adlab reproduce adscvlr --part ") == len(parts)
    stored = {part: json.loads((root / "out" / "adscvlr" / f"{part}.json").read_text())["results"] for part in parts}
    rows = {row["key"]: row for row in stored["tables"]["rows"]}
    assert set(rows) == {"minilm", "joint", "clip", "clip_a", "clip_mh", *keys}
    assert set(rows["text"]["auc"]) == {"crowdflower", "simulated"}
    assert set(rows["image"]["auc"]) == set(rows["joint"]["auc"]) == {"simulated"}
    assert stored["tables"]["about"]["missing"] == []
    assert (stored["retrieval"]["photos"], stored["retrieval"]["unjudged"]) == (4, PHOTOS - 2)
    changes = {row["name"]: row["relative_ctr"]["value"] for row in stored["auction"]["rows"]}
    assert changes[stored["auction"]["baseline"]] == 0
    assert {row["source"] for row in stored["faithfulness"]["rows"]} == {"crowdflower", "simulated"}
    assert not list((root / "cache" / "runs").glob("adscvlr-*"))

    def fail(*_, **__):
        raise AssertionError("measured again")

    monkeypatch.setattr(adscvlr_tables, "trained_scores", fail)
    monkeypatch.setattr("adlab.evaluation.adscvlr_faithfulness.measured", fail)
    assert reproduce_adscvlr(how, ("tables", "faithfulness")).read_text() == text


def test_an_unknown_part_is_named_and_what_is_not_measured_says_how_to():
    with pytest.raises(UnknownNameError, match=r"Did you mean 'tables'\?"):
        reproduce_adscvlr(AdsCVLRReproduction(data=None), ("table",))
    assert "Not measured here: `python -m adlab reproduce adscvlr --part auction`" in render({})


def test_the_command_of_a_part_names_what_decides_its_numbers():
    how = AdsCVLRReproduction(data=None, teacher="other", pairs=9, auctions=5, seed=2)
    assert command_of(how, "tables") == "python -m adlab reproduce adscvlr --part tables --pairs 9 --seed 2"
    own = replace(how, own=OwnPairs(table=Path("x/pairs.csv"), images=Path("x")), sources=())
    table = "--table pairs.csv --images DIR --sources none"
    assert command_of(own, "tables") == f"python -m adlab reproduce adscvlr --part tables {table} --pairs 9 --seed 2"
    wanted = "python -m adlab reproduce adscvlr --part auction --teacher other --auctions 5 --seed 2"
    assert command_of(how, "auction") == wanted
    with pytest.raises(ConfigError, match="gallery is 1"):
        AdsCVLRReproduction(data=None, gallery=1)
