import math

import numpy as np
import pytest

from srgan_tf.metrics import psnr


def test_one_level_of_error_everywhere():
    a = np.full((3, 5), 100, np.uint8)
    assert psnr(a, a + np.uint8(1)) == pytest.approx(48.1308036, abs=1e-6)


def test_by_hand():
    a = np.array([[0, 0], [0, 0]], np.uint8)
    b = np.array([[3, 4], [0, 5]], np.uint8)  # MSE (9 + 16 + 0 + 25) / 4 = 12.5
    assert psnr(a, b) == pytest.approx(10 * math.log10(65025 / 12.5), abs=1e-12)


def test_uint8_differences_do_not_wrap():
    black, white = np.zeros((4, 4), np.uint8), np.full((4, 4), 255, np.uint8)
    assert psnr(black, white) == 0.0
    assert psnr(white, black) == 0.0


def test_peak_scales_with_the_range(rng):
    a, b = rng.random((2, 6, 7, 3))
    assert psnr(a, b, peak=1.0) == pytest.approx(psnr(255 * a, 255 * b), abs=1e-9)


def test_identical_is_infinite(rng):
    a = rng.integers(0, 256, (9, 8, 3), np.uint8)
    assert psnr(a, a.copy()) == math.inf


def test_is_symmetric(rng):
    a, b = rng.integers(0, 256, (2, 9, 8), np.uint8)
    assert psnr(a, b) == psnr(b, a)


@pytest.mark.parametrize(("left", "right"), [((4, 4), (4, 5)), ((4, 4), (4, 4, 1)), ((0, 4),) * 2])
def test_refuses_shapes_that_cannot_be_compared(left, right):
    with pytest.raises(ValueError, match=r"got shapes .* expected two equal, non-empty"):
        psnr(np.zeros(left), np.zeros(right))
