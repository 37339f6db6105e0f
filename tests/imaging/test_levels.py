import numpy as np
import pytest

from srgan_tf.imaging.ranges import (
    levels_to_unit,
    tanh_to_levels,
    tanh_to_uint8,
    uint8_to_unit,
    unit_to_levels,
    unit_to_uint8,
)
from srgan_tf.imaging.resize import upscale_bicubic


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_every_level_comes_back(dtype):
    levels = np.arange(np.iinfo(dtype).max + 1, dtype=dtype)
    unit = levels_to_unit(levels)
    assert (unit.dtype, unit[0], unit[-1]) == (np.float32, 0, 1)
    np.testing.assert_array_equal(unit_to_levels(unit, dtype), levels)
    np.testing.assert_array_equal(tanh_to_levels(2 * unit - 1, dtype), levels)


def test_8_bits_are_rounded_as_in_training_and_scoring(rng):
    tanh = rng.uniform(-1.1, 1.1, 100_000).astype(np.float32)
    np.testing.assert_array_equal(tanh_to_levels(tanh, np.uint8), tanh_to_uint8(tanh))
    np.testing.assert_array_equal(unit_to_levels(tanh, np.uint8), unit_to_uint8(tanh))
    levels = np.arange(256, dtype=np.uint8)
    np.testing.assert_array_equal(levels_to_unit(levels), uint8_to_unit(levels))


def test_bicubic_of_16_bits_agrees_with_that_of_8(rng):
    lr = rng.integers(60, 200, (9, 7, 3), np.uint8)
    deep = upscale_bicubic(lr.astype(np.uint16) * 257)
    assert deep.dtype == np.uint16
    assert np.abs(deep / 257 - upscale_bicubic(lr)).max() < 1.5  # it rounds twice
    assert len(np.unique(deep)) > 256
