"""PSNR and SSIM as Keras metrics, for `compile(metrics=[...])`.

They watch a training run: they see float tensors on the device, do not round to 8 bits, do not
remove a border, and their luma is BT.601. For numbers to publish use `srgan_tf.metrics.score`.
Everything is `keras.ops`, so the TensorFlow and the JAX backend compute the same.
"""

import math
from typing import Any

import keras
from keras import ops

_BT601_OFFSET = 16.0 / 255.0
_BT601_WEIGHTS = (65.481 / 255.0, 128.553 / 255.0, 24.966 / 255.0)  # R, G, B in [0, 1]

_SMALLEST_ERROR = 1e-10  # mean squared error of a 100 dB picture of peak 1

_WINDOW_SIZE = 11
_WINDOW_SIGMA = 1.5
_C1 = 0.01**2
_C2 = 0.03**2


class _PictureMetric(keras.metrics.Mean):
    """The mean over all pictures seen of a value that each pair of pictures has."""

    def __init__(
        self,
        luma: bool = True,
        value_range: tuple[float, float] = (-1.0, 1.0),
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        if len(value_range) != 2 or not value_range[0] < value_range[1]:
            raise ValueError(
                f"{type(self).__name__}: got value_range {tuple(value_range)}; expected "
                "(lowest, highest) with lowest < highest, such as (-1.0, 1.0)."
            )
        super().__init__(name=name or type(self).__name__.lower(), dtype=dtype)
        self.luma = luma
        self.value_range = (float(value_range[0]), float(value_range[1]))
        self._direction = "up"  # tells EarlyStopping and ModelCheckpoint that more is better

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Adds the pictures of one batch.

        Args:
            y_true: the originals, float (n, h, w, 3) in `value_range` (any channel count if
                `luma=False`).
            y_pred: the results, the same shape. Values outside the range are clipped, as they
                would be on the way into a picture file.
            sample_weight: optional weights (n,) of the pictures.

        Raises:
            ValueError: the shapes differ or are of another kind, `luma=True` and the channels are
                not three, or pictures of known size are smaller than the window of the metric;
                where TensorFlow learns their size only as it runs, their value is NaN.
        """
        true, pred = tuple(ops.shape(y_true)), tuple(ops.shape(y_pred))
        if not len(true) == len(pred) == 4 or any(
            one != other
            for one, other in zip(true, pred, strict=True)
            if isinstance(one, int) and isinstance(other, int)
        ):
            raise ValueError(
                f"{type(self).__name__}: got shapes {true} and {pred}; expected one shape "
                "(n, h, w, channels)."
            )
        values = self._per_picture(self._prepare(y_true), self._prepare(y_pred))
        super().update_state(values, self._per_picture_weights(sample_weight))

    def _per_picture_weights(self, weights: Any) -> Any:
        """(n,), also from (n, 1, 1), which is what losses of pictures take."""
        if weights is None:
            return None
        weights = ops.convert_to_tensor(weights)
        if any(side != 1 for side in weights.shape[1:]):
            raise ValueError(
                f"{type(self).__name__}: got weights of shape {tuple(weights.shape)}; expected one "
                "for each picture, (n,) or (n, 1, 1)."
            )
        return weights if len(weights.shape) < 2 else ops.reshape(weights, (-1,))

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, for saving and `from_config`."""
        return {**super().get_config(), "luma": self.luma, "value_range": list(self.value_range)}

    def _prepare(self, pictures: Any) -> Any:
        """Pictures in `value_range` -> [0, 1], as luma (n, h, w, 1) where asked for."""
        low, high = self.value_range
        # The error of a 100 dB picture is no number of float16, and bfloat16 has three digits.
        is_half = self.dtype in ("float16", "bfloat16")
        pictures = ops.cast(pictures, "float32" if is_half else self.dtype)
        pictures = ops.clip((pictures - low) / (high - low), 0.0, 1.0)
        if not self.luma:
            return pictures
        if pictures.shape[-1] != 3:
            raise ValueError(
                f"{type(self).__name__}: got pictures of shape {tuple(pictures.shape)}; expected "
                "(n, h, w, 3) for luma. Pass luma=False to compare all channels as they are."
            )
        # Written out, not a matrix product, which accelerators compute with fewer digits.
        planes = [weight * pictures[..., i] for i, weight in enumerate(_BT601_WEIGHTS)]
        return ops.expand_dims(sum(planes, _BT601_OFFSET), -1)

    def _per_picture(self, true: Any, pred: Any) -> Any:
        """Two (n, h, w, c) in [0, 1] -> (n,)."""
        raise NotImplementedError


@keras.saving.register_keras_serializable(package="srgan_tf")
class PSNR(_PictureMetric):
    """Peak signal-to-noise ratio in dB, averaged over pictures.

    A monitor for training, not the paper's protocol (Ledig et al. 2017, Section 3.1): luma is
    BT.601 studio range without rounding, and no border is removed. A picture counts at most
    100 dB, so that one perfect flat patch does not turn the mean into infinity.

    A model that was saved with it is loaded by `srgan_tf.load_generator`, and by
    `keras.saving.load_model` after `import keras` and `import srgan_tf`, in this order.

    Args:
        luma: compare luma (`True`) or all channels as they are (`False`).
        value_range: lowest and highest value of the tensors, by default the generator's [-1, 1].
        name: the name in the logs.
        dtype: the dtype of the computation, by default `keras.config.floatx()`.

    Raises:
        ValueError: `value_range` is not increasing.

    Example:
        >>> model.compile(optimizer="adam", loss="mse", metrics=[PSNR(), SSIM()])
    """

    def _per_picture(self, true: Any, pred: Any) -> Any:
        error = ops.mean(ops.square(true - pred), axis=(1, 2, 3))
        return -10.0 * ops.log10(ops.maximum(error, _SMALLEST_ERROR))


@keras.saving.register_keras_serializable(package="srgan_tf")
class SSIM(_PictureMetric):
    """Structural similarity under an 11x11 Gaussian window, averaged over pictures.

    A monitor for training, beside PSNR what the paper scores by (Section 3.1): the SSIM of protocol
    `matlab` on BT.601 luma without rounding and without removing a border; with
    `luma=False` the mean over the channels.

    Args:
        luma: compare luma (`True`) or each channel by itself (`False`).
        value_range: lowest and highest value of the tensors, by default the generator's [-1, 1].
        name: the name in the logs.
        dtype: the dtype of the computation, by default `keras.config.floatx()`.

    Raises:
        ValueError: `value_range` is not increasing; or, when it is used, pictures are smaller than
            the window.
    """

    def _per_picture(self, true: Any, pred: Any) -> Any:
        if any(side is not None and side < _WINDOW_SIZE for side in true.shape[1:3]):
            raise ValueError(
                f"SSIM: got pictures of shape {tuple(true.shape)}; expected at least "
                f"{_WINDOW_SIZE}x{_WINDOW_SIZE} pixels, the size of the window. Train on larger "
                "crops, or leave SSIM out."
            )
        moments = ops.stack([true, pred, true * true + pred * pred, true * pred])
        mean_true, mean_pred, mean_squares, mean_product = ops.unstack(_blur(moments), 4)
        product = mean_true * mean_pred
        squares = mean_true * mean_true + mean_pred * mean_pred
        similar = (2.0 * product + _C1) * (2.0 * (mean_product - product) + _C2)
        ssim = similar / ((squares + _C1) * (mean_squares - squares + _C2))
        return ops.mean(ssim, axis=(1, 2, 3))


def _blur(x: Any) -> Any:
    """Gaussian window at 'valid' positions: (k, n, h, w, c) -> (k, n, h - 10, w - 10, c).

    Shifted sums, not a convolution: on accelerators a convolution may run in TF32 or bfloat16, and
    the variances, small differences of large numbers, would drown in its rounding.
    """
    last = _WINDOW_SIZE - 1
    taps = [math.exp(-0.5 * ((i - last / 2) / _WINDOW_SIGMA) ** 2) for i in range(last + 1)]
    taps = [tap / sum(taps) for tap in taps]
    x = sum(tap * x[:, :, i : i - last or None] for i, tap in enumerate(taps))
    return sum(tap * x[:, :, :, i : i - last or None] for i, tap in enumerate(taps))
