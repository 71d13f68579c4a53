from __future__ import annotations

import re
from dataclasses import replace

import pytest
from helpers.fake_assessor import SHAPES, provenance, result

from adlab.app import head_words, wording
from adlab.app.components.bars import interval_bar, percentile_row, position
from adlab.app.components.score_card import badge, card, evidence, readings
from adlab.app.components.text import plain
from adlab.data.assessment import DataKind, Percentile
from adlab.data.score_text import number

EVIL = '<img src=x onerror="alert(1)">'


@pytest.mark.parametrize("head", SHAPES)
def test_the_one_card_shows_value_unit_interval_source_and_limits_of_any_head(head):
    html, it = card(result(head)), result(head)
    words = head_words.words_for(head)
    for part in (words.title, number(it.value, it.unit), wording.unit_words(it), "90 % interval"):
        assert part in html
    assert "What this score is not" in html
    assert all(line in html for line in words.not_this)
    assert wording.source_words(it.provenance) in html


def test_the_card_names_the_reference_set_and_its_size():
    html = card(result())
    assert "reference-photos" in html
    assert "Among 1,000 photos with their own caption" in html


def test_every_bar_has_words_for_a_screen_reader():
    html = card(result()) + readings(result())
    assert html.count('role="img"') == html.count("aria-label=") == 5
    assert 'aria-label="71 on a scale from 0 to 100, 90 % interval 62 – 80"' in html


@pytest.mark.parametrize(
    ("value", "scale", "expected"),
    [(4, (1, 7), 50), (1, (1, 7), 0), (7, (1, 7), 100), (9, (1, 7), 100), (-3, (1, 7), 0), (0.25, (0, 1), 25)],
)
def test_a_position_is_the_share_of_the_scale_below_the_value(value, scale, expected):
    assert position(value, scale) == pytest.approx(expected)


def test_the_band_covers_the_interval_and_the_mark_lies_in_it():
    html = interval_bar(result())
    left, width = (float(x) for x in re.search(r'band" style="left:([\d.]+)%;width:([\d.]+)%', html).groups())
    mark = float(re.search(r'mark" style="left:([\d.]+)%', html).group(1))
    assert (left, left + width, mark) == pytest.approx((62.0, 79.5, 71.3))


def test_a_simulated_score_wears_another_badge():
    assert 'class="ad-badge sim"' in badge(provenance(DataKind.SIMULATION))
    assert "sim" not in badge(provenance(DataKind.HUMAN_LABELS))


def test_words_from_files_cannot_become_markup():
    it = replace(
        result(),
        percentiles=(Percentile(value=5, reference=EVIL, n=3, description=EVIL),),
        provenance=replace(provenance(), trained_on=EVIL, checkpoint=EVIL),
        readings=tuple(replace(r, name=EVIL, low_word=EVIL, high_word=EVIL) for r in result().readings),
    )
    for html in (card(it), evidence(it), readings(it), percentile_row(EVIL, EVIL, 5, EVIL)):
        assert "<img" not in html
        assert 'onerror="' not in html


def test_the_evidence_holds_checkpoint_digest_terms_and_coverage():
    html = evidence(result())
    for part in (
        "focal-fake",
        "ab" * 32,
        "research use only",
        "it held 91 % of 500 held-out cases",
        "0.4312",
        "float32",
    ):
        assert part in html


def test_plain_text_cannot_format_link_or_show_a_picture():
    assert plain("![x](http://e.vil) **b** :red[a] $x$ <i>") == (
        r"\!\[x\](http\://e.vil) \*\*b\*\* \:red\[a\] \$x\$ \<i\>"
    )


def rated(shares=(0.05, 0.1, 0.15, 0.2, 0.25, 0.15, 0.1)):
    details = {f"appeal_share_{step}": share for step, share in enumerate(shares, start=1)}
    return replace(result("appeal"), details={"appeal_std": 1.5} | details)


def test_ratings_are_shown_as_columns_with_their_numbers_and_in_words():
    html = card(rated())
    assert html.count("<i style=") == 7 + len(rated().percentiles)
    assert re.findall(r'class="share">(\d+) %', html) == ["5", "10", "15", "20", "25", "15", "10"]
    assert re.findall(r'<i style="height:([\d.]+)%', html)[4] == "100.0"
    assert "50 % would rate it 5 or better, 30 % 3 or worse." in html
    assert "25 % rate it 5" in html
    assert "Share of viewers who rate it 7" in evidence(rated())
    assert "ad-columns" not in card(result())


def test_a_card_says_for_whom_it_holds_and_only_then():
    assert "For male viewers, 0:00" in card(result("ctr"), "For male viewers, 0:00")
    assert "&lt;b&gt;" in card(result("ctr"), "<b>")
    assert "ad-whom" not in card(result("ctr"))
