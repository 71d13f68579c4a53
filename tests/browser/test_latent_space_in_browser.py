from __future__ import annotations

import math

import pytest
from helpers.pictures import caption, picture

PHONE = {"width": 390, "height": 844}
MAPS = '[class*="st-key-latent-map-"] .js-plotly-plot'
DRAWN = """number =>
  [...document.querySelectorAll('.js-plotly-plot')].filter(p => p.querySelector('.points path')).length >= number"""
POINTS = ".st-key-latent-map-shared .points path"
SHARED = ".st-key-latent-map-shared .js-plotly-plot"
STAR = "text=Distance to its 10 nearest"  # hidden on a phone, where the table is a list
SELECTED = "p:has-text('of 96 pairs, selected on')"
PATIENT = 180_000  # milliseconds; a job waits for its turn behind those of other tests
FORM, REFUSAL = ".st-key-latent-form", '[data-testid="stAlert"]'
CHOSEN = """chart => document.querySelector(chart).data.reduce(
  (sum, trace) => sum + (trace.selectedpoints?.length ?? 0), 0)"""
WIDEST = """() => Math.max(
  ...[document.documentElement, document.querySelector('[data-testid="stMain"]')].map(box => box.scrollWidth))"""
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
        page.wait_for_selector(STAR, state="attached")  # the last thing to come, when models are loaded
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
    assert "with the caption of photo" in page.inner_text(f"{CARD} .name")
    assert page.inner_text(f"{CARD} .why")  # the tiny set may not be shown, and says so
    page.mouse.move(5, 5, steps=5)
    page.wait_for_selector(CARD, state="hidden")


def lasso(page):
    """Draw around the middle of the first map."""
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
    return page.wait_for_selector(SELECTED).inner_text()


def test_a_lasso_lists_the_ads_within_it_and_leaves_its_map_as_it_is(maps):
    page = maps()
    page.evaluate(f"document.querySelector('{SHARED}').adlabSame = true")
    words = lasso(page)
    assert 0 < int(words.split()[0]) < 96
    page.wait_for_selector('[data-testid="stDataFrame"]')
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]')
    assert page.evaluate(f"document.querySelector('{SHARED}').adlabSame") is True  # zoom and outline are there still


def test_a_selection_survives_the_star_that_comes_when_the_models_are_loaded(maps):
    page = maps()
    page.get_by_text("Mark the ad of the Score page").click()
    page.wait_for_selector(STAR, state="detached")
    page.wait_for_function(STILL, arg=POINTS, polling=250)
    words, chosen = lasso(page), page.evaluate(CHOSEN, SHARED)
    assert chosen == int(words.split()[0])
    page.get_by_text("Mark the ad of the Score page").click()
    page.wait_for_selector(STAR)
    page.wait_for_function(f"number => ({CHOSEN})('{SHARED}') === number", arg=chosen)
    assert page.inner_text(SELECTED) == words


def give(page, table: bytes, folder=None):
    files = page.locator('.st-key-latent-form input[type="file"]')
    files.nth(0).set_input_files({"name": "ads.csv", "mimeType": "text/csv", "buffer": table})
    if folder is not None:
        files.nth(1).set_input_files(folder)


def test_after_a_refused_table_a_good_one_is_mapped_though_the_button_is_pressed_while_files_are_on_their_way(
    visit, tmp_path
):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(12):
        picture(number).save(folder / f"{number}.png")
    page = visit("latent_space")
    page.get_by_text("Your ads", exact=True).click()
    page.wait_for_selector(".st-key-latent-form")
    give(page, b"title,gender\nA dog,dogs\n", folder)
    start = page.get_by_role("button", name="Map these ads")
    page.wait_for_selector(f"{FORM} >> text=0.png")
    start.click()  # waits until it may be pressed
    page.wait_for_selector(REFUSAL, timeout=PATIENT)
    assert "gender" in page.inner_text(REFUSAL)
    page.wait_for_selector(f"{FORM} >> text=0.png")  # the pictures need not be given again
    held, let_go = [], []
    page.route("**/upload_file/**", lambda route: route.continue_() if let_go else held.append(route))
    give(page, b"image,title\n" + b"".join(f'{n}.png,"{caption(n)}"\n'.encode() for n in range(12)))
    page.wait_for_selector(".st-key-latent-start button[disabled]")
    let_go.append(True)
    for route in held:
        route.continue_()
    start.click()
    page.wait_for_selector("text=12 of your ads are mapped", timeout=PATIENT)


def test_a_phone_shows_the_maps_and_the_form_without_scrolling_sideways(maps):
    page = maps(**PHONE)
    assert page.evaluate(WIDEST) <= PHONE["width"]
    page.get_by_text("Your ads", exact=True).click()
    page.wait_for_selector(".st-key-latent-form")
    page.wait_for_selector(MAPS, state="detached")
    assert page.evaluate(WIDEST) <= PHONE["width"]


def test_the_name_of_the_first_page_as_an_address_leads_to_it(visit, server):
    page = visit("score")
    page.wait_for_selector(".ad-creative img")
    assert page.url == f"{server}/"
