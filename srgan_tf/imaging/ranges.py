"""The three value ranges of the project and the way between them.

The paper (Section 3.2) scales low-resolution images to [0, 1] and high-resolution images to
[-1, 1]. A name says which range an array is in: `_uint8`, `_unit` or `_tanh`.
"""

import numpy as np


def uint8_to_unit(image_uint8: np.ndarray) -> np.ndarray:
    """Maps 0..255 to float32 [0, 1]: what the generator takes."""
    return image_uint8.astype(np.float32) / np.float32(255)


def uint8_to_tanh(image_uint8: np.ndarray) -> np.ndarray:
    """Maps 0..255 to float32 [-1, 1]: what the generator learns to return."""
    return image_uint8.astype(np.float32) / np.float32(127.5) - np.float32(1)


def unit_to_uint8(image_unit: np.ndarray) -> np.ndarray:
    """Maps [0, 1] to uint8, rounded to the nearest level; values outside the range are clipped."""
    return np.clip(np.rint(image_unit * np.float32(255)), 0, 255).astype(np.uint8)


def tanh_to_uint8(image_tanh: np.ndarray) -> np.ndarray:
    """Maps [-1, 1] to uint8, rounded to the nearest level; values outside the range are clipped."""
    return np.clip(np.rint((image_tanh + 1) * np.float32(127.5)), 0, 255).astype(np.uint8)
