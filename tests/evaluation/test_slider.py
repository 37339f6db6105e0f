"""The before/after page, moved by mouse, keys and finger in a headless Chromium."""

import io
import re

import numpy as np
import pytest
from PIL import Image

from srgan_tf.evaluation.slider import render_slider
from srgan_tf.imaging.resize import upscale_bicubic, upscale_nearest

NAME = "<b>\"a\" & 'b' $name</b>.png"


@pytest.fixture(scope="module")
def pair(samples):
    """Before and after, uint8 (160, 240, 3)."""
    lr = samples["chelsea"][100:140, 130:190]
    return upscale_bicubic(lr), upscale_nearest(lr)


@pytest.fixture(scope="module")
def browser(open_browser):
    with open_browser("hide-scrollbars", width=700, height=600) as opened:
        yield opened


def set_screen(browser, width=701, scale=1.0, touch=False):
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 700, "deviceScaleFactor": scale, "mobile": touch},
    )
    browser.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": touch})


@pytest.fixture
def page(browser, pair, tmp_path):
    """The page of `pair`, opened on a screen of one pixel per CSS pixel and odd width."""
    set_screen(browser)
    path = tmp_path / "page.html"
    path.write_text(render_slider(NAME, *pair, "<nearest>"), encoding="utf-8")
    browser.get(path.as_uri())
    return browser


def shown(browser, selector="#stage"):
    """What is seen of an element, uint8 (h, w, 3), and where it is, in pixels of the screen."""
    place = browser.execute_script(
        "const b = document.querySelector(arguments[0]).getBoundingClientRect();"
        "return [b.left, b.top, b.right, b.bottom].map(x => Math.round(x * devicePixelRatio));",
        selector,
    )
    with Image.open(io.BytesIO(browser.get_screenshot_as_png())) as screen:
        return np.asarray(screen.convert("RGB").crop(place)), place


def split_of(browser):
    return float(browser.execute_script("return document.getElementById('split').value"))


def assert_split(browser, pair, percent):
    """Left of the line is before and right of it after, pixel for pixel."""
    before, after = pair
    assert split_of(browser) == pytest.approx(percent, abs=0.3)
    seen, _ = shown(browser)
    assert seen.shape == before.shape
    column = round(split_of(browser) / 100 * before.shape[1])
    left, right = max(column - 5, 0), column + 5  # the line, on dense screens too
    np.testing.assert_array_equal(seen[:, :left], before[:, :left])
    np.testing.assert_array_equal(seen[:, right:], after[:, right:])
    if 3 < column < before.shape[1] - 3:  # the line itself
        assert (seen[:, column - 1 : column + 1] == 255).all()


def press(browser, *keys):
    from selenium.webdriver.common.action_chains import ActionChains

    ActionChains(browser).send_keys(*keys).perform()


def test_it_opens_in_the_middle(page, pair):
    assert_split(page, pair, 50)


def test_keys_move_the_line(page, pair):
    from selenium.webdriver.common.keys import Keys

    press(page, Keys.TAB, Keys.TAB)
    assert page.switch_to.active_element.get_attribute("id") == "split"
    page.find_element("id", "split").send_keys(Keys.ARROW_RIGHT * 10)
    assert_split(page, pair, 60)
    page.find_element("id", "split").send_keys(Keys.HOME)
    assert_split(page, pair, 0)
    page.find_element("id", "split").send_keys(Keys.END)
    assert_split(page, pair, 100)


def test_the_focus_is_seen(page):
    from selenium.webdriver.common.keys import Keys

    bare, _ = shown(page, "html")
    _, (left, top, right, bottom) = shown(page)
    press(page, Keys.TAB, Keys.TAB)
    ringed, _ = shown(page, "html")
    changed = (bare != ringed).any(axis=2)
    assert changed[top - 4, left:right].all() and changed[bottom + 3, left:right].all()
    assert changed[top:bottom, left - 4].all() and changed[top:bottom, right + 3].all()
    assert not changed[top:bottom, left:right].any()


@pytest.mark.parametrize("x", [1, 37, 200, 238])
def test_a_click_moves_the_line_to_it(page, pair, x):
    from selenium.webdriver.common.action_chains import ActionChains

    split = page.find_element("id", "split")
    ActionChains(page).move_to_element_with_offset(split, x - 120, 20).click().perform()
    assert_split(page, pair, 100 * x / 240)


def test_dragging(page, pair):
    from selenium.webdriver.common.action_chains import ActionChains

    split = page.find_element("id", "split")
    mouse = ActionChains(page).move_to_element_with_offset(split, -100, 0).click_and_hold()
    mouse.move_by_offset(90, 10).perform()
    assert_split(page, pair, 100 * 110 / 240)  # while it is held
    ActionChains(page).release().move_by_offset(-60, 0).perform()
    assert_split(page, pair, 100 * 110 / 240)


