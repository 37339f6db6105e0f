"""Averaged weights with batch statistics of their own: the network that is scored and shipped."""

from collections.abc import Sequence

import keras
import numpy as np


def average_weights(
    generator: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    averaged: keras.Model,
    lr_batches: Sequence[np.ndarray],
) -> None:
    """Fills `averaged` with the optimizer's moving average of the generator's weights.

    The moving statistics that batch normalisation keeps in training belong to the weights of past
    steps. At a high learning rate they trail far behind, so they are estimated anew: the exact
    mean over `lr_batches`.

    Args:
        generator: the network in training.
        optimizer: its optimizer. Without `use_ema` the weights are taken as they are.
        averaged: a second network of the same architecture, changed in place.
        lr_batches: low-resolution training batches, float32 (batch, h, w, 3) in [0, 1].
    """
    sources = generator.trainable_variables
    if optimizer.use_ema and optimizer.iterations.numpy() > 0:
        sources = [v for v in optimizer.variables if v.path.endswith("_average")]
    for target, source in zip(averaged.trainable_variables, sources, strict=True):
        target.assign(source.numpy())
    norms = [x for x in averaged.layers if isinstance(x, keras.layers.BatchNormalization)]
    momenta = [norm.momentum for norm in norms]
    for index, lr in enumerate(lr_batches):
        for norm in norms:
            norm.momentum = index / (index + 1)  # cumulative mean: the first batch overwrites
        averaged(lr, training=True)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
