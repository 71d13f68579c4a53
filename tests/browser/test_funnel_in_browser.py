"""The chain from impression to conversion in a real browser: seen at once, priced by the user, whole on a phone."""

from __future__ import annotations

import re

PHONE = {"width": 390, "height": 844}
NOT_RUNNING = '[data-testid="stApp"][data-test-script-state="notRunning"]'
CHAIN = ".ad-chain"
COSTS = f"{CHAIN} .cost"
WIDTHS = """() => {
    const main = document.querySelector('[data-testid="stMain"]');
    const inside = [...document.querySelectorAll('.ad-chain *')];
    return [main.scrollWidth, Math.max(...inside.map(part => part.getBoundingClientRect().right))];
}"""


def price(page, value: str) -> list[float]:
    """What is shown after a price was typed: of all impressions, of a click, of a conversion."""
    before = page.locator(COSTS).all_inner_texts()
    field = page.get_by_label("Price of a thousand impressions", exact=True)
    field.fill(value)
    field.press("Enter")
    page.wait_for_function(
        f"before => [...document.querySelectorAll('{COSTS}')].length === 3"
        f" && [...document.querySelectorAll('{COSTS}')].map(part => part.innerText).join() !== before.join()",
        arg=before,
    )
    found = [re.search(r"[\d,.]*\d", text) for text in page.locator(COSTS).all_inner_texts()]
    return [float(number.group().replace(",", "")) for number in found if number]


def test_the_chain_is_seen_a_price_moves_its_costs_and_a_phone_shows_it_whole(visit):
    page = visit()
    page.wait_for_selector(CHAIN)
    page.wait_for_selector(NOT_RUNNING)
    chain = page.locator(CHAIN)
    chain.scroll_into_view_if_needed()
    assert chain.is_visible()
    assert chain.bounding_box()["height"] > 50
    stages = page.locator(f"{CHAIN} .stage .ad-eyebrow").all_text_contents()
    assert stages == ["Impressions", "Clicks", "Conversions"]
    assert [short in chain.inner_text() for short in ("pCTR", "pCVR")] == [True, True]
    assert chain.get_attribute("aria-label")
    assert page.locator(COSTS).count() == 0  # none until the user says what a thousand cost

    dear, dearer = price(page, "800"), price(page, "1600")
    shown = int(page.locator(f"{CHAIN} .stage > b").first.inner_text().replace(",", ""))
    assert dear[0] == 800 * shown / 1000
    assert dear[1] < dear[2]  # of a click below of a conversion
    for one, twice in zip(dear, dearer, strict=True):
        assert abs(twice / one - 2) < 0.05  # both rounded

    page.set_viewport_size(PHONE)
    page.wait_for_function("document.querySelector('.ad-chain').getBoundingClientRect().width < 390")
    scrolled, furthest = page.evaluate(WIDTHS)
    assert scrolled <= PHONE["width"]
    assert furthest <= PHONE["width"]
