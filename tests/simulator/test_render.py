"""The picture of a simulated ad shows its causes, is the same every time, and is told apart by its masks."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage
from scipy.stats import spearmanr

from adlab.simulator.colouring import contrast_ratio, linear, luminance, opposed, shade, wanted_ratio
from adlab.simulator.drawing.palette import PALETTE
from adlab.simulator.formats import FORMATS, RenderSpec, spec_of
from adlab.simulator.plan import plan_ad, replan
from adlab.simulator.render import draw, render


def pixels(ad) -> np.ndarray:
    return np.asarray(ad.image).astype(int)


def digest(ad) -> str:
    return hashlib.sha256(ad.image.tobytes()).hexdigest()


def element(ad, name):
    return next((e for e in ad.elements if e.name == name), None)


@pytest.fixture(scope="module")
def ads():
    return [render(31, i) for i in range(60)]


def test_equal_arguments_give_equal_pixels_in_any_order_and_process(ads):
    code = "import hashlib, json; from adlab.simulator.render import render\n"
    code += "print(json.dumps([hashlib.sha256(render(31, i).image.tobytes()).hexdigest() for i in (17, 3)]))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(out.stdout) == [digest(ads[17]), digest(ads[3])]
    assert digest(render(31, 3)) == digest(ads[3])
    assert len({digest(ad) for ad in ads}) == len(ads)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_has_its_size(name):
    ad = render(31, 5, spec_of(name))
    assert ad.image.size == FORMATS[name]
    assert ad.image.mode == "RGB"
    assert {"product", "headline", "brand"} <= {e.name for e in ad.elements}


def test_every_planned_part_is_found_in_the_picture(ads):
    for ad in ads:
        plan = ad.plan
        planned = {"shadow", "product", "headline", "brand"}
        planned |= {name for name in ("subline", "price", "badge", "button") if getattr(plan, name)}
        assert planned == {e.name for e in ad.elements} - {"clutter"}, plan.ad_id


def test_boxes_are_tight_and_masks_do_not_overlap(ads):
    for ad in ads:
        total = np.zeros(ad.image.size[::-1], int)
        for part in ad.elements:
            rows, columns = np.flatnonzero(part.mask.any(1)), np.flatnonzero(part.mask.any(0))
            assert part.box == (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)
            if part.name != "shadow":
                total += part.mask
        assert (total > 1).mean() < 0.01  # soft edges alone belong to two


def test_leaving_an_element_out_changes_its_own_pixels_only():
    for i in range(14):
        ad = render(31, i)
        for part in ad.elements:
            left_out = draw(ad.plan, RenderSpec(without=(part.name,)))
            change = np.abs(pixels(ad) - pixels(left_out)).max(axis=2)
            around = ndimage.binary_dilation(part.mask, iterations=2)
            assert change[~around].max(initial=0) <= 24, (i, part.name)
            if part.name not in ("shadow", "clutter"):
                assert (change[part.mask] > 0).mean() > 0.5, (i, part.name)


def measured_contrast(plan) -> float:
    ad, bare = draw(plan), draw(plan, RenderSpec(without=("headline",)))
    mask = element(ad, "headline").mask
    inks, counts = np.unique(np.asarray(ad.image)[mask], axis=0, return_counts=True)
    return contrast_ratio(
        float(luminance(inks[counts.argmax()])), float(luminance(np.asarray(bare.image)[mask]).mean())
    )


def test_contrast_of_the_headline_is_the_planted_one():
    planted, measured = [], []
    for i in range(50):
        plan = plan_ad(33, i)
        planted.append(wanted_ratio(plan.factors.contrast))
        measured.append(measured_contrast(plan))
    assert np.array(measured) == pytest.approx(np.array(planted), rel=0.08)
    assert min(measured) < 2
    assert max(measured) > 12


def test_contrast_grows_with_its_cause_in_one_ad():
    for i in range(6):
        ratios = [measured_contrast(replan(plan_ad(33, i), contrast=c)) for c in (0.0, 0.25, 0.5, 0.75, 1.0)]
        assert ratios == sorted(ratios)


def test_the_button_grows_in_size_and_contrast_with_its_cause():
    for i in range(12):
        plan = plan_ad(33, i)
        seen = []
        for cta in (0.2, 0.6, 1.0):
            ad = draw(replan(plan, cta=cta))
            part = element(ad, "button")
            bare = draw(ad.plan, RenderSpec(without=("button",)))
            behind = float(luminance(np.asarray(bare.image)[part.mask]).mean())
            inks, counts = np.unique(np.asarray(ad.image)[part.mask], axis=0, return_counts=True)
            seen.append((part.mask.sum(), contrast_ratio(float(luminance(inks[counts.argmax()])), behind)))
        assert seen == sorted(seen)
        assert seen[0][1] < seen[1][1] < seen[2][1] + 0.4
    assert element(draw(replan(plan, cta=0.0)), "button") is None


def test_clutter_covers_more_as_its_cause_grows():
    for i in range(12):
        plan = plan_ad(33, i)
        covered = []
        for clutter in (0.0, 0.3, 0.9):
            part = element(draw(replan(plan, clutter=clutter)), "clutter")
            covered.append(0 if part is None else int(part.mask.sum()))
        assert covered[0] == 0
        assert covered[1] < covered[2]


def test_text_private_causes_leave_no_trace_in_the_picture():
    for i in range(8):
        plan = plan_ad(33, i)
        moved = replan(plan, urgency=1.0 if plan.factors.urgency < 1 else 0.0, length=44, specificity=1.0)
        assert digest(draw(moved)) == digest(draw(plan))


def test_moving_the_position_keeps_product_and_words():
    plan = plan_ad(33, 2)
    heads = {p: draw(replan(plan, text_position=p)) for p in ("top", "bottom", "left", "right")}
    assert len({digest(ad) for ad in heads.values()}) == 4
    assert len({(ad.plan.headline, ad.plan.brand) for ad in heads.values()}) == 1


def test_the_background_is_the_dominant_colour():
    """Most of the pixels of most pictures are nearest (a*, b* and, less so, L*) to a shade of the planted colour."""
    names = list(PALETTE)
    shades = [(p.light, p.base, p.dark, p.wash) for p in PALETTE.values()]
    known, owner = lab(np.array(shades).reshape(-1, 3)), np.repeat(np.arange(len(names)), 4)
    right = []
    for k, name in enumerate(names):
        for i in range(8):
            image = draw(replan(plan_ad(34, i), background=name)).image.resize((40, 40), Image.Resampling.NEAREST)
            distance = ((lab(np.asarray(image).reshape(-1, 1, 3)) - known) ** 2 * (0.4, 1, 1)).sum(2)
            right.append(np.bincount(owner[distance.argmin(1)], minlength=len(names)).argmax() == k)
    assert np.mean(right) > 0.85


def lab(rgb: np.ndarray) -> np.ndarray:
    """CIE L*a*b*, D65."""
    matrix = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = linear(rgb) @ matrix.T / (0.9505, 1, 1.089)
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], -1)


def test_finish_follows_appeal():
    plan = plan_ad(33, 4)
    assert digest(draw(replan(plan, appeal=0.05))) != digest(draw(replan(plan, appeal=0.95)))


def test_neither_file_size_nor_mean_brightness_tells_a_cause_of_the_copy(ads):
    rows = []
    for ad in ads:
        file = io.BytesIO()
        ad.image.save(file, "PNG")
        f = ad.plan.factors
        rows.append(
            (len(file.getvalue()), pixels(ad).mean(), pixels(ad)[0, 0].sum(), f.urgency, f.length, f.specificity)
        )
    table = np.array(rows)
    for shown in range(3):
        for hidden in range(3, 6):
            assert spearmanr(table[:, shown], table[:, hidden]).pvalue > 0.001


def test_luminance_and_contrast_by_hand():
    assert float(luminance((255, 255, 255))) == pytest.approx(1)
    assert float(luminance((255, 0, 0))) == pytest.approx(0.2126)
    assert contrast_ratio(1.0, 0.0) == pytest.approx(21)
    assert (wanted_ratio(0.0), wanted_ratio(1.0)) == pytest.approx((1.5, 15))
    for tint in ((200, 30, 60), (128, 128, 128), (10, 40, 120)):
        for target in (0.02, 0.2, 0.7):
            assert float(luminance(shade(tint, target))) == pytest.approx(target, abs=0.012)
    level, reached = opposed(0.5, 4.0, prefer_light=True)
    assert reached
    assert contrast_ratio(0.5, level) == pytest.approx(4)
    assert not opposed(0.3, 15, prefer_light=True)[1]


@pytest.mark.slow
def test_an_ad_takes_at_most_25_milliseconds():
    render(40, 0)
    start = time.process_time()
    for i in range(150):
        render(40, i)
    assert (time.process_time() - start) / 150 < 25e-3
