from __future__ import annotations

import pytest

from adlab.data import crowdflower_relevance, fashion_queries, flickr8k_judgements, homedepot
from adlab.data.relevance import OWN_PAIRS
from adlab.data.relevance_sources import GRADED_BY, labels_of, with_grader
from adlab.errors import UnknownNameError
from adlab.simulator.plan import plan_ad
from adlab.training import simulated_relevance


def test_every_source_of_graded_pairs_says_who_graded_them():
    named = {
        OWN_PAIRS: "people",
        crowdflower_relevance.SOURCE: "people",
        homedepot.SOURCE: "people",
        flickr8k_judgements.EXPERTS: "people",
        flickr8k_judgements.CROWD: "people",
        fashion_queries.SOURCE: "rule",
        simulated_relevance.SOURCE: "simulated",
    }
    assert named == GRADED_BY
    assert [with_grader(name) for name in ("homedepot", "simulated")] == ["homedepot (people)", "simulated (simulated)"]


def test_grades_of_people_are_human_labels_and_those_of_rules_are_not():
    assert {labels_of(source) for source, by in GRADED_BY.items() if by == "people"} == {"human"}
    assert {labels_of(source) for source, by in GRADED_BY.items() if by != "people"} == {"rule"}
    (pair,) = simulated_relevance.simulated_relevance([plan_ad(3, 0)]).pairs
    assert pair.labels == "rule"


def test_an_unknown_source_is_shown_by_its_name_alone_and_has_no_kind_of_labels():
    assert with_grader("own log") == "own log"
    with pytest.raises(UnknownNameError, match="'crowdflower'"):
        labels_of("crowdflour")
