"""Resizing exactly as MATLAB's `imresize` does, on which all published scores stand.

Pillow's and TensorFlow's bicubic filters differ from it (by up to 21 grey levels, or along the
border), and scores computed from them cannot be compared with anybody's.
"""

from collections.abc import Iterator

import numpy as np

from srgan_tf.imaging.rows import Rows

_BAND = 64  # rows worked on at a time, of the small or the large picture, whichever has more


def _cubic(x: np.ndarray) -> np.ndarray:
    """Keys' cubic convolution kernel with a = -0.5."""
    x = np.abs(x)
    near = (1.5 * x - 2.5) * x * x + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x <= 1, near, np.where(x <= 2, far, 0.0))


def _cubic_taps(size_in: int, size_out: int) -> tuple[np.ndarray, np.ndarray]:
    """Which input pixels make up each output pixel of one axis, and with which weights.

    Bicubic, widened by the reduction factor when the axis shrinks (antialiasing), with clamped
    borders. For a reduction by 4 every weight is a multiple of 1/4096, so products with 8-bit
    pixels are exact even in float32 and rounding never depends on the order of the sum.

    Returns:
        Indices, int (size_out, taps), and weights, float64 (size_out, taps), rows summing to 1.
    """
    scale = size_out / size_in
    stretch = max(1.0, 1 / scale)
    center = (np.arange(size_out) + 0.5) / scale - 0.5
    first = np.floor(center - 2 * stretch).astype(int)
    taps = first[:, None] + np.arange(int(np.ceil(4 * stretch)) + 2)
    weights = _cubic((center[:, None] - taps) / stretch)
    return _finish_taps(taps, weights, size_in)


def upscaling_taps() -> np.ndarray:
    """What each of a pixel's four sub-pixels takes from it and two neighbours on either side.

    Returns:
        float64 (4, 5), rows summing to 1: one axis of an enlargement by 4.
    """
    return _as_matrix(5, *_cubic_taps(5, 20))[8:12]


