"""The networks that Table 2 compares SRResNet with: SRCNN, ESPCN and DRCN.

All enlarge luma alone, as their papers do; colours are interpolated. They start as interpolation
does, for the reason given in `srgan_tf.models.start`.
"""

from typing import Any

import keras
import numpy as np
from keras import layers

from srgan_tf.models.layout import require_channels_last
from srgan_tf.models.luma import BicubicUpscale, Luma, WithLuma

_BILINEAR = np.array([[3, 5, 0], [1, 7, 0], [0, 7, 1], [0, 5, 3]]) / 8  # four sub-pixels, 3 taps


def build_srcnn() -> keras.Model:
    """Builds SRCNN 9-5-5 (Dong et al. 2016): three convolutions on the enlarged luma.

    It has 57,281 parameters.

    Deviation: SRCNN's convolutions see zeros beyond the border, in training too, where its paper
    trains without padding.

    Returns:
        A `keras.Model` as `build_generator` makes it.
    """
    require_channels_last()
    lr = keras.Input((None, None, 3), name="lr")
    large = BicubicUpscale(name="bicubic")(lr)
    x = Luma(name="luma")(large)
    x = _conv(64, 9, "conv1", "relu")(x)
    x = _conv(32, 5, "conv2", "relu")(x)
    x = _conv(1, 5, "conv3", dtype="float32")(x)
    model = keras.Model(lr, WithLuma(name="colours")([large, x]), name="srcnn")
    _carry(model, "conv1")
    _carry(model, "conv2")
    _interpolate(model, "conv3", np.ones((1, 1, 1)))
    return model


def build_espcn() -> keras.Model:
    """Builds ESPCN (Shi et al. 2016): three convolutions on the small luma, then depth to space.

    It has 24,752 parameters.

    Deviation: ESPCN has ReLU; its paper compares both and prefers tanh. In trainings of less than
    an hour, ReLU came to 27.53 dB on held-out photos, tanh to 27.16.

    Returns:
        A `keras.Model` as `build_generator` makes it.
    """
    require_channels_last()
    lr = keras.Input((None, None, 3), name="lr")
    x = Luma(name="luma")(lr)
    x = _conv(64, 5, "conv1", "relu")(x)
    x = _conv(32, 3, "conv2", "relu")(x)
    x = _conv(16, 3, "conv3", dtype="float32")(x)
    x = keras.ops.depth_to_space(x, 4)
    large = BicubicUpscale(name="bicubic")(lr)
    model = keras.Model(lr, WithLuma(name="colours")([large, x]), name="espcn")
    _carry(model, "conv1")
    _carry(model, "conv2")
    phases = [np.outer(down, right) for down in _BILINEAR for right in _BILINEAR]
    _interpolate(model, "conv3", np.stack(phases, axis=-1))
    return model


def build_drcn(num_filters: int = 256, num_recursions: int = 16) -> keras.Model:
    """Builds DRCN (Kim et al. 2016): one convolution applied 16 times to the enlarged luma.

    Each recursion's features make a picture, through shared weights and with the input added; the
    result is their weighted sum, with trained weights. It has 1,775,121 parameters. In training
    each picture is supervised; see `srgan_tf.training.supervision`.

    Args:
        num_filters: feature maps.
        num_recursions: times that the inner convolution is applied.

    Returns:
        A `keras.Model` as `build_generator` makes it.

    Raises:
        ValueError: a count is below 1.
    """
    if min(num_filters, num_recursions) < 1:
        raise ValueError(
            f"drcn: got {num_filters} maps and {num_recursions} recursions, expected 1 or more"
        )
    require_channels_last()
    lr = keras.Input((None, None, 3), name="lr")
    large = BicubicUpscale(name="bicubic")(lr)
    small_luma = Luma(name="luma")(large)
    x = _conv(num_filters, 3, "embed1", "relu")(small_luma)
    x = _conv(num_filters, 3, "embed2", "relu")(x)
    recursion = _conv(num_filters, 3, "recursion", "relu")
    reconstruct1 = _conv(num_filters, 3, "reconstruct1", "relu")
    reconstruct2 = _conv(1, 3, "reconstruct2", dtype="float32")
    add = layers.Add(name="skip", dtype="float32")
    pictures = []
    for _ in range(num_recursions):
        x = recursion(x)
        pictures.append(add([reconstruct2(reconstruct1(x)), small_luma]))
    merged = WeightedSum(name="merge", dtype="float32")(pictures)
    model = keras.Model(lr, WithLuma(name="colours")([large, merged]), name="drcn")
    kernel, bias = model.get_layer("recursion").get_weights()
    kernel[:] = 0
    kernel[1, 1] = np.eye(num_filters)  # its paper starts the recursion as the identity
    model.get_layer("recursion").set_weights([kernel, bias])
    kernel, bias = model.get_layer("reconstruct2").get_weights()
    model.get_layer("reconstruct2").set_weights([0.1 * kernel, bias])
    return model


@keras.saving.register_keras_serializable("srgan_tf")
class WeightedSum(keras.layers.Layer):
    """Sum of equal tensors with trained weights, which start as the mean's."""

    def build(self, shapes: Any) -> None:
        """Makes the weights."""
        mean = keras.initializers.Constant(1 / len(shapes))
        self.shares = self.add_weight(shape=(len(shapes),), initializer=mean, name="shares")

    def call(self, inputs: Any) -> Any:
        """Adds up."""
        return sum(self.shares[index] * x for index, x in enumerate(inputs))


def _conv(
    num_filters: int, size: int, name: str, activation: str | None = None, **kwargs: Any
) -> layers.Layer:
    return layers.Conv2D(
        num_filters, size, padding="same", activation=activation, name=name, **kwargs
    )


def _carry(model: keras.Model, name: str) -> None:
    """Lets a convolution's first map carry its first input."""
    kernel, bias = model.get_layer(name).get_weights()
    middle = len(kernel) // 2
    kernel[..., 0] = 0
    kernel[middle, middle, 0, 0] = 1
    model.get_layer(name).set_weights([kernel, bias])


def _interpolate(model: keras.Model, name: str, taps: np.ndarray) -> None:
    """Lets the last convolution filter its first input by (size, size, maps).

    It begins with a tenth of its random weights for the other inputs.
    """
    kernel, bias = model.get_layer(name).get_weights()
    margin = (len(kernel) - len(taps)) // 2
    kernel *= 0.1
    kernel[:, :, 0] = np.pad(taps, ((margin, margin), (margin, margin), (0, 0)))
    model.get_layer(name).set_weights([kernel, bias])
