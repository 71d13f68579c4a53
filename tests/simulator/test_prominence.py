"""The product is the hero of the picture: large enough in every format, and clear of brand and badge."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from adlab.simulator.formats import FORMATS, spec_of
from adlab.simulator.plan import plan_ad
from adlab.simulator.render import draw

COUNT = 120
# Share of the picture's pixels that the product has: at least, and in half of the ads. Thin things, such as a racket
# or a lipstick, are the small ones.
FLOORS = {
    "1:1": (0.025, 0.08),
    "4:5": (0.025, 0.07),
    "9:16": (0.03, 0.1),
    "300x250": (0.02, 0.08),
    "728x90": (0.015, 0.045),
}


@pytest.fixture(scope="module", params=list(FORMATS))
def ads(request):
    return request.param, [draw(plan_ad(17, i), spec_of(request.param)) for i in range(COUNT)]


def part(ad, name):
    return next((element for element in ad.elements if element.name == name), None)


def test_every_format_has_a_floor():
    assert set(FLOORS) == set(FORMATS)


def test_the_product_is_never_small(ads):
    name, drawn = ads
    shares = np.array([part(ad, "product").mask.mean() for ad in drawn])
    least, middle = FLOORS[name]
    assert shares.min() >= least, int(shares.argmin())
    assert np.median(shares) >= middle


def test_the_product_spans_a_quarter_of_a_side_of_the_picture(ads):
    for ad in ads[1]:
        left, top, right, bottom = part(ad, "product").box
        width, height = ad.image.size
        assert max((right - left) / width, (bottom - top) / height) >= 0.24, ad.plan.ad_id


def test_no_pixel_of_the_product_is_in_the_box_of_the_brand(ads):
    for ad in ads[1]:
        left, top, right, bottom = part(ad, "brand").box
        assert not part(ad, "product").mask[top:bottom, left:right].any(), ad.plan.ad_id


def test_a_badge_takes_a_small_part_of_the_product_at_most(ads):
    name, drawn = ads
    badged = [ad for ad in drawn if ad.plan.badge]
    assert len(badged) > 0.2 * COUNT
    for ad in badged:
        bare = draw(ad.plan, replace(spec_of(name), without=("badge",)))
        covered = 1 - part(ad, "product").mask.sum() / part(bare, "product").mask.sum()
        assert covered <= 0.25, ad.plan.ad_id
