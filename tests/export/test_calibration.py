import numpy as np
import pytest
from PIL import Image

from srgan_tf.export.calibration import folder_pictures


@pytest.mark.parametrize(("count", "step"), [(32, 1), (33, 2), (64, 2), (65, 3)])
def test_pictures_are_spread_over_the_folder(tmp_path, count, step):
    for level in range(count):
        Image.new("RGB", (24, 24), (level,) * 3).save(tmp_path / f"{level:02}.png")
    levels = [round(255 * float(lr.mean())) for lr in folder_pictures(tmp_path)]
    assert levels == list(range(0, count, step))


def test_the_middle_of_a_large_picture_is_used(tmp_path, rng):
    pixels = rng.integers(0, 256, (200, 100, 3), np.uint8)
    for name, picture in (("a", pixels), ("b", pixels.transpose(1, 0, 2))):
        Image.fromarray(picture).save(tmp_path / f"{name}.png")
    high, wide = folder_pictures(tmp_path)
    np.testing.assert_array_equal(high[0], pixels[36:164] / np.float32(255))
    np.testing.assert_array_equal(wide[0], high[0].transpose(1, 0, 2))
