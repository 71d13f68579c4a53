from __future__ import annotations

PHONE = {"width": 390, "height": 844}
CELLS = ".ad-week i[data-tip]"
TIP = f"getComputedStyle(document.querySelectorAll('{CELLS}')[4 * 24 + 18], '::after').content"
COLUMNS = "getComputedStyle(document.querySelector('.ad-week')).gridTemplateColumns.split(' ').length"
NOT_RUNNING = '[data-testid="stApp"][data-test-script-state="notRunning"]'


def choose(page, field: str, typed: str) -> None:
    """By keyboard alone."""
    page.get_by_label(field, exact=True).focus()
    page.keyboard.type(typed)
    page.get_by_role("option").first.wait_for()
    page.keyboard.press("Enter")


def test_an_audience_is_chosen_by_keyboard_and_each_hour_tells_its_rate(visit):
    page = visit()
    page.wait_for_selector(".ad-ages")
    page.wait_for_selector(NOT_RUNNING)
    assert page.locator(CELLS).count() == 7 * 24
    choose(page, "Weekday", "Fri")
    choose(page, "Hour", "18")
    page.get_by_role("button", name="Show this audience").press("Enter")
    page.wait_for_selector(".ad-whom:has-text('For Friday 18:00')")
    page.wait_for_selector(f"{CELLS}.own")
    page.locator(f"{CELLS}.own").hover()
    page.wait_for_function(f"{TIP}.includes('Friday 18:00: ')")
    assert page.evaluate(COLUMNS) == 25
    page.set_viewport_size(PHONE)
    page.wait_for_function(f"{COLUMNS} === 8")
    assert page.evaluate("document.querySelector('[data-testid=\"stMain\"]').scrollWidth") <= PHONE["width"]
