"""Getting a generator ready for 8-bit integers, so that they cost little quality.

The arithmetic of an 8-bit model is the interpreter's. What it computes with is chosen here, from
the network and a few calibration pictures, in two steps that leave the float network's result as it
was or nearly so:

1. `equalize` gives all channels of a feature map the same range, since one scale serves them all.
2. `round_kernels` rounds the weights to the 255 levels that the interpreter has for each output
   channel, such that their errors cancel on real features. Rounding each weight by itself shifts
   the colours: the errors of a 9x9 kernel add up where a picture is smooth.
"""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from srgan_tf.models.folded import Convolution, FoldedGenerator

_LEVELS = 127  # on either side of zero
_PATCHES = 3000  # looked at in each picture
_DAMPING = 0.01  # of the mean power, added to the diagonal


def equalize(network: FoldedGenerator, pictures: Sequence[np.ndarray]) -> FoldedGenerator:
    """Scales channels so that each reaches as far as the widest, and undoes it a layer later.

    A positive factor passes through a PReLU, so it can be put into one kernel and taken out of the
    next (cross-layer equalisation; Nagel et al. 2019, Section 4.1). It is done for the feature maps
    before the last three convolutions, where the network is sensitive to rounding. The first of
    them is a sum over all blocks, whose factors go through the whole trunk.

    Args:
        network: any.
        pictures: lr, float32 (1, h, w, 3) in [0, 1].

    Returns:
        A network with the same result in exact arithmetic.
    """
    kernels = [convolution.kernel for convolution in network.convolutions]
    biases = [convolution.bias for convolution in network.convolutions]
    post, first, second, tail = range(len(kernels) - 4, len(kernels))
    factors = _equalizing_factors(network, pictures, (first, second, tail))

    def widen_output(index: int, factor: np.ndarray) -> None:
        kernels[index], biases[index] = kernels[index] * factor, biases[index] * factor

    def widen_input(index: int, factor: np.ndarray) -> None:
        kernels[index] = kernels[index] / factor[:, None]

    trunk = factors[first]
    for index in range(0, post, 2):  # head and the second convolution of each block
        widen_output(index, trunk)
        widen_input(index + 1, trunk)  # the first of the next block; post after the last
    widen_output(post, trunk)
    widen_input(first, trunk)
    for index in (second, tail):
        widen_output(index - 1, np.tile(factors[index], 4))  # depth to space: channel is innermost
        widen_input(index, factors[index])
    layers = zip(kernels, biases, strict=True)
    return dataclasses.replace(network, convolutions=tuple(Convolution(*layer) for layer in layers))


def _equalizing_factors(
    network: FoldedGenerator, pictures: Sequence[np.ndarray], indices: Sequence[int]
) -> dict[int, np.ndarray]:
    """How much narrower each input channel is than the widest, at most 50 times."""
    reach = {index: np.float32(0) for index in indices}

    def watch(index: int, x: Any) -> None:
        if index in reach:
            reach[index] = np.maximum(reach[index], np.abs(np.asarray(x)).max((0, 1, 2)))

    _watch_pictures(network, pictures, watch)
    return {index: most.max() / np.maximum(most, most.max() / 50) for index, most in reach.items()}


def round_kernels(network: FoldedGenerator, pictures: Sequence[np.ndarray]) -> FoldedGenerator:
    """Rounds all weights to what 8 bits can hold, for the least error on the pictures' features.

    Args:
        network: any.
        pictures: lr, float32 (1, h, w, 3) in [0, 1].

    Returns:
        A network whose kernels are multiples of largest / 127 in each output channel. The largest
        weight stays, so that whoever quantises it again finds the same levels.
    """
    correlations: dict[int, np.ndarray] = {}
    rng = np.random.default_rng(0)

    def watch(index: int, x: Any) -> None:
        height, width = network.convolutions[index].kernel.shape[:2]
        patches = _random_patches(np.asarray(x)[0], height, width, rng)
        correlations[index] = correlations.get(index, 0) + patches.T @ patches

    _watch_pictures(network, pictures, watch)
    convolutions = []
    for index, convolution in enumerate(network.convolutions):
        kernel = convolution.kernel
        rounded = _round_columns(kernel.reshape(-1, kernel.shape[-1]), correlations.pop(index))
        convolutions.append(Convolution(rounded.reshape(kernel.shape), convolution.bias))
    return dataclasses.replace(network, convolutions=tuple(convolutions))


def _round_columns(weights: np.ndarray, correlation: np.ndarray) -> np.ndarray:
    """Rounds row by row; the rows still to come make up for each error as well as they can.

    This is optimal brain quantisation in a fixed order (GPTQ; Frantar et al. 2023, Section 3.3).

    Args:
        weights: (inputs, outputs).
        correlation: of the inputs, not centred, (inputs, inputs).
    """
    scale = np.maximum(np.abs(weights).max(axis=0), 1e-12) / _LEVELS
    todo = weights.astype(np.float64) / scale
    largest = np.abs(todo) > _LEVELS - 1e-3
    kept = np.sign(todo) * _LEVELS
    damping = _DAMPING * np.trace(correlation) / len(correlation) + 1e-12
    inverse = np.linalg.inv(correlation + damping * np.eye(len(correlation)))
    upper = np.linalg.cholesky(inverse).T
    rounded = np.empty_like(todo)
    for row in range(len(todo)):
        level = np.clip(np.rint(todo[row]), -_LEVELS, _LEVELS)
        rounded[row] = np.where(largest[row], kept[row], level)
        error = (todo[row] - rounded[row]) / upper[row, row]
        todo[row + 1 :] -= np.outer(upper[row, row + 1 :], error)
    return (rounded * scale).astype(np.float32)


def _random_patches(x: np.ndarray, height: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """What a kernel sees at random places of (h, w, c): (`_PATCHES`, height * width * c)."""
    edges = ((height // 2, height // 2), (width // 2, width // 2), (0, 0))
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(x, edges), (height, width), (0, 1))
    rows = rng.integers(windows.shape[0], size=_PATCHES)
    columns = rng.integers(windows.shape[1], size=_PATCHES)
    patches = windows[rows, columns].transpose(0, 2, 3, 1)  # channels innermost, as in a kernel
    return patches.reshape(_PATCHES, -1).astype(np.float64)


def _watch_pictures(
    network: FoldedGenerator,
    pictures: Sequence[np.ndarray],
    watch: Callable[[int, Any], None],
) -> None:
    if not pictures:
        raise ValueError("calibration: got no pictures, expected at least one")
    for lr in pictures:
        network(lr, watch)
