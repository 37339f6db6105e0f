"""The generator as it runs after training: batch normalisation folded into the convolutions.

In inference a batch normalisation multiplies each channel by a constant and adds another; the
convolution before it can do both. What is left is plain arrays, which exporters rewrite freely.
"""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from srgan_tf.models.half_size import half_size_kernel

Watch = Callable[[int, Any], None]


@dataclass(frozen=True)
class Convolution:
    """A convolution with stride 1 and zero padding.

    Attributes:
        kernel: float32 (height, width, channels in, channels out).
        bias: float32 (channels out,).
    """

    kernel: np.ndarray
    bias: np.ndarray


@dataclass(frozen=True)
class FoldedGenerator:
    """Everything that a generator computes with, in the order of computation.

    Attributes:
        convolutions: head, two for each residual block, post, one for each of the two sub-pixel
            stages, tail.
        slopes: of the PReLUs below zero, float32 (1, 1, channels): head, one for each block,
            one for each sub-pixel stage.
        long_skip: whether the first features are added to those after the blocks.
        shuffles_last: whether the last depth to space comes after the tail; see `shuffle_last`.
    """

    convolutions: tuple[Convolution, ...]
    slopes: tuple[np.ndarray, ...]
    long_skip: bool = True
    shuffles_last: bool = False

    @property
    def num_blocks(self) -> int:
        """Residual blocks."""
        return (len(self.convolutions) - 5) // 2

    def __call__(self, lr: Any, watch: Watch | None = None) -> Any:
        """Runs the network with `keras.ops`.

        Args:
            lr: float32 (batch, h, w, 3) in [0, 1].
            watch: told the index of each convolution and its input, before it is applied.

        Returns:
            What the generator returns: (batch, 4h, 4w, 3), nominally in [-1, 1].
        """
        return self.enlarge(self.features(lr, watch), watch)

    def features(self, lr: Any, watch: Watch | None = None) -> Any:
        """The first part, all at the small size: (batch, h, w, 3) to (batch, h, w, filters)."""
        x = head = self._prelu(0, self._convolve(0, lr, watch))
        for block in range(1, self.num_blocks + 1):
            y = self._prelu(block, self._convolve(2 * block - 1, x, watch))
            x = x + self._convolve(2 * block, y, watch)
        x = self._convolve(-4, x, watch)
        return x + head if self.long_skip else x

    def enlarge(self, x: Any, watch: Watch | None = None) -> Any:
        """The last three convolutions, which need most of the memory and nearly half the time.

        A pixel of the result depends on features at most 3 pixels away.

        Args:
            x: of `features`, or a part of it.
            watch: as above.

        Returns:
            (batch, 4h, 4w, 3).
        """
        x = keras.ops.depth_to_space(self._convolve(-3, x, watch), 2)
        x = self._convolve(-2, self._prelu(-2, x), watch)
        if self.shuffles_last:
            x = self._convolve(-1, self._prelu(-1, x), watch)
            return keras.ops.depth_to_space(x, 2)
        return self._convolve(-1, self._prelu(-1, keras.ops.depth_to_space(x, 2)), watch)

    def _convolve(self, index: int, x: Any, watch: Watch | None) -> Any:
        if watch is not None:
            watch(index % len(self.convolutions), x)
        convolution = self.convolutions[index]
        return keras.ops.conv(x, convolution.kernel, padding="same") + convolution.bias

    def _prelu(self, index: int, x: Any) -> Any:
        # written as Keras' own layer is, so that TFLite finds its PRELU operator in it
        return keras.ops.relu(x) + -self.slopes[index] * keras.ops.relu(-x)


def fold(generator: keras.Model) -> FoldedGenerator:
    """Takes a generator of `build_generator` apart; its result in inference stays the same."""
    kinds = keras.layers
    names = {layer.name for layer in generator.layers}
    convolutions, slopes = [], []
    for layer in generator.layers:  # in the order in which they were built
        if isinstance(layer, kinds.Conv2D):
            kernel, bias = (variable.numpy() for variable in (layer.kernel, layer.bias))
            convolutions.append(Convolution(kernel, bias))
        elif isinstance(layer, kinds.BatchNormalization):
            gain = layer.gamma.numpy() / np.sqrt(layer.moving_variance.numpy() + layer.epsilon)
            before = convolutions.pop()
            bias = (before.bias - layer.moving_mean.numpy()) * gain + layer.beta.numpy()
            convolutions.append(Convolution(before.kernel * gain, bias))
        elif isinstance(layer, kinds.PReLU):
            slopes.append(layer.alpha.numpy())
    return FoldedGenerator(tuple(convolutions), tuple(slopes), long_skip="long_skip" in names)


def to_unit_range(network: FoldedGenerator) -> FoldedGenerator:
    """Lets the last convolution give [0, 1], unclipped: half the kernel, (bias + 1) / 2."""
    *others, tail = network.convolutions
    tail = Convolution(tail.kernel / 2, (tail.bias + np.float32(1)) / 2)
    return dataclasses.replace(network, convolutions=(*others, tail))


def shuffle_last(network: FoldedGenerator) -> FoldedGenerator:
    """Lets the tail work at half the size; see `srgan_tf.models.half_size`.

    Args:
        network: one whose tail comes last.

    Returns:
        A network with the same result, whose last two steps are exchanged.
    """
    *others, tail = network.convolutions
    kernel = keras.ops.convert_to_numpy(half_size_kernel(tail.kernel))
    *slopes, last = network.slopes
    return FoldedGenerator(
        (*others, Convolution(kernel, np.tile(tail.bias, 4))),
        (*slopes, np.tile(last, 4)),
        network.long_skip,
        shuffles_last=True,
    )
