"""The eight symmetries of the square, numbered 0..7.

Bit 0 mirrors left and right, bit 1 mirrors top and bottom, bit 2 then swaps height and width.
"""

import numpy as np


def apply_symmetry(image: np.ndarray, symmetry: int) -> np.ndarray:
    """Returns the transformed view of an (h, w) or (h, w, c) array; number 0 changes nothing."""
    if symmetry & 1:
        image = image[:, ::-1]
    if symmetry & 2:
        image = image[::-1]
    if symmetry & 4:
        image = np.swapaxes(image, 0, 1)
    return image


def undo_symmetry(image: np.ndarray, symmetry: int) -> np.ndarray:
    """Inverse of `apply_symmetry`."""
    if symmetry & 4:
        image = np.swapaxes(image, 0, 1)
    if symmetry & 2:
        image = image[::-1]
    if symmetry & 1:
        image = image[:, ::-1]
    return image
