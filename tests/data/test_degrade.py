import numpy as np
import pytest

from srgan_tf.data.degrade import DEGRADATIONS, degradation_matrix, degrade_batch
from srgan_tf.imaging.resize import reduce_4x, reduction_matrix


@pytest.fixture
def crops(rng):
    return rng.integers(0, 256, (5, 48, 48, 3), np.uint8)


def test_bicubic_crops_are_reduced_bit_for_bit_as_whole_pictures(crops):
    lr = degrade_batch(crops, degradation_matrix("bicubic", 48), rounds_between=True)
    assert lr.dtype == np.float32
    np.testing.assert_array_equal(lr, np.stack([reduce_4x(crop) for crop in crops]))


@pytest.mark.parametrize("sigma", [0.8, 1.6, 3.0])
def test_gaussian_crops_are_the_exact_value_rounded(crops, sigma):
    lr = degrade_batch(crops, degradation_matrix("gaussian", 48, sigma), rounds_between=False)
    exact = np.einsum("oi,bijc,pj->bopc", *(m := reduction_matrix(48, sigma), crops, m))
    np.testing.assert_array_equal(lr, np.rint(lr))
    np.testing.assert_allclose(lr, exact, rtol=0, atol=0.5 + 1e-4)


def test_flat_crops_keep_their_level():
    flat = np.arange(256, dtype=np.uint8).reshape(256, 1, 1, 1) * np.ones((1, 8, 8, 3), np.uint8)
    for degradation in DEGRADATIONS:
        matrix = degradation_matrix(degradation, 8)
        assert matrix.dtype == np.float32
        lr = degrade_batch(flat, matrix, degradation == "bicubic")
        np.testing.assert_array_equal(lr, flat[:, :2, :2])


@pytest.mark.parametrize("size", [0, 2, 50, -4])
def test_crop_sizes_must_be_multiples_of_4(size):
    with pytest.raises(ValueError, match=f"crop size: got {size}, expected a multiple of 4"):
        degradation_matrix("bicubic", size)


def test_an_unknown_degradation():
    with pytest.raises(ValueError, match="got 'nearest', expected one of bicubic, gaussian"):
        degradation_matrix("nearest", 48)
