"""Cutting a large picture into overlapping windows of one size, and joining their results."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from srgan_tf.imaging.rows import Rows


@dataclass(frozen=True)
class Window:
    """One axis of one tile, in pixels of the small picture.

    Attributes:
        start: where the network's input begins.
        stop: where it ends.
        keep_start: where the part of the result that is kept begins.
        keep_stop: where that part ends.
    """

    start: int
    stop: int
    keep_start: int
    keep_stop: int


def split_axis(size: int, tile: int, overlap: int) -> list[Window]:
    """Covers an axis with as few windows as possible, of equal length and spread evenly.

    Args:
        size: length of the axis, pixels, at least 1.
        tile: longest kept part of a window in the middle of the axis, pixels, at least 1.
        overlap: pixels that a window sees, at least, beyond its kept part on each inner side.

    Returns:
        Windows from left to right, of one length of at most tile + 2 * overlap. Their kept parts
        meet without gaps.

    Raises:
        ValueError: tile below 1 or overlap below 0.
    """
    if tile < 1 or overlap < 0:
        raise ValueError(f"tiles: got tile={tile}, overlap={overlap}, expected at least 1 and 0")
    count = max(1, -(-(size - 2 * overlap) // tile))
    length = -(-(size + (count - 1) * 2 * overlap) // count)
    starts = [index * (size - length) // max(1, count - 1) for index in range(count)]
    cuts = [(start + before + length) // 2 for before, start in pairwise(starts)]
    return [
        Window(start, start + length, keep_start, keep_stop)
        for start, keep_start, keep_stop in zip(starts, [0, *cuts], [*cuts, size], strict=True)
    ]


def map_tiles(
    upscale: Callable[[np.ndarray], np.ndarray],
    lr: np.ndarray,
    tile: int,
    overlap: int,
    scale: int = 4,
    tell: Callable[[int], object] | None = None,
) -> Rows:
    """Applies an upscaling function window by window, as the result's rows are asked for.

    Args:
        upscale: (h, w, c) -> (scale * h, scale * w, c) of the same type.
        lr: the small picture, (h, w, c).
        tile: see `split_axis`.
        overlap: see `split_axis`. From the network's receptive radius on, the result is that of
            the whole picture.
        scale: the function's magnification.
        tell: called after each window with the number of pixels of `lr` that it has dealt with.

    Returns:
        (scale * h, scale * w, c) of the type of `lr`.
    """
    height, width, channels = lr.shape

    def bands() -> Iterator[np.ndarray]:
        for rows in split_axis(height, tile, overlap):
            top = rows.keep_start - rows.start
            tall = rows.keep_stop - rows.keep_start
            band = np.empty((scale * tall, scale * width, channels), lr.dtype)
            for columns in split_axis(width, tile, overlap):
                left = columns.keep_start - columns.start
                wide = columns.keep_stop - columns.keep_start
                part = upscale(lr[rows.start : rows.stop, columns.start : columns.stop])
                band[:, scale * columns.keep_start : scale * columns.keep_stop] = part[
                    scale * top : scale * (top + tall), scale * left : scale * (left + wide)
                ]
                if tell:
                    tell(tall * wide)
            yield band

    return Rows((scale * height, scale * width, channels), lr.dtype, bands())
