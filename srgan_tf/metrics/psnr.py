"""Peak signal-to-noise ratio of two pictures."""

import math

import numpy as np


def psnr(a: np.ndarray, b: np.ndarray, peak: float = 255.0) -> float:
    """Peak signal-to-noise ratio, 10 log10(peak^2 / MSE).

    The first of the paper's two objective measures (Ledig et al. 2017, Section 3.1). This is the
    bare formula; which plane and which part of a picture it is applied to is a matter of protocol
    (see `srgan_tf.metrics.protocols`). The mean is taken in float64, so uint8 input cannot wrap.

    Args:
        a: array of any dtype and shape, values in [0, peak].
        b: array of the same shape and range. The order of the two does not matter.
        peak: the largest value a sample can take: 255 for 8-bit pictures, 1 for [0, 1].

    Returns:
        The ratio in dB; `math.inf` if the two are identical.

    Raises:
        ValueError: the shapes differ, or the arrays are empty.

    Example:
        >>> psnr(np.zeros((8, 8)), np.full((8, 8), 255.0))
        0.0
    """
    a = np.asarray(a, np.float64)
    b = np.asarray(b, np.float64)
    if a.shape != b.shape or a.size == 0:
        raise ValueError(
            f"psnr: got shapes {a.shape} and {b.shape}; expected two equal, non-empty shapes. "
            "Crop both pictures to the part they share."
        )
    mean_squared_error = float(np.mean(np.square(a - b)))
    if mean_squared_error == 0.0:
        return math.inf
    return 10.0 * math.log10(peak**2 / mean_squared_error)
