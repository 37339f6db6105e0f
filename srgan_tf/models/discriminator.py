"""The discriminator network: Figure 4 of the paper (bottom)."""

import keras
from keras import layers

from srgan_tf.models.layout import require_channels_last

_NEGATIVE_SLOPE = 0.2
_STAGES = ((64, 1), (64, 2), (128, 1), (128, 2), (256, 1), (256, 2), (512, 1), (512, 2))
"""Feature maps and stride of the eight convolutions."""


def build_discriminator(crop_size: int = 96, name: str = "discriminator") -> keras.Model:
    """Builds the network that tells real pictures from super-resolved ones (Section 2.1.1).

    Eight 3x3 convolutions, LeakyReLU with slope 0.2, no pooling, batch normalisation from the
    second convolution on, then two dense layers. At 96x96 it has 23,569,217 parameters, 23,565,505
    of them trainable.

    Deviation: the discriminator returns logits. The paper's probability is their sigmoid, and
    losses computed from logits neither overflow nor lose their gradient.

    Args:
        crop_size: side of the square pictures it judges, pixels, a multiple of 16.
        name: name of the model.

    Returns:
        A `keras.Model` from pictures, float32 (batch, crop_size, crop_size, 3) in [-1, 1], to
        logits, float32 (batch, 1); above 0 means real.

    Raises:
        ValueError: a crop size that 16 does not divide, or Keras is set to channels_first.
    """
    require_channels_last()
    if crop_size < 16 or crop_size % 16:
        raise ValueError(
            f"discriminator: got crops of {crop_size} pixels, expected a multiple of 16"
        )
    picture = keras.Input((crop_size, crop_size, 3), name="picture")
    x = picture
    for index, (num_filters, stride) in enumerate(_STAGES, start=1):
        x = layers.Conv2D(num_filters, 3, stride, padding="same", name=f"conv{index}")(x)
        if index > 1:
            x = layers.BatchNormalization(name=f"bn{index}")(x)
        x = layers.LeakyReLU(_NEGATIVE_SLOPE, name=f"leaky{index}")(x)
    x = layers.Flatten(name="flatten")(x)  # (b, (crop_size / 16)^2 * 512)
    x = layers.Dense(1024, name="dense1")(x)
    x = layers.LeakyReLU(_NEGATIVE_SLOPE, name="leaky9")(x)
    logits = layers.Dense(1, dtype="float32", name="dense2")(x)
    return keras.Model(picture, logits, name=name)
