"""The middle of a picture."""

import numpy as np


def crop_middle(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """Returns a view of the middle of (h, w) or (h, w, c), at most `height` by `width` pixels."""
    tall, wide = min(height, image.shape[0]), min(width, image.shape[1])
    top, left = (image.shape[0] - tall) // 2, (image.shape[1] - wide) // 2
    return image[top : top + tall, left : left + wide]
