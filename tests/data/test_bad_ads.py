from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from helpers.pictures import picture

from adlab import paths
from adlab.data.bad_ads import OPINIONS, RATING_STEPS, read_bad_ads
from adlab.data.image_intake import read_image
from adlab.errors import DataUnavailableError, ImageError
from adlab.metrics.distribution import histogram_mean

TABLES = {
    "overall_ad_ratings.csv": "pid,ad_id,overall_rating,free_response\n"
    '7,20,3,"Generic, yes"\n'
    "8,20,7,\n"
    "7,10,3,\n"
    "9,20,3,\n",
    "opinion_label_dist_norm.csv": f"ad_id,{','.join(OPINIONS)},screenshot\n"
    f"10,{','.join(['0.0'] * 14)},0.5,screenshots/other.png\n"
    f"20,1.0,{','.join(['0.25'] * 14)},screenshots/another.png\n",
    "content_labels.csv": "ad_id,Pets,Travel,Food and Drink\n10,0.0,0.0,0.0\n20,1.0,0.0,1.0\n",
    "participant_context.csv": "pid,ad_attitude,adblocker,political_affiliation\n"
    "7,2,Yes,democrat\n8,5,No,prefernot\n9,,NotSure,\n",
    "opinion_labels_per_participant.csv": f"Unnamed: 0,ad_id,pid,{','.join(OPINIONS)},overall_rating\n"
    f"0,20,7,4.0,{','.join(['0.0'] * 13)},2.0,3\n"
    f"1,20,8,{','.join(['0.0'] * 15)},7\n"
    f"2,10,7,{','.join(['0.0'] * 15)},3\n"
    f"3,20,9,{','.join(['0.0'] * 15)},3\n",
}


