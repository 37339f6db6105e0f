"""A whole study by two raters in a headless Chromium, with the server killed in the middle."""

import csv
import io
import time

import numpy as np
import pytest
from PIL import Image

from srgan_tf.mos.log import read_records
from srgan_tf.mos.report import write_report
from srgan_tf.mos.study import load_codes

pytestmark = pytest.mark.slow

WORDS = ("nearest", "bicubic", "original", "SetA", "SetB", "img_")


@pytest.fixture(scope="module")
def browsers(open_browser):
    """Two raters' browsers."""
    with open_browser() as one, open_browser() as two:
        yield one, two


def wait_for(condition, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := condition():
            return found
        time.sleep(0.01)
    raise AssertionError("waited in vain")


def press(browser, *keys):
    from selenium.webdriver.common.action_chains import ActionChains

    ActionChains(browser).send_keys(*keys).perform()


def section(browser):
    return browser.execute_script(
        "return [...document.querySelectorAll('main')].find((main) => !main.hidden)?.id"
    )


def text_of(browser, name):
    return browser.execute_script("return document.getElementById(arguments[0]).textContent", name)


def picture_id(browser):
    """The id of the shown picture; None while there is none to rate."""
    return browser.execute_script("return isReady ? state.picture : null")


def log_in(browser, server, code):
    from selenium.webdriver.common.keys import Keys

    browser.get(server.url)
    wait_for(lambda: section(browser) == "login")
    browser.execute_script("document.getElementById('code').value = ''")
    press(browser, code, Keys.ENTER)  # the field has the focus
    wait_for(lambda: section(browser) in ("instructions", "end"))


def begin(browser):
    from selenium.webdriver.common.keys import Keys

    press(browser, Keys.ENTER)  # the button has the focus
    return wait_for(lambda: picture_id(browser))


def rate(browser, key=None):
    """Rates the picture that is shown, or does what an example asks; returns the next section."""
    shown = wait_for(lambda: picture_id(browser))
    task = text_of(browser, "task")
    press(browser, task.split("press ")[1][0] if "Example" in task else key)
    wait_for(lambda: section(browser) != "rating" or picture_id(browser) not in (None, shown))
    return section(browser)


def ratings(study, name):
    records = [r for r in read_records(study) if r.get("rater") == name]
    return [(r["position"], r["score"]) for r in records if r["event"] == "rating"]


def seen_picture(browser):
    """What the screen shows where the picture is, uint8 (h, w, 3)."""
    box = browser.execute_script(
        "const b = document.querySelector('#stage img').getBoundingClientRect();"
        "return [b.left, b.top, b.right, b.bottom].map((x) => x * devicePixelRatio);"
    )
    assert all(abs(edge - round(edge)) < 0.05 for edge in box)
    with Image.open(io.BytesIO(browser.get_screenshot_as_png())) as screen:
        return np.asarray(screen.convert("RGB").crop([round(edge) for edge in box]))


def stored_picture(study, name, position):
    with Image.open(study.picture_path(study.raters[name][position])) as image:
        return np.asarray(image)


def test_two_raters_and_a_killed_server(plan, serve, browsers, tmp_path):
    from selenium.webdriver.common.keys import Keys

    study = plan(break_every=10)
    server = serve(study)
    codes = {name: code for code, name in load_codes(study).items()}
    names = ("rater1", "rater2")
    given = {name: [] for name in names}
    for browser, name in zip(browsers, names, strict=True):
        log_in(browser, server, codes[name])
        assert section(browser) == "instructions"
        begin(browser)

    def turn(browser, name, key):
        is_example = "Example" in text_of(browser, "task")
        after = rate(browser, key)
        if not is_example:
            given[name].append(int(key))
        return after

    for step in range(8):  # 4 examples, 4 pictures, in turns
        for shift, (browser, name) in enumerate(zip(browsers, names, strict=True)):
            shown = seen_picture(browser)
            np.testing.assert_array_equal(shown, stored_picture(study, name, step))
            source = browser.page_source + browser.current_url
            assert not any(word in source for word in WORDS)
            assert turn(browser, name, str(1 + (step + shift) % 5)) == "rating"

    server.kill()
    one, two = browsers
    press(one, "2")  # nobody is there to take it
    given["rater1"].append(2)
    wait_for(lambda: not one.execute_script("return document.getElementById('trouble').hidden"))
    assert "cannot be reached" in text_of(one, "trouble")
    assert len(ratings(study, "rater1")) == 8
    server.start()
    wait_for(lambda: len(ratings(study, "rater1")) == 9)  # sent again by itself
    wait_for(lambda: picture_id(one))

    press(one, "u")  # taken back
    given["rater1"].pop()
    wait_for(lambda: text_of(one, "where") == "Picture 5 of 20" and picture_id(one))
    press(one, "u")  # once only
    for browser, name in zip(browsers, names, strict=True):
        while (after := turn(browser, name, "4")) == "rating":
            pass
        assert after == "break" and len(given[name]) == 10
        assert "10 are left" in text_of(browser, "break-where")
        press(browser, Keys.ENTER)
        wait_for(lambda browser=browser: picture_id(browser))

    log_in(two, server, codes["rater2"])  # went away and comes back
    assert "10 of 20" in text_of(two, "done-so-far")
    begin(two)
    press(two, Keys.TAB, Keys.TAB, Keys.ENTER)  # the second button
    given["rater2"].append(2)
    wait_for(lambda: text_of(two, "where") == "Picture 12 of 20" and picture_id(two))
    for browser, name in zip(browsers, names, strict=True):
        while (after := turn(browser, name, "5")) == "rating":
            pass
        assert after == "end"
        records = read_records(study)
        mine = [r for r in records if r.get("rater") == name and r["event"] != "start"]
        scores = []
        for record in mine:
            assert record["position"] == len(scores) - (record["event"] == "undo")
            scores = [*scores, record["score"]] if record["event"] == "rating" else scores[:-1]
        assert scores[4:] == given[name] and len(scores) == 24
        severe = [line for line in browser.get_log("browser") if "ERR_" not in line["message"]]
        assert severe == []

    write_report(study, tmp_path / "report")
    with (tmp_path / "report" / "ratings.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for name in names:
        first = {}
        for index, score in zip(study.raters[name][4:], given[name], strict=True):
            first.setdefault(study.pictures[index], score)
        mine = [row for row in rows if row["rater"] == name]
        assert {
            (row["set"], row["image"], row["method"]): int(row["score"])
            for row in mine
            if row["is_repeat"] == "0"
        } == {(p.set, p.image, p.method): score for p, score in first.items()}
        assert len(mine) == 20
    page = (tmp_path / "report" / "report.html").read_text()
    assert "2 raters, 36 ratings" in page and "simulated" not in page
    one.get((tmp_path / "report" / "report.html").as_uri())
    assert one.execute_script("return [...document.images].every((i) => i.naturalWidth > 300)")
    assert one.get_log("browser") == []


def set_screen(browser, scale, width=900, height=700):
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": False},
    )


def test_one_pixel_on_one_pixel_and_warnings(plan, serve, browsers, open_browser):
    study = plan()
    server = serve(study)
    browser = browsers[0]
    code = next(code for code, name in load_codes(study).items() if name == "rater1")
    try:
        for scale, warning in ((1.0, ""), (1.5, "scaled (1.50"), (2.0, "2 pixels per point")):
            set_screen(browser, scale, 902)
            log_in(browser, server, code)
            assert warning in text_of(browser, "warnings")
            is_hidden = browser.execute_script("return document.getElementById('warnings').hidden")
            assert is_hidden == (not warning)
            begin(browser)
            np.testing.assert_array_equal(seen_picture(browser), stored_picture(study, "rater1", 0))
            assert warning in text_of(browser, "note")
        set_screen(browser, 1.0, 902, 190)  # no room for 48 pixels
        wait_for(lambda: "larger than the window" in text_of(browser, "note"))
        set_screen(browser, 1.0)
        wait_for(lambda: text_of(browser, "note") == "")
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    screens = [record["screen"] for record in read_records(study)]
    assert [screen["ratio"] for screen in screens] == [1, 1.5, 2]
    assert [screen["window_width"] for screen in screens] == [902] * 3


def test_zoom_of_200_percent_is_told(plan, serve, open_browser):
    study = plan()
    server = serve(study)
    zoom = {"partition.default_zoom_level": {"x": 3.8017840169239308}}  # log(2) / log(1.2)
    with open_browser(preferences=zoom) as browser:
        log_in(browser, server, next(iter(load_codes(study))))
        assert "zoomed to about 200 %: press Ctrl and 0" in text_of(browser, "warnings")
        begin(browser)
        assert "zoomed to about 200 %" in text_of(browser, "note")
        assert browser.execute_script(
            "const a = document.getElementById('scores').getBoundingClientRect();"
            "return a.bottom <= innerHeight && a.left >= 0 && a.right <= innerWidth"
        )
        assert rate(browser) == "rating"


def test_digits_of_a_keyboard_that_wants_shift_for_them(plan, serve, browsers):
    study = plan()
    browser = browsers[0]
    code = next(code for code, name in load_codes(study).items() if name == "rater1")
    log_in(browser, serve(study), code)
    begin(browser)
    while "Example" in text_of(browser, "task"):
        rate(browser)
    shown = wait_for(lambda: picture_id(browser))
    for key, digit in (("ArrowUp", "ArrowUp"), ("à", "Digit0"), ("'", "Digit4")):  # AZERTY
        browser.execute_script(
            "dispatchEvent(new KeyboardEvent('keydown', {key: arguments[0], code: arguments[1]}))",
            key,
            digit,
        )
    wait_for(lambda: picture_id(browser) not in (None, shown))
    assert [score for _, score in ratings(study, "rater1")][-1] == 4
