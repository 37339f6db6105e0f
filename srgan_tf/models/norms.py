"""Batch normalisations of a network: finding them, and stating them by other statistics."""

import keras
import numpy as np


def batch_norms(network: keras.Model) -> list[keras.layers.BatchNormalization]:
    """Returns the network's batch normalisations in its order; a DRCN, say, has none."""
    return [x for x in network.layers if isinstance(x, keras.layers.BatchNormalization)]


def restate_norm(
    norm: keras.layers.BatchNormalization, mean: np.ndarray, variance: np.ndarray
) -> None:
    """Gives a batch normalisation other statistics, (channels,) each; in use it does what it did.

    Scale and offset take up the difference.
    """
    gamma, beta, old_mean, old_variance = norm.get_weights()
    slope = gamma / np.sqrt(old_variance + norm.epsilon)
    offset = beta + slope * (mean - old_mean)
    norm.set_weights([slope * np.sqrt(variance + norm.epsilon), offset, mean, variance])
