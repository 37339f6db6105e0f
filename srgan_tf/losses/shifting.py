"""Small shifts of the pictures before strided networks look at them: no grid of dots."""

from typing import Any

from keras import ops

_PERIOD = 4  # of the generator's two depth-to-space stages, pixels


def shift_pair(hr: Any, sr: Any) -> tuple[Any, Any]:
    """Moves both pictures of each pair around by the same 0 to 3 pixels down and to the right.

    The gradient of a network with strides or pooling (the discriminator, VGG19) differs from one
    pixel to the next, in a fixed grid. The generator makes its pixels in such a grid too, by depth
    to space; where both grids always coincide, it learns the pattern as dots on even surfaces. The
    shifts take every position of the grid in turn.

    A pair's shift follows from its original's grey levels, so that a run is the same on any number
    of devices and after a resume. What leaves at one edge comes in at the other.

    Deviation: the discriminator and VGG19 see each pair of pictures moved by 0 to 3 pixels, which
    keeps the generator from drawing their strides as a grid of dots.

    Args:
        hr: originals, float (batch, h, w, 3) in [-1, 1].
        sr: results, the same shape.
    """
    levels = ops.cast(ops.round((ops.cast(hr, "float32") + 1.0) * 127.5), "int32")
    turn = ops.sum(levels, axis=(1, 2, 3)) % _PERIOD**2
    down, right = turn // _PERIOD, turn % _PERIOD
    return _roll(hr, down, right), _roll(sr, down, right)


def _roll(pictures: Any, down: Any, right: Any) -> Any:
    _, height, width, _ = ops.shape(pictures)
    rows = (ops.arange(height)[None] - down[:, None]) % height  # (batch, h): where from
    columns = (ops.arange(width)[None] - right[:, None]) % width
    pictures = ops.take_along_axis(pictures, rows[:, :, None, None], axis=1)
    return ops.take_along_axis(pictures, columns[:, None, :, None], axis=2)
