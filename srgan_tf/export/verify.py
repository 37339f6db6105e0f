"""Proving that an export computes what Keras does, within what its numbers allow."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from srgan_tf.data.benchmarks import Benchmark, find_benchmarks
from srgan_tf.export.calibration import sample_photos
from srgan_tf.export.runners import Runner
from srgan_tf.imaging.ranges import uint8_to_unit, unit_to_uint8
from srgan_tf.imaging.resize import reduce_4x
from srgan_tf.inference.scoring import score_pictures, sr_from_engine
from srgan_tf.metrics import psnr

_LUMA = np.array([0.2126, 0.7152, 0.0722])  # BT.709


@dataclass(frozen=True)
class Budget:
    """What an export may differ.

    Attributes:
        difference: largest difference to Keras in [0, 1], for formats that keep float32.
        loss: dB of PSNR to the originals, for those that do not.
    """

    difference: float = math.inf
    loss: float = math.inf

    def psnr(self, original: float) -> float:
        """Least PSNR to Keras, dB, at which an error independent of the model's costs `loss`.

        Errors add up: with Keras' mean squared error m and the export's own e, the loss is
        10 log10(1 + e / m).

        Args:
            original: PSNR of Keras to the originals, dB.
        """
        if math.isinf(self.loss):
            return 0.0
        return original - 10 * math.log10(10 ** (self.loss / 10) - 1)


BUDGETS = {
    "none": Budget(difference=1e-4),
    "float16": Budget(loss=0.01),
    "dynamic": Budget(loss=0.1),
    "int8": Budget(loss=0.3),
}


@dataclass(frozen=True)
class Verification:
    """How far an export is from Keras.

    Attributes:
        max_difference: in [0, 1], over the sample pictures.
        psnr: to Keras on the sample pictures, of luma, as benchmarks measure it, dB.
        original: the same of Keras to the originals of the sample pictures.
        scores: PSNR to the originals of the export and of Keras, dB, by benchmark.
    """

    max_difference: float
    psnr: float
    original: float
    scores: dict[str, tuple[float, float]]

    def lines(self) -> list[str]:
        """For a person."""
        lines = [f"max difference to Keras {self.max_difference:.2g}, PSNR {self.psnr:.1f} dB"]
        for name, (own, original) in self.scores.items():
            lines.append(
                f"{name}: {own:.2f} dB, Keras {original:.2f} dB: loses {original - own:.3f}"
            )
        return lines


def verify(export: Runner, original: Runner, benchmarks: Sequence[Benchmark]) -> Verification:
    """Compares an export with Keras on sample pictures of odd sizes, and on benchmarks.

    Args:
        export: the export.
        original: Keras.
        benchmarks: may be empty.
    """
    differences, errors = [], []
    for lr, hr in map(_odd_pair, sample_photos()):
        sr = original(lr)
        differences.append(export(lr) - sr)
        errors.append(sr - hr)
    scores = {
        benchmark.name: (score(export, benchmark), score(original, benchmark))
        for benchmark in benchmarks
    }
    largest = float(max(np.abs(difference).max() for difference in differences))
    return Verification(largest, _psnr(differences), _psnr(errors), scores)


def score(run: Runner, benchmark: Benchmark) -> float:
    """PSNR to a benchmark's originals, protocol `paper`, dB."""

    def engine(lr_uint8: np.ndarray) -> np.ndarray:
        return unit_to_uint8(run(uint8_to_unit(lr_uint8)[None])[0])

    return score_pictures(benchmark.images(), sr_from_engine(engine)).psnr


def budget_benchmarks(folder: str | Path) -> list[Benchmark]:
    """The benchmarks that count: Set14 where it is among them, since it is what budgets speak of.

    Raises:
        ValueError: see `find_benchmarks`.
    """
    found = find_benchmarks(folder)
    return [benchmark for benchmark in found if benchmark.name == "Set14"] or found


def check_budget(found: Verification, budget: Budget, name: str) -> None:
    """Holds a verification against a budget.

    The loss counts where it was measured, otherwise the PSNR to Keras.

    Raises:
        ValueError: it differs more; one line says what by.
    """
    if not found.max_difference <= budget.difference:
        raise ValueError(
            f"verify: {name} differs from Keras by up to {found.max_difference:.2g}, expected at "
            f"most {budget.difference:.0e}; nothing was exported"
        )
    for benchmark, (own, original) in found.scores.items():
        loss = original - own
        if not loss <= budget.loss:
            raise ValueError(
                f"verify: {name} loses {loss:.3f} dB on {benchmark}, expected at most "
                f"{budget.loss} dB; nothing was exported"
            )
    least = budget.psnr(found.original)
    if not found.scores and not found.psnr >= least:
        raise ValueError(
            f"verify: {name} has a PSNR of {found.psnr:.1f} dB to Keras, expected at least "
            f"{least:.1f} dB; nothing was exported"
        )


def _odd_pair(photo_uint8: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A photo as lr of odd sides, and the original, both in [0, 1] and with a batch axis."""
    height, width = (side - (side - 4) % 8 for side in photo_uint8.shape[:2])
    hr_uint8 = photo_uint8[:height, :width]
    return uint8_to_unit(reduce_4x(hr_uint8))[None], uint8_to_unit(hr_uint8)[None]


def _psnr(differences: Sequence[np.ndarray]) -> float:
    luma = np.concatenate([(difference @ _LUMA).ravel() for difference in differences])
    return psnr(luma, np.zeros_like(luma), peak=1.0)
