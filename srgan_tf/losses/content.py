"""What a super-resolved picture should share with its original: Section 2.2.1 of the paper."""

from collections.abc import Callable
from typing import Any

import keras
from keras import ops

from srgan_tf.models.luma import luma
from srgan_tf.models.vgg import vgg_input

Loss = Callable[[Any, Any], Any]
"""(hr, sr), float32 (batch, h, w, 3) in [-1, 1] -> scalar."""


def mse_loss(hr: Any, sr: Any) -> Any:
    """Pixel-wise mean squared error (Eq. 4): the mean over pictures, positions and channels.

    Both are (batch, h, w, 3) in [-1, 1]; the result is a float32 scalar, from 0 to 4.

    Deviation: the MSE loss is a mean over the three channels too, where Eq. 4 divides by the number
    of positions. That is the usual reading; it sets the loss on the scale that PSNR is defined on.
    """
    return ops.mean(ops.square(ops.cast(hr, "float32") - ops.cast(sr, "float32")))


def luma_loss(hr: Any, sr: Any) -> Any:
    """Mean squared error of BT.601 luma over pictures and positions.

    Both are (batch, h, w, 3) in [-1, 1]; the result is a float32 scalar, from 0 to 4. It is what
    the networks of Table 2 that enlarge luma alone are trained on.
    """
    return ops.mean(ops.square(luma(hr) - luma(sr)))


def vgg_loss(features: keras.Model, feature_scale: float = 1 / 12.75) -> Loss:
    """Euclidean distance of VGG feature maps phi_{i,j} (Eq. 5).

    The mean is taken over pictures, positions and channels.

    Deviation: a mean over the channels too. Eq. 5 divides by width and height alone, which leaves
    a sum over the channels. The paper scales its features so that the VGG loss becomes comparable
    to the MSE loss; with the mean over channels it does, while the sum would be 128 times as large
    for phi_{2,2} and 512 times for phi_{5,4}, and drown the adversarial loss.

    Args:
        features: from `srgan_tf.models.vgg.build_vgg_features`.
        feature_scale: factor of the feature maps; 1/12.75 in Section 3.2 of the paper. A recipe
            says which one it takes, and why.

    Returns:
        The loss of (hr, sr), both (batch, h, w, 3) in [-1, 1]: a float32 scalar.
    """

    def loss(hr: Any, sr: Any) -> Any:
        difference = features(vgg_input(hr), training=False) - features(
            vgg_input(sr), training=False
        )
        return ops.mean(ops.square(feature_scale * ops.cast(difference, "float32")))

    return loss


def grid_penalty(hr: Any, sr: Any) -> Any:
    """Power of what repeats every 4 pixels in the error: a grid of dots, a shift of all colours.

    Where the small picture is even, the generator can draw no other texture than one that repeats
    with its depth to space; and VGG19's features hardly see a shift. Here the error is averaged
    over 8x8 places that lie 4 pixels apart, for each of the 4x4 positions between them. Texture
    averages out, as its signs vary; a grid and a shift stay.

    Deviation: A penalty on grids of dots and shifted colours, which the paper does not have. It is
    off unless asked for (`--grid-penalty`); the shipped `srresnet_vgg22`, `srgan_mse`,
    `srgan_vgg22` and `srgan_vgg54` had it.

    Args:
        hr: originals, (batch, h, w, 3) in [-1, 1]; h and w are multiples of 4.
        sr: results, of the same shape.

    Returns:
        Scalar: the mean over pictures, places, positions and channels.
    """
    error = ops.cast(sr, "float32") - ops.cast(hr, "float32")
    batch, height, width, channels = ops.shape(error)
    rows, columns = height // 4, width // 4
    split = ops.reshape(error, (batch, rows, 4, columns, 4, channels))
    cells = ops.reshape(ops.transpose(split, (0, 1, 3, 2, 4, 5)), (batch, rows, columns, -1))
    window = (min(8, rows), min(8, columns))
    means = ops.average_pool(cells, window, strides=4, padding="valid")
    return ops.mean(ops.square(means))


def total_variation(sr: Any) -> Any:
    """Total variation of (batch, h, w, 3), which the paper adds to SRResNet-VGG22, times 2e-8.

    The absolute differences of neighbouring pixels in both directions, summed over positions and
    channels; the mean over pictures. Only as a sum does so small a weight have any effect.
    """
    sr = ops.cast(sr, "float32")
    vertical = ops.sum(ops.abs(sr[:, 1:] - sr[:, :-1]), axis=(1, 2, 3))
    horizontal = ops.sum(ops.abs(sr[:, :, 1:] - sr[:, :, :-1]), axis=(1, 2, 3))
    return ops.mean(vertical + horizontal)
