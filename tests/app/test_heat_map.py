"""Signed maps over a picture: colours, marks, words, table, and the component as a page shows it."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from helpers.pictures import picture
from PIL import Image
from streamlit.testing.v1 import AppTest

from adlab.app.components.heat_map import LOWERS, Look, cards, drawn, evidence_words
from adlab.explain import heat
from adlab.explain.deletion import Deletion, DeletionCurve
from adlab.explain.fusion_maps import STEPS, Framing, FusionMap, place

GREY = Image.new("RGB", (120, 60), (128, 128, 128))


def a_map(step: str = "fusion", strength: float = 1.0) -> FusionMap:
    """Raises at the upper left, lowers at the lower right, half as much."""
    cells = np.zeros((4, 4), np.float32)
    cells[1, 0], cells[2, 3] = strength, -strength / 2
    return place(step, cells, Framing(picture=(120, 60), box=(0, 16, 64, 32), size=64), 0.0)


def lab_of(rgb: np.ndarray) -> np.ndarray:
    """sRGB, (N, 3) uint8 -> OKLab, by the inverse of the published matrices."""
    srgb = rgb / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    return np.cbrt(linear @ np.linalg.inv(heat._RGB).T) @ np.linalg.inv(heat._LMS).T


@pytest.mark.parametrize("end", [heat.RAISES, heat.LOWERS])
def test_steps_of_colour_look_equally_large(end):
    lab = lab_of(heat.ramp(end)[::15])
    steps = np.linalg.norm(np.diff(lab, axis=0), axis=1)
    assert steps.max() / steps.min() < 1.25
    assert (np.diff(lab[:, 0]) < 0).all()
    np.testing.assert_allclose(lab[-1], end, atol=0.01)  # nothing was cut off at the edge of sRGB


def test_both_colours_are_equally_dark_at_equal_strength():
    up, down = (lab_of(heat.ramp(end))[:, 0] for end in (heat.RAISES, heat.LOWERS))
    np.testing.assert_allclose(up, down, atol=0.01)


def test_nothing_is_drawn_where_the_map_is_zero_and_most_where_it_is_strongest():
    pixels = np.asarray(heat.layer(np.array([[0.0, 0.5, 1.0, 2.0, -1.0]]), 1.0))
    assert pixels[0, :, 3].tolist() == [0, 180, 255, 255, 255]
    assert (pixels[0, 2] == pixels[0, 3]).all()
    assert pixels[0, 2, 0] > pixels[0, 2, 2]  # orange
    assert pixels[0, 4, 2] > pixels[0, 4, 0]  # blue


def test_without_opacity_the_picture_is_left_in_grey_but_for_the_marks():
    image = np.asarray(heat.overlay(GREY, a_map().values, 1.0, opacity=0.0)).astype(int)
    assert (np.abs(image - 128).sum(-1) == 0).mean() > 0.9
    assert not (np.abs(image - 128).sum(-1) == 0).all()
    assert (np.asarray(heat.overlay(GREY, np.zeros((60, 120)), 1.0)) == 128).all()


def test_marks_stand_at_the_strongest_places_and_point_up_and_down():
    values = np.zeros((200, 200))
    values[50, 60], values[150, 140] = 1.0, -1.0
    image = np.asarray(heat.overlay(Image.new("RGB", (200, 200)), values, 1.0, opacity=0.0)).astype(int).sum(-1) > 0
    up, down = image[40:62, 50:71], image[140:162, 130:151]
    assert up[11:].sum() > up[:11].sum()
    assert down[11:].sum() < down[:11].sum()
    assert image.sum() == up.sum() + down.sum()


def test_a_mark_at_the_edge_stays_inside():
    values = np.zeros((40, 60))
    values[0, 59] = 1.0
    image = np.asarray(heat.overlay(Image.new("RGB", (60, 40)), values, 1.0, opacity=0.0)).sum(-1)
    assert image[:9, 51:].any()


def test_a_mark_hides_little_of_a_banner():
    values = np.zeros((36, 512))
    values[18, 256] = 1.0
    image = np.asarray(heat.overlay(Image.new("RGB", (512, 36)), values, 1.0, opacity=0.0)).sum(-1) > 0
    assert 0 < image.any(axis=1).sum() <= 36 / 2


def test_a_map_of_one_sign_shows_the_other_not_at_all():
    image = np.asarray(drawn(GREY, a_map(), [a_map()], Look(opacity=1.0, sign=LOWERS))).astype(int)
    assert (image[:, :30] == 128).all()
    assert (image[:, -10:, 2] > image[:, -10:, 0]).any()


def test_a_common_scale_makes_weak_maps_pale():
    weak, strong = a_map("backbone", 0.1), a_map("fusion", 1.0)
    own, common = (drawn(GREY, weak, [weak, strong], Look(common=flag)) for flag in (False, True))
    coloured = [np.abs(np.asarray(image).astype(int) - 128).sum() for image in (own, common)]
    assert coloured[1] < 0.7 * coloured[0]


def test_words_say_where():
    values = a_map().values
    assert heat.alt_text("fusion", values, 0.5) == (
        "Heat map, fusion: raises most in the upper left and lowers most in the lower right; "
        "50 % of it lies outside the picture."
    )
    assert "shows nothing" in heat.alt_text("fusion", 0 * values, 0.0)
    assert heat.place_words((0.5, 0.5)) == "middle"
    assert heat.place_words((1.0, 0.5)) == "right"


def test_the_table_twin_holds_every_cell_and_where_it_looks():
    found = heat.cell_table([a_map(step) for step in STEPS])
    assert len(found) == 4 * 16
    row = found[(found.step == "fusion") & (found["row"] == 1) & (found.column == 0)].iloc[0]
    assert (row.x, row.y, row.value) == (8 * 120 / 64, (24 - 16) * 60 / 32, 1.0)
    summary = heat.summary_table([a_map()]).iloc[0]
    assert summary["raises most"] == "upper left"
    assert summary["by"] == pytest.approx(1.0, abs=0.05)


def test_each_picture_of_the_cards_is_a_png_with_words_and_user_s_words_are_escaped():
    html = cards(picture(1, 120, 60), [a_map(step) for step in STEPS], Look(original=True), "<b>x</b>")
    assert html.count("<figure>") == 5
    assert html.count("data:image/png;base64,") == 5
    assert html.count('alt="Heat map, ') == 4
    assert "<b>x</b>" not in html
    assert "⚠" not in html  # a quarter or more on padding would have it
    buffer = BytesIO(heat.png(drawn(GREY, a_map(), [a_map()], Look())))
    assert Image.open(buffer).size == (120, 60)


def test_much_on_padding_is_warned_of():
    even = place("fusion", np.ones((4, 4), np.float32), Framing(picture=(120, 60), box=(0, 16, 64, 32), size=64), 0.0)
    assert "⚠ 50 % of it lies on the padding" in cards(GREY, [even], Look(), "the score")


@pytest.mark.parametrize(("width", "shape"), [(60, "ad-heat"), (130, "ad-heat wide"), (400, "ad-heat banner")])
def test_of_wide_pictures_fewer_maps_stand_in_a_row(width, shape):
    assert f'class="ad {shape}"' in cards(Image.new("RGB", (width, 60)), [a_map()], Look(), "the score")


def test_names_and_evidence_stand_under_their_map_and_are_escaped():
    maps = [a_map("backbone"), a_map("fusion")]
    names = {"backbone": ("One <i>", "first"), "fusion": ("Two", "second")}
    html = cards(GREY, maps, Look(), "the score", names, {"fusion": "Not <tested>"})
    first, second = html.split("<figure>")[1:]
    assert "One &lt;i&gt;" in first
    assert "tested" not in first
    assert "second" in second
    assert "Not &lt;tested&gt;" in second


def curve(*targets: float) -> DeletionCurve:
    return DeletionCurve(shares=tuple(np.linspace(0, 1, len(targets))), targets=targets)


def test_evidence_is_said_in_words_for_better_and_for_worse():
    parts = {"baseline": "blur", "parts": (8, 8), "centre": curve(3, 2)}
    good = Deletion(curve=curve(3, 1), random=(curve(3, 2),) * 19, **parts)
    assert evidence_words(good, "the rating").startswith("Better than random by 0.5: while its parts are masked")
    assert "also better than pointing at the middle" in evidence_words(good, "the rating")
    bad = Deletion(curve=curve(3, 2), random=(curve(3, 1),) * 19, **parts)
    assert evidence_words(bad, "the rating").startswith("No better than chance on this ad")


def page() -> None:
    from helpers.pictures import picture as drawn_picture
    from test_heat_map import STEPS, a_map

    from adlab.app.components import heat_map

    heat_map.show(drawn_picture(1, 120, 60), [a_map(step) for step in STEPS], "explain.map")


def test_the_component_draws_and_follows_its_controls(monkeypatch):
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    app = AppTest.from_function(page, default_timeout=60).run()
    assert not app.exception
    before = app.get("html")[0].proto.body
    assert before.count("<figure>") == 4
    app.slider[0].set_value(20).run()
    assert app.get("html")[0].proto.body != before
    app.toggle[0].set_value(True).run()
    assert app.get("html")[0].proto.body.count("<figure>") == 5
    assert not app.exception
    assert [button.label for button in app.get("download_button")][:1] == ["Raw values, CSV"]
