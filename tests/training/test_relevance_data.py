from __future__ import annotations

import numpy as np
import pytest

from adlab.data.relevance import RelevancePair, RelevanceSet
from adlab.errors import DataUnavailableError, UnknownNameError
from adlab.training.relevance_data import RelevanceData, join_divided, read_relevance


def graded(queries, source, labels="human", image=""):
    return RelevanceSet(
        tuple(
            RelevancePair(query=q, title="t", image=image, grade=n % 4, labels=labels, source=source)
            for n, q in enumerate(queries)
        )
    )


@pytest.fixture
def folder(tmp_path):
    """CrowdFlower of 60 queries with 3 titles each, Home Depot with 40 of the same and 40 other queries."""
    (tmp_path / "crowdflower-relevance").mkdir()
    (tmp_path / "homedepot").mkdir()
    rows = [f"{n},query {n // 3},title {n},words,{n % 4 + 1},0\n" for n in range(180)]
    header = "id,query,product_title,product_description,median_relevance,relevance_variance\n"
    (tmp_path / "crowdflower-relevance" / "relevance.csv").write_text(header + "".join(rows))
    rows = [f"{n},{n % 50},title {n},query {n // 2 + 20},2.5\n" for n in range(160)]
    header = "id,product_uid,product_title,search_term,relevance\n"
    (tmp_path / "homedepot" / "relevance.csv").write_text(header + "".join(rows))
    return tmp_path


def test_no_query_is_in_two_parts_across_sources(folder):
    found = read_relevance(folder, ["crowdflower", "homedepot", "simulated"], simulated_ads=200)
    assert len(found.data) == 180 + 160 + 200
    part_of = {}
    for query, part in zip(found.data.units("query"), found.parts, strict=True):
        if part:
            part_of.setdefault(query, set()).add(part)
    assert all(len(parts) == 1 for parts in part_of.values())
    assert {"train", "dev", "test"} <= set(found.parts)


def test_the_kind_of_labels_stays_known(folder):
    found = read_relevance(folder, ["crowdflower", "simulated"], simulated_ads=50)
    assert found.data.labels == {"human", "rule"}
    assert {pair.source for pair in found.data.labelled_by("rule").pairs} == {"simulated"}


def test_no_simulated_ad_is_left_out(folder):
    found = read_relevance(folder, ["simulated"], simulated_ads=100)
    assert "" not in found.parts


def test_rows_and_pairs_of_a_part_fit(folder):
    found = read_relevance(folder, ["crowdflower"])
    rows = np.concatenate([found.rows(part) for part in ("train", "dev", "test")])
    assert sorted(rows.tolist()) == list(range(180))
    assert found.of("dev").pairs == tuple(found.data.pairs[row] for row in found.rows("dev"))


def test_a_query_that_two_sources_divide_otherwise_stays_in_the_later_part():
    one = RelevanceData(graded(["a", "b"], "s"), ("train", "train"))
    two = RelevanceData(graded(["a", "c"], "t"), ("test", "train"))
    assert join_divided([one, two]).parts == ("", "train", "test", "train")


def test_a_source_whose_queries_come_back_is_left_as_it_is():
    captions = RelevanceData(graded(["a", "a", "b"], "flickr"), ("train", "test", "train"))
    other = RelevanceData(graded(["a"], "t"), ("train",))
    assert join_divided([captions, other]).parts == ("train", "test", "train", "train")


def test_unknown_sources_and_missing_data_are_named(folder):
    with pytest.raises(UnknownNameError, match="'crowdflower'"):
        read_relevance(folder, ["crowd-flower"])
    with pytest.raises(DataUnavailableError, match="fashion"):
        read_relevance(folder, ["fashion"])
