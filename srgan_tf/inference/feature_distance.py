"""How far a result is from its original in the eyes of VGG19: the phi_{3,4} feature distance."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from srgan_tf.imaging.color import to_rgb
from srgan_tf.imaging.ranges import uint8_to_tanh
from srgan_tf.imaging.tiles import split_axis
from srgan_tf.inference.measures import PHI_LAYER, check_sizes
from srgan_tf.models.vgg import build_vgg_features, vgg_input

_STRIDE = 4  # pixels that one feature stands for
_TILE = 96  # features: windows of 384x384 pixels
_OVERLAP = 8  # features; a feature of this layer sees less than 32 pixels to each side


class FeatureDistance:
    """Mean squared difference between VGG19's features of two pictures, after block3_conv4.

    Features are VGG19's own, without the factor that training gives them, and the mean is over
    positions and channels. Large pictures are worked on in windows that overlap by what a feature
    sees: the distance is that of the whole picture, the memory that of one window.

    Args:
        weights: see `srgan_tf.models.vgg.build_vgg_features`.

    Raises:
        ValueError: the weights cannot be had.
    """

    def __init__(self, weights: str | Path = "imagenet"):
        self._features = build_vgg_features(*PHI_LAYER, weights)

    def __call__(self, results: Sequence[np.ndarray], hr: np.ndarray) -> list[float]:
        """Compares results with their original, whose features are computed only once.

        Args:
            results: uint8 (h, w, 3) RGB or (h, w) gray.
            hr: the original, uint8 of the same height and width. Where a side is no multiple of 4,
                the last one to three rows or columns do not count.

        Returns:
            One distance for each result; 0: VGG19 sees no difference.

        Raises:
            ValueError: sizes differ, or the pictures are smaller than 4x4 pixels.
        """
        check_sizes("phi_3,4", results, hr)
        tall, wide = (side // _STRIDE for side in hr.shape[:2])
        if not tall or not wide:
            raise ValueError(
                f"phi_3,4: got {hr.shape[1]}x{hr.shape[0]} pixels, expected at least 4x4"
            )
        totals = [0.0] * len(results)
        count = 0
        for rows in split_axis(tall, _TILE, _OVERLAP):
            for columns in split_axis(wide, _TILE, _OVERLAP):
                window = tuple(
                    slice(_STRIDE * axis.start, _STRIDE * axis.stop) for axis in (rows, columns)
                )
                kept = tuple(
                    slice(axis.keep_start - axis.start, axis.keep_stop - axis.start)
                    for axis in (rows, columns)
                )
                wanted = self._see(hr[window])[kept]
                count += wanted.size
                for index, sr in enumerate(results):
                    difference = self._see(sr[window])[kept] - wanted
                    totals[index] += float(np.sum(np.square(difference), dtype=np.float64))
        return [total / count for total in totals]

    def _see(self, picture_uint8: np.ndarray) -> np.ndarray:
        """Features, float32 (h / 4, w / 4, 256)."""
        picture = vgg_input(uint8_to_tanh(to_rgb(picture_uint8))[None])
        return np.asarray(self._features.predict_on_batch(np.asarray(picture)))[0]
