"""A table of one's own in the layout of CommercialAds: split, beside the public data or alone, trained, measured."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers.brief_training import brief
from helpers.pictures import picture
from helpers.tiny_models import save_vision

from adlab.checkpoints.relevance import HEAD
from adlab.data.assessment import DataKind
from adlab.errors import ConfigError, DataUnavailableError, InputError
from adlab.evaluation.relevance import measure_teacher
from adlab.inference.assessor import Assessor
from adlab.training.adscvlr_finetune_data import drawn_rows
from adlab.training.adscvlr_finetune_task import SHARES, with_own_share
from adlab.training.adscvlr_pretrain_data import pictured_ads
from adlab.training.adscvlr_run import RelevanceRun, train_relevance
from adlab.training.adscvlr_sources import Sources, content_of
from adlab.training.relevance_data import OwnPairs, read_relevance

HEADER = "query,title,seller,brand,description,image,label\n"
PICTURES = 6
NAMES = ("Bad", "Fair", "Good", "Excellent")


def row(n: int, query: int) -> str:
    """Every third ad has no picture, one names a picture that is not there, and thirty are of an earlier product."""
    image = "gone.jpg" if n == 1 else "" if n % 3 == 2 else f"{n % PICTURES}.jpg"
    return f"wanted {query},offer {n % 150},shop {n % 150},,words of copy,{image},{NAMES[n % 4]}\n"


def write(folder: Path, rows: list[str]) -> Path:
    folder.mkdir(exist_ok=True)
    for number in range(PICTURES):
        picture(number).save(folder / f"{number}.jpg")
    (folder / "pairs.csv").write_text(HEADER + "".join(rows))
    return folder / "pairs.csv"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """60 queries with 3 ads each, of which the pictures are few, and CrowdFlower with one query of the same."""
    found = tmp_path_factory.mktemp("own")
    write(found, [row(n, n // 3) for n in range(180)])
    (found / "crowdflower-relevance").mkdir()
    header = "id,query,product_title,product_description,median_relevance,relevance_variance\n"
    lines = [f"{n},{'wanted 7' if n < 3 else f'query {n // 3}'},title {n},copy,{n % 4 + 1},0\n" for n in range(90)]
    (found / "crowdflower-relevance" / "relevance.csv").write_text(header + "".join(lines))
    return found


def own_in(folder: Path, **changes) -> OwnPairs:
    return OwnPairs(**{"table": folder / "pairs.csv", "images": folder, **changes})


def units_in_two_parts(found) -> set[str]:
    part_of: dict[str, set[str]] = {}
    for pair, part in zip(found.data.pairs, found.parts, strict=True):
        for unit in ("query", "image", "product"):
            if part and pair.unit(unit):
                part_of.setdefault(f"{unit} {pair.unit(unit)}", set()).add(part)
    return {unit for unit, parts in part_of.items() if len(parts) > 1}


def test_a_table_that_falls_apart_is_divided_without_loss_and_shares_nothing(folder):
    found = read_relevance(folder, (), own=own_in(folder, images=None))
    assert (len(found.data), found.parts.count("")) == (180, 0)
    assert {"train", "dev", "test"} == set(found.parts)
    assert not units_in_two_parts(found)


def test_a_table_that_hangs_together_is_divided_by_query_and_loses_what_would_be_in_two_parts(folder):
    found = read_relevance(folder, (), own=own_in(folder))  # six pictures tie all queries to each other
    assert found.parts.count("") > 0
    assert {"train", "test"} <= set(found.parts)
    assert not units_in_two_parts(found)


def test_the_table_joins_the_others_and_no_query_is_in_two_parts_across_them(folder):
    found = read_relevance(folder, ["crowdflower"], own=own_in(folder, images=None))
    assert {pair.source for pair in found.data.pairs} == {"crowdflower", "commercial-ads"}
    seen = {part for pair, part in zip(found.data.pairs, found.parts, strict=True) if pair.query == "wanted 7" and part}
    assert len(seen) == 1
    with pytest.raises(ConfigError, match="no source"):
        read_relevance(folder, ())


def test_labels_are_human_unless_the_user_says_that_a_rule_gave_them(folder):
    assert read_relevance(folder, (), own=own_in(folder)).data.labels == {"human"}
    assert read_relevance(folder, (), own=own_in(folder, labels="rule")).data.labels == {"rule"}


def test_a_folder_without_any_of_the_pictures_is_refused(folder, tmp_path):
    with pytest.raises(DataUnavailableError, match=r"None of the pictures that pairs\.csv names"):
        read_relevance(folder, (), own=own_in(folder, images=tmp_path))


def test_an_edited_table_is_another_training(folder, tmp_path):
    table = write(tmp_path / "a", [row(0, 0)])
    before = content_of(Sources(folder=tmp_path, own=OwnPairs(table=table)))
    table.write_text(table.read_text() + row(1, 1))
    assert content_of(Sources(folder=tmp_path, own=OwnPairs(table=table))) != before
    assert content_of(Sources(folder=tmp_path)) == ""


@pytest.mark.parametrize("names", [("crowdflower", "flickr8k", "fashion"), ("simulated",), ()])
def test_the_table_has_the_share_of_an_epoch_that_was_asked_for(names):
    shares = with_own_share(0.4, names)
    graded = [key for key in SHARES if key.split("-")[0] in names]
    sources = np.array([*graded, "commercial-ads"] * 50)
    drawn = sources[drawn_rows(sources, shares, 1000, np.random.default_rng(0))]
    assert (drawn == "commercial-ads").mean() == pytest.approx(0.4 if names else 1.0, abs=0.005)
    for wrong in (0.0, 1.0):
        with pytest.raises(ConfigError, match="above 0, below 1"):
            with_own_share(wrong, names)


def test_pre_training_takes_the_ads_that_answer_well_and_have_a_picture(folder):
    data = read_relevance(folder, (), own=own_in(folder)).data
    found = pictured_ads(data)
    assert {pair.image for pair in found} <= {f"commercial-ads:{n}.jpg" for n in range(PICTURES)}
    expected = sum(pair.grade >= 2 and bool(pair.image) for pair in data.pairs)
    assert len(found) == expected > 0
    assert found[0].seller.startswith("shop")


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    root = tmp_path_factory.mktemp("own-models") / "models"
    save_vision(root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ADLAB_CACHE", str(root.parent / "cache"))
        patch.setenv("ADLAB_MODELS", str(root))
        yield root


@pytest.fixture(autouse=True)
def cache(request, monkeypatch):
    if "models" in request.fixturenames:
        monkeypatch.setenv("ADLAB_CACHE", str(request.getfixturevalue("models").parent / "cache"))
        monkeypatch.setenv("ADLAB_MODELS", str(request.getfixturevalue("models")))


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """Every third ad has a picture of its own: the table falls apart, and its parts have pairs of all modes."""
    folder = tmp_path_factory.mktemp("alone")
    rows = []
    for n in range(240):
        image = "gone.jpg" if n == 1 else f"{n}.jpg" if n % 3 == 0 else ""
        if n % 3 == 0:
            picture(n).save(folder / image)
        rows.append(f"wanted {n // 3},offer {n},shop {n},,words of copy,{image},{NAMES[(n + 2 * (n // 3)) % 4]}\n")
    (folder / "pairs.csv").write_text(HEADER + "".join(rows))
    return folder


@pytest.fixture(scope="module")
def trained(models, table):
    """Trained on the table alone; the folder of public data sets does not exist."""
    return train_relevance(
        RelevanceRun(
            sources=Sources(folder=table / "nowhere", names=(), own=own_in(table), side=1),
            out=models / "relevance-own",
            **brief(),
        )
    )


@pytest.mark.slow
def test_the_card_of_a_training_on_the_table_alone_says_whose_labels_and_whose_terms(trained):
    assert (trained.heads, trained.data_kind) == ((HEAD,), DataKind.HUMAN_LABELS)
    assert trained.trained_on.startswith("judged by people: commercial-ads (")
    assert trained.terms.startswith("user's own (commercial-ads); encoders:")
    assert "image is not in the folder: 1 (gone.jpg)" in trained.training.data
    by_name = {measure.name: measure for measure in trained.measures}
    for mode in ("image-text", "text-only", "image-only"):
        assert by_name[f"Spearman: commercial-ads, {mode}"].data == f"commercial-ads, test pairs, {mode}, human labels"


@pytest.mark.slow
def test_what_learned_from_a_table_is_measured_on_its_test_part_and_others_on_all_of_it(trained, table, models):
    sources = Sources(folder=table / "nowhere", names=(), own=own_in(table))
    own = {measure.name: measure for measure in measure_teacher(trained, table, sources=sources)}
    card = {measure.name: measure for measure in trained.measures}
    name = "AUC: commercial-ads, text-only"
    assert own[name].n == card[name].n < 100
    assert own[name].value == pytest.approx(card[name].value, abs=1e-6)
    foreign = replace(trained, trained_on="judged by people: crowdflower (9 pairs)")
    whole = {measure.name: measure for measure in measure_teacher(foreign, table, sources=sources)}
    assert whole[name].n == 240


@pytest.mark.slow
def test_what_learned_from_ones_own_table_serves_before_what_ships(trained, tiny_models, models, tmp_path):
    root = tmp_path / "models"
    shutil.copytree(tiny_models, root)
    before = Assessor(models=root, device="cpu")
    assert before.relevance.manifest.name == "adscvlr-tiny"
    assert before.relevance.student is not None
    shutil.copytree(models / "relevance-own", root / "relevance-own")
    after = Assessor(models=root, device="cpu")
    assert after.relevance.manifest.name == "relevance-own"
    assert after.relevance.student is None  # the student there approximates another teacher


def test_a_table_too_small_to_train_on_is_named(models, folder, tmp_path):
    table = write(tmp_path / "small", [row(n, n) for n in range(3)])
    run = RelevanceRun(
        sources=Sources(folder=tmp_path, names=(), own=OwnPairs(table=table)), out=models / "none", device="cpu"
    )
    with pytest.raises(InputError, match="too few to halve by query"):
        train_relevance(run)
