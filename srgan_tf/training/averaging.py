"""Averaged weights with batch statistics of their own: the network that is scored and shipped."""

from collections.abc import Sequence

import keras
import numpy as np

from srgan_tf.models.weights import copy_weights


def average_weights(
    generator: keras.Model,
    optimizer: keras.optimizers.Optimizer,
    averaged: keras.Model,
    lr_batches: Sequence[np.ndarray],
) -> None:
    """Fills `averaged` with the optimizer's moving average of the generator's weights.

    The moving statistics that batch normalisation keeps in training belong to the weights of past
    steps. At a high learning rate they trail far behind, so they are estimated anew: the exact
    mean over `lr_batches`. Frozen ones are copied.

    Args:
        generator: the network in training.
        optimizer: its optimizer. Without `use_ema` the weights are taken as they are.
        averaged: a second network of the same architecture, changed in place.
        lr_batches: low-resolution training batches, float32 (batch, h, w, 3) in [0, 1].
    """
    copy_weights(generator, averaged)
    if optimizer.use_ema and optimizer.iterations.numpy() > 0:
        targets = {variable.path: variable for variable in averaged.variables}
        averages = [v for v in optimizer.variables if v.path.endswith("_average")]
        for source, average in zip(generator.trainable_variables, averages, strict=True):
            targets[source.path].assign(average.numpy())
    norms = [x for x in averaged.layers if isinstance(x, keras.layers.BatchNormalization)]
    if not any(generator.get_layer(norm.name).trainable for norm in norms):
        return
    momenta = [norm.momentum for norm in norms]
    for index, lr in enumerate(lr_batches):
        for norm in norms:
            norm.momentum = index / (index + 1)  # cumulative mean: the first batch overwrites
        averaged(lr, training=True)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
