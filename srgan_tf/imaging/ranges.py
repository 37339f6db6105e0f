"""The three value ranges of the project and the way between them.

The paper (Section 3.2) scales low-resolution images to [0, 1] and high-resolution images to
[-1, 1]. A name says which range an array is in: `_uint8`, `_unit` or `_tanh`. `_levels` is what
picture files hold: uint8 (0..255) or uint16 (0..65535), told apart by the array's type.
"""

import numpy as np
from numpy.typing import DTypeLike


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


def levels_to_unit(image_levels: np.ndarray) -> np.ndarray:
    """Maps uint8 or uint16 to float32 [0, 1]."""
    return image_levels.astype(np.float32) / np.float32(np.iinfo(image_levels.dtype).max)


def unit_to_levels(image_unit: np.ndarray, dtype: DTypeLike) -> np.ndarray:
    """Maps [0, 1] to uint8 or uint16, rounded to the nearest level and clipped."""
    highest = np.iinfo(dtype).max
    return np.clip(np.rint(image_unit * np.float32(highest)), 0, highest).astype(dtype)


def tanh_to_levels(image_tanh: np.ndarray, dtype: DTypeLike) -> np.ndarray:
    """Maps [-1, 1] to uint8 or uint16, rounded to the nearest level and clipped."""
    highest = np.iinfo(dtype).max
    scaled = (image_tanh + 1) * np.float32(highest / 2)
    return np.clip(np.rint(scaled), 0, highest).astype(dtype)
