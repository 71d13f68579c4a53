from __future__ import annotations

import pytest

from adlab.data.homedepot import confidence_of, grade_of, read_homedepot
from adlab.errors import TableError

HEADER = "id,product_uid,product_title,search_term,relevance\n"


@pytest.mark.parametrize(
    ("judges", "grade"),
    [
        ((1, 1, 1), 0),
        ((1, 1, 2), 0),
        ((1, 2, 2), 1),
        ((2, 2, 2), 1),
        ((1, 2, 3), 1),
        ((2, 2, 3), 2),
        ((2, 3, 3), 2),
        ((2, 3, 3, 3), 2),
        ((1, 1, 2, 2), 1),
        ((3, 3, 3), 3),
    ],
)
def test_grades_of_the_means_that_judges_can_give(judges, grade):
    assert grade_of(round(sum(judges) / len(judges), 2)) == grade


def test_confidence_is_the_most_that_the_mean_allows():
    assert confidence_of(3.0) == confidence_of(2.0) == confidence_of(1.0) == 1
    assert confidence_of(2.5) == pytest.approx(0.5)
    assert confidence_of(2.67) == pytest.approx(1 - (0.67 * 0.33) ** 0.5)


def test_pairs_carry_product_mean_and_grade(tmp_path):
    (tmp_path / "train.csv").write_bytes((HEADER + "2,100001,Angle 90°,l bracket,2.5\n").encode("latin-1"))
    (pair,) = read_homedepot(tmp_path).pairs
    assert (pair.query, pair.title, pair.unit("product")) == ("l bracket", "Angle 90°", "homedepot:100001")
    assert (pair.grade, pair.mean_grade, pair.labels) == (2, 2.25, "human")


def test_bad_cells_are_named(tmp_path):
    (tmp_path / "train.csv").write_text(HEADER + "2,100001,Angle,l bracket,0.5\n3,,Angle,,3\n")
    with pytest.raises(TableError) as refused:
        read_homedepot(tmp_path)
    assert refused.value.problems == (
        "row 1, relevance: '0.5'; give a number from 1 to 3.",
        "row 2, product_uid: empty; give text.",
        "row 2, search_term: empty; give text.",
    )
