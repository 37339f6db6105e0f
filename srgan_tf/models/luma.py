"""Layers for networks that enlarge luma alone, and colours by bicubic interpolation."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from srgan_tf.imaging.resize import upscaling_taps

_BT601 = (0.299, 0.587, 0.114)


def luma(rgb: Any) -> Any:
    """BT.601 luma of (..., 3), in the range of its colours: (..., 1)."""
    rgb = ops.cast(rgb, "float32")
    return ops.sum(rgb * ops.convert_to_tensor(_BT601, "float32"), axis=-1, keepdims=True)


class _InFloat32(keras.layers.Layer):
    """Computes in float32 whatever the policy: of another, Keras would round what comes in."""

    def __init__(self, dtype: Any = "float32", **kwargs: Any) -> None:
        super().__init__(dtype=dtype, **kwargs)


@keras.saving.register_keras_serializable("srgan_tf")
class BicubicUpscale(_InFloat32):
    """MATLAB's `imresize(lr, 4)`, not rounded: (batch, h, w, c) -> (batch, 4h, 4w, c)."""

    def call(self, lr: Any) -> Any:
        """Enlarges one axis, then the other."""
        return _enlarge(_enlarge(ops.cast(lr, "float32"), axis=1), axis=2)


@keras.saving.register_keras_serializable("srgan_tf")
class Luma(_InFloat32):
    """See `luma`."""

    def call(self, rgb: Any) -> Any:
        """Weighs the channels."""
        return luma(rgb)


@keras.saving.register_keras_serializable("srgan_tf")
class WithLuma(_InFloat32):
    """Gives a picture another luma and keeps its colour differences: [0, 1] -> [-1, 1]."""

    def call(self, inputs: Sequence[Any]) -> Any:
        """Takes [rgb (batch, h, w, 3), luma (batch, h, w, 1)], both in [0, 1]."""
        rgb, new_luma = (ops.cast(x, "float32") for x in inputs)
        return 2.0 * (rgb + (new_luma - luma(rgb))) - 1.0


def _enlarge(x: Any, axis: int) -> Any:
    """Four sub-pixels for each pixel along one axis; beyond the border its pixels go on."""
    taps = upscaling_taps()  # (4, 5)
    length = ops.shape(x)[axis]
    first, last = ops.take(x, [0, 0], axis), ops.take(x, [length - 1, length - 1], axis)
    padded = ops.concatenate([first, x, last], axis)

    def shifted(by: int) -> Any:
        return padded[:, by : by + length] if axis == 1 else padded[:, :, by : by + length]

    phases = [
        sum(float(weight) * shifted(by) for by, weight in enumerate(row) if weight) for row in taps
    ]
    batch, height, width, channels = ops.shape(x)
    large = (batch, 4 * height, width, channels)
    if axis == 2:
        large = (batch, height, 4 * width, channels)
    return ops.reshape(ops.stack(phases, axis + 1), large)
