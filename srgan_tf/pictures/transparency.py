"""What the networks see where a picture is transparent, and where its opacity stays flat."""

import numpy as np

from srgan_tf.imaging.resize import upscale_nearest

_RADIUS = 2  # how far a flat pixel's surroundings reach, pixels of the small picture


def fill_transparent(pixels: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """Gives fully transparent pixels the colour of their visible surroundings.

    Files hold any colour there, mostly black, and an enlarged edge would mix it into what is seen:
    a dark fringe. The visible colours are averaged over ever larger blocks, weighted by opacity,
    and each hidden pixel takes the smallest block that has any.

    Args:
        pixels: uint8 or uint16, (h, w, c), not multiplied by alpha.
        alpha: opacity, (h, w, 1) of the same type.

    Returns:
        As `pixels`; visible pixels are unchanged.
    """
    hidden = alpha[..., 0] == 0
    if not hidden.any() or hidden.all():
        return pixels
    weight = alpha.astype(np.float32) / np.iinfo(alpha.dtype).max
    filled = _spread(pixels * weight, weight)
    result = pixels.copy()
    result[hidden] = np.rint(filled[hidden]).astype(pixels.dtype)
    return result


def _spread(weighted: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Returns (h, w, c): weighted / weight where there is weight, else that of coarser blocks."""
    known = weight > 0
    colour = weighted / np.where(known, weight, 1)
    if known.all():
        return colour
    height, width = weight.shape[:2]
    coarse = _spread(_sum_blocks(weighted), _sum_blocks(weight))
    coarse = upscale_nearest(coarse, 2)[:height, :width]
    return np.where(known, colour, coarse)


def _sum_blocks(array: np.ndarray) -> np.ndarray:
    """Sums blocks of 2x2 pixels; odd sides are continued by zeros."""
    height, width, channels = array.shape
    array = np.pad(array, ((0, height % 2), (0, width % 2), (0, 0)))
    return array.reshape((height + 1) // 2, 2, (width + 1) // 2, 2, channels).sum(axis=(1, 3))


def keep_flat_parts(lr: np.ndarray, sr: np.ndarray) -> np.ndarray:
    """Restores the exact level wherever the small picture is flat around a pixel.

    A network leaves a full or an empty area a level or two off; in opacity that is a veil or a
    hole over the whole picture. Interpolations never do, and are not changed by this: 2 pixels is
    what bicubic reaches.

    Args:
        lr: opacity of the small picture, (h, w, 1).
        sr: its enlargement, (scale * h, scale * w, 1).

    Returns:
        As `sr`.
    """
    low, high = lr, lr
    for axis in (0, 1):
        pad = [(_RADIUS, _RADIUS) if index == axis else (0, 0) for index in range(3)]
        low, high = (np.pad(part, pad, mode="edge") for part in (low, high))
        low = np.lib.stride_tricks.sliding_window_view(low, 2 * _RADIUS + 1, axis).min(axis=-1)
        high = np.lib.stride_tricks.sliding_window_view(high, 2 * _RADIUS + 1, axis).max(axis=-1)
    scale = sr.shape[0] // lr.shape[0]
    return np.where(upscale_nearest(low == high, scale), upscale_nearest(lr, scale), sr)
