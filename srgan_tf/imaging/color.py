"""Colour to luma, as the two scoring protocols define it (see `srgan_tf.metrics.protocols`)."""

import numpy as np

_RGB2GRAY = np.array([0.298936, 0.587043, 0.114021])  # sums to 1, so R = G = B stays what it is


def luma_bt709_uint8(image_uint8: np.ndarray) -> np.ndarray:
    """BT.709 studio-range luma (16..235), the one behind the paper's Tables 1 and 2.

    Args:
        image_uint8: uint8, (h, w, 3) RGB or (h, w) gray. Gray is replicated to RGB first.

    Returns:
        uint8, (h, w).
    """
    rgb = image_uint8.astype(np.float64)
    if rgb.ndim == 2:
        rgb = np.repeat(rgb[..., None], 3, axis=-1)
    luma = 16 + 219 * (rgb @ np.array([0.2126, 0.7152, 0.0722])) / 255
    return np.floor(luma + 0.5).astype(np.uint8)


def luma_bt601_uint8(image_uint8: np.ndarray) -> np.ndarray:
    """BT.601 studio-range luma (16..235), the Y of MATLAB's `rgb2ycbcr`, rounded to 8 bits.

    Args:
        image_uint8: uint8, (h, w, 3) RGB or (h, w) gray. Gray is returned as it is.

    Returns:
        uint8, (h, w).
    """
    if image_uint8.ndim == 2:
        return image_uint8
    luma = 16 + image_uint8.astype(np.float64) @ np.array([65.481, 128.553, 24.966]) / 255
    return np.floor(luma + 0.5).astype(np.uint8)


def gray_uint8(image_uint8: np.ndarray) -> np.ndarray:
    """MATLAB's `rgb2gray`: full-range BT.601 luma (0..255), rounded to 8 bits.

    Args:
        image_uint8: uint8, (h, w, 3) RGB or (h, w) gray. Gray is returned as it is.

    Returns:
        uint8, (h, w).
    """
    if image_uint8.ndim == 2:
        return image_uint8
    return np.floor(image_uint8 @ _RGB2GRAY + 0.5).astype(np.uint8)


def to_rgb(image_uint8: np.ndarray) -> np.ndarray:
    """Returns (h, w, 3) uint8: a gray (h, w) picture replicated, a colour one as it is."""
    if image_uint8.ndim == 2:
        return np.repeat(image_uint8[..., None], 3, axis=-1)
    return image_uint8
