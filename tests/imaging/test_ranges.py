import numpy as np
import pytest

from srgan_tf.imaging.ranges import tanh_to_uint8, uint8_to_tanh, uint8_to_unit, unit_to_uint8

LEVELS = np.arange(256, dtype=np.uint8)


@pytest.mark.parametrize(
    ("there", "back", "low"),
    [(uint8_to_unit, unit_to_uint8, 0), (uint8_to_tanh, tanh_to_uint8, -1)],
)
def test_every_level_survives_the_round_trip(there, back, low):
    floats = there(LEVELS)
    assert floats.dtype == np.float32
    assert (floats[0], floats[-1]) == (low, 1)
    np.testing.assert_allclose(floats, np.linspace(low, 1, 256), rtol=0, atol=1e-7)
    assert back(floats).dtype == np.uint8
    np.testing.assert_array_equal(back(floats), LEVELS)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_values_are_rounded_to_the_nearest_level(dtype):
    for shift in (-0.49, 0.49):
        inside = (LEVELS[1:-1] + shift).astype(dtype)
        np.testing.assert_array_equal(unit_to_uint8(inside / 255), LEVELS[1:-1])
        np.testing.assert_array_equal(tanh_to_uint8(inside / 127.5 - 1), LEVELS[1:-1])


def test_values_outside_the_range_are_clipped():
    wild = np.array([-1000, -0.01, 1.01, 1000], np.float32)
    assert unit_to_uint8(wild).tolist() == [0, 0, 255, 255]
    assert tanh_to_uint8(np.array([-1000, -1.01, 1.01, 1000], np.float32)).tolist() == [
        *(0, 0, 255, 255)
    ]