def _gaussian_taps(size_in: int, sigma: float) -> tuple[np.ndarray, np.ndarray]:
    """Gaussian blur, then every 4th pixel: the same, centred in each block of four pixels.

    Raises:
        ValueError: sigma is not above 0.
    """
    if not 0 < sigma < np.inf:
        raise ValueError(f"blur sigma: got {sigma}, expected a number above 0 (pixels)")
    center = 4 * np.arange(size_in // 4) + 1.5
    radius = int(np.ceil(4 * sigma)) + 1
    taps = np.floor(center).astype(int)[:, None] + np.arange(-radius, radius + 2)
    weights = np.exp(-0.5 * ((taps - center[:, None]) / sigma) ** 2)
    return _finish_taps(taps, weights, size_in)


def _finish_taps(
    taps: np.ndarray, weights: np.ndarray, size_in: int
) -> tuple[np.ndarray, np.ndarray]:
    weights = weights / weights.sum(axis=1, keepdims=True)
    used = weights.any(axis=0)
    return np.clip(taps[:, used], 0, size_in - 1), weights[:, used]


def _resample(image: np.ndarray, axis: int, taps: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Weighted sum of input pixels along one axis, tap by tap."""
    image = np.moveaxis(image, axis, 0)
    indices, weights = taps
    shape = (-1,) + (1,) * (image.ndim - 1)
    result = np.zeros((len(indices), *image.shape[1:]))
    for tap in range(indices.shape[1]):
        result += weights[:, tap].reshape(shape) * image[indices[:, tap]]
    return np.moveaxis(result, 0, axis)


def reduction_matrix(size_in: int, sigma: float | None = None) -> np.ndarray:
    """One axis of a 4x reduction as a matrix, for crops of one size.

    Args:
        size_in: length of the axis, pixels.
        sigma: None: bicubic (`reduce_4x`); otherwise Gaussian blur and decimation.

    Returns:
        float64, (size_in // 4, size_in), rows summing to 1.
    """
    taps = _cubic_taps(size_in, size_in // 4) if sigma is None else _gaussian_taps(size_in, sigma)
    return _as_matrix(size_in, *taps)


def _as_matrix(size_in: int, indices: np.ndarray, weights: np.ndarray) -> np.ndarray:
    matrix = np.zeros((len(indices), size_in))
    np.add.at(matrix, (np.arange(len(indices))[:, None], indices), weights)
    return matrix


def _round(image: np.ndarray, highest: int = 255) -> np.ndarray:
    return np.clip(np.floor(image + 0.5), 0, highest)


def resize_bicubic(image_levels: np.ndarray, height: int, width: int) -> np.ndarray:
    """Resizes a picture bit for bit as MATLAB's `imresize(image, [height width])` does.

    The axis that shrinks more goes first (the vertical one when both are alike), and the result
    is rounded to whole levels after each pass, since `imresize` keeps the type between its passes.

    Args:
        image_levels: uint8 or uint16, (h, w) or (h, w, c).
        height: wanted height, pixels.
        width: wanted width, pixels.

    Returns:
        The same type, (height, width) or (height, width, c).
    """
    return np.concatenate(list(_resized_bands(image_levels, height, width)))


def resize_rows(image_levels: np.ndarray | Rows, height: int, width: int) -> Rows:
    """`resize_bicubic` for pictures too large to be held: rows are made as they are asked for.

    Args:
        image_levels: uint8 or uint16, (h, w, c).
        height: wanted height, pixels.
        width: wanted width, pixels.

    Returns:
        The same type, (height, width, c).
    """
    bands = _resized_bands(image_levels, height, width)
    return Rows((height, width, image_levels.shape[2]), image_levels.dtype, bands)


def _resized_bands(
    image_levels: np.ndarray | Rows, height: int, width: int
) -> Iterator[np.ndarray]:
    """A few rows of the result at a time, each from the rows of the picture that it needs."""
    dtype = image_levels.dtype
    highest = np.iinfo(dtype).max
    size_in = image_levels.shape[:2]
    rows, row_weights = _cubic_taps(size_in[0], height)
    columns = _cubic_taps(size_in[1], width)
    order = (0, 1) if height * size_in[1] <= width * size_in[0] else (1, 0)  # who shrinks more
    step = max(1, _BAND * min(height, size_in[0]) // size_in[0])
    for start in range(0, height, step):
        taps = rows[start : start + step]
        first = taps.min()
        of_axis = ((taps - first, row_weights[start : start + step]), columns)
        band = image_levels[first : taps.max() + 1].astype(np.float64)
        for axis in order:
            band = _round(_resample(band, axis, of_axis[axis]), highest)
        yield band.astype(dtype)


def reduce_4x(hr_uint8: np.ndarray) -> np.ndarray:
    """Makes the low-resolution picture of the paper (Section 3.2): bicubic, downscaling factor 4.

    Args:
        hr_uint8: uint8, (h, w) or (h, w, 3). Where a side is no multiple of 4, the last one to
            three rows or columns are cut off first.

    Returns:
        uint8, (h // 4, w // 4) or (h // 4, w // 4, 3).

    Raises:
        ValueError: the picture is smaller than 4x4 pixels.
    """
    hr_uint8 = _whole_blocks(hr_uint8)
    return resize_bicubic(hr_uint8, hr_uint8.shape[0] // 4, hr_uint8.shape[1] // 4)


def reduce_4x_gaussian(hr_uint8: np.ndarray, sigma: float = 1.6) -> np.ndarray:
    """The other reduction the paper describes (Section 2): Gaussian blur, then every 4th pixel.

    The kernel is centred in each block of 4x4 pixels, so that the picture does not shift.

    Args:
        hr_uint8: as in `reduce_4x`.
        sigma: standard deviation of the blur, in high-resolution pixels, above 0.

    Returns:
        uint8, (h // 4, w // 4) or (h // 4, w // 4, 3).

    Raises:
        ValueError: the picture is smaller than 4x4 pixels, or sigma is not above 0.
    """
    image = _whole_blocks(hr_uint8).astype(np.float64)
    for axis in (0, 1):
        image = _resample(image, axis, _gaussian_taps(image.shape[axis], sigma))
    return _round(image).astype(np.uint8)


def _whole_blocks(hr_uint8: np.ndarray) -> np.ndarray:
    """Cuts both sides to multiples of 4."""
    height, width = (side // 4 * 4 for side in hr_uint8.shape[:2])
    if height == 0 or width == 0:
        raise ValueError(
            f"picture too small to reduce 4x: got {hr_uint8.shape[1]}x{hr_uint8.shape[0]} pixels, "
            "expected at least 4x4"
        )
    return hr_uint8[:height, :width]


def upscale_bicubic(lr_levels: np.ndarray, scale: int = 4) -> np.ndarray:
    """MATLAB's `imresize(lr, scale)`: the bicubic row of Table 2."""
    height, width = lr_levels.shape[:2]
    return resize_bicubic(lr_levels, height * scale, width * scale)


def upscale_nearest(lr_levels: np.ndarray, scale: int = 4) -> np.ndarray:
    """Repeats each pixel `scale` times in both directions: the nearest row of Table 2."""
    return np.repeat(np.repeat(lr_levels, scale, axis=0), scale, axis=1)