def test_a_finger(page, pair):
    set_screen(page, width=400, touch=True)
    _, (left, top, _, _) = shown(page)
    for kind, x in (("touchStart", 30), ("touchMove", 100), ("touchMove", 180)):
        points = [{"x": left + x, "y": top + 50}]
        page.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    page.execute_cdp_cmd("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert_split(page, pair, 75)


@pytest.mark.parametrize("scale", [1.5, 2.0])
def test_one_pixel_on_one_pixel_of_dense_screens(page, pair, scale):
    set_screen(page, scale=scale)
    page.execute_script("dispatchEvent(new Event('resize'))")
    assert_split(page, pair, 50)


def test_fitting_the_window_and_back(page, pair):
    actual = page.find_element("id", "actual")
    assert actual.is_selected()  # the picture fits
    actual.click()
    seen, (left, _, right, _) = shown(page)
    assert (left, right) == (16, 685)
    small = np.asarray(Image.fromarray(seen).resize((240, 160), Image.Resampling.BOX)).astype(int)
    assert np.abs(small[:, :117] - pair[0][:, :117]).mean() < 8
    assert np.abs(small[:, 123:] - pair[1][:, 123:]).mean() < 8
    actual.click()
    assert_split(page, pair, 50)


def test_a_wide_picture_fits_at_first_and_scrolls_at_its_own_size(page, pair, tmp_path):
    wide = [np.tile(picture, (1, 4, 1)) for picture in pair]
    (tmp_path / "wide.html").write_text(render_slider("w", *wide, "m"), encoding="utf-8")
    page.get((tmp_path / "wide.html").as_uri())
    assert shown(page)[0].shape[1] == 669
    page.find_element("id", "actual").click()
    page.execute_script("document.getElementById('scroll').scrollLeft = 960")
    seen, (left, _, right, _) = shown(page)
    assert right - left == 960
    np.testing.assert_array_equal(seen[:, 960 - 300 :][:, :280], wide[1][:, 960 - 300 :][:, :280])
    assert page.execute_script("return document.documentElement.scrollWidth") <= 701


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_gray_and_readable(page, scheme):
    feature = {"name": "prefers-color-scheme", "value": scheme}
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    style = "const s = getComputedStyle(document.body); return [s.backgroundColor, s.color]"
    background, ink = (
        [int(number) for number in re.findall(r"\d+", colour)]
        for colour in page.execute_script(style)
    )
    page.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    assert len(set(background)) == 1 and len(set(ink)) == 1
    assert (background[0] > 150) == (scheme == "light")

    def luminance(level):
        return ((level / 255 + 0.055) / 1.055) ** 2.4 + 0.05

    bright, dark = sorted((luminance(background[0]), luminance(ink[0])), reverse=True)
    assert bright / dark > 7  # WCAG AAA


def test_names_are_text_and_nothing_is_fetched(page):
    assert page.title == f"{NAME}: before and after"
    assert page.find_element("tag name", "h1").text == NAME
    assert page.find_element("id", "before").get_attribute("alt").startswith(NAME)
    split = page.find_element("id", "split")
    assert split.accessible_name == (
        "Line between before (bicubic, left) and after (<nearest>, right)"
    )
    assert split.aria_role == "slider"
    assert split.get_attribute("aria-valuetext") == "50 % before"
    assert page.find_element("id", "actual").accessible_name.startswith("One pixel")
    fetched = page.execute_script(
        "return performance.getEntriesByType('resource').map(e => e.name)"
    )
    assert all(name.startswith("data:") for name in fetched)
    assert page.get_log("browser") == []


def test_large_pictures_show_their_middle(rng):
    before = np.zeros((2, 4100, 3), np.uint8)
    page = render_slider("a.png", before, before + 9, "m")
    assert "The middle 4096x2 of 4100x2 pixels." in page
    assert page.count("data:image/png;base64,") == 2


def test_above_4_megapixels_it_is_jpeg():
    before = np.zeros((2001, 2000, 3), np.uint8)
    page = render_slider("a.png", before, before, "m")
    assert page.count("data:image/jpeg;base64,") == 2
    assert "JPEG of quality 95" in page


def test_unequal_pictures_are_refused():
    with pytest.raises(ValueError, match="2 sizes, expected one"):
        render_slider("a", np.zeros((4, 4, 3), np.uint8), np.zeros((4, 8, 3), np.uint8), "m")
