from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from srgan_tf.imaging.resize import (
    reduce_4x,
    reduce_4x_gaussian,
    reduction_matrix,
    resize_bicubic,
    upscale_bicubic,
    upscale_nearest,
)

GOLDEN = np.load(Path(__file__).parent / "golden.npz")  # made by make_golden.py
REDUCTIONS = pytest.mark.parametrize("reduce", [reduce_4x, reduce_4x_gaussian])


def golden_cases(kind):
    names = [key.split("/")[1] for key in GOLDEN if key.startswith(kind) and key.endswith("/in")]
    return pytest.mark.parametrize("name", names)


@golden_cases("bicubic")
def test_golden_bicubic_reduction(name):
    result = reduce_4x(GOLDEN[f"bicubic/{name}/in"])
    assert result.dtype == np.uint8
    np.testing.assert_array_equal(result, GOLDEN[f"bicubic/{name}/out"])


@golden_cases("gaussian")
def test_golden_gaussian_reduction(name):
    result = reduce_4x_gaussian(GOLDEN[f"gaussian/{name}/in"], sigma=1.6)
    assert result.dtype == np.uint8
    np.testing.assert_array_equal(result, GOLDEN[f"gaussian/{name}/out"])


@golden_cases("resize")
def test_golden_resize(name):
    expected = GOLDEN[f"resize/{name}/out"]
    result = resize_bicubic(GOLDEN[f"resize/{name}/in"], *expected.shape[:2])
    np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize(("name", "count"), [("Set5", 5), ("Set14", 14), ("BSD100", 100)])
def test_golden_lrx4_files_of_the_benchmarks(name, count, data_folder):
    originals = sorted((data_folder / "benchmarks" / name / "HR").glob("*.png"))
    assert len(originals) == count
    different = [
        path.name
        for path in originals
        if not np.array_equal(
            reduce_4x(np.asarray(Image.open(path))),
            np.asarray(Image.open(path.parents[1] / "LRx4" / path.name)),
        )
    ]
    assert different == []


@pytest.mark.parametrize("shape", [(16, 24), (4, 4, 3), (13, 7, 3)])
@pytest.mark.parametrize("level", [0, 1, 127, 254, 255])
def test_a_constant_picture_stays_constant(shape, level):
    picture = np.full(shape, level, np.uint8)
    for result in (
        reduce_4x(picture),
        reduce_4x_gaussian(picture),
        reduce_4x_gaussian(picture, sigma=9.0),
        resize_bicubic(picture, 5, 31),
        upscale_bicubic(picture),
        upscale_nearest(picture),
    ):
        assert result.dtype == np.uint8
        assert np.unique(result).tolist() == [level]


@REDUCTIONS
def test_a_reduction_does_not_shift(reduce):
    ramp = np.tile(2 * np.arange(96, dtype=np.uint8), (96, 1))
    middles = 8 * np.arange(24) + 3  # the mean of columns 4k .. 4k + 3
    for result in (reduce(ramp), reduce(ramp.T.copy()).T):
        np.testing.assert_array_equal(result[:, 4:-4], np.tile(middles[4:-4], (24, 1)))


@REDUCTIONS
def test_reducing_and_mirroring_commute(reduce, rng):
    hr = rng.integers(0, 256, (24, 36, 3), np.uint8)
    np.testing.assert_array_equal(reduce(hr[::-1]), reduce(hr)[::-1])
    np.testing.assert_array_equal(reduce(hr[:, ::-1]), reduce(hr)[:, ::-1])


@REDUCTIONS
def test_sides_are_cut_to_multiples_of_four(reduce, rng):
    hr = rng.integers(0, 256, (27, 33, 3), np.uint8)
    result = reduce(hr)
    assert result.shape == (6, 8, 3)
    np.testing.assert_array_equal(result, reduce(hr[:24, :32]))


@REDUCTIONS
@pytest.mark.parametrize("shape", [(3, 40, 3), (40, 3), (0, 0, 3)])
def test_too_small_to_reduce(reduce, shape):
    with pytest.raises(ValueError, match=f"got {shape[1]}x{shape[0]} pixels, expected at least"):
        reduce(np.zeros(shape, np.uint8))


@pytest.mark.parametrize("sigma", [0, -1.6, float("nan"), float("inf")])
def test_a_bad_sigma(sigma):
    with pytest.raises(ValueError, match=f"sigma: got {sigma}, expected a number above 0"):
        reduce_4x_gaussian(np.zeros((16, 16), np.uint8), sigma)


def test_a_wider_gaussian_blurs_more(rng):
    hr = rng.integers(0, 256, (64, 64), np.uint8)
    spreads = [reduce_4x_gaussian(hr, sigma).std() for sigma in (0.5, 1.0, 1.6, 3.0)]
    assert spreads == sorted(spreads, reverse=True)


@pytest.mark.parametrize("size", [4, 12, 96])
def test_bicubic_weights_are_multiples_of_1_4096(size):
    matrix = reduction_matrix(size)
    assert matrix.shape == (size // 4, size)
    np.testing.assert_array_equal(matrix * 4096, np.rint(matrix * 4096))
    np.testing.assert_array_equal(matrix.sum(axis=1), 1)


def test_the_matrices_reduce_as_the_functions_do(rng):
    hr = rng.integers(0, 256, (24, 36), np.uint8)

    def rounded(x):
        return np.clip(np.floor(x + 0.5), 0, 255)

    vertical = rounded(reduction_matrix(24) @ hr)
    np.testing.assert_array_equal(rounded(vertical @ reduction_matrix(36).T), reduce_4x(hr))
    blurred = reduction_matrix(24, 1.6) @ hr @ reduction_matrix(36, 1.6).T
    np.testing.assert_array_equal(rounded(blurred), reduce_4x_gaussian(hr, 1.6))


def test_the_same_size_changes_nothing(rng):
    picture = rng.integers(0, 256, (9, 14, 3), np.uint8)
    np.testing.assert_array_equal(resize_bicubic(picture, 9, 14), picture)


@pytest.mark.parametrize("scale", [1, 2, 3, 4])
@pytest.mark.parametrize("shape", [(5, 7, 3), (5, 7), (1, 1, 3)])
def test_upscaled_shapes(shape, scale):
    picture = np.zeros(shape, np.uint8)
    expected = (shape[0] * scale, shape[1] * scale, *shape[2:])
    assert upscale_bicubic(picture, scale).shape == expected
    assert upscale_nearest(picture, scale).shape == expected


def test_nearest_repeats_pixels():
    lr = np.array([[1, 2], [3, 4]], np.uint8)
    expected = [[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4], [3, 3, 4, 4]]
    assert upscale_nearest(lr, 2).tolist() == expected
    assert upscale_nearest(lr).shape == (8, 8)


def test_upscaling_continues_a_ramp():
    lr = np.tile(8 * np.arange(20, dtype=np.uint8), (3, 1))
    expected = 2 * np.arange(80) - 3  # pixel k of lr is centred on 4k + 1.5
    np.testing.assert_array_equal(upscale_bicubic(lr)[:, 8:-8], np.tile(expected[8:-8], (12, 1)))


def test_overshoot_is_clipped_and_does_not_wrap_around():
    edge = np.tile(np.array([0, 0, 0, 255, 255, 255], np.uint8), (4, 1))
    sr = upscale_bicubic(edge)
    assert sr[:, :12].max() < 128 <= sr[:, 12:].min()
    assert {0, 255} <= set(sr[0].tolist())
