"""Averaged weights with batch statistics of their own: the network that is scored and shipped."""

from collections.abc import Sequence

import keras
import numpy as np

from srgan_tf.models.norms import batch_norms, restate_norm
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
    mean over `lr_batches`. Frozen ones keep doing what they do; see `restate_norms`.

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
    norms = batch_norms(averaged)
    if not any(generator.get_layer(norm.name).trainable for norm in norms):
        restate_norms(averaged, lr_batches)
        return
    momenta = [norm.momentum for norm in norms]
    for index, lr in enumerate(lr_batches):
        for norm in norms:
            norm.momentum = index / (index + 1)  # cumulative mean: the first batch overwrites
        averaged(lr, training=True)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum


def restate_norms(generator: keras.Model, lr_batches: Sequence[np.ndarray]) -> None:
    """Gives batch normalisations the statistics of batches; the network does what it did.

    While they are frozen, what comes to them moves away from the statistics that they hold.
    Training that goes on with live ones would then start from another network than the one that
    was scored. Scale and offset take up the difference.

    Args:
        generator: changed in place.
        lr_batches: as for `average_weights`; with none, nothing changes.
    """
    norms = batch_norms(generator)
    if not norms or not lr_batches:
        return
    probe = keras.Model(generator.input, [norm.input for norm in norms])
    per_batch = [
        [(x.mean((0, 1, 2)), x.var((0, 1, 2))) for x in keras.tree.flatten(maps)]
        for maps in map(probe.predict_on_batch, lr_batches)
    ]
    for norm, (mean, variance) in zip(norms, np.mean(per_batch, axis=0), strict=True):
        restate_norm(norm, mean, variance)
