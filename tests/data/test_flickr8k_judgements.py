from __future__ import annotations

import pytest

from adlab.data.flickr8k import read_flickr8k
from adlab.data.flickr8k_judgements import CROWD, EXPERTS, read_flickr8k_judgements, retrieval_set
from adlab.errors import DataUnavailableError, TableError


@pytest.fixture
def folder(tmp_path):
    """Four test images with five captions each; a and b are judged, with captions of b and c."""
    (tmp_path / "Images").mkdir()
    lines = []
    for name in ("a.jpg", "b.jpg", "c.jpg", "d.jpg"):
        (tmp_path / "Images" / name).write_bytes(b"")
        lines += [f"{name}#{k}\t{name[0]} caption {k} .\n" for k in range(5)]
    (tmp_path / "Flickr8k.token.txt").write_text("".join(lines))
    for part in ("train", "dev"):
        (tmp_path / f"Flickr_8k.{part}Images.txt").write_text("")
    (tmp_path / "Flickr_8k.testImages.txt").write_text("a.jpg\nb.jpg\nc.jpg\nd.jpg\n")
    (tmp_path / "ExpertAnnotations.txt").write_text("a.jpg\tb.jpg#2\t1\t2\t4\na.jpg\tc.jpg#0\t4\t4\t4\n")
    (tmp_path / "CrowdFlowerAnnotations.txt").write_text(
        "a.jpg\tb.jpg#2\t0\t0\t3\n"
        "b.jpg\tb.jpg#1\t1\t3\t0\n"
        "b.jpg\tc.jpg#0\t0.33\t1\t2\n"
        "b.jpg\tc.jpg#4\t0\t0\t3\n"
        "b.jpg\tb.jpg#0\t0.5\t2\t2\n"
    )
    return tmp_path


def test_experts_grade_by_median_and_their_mean_is_kept(folder):
    experts = read_flickr8k_judgements(read_flickr8k(folder)).of_source(EXPERTS)
    first, second = experts.pairs
    assert (first.query, first.image, first.grade) == ("b caption 2 .", "flickr8k:a.jpg", 1)
    assert first.mean_grade == pytest.approx(7 / 3 - 1)
    assert first.confidence == pytest.approx(1 - (14 / 9) ** 0.5 / 1.5)
    assert (second.grade, second.mean_grade, second.confidence) == (3, 3, 1)
    assert first.title == first.description == "", "the image is the whole ad"


def test_crowd_votes_become_grades_and_a_pair_judged_by_experts_counts_once(folder):
    data = read_flickr8k_judgements(read_flickr8k(folder))
    crowd = data.of_source(CROWD)
    assert crowd.grades.tolist() == [3, 1, 0, 2]
    assert crowd.mean_grades.tolist() == pytest.approx([3, 1, 0, 1.5])
    assert crowd.confidences.tolist() == pytest.approx([1, 1 / 3, 1, 0])
    assert data.labels == {"human"}
    assert len(data) == 6
    assert data.files["flickr8k:a.jpg"] == folder / "Images" / "a.jpg"


def test_retrieval_leaves_out_judged_images_and_judged_captions(folder):
    found = retrieval_set(read_flickr8k(folder))
    assert found.names == ("c.jpg", "d.jpg")
    assert found.captions["c.jpg"] == tuple(f"c caption {k} ." for k in (1, 2, 3))
    assert len(found.captions["d.jpg"]) == 5


def test_an_image_that_is_not_there_is_reported(folder):
    with (folder / "CrowdFlowerAnnotations.txt").open("a") as file:
        file.write("z.jpg\tb.jpg#2\t0\t0\t3\nb.jpg\tb.jpg#9\t0\t0\t3\n")
    data = read_flickr8k_judgements(read_flickr8k(folder))
    assert len(data) == 6
    assert data.problems == ("judged image or caption is not there: 2 (z.jpg with b.jpg#2, b.jpg with b.jpg#9).",)


@pytest.mark.parametrize(
    ("file", "line", "named"),
    [
        ("CrowdFlowerAnnotations.txt", "a.jpg\tb.jpg#2\t0\tx\t3", "line 1: "),
        ("CrowdFlowerAnnotations.txt", "a.jpg\tb.jpg#2\t0\t0\t0", "line 1, yes and no: '0' and '0'"),
        ("ExpertAnnotations.txt", "a.jpg\tb.jpg#2\t1\t5\t4", r"line 1, grades: \(1, 5, 4\)"),
    ],
)
def test_a_judgement_that_does_not_fit_is_named(folder, file, line, named):
    (folder / file).write_text(line + "\n")
    with pytest.raises(TableError, match=named):
        read_flickr8k_judgements(read_flickr8k(folder))


def test_without_judgements_there_is_one_clear_error(folder):
    (folder / "ExpertAnnotations.txt").unlink()
    (folder / "CrowdFlowerAnnotations.txt").unlink()
    with pytest.raises(DataUnavailableError, match=r"ExpertAnnotations\.txt"):
        read_flickr8k_judgements(read_flickr8k(folder))
