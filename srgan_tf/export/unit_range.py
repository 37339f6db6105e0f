"""The way from the generator's [-1, 1] to the [0, 1] that exports give."""

import dataclasses

import numpy as np

from srgan_tf.models.folded import Convolution, FoldedGenerator


def to_unit_range(network: FoldedGenerator) -> FoldedGenerator:
    """Lets the last convolution give [0, 1], unclipped: half the kernel, (bias + 1) / 2."""
    *others, tail = network.convolutions
    tail = Convolution(tail.kernel / 2, (tail.bias + np.float32(1)) / 2)
    return dataclasses.replace(network, convolutions=(*others, tail))
