"""Fits the package's NIQE model: `python -m srgan_tf.evaluation.fit_niqe FOLDER [FILE]`.

Only the mean and the covariance of the blocks' features leave the photos.
"""

import sys
from pathlib import Path

import numpy as np

from srgan_tf.data.benchmarks import read_gray_or_rgb
from srgan_tf.data.folder import find_pictures
from srgan_tf.imaging.files import write_atomically
from srgan_tf.metrics.niqe import NiqeModel, block_features, fit_model, model_path

_SHARP = 0.75  # of the sharpest block of a photo; the paper's T (Section II-B)
_LEAST_BLOCKS = 1000  # for a covariance of 36 features


def fit_photos(paths: list[Path]) -> tuple[NiqeModel, int]:
    """Describes the sharp blocks of pristine photos.

    Blurred parts of a photo, out of focus or moving, do not look pristine: of each photo, the
    blocks count that have more than 0.75 of the sharpness of its sharpest block.

    Args:
        paths: photos.

    Returns:
        The model, and how many blocks it stands on.

    Raises:
        ValueError: a file is not a picture, or the photos have hardly any blocks.
    """
    parts = []
    for path in paths:
        features, sharpness = block_features(read_gray_or_rgb(path))
        if len(features):
            parts.append(features[sharpness > _SHARP * sharpness.max()])
    blocks = np.concatenate(parts) if parts else np.empty((0, 0))
    if len(blocks) < _LEAST_BLOCKS:
        raise ValueError(
            f"NIQE model: got {len(paths)} photos with {len(blocks)} sharp blocks, expected "
            f"{_LEAST_BLOCKS:,} blocks or more"
        )
    return fit_model(blocks), len(blocks)


def main(folder: str, file: str = "") -> None:
    """Fits and writes a model; without a file, the package's own."""
    paths = find_pictures(folder)
    model, count = fit_photos(paths)
    write_atomically(
        file or model_path(),
        lambda target: np.savez(target, mean=model.mean, covariance=model.covariance),
    )
    print(f"{len(paths)} photos, {count} sharp blocks")


if __name__ == "__main__":
    main(*sys.argv[1:])
