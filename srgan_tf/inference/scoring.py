"""Scoring a model, or a folder of finished pictures, on benchmarks."""

import math
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from srgan_tf.data.benchmarks import BenchmarkImage, read_gray_or_rgb
from srgan_tf.imaging.color import to_rgb
from srgan_tf.inference.measures import LABELS, Measure
from srgan_tf.metrics import Score, score


@dataclass(frozen=True)
class ImageScore:
    """PSNR (dB) and SSIM of one picture, and what else was measured."""

    name: str
    psnr: float
    ssim: float
    niqe: float | None = None
    phi34: float | None = None
    lpips: float | None = None


@dataclass(frozen=True)
class BenchmarkScore:
    """Means over a benchmark's pictures, and the pictures' own scores."""

    psnr: float
    ssim: float
    images: tuple[ImageScore, ...]
    niqe: float | None = None
    phi34: float | None = None
    lpips: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Returns the layout of `evaluate --json`."""
        scores = asdict(self)
        for part in (scores, *scores["images"]):
            for measure in LABELS:
                if part[measure] is None:
                    del part[measure]
            part["psnr"] = json_number(part["psnr"])
        return scores


def json_number(value: float) -> float | None:
    """JSON has no infinity: the PSNR of an original is null there."""
    return None if math.isinf(value) else value


def score_pictures(
    images: Iterable[BenchmarkImage],
    make_sr: Callable[[BenchmarkImage], np.ndarray],
    protocol: str = "paper",
    measures: Mapping[str, Measure] | None = None,
) -> BenchmarkScore:
    """Scores one result for every picture; the score of the set is the mean over its pictures.

    Args:
        images: originals with their reductions.
        make_sr: the result for a picture, uint8 (h, w, 3) or (h, w).
        protocol: `paper` or `matlab`.
        measures: what else to measure, of `open_measures`.

    Raises:
        ValueError: as `score`, and names the picture.
    """
    scores = []
    for image in images:
        sr = make_sr(image)
        psnr, ssim = score_named(image, sr, protocol)
        more = {name: measure([sr], image.hr)[0] for name, measure in (measures or {}).items()}
        scores.append(ImageScore(image.name, psnr, ssim, **more))
    return average_scores(scores)


def score_named(image: BenchmarkImage, sr: np.ndarray, protocol: str) -> Score:
    """`score`, whose errors name the picture."""
    try:
        return score(sr, image.hr, protocol)
    except ValueError as error:
        raise ValueError(f"{image.name}: {error}") from None


def average_scores(scores: Sequence[ImageScore]) -> BenchmarkScore:
    """Means over pictures; a measure's, over those that have it."""
    means = {}
    for measure in LABELS:
        values = [getattr(s, measure) for s in scores if getattr(s, measure) is not None]
        means[measure] = statistics.fmean(values) if values else None
    return BenchmarkScore(
        statistics.fmean(s.psnr for s in scores),
        statistics.fmean(s.ssim for s in scores),
        tuple(scores),
        **means,
    )


def sr_from_engine(
    engine: Callable[[np.ndarray], np.ndarray],
) -> Callable[[BenchmarkImage], np.ndarray]:
    """Engines take and give colour: a gray picture is replicated to RGB before them."""
    return lambda image: engine(to_rgb(image.lr))


def sr_from_folder(folder: Path) -> Callable[[BenchmarkImage], np.ndarray]:
    """Finished pictures of any method: FOLDER/IMAGE.png.

    Raises:
        ValueError: (when called) a picture is missing or unreadable.
    """

    def make_sr(image: BenchmarkImage) -> np.ndarray:
        path = folder / f"{image.name}.png"
        if not path.is_file():
            raise ValueError(f"results: {path} is missing, expected one picture per original")
        return read_gray_or_rgb(path)

    return make_sr
