import numpy as np
import pytest

from srgan_tf.metrics import ssim_daala, ssim_gaussian
from srgan_tf.metrics.ssim import daala_kernel

BOTH = pytest.mark.parametrize("ssim", [ssim_gaussian, ssim_daala])
C1, C2 = 6.5025, 58.5225


def weighted_ssim(a, b, weights):
    """SSIM of one window, straight from its definition; weights sum to 1."""
    mean_a, mean_b = (weights * a).sum(), (weights * b).sum()
    var_a = (weights * (a - mean_a) ** 2).sum()
    var_b = (weights * (b - mean_b) ** 2).sum()
    cov = (weights * (a - mean_a) * (b - mean_b)).sum()
    luminance = (2 * mean_a * mean_b + C1) / (mean_a**2 + mean_b**2 + C1)
    return luminance * (2 * cov + C2) / (var_a + var_b + C2)


def slow_daala(a, b, kernel):
    """One loop per pixel: the window cut off at the borders, each pixel weighted by its rest."""
    height, width = a.shape
    radius = len(kernel) // 2
    total = total_weight = 0.0
    for y in range(height):
        for x in range(width):
            rows = range(max(0, y - radius), min(height, y + radius + 1))
            cols = range(max(0, x - radius), min(width, x + radius + 1))
            taps = np.array([[kernel[i - y + radius] * kernel[j - x + radius] for j in cols]
                             for i in rows])  # fmt: skip
            part = np.ix_(rows, cols)
            total += taps.sum() * weighted_ssim(a[part], b[part], taps / taps.sum())
            total_weight += taps.sum()
    return total / total_weight


def noisy_pair(rng, height, width):
    a = rng.integers(0, 256, (height, width)).astype(np.float64)
    return a, np.clip(a + rng.normal(0, 30, a.shape), 0, 255).round()


@BOTH
def test_identical_is_exactly_one(ssim, rng):
    a = rng.integers(0, 256, (24, 31), np.uint8)
    assert ssim(a, a.copy()) == 1.0


@BOTH
def test_is_symmetric(ssim, rng):
    a, b = rng.integers(0, 256, (2, 24, 31), np.uint8)
    assert ssim(a, b) == ssim(b, a)


@BOTH
def test_flat_pictures_compare_by_brightness_alone(ssim):
    a, b = np.full((20, 20), 100, np.uint8), np.full((20, 20), 50, np.uint8)
    expected = (2 * 100 * 50 + C1) / (100**2 + 50**2 + C1)
    assert ssim(a, b) == pytest.approx(expected, abs=1e-9)


@BOTH
def test_uint8_and_float_agree(ssim, rng):
    a, b = noisy_pair(rng, 20, 24)
    assert ssim(a.astype(np.uint8), b.astype(np.uint8)) == ssim(a, b)


@BOTH
def test_more_noise_scores_lower(ssim, rng):
    clean = np.tile(np.linspace(40, 200, 32), (32, 1))
    noise = rng.normal(0, 1, clean.shape)
    scores = [ssim(clean, clean + sigma * noise) for sigma in (2, 8, 32)]
    assert 1 > scores[0] > scores[1] > scores[2] > 0


@BOTH
@pytest.mark.parametrize(("left", "right"), [((20, 20), (20, 21)), ((20, 20, 3), (20, 20, 3))])
def test_refuses_anything_but_two_equal_planes(ssim, left, right):
    with pytest.raises(ValueError, match=r"got shapes .* expected the same \(h, w\) twice"):
        ssim(np.zeros(left), np.zeros(right))


def test_gaussian_equals_the_definition_in_one_window(rng):
    a, b = noisy_pair(rng, 11, 11)
    y, x = np.mgrid[-5:6, -5:6]
    window = np.exp(-(x**2 + y**2) / (2 * 1.5**2))
    assert ssim_gaussian(a, b) == pytest.approx(
        weighted_ssim(a, b, window / window.sum()), abs=1e-12
    )


def test_gaussian_averages_the_valid_positions(rng):
    a, b = noisy_pair(rng, 12, 13)
    windows = [
        ssim_gaussian(a[y : y + 11, x : x + 11], b[y : y + 11, x : x + 11])
        for y in range(2)
        for x in range(3)
    ]
    assert ssim_gaussian(a, b) == pytest.approx(np.mean(windows), abs=1e-12)


def test_gaussian_refuses_less_than_a_window():
    with pytest.raises(ValueError, match=r"got a plane of shape \(10, 30\).*at least 11x11"):
        ssim_gaussian(np.zeros((10, 30)), np.zeros((10, 30)))


def test_daala_kernel_by_hand():
    # Height 128: sigma 0.75, 256 / (sqrt(2 pi) 0.75) = 136.17; times exp(-8/9) = 55.98, times
    # exp(-32/9) = 3.89, times exp(-8) = 0.05. The centre takes 256 - 2 (56 + 4).
    np.testing.assert_array_equal(daala_kernel(128, 127), [4, 56, 136, 56, 4])
    np.testing.assert_array_equal(daala_kernel(128, 1), [56, 144, 56])
    np.testing.assert_array_equal(daala_kernel(1, 0), [256])
    # Height 512: sigma 3, 34.04 exp(-d^2 / 18) = 32.20 27.26 20.65 14.00 8.49 4.61 2.24 0.97 0.38.
    side = [32, 27, 21, 14, 8, 5, 2, 1]
    np.testing.assert_array_equal(daala_kernel(512, 511), [*side[::-1], 36, *side])


@pytest.mark.parametrize("height", [7, 64, 313, 505, 1080, 2160, 4320, 40000])
def test_daala_kernel_is_whole_positive_and_sums_to_256(height):
    kernel = daala_kernel(height, height - 1)
    assert kernel.sum() == 256
    assert kernel.min() > 0
    np.testing.assert_array_equal(kernel, np.floor(kernel))
    np.testing.assert_array_equal(kernel, kernel[::-1])


@pytest.mark.parametrize(("height", "width"), [(150, 6), (24, 40), (1, 1), (40, 2), (2, 300)])
def test_daala_equals_the_slow_definition(height, width, rng):
    a, b = noisy_pair(rng, height, width)
    kernel = daala_kernel(height, min(height, width) - 1)
    assert ssim_daala(a, b) == pytest.approx(slow_daala(a, b, kernel), abs=1e-9)


def test_daala_window_grows_with_height_not_width(rng):
    a, b = noisy_pair(rng, 300, 300)
    radius = [len(daala_kernel(height, 1000)) // 2 for height in (100, 300, 900)]
    assert radius == sorted(set(radius))
    assert ssim_daala(a[:100], b[:100]) != pytest.approx(ssim_daala(a[:100].T, b[:100].T), abs=1e-4)


def test_daala_refuses_an_empty_plane():
    with pytest.raises(ValueError, match="at least 1x1"):
        ssim_daala(np.zeros((0, 4)), np.zeros((0, 4)))
