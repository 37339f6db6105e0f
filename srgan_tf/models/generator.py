"""The generator network: SRResNet, Figure 4 of the paper (top)."""

from typing import Any

import keras
from keras import layers

from srgan_tf.models.layout import require_channels_last


def build_generator(
    num_blocks: int = 16,
    num_filters: int = 64,
    long_skip: bool = True,
    name: str = "generator",
) -> keras.Model:
    """Builds the 4x super-resolution network of Figure 4 as a functional model.

    With the defaults it has 1,554,883 parameters, 1,550,659 of them trainable. PReLU shares its
    slope over height and width, so that the network takes any picture size.

    Deviation: PReLU slopes start at 0 (Keras' default); the paper gives no starting value.

    Args:
        num_blocks: B, the number of residual blocks (16 in the paper; Figure 7 varies it).
        num_filters: feature maps of every convolution but the sub-pixel ones (4x) and the last (3).
        long_skip: whether the first features are added to those after the residual blocks
            (Figure 7 compares both).
        name: name of the model.

    Returns:
        A `keras.Model` from `lr`, float32 (batch, h, w, 3) in [0, 1], to `sr`, float32
        (batch, 4h, 4w, 3), nominally in [-1, 1]: nothing clips it after the last convolution.

    Raises:
        ValueError: a count is below 1 (num_blocks may be 0), or Keras is set to channels_first.

    Example:
        >>> generator = build_generator()
        >>> generator.count_params()
        1554883
    """
    require_channels_last()
    if num_blocks < 0 or num_filters < 1:
        raise ValueError(
            f"generator size: got num_blocks={num_blocks}, num_filters={num_filters}, "
            "expected num_blocks >= 0 and num_filters >= 1"
        )
    lr = keras.Input((None, None, 3), name="lr")
    x = layers.Conv2D(num_filters, 9, padding="same", name="head_conv")(lr)
    x = _prelu("head_prelu")(x)
    head = x  # (b, h, w, num_filters)
    for index in range(1, num_blocks + 1):
        x = _residual_block(x, num_filters, f"block{index:02d}")
    x = layers.Conv2D(num_filters, 3, padding="same", name="post_conv")(x)
    x = layers.BatchNormalization(name="post_bn")(x)
    if long_skip:
        x = layers.Add(name="long_skip")([x, head])
    for index in (1, 2):
        x = _subpixel_stage(x, num_filters, f"upsample{index}")  # (b, 2h, 2w, f), (b, 4h, 4w, f)
    sr = layers.Conv2D(3, 9, padding="same", dtype="float32", name="tail_conv")(x)
    return keras.Model(lr, sr, name=name)


def _residual_block(x: Any, num_filters: int, name: str) -> Any:
    """Conv, BN, PReLU, conv, BN, add; no activation after the sum (Gross and Wilber)."""
    y = layers.Conv2D(num_filters, 3, padding="same", name=f"{name}_conv1")(x)
    y = layers.BatchNormalization(name=f"{name}_bn1")(y)
    y = _prelu(f"{name}_prelu")(y)
    y = layers.Conv2D(num_filters, 3, padding="same", name=f"{name}_conv2")(y)
    y = layers.BatchNormalization(name=f"{name}_bn2")(y)
    return layers.Add(name=f"{name}_add")([x, y])


def _subpixel_stage(x: Any, num_filters: int, name: str) -> Any:
    """Doubles height and width: convolution to 4 times the maps, then depth to space (Shi 2016)."""
    x = layers.Conv2D(4 * num_filters, 3, padding="same", name=f"{name}_conv")(x)
    x = keras.ops.depth_to_space(x, 2)
    return _prelu(f"{name}_prelu")(x)


def _prelu(name: str) -> layers.Layer:
    return layers.PReLU(shared_axes=[1, 2], name=name)
