"""Structural similarity of two 8-bit planes, in the two variants that published scores use.

Both compare local means, variances and the covariance under a Gaussian window (Wang et al. 2004,
Equation 13) with K1 = 0.01, K2 = 0.03 and L = 255. They differ in the window: `ssim_gaussian`
keeps it fixed and skips the border, `ssim_daala` lets it grow with the picture and cuts it off at
the border. On the paper's test sets, `ssim_gaussian` is 0.01 to 0.06 lower; on pictures of less
than about 300 pixels in height it can be higher. So a score means nothing without the name of its
variant.
"""

import math

import numpy as np

_C1 = (0.01 * 255) ** 2
_C2 = (0.03 * 255) ** 2

GAUSSIAN_SIZE = 11
_GAUSSIAN_SIGMA = 1.5

_DAALA_SIGMA_PER_ROW = 1.5 / 256
_DAALA_KERNEL_SUM = 256


def ssim_gaussian(a: np.ndarray, b: np.ndarray) -> float:
    """SSIM under a fixed 11x11 Gaussian window: the one in most papers after SRGAN.

    Sigma is 1.5 pixels, and only the positions where the window lies inside the picture count
    ('valid'). It agrees with the MATLAB code of Wang et al. at its default settings, without that
    code's optional downsampling.

    Args:
        a: uint8 or float (h, w), values in [0, 255], both sides at least 11.
        b: the same shape and range. The order of the two does not matter.

    Returns:
        The mean SSIM, 1.0 for identical planes.

    Raises:
        ValueError: the planes are not 2-D, differ in shape, or are smaller than the window.
    """
    a, b = _as_planes(a, b, smallest=GAUSSIAN_SIZE)
    distance = np.arange(GAUSSIAN_SIZE) - GAUSSIAN_SIZE // 2
    kernel = np.exp(-0.5 * (distance / _GAUSSIAN_SIGMA) ** 2)
    kernel /= kernel.sum()
    return float(np.mean(_ssim_map(*(filter_valid(plane, kernel) for plane in _moments(a, b)))))


def ssim_daala(a: np.ndarray, b: np.ndarray) -> float:
    """SSIM as the daala tools compute it: the one behind Tables 1 and 2 of the paper.

    The paper names the daala package as its measuring tool (Ledig et al. 2017, Section 3.1). Sigma
    is 1.5 pixels for a height of 256 and grows in proportion. The kernel holds integers that sum to
    256 along each axis. At a border the window is cut off, and the position counts in the mean by
    the share of the kernel that lies inside.

    Args:
        a: uint8 or float (h, w), values in [0, 255]; any size from one pixel.
        b: the same shape and range. The order of the two does not matter.

    Returns:
        The weighted mean SSIM, 1.0 for identical planes.

    Raises:
        ValueError: the planes are not 2-D, are empty, or differ in shape.
    """
    a, b = _as_planes(a, b, smallest=1)
    height, width = a.shape
    kernel = daala_kernel(height, max_radius=min(height, width) - 1)
    radius = len(kernel) // 2
    inside_rows = np.convolve(np.ones(height), kernel)[radius : radius + height]
    inside_cols = np.convolve(np.ones(width), kernel)[radius : radius + width]
    inside = np.outer(inside_rows, inside_cols)  # (h, w): how much of the window is in the picture
    means = (filter_valid(np.pad(plane, radius), kernel) / inside for plane in _moments(a, b))
    return float(np.average(_ssim_map(*means), weights=inside))


def daala_kernel(height: int, max_radius: int) -> np.ndarray:
    """The integer Gaussian that daala slides over a picture of this height.

    It ends at the last tap that does not round to zero, and the centre tap takes up what rounding
    has left over, so that the sum is exactly 256.

    Args:
        height: the height of the plane in pixels.
        max_radius: the largest permitted distance of a tap from the centre, in pixels.

    Returns:
        float64 (2 * radius + 1,), whole numbers that sum to 256.

    Example:
        >>> daala_kernel(128, max_radius=127)
        array([  4.,  56., 136.,  56.,   4.])
    """
    sigma = _DAALA_SIGMA_PER_ROW * height
    centre = _DAALA_KERNEL_SUM / (math.sqrt(2 * math.pi) * sigma)
    # centre * exp(-radius^2 / (2 sigma^2)) = 0.5 is where taps begin to round to zero.
    reach = sigma * math.sqrt(2 * math.log(2 * centre)) if centre > 0.5 else 0.0
    distance = np.arange(1, min(int(reach), max_radius) + 1)
    side = np.floor(centre * np.exp(-0.5 * (distance / sigma) ** 2) + 0.5)
    return np.concatenate([side[::-1], [_DAALA_KERNEL_SUM - 2 * side.sum()], side])


def _as_planes(a: np.ndarray, b: np.ndarray, smallest: int) -> tuple[np.ndarray, np.ndarray]:
    a = np.asarray(a, np.float64)
    b = np.asarray(b, np.float64)
    if a.ndim != 2 or a.shape != b.shape:
        raise ValueError(
            f"ssim: got shapes {a.shape} and {b.shape}; expected the same (h, w) twice. "
            "Convert colour to luma and crop both pictures to the part they share."
        )
    if min(a.shape) < smallest:
        raise ValueError(
            f"ssim: got a plane of shape {a.shape}; expected at least {smallest}x{smallest}, "
            "the size of the window. Score a larger picture."
        )
    return a, b


def _moments(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, ...]:
    """The planes whose local means SSIM needs; the two variances enter only as their sum."""
    return a, b, a * a + b * b, a * b


def _ssim_map(
    mean_a: np.ndarray, mean_b: np.ndarray, mean_squares: np.ndarray, mean_product: np.ndarray
) -> np.ndarray:
    """SSIM at every position from the local means of `_moments`."""
    product = mean_a * mean_b
    squares = mean_a * mean_a + mean_b * mean_b
    similar = (2 * product + _C1) * (2 * (mean_product - product) + _C2)
    return similar / ((squares + _C1) * (mean_squares - squares + _C2))


def filter_valid(plane: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Filters rows, then columns, with a symmetric odd kernel; (h, w) -> (h - 2r, w - 2r)."""
    radius = len(kernel) // 2
    for _ in range(2):  # each turn filters axis 0 and swaps the axes
        length = len(plane) - 2 * radius
        filtered = kernel[radius] * plane[radius : radius + length]
        for tap in range(radius):
            mirrored = len(kernel) - 1 - tap
            filtered += kernel[tap] * (
                plane[tap : tap + length] + plane[mirrored : mirrored + length]
            )
        plane = np.ascontiguousarray(filtered.T)
    return plane
