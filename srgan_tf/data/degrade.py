"""The 4x reduction of square training crops, as two small matrix products.

The matrices are those of `srgan_tf.imaging.resize`, so a crop is reduced bit for bit as a whole
picture is, its borders clamped.
"""

import numpy as np

from srgan_tf.config import DEGRADATIONS
from srgan_tf.imaging.resize import reduction_matrix


def degradation_matrix(degradation: str, crop_size: int, sigma: float = 1.6) -> np.ndarray:
    """The weights of one axis of the reduction.

    Args:
        degradation: `bicubic` (Section 3.2 of the paper) or `gaussian` (blur, then every 4th
            pixel: Section 2).
        crop_size: side of the high-resolution crop, a multiple of 4, pixels.
        sigma: standard deviation of the Gaussian, high-resolution pixels.

    Returns:
        float32, (crop_size // 4, crop_size).

    Raises:
        ValueError: unknown degradation, or a crop that 4 does not divide.
    """
    if crop_size % 4 or crop_size < 4:
        raise ValueError(f"crop size: got {crop_size}, expected a multiple of 4")
    if degradation == "bicubic":
        return reduction_matrix(crop_size).astype(np.float32)
    if degradation == "gaussian":
        return reduction_matrix(crop_size, sigma).astype(np.float32)
    raise ValueError(f"degradation: got {degradation!r}, expected one of {', '.join(DEGRADATIONS)}")


def degrade_batch(hr_uint8: np.ndarray, matrix: np.ndarray, rounds_between: bool) -> np.ndarray:
    """Reduces a batch of crops.

    Args:
        hr_uint8: uint8, (batch, size, size, 3).
        matrix: from `degradation_matrix`.
        rounds_between: whether the vertical pass is rounded to 8 bits too, as MATLAB's bicubic is.

    Returns:
        float32 whole numbers 0..255, (batch, size // 4, size // 4, 3).
    """
    batch, height, width, channels = hr_uint8.shape
    rows = hr_uint8.reshape(batch, height, width * channels).astype(np.float32)
    lr = np.matmul(matrix, rows)
    if rounds_between:
        lr = _round_255(lr)
    # One large product in place of many with three columns each.
    of_channels = np.kron(matrix.T, np.eye(channels, dtype=np.float32))
    lr = lr.reshape(-1, width * channels) @ of_channels
    return _round_255(lr).reshape(batch, len(matrix), len(matrix), channels)


def _round_255(x: np.ndarray) -> np.ndarray:
    return np.clip(np.floor(x + np.float32(0.5)), 0, 255)
