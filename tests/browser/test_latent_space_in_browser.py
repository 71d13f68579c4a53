from __future__ import annotations

import math

import pytest

MAPS = '[class*="st-key-latent-map-"] .js-plotly-plot'
DRAWN = """number =>
  [...document.querySelectorAll('.js-plotly-plot')].filter(p => p.querySelector('.points path')).length >= number"""
POINTS = ".st-key-latent-map-shared .points path"
CARD = ".ad-hover:popover-open"
STILL = """selector => {
  const box = document.querySelector(selector)?.getBoundingClientRect(), now = JSON.stringify(box);
  const same = window.adlabBox === now;
  window.adlabBox = now;
  return Boolean(box) && same;
}"""


@pytest.fixture
def maps(visit):
    """The page with the principal axes of the tiny set, which ships them, drawn and at rest."""

    def open_page(**viewport):
        page = visit("latent_space", **viewport)
        page.get_by_text("PCA", exact=True).click()
        page.wait_for_function(DRAWN, arg=3)
        page.wait_for_selector("text=Distance to its 10 nearest")  # the last thing to come, when models are loaded
        page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
        page.wait_for_function(STILL, arg=POINTS, polling=250)
        return page

    return open_page


def middle(box):
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_three_maps_are_drawn_with_their_trust_beside_them(maps):
    page = maps()
    assert page.locator(MAPS).count() == 3
    assert page.locator("text=trustworthiness").count() == 3


def test_a_point_that_is_pointed_at_shows_its_ad_and_a_card_leaves_with_the_pointer(maps):
    page = maps()
    x, y = middle(page.locator(POINTS).nth(7).bounding_box())
    page.mouse.move(x - 40, y)
    page.mouse.move(x, y, steps=5)
    page.wait_for_selector(CARD)
    assert "ad " in page.inner_text(f"{CARD} .name")
    assert page.inner_text(f"{CARD} .why")  # the tiny set may not be shown, and says so
    page.mouse.move(5, 5, steps=5)
    page.wait_for_selector(CARD, state="hidden")


def test_a_lasso_lists_the_ads_within_it(maps):
    page = maps()
    drag = page.locator(".st-key-latent-map-shared .nsewdrag").first
    drag.scroll_into_view_if_needed()
    box = drag.bounding_box()
    (x, y), radius = middle(box), 0.3 * min(box["width"], box["height"])
    page.mouse.move(x + radius, y)
    page.mouse.down()
    for step in range(1, 25):
        angle = 2 * math.pi * step / 24
        page.mouse.move(x + radius * math.cos(angle), y + radius * math.sin(angle), steps=2)
    page.mouse.up()
    words = page.wait_for_selector("text=/of 96 ads, selected on/").inner_text()
    assert 0 < int(words.split()[0]) < 96
    page.wait_for_selector('[data-testid="stDataFrame"]')


def test_the_name_of_the_first_page_as_an_address_leads_to_it(visit, server):
    page = visit("score")
    page.wait_for_selector(".ad-creative img")
    assert page.url == f"{server}/"
