import base64
import io
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from srgan_tf.evaluation.comparison import draw_side_by_side, lay_side_by_side


def test_panels_stand_pixel_for_pixel_under_their_labels():
    rng = np.random.default_rng(0)
    panels = {"one": rng.integers(0, 256, (30, 20, 3), np.uint8)}
    panels["two"] = 255 - panels["one"]
    picture = np.asarray(lay_side_by_side(panels))
    height, width, _ = picture.shape
    np.testing.assert_array_equal(picture[height - 30 :, :20], panels["one"])
    np.testing.assert_array_equal(picture[height - 30 :, width - 20 :], panels["two"])
    header = picture[: height - 30]
    assert header[:, :20].min() < 100 and header[:, width - 20 :].min() < 100  # both have a label


def test_large_panels_show_their_middle_unscaled():
    panel = np.arange(40 * 60 * 3, dtype=np.uint32).astype(np.uint8).reshape(40, 60, 3)
    picture = np.asarray(lay_side_by_side({"a": panel}, max_side=20))
    np.testing.assert_array_equal(picture[-20:], panel[10:30, 20:40])


def test_unequal_panels_are_refused():
    small, large = np.zeros((4, 4, 3), np.uint8), np.zeros((8, 4, 3), np.uint8)
    with pytest.raises(ValueError, match="expected one"):
        lay_side_by_side({"a": small, "b": large})


def test_a_drawing_holds_labels_as_text_and_panels_pixel_for_pixel(rng):
    panels = {"a<b": rng.integers(0, 256, (30, 20, 3), np.uint8)}
    panels["b\x01\udce4"] = 255 - panels["a<b"]  # a file's name may have these
    svg = ElementTree.fromstring(draw_side_by_side(panels, max_side=16).encode())
    texts, images = ([x for x in svg if x.tag.endswith(kind)] for kind in ("text", "image"))
    assert [text.text for text in texts] == ["a<b", "b??"]
    assert float(images[1].get("x")) > float(images[0].get("x")) + 16
    for image, panel in zip(images, panels.values(), strict=True):
        code = image.get("href").removeprefix("data:image/png;base64,")
        shown = np.asarray(Image.open(io.BytesIO(base64.b64decode(code))))
        np.testing.assert_array_equal(shown, panel[7:23, 2:18])