def layout(folder, screenshots=("10", "20"), **changes):
    """A tiny data set; a change replaces a table by name without its suffix, None leaves it out."""
    (folder / "screenshots").mkdir(parents=True)
    for number, name in enumerate(screenshots):
        picture(number).save(folder / "screenshots" / f"{name}.webp", lossless=True)
    for name, content in TABLES.items():
        content = changes.get(name.removesuffix(".csv"), content)
        if content is not None:
            (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def test_an_ad_has_its_histogram_opinions_contents_and_picture(tmp_path):
    data = read_bad_ads(layout(tmp_path))
    first, second = data.ads
    assert (first.ad_id, second.ad_id) == ("10", "20")
    assert second.outcomes.ratings == (0, 0, 2, 0, 0, 0, 1)
    assert first.outcomes.ratings == (0, 0, 1, 0, 0, 0, 0)
    assert second.opinions == dict.fromkeys(OPINIONS, 0.25) | {"bad_design": 1.0}
    assert second.contents == ("Pets", "Food and Drink")
    assert first.contents == ()
    assert data.categories == ("Pets", "Travel", "Food and Drink")
    creative = second.creative()
    assert creative.image == read_image(tmp_path / "screenshots" / "20.webp")
    assert creative.copy == ""
    assert data.problems == ()


def test_attributes_of_the_rater_belong_to_the_rating(tmp_path):
    first, second, third, fourth = read_bad_ads(layout(tmp_path)).ratings
    assert (first.ad_id, first.rater_id, first.rating, first.comment) == ("20", "7", 3, "Generic, yes")
    assert (first.ad_attitude, first.adblocker, first.affiliation) == (2, True, "democrat")
    assert (third.ad_id, third.ad_attitude) == ("10", 2)
    assert (second.ad_attitude, second.adblocker, second.affiliation) == (5, False, "")
    assert (fourth.ad_attitude, fourth.adblocker, fourth.affiliation) == (None, None, "")


def test_opinions_of_a_rating_hold_their_strength(tmp_path):
    first, second, *_ = read_bad_ads(layout(tmp_path)).ratings
    assert first.opinions == {"bad_design": 4.0, "useful": 2.0}
    assert second.opinions == {}


def test_the_file_of_strengths_may_be_missing(tmp_path):
    data = read_bad_ads(layout(tmp_path, opinion_labels_per_participant=None))
    assert {rating.opinions for rating in data.ratings} == {None}
    assert data.problems == ()


def test_flaws_are_reported_not_fatal(tmp_path):
    ratings = TABLES["overall_ad_ratings.csv"]
    ratings += "7,20,5,\n7,10,9,\n,10,3,\n8,10,2.5,\n99,30,1,\n"
    content = TABLES["content_labels.csv"].replace("1.0\n", "many\n").replace("0.0\n", "nan\n")
    data = read_bad_ads(
        layout(tmp_path, screenshots=("20", "77", "10"), overall_ad_ratings=ratings, content_labels=content)
    )
    assert [ad.ad_id for ad in data.ads] == ["10", "20", "30"]
    assert data.ads[1].outcomes.ratings == (0, 0, 2, 0, 0, 0, 1)
    assert data.problems == (
        "rating is repeated, the first counts: 1 (row 5).",
        "rating cannot be used, it lacks an id or is not 1 to 7: 3 (row 6, row 7, row 8).",
        "rater is unknown: 1 (99).",
        "rating has no opinions: 1 (99 of 30).",
        "cell of content_labels.csv is no number and counts as 0: 2 ('nan', 'many').",
        "ad has no screenshot: 1 (30).",
        "ad has no opinions: 1 (30).",
        "ad has no content labels: 1 (30).",
        "screenshot has no rating: 1 (77).",
    )
    with pytest.raises(DataUnavailableError, match=r"ad 30 has no screenshot\. Unpack"):
        data.ads[2].creative()


def test_a_damaged_screenshot_is_found_when_it_is_wanted(tmp_path):
    data = read_bad_ads(layout(tmp_path))
    (tmp_path / "screenshots" / "10.webp").write_bytes(b"RIFF")
    with pytest.raises(ImageError, match=r"10\.webp"):
        data.ads[0].creative()


@pytest.mark.parametrize("table", [name for name in TABLES if not name.startswith("opinion_labels_per")])
def test_a_missing_table_says_what_to_do(tmp_path, table):
    folder = layout(tmp_path, **{table.removesuffix(".csv"): None})
    with pytest.raises(DataUnavailableError, match=rf"{table}' cannot be read.*Unpack the bad-ads data"):
        read_bad_ads(folder)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(("content", "words"), [("", "lacks the columns"), ("a,b\n1,2\n", "lacks"), (b"\xff", "read")])
def test_a_table_of_another_layout_says_what_to_do(tmp_path, table, content, words):
    folder = layout(tmp_path, **{table.removesuffix(".csv"): content})
    with pytest.raises(DataUnavailableError, match=rf"{table}' .*{words}.*Unpack the bad-ads data"):
        read_bad_ads(folder)


def test_a_folder_without_ratings_or_screenshots_says_what_to_do(tmp_path):
    with pytest.raises(DataUnavailableError, match=r"screenshots/ is missing\. Unpack"):
        read_bad_ads(tmp_path / "nowhere")
    folder = layout(tmp_path / "a", overall_ad_ratings="pid,ad_id,overall_rating\n")
    with pytest.raises(DataUnavailableError, match=r"holds no rating\. Unpack"):
        read_bad_ads(folder)


def test_the_public_data_is_read_whole():
    folder = paths.data_dir()
    if folder is None or not (folder / "bad-ads").is_dir():
        pytest.skip("the bad-ads data is not on this machine; set ADLAB_DATA to the folder that holds bad-ads/")
    data = read_bad_ads(folder / "bad-ads")
    assert len(data.ads) == 375
    assert len(data.ratings) == 3_834
    assert len(data.categories) == 57
    assert [problem.split(" (")[0] for problem in data.problems] == ["rating has no opinions: 64"]
    histograms = np.array([ad.outcomes.ratings for ad in data.ads])
    assert histograms.shape == (375, RATING_STEPS)
    assert histograms.sum() == 3_834
    assert (histograms.sum(axis=1).min(), histograms.sum(axis=1).max()) == (10, 13)
    assert Counter(rating.rating for rating in data.ratings) == dict(
        zip(range(1, 8), histograms.sum(axis=0), strict=True)
    )
    assert 1 < histogram_mean(histograms).min() < histogram_mean(histograms).max() < 7
    assert all(set(ad.opinions) == set(OPINIONS) for ad in data.ads)
    assert data.ads[0].creative().image.width >= 59
