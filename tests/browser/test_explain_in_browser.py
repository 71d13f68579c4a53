from __future__ import annotations

SHOWN = "[...document.querySelectorAll('.ad-heat img')].filter(image => image.complete && image.naturalWidth).length"
TOPS = "new Set([...document.querySelectorAll('.ad-heat figure')].map(each => each.offsetTop)).size"


def test_four_maps_stand_abreast_and_on_a_phone_one_below_the_other(visit):
    page = visit("explain")
    page.wait_for_function(f"{SHOWN} === 4")
    assert page.evaluate(TOPS) == 1
    page.set_viewport_size({"width": 390, "height": 844})
    page.wait_for_function(f"{TOPS} === 4")
    assert page.evaluate("document.querySelector('[data-testid=\"stMain\"]').scrollWidth") <= 390
