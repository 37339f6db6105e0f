"""Deep supervision: DRCN's training, in which every recursion's picture counts."""

from typing import Any

import keras

_SHARE = 0.5  # of the recursions' pictures in the loss, against the merged one


class _DeepSupervision(keras.Model):
    """A functional model with outputs [result, picture, picture, ...], all compared to one."""

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """Half the result's loss and half the mean loss of the pictures."""

        def loss(picture: Any) -> Any:
            return super(_DeepSupervision, self).compute_loss(x, y, picture, None, training)

        result, *pictures = y_pred
        of_pictures = sum(loss(picture) for picture in pictures) / len(pictures)
        return (1 - _SHARE) * loss(result) + _SHARE * of_pictures

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Of the result alone."""
        return super().compute_metrics(x, y, y_pred[0], sample_weight)


def supervised(network: keras.Model) -> keras.Model:
    """Returns what to fit in place of a DRCN, with the same weights; other networks as they are.

    Kim et al. 2016 (Section 3.2) let the share of the recursions' pictures fall in training.

    Deviation: DRCN's recursions count as much as its result throughout training, where its paper
    lets their share fall, and its weights do not decay.
    """
    if "merge" not in {layer.name for layer in network.layers}:
        return network
    colours = network.get_layer("colours")
    large = network.get_layer("bicubic").output
    recursions = keras.tree.flatten(network.get_layer("merge").input)  # one is no list
    pictures = [colours([large, luma]) for luma in recursions]
    return _DeepSupervision(network.input, [network.output, *pictures], name=network.name)
